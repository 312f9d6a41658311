import {createHash} from 'node:crypto';
import {Buffer} from 'node:buffer';
import {
	afterEach, describe, expect, test,
} from 'vitest';
import {tokensFor} from '../../source/credentials/microsoft.js';
import {graphJsonDestination, type GraphJsonOptions} from '../../source/destinations/graph-json.js';
import {itemOf} from '../../source/destinations/graph-json-item.js';
import {realClock} from '../../source/mailbox/clock.js';
import {type Delivery, type MailDestination} from '../../source/mailbox/destination.js';
import {envelopeOf, sameMail} from '../../source/mailbox/envelope.js';
import {makeCertificates} from '../../source/sandbox/certificate.js';
import {type Item} from '../../source/sandbox/microsoft/item.js';
import {type MicrosoftServerOptions} from '../../source/sandbox/microsoft/options.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';
import {gather, never, PatientClock} from '../protocols/surroundings.js';
import {deliver, delivery, unsureOf} from './deliveries.js';

const tls = makeCertificates();
const mailbox = 'a@example.org';
const app = {
	tenant: '2b6f8c1e-0d4a-4c57-9e7b-3a1f5d8c9e02', clientId: '6c0e2a7d-93b5-4f18-8d46-b1e7c5a2f390', secret: 'app-secret', roles: ['Mail.ReadWrite'],
};

const open: Array<{close(): Promise<void>}> = [];
const servers: MicrosoftServer[] = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map(async one => one.close()));
	for (const server of servers.splice(0)) {
		expect(server.errors).toEqual([]);
	}
});

const adapter = (server: MicrosoftServer, more: Partial<GraphJsonOptions> = {}): MailDestination => {
	const destination = graphJsonDestination({
		host: server.host, mailbox, ca: tls.ca, clock: new PatientClock(), random: () => 0.5, notice: () => undefined, patience: 5000, allowLoss: true, token: tokensFor('graph.microsoft.com', {
			tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: server.host, ca: tls.ca}, clock: realClock(),
		}), ...more,
	});
	open.push(destination);
	return destination;
};

const start = async (options: Partial<MicrosoftServerOptions> = {}, more: Partial<GraphJsonOptions> = {}): Promise<{server: MicrosoftServer; destination: MailDestination}> => {
	const server = await MicrosoftServer.start({
		clock: realClock(), users: [{address: mailbox}], apps: [app], tls, graph: {budget: {requests: 1_000_000, bytes: 10_000_000_000}}, ...options,
	});
	servers.push(server);
	open.push(server);
	return {server, destination: adapter(server, more)};
};

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const operations = (server: MicrosoftServer, from = 0): string[] => server.log.slice(from).map(({operation}) => operation ?? '').filter(operation => /^(?:create(?:Message|Upload)|add|put|patch|move|permanent)/v.test(operation));
const itemsIn = (server: MicrosoftServer, path: readonly string[]): Item[] => [...server.mailbox().lookUp(path)?.items.values() ?? []];

/** A message with attachments of so many bytes, and what they hold. */
const withAttachments = (sizes: readonly number[], more: Parameters<typeof delivery>[1] = {}): {readonly one: Delivery; readonly hashes: readonly string[]} => {
	const contents = sizes.map((bytes, index) => Buffer.alloc(bytes, `attachment ${index} `));
	const parts = contents.map((bytes, index) => `--b\r\nContent-Type: application/pdf; name=${index}.pdf\r\nContent-Disposition: attachment; filename=${index}.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${bytes.toString('base64').replaceAll(/.{76}/gv, '$&\r\n')}\r\n`);
	const head = 'From: a@example.org\r\nSubject: large\r\nMessage-ID: <large@example.org>\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n';
	return {one: delivery(`${head}\r\n--b\r\n\r\ntext\r\n${parts.join('')}--b--\r\n`, more), hashes: contents.map(bytes => sha(bytes))};
};

