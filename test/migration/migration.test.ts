import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
	afterEach, beforeEach, describe, expect, test,
} from 'vitest';
import {Control} from '../../source/migration/control.js';
import {realFiles} from '../../source/migration/journal-file.js';
import {totalOf} from '../../source/migration/progress.js';
import {pathKey} from '../../source/mailbox/mailbox.js';
import {
	contents, fakeDestination, fakeSource, type Fault, folderIn, newStore, put, type Store,
} from './fake-ends.js';
import {fastClock, runEngine} from './run-engine.js';

let directory = '';
beforeEach(async () => {
	directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-engine-'));
});
afterEach(async () => {
	await rm(directory, {recursive: true, force: true});
});

/** Three folders, identical copies in one of them, near-duplicates in another. */
const smallMailbox = (): Store => {
	const store = newStore();
	for (let index = 0; index < 12; index++) {
		put(store, ['INBOX'], `Subject: message ${index}\r\n\r\nbody`, {flags: index % 2 === 0 ? [String.raw`\Seen`] : []});
	}

	for (let index = 0; index < 4; index++) {
		put(store, ['INBOX'], 'Subject: the same\r\n\r\nagain', {receivedAt: Date.UTC(2021, 1, 1)});
	}

	for (let index = 0; index < 6; index++) {
		put(store, ['Clients', 'ACME'], `Subject: invoice\r\n\r\nnumber ${1000 + index}`, {receivedAt: Date.UTC(2021, 5, 1)});
	}

	folderIn(store, ['Empty']);
	return store;
};

const migrate = async (source: Store, destination: Store, more: {faults?: (nth: number) => Fault; tellsId?: boolean} & Partial<Parameters<typeof runEngine>[0]> = {}) => {
	const clock = more.clock ?? fastClock();
	return runEngine({
		source: fakeSource(source), destination: fakeDestination(destination, clock, more.faults, {tellsId: more.tellsId ?? true}), files: realFiles, directory, clock, ...more,
	});
};

