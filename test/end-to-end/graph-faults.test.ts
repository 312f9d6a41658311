import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {tokensFor} from '../../source/credentials/microsoft.js';
import {graphDestination} from '../../source/destinations/graph.js';
import {graphJsonDestination} from '../../source/destinations/graph-json.js';
import {type MailDestination} from '../../source/mailbox/destination.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type Fault, type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {imapSource} from '../../source/sources/imap.js';
import {type GraphManner} from '../../source/sandbox/microsoft/graph-options.js';
import {type Ran, runEngine} from '../migration/run-engine.js';
import {
	app, destinationContents, mailbox, type MicrosoftEnds, sourceContents, startMicrosoftEnds, tls,
} from './microsoft-ends.js';
import {remadeDestination, remadeSource} from './remade-contents.js';
import {
	forEach, message, smallCount, smallMailbox,
} from './sandbox-ends.js';

const roles = ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'];

/** A way that Graph has into a mailbox, and what is to be seen of both sides. */
type Road = {
	readonly destination: (options: Parameters<typeof graphDestination>[0]) => MailDestination;
	readonly contents: (ends: MicrosoftEnds) => Promise<{readonly there: readonly string[]; readonly wanted: readonly string[]}>;
};

/** One run of the engine, from opening the journal to closing the connections. */
const migrate = async ({source, destination, clock, files}: MicrosoftEnds, road: Road): Promise<Ran> => {
	const common = {clock, random: Math.random, notice: () => undefined};
	const from = imapSource({
		...common, host: source.host, port: source.port, tls: false, user: 'ana@example.org', credential: async () => ({password: 'secret'}), timing: {silence: 1000},
	});
	const to = road.destination({
		...common, host: destination.host, mailbox, ca: tls.ca, patience: 1500, token: tokensFor('graph.microsoft.com', {
			tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: destination.host, ca: tls.ca}, clock,
		}),
	});
	try {
		return await runEngine({
			source: from, destination: to, files, directory: '/state', clock, choices: {memory: 64 * 1024 * 1024, allowLoss: true},
		});
	} finally {
		await Promise.all([from.close(), to.close()]);
	}
};

/** What is left of what was meant for the hidden folder is nobody's mail. */
const visible = (lines: readonly string[]): string[] => lines.filter(line => !line.startsWith('["aw2ms365'));
/** What importMime makes is no draft. */
const undrafted = (lines: readonly string[]): string[] => lines.map(line => line.replace(String.raw` \Draft`, '').trimEnd()).sort();

/** Those with a sender get a date: they can be told by their header. One more asks for a receipt, and was read. */
const folders = (): FolderSeed[] => [
	...smallMailbox().map(({messages = [], ...folder}) => ({
		...folder, messages: [...messages].map(({bytes, ...more}) => {
			const text = Buffer.from(typeof bytes === 'function' ? bytes() : bytes).toString('latin1');
			return {...more, bytes: Buffer.from(text.startsWith('From:') ? `Date: Fri, 1 Feb 2019 10:00:00 +0000\r\n${text}` : text, 'latin1')};
		}),
	})),
	{
		path: ['Receipts'], messages: [
			message([
				'From: ana@example.org',
				'Subject: tell me',
				'Message-ID: <tell@example.org>',
				'Date: Fri, 1 Feb 2019 10:00:00 +0000',
				'Disposition-Notification-To: ana@example.org',
			].join('\r\n'), 'read it?', Date.UTC(2019, 1, 1, 11), [String.raw`\Seen`]),
		],
	},
];

