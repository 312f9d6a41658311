import {readFile, rm, writeFile} from 'node:fs/promises';
import {test as plainTest, expect} from 'vitest';
import {realClock} from '../../source/mailbox/clock.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type ImapServerOptions} from '../../source/sandbox/imap/options.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {type Item} from '../../source/sandbox/microsoft/item.js';
import {type LoginApp} from '../../source/sandbox/microsoft/login.js';
import {readMime} from '../../source/sandbox/microsoft/mime-in.js';
import {type MicrosoftServerOptions, type User} from '../../source/sandbox/microsoft/options.js';
import {profileNamed, serverOptionsOf, type ProfileName} from '../../source/sandbox/microsoft/profiles.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {app as anApp, statesOf, tls} from './microsoft-ends.js';
import {
	configureMicrosoft, type Finished, linesOf, type Running, start,
} from './program.js';
import {expectNoSecrets} from './secrets.js';

/**
A mailbox of WorkMail and a tenant of Microsoft 365 as a profile says, with EWS, Graph and IMAP before one mailbox, for the
program as a process that is told no transport. What was planted as a secret, and every token, is looked for at the end.
*/
const planted = {source: 'Gr3yPlover-srcpw-3307', client: 'Bl4ckSwift~clientsecret-6628'} as const;
const owner = 'ana@old.example';
export const mailbox = 'ana@new.example';
/** Without roles: those are the profile's. */
export const app = {...anApp, secret: planted.client};

type Configuration = {
	source: Record<string, unknown>; destination: Record<string, unknown> & {cloud: Record<string, unknown>}; options: Record<string, unknown>;
};

/** One message, or several that are alike in all this, as a person would find it in a folder. */
export type Lying = {
	/** By `/`; the inbox is `Inbox`. */
	readonly folder: string;
	/** Decoded. */
	readonly subject: string;
	/** ISO 8601, to the second. */
	readonly received: string;
	/** `\Seen`, `\Draft`, `\Flagged`, `\Answered`, sorted, joined by a blank. */
	readonly states: string;
	readonly times: number;
};

export type TenantScene = {
	readonly source: ImapServer;
	readonly tenant: MicrosoftServer;
	/** Changeable while the server runs. */
	readonly user: User & {closed?: boolean; impersonation?: boolean; imap?: boolean};
	readonly home: string;
	readonly file: string;
	readonly start: (parameters: readonly string[], environment?: Record<string, string>) => Running;
	readonly run: (parameters: readonly string[], environment?: Record<string, string>) => Promise<Finished>;
	/** Changes the configuration as a person would. */
	readonly reconfigure: (change: (configuration: Configuration) => void) => Promise<void>;
	/** What lies in the mailbox, by the store's own word, sorted; folders of the program's own are left out. */
	readonly lying: () => Lying[];
	/** What ought to lie there: the source without what is marked deleted. */
	readonly expected: () => Lying[];
	/** How many items the program's own hidden folders hold. */
	readonly leftOver: () => number;
};

export type Wanted = {
	readonly profile: ProfileName;
	readonly folders?: readonly FolderSeed[];
	readonly source?: Partial<Omit<ImapServerOptions, 'users' | 'clock'>>;
	readonly tenant?: Partial<Omit<MicrosoftServerOptions, 'users' | 'apps' | 'clock' | 'tls'>>;
	readonly user?: Partial<User>;
	readonly app?: Partial<LoginApp>;
	readonly options?: Record<string, unknown>;
};

const kept = new Set([String.raw`\Seen`, String.raw`\Draft`, String.raw`\Flagged`, String.raw`\Answered`]);

/** Equal ones counted, in the order of folder, date and the rest. */
const counted = (messages: ReadonlyArray<Omit<Lying, 'times'>>): Lying[] => {
	const times = new Map<string, number>();
	for (const {folder, received, subject, states} of messages) {
		const key = JSON.stringify([folder, received, subject, states]);
		times.set(key, (times.get(key) ?? 0) + 1);
	}

	return [...times].sort(([a], [b]) => a < b ? -1 : 1).map(([key, count]) => {
		const [folder, received, subject, states] = JSON.parse(key) as [string, string, string, string];
		return {
			folder, subject, received, states, times: count,
		};
	});
};

const toSecond = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
const statesIn = (flags: readonly string[]): string => flags.filter(flag => kept.has(flag)).sort().join(' ');

const isHidden = ({folder}: Item): boolean => {
	for (let at: typeof folder | undefined = folder; at; at = at.parent) {
		if (at.isHidden) {
			return true;
		}
	}

	return false;
};

