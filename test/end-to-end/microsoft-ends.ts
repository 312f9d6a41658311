import {createHash} from 'node:crypto';
import {expect} from 'vitest';
import {tokensFor} from '../../source/credentials/microsoft.js';
import {ewsDestination} from '../../source/destinations/ews.js';
import {graphDestination} from '../../source/destinations/graph.js';
import {graphJsonDestination} from '../../source/destinations/graph-json.js';
import {type Clock, realClock} from '../../source/mailbox/clock.js';
import {type MailDestination} from '../../source/mailbox/destination.js';
import {type MailSource} from '../../source/mailbox/source.js';
import {makeCertificates} from '../../source/sandbox/certificate.js';
import {type FaultRule as ImapRule} from '../../source/sandbox/imap/faults.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type ImapServerOptions} from '../../source/sandbox/imap/options.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {type MicrosoftServerOptions} from '../../source/sandbox/microsoft/options.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {type Item} from '../../source/sandbox/microsoft/item.js';
import {imapSource} from '../../source/sources/imap.js';
import {ForgetfulFiles} from '../migration/forgetful-files.js';
import {type Ran, runEngine} from '../migration/run-engine.js';

/**
The engine with its real adapters between a sandbox of WorkMail and the stand-in for Microsoft 365, by EWS unless another
road is named, all in this process. Program and servers share one clock, faster than the wall; sockets keep real time.
*/
export type MicrosoftEnds = {
	readonly clock: Clock;
	readonly source: ImapServer;
	readonly destination: MicrosoftServer;
	/** Where the journal lies. */
	readonly files: ForgetfulFiles;
	readonly token: (fresh?: boolean) => Promise<string>;
	readonly road: MicrosoftRoad;
	/** Ends both servers; fails the test where one met an error of its own. */
	close(): Promise<void>;
};

export const tls = makeCertificates();
const user = 'ana@example.org';
export const mailbox = 'ana@example.com';
const password = 'secret';

/** An application of the stand-in and the user it acts for. */
export const app = {
	tenant: '2b6f8c1e-0d4a-4c57-9e7b-3a1f5d8c9e02', clientId: '6c0e2a7d-93b5-4f18-8d46-b1e7c5a2f390', secret: 'app-secret~value', roles: ['full_access_as_app'],
};

const graphRoles = ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'];

type Source = Partial<Omit<ImapServerOptions, 'faults' | 'clock' | 'users'>> & {readonly rules?: readonly ImapRule[]};
type Destination = Partial<Omit<MicrosoftServerOptions, 'faults' | 'clock' | 'tls'>> & {readonly rules?: readonly FaultRule[]};

/** Those of its own protocols; IMAP is tried over real servers. */
export type MicrosoftRoad = 'ews' | 'graph' | 'graph-json';

export const startMicrosoftEnds = async (folders: readonly FolderSeed[], {source = {}, destination = {}, speed = 200, road = 'ews'}: {
	readonly source?: Source; readonly destination?: Destination;
	/** How many times as fast as the wall the clock runs. */
	readonly speed?: number;
	readonly road?: MicrosoftRoad;
} = {}): Promise<MicrosoftEnds> => {
	const clock = realClock(speed);
	const {rules: sourceRules = [], ...sourceOptions} = source;
	const {rules = [], ...options} = destination;
	const [from, to] = await Promise.all([
		ImapServer.start({
			clock, users: [{name: user, password, mailbox: {folders}}], faults: {rules: sourceRules}, ...sourceOptions,
		}),
		MicrosoftServer.start({
			clock, users: [{address: mailbox}], apps: [road === 'ews' ? app : {...app, roles: graphRoles}], tls, faults: {rules}, tokenLifetime: 86_400, ...options,
		}),
	]);
	return {
		clock, source: from, destination: to, files: new ForgetfulFiles(), road,
		token: tokensFor(road === 'ews' ? to.host : 'graph.microsoft.com', {
			tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: to.host, ca: tls.ca}, clock,
		}),
		async close() {
			await Promise.all([from.close(), to.close()]);
			expect([...from.errors, ...to.errors]).toEqual([]);
		},
	};
};