const part = (name: string, bytes: number): string => [
	`--b\r\nContent-Type: application/octet-stream; name=${name}\r\nContent-Disposition: attachment; filename=${name}\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
	Buffer.alloc(bytes, name).toString('base64').replaceAll(/.{76}/gv, '$&\r\n'),
	'\r\n',
].join('');

const large = (name: string, sizes: readonly number[], flags: readonly string[]) => message([
	'From: ana@example.org', `Subject: ${name}`, `Message-ID: <${name}@example.org>`, 'Date: Fri, 1 Feb 2019 10:00:00 +0000', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b',
].join('\r\n'), `--b\r\nContent-Type: text/plain\r\n\r\nText of ${name}\r\n${sizes.map((bytes, index) => part(`${name}-${index}.bin`, bytes)).join('')}--b--`, Date.UTC(2020, 1, 1), flags);

/** Two that take several requests: an attachment more than fits, and one in two pieces. */
const largeFolders = (): FolderSeed[] => [{
	path: ['Large'], messages: [large('posts', [1_450_000, 1_450_000, 100_000], [String.raw`\Seen`, String.raw`\Draft`]), large('pieces', [(11 * 320 * 1024) + 10_000], [String.raw`\Flagged`])],
}];

/** Received dates can be set afterwards. */
const dated: GraphManner = {patchesDates: true};

const byImport = (graph: GraphManner): Road => ({
	destination: graphDestination,
	async contents({source, destination}) {
		const shown = (lines: readonly string[]): string[] => undrafted(graph.patchesDates ? lines : lines.map(line => line.replace(/(?<=^.*\] \S+ )\d+/v, 'some time')));
		return {there: shown(visible(destinationContents(destination))), wanted: shown(sourceContents(source))};
	},
});

const byJson: Road = {
	destination: options => graphJsonDestination({...options, allowLoss: true}),
	async contents({source, destination}) {
		return {there: visible(remadeDestination(destination)), wanted: await remadeSource(source)};
	},
};

/** A run that ends complete although Graph does this: every message once, dates and states right, fates closed. */
const survive = async (rules: readonly FaultRule[], graph: GraphManner, {road = byImport(graph), seeds = folders(), count = smallCount + 1}: {readonly road?: Road; readonly seeds?: FolderSeed[]; readonly count?: number} = {}): Promise<void> => {
	const ends = await startMicrosoftEnds(seeds, {destination: {rules, apps: [{...app, roles}], graph}});
	try {
		const {outcome, progress, failure} = await migrate(ends, road);
		await ends.destination.settled();
		const {delivered, alreadyThere, lossy, ...rest} = progress.messages;
		const lost = rules.some(rule => rule.do.type === 'delete-folder');
		const {there, wanted} = await road.contents(ends);
		expect({
			rules, outcome, failure, there: lost ? [] : there, extra: there.filter(line => !wanted.includes(line)),
			struck: ends.destination.struck.length > 0 || rules.length === 0, done: delivered + alreadyThere, rest,
		}).toEqual({
			rules, outcome: 'complete', failure: undefined, there: lost ? [] : wanted, extra: [], struck: true, done: count,
			rest: {
				excluded: 0, refused: 0, vanished: 0, remaining: 0, altered: 0, unsure: 0,
			},
		});
		expect(ends.destination.mailbox().receipts).toEqual([]);
	} finally {
		await ends.close();
	}
};

/** What may befall a request that changes something, by name. */
const onStep: Array<[string, Fault]> = [
	['connection lost', {type: 'drop'}],
	['carried out, connection lost', {type: 'commit-then-drop'}],
	['connection lost, carried out 20 s later', {type: 'drop-then-commit', milliseconds: 20_000}],
	['answer cut off', {type: 'drop-mid-answer', bytes: 300}],
	['no answer', {type: 'stall'}],
	['carried out, no answer', {type: 'stall', commit: true}],
	['throttled, with a wait', {type: 'busy', milliseconds: 5000}],
	['throttled, without a wait', {type: 'busy'}],
	['the token runs out', {type: 'expire'}],
	['502 although it was carried out', {
		type: 'http', status: 502, body: '', commit: true,
	}],
	['503 with Retry-After', {type: 'http', status: 503, headers: {'Retry-After': '30'}}],
	['nonsense although it was carried out', {type: 'nonsense', commit: true}],
	['the folder is deleted just before', {type: 'delete-folder'}],
	['named properties are used up', {type: 'names-used-up'}],
];

describe('every step of a delivery in turn, into Microsoft 365 by importMime', () => {
	test('nothing befalls it: each message arrives once, and nobody gets a receipt', async () => {
		await survive([], dated);
	});

	test.each(onStep)('%s: each message arrives once', async (_name, fault) => {
		const steps = [['importMime', 1], ['importMime', 3], ['importMime', 9], ['patchMessage', 1], ['patchMessage', 4], ['moveMessage', 1]] as const;
		await forEach(steps, 3, async ([on, nth]) => survive([{on, nth, do: fault}], dated));
	});

	test('answers lost where received dates are not kept: each message arrives once', async () => {
		const manners: readonly GraphManner[] = [{}, {importMime: {v1: true, receivedDate: 'received'}}];
		await forEach(manners, 2, async manner => survive([{
			on: 'importMime', every: 5, times: 4, do: {type: 'commit-then-drop'},
		}, {on: 'patchMessage', nth: 3, do: {type: 'drop'}}], manner));
	});
});

describe('every step of a delivery in turn, into Microsoft 365 by JSON', () => {
	test('nothing befalls it: each message arrives once, large ones whole, drafts as drafts, and nobody gets a receipt', async () => {
		await survive([], {}, {road: byJson});
		await survive([], {}, {road: byJson, seeds: largeFolders(), count: 2});
	});

	test.each(onStep)('%s: each message arrives once', async (_name, fault) => {
		await forEach([1, 3, 9], 3, async nth => survive([{on: 'createMessage', nth, do: fault}], {}, {road: byJson}));
	});

	test.each(onStep)('%s: each message of several requests arrives once', async (_name, fault) => {
		const steps = [['createMessage', 1], ['addAttachment', 1], ['createUploadSession', 1], ['putPiece', 1], ['putPiece', 2], ['listAttachments', 1], ['moveMessage', 1]] as const;
		// What takes megabytes is waited for as long as a slow line takes for them.
		const quick = steps.filter(([on, nth]) => fault.type !== 'stall' || !(on === 'createMessage' || (on === 'putPiece' && nth === 1)));
		await forEach(quick, 3, async ([on, nth]) => survive([{on, nth, do: fault}], {}, {road: byJson, seeds: largeFolders(), count: 2}));
	});
});
