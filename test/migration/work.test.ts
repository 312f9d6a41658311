import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type Delivery} from '../../source/mailbox/destination.js';
import {Listing} from '../../source/mailbox/listing.js';
import {Control} from '../../source/migration/control.js';
import {FolderRecord} from '../../source/migration/record-folder.js';
import {
	type FolderWork, isSettled, nextReady, nextWindow, putBack, takeBatch, type Window,
} from '../../source/migration/work.js';

const megabyte = 1024 * 1024;

const nobody = {
	added() {
		// Nobody listens.
	}, removed() {
		// Nobody listens.
	},
};

/** A folder whose messages have UIDs from 1 and these sizes. */
const workOf = (name: string, sizes: readonly number[]): FolderWork => {
	const listing = new Listing({generation: '1'});
	for (const [index, size] of sizes.entries()) {
		listing.add({
			uid: index + 1, size, receivedAt: 0, flags: [],
		});
	}

	const fact = {
		type: 'folder', folder: 0, path: [name], generation: '1', destination: [name],
	} as const;
	return {
		mapping: {
			source: [name], destination: [name], exists: true, reasons: ['same'],
		},
		path: [name], record: new FolderRecord(fact, nobody), listing, pending: sizes.map((_, index) => index + 1).reverse(), pendingBytes: listing.bytes,
		ready: [], underWay: 0, readers: 0, lanes: 0, looking: false, held: 0, attempts: new Map(), losses: new Map(), resurveys: 0, failed: false, completed: false,
	};
};

const delivery = (size: number): Delivery => ({
	key: {folder: ['A'], generation: '1', uid: 1}, stamp: '', bytes: Buffer.alloc(size), fingerprint: {hash: '', size, receivedAt: 0}, flags: [],
});

const uids = (window: Window | undefined) => window?.messages.map(({uid}) => uid);
const many = (count: number, size: number) => Array.from({length: count}, () => size);

/** So many readers, each taking a window when its last is read, in turns. @returns what each turn read, by folder name */
const readInTurns = (works: readonly FolderWork[], readers: number): string[][] => {
	const control = new Control();
	const turns: string[][] = [];
	for (;;) {
		const windows = Array.from({length: readers}, () => {
			const window = nextWindow(works, control);
			if (window) {
				window.work.readers++;
			}

			return window;
		}).filter(window => window !== undefined);
		if (windows.length === 0) {
			return turns;
		}

		turns.push(windows.map(({work}) => work.path[0]!));
		for (const {work} of windows) {
			work.readers--;
		}
	}
};

describe('which folder is read next', () => {
	test('the large folder is begun first, and small ones are read beside it, not behind it', () => {
		const works = [workOf('small', many(64, 1000)), workOf('large', many(1000, 100_000)), workOf('smaller', many(10, 1000))];
		const turns = readInTurns(works, 2);
		expect(turns.slice(0, 2)).toEqual([['large', 'small'], ['large', 'smaller']]);
	});

	test('readers share a folder where there are more readers than folders', () => {
		const turns = readInTurns([workOf('large', many(1000, 100_000)), workOf('small', [1])], 4);
		expect(turns[0]!.toSorted()).toEqual(['large', 'large', 'large', 'small']);
		expect(turns[1]).toEqual(['large', 'large', 'large', 'large']);
	});

	test('every message is read once, however the folders lie', () => {
		const works = [workOf('A', many(300, 40_000)), workOf('B', many(7, 9 * megabyte)), workOf('C', []), workOf('D', many(65, 0))];
		const turns = readInTurns(works, 3).flat();
		expect(new Set(turns)).toEqual(new Set(['A', 'B', 'D']));
		expect(works.map(({pending, pendingBytes, underWay}) => [pending.length, pendingBytes, underWay])).toEqual([[0, 0, 300], [0, 0, 7], [0, 0, 0], [0, 0, 65]]);
	});

	test('a folder that is paused, skipped or failed is left alone; the others go on', () => {
		const works = ['paused', 'skipped', 'failed', 'open'].map(name => workOf(name, [10]));
		works[2]!.failed = true;
		const control = new Control();
		control.obey({type: 'pause', folder: ['paused']});
		control.obey({type: 'skip', folder: ['skipped']});
		expect(nextWindow(works, control)?.work.path).toEqual(['open']);
		expect(nextWindow(works, control)).toBeUndefined();
		control.obey({type: 'resume', folder: ['paused']});
		expect(nextWindow(works, control)?.work.path).toEqual(['paused']);
	});

	test('nothing is read while the whole run is paused', () => {
		const control = new Control();
		control.obey({type: 'pause'});
		expect(nextWindow([workOf('A', [10])], control)).toBeUndefined();
	});
});

