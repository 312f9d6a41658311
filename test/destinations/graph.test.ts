import {
	afterEach, describe, expect, test,
} from 'vitest';
import {tokensFor} from '../../source/credentials/microsoft.js';
import {type GraphFindings} from '../../source/destinations/graph-probe.js';
import {graphDestination, type GraphDestination, type GraphDestinationOptions} from '../../source/destinations/graph.js';
import {realClock} from '../../source/mailbox/clock.js';
import {type Delivery} from '../../source/mailbox/destination.js';
import {envelopeHash, envelopeOf} from '../../source/mailbox/envelope.js';
import {makeCertificates} from '../../source/sandbox/certificate.js';
import {type GraphManner} from '../../source/sandbox/microsoft/graph-options.js';
import {type MicrosoftServerOptions} from '../../source/sandbox/microsoft/options.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {failureFrom, never, PatientClock} from '../protocols/surroundings.js';
import {deliver, delivery as plain} from './deliveries.js';

const tls = makeCertificates();
const mailbox = 'a@example.org';
const app = {
	tenant: '2b6f8c1e-0d4a-4c57-9e7b-3a1f5d8c9e02', clientId: '6c0e2a7d-93b5-4f18-8d46-b1e7c5a2f390', secret: 'app-secret', roles: ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'],
};

const open: Array<{close(): Promise<void>}> = [];
const servers: MicrosoftServer[] = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map(async one => one.close()));
	for (const server of servers.splice(0)) {
		expect(server.errors).toEqual([]);
	}
});

type More = {readonly options?: Partial<MicrosoftServerOptions>} & Partial<GraphDestinationOptions>;

const start = async (graph: GraphManner, {options = {}, ...more}: More = {}): Promise<{server: MicrosoftServer; destination: GraphDestination}> => {
	const server = await MicrosoftServer.start({
		clock: realClock(), users: [{address: mailbox}], apps: [app], tls, graph, ...options,
	});
	const destination = graphDestination({
		host: server.host, mailbox, ca: tls.ca, clock: new PatientClock(), random: () => 0.5, notice: () => undefined, patience: 5000, token: tokensFor('graph.microsoft.com', {
			tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: server.host, ca: tls.ca}, clock: realClock(),
		}), ...more,
	});
	open.push(destination, server);
	servers.push(server);
	return {server, destination};
};

const mail = (id: string, header = ''): string => `From: a@example.org\r\nSubject: ${id}\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\nMessage-ID: <${id}@example.org>\r\n${header}\r\nText of ${id}\r\n`;

/** As the engine gives it for a store that rebuilds messages. */
const known = (...given: Parameters<typeof plain>): Delivery => {
	const one = plain(...given);
	return {...one, envelope: envelopeHash(envelopeOf(one.bytes), one.fingerprint.receivedAt)};
};

const steps = new Set(['importMime', 'patchMessage', 'moveMessage']);
const operations = (server: MicrosoftServer, from = 0): string[] => server.log.slice(from).map(({operation}) => operation ?? '').filter(operation => steps.has(operation));

describe('importMime', () => {
	test('v1.0 is tried first, then beta; what worked is remembered', async () => {
		for (const v1 of [true, false]) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			const {server, destination} = await start({importMime: {v1}, patchesDates: true});
			// eslint-disable-next-line no-await-in-loop -- as above
			await destination.open(never);
			// eslint-disable-next-line no-await-in-loop -- as above
			const folder = await destination.prepare(['A'], never);
			// eslint-disable-next-line no-await-in-loop -- as above
			const results = await deliver(destination, folder, [known(mail('one')), known(mail('two'), {uid: 2})]);
			expect(results.map(({stored}) => stored)).toEqual([true, true]);
			// The first one is told that there is no such thing in v1.0.
			expect(operations(server).filter(operation => operation === 'importMime')).toHaveLength(v1 ? 2 : 3);
		}
	});

	test('nowhere: the run ends with what to do, and nothing is stored', async () => {
		const {server, destination} = await start({importMime: {missing: true}});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const results = await deliver(destination, folder, [known(mail('one')), known(mail('two'), {uid: 2})]);
		expect(results).toMatchObject([{failure: {reach: 'run', outcome: 'not stored'}}, {failure: {reach: 'run', outcome: 'not stored'}}]);
		expect(results[0]).toMatchObject({failure: {next: expect.stringContaining('destination.transport') as string}});
		expect(server.mailbox().items).toEqual([]);
	});

	test('without its permission the run ends, and nothing is stored', async () => {
		const {server, destination} = await start({}, {options: {apps: [{...app, roles: ['Mail.ReadWrite']}]}});
		await destination.open(never);
		const results = await deliver(destination, await destination.prepare(['A'], never), [known(mail('one'))]);
		expect(results).toMatchObject([{failure: {code: 'permission-missing', reach: 'run', outcome: 'not stored'}}]);
		expect(server.mailbox().items).toEqual([]);
	});

	test('a message too large for one request is refused alone', async () => {
		const {destination} = await start({patchesDates: true});
		const {maxMessageBytes} = await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const sized = (bytes: number, uid: number): Delivery => {
			const head = mail(`sized-${uid}`);
			return known(head + 'x'.repeat(bytes - head.length), {uid});
		};

		const results = await deliver(destination, folder, [sized(maxMessageBytes, 1), sized(maxMessageBytes + 1, 2), known(mail('small'), {uid: 3})]);
		expect(results).toMatchObject([{stored: true}, {failure: {code: 'message-too-large', reach: 'message', outcome: 'not stored'}}, {stored: true}]);
	});
});