describe.skipIf(!corpusAvailable)('every message of the corpus', () => {
	test('arrives as it left: people, subject, dates, identifiers, text, and each attachment byte for byte', async () => {
		const {server, destination} = await start();
		await destination.open(never);
		const folder = await destination.prepare(['Corpus'], never);
		const messages = [...corpus('hard'), ...corpus('lists')];
		const deliveries = messages.map(({bytes}, index) => ({...delivery('', {uid: index, receivedAt: Date.UTC(2019, 0, 1) + (index * 60_000)}), bytes}));
		const results = await deliver(destination, folder, deliveries);
		expect(messages.length).toBeGreaterThan(400);
		expect(results.filter(result => !result.stored)).toEqual([]);
		expect(results.filter(result => !(result.stored && result.lost?.includes('mime')))).toEqual([]);
		const stored = new Map(itemsIn(server, ['Corpus']).map(item => [item.stamp, item]));
		const listed = new Map([...(await destination.list(['Corpus'], never))!].map(one => [one.stamp, one]));
		const copies = await gather(destination.read(['Corpus'], [...listed.values()], never));
		const copy = new Map(copies.map(content => [content.id, 'bytes' in content ? content.bytes : new Uint8Array()]));
		const differing: string[] = [];
		for (const [index, one] of deliveries.entries()) {
			const {name, bytes} = messages[index]!;
			const item = stored.get(one.stamp)!;
			const {message, attachments} = itemOf(one, one.stamp);
			const addresses = (list: typeof message.toRecipients) => list?.map(({emailAddress}) => emailAddress?.address ?? '') ?? [];
			const {sentAt} = envelopeOf(bytes);
			expect({
				name, subject: item.subject, isDraft: item.isDraft, receivedAt: item.receivedAt, sentAt: item.sentAt, to: item.content.to.map(({address}) => address), cc: item.content.cc.map(({address}) => address),
				body: item.content.html ?? item.content.text, attachments: item.content.attachments.map(part => [part.name, part.contentType, part.inline, sha(part.bytes)]), wantsReceipt: item.wantsReceipt,
			}).toEqual({
				name, subject: message.subject, isDraft: false, receivedAt: one.fingerprint.receivedAt, sentAt: sentAt === undefined ? one.fingerprint.receivedAt : sentAt * 1000, to: addresses(message.toRecipients), cc: addresses(message.ccRecipients),
				body: message.body?.content, attachments: attachments.map(part => [part.name, part.contentType, part.isInline, sha(part.bytes)]), wantsReceipt: false,
			});
			const differences = sameMail(bytes, copy.get(listed.get(one.stamp)!.id)!);
			if (differences.length > 0) {
				differing.push(`${name}: ${differences.join(', ')}`);
			}
		}

		expect(differing).toEqual([]);
	}, 60_000);
});

