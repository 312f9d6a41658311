import {expect, test} from 'vitest';
import {type Fact, type State} from '../../source/migration/facts.js';
import {idHash, prefixPart, prefixText} from '../../source/migration/record-hash.js';
import {Rows} from '../../source/migration/record-rows.js';
import {MailboxRecord} from '../../source/migration/record.js';
import {seeded} from './forgetful-files.js';
import {
	fingerprintOf, folderFact, intent, randomFact, receipt,
} from './journal-samples.js';

type Model = {state: State; size: number; lossy: boolean; id?: string; hash?: string; intent?: boolean};

/** The same rules, written as plainly as they can be. */
const applyPlainly = (models: Array<Map<number, Model>>, fact: Fact): void => {
	if (!('uid' in fact)) {
		return;
	}

	const folder = models[fact.folder]!;
	const known = folder.get(fact.uid);
	switch (fact.type) {
		case 'not-stored':
		case 'reopened': {
			if (known) {
				const intent = known.intent && fact.type === 'reopened' && known.state !== 'delivered' && known.state !== 'already-there';
				folder.set(fact.uid, {
					...known, state: 'remaining', lossy: false, id: undefined, intent, hash: intent ? known.hash : undefined,
				} as unknown as Model);
			}

			break;
		}

		case 'delivered': {
			folder.set(fact.uid, {
				...known, state: 'delivered', size: known?.size ?? 0, lossy: (fact.lost?.length ?? 0) > 0, id: fact.id,
			});
			break;
		}

		case 'intent':
		case 'already-there': {
			folder.set(fact.uid, {
				state: fact.type === 'intent' ? 'unsure' : 'already-there', size: fact.announced ?? fact.fingerprint.size, lossy: fact.type === 'already-there' && (fact.altered?.length ?? 0) > 0, intent: fact.type === 'intent', hash: fact.fingerprint.hash, ...(fact.type === 'already-there' && {id: fact.id}),
			});
			const moved = fact.type === 'already-there' && fact.moved && models[fact.moved.folder]!.get(fact.moved.uid);
			if (moved) {
				moved.state = 'superseded';
				moved.lossy = false;
			}

			break;
		}

		case 'excluded':
		case 'refused':
		case 'vanished': {
			folder.set(fact.uid, {
				...known, state: fact.type, size: fact.size, lossy: false, id: undefined, hash: known?.intent ? known.hash : undefined,
			});
		}
	}
};

test('counts, bytes, states and claims agree with a plain model after any facts', () => {
	for (let seed = 1; seed <= 40; seed++) {
		const random = seeded(seed);
		const record = new MailboxRecord();
		const models = [new Map<number, Model>(), new Map<number, Model>(), new Map<number, Model>()];
		for (let folder = 0; folder < 3; folder++) {
			record.apply({...folderFact(folder), destination: [folder === 2 ? 'Other' : 'Same']} as Fact, 1);
		}

		const claimed = record.claims(['Same']);
		for (let step = 0; step < 600; step++) {
			const fact = randomFact(random);
			record.apply(fact, 100 + step);
			applyPlainly(models, fact);
			if (random() < 0.05) {
				const ids = new Set([...models[0]!.values(), ...models[1]!.values()].flatMap(model => model.id === undefined ? [] : [model.id]));
				for (const id of ['77:1', '77:7', '77:12', 'AAMkAGI2T=', '', 'never', ...ids]) {
					expect(claimed(id), `seed ${seed}, step ${step}, ${id}`).toBe(ids.has(id));
				}
			}
		}

		for (const [number, model] of models.entries()) {
			const folder = record.folders[number]!;
			const all = [...model.values()];
			for (const state of ['unsure', 'delivered', 'already-there', 'excluded', 'refused', 'vanished'] as const) {
				const those = all.filter(entry => entry.state === state);
				expect(folder.counts()[state], `seed ${seed}, ${state}`).toBe(those.length);
				expect(folder.bytes()[state]).toBe(those.reduce((sum, entry) => sum + entry.size, 0));
			}

			for (const [part, whole] of [['lossy', 'delivered'], ['altered', 'already-there']] as const) {
				const those = all.filter(entry => entry.lossy && entry.state === whole);
				expect(folder.counts()[part], `seed ${seed}, ${part}`).toBe(those.length);
				expect(folder.bytes()[part]).toBe(those.reduce((sum, entry) => sum + entry.size, 0));
			}

			expect([...folder.entries()].map(entry => [entry.uid, entry.state, entry.size, entry.hashPrefix, entry.lossy])).toEqual([...model].sort((a, b) => a[0] - b[0]).map(([uid, entry]) => [uid, entry.state, entry.size, entry.hash?.slice(0, 10), entry.lossy]));
			expect(folder.state(40_000)).toBe('remaining');
			expect(folder.get(40_000)).toBeUndefined();
		}
	}
});

test('content matches by hash, length and second, also where the announced size was another', () => {
	const record = new MailboxRecord();
	record.apply(folderFact(0), 1);
	record.apply({...intent(1), announced: 5000}, 2);
	const folder = record.folders[0]!;
	const {hash, size, receivedAt} = fingerprintOf(1);
	expect(folder.get(1)!.size).toBe(5000);
	expect(folder.matches(1, {hash, size, receivedAt: receivedAt + 999})).toBe(true);
	expect(folder.matches(1, {hash, size: 5000, receivedAt})).toBe(false);
	expect(folder.matches(1, {hash, size, receivedAt: receivedAt + 1000})).toBe(false);
	expect(folder.matches(1, {hash: fingerprintOf(2).hash, size, receivedAt})).toBe(false);
	record.apply({
		type: 'refused', folder: 0, uid: 1, at: 1, code: 'message-refused', outcome: 'not stored', size: 5000, receivedAt, attempts: 1,
	}, 3);
	expect(folder.matches(1, {hash, size, receivedAt})).toBe(true);
	expect(folder.refusedBy(1)).toBe('message-refused');
	record.apply(receipt(1), 4);
	expect(folder.refusedBy(1)).toBeUndefined();
	expect(folder.matches(2, {hash, size, receivedAt})).toBe(false);
	record.apply({
		type: 'vanished', folder: 0, uid: 3, at: 1, size, receivedAt,
	}, 5);
	expect(folder.matches(3, {hash, size, receivedAt})).toBe(false);
});