describe('the steps of a delivery', () => {
	test('a message that can be told by its header takes two requests, its copy and one without a date go through the hidden folder', async () => {
		const {server, destination} = await start({patchesDates: true, importMime: {v1: true}});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		await deliver(destination, folder, [known(mail('first'))]);
		expect(operations(server)).toEqual(['importMime', 'patchMessage']);
		const from = server.log.length;
		await deliver(destination, folder, [known(mail('first'), {uid: 2})]);
		expect(operations(server, from)).toEqual(['importMime', 'patchMessage', 'moveMessage']);
		const again = server.log.length;
		await deliver(destination, folder, [known('Subject: no date\r\nMessage-ID: <n@example.org>\r\n\r\ntext\r\n', {uid: 3})]);
		expect(operations(server, again)).toEqual(['importMime', 'patchMessage', 'moveMessage']);
		expect(server.mailbox().folder(['A']).items.size).toBe(3);
		const folders = await destination.folders(never);
		expect(folders.some(({path}) => path[0] === 'aw2ms365')).toBe(false);
	});

	test('a message with a copy at the destination that was there before goes through the hidden folder, and is not taken for it', async () => {
		const {server, destination} = await start({patchesDates: true, importMime: {v1: true}});
		await destination.open(never);
		await deliver(destination, await destination.prepare(['A'], never), [known(mail('same'), {uid: 1})]);
		const fresh = graphDestination({
			host: server.host, mailbox, ca: tls.ca, clock: new PatientClock(), random: () => 0.5, notice: () => undefined, token: tokensFor('graph.microsoft.com', {
				tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: server.host, ca: tls.ca}, clock: realClock(),
			}),
		});
		open.push(fresh);
		await fresh.open(never);
		const from = server.log.length;
		const folder = await fresh.prepare(['A'], never);
		await deliver(fresh, folder, [known(mail('same'), {uid: 2})]);
		expect(operations(server, from)).toEqual(['importMime', 'patchMessage', 'moveMessage']);
	});

	test('a message that asks for a receipt is marked read after that was cleared: nobody gets one', async () => {
		const {server, destination} = await start({patchesDates: true, importMime: {v1: true}});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const asking = mail('asking', 'Disposition-Notification-To: b@example.org\r\n');
		await deliver(destination, folder, [known(asking, {flags: [String.raw`\Seen`]})]);
		expect(operations(server)).toEqual(['importMime', 'patchMessage', 'patchMessage']);
		expect(server.mailbox().receipts).toEqual([]);
		expect([...server.mailbox().folder(['A']).items.values()].map(({isRead}) => isRead)).toEqual([true]);
	});

	test('a received date that is not kept is told as lost, the message found all the same', async () => {
		const {destination} = await start({});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const one = known(mail('dated'), {receivedAt: Date.UTC(2019, 3, 4, 5, 6, 7)});
		const [result] = await deliver(destination, folder, [one]);
		expect(result).toMatchObject({stored: true, lost: ['received-date:2019-04-04T05:06:07.000Z']});
		expect(await destination.look(folder.path, [{...one, ...folder}], () => false, never)).toEqual([result?.stored ? result.id : '']);
	});

	test('what was stored before the answer was lost is found by an adapter that knows nothing of it, and finished', async () => {
		const {server, destination} = await start({patchesDates: true, importMime: {v1: true}});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		server.setFaults({rules: [{on: 'importMime', nth: 1, do: {type: 'commit-then-drop'}}]});
		const one = known(mail('lost'), {flags: [String.raw`\Seen`, String.raw`\Flagged`]});
		expect(await deliver(destination, folder, [one])).toMatchObject([{failure: {outcome: 'unknown'}}]);
		const fresh = graphDestination({
			host: server.host, mailbox, ca: tls.ca, clock: new PatientClock(), random: () => 0.5, notice: () => undefined, token: tokensFor('graph.microsoft.com', {
				tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: server.host, ca: tls.ca}, clock: realClock(),
			}),
		});
		open.push(fresh);
		await fresh.open(never);
		const [id] = await fresh.look(folder.path, [{...one, ...folder}], () => false, never);
		const [there] = [...(await fresh.list(folder.path, never))!];
		expect(there).toMatchObject({
			id, stamp: one.stamp, receivedAt: one.fingerprint.receivedAt, flags: [String.raw`\Seen`, String.raw`\Flagged`],
		});
	});
});

