import {describe, expect, test} from 'vitest';
import {Pace} from '../../source/migration/pace.js';

const limits = {start: 2, max: 6};
const deliver = (pace: Pace, times: number): number => Array.from({length: times}, () => pace.delivered()).filter(Boolean).length;

describe('lanes', () => {
	test('start low, and never above the limit of the road', () => {
		expect(new Pace(limits, 0).lanes).toBe(2);
		expect(new Pace({start: 9, max: 3}, 0).lanes).toBe(3);
		expect(new Pace({start: 0, max: 3}, 0).lanes).toBe(1);
	});

	test('become one more after calm, the more lanes the longer the calm, and stop at the limit', () => {
		const pace = new Pace(limits, 0);
		expect(deliver(pace, 99)).toBe(0);
		expect(pace.delivered()).toBe(true);
		expect(pace.lanes).toBe(3);
		expect(deliver(pace, 149)).toBe(0);
		expect(pace.delivered()).toBe(true);
		deliver(pace, 10_000);
		expect(pace.lanes).toBe(6);
	});

	test('become half after a throttle, and one at least', () => {
		const pace = new Pace({start: 5, max: 6}, 0);
		let now = 0;
		for (const lanes of [2, 1, 1]) {
			expect(pace.throttled(now, 0)).toBe(true);
			expect(pace.lanes).toBe(lanes);
			now = pace.until;
		}
	});

	test('that hear of the same throttle halve once', () => {
		const pace = new Pace({start: 6, max: 6}, 0);
		expect(pace.throttled(0, 5000)).toBe(true);
		expect(pace.throttled(10, 5000)).toBe(false);
		expect(pace.throttled(20, 9000)).toBe(false);
		expect(pace.lanes).toBe(3);
		expect(pace.until).toBe(9020);
	});

	test('a throttle ends the calm: what was delivered before it does not count', () => {
		const pace = new Pace(limits, 0);
		deliver(pace, 99);
		pace.throttled(0, 0);
		expect(deliver(pace, 49)).toBe(0);
		expect(pace.delivered()).toBe(true);
	});

	test('trouble with the line ends the calm, and takes no lane', () => {
		const pace = new Pace(limits, 0);
		deliver(pace, 99);
		pace.troubled(0, 0);
		expect(deliver(pace, 99)).toBe(0);
		expect(pace.lanes).toBe(2);
	});
});

describe('a throttle', () => {
	test('parks for what the server stated, however much, and nothing makes it shorter', () => {
		const pace = new Pace(limits, 0);
		pace.throttled(1000, 299_609);
		expect(pace.until).toBe(300_609);
		pace.throttled(2000, 0);
		pace.troubled(3000, 1);
		deliver(pace, 500);
		pace.ask(6);
		expect(pace.until).toBe(300_609);
	});

	test.each([
		['of 0 seconds', 0, [1000, 2000, 4000, 8000]],
		['of 1 second', 1000, [1000, 2000, 4000, 8000]],
		['of 3 seconds', 3000, [3000, 3000, 4000, 8000]],
		['without a wait', undefined, [10_000, 20_000, 40_000, 80_000]],
	])('%s has a floor that grows while it repeats', (_, wait, waits) => {
		const pace = new Pace(limits, 0);
		let now = 1_000_000;
		for (const expected of waits) {
			pace.throttled(now, wait);
			expect(pace.until - now).toBe(expected);
			now = pace.until;
		}
	});

	test('has a floor of five minutes at most, however often it repeats', () => {
		const pace = new Pace(limits, 0);
		let now = 0;
		for (let times = 0; times < 2000; times++) {
			pace.throttled(now, 0);
			now = pace.until;
		}

		pace.throttled(now, undefined);
		expect(pace.until - now).toBe(300_000);
	});

	test('after calm has the first floor again', () => {
		const pace = new Pace(limits, 0);
		pace.throttled(0, 0);
		pace.throttled(1000, 0);
		deliver(pace, 50);
		pace.throttled(10_000, 0);
		expect(pace.until).toBe(11_000);
	});

	test('heard while the line is in trouble counts: it halves, is told, and keeps its floor', () => {
		const pace = new Pace({start: 4, max: 6}, 0);
		pace.troubled(0, 6);
		expect(pace.until).toBe(32_000);
		expect(pace.throttled(100, undefined)).toBe(true);
		expect(pace.lanes).toBe(2);
		const short = new Pace({start: 4, max: 6}, 0);
		short.troubled(0, 0);
		short.throttled(100, 0);
		expect(short.until).toBe(1100);
	});
});

test('trouble waits longer each time, a minute at most', () => {
	const pace = new Pace(limits, 0);
	const waits = [0, 1, 2, 6, 7, 50, 5000].map(times => {
		const now = pace.until;
		pace.troubled(now, times);
		return pace.until - now;
	});
	expect(waits).toEqual([500, 1000, 2000, 32_000, 60_000, 60_000, 60_000]);
});

describe('what a person asks for', () => {
	test('is done at once, and stays the limit', () => {
		const pace = new Pace(limits, 0);
		pace.ask(4);
		expect(pace.lanes).toBe(4);
		deliver(pace, 10_000);
		expect(pace.lanes).toBe(4);
		pace.throttled(0, 0);
		deliver(pace, 10_000);
		expect(pace.lanes).toBe(4);
	});

	test.each([[100, 6], [0, 1], [-3, 1], [2.7, 2], [Number.NaN, 1], [Infinity, 6]])('of %d becomes %d: whole lanes, one at least, the limit of the road at most', (asked, lanes) => {
		const pace = new Pace(limits, 0);
		pace.ask(asked);
		expect(pace.lanes).toBe(lanes);
	});
});

describe('a rate limit', () => {
	test('of 0 is none', () => {
		const pace = new Pace(limits, 0);
		expect([pace.book(0, 100), pace.book(0, 100)]).toEqual([0, 0]);
	});

	test.each([[0.5, 2000], [1, 1000], [4, 250], [1000, 1]])('of %d a second gives each message its place, whichever lane asks', (rate, apart) => {
		const pace = new Pace(limits, rate);
		expect(Array.from({length: 5}, () => pace.book(7000, 1))).toEqual([0, 1, 2, 3, 4].map(nth => nth * apart));
	});

	test('counts messages, not batches', () => {
		const pace = new Pace(limits, 2);
		expect([pace.book(0, 10), pace.book(0, 1), pace.book(0, 1)]).toEqual([0, 5000, 5500]);
	});

	test('saves nothing up: after an idle hour the next two are apart as ever', () => {
		const pace = new Pace(limits, 0.5);
		pace.book(0, 1);
		expect([pace.book(3_600_000, 1), pace.book(3_600_000, 1)]).toEqual([0, 2000]);
	});
});