describe('a window', () => {
	test('holds 64 messages at most', () => {
		const work = workOf('A', many(100, 10));
		expect(uids(nextWindow([work], new Control()))).toEqual(Array.from({length: 64}, (_, index) => index + 1));
		expect(uids(nextWindow([work], new Control()))).toHaveLength(36);
	});

	test('holds 4 MiB at most, unless it is one message', () => {
		const work = workOf('A', [3 * megabyte, megabyte, 1, 50 * megabyte, 1]);
		const windows = Array.from({length: 4}, () => uids(nextWindow([work], new Control())));
		expect(windows).toEqual([[1, 2], [3], [4], [5]]);
	});

	test('keeps the counts of its folder', () => {
		const work = workOf('A', [10, 20, 30]);
		nextWindow([work], new Control());
		expect(work).toMatchObject({pending: [], pendingBytes: 0, underWay: 3});
	});

	test('is in the order of UIDs although retried ones are taken first', () => {
		const work = workOf('A', many(5, 10));
		const first = nextWindow([work], new Control())!;
		work.pending = [5, 4, 3];
		work.pendingBytes = 30;
		putBack(work, [1, 2]);
		expect(work.pending.at(-1)).toBe(1);
		expect(uids(nextWindow([work], new Control()))).toEqual(uids(first));
		work.pending.push(2, 5, 1);
		expect(uids(nextWindow([work], new Control()))).toEqual([1, 2, 5]);
	});

	test('passes over what the listing no longer holds', () => {
		const work = workOf('A', [10, 20]);
		work.pending.push(99);
		expect(uids(nextWindow([work], new Control()))).toEqual([1, 2]);
		expect(work.underWay).toBe(2);
	});
});

test('messages put back are counted as before they were taken, and read again in order', () => {
	const work = workOf('A', [10, 20, 30]);
	const window = nextWindow([work], new Control())!;
	putBack(work, uids(window)!);
	expect(work).toMatchObject({pending: [3, 2, 1], pendingBytes: 60, underWay: 0});
});

describe('which folder is delivered into next', () => {
	test('the fullest', () => {
		const [a, b] = [workOf('A', []), workOf('B', [])];
		a.ready.push(delivery(1));
		b.ready.push(delivery(1), delivery(1));
		expect(nextReady([a, b], new Control(), true)?.path).toEqual(['B']);
	});

	test('none that is being looked at, and none twice where deliveries must not overlap', () => {
		const work = workOf('A', []);
		work.ready.push(delivery(1));
		work.lanes = 1;
		expect(nextReady([work], new Control(), true)).toBe(work);
		expect(nextReady([work], new Control(), false)).toBeUndefined();
		work.looking = true;
		expect(nextReady([work], new Control(), true)).toBeUndefined();
	});
});

test('a batch is what fits, in order, and one message at least', () => {
	const work = workOf('A', []);
	work.ready.push(...[10, 10, 10, 500, 1].map(size => delivery(size)));
	const sizes = () => takeBatch(work, {messages: 2, bytes: 100}).map(({bytes}) => bytes.length);
	expect([sizes(), sizes(), sizes(), sizes(), sizes()]).toEqual([[10, 10], [10], [500], [1], []]);
});

test('a folder is settled when nothing of it is under way, held or left, or when it cannot go on', () => {
	const control = new Control();
	const work = workOf('A', [1]);
	expect(isSettled(work, control)).toBe(false);
	nextWindow([work], control);
	expect(isSettled(work, control)).toBe(false);
	work.underWay = 0;
	expect(isSettled(work, control)).toBe(true);
	expect(isSettled({...work, held: 1}, control)).toBe(false);
	expect(isSettled({...work, lanes: 1}, control)).toBe(false);
	expect(isSettled({...work, pending: [1], failed: true}, control)).toBe(true);
});
