import {describe, expect, test} from 'vitest';
import {Listing} from '../../source/mailbox/listing.js';
import {
	generationOf, type Known, type KnownFolder, reconcile,
} from '../../source/migration/reconcile.js';

const receivedAt = Date.UTC(2024, 0, 1);
type Listed = {uid: number; size?: number; receivedAt?: number; flags?: string[]};

const listingOf = (generation: string, messages: readonly Listed[]): Listing => {
	const listing = new Listing({generation});
	for (const message of messages) {
		listing.add({
			size: 100, receivedAt, flags: [], ...message,
		});
	}

	return listing;
};

const knownFolder = (generation: string, entries: ReadonlyArray<Partial<Known> & {uid: number}>): KnownFolder => {
	const known = entries.map((entry): Known => ({
		state: 'delivered', size: 100, receivedAt, ...entry,
	}));
	return {
		generation, entries: () => known, state: uid => known.find(entry => entry.uid === uid)?.state ?? 'remaining',
	};
};

const life = (generation: string, ...earlier: KnownFolder[]) => generationOf(listingOf(generation, [{uid: 1}, {uid: 2}]), earlier);

describe('which life of a folder a listing belongs to', () => {
	test('a folder never seen begins its first', () => {
		expect(life('7')).toEqual({generation: '7', known: false});
	});

	test('the same UIDVALIDITY with the same messages is the same life, also when some are gone and others new', () => {
		expect(life('1', knownFolder('1', [{uid: 1}, {uid: 2}]))).toEqual({generation: '1', known: true});
		expect(life('1', knownFolder('1', [{uid: 2}, {uid: 9}]))).toEqual({generation: '1', known: true});
		expect(life('1', knownFolder('1', []))).toEqual({generation: '1', known: true});
	});

	test.each([
		['size', {uid: 2, size: 101}],
		['date', {uid: 2, receivedAt: receivedAt + 1000}],
	])('a UID that has become a message of another %s is another life under the same UIDVALIDITY', (_, reused) => {
		expect(life('1', knownFolder('1', [{uid: 1}, reused]))).toEqual({generation: '1+1', known: false});
	});

	test('a date that differs within its second is no other message', () => {
		expect(life('1', knownFolder('1', [{uid: 2, receivedAt: receivedAt + 999}]))).toEqual({generation: '1', known: true});
	});

	test('messages of every state count, not the delivered ones alone', () => {
		for (const state of ['unsure', 'refused', 'excluded', 'vanished', 'already-there'] as const) {
			expect(life('1', knownFolder('1', [{uid: 2, size: 5, state}])).known).toBe(false);
		}
	});

	test('another UIDVALIDITY is another life, whatever the messages', () => {
		expect(life('2', knownFolder('1', [{uid: 1}, {uid: 2}]))).toEqual({generation: '2', known: false});
	});

	test('a UIDVALIDITY that flips back is a third life, not the first again', () => {
		expect(life('1', knownFolder('1', [{uid: 1}]), knownFolder('2', [{uid: 1}]))).toEqual({generation: '1+1', known: false});
	});

	test('the latest life is compared, and a suffix is part of its name only', () => {
		expect(life('1', knownFolder('1', [{uid: 1, size: 5}]), knownFolder('1+1', [{uid: 1}]))).toEqual({generation: '1+1', known: true});
		expect(life('1', knownFolder('1', [{uid: 1}]), knownFolder('1+1', [{uid: 1, size: 5}]))).toEqual({generation: '1+2', known: false});
		expect(life('11', knownFolder('1', [{uid: 1}]))).toEqual({generation: '11', known: false});
	});

	test('no two lives ever share a name, however UIDVALIDITY flips and UIDs are reused', () => {
		const lives: KnownFolder[] = [];
		for (const [index, validity] of ['1', '2', '1', '1', '2', '3', '2', '1', '1'].entries()) {
			const {generation, known} = generationOf(listingOf(validity, [{uid: 1, size: index + 1}]), lives);
			expect(known).toBe(false);
			lives.push(knownFolder(generation, [{uid: 1, size: index + 1}]));
		}

		expect(new Set(lives.map(({generation}) => generation)).size).toBe(lives.length);
	});
});

