import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type Stored} from '../../source/mailbox/destination.js';
import {envelopeHash, envelopeOf} from '../../source/mailbox/envelope.js';
import {hashOf} from '../../source/mailbox/identity.js';
import {Likeness, type Read} from '../../source/migration/likeness.js';
import {stampOf} from '../../source/migration/stamp.js';

const account = {host: 'source.example', port: 993, user: 'ana@old.example'};
const received = Date.UTC(2020, 0, 1, 12);
const draft = String.raw`\Draft`;

const mail = (subject: string, {id = '<1@example.org>', more = ''} = {}): Uint8Array => Buffer.from(`From: Bo <bo@example.org>\r\nDate: Wed, 1 Jan 2020 11:59:00 +0000\r\nSubject: ${subject}\r\n${id && `Message-ID: ${id}\r\n`}${more}\r\nbody\r\n`);

const readOf = (bytes: Uint8Array, uid = 1, more: Partial<Read> = {}): Read => ({
	stamp: stampOf(account, {folder: ['INBOX'], generation: '1', uid}, hashOf(bytes)), bytes, receivedAt: received, flags: [], ...more,
});

let last = 0;
/** A stored message of these bytes, rebuilt: its id leads to them. */
const shelf = () => {
	const contents = new Map<string, Uint8Array>();
	const reads: string[] = [];
	const likeness = new Likeness(async function * (wanted) {
		for (const {id} of wanted) {
			reads.push(id);
			yield {id, bytes: contents.get(id)!};
		}
	});
	return {
		likeness,
		reads,
		add(bytes: Uint8Array, more: Partial<Stored> = {}): Stored {
			const stored = {
				id: `AAMk${++last}`, size: bytes.length, receivedAt: received, flags: [], envelope: envelopeOf(bytes), ...more,
			};
			contents.set(stored.id, Buffer.concat([Buffer.from('X-Rebuilt: 1\r\n'), bytes]));
			likeness.add(stored);
			return stored;
		},
	};
};

describe('in a store that rebuilds messages', () => {
	test('a copy with our stamp is taken, once, whatever became of its header', async () => {
		const {likeness, add} = shelf();
		const message = readOf(mail('a'));
		const stored = add(mail('quite another'), {stamp: message.stamp});
		expect(await likeness.take(message)).toEqual({stored, altered: []});
		expect(await likeness.take(message)).toBeUndefined();
		expect(likeness.rest()).toEqual([]);
	});

	test('once nothing is left, no header of what is looked for is read', async () => {
		const {likeness, add} = shelf();
		const message = readOf(mail('a'));
		const unread = (): Read => ({
			stamp: message.stamp, receivedAt: received, flags: [],
			get bytes(): Uint8Array {
				throw new Error('its bytes were asked for');
			},
		});
		expect(await likeness.take(unread())).toBeUndefined();
		add(mail('a'));
		await expect(likeness.take(unread())).rejects.toThrow('its bytes were asked for');
		await likeness.take(message);
		expect(await likeness.take(unread())).toBeUndefined();
	});

	test('a copy whose stamp names another key but the same content is taken after its folder was renumbered; one with other content is not', async () => {
		const {likeness, add} = shelf();
		const [bytes, twin] = [mail('a'), mail('a', {more: 'X-Twin: 1\r\n'})];
		const stored = add(bytes, {stamp: readOf(bytes, 7).stamp});
		expect(await likeness.take(readOf(twin, 7))).toBeUndefined();
		expect(await likeness.take(readOf(bytes, 1))).toEqual({stored, altered: []});
	});

	test('without a stamp, identical copies are several messages and near-duplicates are none', async () => {
		const {likeness, add} = shelf();
		add(mail('Invoice 1001'));
		add(mail('Invoice 1001'));
		expect(await likeness.take(readOf(mail('Invoice 1002')))).toBeUndefined();
		expect(await likeness.take(readOf(mail('Invoice 1001', {id: '<2@example.org>'})))).toBeUndefined();
		expect(await likeness.take(readOf(mail('Invoice 1001'), 1, {receivedAt: received + 1000}))).toBeUndefined();
		expect(await likeness.take(readOf(mail('Invoice 1001'), 1))).toBeDefined();
		expect(await likeness.take(readOf(mail('Invoice 1001'), 2))).toBeDefined();
		expect(await likeness.take(readOf(mail('Invoice 1001'), 3))).toBeUndefined();
	});

	test('of two readers at once each waits for what the other may leave', async () => {
		const {likeness, add} = shelf();
		const stored = add(mail('a', {more: 'Content-Type: text/plain; name=a.txt\r\n'}));
		const other = mail('a', {more: 'Content-Type: application/pdf; name=b.pdf\r\nContent-Disposition: attachment; filename=b.pdf\r\n'});
		expect(await Promise.all([likeness.take(readOf(other)), likeness.take(readOf(mail('a')))])).toEqual([undefined, {stored, altered: []}]);
	});

	test('what the earlier tool left, a draft of the day of its upload, is there already, altered', async () => {
		const {likeness, add} = shelf();
		const bytes = mail('a');
		const stored = add(bytes, {flags: [draft, String.raw`\Seen`], receivedAt: Date.UTC(2026, 2, 1)});
		expect(await likeness.take(readOf(bytes))).toEqual({stored, altered: ['received', 'draft']});
		const other = add(bytes, {flags: [draft], receivedAt: Date.UTC(2026, 2, 1)});
		expect(await likeness.take(readOf(bytes, 2, {flags: [draft]}))).toEqual({stored: other, altered: ['received']});
	});

	test('a message without a Message-ID is found by its subject: the store made one', async () => {
		const {likeness, add} = shelf();
		const bytes = mail('a', {id: ''});
		const stored = add(bytes, {envelope: {...envelopeOf(bytes), messageId: '<made@PROD.OUTLOOK.COM>'}});
		expect(await likeness.take(readOf(bytes))).toEqual({stored, altered: []});
	});

	test('of a store whose listing says nothing of headers, what may be ours is nobody else\'s copy', async () => {
		const {likeness, add} = shelf();
		const bytes = mail('a');
		add(bytes, {envelope: undefined as never});
		const other = add(bytes, {envelope: undefined as never, receivedAt: received + 5000});
		likeness.setAside({stamp: readOf(bytes).stamp, receivedAt: received});
		expect(await likeness.take(readOf(bytes, 2))).toBeUndefined();
		expect(await likeness.take(readOf(bytes, 2, {receivedAt: received + 5000}))).toEqual({stored: other, altered: []});
	});

	test('of a message on record the header\'s hash and the received date are enough, and its stamp before all', () => {
		const {likeness, add} = shelf();
		const bytes = mail('a', {id: ''});
		const plain = add(bytes, {envelope: {...envelopeOf(bytes), messageId: '<made@PROD.OUTLOOK.COM>'}});
		const stamped = add(bytes, {stamp: readOf(bytes).stamp});
		const recorded = {stamp: readOf(bytes).stamp, receivedAt: received, envelope: envelopeHash(envelopeOf(bytes), received)};
		expect(likeness.takeRecorded(recorded)).toBe(stamped);
		expect(likeness.takeRecorded({...recorded, receivedAt: received + 1000})).toBeUndefined();
		expect(likeness.takeRecorded(recorded)).toBe(plain);
		expect(likeness.takeRecorded(recorded)).toBeUndefined();
	});
});