const makers = {
	ews: ewsDestination, graph: graphDestination, 'graph-json': (options: Parameters<typeof graphDestination>[0]) => graphJsonDestination({...options, allowLoss: true}),
} as const;

/** Fresh adapters, not yet connected. */
export const microsoftAdapters = ({source, destination, clock, token, road}: MicrosoftEnds): {readonly source: MailSource; readonly destination: MailDestination; close(): Promise<void>} => {
	const common = {clock, random: Math.random, notice: () => undefined};
	const from = imapSource({
		...common, host: source.host, port: source.port, tls: false, user, credential: async () => ({password}), timing: {silence: 1000},
	});
	const to = makers[road]({
		...common, host: destination.host, mailbox, token, ca: tls.ca, patience: 1500,
	});
	return {
		source: from, destination: to,
		async close() {
			await Promise.all([from.close(), to.close()]);
		},
	};
};

/** One run, with default lanes and batches, from opening the journal to closing the connections. */
export const migrateToMicrosoft = async (ends: MicrosoftEnds, more: Partial<Parameters<typeof runEngine>[0]> = {}): Promise<Ran> => {
	const own = microsoftAdapters(ends);
	try {
		return await runEngine({
			source: own.source, destination: own.destination, files: ends.files, directory: '/state', clock: ends.clock, choices: {memory: 64 * 1024 * 1024, allowLoss: true}, ...more,
		});
	} finally {
		await own.close();
	}
};

/** States that EWS keeps, in IMAP's words, as properties of an item say them: 0x1090 and 0x1081. */
export const statesOf = (item: Item): string[] => {
	const {isRead, isDraft, properties} = item.snapshot();
	const number = (tag: string): number => Number(Object.entries(properties).find(([key]) => key.toLowerCase().includes(tag))?.[1].value ?? 0);
	const [flag, verb] = [number('1090'), number('1081')];
	return [
		...(isRead ? [String.raw`\Seen`] : []),
		...(isDraft ? [String.raw`\Draft`] : []),
		...(flag === 2 ? [String.raw`\Flagged`] : []),
		...(verb === 102 || verb === 103 ? [String.raw`\Answered`] : []),
		...(verb === 104 ? ['$Forwarded'] : []),
	].sort();
};

const kept = new Set([String.raw`\Seen`, String.raw`\Draft`, String.raw`\Flagged`, String.raw`\Answered`, '$Forwarded']);

/** What EWS can hold of flags: one verb only, the answer before the forward. */
const expectedStates = (flags: readonly string[]): string[] => flags.filter(flag => kept.has(flag) && !(flag === '$Forwarded' && flags.includes(String.raw`\Answered`))).sort();

const line = (path: readonly string[], hash: string, date: number, states: readonly string[]): string => `${JSON.stringify(path.map((name, index) => index === 0 && name === 'INBOX' ? 'Inbox' : name))} ${hash} ${date} ${states.join(' ')}`;

/** Every message of the source as text with folder, content, received date and the states that EWS keeps, sorted: identical copies count. */
export const sourceContents = (server: ImapServer): string[] => server.mailbox().snapshot().flatMap(({path, messages}) => messages.filter(({flags}) => !flags.includes(String.raw`\Deleted`)).map(({sha256, internalDate, flags}) => line(path, sha256, internalDate, expectedStates(flags)))).sort();

/** The same of the destination: the bytes that reached it, and what it says of them. */
export const destinationContents = (server: MicrosoftServer): string[] => server.mailbox().items.map(item => line(item.folder.path ?? [], createHash('sha256').update(item.received ?? '').digest('hex'), item.receivedAt, statesOf(item))).sort();