test('a refused message that may be there keeps its intent when it is tried again; one known not to be stored does not', () => {
	const record = new MailboxRecord();
	record.apply(folderFact(0), 1);
	const folder = record.folders[0]!;
	record.apply(intent(1), 10);
	record.apply({
		type: 'refused', folder: 0, uid: 1, at: 1, code: 'delivery-unknown', outcome: 'unknown', size: 5, receivedAt: 0, attempts: 1,
	}, 20);
	record.apply({
		type: 'reopened', folder: 0, uid: 1, at: 2,
	}, 30);
	expect(folder.offsets(1)).toEqual({intent: 10, fate: 30});
	record.apply(intent(1), 40);
	record.apply({type: 'not-stored', folder: 0, uid: 1}, 50);
	expect(folder.offsets(1)).toEqual({intent: 0, fate: 0});
	expect(folder.state(1)).toBe('remaining');
});

test('UIDs may come in any order, and rows stay sorted and findable', () => {
	const random = seeded(3);
	const uids = Array.from({length: 20_000}, (_, index) => (index * 7) + 1);
	for (let index = uids.length - 1; index > 0; index--) {
		const other = Math.floor(random() * (index + 1));
		[uids[index], uids[other]] = [uids[other]!, uids[index]!];
	}

	for (const order of [uids, uids.toSorted((a, b) => a - b), uids.toSorted((a, b) => b - a)]) {
		const rows = new Rows();
		for (const uid of order) {
			expect(rows.goTo(uid)).toBe(false);
			rows.need(uid);
			rows.chunk.sizes[rows.index] = uid * 2;
		}

		for (const uid of order) {
			rows.need(uid);
			expect(rows.chunk.sizes[rows.index]).toBe(uid * 2);
		}

		expect(rows.length).toBe(order.length);
		expect(rows.goTo(2)).toBe(false);
		let last = 0;
		let seen = 0;
		while (rows.after(last)) {
			const uid = rows.chunk.uids[rows.index]!;
			expect(uid).toBeGreaterThan(last);
			last = uid;
			seen++;
		}

		expect(seen).toBe(order.length);
		const memory = rows.chunks.reduce((sum, chunk) => sum + chunk.receivedAt.buffer.byteLength, 0);
		expect(memory / order.length).toBeLessThan(order === uids ? 100 : 64);
	}
});

test('entries may be changed, and others added, while they are walked through', () => {
	const record = new MailboxRecord();
	record.apply(folderFact(0), 1);
	for (let uid = 2; uid <= 4000; uid += 2) {
		record.apply(intent(uid), uid);
	}

	const folder = record.folders[0]!;
	const seen: number[] = [];
	for (const {uid} of folder.entries('unsure')) {
		seen.push(uid);
		record.apply(receipt(uid), uid);
		record.apply(receipt(uid - 1), uid);
		folder.state(17);
	}

	expect(seen).toEqual(Array.from({length: 2000}, (_, index) => (index + 1) * 2));
	expect(folder.counts()).toMatchObject({delivered: 4000, unsure: 0});
});

test('the newest generation of a folder is found by its path, older ones by theirs', () => {
	const record = new MailboxRecord();
	record.apply(folderFact(0, 'A'), 1);
	record.apply({
		type: 'folder', folder: 1, path: ['A'], generation: '1+1', destination: ['A'],
	}, 2);
	expect(record.latest(['A'])!.number).toBe(1);
	expect(record.find(['A'], '1')!.number).toBe(0);
	expect(record.find(['A'], '2')).toBeUndefined();
	expect(record.latest(['a'])).toBeUndefined();
	expect(() => {
		record.apply({
			type: 'folder', folder: 0, path: ['B'], generation: '1', destination: ['B'],
		}, 3);
	}).toThrow(RangeError);
	expect(() => {
		record.apply(folderFact(3), 3);
	}).toThrow(RangeError);
});

test('runs are told with their ends, the last thousand of them', () => {
	const record = new MailboxRecord();
	for (let index = 0; index < 1100; index++) {
		record.apply({
			type: 'run', run: `r${index}`, at: index, version: '1', command: 'migrate',
		}, 1);
	}

	record.apply({
		type: 'end', run: 'r1099', at: 5000, outcome: 'complete',
	}, 1);
	expect(record.runs).toHaveLength(1000);
	expect(record.runs.at(-1)).toMatchObject({run: 'r1099', end: {at: 5000, outcome: 'complete'}});
	expect(record.runs.at(-2)).not.toHaveProperty('end');
});

test('hash prefixes survive their form in memory, and ids of a large mailbox differ', () => {
	for (let uid = 0; uid < 500; uid++) {
		const {hash} = fingerprintOf(uid);
		expect(prefixText(prefixPart(hash, 0), prefixPart(hash, 1))).toBe(hash.slice(0, 10));
	}

	const hashes = new Set<number>();
	for (let uid = 0; uid < 200_000; uid++) {
		hashes.add(idHash(`1700000000:${uid}`));
	}

	expect(hashes.size).toBe(200_000);
	expect(hashes.has(0)).toBe(false);
});