// Not timed: what grew with the square of these would not end within the time-out of a test.
describe('50,000 items without a stamp', () => {
	const total = 50_000;
	const all = Array.from({length: total}, (_, index) => index);

	test('of one subject are matched with few looks at each, the missing ones too', async () => {
		const {likeness, add, reads} = shelf();
		for (const index of all) {
			add(mail('Invoice', {id: `<${index}@example.org>`}), {receivedAt: received + (index * 1000)});
		}

		for (let index = total - 3000; index < total + 3000; index++) {
			const found = await likeness.take(readOf(mail('Invoice', {id: `<${index}@example.org>`}), 1, {receivedAt: received + (index * 1000)})); // eslint-disable-line no-await-in-loop
			expect(found !== undefined).toBe(index < total);
		}

		expect(reads).toHaveLength(3000);
	});

	test('of one subject and second, identical copies among them', async () => {
		const {likeness, add, reads} = shelf();
		for (const index of all) {
			add(mail('Invoice', {id: `<${index % 10_000}@example.org>`}));
		}

		for (let index = 0; index < 5000; index++) {
			expect(await likeness.take(readOf(mail('Invoice', {id: `<${index % 1250}@example.org>`})))).toBeDefined(); // eslint-disable-line no-await-in-loop
		}

		expect(likeness.rest()).toHaveLength(total - 5000);
		expect(reads).toHaveLength(5000);
	});

	test('which the earlier tool left as drafts, of one subject and without a Message-ID: each content is read twice at most', async () => {
		const {likeness, add, reads} = shelf();
		const scan = (index: number): Uint8Array => Buffer.from(`From: Scanner <s${index % 100}@example.org>\r\nDate: ${new Date(received - (index * 60_000)).toUTCString()}\r\nSubject: Scan\r\n\r\npage ${index}\r\n`);
		const few = all.slice(0, 2000);
		for (const index of few) {
			add(scan(index), {flags: [draft], receivedAt: Date.UTC(2026, 2, 1) + (index * 100), envelope: {messageId: `<${index}@made.example>`, subject: 'Scan', sentAt: Date.UTC(2026, 2, 1) / 1000}});
		}

		for (const index of few) {
			expect(await likeness.take(readOf(scan(index), 1, {receivedAt: received + index}))).toMatchObject({altered: ['received', 'draft']}); // eslint-disable-line no-await-in-loop
		}

		expect(reads.length).toBeLessThanOrEqual(2 * few.length);
	});

	test('of one second are found for the record by their header alone', () => {
		const {likeness, add} = shelf();
		for (const index of all) {
			add(mail('Invoice', {id: `<${index}@example.org>`}));
		}

		for (const index of all) {
			const bytes = mail('Invoice', {id: `<${index}@example.org>`});
			expect(likeness.takeRecorded({stamp: '', receivedAt: received, envelope: envelopeHash(envelopeOf(bytes), received)})).toBeDefined();
		}

		expect(likeness.rest()).toEqual([]);
	});
});
