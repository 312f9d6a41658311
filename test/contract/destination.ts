import {Buffer} from 'node:buffer';
import {
	afterAll, beforeAll, describe, expect, onTestFinished, test,
} from 'vitest';
import {
	type Delivery, type DeliveryResult, type MailDestination, type Stored, type StoredContent, type Traits,
} from '../../source/mailbox/destination.js';
import {envelopeHash, envelopeOf} from '../../source/mailbox/envelope.js';
import {failureOf} from '../../source/mailbox/failure.js';
import {equalNames} from '../../source/mailbox/folder-map.js';
import {realClock} from '../../source/mailbox/clock.js';
import {hashOf} from '../../source/mailbox/identity.js';
import {type FolderPath, pathKey, samePath} from '../../source/mailbox/mailbox.js';
import {stampOf} from '../../source/migration/stamp.js';
import {deliver, delivery, unsureOf} from '../destinations/deliveries.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';
import {failureFrom, gather, never} from '../protocols/surroundings.js';
import {startProxy} from '../proxy.js';
import {type Ground, type Manner} from './ground.js';
import {hungry} from './hungry.js';

const mail = (text: string, body = `Body of ${text}.\r\n`): string => `From: a@example.org\r\nSubject: ${text}\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\nMessage-ID: <${text.replaceAll(' ', '.')}@example.org>\r\n\r\n${body}`;

/** As the engine gives them to stores that rebuild messages: stamps derive from key and content. */
const stamped = (...given: Parameters<typeof delivery>): Delivery => {
	const one = delivery(...given);
	return {...one, stamp: stampOf({host: 'source.example.org', port: 993, user: 'a'}, one.key, one.fingerprint.hash), envelope: envelopeHash(envelopeOf(one.bytes), one.fingerprint.receivedAt)};
};

const some = (count: number, text: string): Delivery[] => Array.from({length: count}, (_, index) => stamped(mail(`${text} ${index + 1}`), {uid: index + 1, receivedAt: Date.UTC(2019, 0, 1) + (index * 86_461_000)}));