describe('the hidden folder', () => {
	test('what was left there long ago without a stamp is deleted at the start, what is young or stamped is not', async () => {
		let ahead = 0;
		const clock = {...realClock(), now: () => Date.now() + ahead};
		const {server, destination} = await start({importMime: {v1: true}}, {options: {clock, tokenLifetime: 86_400}});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const build = async (on: 'patchMessage' | 'moveMessage', uid: number): Promise<void> => {
			server.setFaults({rules: [{on, do: {type: 'fault', code: 'ErrorAccessDenied'}}]});
			const [result] = await deliver(destination, folder, [plain(mail(`left ${uid}`), {uid})]);
			expect(result).toMatchObject({failure: {outcome: 'unknown'}});
			server.setFaults({rules: []});
		};

		await build('patchMessage', 1);
		await build('moveMessage', 2);
		ahead = 2 * 3_600_000;
		await build('patchMessage', 3);
		expect(server.mailbox().items.map(({subject}) => subject).sort()).toEqual(['left 1', 'left 2', 'left 3']);
		await destination.open(never);
		expect(server.mailbox().items.map(({subject}) => subject).sort()).toEqual(['left 2', 'left 3']);
	});
});

describe('the probe', () => {
	test.each<[string, GraphManner, unknown]>([
		['beta, dates of the upload', {}, {
			version: 'beta', receivedDate: 'lost', isDraft: false, isRead: false, takesStamp: true, takesLarge: false, deleted: true,
		}],
		['v1.0, dates from the message', {importMime: {v1: true, receivedDate: 'received'}}, {
			version: 'v1.0', receivedDate: 'from the message', isDraft: false, isRead: false, takesStamp: true, takesLarge: false, deleted: true,
		}],
		['dates that can be changed', {patchesDates: true}, {
			version: 'beta', receivedDate: 'by change', isDraft: false, isRead: false, takesStamp: true, takesLarge: false, deleted: true,
		}],
		['read at once, large ones taken', {importMime: {isRead: true}, requestBytes: 8 * 1024 * 1024}, expect.objectContaining({isRead: true, takesLarge: true})],
	])('%s: tells what it found, and leaves nothing', async (_name, manner, found) => {
		const {server, destination} = await start(manner, {probe: true});
		await destination.open(never);
		expect(destination.findings()).toEqual(found);
		expect(server.mailbox().items).toEqual([]);
	});

	test('what it found says what the road loses, and how large a message may be; what an earlier one found does, too', async () => {
		const heard: GraphFindings[] = [];
		const {destination} = await start({}, {probe: true, onFindings: findings => heard.push(findings)});
		await expect(destination.open(never)).resolves.toMatchObject({loses: ['received-date', 'draft'], mayLose: [], maxMessageBytes: 3_145_728});
		expect(heard).toHaveLength(1);
		const {server, destination: later} = await start({}, {probe: true, findings: {...heard[0]!, receivedDate: 'by change', takesLarge: true}, onFindings: findings => heard.push(findings)});
		await expect(later.open(never)).resolves.toMatchObject({loses: ['draft'], mayLose: [], maxMessageBytes: 0});
		expect([heard.length, operations(server)]).toEqual([1, []]);
		const {destination: unknown} = await start({}, {});
		await expect(unknown.open(never)).resolves.toMatchObject({loses: ['draft'], mayLose: ['received-date']});
	});

	test('a road that makes drafts of all is none', async () => {
		const {destination, server} = await start({importMime: {isDraft: true}}, {probe: true});
		expect(await failureFrom(destination.open(never))).toMatchObject({
			code: 'server-nonsense', reach: 'run', outcome: 'not stored', detail: 'importMime makes drafts of what it imports',
		});
		expect(server.mailbox().items).toEqual([]);
	});

	test('where what is imported counts as read, a message that asks for a receipt is not sent', async () => {
		const {destination, server} = await start({importMime: {isRead: true}}, {probe: true});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const results = await deliver(destination, folder, [known(mail('one', 'Disposition-Notification-To: <bo@old.example>\r\n')), known(mail('two'), {uid: 2})]);
		expect(results).toMatchObject([{stored: false, failure: {code: 'message-asks-receipt', outcome: 'not stored', reach: 'message'}}, {stored: true}]);
		expect(server.mailbox().items).toHaveLength(1);
	});

	test('is not sent unasked; where there is no importMime it says so', async () => {
		const {server, destination} = await start({});
		await destination.open(never);
		expect([destination.findings(), operations(server)]).toEqual([undefined, []]);
		const none = await start({importMime: {missing: true}}, {probe: true});
		expect(await failureFrom(none.destination.open(never))).toMatchObject({code: 'server-nonsense', reach: 'run', outcome: 'not stored'});
	});
});