const nothing = {
	remaining: [], unsure: [], excluded: [], reopened: [], tooLarge: [], vanished: [], gone: [],
};
const compare = (listed: readonly Listed[], known?: KnownFolder, limit = 0, overLimit: readonly number[] = []) => reconcile(listingOf('1', listed), known, limit, uid => overLimit.includes(uid));
const deleted = [String.raw`\Deleted`];

describe('what remains to be done', () => {
	test('is everything where nothing is on record, ascending', () => {
		expect(compare([{uid: 3}, {uid: 1}, {uid: 2}])).toEqual({...nothing, remaining: [1, 2, 3]});
	});

	test('is nothing where everything has its fate', () => {
		const known = knownFolder('1', [{uid: 1}, {uid: 2, state: 'already-there'}, {uid: 3, state: 'refused'}, {uid: 4, state: 'superseded'}]);
		expect(compare([{uid: 1}, {uid: 2}, {uid: 3}, {uid: 4}], known)).toEqual(nothing);
	});

	test('an unsure message is never sent as a new one, listed or not, marked deleted or too large', () => {
		const known = knownFolder('1', [{uid: 1, state: 'unsure'}, {uid: 2, state: 'unsure'}, {uid: 3, state: 'unsure'}]);
		expect(compare([{uid: 1}, {uid: 2, flags: deleted, size: 999}], known, 500)).toEqual({...nothing, unsure: [1, 2, 3]});
	});

	test('what is no longer listed: delivered is perhaps moved, refused has vanished, the rest stays', () => {
		const known = knownFolder('1', [{uid: 1}, {uid: 2, state: 'already-there'}, {uid: 3, state: 'refused'}, {uid: 4, state: 'excluded'}, {uid: 5, state: 'vanished'}, {uid: 6, state: 'superseded'}, {uid: 7, state: 'remaining'}]);
		expect(compare([], known)).toEqual({...nothing, gone: [1, 2], vanished: [3]});
	});

	test('what vanished and is there again is carried', () => {
		expect(compare([{uid: 1}], knownFolder('1', [{uid: 1, state: 'vanished'}]))).toEqual({...nothing, reopened: [1], remaining: [1]});
	});
});

describe(String.raw`mail marked \Deleted`, () => {
	test('is excluded, and only while it has no fate', () => {
		const known = knownFolder('1', [{uid: 1}, {uid: 2, state: 'excluded'}, {uid: 3, state: 'refused'}]);
		expect(compare([1, 2, 3, 4].map(uid => ({uid, flags: deleted})), known)).toEqual({...nothing, excluded: [4]});
	});

	test('that is no longer marked is carried', () => {
		expect(compare([{uid: 1, flags: [String.raw`\Seen`]}], knownFolder('1', [{uid: 1, state: 'excluded'}]))).toEqual({...nothing, reopened: [1], remaining: [1]});
	});

	test('is excluded even if it is too large', () => {
		expect(compare([{uid: 1, flags: deleted, size: 999}], undefined, 500)).toEqual({...nothing, excluded: [1]});
	});
});

describe('the limit on size', () => {
	test('refuses what is above it, not what is at it; 0 is no limit', () => {
		expect(compare([{uid: 1, size: 500}, {uid: 2, size: 501}], undefined, 500)).toEqual({...nothing, remaining: [1], tooLarge: [2]});
		expect(compare([{uid: 2, size: 501}], undefined, 0)).toEqual({...nothing, remaining: [2]});
	});

	test('raised or taken away lets through what it refused, and nothing that the destination refused', () => {
		const known = knownFolder('1', [{uid: 1, state: 'refused', size: 501}, {uid: 2, state: 'refused', size: 501}]);
		for (const limit of [501, 0]) {
			expect(compare([{uid: 1, size: 501}, {uid: 2, size: 501}], known, limit, [1])).toEqual({...nothing, reopened: [1], remaining: [1]});
		}
	});

	test('lowered refuses what remains and leaves alone what has its fate', () => {
		const known = knownFolder('1', [{uid: 1, size: 501}, {uid: 2, state: 'refused', size: 501}]);
		expect(compare([{uid: 1, size: 501}, {uid: 2, size: 501}, {uid: 3, size: 501}], known, 400, [2])).toEqual({...nothing, tooLarge: [3]});
	});

	test('holds for what is reopened for another reason', () => {
		expect(compare([{uid: 1, size: 501}], knownFolder('1', [{uid: 1, state: 'excluded', size: 501}]), 500)).toEqual({...nothing, reopened: [1], tooLarge: [1]});
	});
});