describe('a run', () => {
	test('delivers every message once, identical copies included, and makes empty folders', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		const {outcome, progress} = await migrate(source, destination);
		expect(outcome).toBe('complete');
		expect(contents(destination)).toEqual(contents(source));
		expect(destination.has(pathKey(['Empty']))).toBe(true);
		expect(progress.messages).toMatchObject({delivered: 22, remaining: 0, refused: 0});
	});

	test('that is repeated with nothing to do delivers nothing and says what was there', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		await migrate(source, destination);
		const before = contents(destination);
		const again = await migrate(source, destination);
		expect(again.outcome).toBe('complete');
		expect(again.progress).toMatchObject({deliveredNow: 0, earlier: 22});
		expect(contents(destination)).toEqual(before);
	});

	test('after new mail arrived carries over only that', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		await migrate(source, destination);
		put(source, ['INBOX'], 'Subject: new\r\n\r\n');
		put(source, ['New folder'], 'Subject: newer\r\n\r\n');
		const again = await migrate(source, destination);
		expect(again.progress.deliveredNow).toBe(2);
		expect(contents(destination)).toEqual(contents(source));
	});

	test.each([true, false])('without a journal adopts what is there as a multiset, near-duplicates apart (ids told: %s)', async tellsId => {
		const [source, destination] = [smallMailbox(), newStore()];
		await migrate(source, destination, {tellsId});
		const inbox = folderIn(destination, ['INBOX']);
		// One of four identical copies and one near-duplicate are missing; foreign mail is there.
		inbox.messages.splice(inbox.messages.findLastIndex(message => message.receivedAt === Date.UTC(2021, 1, 1)), 1);
		folderIn(destination, ['Clients', 'ACME']).messages.splice(2, 1);
		put(destination, ['INBOX'], 'Subject: somebody else\r\n\r\n');
		await rm(directory, {recursive: true});
		const again = await migrate(source, destination, {tellsId});
		expect(again.progress.messages).toMatchObject({delivered: 2, alreadyThere: 20, remaining: 0});
		expect(contents(destination)).toEqual([...contents(source), ...contents(destination).filter(line => line.includes('somebody'))].sort());
	});

	test('carries the messages of a folder that was recreated under the same UIDVALIDITY with UIDs reused', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		await migrate(source, destination);
		const old = folderIn(source, ['Clients', 'ACME']).messages;
		source.delete(pathKey(['Clients', 'ACME']));
		put(source, ['Clients', 'ACME'], 'Subject: other\r\n\r\nanother life', {receivedAt: Date.UTC(2022, 1, 1)});
		// One message was kept: it must not be doubled.
		put(source, ['Clients', 'ACME'], '', {bytes: old[0]!.bytes, receivedAt: old[0]!.receivedAt});
		const again = await migrate(source, destination);
		expect(again.outcome).toBe('complete');
		expect(again.progress).toMatchObject({deliveredNow: 1});
		const there = contents(destination).filter(line => line.includes('ACME'));
		expect(there).toHaveLength(7);
		expect(new Set(there).size).toBe(7);
	});

	test('recognises moved messages and renamed folders, and counts each once', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		const first = await migrate(source, destination);
		const total = totalOf(first.progress.messages);
		const inbox = folderIn(source, ['INBOX']);
		const [moved] = inbox.messages.splice(0, 1);
		put(source, ['Kept'], '', {bytes: moved!.bytes, receivedAt: moved!.receivedAt, flags: moved!.flags});
		source.set(pathKey(['Clients', 'Acme Ltd']), source.get(pathKey(['Clients', 'ACME']))!);
		source.delete(pathKey(['Clients', 'ACME']));
		const before = contents(destination);
		const again = await migrate(source, destination);
		expect(again.outcome).toBe('complete');
		expect(again.progress).toMatchObject({deliveredNow: 0});
		expect(again.progress.messages.alreadyThere).toBe(7);
		expect(totalOf(again.progress.messages)).toBe(total);
		expect(contents(destination)).toEqual(before);
	});

	test('leaves what is marked deleted, refuses what is over the limit unsent, and takes both back when that changes', async () => {
		const [source, destination] = [newStore(), newStore()];
		const deleted = put(source, ['INBOX'], 'Subject: deleted\r\n\r\n', {flags: [String.raw`\Deleted`]});
		put(source, ['INBOX'], `Subject: large\r\n\r\n${'x'.repeat(5000)}`);
		put(source, ['INBOX'], 'Subject: small\r\n\r\n');
		const first = await migrate(source, destination, {choices: {maxMessageSize: 1000}});
		expect(first.outcome).toBe('partial');
		expect(first.progress.messages).toMatchObject({delivered: 1, excluded: 1, refused: 1});
		deleted.flags = [];
		const again = await migrate(source, destination);
		expect(again.outcome).toBe('complete');
		expect(again.progress.messages).toMatchObject({delivered: 3, excluded: 0, refused: 0});
	});

	test('reports a message that vanished between listing and reading', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		const gone = folderIn(source, ['INBOX']).messages[3]!;
		const ends = fakeSource(source);
		const {outcome, progress} = await migrate(source, destination, {
			source: {
				...ends, async list(folder, signal) {
					const listing = await ends.list(folder, signal);
					const {messages} = folderIn(source, ['INBOX']);
					if (folder[0] === 'INBOX' && messages.includes(gone)) {
						messages.splice(messages.indexOf(gone), 1);
					}

					return listing;
				},
			},
		});
		expect(outcome).toBe('complete');
		expect(progress.messages).toMatchObject({delivered: 21, vanished: 1, remaining: 0});
	});

	test('goes on with the other folders when one cannot be opened', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		const ends = fakeSource(source);
		const {outcome, progress} = await migrate(source, destination, {
			source: {
				...ends, async list(folder, signal) {
					return ends.list(folder[0] === 'Clients' ? ['no such folder'] : folder, signal);
				},
			},
		});
		expect(outcome).toBe('partial');
		expect(progress.messages.delivered).toBe(16);
		expect(progress.folders.get(pathKey(['Clients', 'ACME']))).toMatchObject({state: 'failed', failure: {code: 'folder-unreadable'}});
	});

	test('tries a curable refusal again in the same run, and puts an incurable one on record with its subject', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		const {outcome, progress, events} = await migrate(source, destination, {faults: nth => nth === 2 ? {code: 'message-refused'} : (nth === 5 ? {code: 'message-too-large'} : 'ok')});
		expect(outcome).toBe('partial');
		expect(progress.messages).toMatchObject({delivered: 21, refused: 1});
		expect(events.filter(event => event.type === 'message.retrying')).toHaveLength(1);
		expect(events.find(event => event.type === 'message.refused')).toMatchObject({failure: {code: 'message-too-large'}, attempts: 1, subject: expect.stringMatching(/message|same|invoice/v) as string});
	});

	test('waits as long as the server asked and never less', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		const clock = fastClock();
		let [askedAt, next] = [0, 0];
		const {outcome, progress} = await migrate(source, destination, {
			clock, faults(nth) {
				if (nth === 3) {
					askedAt = clock.now();
					return {code: 'throttled', wait: 40_000};
				}

				if (askedAt > 0 && next === 0 && clock.now() - askedAt > 5000) {
					next = clock.now();
				}

				return 'ok';
			},
		});
		expect(outcome).toBe('complete');
		expect(next - askedAt).toBeGreaterThanOrEqual(40_000);
		expect(progress.throttles).toBe(1);
		expect(contents(destination)).toEqual(contents(source));
	});

	test('stopped in the middle ends interrupted, and the next one carries on', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		const control = new Control();
		const first = await migrate(source, destination, {
			control, onEvent(event) {
				if (event.type === 'message.delivered') {
					control.stop();
				}
			},
		});
		expect(first.outcome).toBe('interrupted');
		expect(first.progress.messages.remaining).toBeGreaterThan(0);
		expect(totalOf(first.progress.messages)).toBe(22);
		const again = await migrate(source, destination);
		expect(again.outcome).toBe('complete');
		expect(contents(destination)).toEqual(contents(source));
	});

	test('stops the mailbox when the destination is full, and nothing counts as refused', async () => {
		const [source, destination] = [smallMailbox(), newStore()];
		const {outcome, failure, progress} = await migrate(source, destination, {faults: nth => nth > 5 ? {code: 'destination-full'} : 'ok'});
		expect(outcome).toBe('failed');
		expect(failure?.code).toBe('destination-full');
		expect(progress.messages).toMatchObject({refused: 0, delivered: 5, remaining: 17});
		const again = await migrate(source, destination);
		expect(again.outcome).toBe('complete');
		expect(contents(destination)).toEqual(contents(source));
	});
});

