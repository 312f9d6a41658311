import {Buffer} from 'node:buffer';
import {
	afterAll, beforeAll, describe, expect, test,
} from 'vitest';
import {imapDestination} from '../../source/destinations/imap.js';
import {imapSource} from '../../source/sources/imap.js';
import {type Delivery, type MailDestination, type Traits} from '../../source/mailbox/destination.js';
import {type FolderPath, showPath} from '../../source/mailbox/mailbox.js';
import {type MailSource} from '../../source/mailbox/source.js';
import {deliver, delivery} from '../destinations/deliveries.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';
import {
	failureFrom, gather, never, surroundings,
} from '../protocols/surroundings.js';
import {startProxy} from '../proxy.js';
import {keepsThePromises} from './destination.js';
import {fixtures, type Fixture, type Mailbox} from './fixtures.js';
import {mannerOf} from './imap-ground.js';

const mail = (text: string): string => `From: a@example.org\r\nSubject: ${text}\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\nMessage-ID: <${text}@example.org>\r\n\r\nBody of ${text}.\r\n`;

const varied = (count: number): Delivery[] => Array.from({length: count}, (_, index) => delivery(`${mail(`m${index % 7}`)}${'line of text\r\n'.repeat((index * index) % 400)}`, {
	uid: index + 1,
	flags: [String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Draft`, '$Label1'].filter((flag, bit) => ((index >> bit) & 1) === 1 && flag !== ''), // eslint-disable-line no-bitwise -- each combination of flags
	receivedAt: Date.UTC(2015, 0, 1) + (index * 86_461_000),
}));

const sortedFlags = (flags: readonly string[]): string[] => [...flags].sort((a, b) => a < b ? -1 : 1);

/** A test that some fixtures cannot have, which is no reason to call it skipped. */
const where = (applies: boolean) => (name: string, run: () => Promise<void>, timeout?: number): void => {
	if (applies) {
		test(name, run, timeout);
	}
};

describe.each(fixtures)('$name', (fixture: Fixture) => {
	describe.skipIf(!fixture.available)('as source and destination', () => {
		let mailbox: Mailbox;
		let source: MailSource;
		let destination: MailDestination;
		let traits: Traits;

		const options = (port = mailbox.port) => ({
			...surroundings({host: mailbox.host, port}).options, user: mailbox.user, credential: async () => ({password: mailbox.password}),
		});

		beforeAll(async () => {
			mailbox = await fixture.start();
			source = imapSource(options());
			destination = imapDestination(options());
			traits = await destination.open(never);
			await source.open(never);
		});

		afterAll(async () => {
			await source?.close();
			await destination?.close();
			await mailbox?.stop();
		});

		const bring = async (path: FolderPath, batch: readonly Delivery[]) => {
			const folder = await destination.prepare(path, never);
			const results = [];
			for (let start = 0; start < batch.length; start += 8) {
				// eslint-disable-next-line no-await-in-loop -- one batch after another
				results.push(...await deliver(destination, folder, batch.slice(start, start + 8)));
			}

			return {folder, results};
		};

		where(fixture.checksPasswords)('a wrong password is refused on both sides', async () => {
			const wrong = {...options(), credential: async () => ({password: 'wrong'})};
			for (const side of [imapSource(wrong), imapDestination(wrong)]) {
				// eslint-disable-next-line no-await-in-loop -- one after another
				const {code} = await failureFrom(side.open(never));
				expect(['sign-in-refused', 'sign-in-refused-temporarily']).toContain(code);
			}
		});

		test('what was delivered is listed and read with its bytes, received dates and flags', async () => {
			const batch = varied(40);
			const {folder, results} = await bring(['Kontrakt', 'Ä & ö 日本'], batch);
			expect(results.filter(result => !result.stored)).toEqual([]);
			expect(results.every(result => result.stored && result.id !== undefined)).toBe(true);
			const listing = await source.list(folder.path, never);
			expect(listing.length).toBe(40);
			expect([...listing].map(({receivedAt}) => receivedAt)).toEqual(batch.map(({fingerprint}) => fingerprint.receivedAt));
			expect([...listing].map(({flags}) => sortedFlags(flags))).toEqual(batch.map(({flags}) => sortedFlags(flags.filter(flag => fixture.keepsKeywords || flag.startsWith('\\')))));
			expect(results.map(result => result.stored && result.id)).toEqual([...listing].map(({uid}) => `${listing.generation}:${uid}`));
			const lost = results.flatMap(result => result.stored ? result.lost ?? [] : []);
			expect(new Set(lost)).toEqual(new Set(fixture.keepsKeywords ? [] : ['keyword:$Label1']));
			const read = await gather(source.read(folder.path, listing.generation, [...listing], never));
			expect(read.map(result => 'bytes' in result && Buffer.from(result.bytes).toString('latin1')).slice(0, fixture.keepsBytes ? undefined : 0)).toEqual(batch.map(({bytes}) => Buffer.from(bytes).toString('latin1')).slice(0, fixture.keepsBytes ? undefined : 0));
			expect(read.every(result => 'bytes' in result)).toBe(true);
			const again = (await destination.list(folder.path, never))!;
			expect([...again]).toEqual([...listing].map(entry => ({id: `${listing.generation}:${entry.uid}`, ...entry})));
		});

		test('folders made here are found there, under the same path, and not made twice', async () => {
			const path = ['Projekte & mehr', 'Ünter', '2020-01'];
			expect(await destination.prepare(path, never)).toMatchObject({path, created: true});
			expect(await destination.prepare(path, never)).toMatchObject({path, created: false});
			const there = await source.folders(never);
			expect(there.map(folder => showPath(folder.path))).toContain(showPath(path));
			expect(there.find(folder => folder.role === 'inbox')?.path).toEqual(['INBOX']);
			expect(await destination.prepare(['inbox'], never)).toMatchObject({role: 'inbox', created: false});
			expect(traits.names.ignoresCase).toBe(fixture.ignoresCase);
			const paths = there.map(folder => folder.path.length);
			expect(paths).toEqual([...paths].sort((a, b) => a - b));
		});

		test('messages that are gone say so, in their place, and only over a fresh connection', async () => {
			const {folder} = await bring(['Gone'], varied(3));
			const listing = await source.list(folder.path, never);
			const uids = [...listing].map(({uid}) => uid);
			const missing = Math.max(...uids) + 1000;
			const read = await gather(source.read(folder.path, listing.generation, [...[...listing].slice(0, 1), {uid: missing, size: 10}], never));
			expect(read.at(-1)).toEqual({uid: missing, gone: true});
			expect(await source.confirmGone(folder.path, [...uids, missing], never)).toEqual(new Set([missing]));
			expect(await failureFrom(gather(source.read(folder.path, '424242', [...listing], never)))).toMatchObject({code: 'folder-unreadable', reach: 'folder'});
			expect(await failureFrom(source.list(['No such folder'], never))).toMatchObject({code: 'folder-unreadable', reach: 'folder'});
			expect(await destination.list(['No such folder'], never)).toBeUndefined();
		});

		test('a message of 12 MB passes', async () => {
			const {folder, results} = await bring(['Large'], [delivery(mail('large') + `${'0123456789'.repeat(7)}\r\n`.repeat(170_000))]);
			expect(results).toMatchObject([{stored: true}]);
			const listing = await source.list(folder.path, never);
			const read = await gather(source.read(folder.path, listing.generation, [...listing], never));
			expect(read.map(result => 'bytes' in result && result.bytes.length > 12_000_000)).toEqual([true]);
		});

		test('read over connections that keep being cut, everything comes once', async () => {
			const batch = varied(60);
			const {folder} = await bring(['Cut'], batch);
			const proxy = await startProxy({target: mailbox, cutAfterBytes: 30_000, cutsAtMost: 8});
			const cut = imapSource(options(proxy.port));
			const listing = await cut.list(folder.path, never);
			const read = await gather(cut.read(folder.path, listing.generation, [...listing], never));
			expect(read.map(result => 'bytes' in result && result.uid)).toEqual([...listing].map(({uid}) => uid));
			expect(proxy.counters.cuts).toBeGreaterThan(0);
			await cut.close();
			await proxy.stop();
		});

		/** Dovecot drops a lone CR at the very end. */
		const spoilt = (bytes: Uint8Array): boolean => fixture.name.startsWith('Dovecot') && bytes.at(-1) === 0x0D;

		(fixture.keepsBytes ? test.skipIf(!corpusAvailable) : where(false))('third-party mail of the hard kind arrives byte for byte, or is refused or told', async () => {
			const batch = corpus('hard').map(({bytes}, index) => delivery(Buffer.from(bytes).toString('latin1'), {uid: index + 1}));
			const {folder, results} = await bring(['Hard'], batch);
			const arrived = batch.filter((_, position) => results[position]!.stored && !results[position]!.lost);
			expect(arrived.length).toBeGreaterThan(batch.length * 0.9);
			const listing = await source.list(folder.path, never);
			const read = await gather(source.read(folder.path, listing.generation, [...listing], never));
			const told = new Set(results.flatMap((result, position) => result.stored && result.lost ? [position] : []));
			const stored = results.flatMap((result, position) => result.stored ? [position] : []);
			expect(read).toHaveLength(stored.length);
			for (const [index, position] of stored.entries()) {
				const result = read[index]!;
				if (!told.has(position) && !spoilt(batch[position]!.bytes)) {
					expect('bytes' in result && Buffer.compare(Buffer.from(result.bytes), Buffer.from(batch[position]!.bytes)), `message ${position}`).toBe(0);
				}
			}
		});
	});
});

// The scripted server is one for faults of the wire: it keeps no folders that others make.
for (const fixture of fixtures.filter(({checksPasswords}) => checksPasswords)) {
	keepsThePromises(mannerOf(fixture));
}