/** Every combination of five flags, in sizes and dates of all kinds. */
const varied = (count: number): Delivery[] => Array.from({length: count}, (_, index) => stamped(`${mail(`varied ${index}`)}${'line of text\r\n'.repeat((index * index) % 400)}`, {
	uid: index + 1,
	flags: [String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Draft`, '$Label1'].filter((_flag, bit) => Math.floor(index / (2 ** bit)) % 2 === 1),
	receivedAt: Date.UTC(2015, 0, 1) + (index * 86_461_000),
}));

const sorted = (texts: Iterable<string>): string[] => [...texts].sort((a, b) => a < b ? -1 : 1);
const idOf = (result: DeliveryResult | undefined): string => result?.stored ? result.id ?? '' : '';
const isStored = (result: DeliveryResult | undefined): boolean => result?.stored === true;

/** Names that are hard on a wire, in markup, in a file system or for people. */
const hostileNames = ['a&b', '<b>&amp;</b>', ']]>', '"quoted"', 'it\'s', '{5}', '(a b)', '.', '..', 'dot.in', 'ends with.', ' leading', 'trailing ', '~', '-flag', '#news', '+plus', '%', '*', String.raw`back\slash`, 'a/b', '/', 'a|b', 'RTL \u202Eabc', '📬 post', 'e\u0301', 'x'.repeat(240), 'é'.repeat(100), 'INBOX', 'nul', 'a\u00A0b', '&AOk-', 'constructor', '__proto__'];

/**
The promises of the port `MailDestination`, one by one; every adapter has to keep them all, on every server.

Tests that a server cannot have (no faults can be asked of a stranger's) are left out, not shown as skipped.
*/
export const keepsThePromises = (manner: Manner): void => {
	describe.skipIf(!manner.available)(`a destination on ${manner.name}`, () => {
		let ground: Ground;
		let destination: MailDestination;
		let traits: Traits;
		/** Of a folder to which nothing has come meanwhile: another one only where it is a time. */
		const watermark = manner.tellsTime ? {watermark: expect.stringMatching(/^\d{13}$/v) as string} : {};

		beforeAll(async () => {
			ground = await manner.start();
			destination = ground.destination();
			traits = await destination.open(never);
		});

		afterAll(async () => {
			await destination?.close();
			await ground?.stop();
		});

		const where = (applies: boolean) => (name: string, run: () => Promise<void>, timeout?: number): void => {
			if (applies) {
				test(name, run, timeout);
			}
		};

		/** Delivers all of it in batches as the engine does. */
		const bring = async (path: FolderPath, deliveries: readonly Delivery[], by = destination) => {
			const folder = await by.prepare(path, never);
			const results: DeliveryResult[] = [];
			for (let start = 0; start < deliveries.length; start += traits.batch.messages) {
				// eslint-disable-next-line no-await-in-loop -- one batch after another
				results.push(...await deliver(by, folder, deliveries.slice(start, start + traits.batch.messages)));
			}

			return {folder, results};
		};

		const listed = async (path: FolderPath): Promise<Stored[]> => {
			const list = await destination.list(path, never);
			return [...list!];
		};

		const byId = async (path: FolderPath): Promise<Map<string, Stored>> => {
			const list = await listed(path);
			return new Map(list.map(one => [one.id, one]));
		};

		/** Sorted, as an order is not promised. */
		const idsIn = async (path: FolderPath): Promise<string[]> => {
			const list = await listed(path);
			return sorted(list.map(({id}) => id));
		};

		const readAll = async (path: FolderPath, messages: readonly Stored[]): Promise<StoredContent[]> => gather(destination.read(path, messages, never));

		test('open tells traits that the engine can live with, and asked again tells the same', async () => {
			expect(traits.startLanes).toBeGreaterThan(0);
			expect(traits.maxLanes).toBeGreaterThanOrEqual(traits.startLanes);
			expect(traits.batch.messages).toBeGreaterThan(0);
			expect(traits.batch.bytes).toBeGreaterThan(0);
			expect(traits.looks[1]).toBeGreaterThan(traits.looks[0]);
			expect(traits.keepsBytes).toBe(manner.keepsBytes);
			expect(traits.names.maxNameBytes).toBeGreaterThan(100);
			expect(await destination.open(never)).toEqual(traits);
		});

		test('what is stopped before it begins rejects, and says nothing about the server', async () => {
			const signal = AbortSignal.abort(new Error('stopped'));
			const fresh = ground.destination();
			await expect(fresh.open(signal)).rejects.toThrow('stopped');
			await expect(destination.folders(signal)).rejects.toThrow('stopped');
			await expect(destination.list(['INBOX'], signal)).rejects.toThrow('stopped');
			await expect(destination.prepare(['Never made'], signal)).rejects.toThrow('stopped');
			expect(await destination.list(['Never made'], never)).toBeUndefined();
			await fresh.close();
		});

		test('folders are those that are there, with roles, parents first, and those made by others meanwhile', async () => {
			await ground.createFolder(['Made by another', 'hand']);
			const folders = await destination.folders(never);
			expect(folders.filter(({role}) => role === 'inbox')).toHaveLength(1);
			const paths = folders.map(({path}) => pathKey(path));
			expect(new Set(paths).size).toBe(paths.length);
			expect(folders.find(({path}) => samePath(path, ['Made by another', 'hand']))).toMatchObject({kind: 'mail'});
			for (const [index, {path}] of folders.entries()) {
				for (let depth = 1; depth < path.length; depth++) {
					const parent = paths.indexOf(pathKey(path.slice(0, depth)));
					expect(parent === -1 || parent < index, paths[index]).toBe(true);
				}
			}
		});

		test('the inbox is found under its IMAP name, in whatever case, and never made', async () => {
			const inbox = await destination.prepare(['INBOX'], never);
			expect(inbox).toMatchObject({role: 'inbox', created: false});
			expect(await destination.prepare(['inbox'], never)).toEqual({...inbox, ...watermark});
		});

		test('a folder is made level by level once, and found from then on, by a fresh adapter too', async () => {
			const path = ['Projekte & mehr', 'Ünter 日本', '2020-01'];
			const made = await destination.prepare(path, never);
			expect(made).toMatchObject({path, created: true});
			const fresh = ground.destination();
			await fresh.open(never);
			for (const adapter of [destination, fresh]) {
				// eslint-disable-next-line no-await-in-loop -- one after another
				expect(await adapter.prepare(path, never)).toEqual({...made, created: false, ...watermark});
				// eslint-disable-next-line no-await-in-loop -- one after another
				expect(await adapter.prepare(path.slice(0, 2), never)).toMatchObject({path: path.slice(0, 2), created: false});
			}

			await fresh.close();
			const folders = await destination.folders(never);
			expect(folders.filter(folder => folder.path[0] === path[0]).map(folder => folder.path)).toEqual([path.slice(0, 1), path.slice(0, 2), path]);
			expect(await listed(path)).toEqual([]);
		});

		test('several who ask for it at once get one folder, made once', async () => {
			const path = ['At once', 'below', 'each other'];
			const all = await Promise.all(Array.from({length: 5}, async () => destination.prepare(path, never)));
			expect(all.filter(({created}) => created)).toHaveLength(1);
			expect(new Set(all.map(({generation}) => generation)).size).toBe(1);
			const folders = await destination.folders(never);
			expect(folders.filter(folder => folder.path[0] === 'At once')).toHaveLength(3);
		});

		test('two adapters that make the same folder at once both get it', async () => {
			const other = ground.destination();
			await other.open(never);
			const both = await Promise.all([destination, other].map(async adapter => adapter.prepare(['Race', 'for', 'it'], never)));
			expect(both[0]!.generation).toBe(both[1]!.generation);
			expect(both[0]!.path).toEqual(both[1]!.path);
			await other.close();
		});

		test('a folder that another program has made, or deleted, since the folders were read is found, or made', async () => {
			await destination.folders(never);
			await ground.createFolder(['Meanwhile']);
			expect(await destination.prepare(['Meanwhile'], never)).toMatchObject({path: ['Meanwhile'], created: false});
			await ground.deleteFolder(['Meanwhile']);
			await destination.folders(never);
			expect(await destination.prepare(['Meanwhile'], never)).toMatchObject({path: ['Meanwhile'], created: true});
		});

		test('names that differ in case are one folder where they are to the server, whose spelling is told, and two elsewhere', async () => {
			const first = await destination.prepare(['Kunden', 'Süd'], never);
			const second = await destination.prepare(['KUNDEN', 'SÜD'], never);
			expect(second.created).toBe(!traits.names.ignoresCase);
			expect(second.path).toEqual(traits.names.ignoresCase ? ['Kunden', 'Süd'] : ['KUNDEN', 'SÜD']);
			expect(second.generation === first.generation || manner.newGenerations).toBe(true);
			await bring(second.path, some(1, 'case'));
			expect(await listed(first.path)).toHaveLength(traits.names.ignoresCase ? 1 : 0);
		});

		test('names that differ in composition, or in blanks and dots at the end, likewise', async () => {
			const names = ['Caf\u00E9', 'Cafe\u0301', 'Caf\u00E9 ', 'Caf\u00E9.'];
			for (const name of names) {
				// eslint-disable-next-line no-await-in-loop -- one after another
				const [made] = await Promise.allSettled([destination.prepare([name], never)]);
				if (made.status === 'rejected') {
					expect(failureOf(made.reason)).toMatchObject({code: 'folder-not-creatable'});
					continue;
				}

				const {path, created} = made.value;
				if (traits.names.normalises) {
					expect({name, path, created}).toEqual({name, path: [names[0]], created: name === names[0]});
				}
			}

			const folders = await destination.folders(never);
			const there = folders.filter(({path}) => path[0]!.normalize().startsWith('Caf\u00E9'));
			expect(there.length).toBe(traits.names.normalises ? 1 : new Set(there.map(({path}) => path[0])).size);
		});

		test('hostile names are made and found as they are, or refused as names of folders; never another', async () => {
			const possible = hostileNames.filter(name => ![...name].some(character => traits.names.forbidden.includes(character) || (traits.names.delimiter !== '' && traits.names.delimiter === character)));
			const refused: string[] = [];
			for (const name of possible) {
				const path = ['Hostile', name];
				try {
					// eslint-disable-next-line no-await-in-loop -- one after another
					const {path: made} = await destination.prepare(path, never);
					expect(equalNames(made[1]!, name, traits.names), `${name} became ${made.join(' > ')}`).toBe(true);
					expect(made).toHaveLength(2);
					// eslint-disable-next-line no-await-in-loop -- one after another
					expect(await destination.prepare(made, never), name).toMatchObject({path: made, created: false});
					// eslint-disable-next-line no-await-in-loop -- one after another
					expect(await destination.list(made, never), name).toBeDefined();
				} catch (error) {
					expect({name, ...failureOf(error)}).toMatchObject({name, code: 'folder-not-creatable', reach: 'folder'});
					refused.push(name);
				}
			}

			expect(refused.filter(() => manner.takesAnyName)).toEqual([]);
			expect(refused.length).toBeLessThan(possible.length / 2);
			// What is within one did not come to lie elsewhere.
			const folders = await destination.folders(never);
			const within = folders.filter(({path}) => path[0] === 'Hostile' && path.length > 1);
			expect(within.filter(({path}) => path.length > 2)).toEqual([]);
		});

		test('each message of a batch is reported once, in order, with the id that the listing has', async () => {
			const batch = some(traits.batch.messages, 'ordered');
			const folder = await destination.prepare(['Ordered'], never);
			const order: number[] = [];
			const ids: string[] = [];
			await destination.deliver(folder, batch, (position, result) => {
				order.push(position);
				ids.push(idOf(result));
				expect(result).toMatchObject({stored: true});
			}, never);
			expect(order).toEqual(batch.map((_, position) => position));
			expect(ids.every(id => id !== '')).toBe(true);
			expect(await idsIn(['Ordered'])).toEqual(sorted(ids));
			await destination.deliver(folder, [], () => {
				throw new Error('nothing was delivered');
			}, never);
		});

		test('what was delivered is listed with its received date, flags, size and stamp, as often as it is asked for', async () => {
			const batch = varied(64);
			const {results} = await bring(['Kontrakt', 'Ä & ö'], batch);
			expect(results.filter(result => !result.stored)).toEqual([]);
			const list = (await destination.list(['Kontrakt', 'Ä & ö'], never))!;
			const there = new Map([...list].map(one => [one.id, one]));
			expect([...list]).toEqual([...there.values()]);
			expect(there.size).toBe(64);
			for (const [position, {flags, fingerprint, stamp, bytes}] of batch.entries()) {
				const one = there.get(idOf(results[position]));
				const kept = manner.kept(flags);
				expect({position, receivedAt: one?.receivedAt, flags: sorted(one?.flags ?? [])}).toEqual({position, receivedAt: fingerprint.receivedAt, flags: sorted(kept)});
				expect(one!.size).toBeGreaterThanOrEqual(manner.keepsBytes ? bytes.length : 1);
				expect(one!.stamp).toBe(manner.keepsStamps ? stamp : undefined);
				expect(isStored(results[position]) && 'lost' in results[position]! ? results[position].lost : []).toEqual([...manner.loses ?? [], ...flags.filter(flag => !kept.includes(flag)).map(flag => `${flag.startsWith('\\') ? 'flag' : 'keyword'}:${flag}`)]);
			}
		});

		test('a list of many pages has every message once; a folder that is not there has no list', async () => {
			const batch = some(45, 'paged');
			const {results} = await bring(['Paged'], batch);
			expect(await idsIn(['Paged'])).toEqual(sorted(results.map(result => idOf(result))));
			expect(await destination.list(['No such folder'], never)).toBeUndefined();
			expect(await destination.list(['Paged', 'below'], never)).toBeUndefined();
			const folders = await destination.folders(never);
			expect(folders.some(({path}) => path.includes('No such folder'))).toBe(false);
		});

		where(!manner.keepsBytes && manner.keepsStamps)('what rebuilds messages tells of each an envelope equal to that of the bytes it was given', async () => {
			if (!corpusAvailable) {
				return;
			}

			const messages = [...corpus('hard'), ...corpus('lists')].filter(({bytes}) => bytes.length > 0);
			const batch = messages.map(({bytes}, index) => stamped(Buffer.from(bytes).toString('latin1'), {uid: index + 1, receivedAt: Date.UTC(2001, index % 12, 3, 4, 5, index % 60)}));
			const {results} = await bring(['Corpus'], batch);
			const there = await byId(['Corpus']);
			const others: string[] = [];
			let subjects = 0;
			for (const [position, {bytes, fingerprint: {receivedAt}}] of batch.entries()) {
				const wanted = envelopeOf(bytes);
				const {envelope} = there.get(idOf(results[position]))!;
				const told = wanted.messageId ? envelope! : {...envelope!, messageId: ''};
				if (envelopeHash(told, receivedAt) !== envelopeHash(wanted, receivedAt)) {
					others.push(`${messages[position]!.name}: ${JSON.stringify([wanted, envelope])}`);
				}

				subjects += told.subject === wanted.subject ? 1 : 0;
			}

			expect(others).toEqual([]);
			// Raw 8-bit text of an unknown charset is read in two ways.
			expect(subjects).toBeGreaterThan(batch.length * 0.95);
		});

		test('stopped before it begins, nothing of a batch is stored, and all of it reported', async () => {
			const folder = await destination.prepare(['Stopped'], never);
			const results = await deliver(destination, folder, some(4, 'stopped'), AbortSignal.abort());
			expect(results.map(result => !result.stored && result.failure.outcome)).toEqual(Array.from({length: 4}, () => 'not stored'));
			expect(await listed(['Stopped'])).toEqual([]);
		});

		test('stopped on its way, what is reported stored is there, what is reported not stored is not', async () => {
			const patient = ground.destination({clock: realClock()});
			await patient.open(never);
			const folder = await patient.prepare(['Stopped later'], never);
			const stop = new AbortController();
			const results: DeliveryResult[] = [];
			await patient.deliver(folder, some(traits.batch.messages, 'later'), (position, result) => {
				expect(results[position]).toBeUndefined();
				results[position] = result;
				stop.abort(new Error('stopped'));
			}, stop.signal);
			expect(results).toHaveLength(traits.batch.messages);
			expect(isStored(results[0])).toBe(true);
			expect(results.filter(result => !result.stored && result.failure.outcome !== 'not stored')).toEqual([]);
			expect(await idsIn(['Stopped later'])).toEqual(sorted(results.filter(result => result.stored).map(result => idOf(result))));
			await patient.close();
		});

		test('a folder that went away takes nothing, is told as such, and is made again when it is prepared again', async () => {
			const before = await destination.prepare(['Fleeting', 'below'], never);
			await bring(['Fleeting', 'below'], some(1, 'before'));
			await ground.deleteFolder(['Fleeting', 'below']);
			const batch = some(3, 'fleeting');
			let results = await deliver(destination, before, batch);
			for (let lane = 0; lane < traits.maxLanes && results.every(result => !result.stored && result.failure.reach === 'mailbox' && result.failure.outcome === 'not stored'); lane++) {
				// Dovecot stumbles on a connection that had it open.
				// eslint-disable-next-line no-await-in-loop -- one after another
				results = await deliver(destination, before, batch);
			}

			if (results.every(result => !result.stored)) {
				expect(results.map(result => !result.stored && [result.failure.outcome, result.failure.reach, result.failure.retry])).toEqual(batch.map(() => ['not stored', 'folder', 'now']));
				const {folder, results: again} = await bring(['Fleeting', 'below'], batch);
				expect(folder).toMatchObject({path: ['Fleeting', 'below'], created: true});
				expect(folder.generation === before.generation && manner.newGenerations).toBe(false);
				results = again;
			} else {
				// That adapter looked, and made it again, by itself.
				expect(manner.isOurs).toBe(false);
			}

			expect(results.filter(result => result.stored)).toHaveLength(3);
			expect(await idsIn(['Fleeting', 'below'])).toEqual(sorted(results.map(result => idOf(result))));
		});

		test('a folder that turns out to be gone while another is being made ends neither', async () => {
			const gone = await destination.prepare(['Gone meanwhile'], never);
			await bring(gone.path, some(1, 'meanwhile'));
			await ground.deleteFolder(gone.path);
			const path = ['Made', 'level', 'by', 'level', 'meanwhile'];
			const [results, made] = await Promise.all([deliver(destination, gone, some(2, 'meanwhile')), destination.prepare(path, never)]);
			expect(results.filter(result => !result.stored && result.failure.code === 'bug')).toEqual([]);
			expect(made).toMatchObject({path, created: true});
			expect(await destination.prepare(path, never)).toMatchObject({created: false});
		});

		where(manner.isOurs)('a message refused among others is refused alone', async () => {
			const batch = some(6, 'among');
			batch[2] = stamped(mail('please refuse me'), {uid: 3});
			batch[3] = stamped(mail('please refuse me too'), {uid: 4});
			const {results} = await bring(['Refusing'], batch);
			expect(results.map(result => result.stored || [result.failure.reach, result.failure.outcome])).toEqual([true, true, ['message', 'not stored'], ['message', 'not stored'], true, true]);
			expect(await listed(['Refusing'])).toHaveLength(4);
		});

		where(manner.isOurs)('a failure beyond the message ends the batch: what came before is stored, the rest not, and all is reported', async () => {
			const folder = await destination.prepare(['Throttled'], never);
			ground.trouble!.throttleAfter(2, 4000);
			const results = await deliver(destination, folder, some(5, 'throttled'));
			ground.trouble!.end();
			expect(results.map(result => result.stored || result.failure.outcome)).toEqual([true, true, 'not stored', 'not stored', 'not stored']);
			expect(results[2]).toMatchObject({
				failure: {
					code: 'throttled', reach: 'mailbox', retry: 'now', wait: 4000,
				},
			});
			expect(results.slice(3).every(result => !result.stored && result.failure.reach === 'mailbox')).toBe(true);
			expect(await listed(['Throttled'])).toHaveLength(2);
		});

		where(manner.isOurs)('a lost answer leaves the outcome unknown; looking finds what was stored, and nothing of what was not', async () => {
			const folder = await destination.prepare(['Lost'], never);
			const batch = some(3, 'lost');
			ground.trouble!.loseAnswer();
			const results = await deliver(destination, folder, batch);
			ground.trouble!.end();
			expect(results[0]).toMatchObject({stored: false, failure: {outcome: 'unknown'}});
			const there = await listed(['Lost']);
			expect(there.length).toBeGreaterThan(0);
			const unsure = batch.filter((_, position) => !isStored(results[position]) && position < there.length).map(one => unsureOf(one, folder));
			const found = await destination.look(folder.path, unsure, () => false, never);
			expect(sorted(found.map(id => id ?? ''))).toEqual(sorted(there.map(({id}) => id)));
		});

		test('unsure messages are found as often as they are there, by what is claimed too, and the folder\'s other mail is not taken for them', async () => {
			const twin = stamped(mail('twin'));
			const before = await destination.prepare(['Unsure'], never);
			await deliver(destination, before, [stamped(mail('stranger'), {uid: 77})]);
			const folder = await destination.refresh(before, never);
			const {results} = await bring(['Unsure'], [twin, stamped(mail('other'), {uid: 2, receivedAt: 0}), twin]);
			const [first, , second] = results.map(result => idOf(result));
			const look = async (batch: readonly Delivery[], claimed: readonly string[] = []) => destination.look(folder.path, batch.map(one => unsureOf(one, folder)), id => claimed.includes(id), never);
			const both = await look([twin, twin]);
			expect(sorted(both.map(id => id ?? ''))).toEqual(sorted([first!, second!]));
			expect(await look([twin], [first!])).toEqual([second]);
			expect(await look([])).toEqual([]);
			if (manner.looksExactly) {
				const found = await look([twin, stamped(mail('never sent'), {uid: 9}), twin, twin]);
				expect([found[1], found[3]]).toEqual([undefined, undefined]);
				expect(sorted([found[0]!, found[2]!])).toEqual(sorted([first!, second!]));
				expect(await look([twin, twin, twin], [first!])).toEqual([second, undefined, undefined]);
				// The same key and content under another received date is another delivery.
				expect(await look([stamped(mail('never sent'), {uid: 1, receivedAt: Date.UTC(1999, 1, 1)})])).toEqual([undefined]);
			}

			expect(await destination.look(['No such folder'], [unsureOf(stamped(mail('never sent')), folder)], () => false, never)).toEqual([undefined]);
		});

		where(manner.looksExactly)('forty unsure messages are looked for at once, each answered in its place', async () => {
			const folder = await destination.prepare(['Many unsure'], never);
			const batch = some(40, 'many');
			const {results} = await bring(['Many unsure'], batch.filter((_, index) => index % 3 !== 0));
			const ids = results.map(result => idOf(result));
			const found = await destination.look(folder.path, batch.map(one => unsureOf(one, folder)), () => false, never);
			expect(found).toEqual(batch.map((_, index) => index % 3 === 0 ? undefined : ids.shift()));
		});

		test('content comes once for each message that was asked for, in batches, the gone told, and nothing for nobody', async () => {
			const batch = [...some(70, 'read'), stamped(mail('large', `${'x'.repeat(70)}\r\n`.repeat(90_000)), {uid: 71}), ...some(3, 'after')];
			const {results} = await bring(['Read'], batch);
			const there = await byId(['Read']);
			const messages = results.map(result => there.get(idOf(result))!);
			await ground.deleteMessages(['Read'], [messages[5]!.id, messages[69]!.id]);
			// A connection that had it open may be shown them still.
			const fresh = ground.destination();
			await fresh.open(never);
			const contents = await gather(fresh.read(['Read'], messages, never));
			await fresh.close();
			expect(sorted(contents.map(({id}) => id))).toEqual(sorted(messages.map(({id}) => id)));
			expect(sorted(contents.filter(content => 'gone' in content).map(({id}) => id))).toEqual(sorted([messages[5]!.id, messages[69]!.id]));
			const positions = new Map(messages.map(({id}, position) => [id, position]));
			for (const content of contents) {
				const position = positions.get(content.id)!;
				if ('bytes' in content) {
					const [one, source] = [envelopeOf(content.bytes), batch[position]!.bytes];
					expect({position, ...one}).toEqual({position, ...envelopeOf(source)});
					expect(!manner.keepsBytes || hashOf(content.bytes) === hashOf(source), `message ${position}`).toBe(true);
				} else {
					expect({position, content}).toEqual({position, content: {id: content.id, gone: true}});
				}
			}

			expect(await readAll(['Read'], [])).toEqual([]);
		});

		test('a reading that is left in the middle keeps nothing busy', async () => {
			await bring(['Left'], some(3, 'left'));
			const messages = await listed(['Left']);
			for (let round = 0; round < 12; round++) {
				// eslint-disable-next-line no-await-in-loop, no-unreachable-loop -- left at once, and again
				for await (const content of destination.read(['Left'], messages, never)) {
					expect('bytes' in content).toBe(true);
					break;
				}
			}

			expect(await readAll(['Left'], messages)).toHaveLength(3);
		});

		where(manner.isOurs)('a message whose content is not handed out fails alone', async () => {
			await bring(['Spoilt'], some(5, 'spoilt'));
			const messages = await listed(['Spoilt']);
			ground.trouble!.spoil(['Spoilt'], messages[2]!.id);
			const contents = await readAll(['Spoilt'], messages);
			ground.trouble!.end();
			expect(sorted(contents.map(({id}) => id))).toEqual(sorted(messages.map(({id}) => id)));
			const bad = contents.filter(content => !('bytes' in content));
			expect(bad).toMatchObject([{id: messages[2]!.id, failure: {reach: 'message'}}]);
		});

		test('delivered and read by several at once, nothing is lost or mixed up', async () => {
			const lanes = traits.tellsId ? Math.min(4, traits.maxLanes) : 1;
			const folder = await destination.prepare(['Lanes'], never);
			const batches = Array.from({length: lanes}, (_, lane) => Array.from({length: 8}, (_value, index) => stamped(mail(`lane ${lane} ${index}`), {uid: (lane * 100) + index})));
			const results = await Promise.all(batches.map(async batch => deliver(destination, folder, batch)));
			const stamps = new Map(results.flatMap((lane, at) => lane.map((result, index) => [idOf(result), envelopeOf(batches[at]![index]!.bytes).messageId])));
			expect(stamps.size).toBe(lanes * 8);
			const messages = await listed(['Lanes']);
			const contents = await Promise.all([messages, messages].map(async some => readAll(['Lanes'], some)));
			for (const content of contents.flat()) {
				expect('bytes' in content && envelopeOf(content.bytes).messageId).toBe(stamps.get(content.id));
			}
		});

		where(manner.looksExactly)('delivered over connections that keep being cut, each message is there once when the unsure ones are looked for', async () => {
			const batch = Array.from({length: 72}, (_, index) => stamped(mail(`cut ${index}`, 'x'.repeat(index * 150)), {uid: index + 1}));
			const proxy = await startProxy({target: {port: ground.port}, cutAfterBytes: 60_000, cutsAtMost: 12});
			const cut = ground.destination({port: proxy.port});
			await cut.open(never);
			const folder = await cut.prepare(['Delivered', 'cut'], never);
			const ids = new Map<number, string>();
			const lanes = traits.tellsId ? 3 : 1;
			let open = batch.map((_, position) => position);
			let lookedFor = 0;
			for (let round = 0; open.length > 0 && round < 60; round++) {
				const [unsure, rest] = [[] as number[], open];
				const shares = Array.from({length: lanes}, (_, lane) => rest.filter((_position, index) => index % lanes === lane).slice(0, 8));
				// eslint-disable-next-line no-await-in-loop -- one round after another
				await Promise.all(shares.map(async lane => cut.deliver(folder, lane.map(position => batch[position]!), (index, result) => {
					if (result.stored) {
						ids.set(lane[index]!, result.id!);
					} else if (result.failure.outcome === 'unknown') {
						unsure.push(lane[index]!);
					}
				}, never)));
				lookedFor += unsure.length;
				// eslint-disable-next-line no-await-in-loop -- one round after another
				const found = await destination.look(folder.path, unsure.map(position => unsureOf(batch[position]!, folder)), id => [...ids.values()].includes(id), never);
				for (const [index, id] of found.entries()) {
					if (id !== undefined) {
						ids.set(unsure[index]!, id);
					}
				}

				open = open.filter(position => !ids.has(position));
			}

			expect(proxy.counters.cuts).toBeGreaterThan(3);
			expect(lookedFor).toBeGreaterThan(0);
			const messages = await listed(folder.path);
			expect(sorted(messages.map(({id}) => id))).toEqual(sorted(ids.values()));
			const contents = await readAll(folder.path, messages);
			expect(sorted(contents.map(content => 'bytes' in content ? envelopeOf(content.bytes).messageId : ''))).toEqual(sorted(batch.map(({bytes}) => envelopeOf(bytes).messageId)));
			await cut.close();
			await proxy.stop();
		});

		test('closed while calls are under way, every call ends, deliveries are all reported, and a later call is refused or works', async () => {
			const {folder} = await bring(['Closing'], some(2, 'closing'));
			const messages = await listed(['Closing']);
			const proxy = await startProxy({target: {port: ground.port}});
			onTestFinished(async () => proxy.stop());
			const closing = ground.destination({port: proxy.port, clock: realClock(), silence: 1000});
			await closing.open(never);
			await closing.prepare(['Closing'], never);
			proxy.setBlackHole(true);
			const results: DeliveryResult[] = [];
			const calls = [
				closing.folders(never),
				closing.list(folder.path, never),
				closing.list(['No such folder'], never),
				gather(closing.read(folder.path, messages, never)),
				closing.prepare(['Closing', 'new'], never),
				closing.look(folder.path, [unsureOf(stamped(mail('never sent')), folder)], () => false, never),
			];
			const ended = Promise.allSettled(calls);
			const delivering = closing.deliver(folder, some(2, 'under way'), (position, result) => {
				expect(results[position]).toBeUndefined();
				results[position] = result;
			}, never);
			await new Promise(resolve => {
				setImmediate(resolve);
			});
			await closing.close();
			for (const end of await ended) {
				expect(end.status === 'rejected' && failureOf(end.reason).code !== 'bug' ? 'told' : end).toBe('told');
			}

			await delivering;
			expect(results.map(({stored}) => stored)).toEqual([false, false]);
			await closing.close();
		});

		where(manner.isMeasured)('a list of 50,000 messages and the content of mails of 40 MB leave memory bounded', async () => {
			await ground.trouble!.fill(['Fifty thousand'], 50_000);
			await ground.trouble!.large(['Forty megabytes'], 3, 40 * 1024 * 1024);
			const eaten = await hungry(await ground.trouble!.told(), {many: ['Fifty thousand'], large: ['Forty megabytes']});
			expect(eaten).toMatchObject({listed: 50_000, read: 3});
			expect(eaten.listHeld).toBeLessThan(60);
			expect(eaten.listMost).toBeLessThan(350);
			expect(eaten.readHeld).toBeLessThan(80);
			expect(eaten.heldAfter).toBeLessThan(20);
			expect(eaten.readMost).toBeLessThan(700);
		}, 120_000);
	});
};