/* eslint-disable @typescript-eslint/no-loop-func -- The directory changes between tests, not inside one. */
describe('exactly once', () => {
	const faults: Array<[string, Fault]> = [['committed, answer lost', 'committed, answer lost'], ['lost', 'lost'], ['lost, committed later', {late: 8000}]];
	for (const [name, fault] of faults) {
		for (const tellsId of [true, false]) {
			test(`"${name}" on every delivery in turn, each copy in one place (ids told: ${String(tellsId)})`, async () => {
				for (let nth = 1; nth <= 22; nth++) {
					const [source, destination] = [smallMailbox(), newStore()];
					// eslint-disable-next-line no-await-in-loop -- One after another.
					const {outcome, progress} = await migrate(source, destination, {tellsId, faults: current => current === nth ? fault : 'ok'});
					expect([nth, outcome, progress.messages.delivered]).toEqual([nth, 'complete', 22]);
					expect(contents(destination)).toEqual(contents(source));
					// eslint-disable-next-line no-await-in-loop -- As above.
					await rm(directory, {recursive: true});
				}
			});
		}

		test(`"${name}" on every delivery of a run that is then stopped, settled by the next`, async () => {
			const [source, destination] = [smallMailbox(), newStore()];
			const control = new Control();
			let lost = 0;
			const first = await migrate(source, destination, {
				control, faults: () => fault, onEvent(event) {
					if (event.type === 'message.unsure' && ++lost === 3) {
						control.stop();
					}
				},
			});
			expect(first.outcome).toBe('interrupted');
			expect(first.progress.messages.unsure).toBeGreaterThanOrEqual(3);
			const again = await migrate(source, destination);
			expect(again.outcome).toBe('complete');
			expect(contents(destination)).toEqual(contents(source));
		});
	}
});
/* eslint-enable @typescript-eslint/no-loop-func */