const places: Readonly<Record<string, string>> = {
	inbox: 'Inbox', sent: 'Sent Items', drafts: 'Drafts', trash: 'Deleted Items', junk: 'Junk Email', archive: 'Archive',
};

const lyingIn = (tenant: MicrosoftServer): Lying[] => counted(tenant.mailbox().items.filter(item => !isHidden(item)).map(item => ({
	folder: item.folder.path?.join('/') ?? '', subject: item.subject, received: toSecond(item.receivedAt), states: statesIn(statesOf(item)),
})));

const lyingAtSource = (source: ImapServer): Lying[] => {
	const {folders} = source.mailbox();
	const placeOf = (path: readonly string[]): string => {
		const [role] = folders.filter(folder => folder.path.length === 1 && folder.path[0] === path[0]).map(folder => folder.role);
		return [role ? places[role]! : path[0]!, ...path.slice(1)].join('/');
	};

	return counted(folders.flatMap(({path, messages}) => messages.filter(({flags}) => !flags.includes(String.raw`\Deleted`)).map(({bytes, internalDate, flags}) => ({
		folder: placeOf(path), subject: readMime(bytes).subject.slice(0, 255), received: toSecond(internalDate), states: statesIn(flags),
	}))));
};

const build = async ({profile: name, folders = [], source = {}, tenant = {}, user = {}, app: more = {}, options = {}}: Wanted, onTestFinished: (end: () => Promise<void>) => void): Promise<TenantScene> => {
	const clock = realClock();
	const {apps: [profiled], users: [person], tenant: set, ...manners} = serverOptionsOf(profileNamed(name), {app, users: [{address: mailbox, ...user}]});
	const [from, to] = await Promise.all([
		ImapServer.start({clock, users: [{name: owner, password: planted.source, mailbox: {folders}}], ...source}),
		MicrosoftServer.start({
			...manners, clock, users: [person!], apps: [{...profiled!, ...more}], tls, ...tenant, tenant: {...set, ...tenant.tenant}, graph: {...manners.graph, ...tenant.graph}, imap: {...manners.imap, ...tenant.imap},
		}),
	]);
	const {home, file, environment} = await configureMicrosoft({
		host: from.host, port: from.port, user: owner, password: planted.source,
	}, {
		host: to.host, mailbox, app, ca: tls.ca,
	}, options);
	const reconfigure: TenantScene['reconfigure'] = async change => {
		const configuration = JSON.parse(await readFile(file, 'utf8')) as Configuration;
		change(configuration);
		await writeFile(file, JSON.stringify(configuration));
	};

	await reconfigure(({destination}) => {
		delete destination.transport;
		Object.assign(destination.cloud, {graph: to.host, imap: {host: to.imap.host, port: to.imap.port}});
	});
	const children: Running[] = [];
	const launch = (parameters: readonly string[], variables: Record<string, string> = {}): Running => {
		const running = start(parameters, {...environment, ...variables});
		children.push(running);
		return running;
	};

	onTestFinished(async () => {
		for (const {child} of children) {
			child.kill('SIGKILL');
		}

		const said = await Promise.all(children.map(async ({finished}) => finished));
		await Promise.all([from.close(), to.close()]);
		try {
			expect([...from.errors, ...to.errors]).toEqual([]);
			await expectNoSecrets({secrets: Object.values(planted), user: owner}, home, said);
		} finally {
			await rm(home, {recursive: true, force: true});
		}
	});
	return {
		source: from, tenant: to, user: person!, home, file, reconfigure,
		start: launch,
		run: async (parameters, variables) => launch(parameters, variables).finished,
		lying: () => lyingIn(to),
		expected: () => lyingAtSource(from),
		leftOver: () => to.mailbox().items.filter(item => isHidden(item)).length,
	};
};

type RoadLine = {readonly type: string; readonly transport: string; readonly reason: string; readonly messages?: number; readonly failure: {readonly code: string}};

/** What an NDJSON run tells of roads: `ews closed: ews-closed`, `imap best`, `graph refused 2`. */
export const roadsIn = (finished: Finished): string[] => (linesOf(finished) as unknown as RoadLine[]).flatMap(({type, transport, reason, messages, failure}) => {
	if (type === 'road.closed') {
		return [`${transport} closed: ${failure.code}`];
	}

	return type === 'road.chosen' ? [`${transport} ${reason}${messages === undefined ? '' : ` ${messages}`}`] : [];
});

/** Tests with a `scene` of a tenant, which ends with the test. */
export const test = plainTest.extend<{readonly scene: (wanted: Wanted) => Promise<TenantScene>}>({
	async scene({onTestFinished}, use) {
		await use(async wanted => build(wanted, end => {
			onTestFinished(end);
		}));
	},
});