describe('attachments', () => {
	test('of 1, 5 and 30 MB arrive whole; the folder sees each message once it is complete, and nothing is left in the hidden one', async () => {
		const {server, destination} = await start();
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const sizes = [[1_000_000], [5_000_000, 10], [30_000_000]];
		for (const [index, some] of sizes.entries()) {
			const {one, hashes} = withAttachments(some, {uid: index + 1, flags: [String.raw`\Seen`]});
			// eslint-disable-next-line no-await-in-loop -- one after another
			expect(await deliver(destination, folder, [one])).toMatchObject([{stored: true, lost: ['mime']}]);
			const item = itemsIn(server, ['A']).find(({stamp}) => stamp === one.stamp)!;
			expect({
				index, hashes: item.content.attachments.map(({bytes}) => sha(bytes)), receivedAt: item.receivedAt, isRead: item.isRead,
			}).toEqual({
				index, hashes, receivedAt: one.fingerprint.receivedAt, isRead: true,
			});
		}

		expect(itemsIn(server, ['aw2ms365-parts'])).toEqual([]);
		expect(operations(server)).toEqual([
			'createMessage', // All of it.
			'createMessage',
			'createUploadSession',
			'putPiece',
			'putPiece',
			'addAttachment',
			'moveMessage',
			'createMessage',
			'createUploadSession',
			...Array.from({length: 9}, () => 'putPiece'),
			'moveMessage',
		]);
		const pieces = server.log.filter(({operation}) => operation === 'putPiece');
		expect(pieces.filter(({headers}) => headers.authorization !== undefined)).toEqual([]);
		expect(Math.max(...server.log.map(({bytes}) => bytes))).toBeLessThanOrEqual(4_000_000);
		const folders = await destination.folders(never);
		expect(folders.some(({path}) => path[0]!.startsWith('aw2ms365'))).toBe(false);
	}, 60_000);

	test('a piece whose answer is lost is asked about, and the upload goes on from there', async () => {
		for (const nth of [1, 2]) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			const {server, destination} = await start();
			// eslint-disable-next-line no-await-in-loop -- as above
			await destination.open(never);
			server.setFaults({rules: [{on: 'putPiece', nth, do: {type: 'commit-then-drop'}}]});
			const {one, hashes} = withAttachments([5_000_000]);
			// eslint-disable-next-line no-await-in-loop -- as above
			expect(await deliver(destination, await destination.prepare(['A'], never), [one])).toMatchObject([{stored: true}]);
			expect(itemsIn(server, ['A']).map(({content}) => content.attachments.map(({bytes}) => sha(bytes)))).toEqual([hashes]);
			expect(operations(server).filter(operation => operation === 'createMessage')).toHaveLength(1);
		}
	});

	test('a draft of several requests stays one, with its received date', async () => {
		const {server, destination} = await start();
		await destination.open(never);
		const {one} = withAttachments([2_900_000, 200_000], {flags: [String.raw`\Draft`]});
		await deliver(destination, await destination.prepare(['A'], never), [one]);
		expect(itemsIn(server, ['A']).map(({isDraft, receivedAt, content}) => [isDraft, receivedAt, content.attachments.length])).toEqual([[true, one.fingerprint.receivedAt, 2]]);
	});

	test('a message larger than the mailbox takes is refused alone, and nothing of it is left', async () => {
		const {server, destination} = await start({limits: {messageBytes: 6_000_000}});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const results = await deliver(destination, folder, [withAttachments([5_000_000, 2_000_000]).one, withAttachments([10], {uid: 2}).one]);
		expect(results).toMatchObject([{failure: {code: 'message-too-large', reach: 'message', outcome: 'not stored'}}, {stored: true}]);
		expect(itemsIn(server, ['aw2ms365-parts'])).toEqual([]);
	});
});

describe('loss', () => {
	test('that nobody has allowed refuses every message, before any request', async () => {
		let allowed = false;
		const {server, destination} = await start({}, {allowLoss: () => allowed});
		expect(await destination.open(never)).toMatchObject({transport: 'graph-json', loses: expect.arrayContaining(['mime', 'signatures']) as string[]});
		const folder = await destination.prepare(['A'], never);
		const from = server.log.length;
		const batch = [delivery('Subject: a\r\n\r\n'), delivery('Subject: b\r\n\r\n', {uid: 2})];
		expect(await deliver(destination, folder, batch)).toMatchObject(batch.map(() => ({stored: false, failure: {code: 'message-loses', reach: 'message', outcome: 'not stored'}})));
		expect(server.log.slice(from)).toEqual([]);
		allowed = true;
		expect(await deliver(destination, folder, batch)).toMatchObject([{stored: true, lost: ['mime']}, {stored: true, lost: ['mime']}]);
	});
});

test('where everything that is created becomes a draft, the run ends with what to do', async () => {
	const {server, destination} = await start();
	await destination.open(never);
	const folder = await destination.prepare(['A'], never);
	const body = JSON.stringify({id: 'AAMk', isDraft: true});
	server.setFaults({
		rules: [
			{
				on: 'createMessage', do: {
					type: 'http', status: 201, headers: {'Content-Type': 'application/json'}, body,
				},
			},
			{on: 'permanentDelete', do: {type: 'http', status: 204}},
		],
	});
	const results = await deliver(destination, folder, [delivery('Subject: a\r\n\r\n'), delivery('Subject: b\r\n\r\n', {uid: 2})]);
	expect(results).toMatchObject([{failure: {code: 'server-nonsense', reach: 'run', outcome: 'not stored'}}, {failure: {reach: 'run', outcome: 'not stored'}}]);
	// A draft is to be one.
	expect(await deliver(destination, folder, [delivery('Subject: c\r\n\r\n', {uid: 3, flags: [String.raw`\Draft`]})])).toMatchObject([{stored: true}]);
});

