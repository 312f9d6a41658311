import {readFile, rm, writeFile} from 'node:fs/promises';
import {test as plainTest, expect} from 'vitest';
import {realClock} from '../../source/mailbox/clock.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type ImapServerOptions} from '../../source/sandbox/imap/options.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {type LoginApp} from '../../source/sandbox/microsoft/login.js';
import {type MicrosoftServerOptions, type User} from '../../source/sandbox/microsoft/options.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {app as anApp, tls} from './microsoft-ends.js';
import {
	configureMicrosoft, type Finished, type Running, start,
} from './program.js';
import {expectNoSecrets} from './secrets.js';

/**
A mailbox of WorkMail and one of the stand-in for Microsoft 365, for the program as a process that writes by EWS. What was
planted as a secret, and every token that was given out, is looked for at the end in all it said and left.
*/
const planted = {source: 'Gr3enHer0n-srcpw-8812', client: 'Wh1teStoat~clientsecret-7741'} as const;
const owner = 'ana@old.example';
export const mailbox = 'ana@new.example';
export const app: LoginApp = {...anApp, secret: planted.client, roles: ['full_access_as_app']};

type Configuration = {
	source: Record<string, unknown>; destination: Record<string, unknown> & {cloud: Record<string, unknown>}; options: Record<string, unknown>;
};

export type MicrosoftScene = {
	readonly source: ImapServer;
	readonly destination: MicrosoftServer;
	/** Changeable while the server runs. */
	readonly user: User & {closed?: boolean; impersonation?: boolean};
	readonly home: string;
	readonly start: (parameters: readonly string[], environment?: Record<string, string>) => Running;
	readonly run: (parameters: readonly string[], environment?: Record<string, string>) => Promise<Finished>;
	/** Changes the configuration as a person would. */
	readonly reconfigure: (change: (configuration: Configuration) => void) => Promise<void>;
	/** Subject and folder of each message at the destination, sorted. */
	readonly arrived: () => string[];
	/** The same of the source. */
	readonly expected: () => string[];
};

type Wanted = {
	readonly folders?: readonly FolderSeed[];
	readonly source?: Partial<Omit<ImapServerOptions, 'users' | 'clock'>>;
	readonly destination?: Partial<Omit<MicrosoftServerOptions, 'users' | 'apps' | 'clock' | 'tls'>>;
	readonly user?: Partial<User>;
	readonly app?: Partial<LoginApp>;
	readonly options?: Record<string, unknown>;
};

const subjectOf = (bytes: Uint8Array | undefined): string => /^Subject: (.*)$/m.exec(new TextDecoder().decode(bytes?.subarray(0, 2000)))?.[1]?.trim() ?? '';

const nameOf = (folder: readonly string[], bytes: Uint8Array | undefined): string => `${folder.join('/').replace(/^inbox$/iv, 'Inbox')}: ${subjectOf(bytes)}`;

const build = async ({folders = [], source = {}, destination = {}, user = {}, app: more = {}, options = {}}: Wanted, onTestFinished: (end: () => Promise<void>) => void): Promise<MicrosoftScene> => {
	const clock = realClock();
	const person = {address: mailbox, ...user};
	const registered = {...app, ...more};
	const [from, to] = await Promise.all([
		ImapServer.start({clock, users: [{name: owner, password: planted.source, mailbox: {folders}}], ...source}),
		MicrosoftServer.start({
			clock, users: [person], apps: [registered], tls, ...destination,
		}),
	]);
	const {home, file, environment} = await configureMicrosoft({
		host: from.host, port: from.port, user: owner, password: planted.source,
	}, {
		host: to.host, mailbox, app, ca: tls.ca,
	}, options);
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
		source: from, destination: to, user: person, home,
		start: launch,
		run: async (parameters, variables) => launch(parameters, variables).finished,
		async reconfigure(change) {
			const configuration = JSON.parse(await readFile(file, 'utf8')) as Configuration;
			change(configuration);
			await writeFile(file, JSON.stringify(configuration));
		},
		arrived: () => to.mailbox().items.map(item => nameOf(item.folder.path ?? [], item.received)).sort(),
		expected: () => from.mailbox().folders.flatMap(folder => folder.messages.map(({bytes}) => nameOf(folder.path, bytes))).sort(),
	};
};

/** Tests with a `scene`, which ends with the test. */
export const test = plainTest.extend<{readonly scene: (wanted?: Wanted) => Promise<MicrosoftScene>}>({
	async scene({onTestFinished}, use) {
		await use(async (wanted = {}) => build(wanted, end => {
			onTestFinished(end);
		}));
	},
});
