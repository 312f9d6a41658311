import {
	readdir, readFile, rm, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {test as plainTest, expect} from 'vitest';
import {type Clock, realClock} from '../../source/mailbox/clock.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {type ImapServerOptions} from '../../source/sandbox/imap/options.js';
import {type LoginApp} from '../../source/sandbox/microsoft/login.js';
import {type MicrosoftServerOptions} from '../../source/sandbox/microsoft/options.js';
import {profileNamed, type ProfileName, serverOptionsOf} from '../../source/sandbox/microsoft/profiles.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {app as anApp, tls} from './microsoft-ends.js';
import {
	configureMicrosoft, type Finished, linesOf, start,
} from './program.js';

/** A WorkMail, and a tenant of Microsoft 365 on some day with both of its doors, for `doctor` as a process. */
const planted = {source: 'D4rkOtter-srcpw-5521', client: 'Pal3Finch~clientsecret-9034'} as const;
const owner = 'ana@old.example';
export const mailbox = 'ana@new.example';
export const app = {...anApp, secret: planted.client};

type Configuration = {source: Record<string, unknown>; destination: Record<string, unknown> & {cloud: Record<string, unknown>}; options: Record<string, unknown>};

type Check = {readonly id: string; readonly verdict: string; readonly words: string; readonly next?: string; readonly failure?: {readonly code: string}};

/** What `doctor --json` told. */
export type Diagnosis = {
	readonly code: number | undefined;
	readonly checks: readonly Check[];
	readonly verdicts: Readonly<Record<string, string>>;
	readonly of: (id: string) => Check;
	readonly transport: Readonly<Record<string, unknown>>;
	readonly summary: Readonly<Record<string, unknown>>;
};

export type DoctorScene = {
	readonly source: ImapServer;
	readonly microsoft: MicrosoftServer;
	readonly door: ImapServer;
	readonly home: string;
	readonly file: string;
	readonly reconfigure: (change: (configuration: Configuration) => void) => Promise<void>;
	readonly run: (parameters?: readonly string[]) => Promise<Finished>;
	readonly diagnose: (parameters?: readonly string[]) => Promise<Diagnosis>;
	/** Everything that could be changed at either side, and every file. */
	readonly state: () => Promise<unknown>;
};

type Wanted = {
	readonly profile?: ProfileName;
	readonly source?: Partial<Omit<ImapServerOptions, 'users' | 'clock'>>;
	readonly microsoft?: Partial<MicrosoftServerOptions>;
	readonly app?: Partial<LoginApp>;
};

const message = (index: number) => ({bytes: new TextEncoder().encode(`Subject: ${index}\r\n\r\n${'x'.repeat(5000)}`), internalDate: Date.UTC(2021, 0, 1), flags: []});

const build = async ({profile: name = '2026-11-23 usual tenant', source = {}, microsoft = {}, app: more = {}}: Wanted, onTestFinished: (end: () => Promise<void>) => void): Promise<DoctorScene> => {
	const clock: Clock = realClock();
	const profile = profileNamed(name);
	const {apps: [profiled], ...tenant} = serverOptionsOf(profile, {app, users: [{address: mailbox}]});
	const to = await MicrosoftServer.start({
		...tenant, apps: [{...profiled!, ...more}], clock, tls, resourceHosts: ['127.0.0.1'], ...microsoft,
	});
	const [from, door] = await Promise.all([
		ImapServer.start({clock, users: [{name: owner, password: planted.source, mailbox: {folders: [{path: ['INBOX'], messages: [0, 1, 2].map(index => message(index))}, {path: ['Clients', 'A & B'], messages: [message(3)]}]}}], ...source}),
		ImapServer.start({
			clock, flavour: 'exchange', tls, users: [{name: mailbox, connected: profile.imap.connected, accepts: token => to.login.check(token).ok}],
		}),
	]);
	const {home, file, environment} = await configureMicrosoft({
		host: from.host, port: from.port, user: owner, password: planted.source,
	}, {
		host: to.host, mailbox, app, ca: tls.ca,
	});
	const reconfigure: DoctorScene['reconfigure'] = async change => {
		const configuration = JSON.parse(await readFile(file, 'utf8')) as Configuration;
		change(configuration);
		await writeFile(file, JSON.stringify(configuration));
	};

	await reconfigure(({destination}) => {
		delete destination.transport;
		Object.assign(destination.cloud, {graph: to.host, imap: {host: door.host, port: door.port}});
	});
	const said: Finished[] = [];
	const run: DoctorScene['run'] = async (parameters = []) => {
		const finished = await start(['doctor', ...parameters], environment).finished;
		said.push(finished);
		return finished;
	};

	onTestFinished(async () => {
		await Promise.all([from.close(), to.close(), door.close()]);
		await rm(home, {recursive: true, force: true});
		expect([...from.errors, ...to.errors, ...door.errors]).toEqual([]);
		for (const {stdout, stderr} of said) {
			expect(`${stdout}${stderr}`).not.toMatch(new RegExp(`${planted.source}|${planted.client}|eyJ[\\w\\-]{20,}\\.[\\w\\-]+\\.`, 'v'));
		}
	});
	return {
		source: from, microsoft: to, door, home, file, reconfigure, run,
		async diagnose(parameters = []) {
			const finished = await run(['--json', ...parameters]);
			const lines = linesOf(finished);
			expect(lines.at(-1), finished.stderr).toMatchObject({type: 'summary'});
			const checks = lines.filter(({type}) => type === 'doctor.check') as unknown as Check[];
			return {
				code: finished.code, checks, verdicts: Object.fromEntries(checks.map(({id, verdict}) => [id, verdict])), of: id => checks.find(check => check.id === id)!,
				transport: lines.find(({type}) => type === 'doctor.transport') ?? {}, summary: lines.at(-1)!,
			};
		},
		async state() {
			const files = await readdir(home, {recursive: true});
			const folders = [...to.mailbox().folders].map(({path: names}) => names?.join('/') ?? '').sort();
			return {
				files: files.map(one => path.normalize(one)).sort(), folders, items: to.mailbox().items.length, source: from.mailbox().snapshot(), door: door.mailbox(mailbox).snapshot(),
			};
		},
	};
};

/** Tests with a `scene`, which ends with the test. */
export const test = plainTest.extend<{readonly scene: (wanted?: Wanted) => Promise<DoctorScene>}>({
	async scene({onTestFinished}, use) {
		await use(async (wanted = {}) => build(wanted, end => {
			onTestFinished(end);
		}));
	},
});