describe('what is lost on the way', () => {
	test('before the last step is certainly not stored; it is tried again, and refused alone at last', async () => {
		const {server, destination} = await start();
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const {one} = withAttachments([2_900_000, 200_000]);
		for (const reach of ['mailbox', 'mailbox', 'message']) {
			server.setFaults({rules: [{on: 'addAttachment', do: {type: 'commit-then-drop'}}]});
			// eslint-disable-next-line no-await-in-loop -- one after another
			expect(await deliver(destination, folder, [one])).toMatchObject([{stored: false, failure: {outcome: 'not stored', reach}}]);
			expect([itemsIn(server, ['A']), itemsIn(server, ['aw2ms365-parts'])]).toEqual([[], []]);
		}

		server.setFaults({rules: []});
		expect(await deliver(destination, folder, [one])).toMatchObject([{stored: true}]);
	});

	test('what an earlier run left unfinished is deleted by looking, and is not there; what it moved is', async () => {
		const {server, destination} = await start();
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		const unfinished = withAttachments([2_900_000, 200_000], {uid: 1}).one;
		server.setFaults({rules: [{on: 'addAttachment', do: {type: 'fault', code: 'ErrorAccessDenied'}}, {on: 'permanentDelete', do: {type: 'fault', code: 'ErrorAccessDenied'}}]});
		await deliver(destination, folder, [unfinished]);
		expect(itemsIn(server, ['aw2ms365-parts'])).toHaveLength(1);
		server.setFaults({rules: [{on: 'moveMessage', nth: 1, do: {type: 'commit-then-drop'}}, {on: 'getMessage', do: {type: 'fault', code: 'ErrorAccessDenied'}}]});
		const moved = withAttachments([2_900_000, 200_000], {uid: 2}).one;
		expect(await deliver(destination, folder, [moved])).toMatchObject([{stored: false, failure: {outcome: 'unknown'}}]);
		server.setFaults({rules: []});
		const fresh = adapter(server);
		await fresh.open(never);
		const [there] = itemsIn(server, ['A']);
		expect(await fresh.look(['A'], [unsureOf(unfinished, folder), unsureOf(moved, folder)], () => false, never)).toEqual([undefined, [...(await fresh.list(['A'], never))!][0]!.id]);
		expect([there?.stamp, there?.content.attachments.length, itemsIn(server, ['aw2ms365-parts'])]).toEqual([moved.stamp, 2, []]);
	});

	test('what lies in the hidden folder for long is swept away at the start, unless nothing may be changed', async () => {
		let ahead = 0;
		const clock = {...realClock(), now: () => Date.now() + ahead};
		const {server, destination} = await start({clock, tokenLifetime: 86_400});
		await destination.open(never);
		const folder = await destination.prepare(['A'], never);
		server.setFaults({rules: [{on: 'addAttachment', do: {type: 'fault', code: 'ErrorAccessDenied'}}, {on: 'permanentDelete', do: {type: 'fault', code: 'ErrorAccessDenied'}}]});
		await deliver(destination, folder, [withAttachments([2_900_000, 200_000]).one]);
		server.setFaults({rules: []});
		await adapter(server).open(never);
		expect(itemsIn(server, ['aw2ms365-parts'])).toHaveLength(1);
		ahead = 7_200_000;
		await adapter(server, {isReadOnly: true}).open(never);
		expect(itemsIn(server, ['aw2ms365-parts'])).toHaveLength(1);
		await adapter(server).open(never);
		expect(itemsIn(server, ['aw2ms365-parts'])).toEqual([]);
	});
});
