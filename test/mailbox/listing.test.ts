import {expect, test} from 'vitest';
import {Listing} from '../../source/mailbox/listing.js';

const entry = (uid: number, size = uid, flags: readonly string[] = []) => ({
	uid, size, receivedAt: uid * 1000, flags,
});
const listingOf = (...entries: Array<ReturnType<typeof entry>>) => {
	const listing = new Listing({generation: '1'});
	for (const one of entries) {
		listing.add(one);
	}

	return listing;
};

test('what was added comes out by UID, however the server ordered it', () => {
	const listing = listingOf(entry(5), entry(2), entry(9), entry(1));
	expect([...listing].map(({uid}) => uid)).toEqual([1, 2, 5, 9]);
	expect(listing.at(2)).toEqual(entry(5));
	expect(listing.uidAt(3)).toBe(9);
	expect(listing.get(2)).toEqual(entry(2));
	expect(listing.indexOf(3)).toBe(-1);
	expect(listing.get(10)).toBeUndefined();
});

test('a message told twice counts once, as it was told last, in length and bytes alike', () => {
	const inOrder = listingOf(entry(1, 10), entry(2, 20), entry(2, 25, [String.raw`\Seen`]));
	expect([inOrder.length, inOrder.bytes]).toEqual([2, 35]);
	expect(inOrder.get(2)!.flags).toEqual([String.raw`\Seen`]);

	const later = listingOf(entry(1, 10), entry(2, 20), entry(1, 15, [String.raw`\Seen`]));
	expect([later.length, later.bytes]).toEqual([2, 35]);
	expect(later.get(1)).toEqual({...entry(1, 15), flags: [String.raw`\Seen`]});
});

test('a UID of 0 is not swallowed by an empty listing', () => {
	expect([listingOf(entry(0, 7)).length, listingOf(entry(0, 7)).bytes]).toEqual([1, 7]);
});

test('adding after reading goes on in order', () => {
	const listing = listingOf(entry(3), entry(1));
	expect(listing.uidAt(0)).toBe(1);
	listing.add(entry(2));
	listing.add(entry(4));
	expect([...listing].map(({uid}) => uid)).toEqual([1, 2, 3, 4]);
});

test('the largest UID, size and an odd date survive', () => {
	const large = {
		uid: 4_294_967_295, size: 4_294_967_295, receivedAt: -62_135_596_800_000, flags: [],
	};
	expect(listingOf(large).at(0)).toEqual(large);
});

test('more messages than the first columns hold, each with its own flags', () => {
	const listing = new Listing({generation: '7', uidNext: 5001, highestModSeq: '12345678901234567890'});
	for (let uid = 5000; uid > 0; uid--) {
		listing.add(entry(uid, 3, uid % 2 === 0 ? [String.raw`\Seen`, '$Label1'] : ['$Label1']));
	}

	expect(listing.length).toBe(5000);
	expect(listing.bytes).toBe(15_000);
	expect(listing.get(4000)!.flags).toEqual(['$Label1', String.raw`\Seen`]);
	expect(listing.get(4001)!.flags).toEqual(['$Label1']);
	expect([listing.generation, listing.uidNext, listing.highestModSeq]).toEqual(['7', 5001, '12345678901234567890']);
});

test('flags are equal in any order, and no message shows another\'s, even with more sets than are numbered', () => {
	const listing = listingOf(entry(1, 1, ['b', 'a']), entry(2, 1, ['a', 'b']));
	expect(listing.at(0).flags).toEqual(listing.at(1).flags);
	const many = new Listing({generation: '1'});
	for (let uid = 1; uid <= 65_600; uid++) {
		many.add(entry(uid, 1, [`k${uid}`]));
	}

	for (const uid of [1, 65_535, 65_536, 65_537, 65_600]) {
		expect(many.get(uid)!.flags).toEqual([`k${uid}`]);
	}
});
