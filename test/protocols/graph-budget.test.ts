import {setMaxListeners} from 'node:events';
import {describe, expect, test} from 'vitest';
import {GraphBudget, outlookLimits, TokenBucket} from '../../source/protocols/graph-budget.js';
import {GraphGate} from '../../source/protocols/graph-gate.js';
import {never} from './surroundings.js';

// As many wait for it as there are lanes.
setMaxListeners(0, never);

type Sent = {readonly at: number; readonly requests: number; readonly bytes: number};

/** The most of something that lies in any window of that length, wherever it begins (both ends included: the harshest reading). */
const mostIn = (sent: readonly Sent[], window: number, what: 'requests' | 'bytes'): number => {
	let most = 0;
	let sum = 0;
	let first = 0;
	for (const one of sent) {
		sum += one[what];
		while (sent[first]!.at < one.at - window) {
			sum -= sent[first++]![what];
		}

		most = Math.max(most, sum);
	}

	return most;
};

/** A small linear congruential generator: the same load in every run of the test. */
const randomFrom = (seed: number) => () => {
	seed = ((seed * 1_664_525) + 1_013_904_223) % 4_294_967_296;
	return seed / 4_294_967_296;
};

/** Sends what `next` asks for as soon as the budget allows, after the idle time it names. */
const drive = (until: number, next: (now: number) => {readonly idle: number; readonly bytes: number; readonly requests?: number; readonly restart?: boolean}): Sent[] => {
	const sent: Sent[] = [];
	let now = 1_000_000;
	const start = now;
	let budget = new GraphBudget(outlookLimits, now);
	while (now - start < until) {
		const {idle, bytes, requests = 1, restart} = next(now - start);
		now += idle;
		if (restart) {
			budget = new GraphBudget(outlookLimits, now);
		}

		for (let wait = budget.wait({requests, bytes}, now); wait > 0; wait = budget.wait({requests, bytes}, now)) {
			now += wait;
		}

		budget.take({requests, bytes}, now);
		sent.push({at: now, requests, bytes});
	}

	return sent;
};

const isKept = (sent: readonly Sent[]): void => {
	expect(mostIn(sent, 600_000, 'requests')).toBeLessThanOrEqual(10_000);
	expect(mostIn(sent, 300_000, 'bytes')).toBeLessThanOrEqual(150_000_000);
};

describe('the documented budgets', () => {
	const hour = 3_600_000;

	test('small messages use 95 % of the requests and never more than all, from the first minute on', () => {
		const sent = drive(2 * hour, () => ({idle: 0, bytes: 3000}));
		isKept(sent);
		expect(sent.length).toBeGreaterThanOrEqual(0.95 * 12 * 10_000);
	});

	test('large messages use 95 % of the bytes and never more than all', () => {
		const sent = drive(2 * hour, () => ({idle: 0, bytes: 4 * 1024 * 1024}));
		isKept(sent);
		expect(sent.reduce((sum, {bytes}) => sum + bytes, 0)).toBeGreaterThanOrEqual(0.95 * 24 * 150_000_000);
	});

	test.each([1, 2, 3, 4, 5, 6])('a load that rests and bursts, with bodies of all sizes, batches and restarts in between (%i)', seed => {
		const random = randomFrom(seed);
		const sent = drive(3 * hour, () => ({
			idle: random() < 0.001 ? random() * 900_000 : 0,
			bytes: Math.floor((random() ** 6) * 4.2e6),
			requests: random() < 0.05 ? 20 : 1,
			restart: random() < 0.001,
		}));
		isKept(sent);
		expect(sent.length).toBeGreaterThan(1000);
	});

	test('a full bucket in front of a window of full inflow is still within the limit', () => {
		let rested = false;
		const sent = drive(hour, now => {
			const idle = !rested && now > hour / 2 ? hour / 4 : 0;
			rested ||= idle > 0;
			return {idle, bytes: 3000};
		});
		isKept(sent);
	});

	test('bodies beyond what Graph is known to take keep the limit, too', () => {
		const random = randomFrom(9);
		const sent = drive(4 * hour, () => ({idle: random() < 0.1 ? 60_000 : 0, bytes: Math.floor(random() * 40e6)}));
		isKept(sent);
		expect(sent.length).toBeGreaterThan(50);
	});

	test('a clock that jumps back gives nothing away', () => {
		const bucket = new TokenBucket({amount: 1000, window: 1000}, 10_000);
		bucket.take(30, 10_100);
		expect(bucket.wait(30, 10_100)).toBeGreaterThan(0);
		expect(bucket.wait(30, 5000)).toBeGreaterThanOrEqual(bucket.wait(30, 10_100));
	});
});

/** Time that goes on when everybody waits for it. */
class SharedClock {
	#now = 0;
	readonly #sleepers: Array<{readonly until: number; readonly wake: () => void}> = [];

	now(): number {
		return this.#now;
	}

	async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		signal?.throwIfAborted();
		await new Promise<void>((resolve, reject) => {
			const stop = (): void => {
				reject(signal!.reason as Error);
			};

			signal?.addEventListener('abort', stop, {once: true});
			this.#sleepers.push({
				until: this.#now + milliseconds,
				wake() {
					signal?.removeEventListener('abort', stop);
					resolve();
				},
			});
		});
	}

	/** Lets time pass until a condition holds. */
	async until(isDone: () => boolean): Promise<void> {
		while (!isDone()) {
			// eslint-disable-next-line no-await-in-loop -- everything that can happen now, happens first
			await new Promise(resolve => {
				setImmediate(resolve);
			});
			this.#sleepers.sort((a, b) => a.until - b.until);
			const next = isDone() ? undefined : this.#sleepers.shift();
			if (next) {
				this.#now = Math.max(this.#now, next.until);
				next.wake();
			}
		}
	}
}

describe('the gate', () => {
	const one = {requests: 1, bytes: 1000, atOnce: 1};

	test('ten lanes with calls of 150 ms: never more than four under way, 95 % of the requests used, none lost', async () => {
		const clock = new SharedClock();
		const gate = new GraphGate(clock);
		const sent: Sent[] = [];
		let underWay = 0;
		let most = 0;
		let done = 0;
		const lane = async (): Promise<void> => {
			while (clock.now() < 700_000) {
				// eslint-disable-next-line no-await-in-loop -- a lane
				const {at, leave} = await gate.enter(one, never);
				sent.push({at, requests: 1, bytes: 1000});
				most = Math.max(most, ++underWay);
				// eslint-disable-next-line no-await-in-loop -- a lane
				await clock.sleep(sent.length % 50 === 0 ? 3000 : 150);
				underWay--;
				leave();
			}

			done++;
		};

		const lanes = Array.from({length: 10}, lane);
		await clock.until(() => done === 10);
		await Promise.all(lanes);
		expect(most).toBe(4);
		isKept(sent);
		expect(sent.length).toBeGreaterThanOrEqual(0.95 * 10_000 * 700 / 600);
	});

	test('a park that begins while others wait for their turn holds them all back', async () => {
		const clock = new SharedClock();
		const gate = new GraphGate(clock);
		const times: number[] = [];
		const all = Array.from({length: 8}, async () => {
			const {at, leave} = await gate.enter(one, never);
			times.push(at);
			if (times.length === 3) {
				gate.park(60_000);
			}

			leave();
		});
		await clock.until(() => times.length === 8);
		await Promise.all(all);
		expect(times[3]! - times[2]!).toBeGreaterThanOrEqual(60_000);
	});

	test('who gives up in the queue lets those behind pass, in order', async () => {
		const clock = new SharedClock();
		const gate = new GraphGate(clock);
		const {signal, reason, abort} = (() => {
			const controller = new AbortController();
			return {
				signal: controller.signal, reason: new Error('stop'), abort() {
					controller.abort(new Error('stop'));
				},
			};
		})();
		const whole = gate.enter({...one, atOnce: 4}, never);
		await clock.until(() => clock.now() > 0);
		const {leave} = await whole;
		const order: string[] = [];
		const enter = async (name: string, given = never) => {
			const passage = await gate.enter(one, given);
			order.push(name);
			passage.leave();
		};

		const first = enter('first', signal);
		const second = enter('second', signal);
		const third = enter('third');
		const fourth = enter('fourth');
		abort();
		await expect(first).rejects.toThrow(reason.message);
		await expect(second).rejects.toThrow(reason.message);
		expect(order).toEqual([]);
		leave();
		await clock.until(() => order.length === 2);
		await Promise.all([third, fourth]);
		expect(order).toEqual(['third', 'fourth']);
	});

	test('a batch has the gate to itself', async () => {
		const clock = new SharedClock();
		const gate = new GraphGate(clock);
		const single = gate.enter(one, never);
		await clock.until(() => clock.now() > 0);
		const {leave} = await single;
		let isThrough = false;
		const batch = (async () => {
			const passage = await gate.enter({requests: 20, bytes: 1000, atOnce: 4}, never);
			isThrough = true;
			return passage;
		})();
		await clock.until(() => true);
		expect(isThrough).toBe(false);
		leave();
		await clock.until(() => isThrough);
		const passage = await batch;
		passage.leave();
	});

	test('waits of 0, 1 s and none have a floor that doubles while throttles repeat, up to five minutes, and a longer one is kept', async () => {
		const parks = (waits: ReadonlyArray<number | undefined>): number[] => {
			let now = 0;
			const gate = new GraphGate({
				now: () => now,
				sleep: async () => undefined,
			});
			return waits.map(wait => {
				now += 400_000;
				return gate.throttled(wait, now - 1);
			});
		};

		expect(parks([0, 0, 1000, 249, undefined])).toEqual([1000, 2000, 4000, 8000, 160_000]);
		expect(parks([30_000, 0])).toEqual([30_000, 2000]);
		expect(parks(Array.from({length: 12}, () => undefined)).at(-1)).toBe(300_000);
		expect(parks([3_600_000])).toEqual([3_600_000]);
	});

	test('four requests that hear of one throttle count once', () => {
		let now = 1000;
		const gate = new GraphGate({
			now: () => now,
			sleep: async () => undefined,
		});
		expect(gate.throttled(0, 500)).toBe(1000);
		now += 10;
		expect([1, 2, 3].map(() => gate.throttled(0, 600))).toEqual([990, 990, 990]);
		now += 2000;
		expect(gate.throttled(0, now - 1)).toBe(2000);
	});

	test('twenty good answers in a row end the growing', () => {
		let now = 0;
		const gate = new GraphGate({
			now: () => now,
			sleep: async () => undefined,
		});
		const throttled = () => {
			now += 400_000;
			return gate.throttled(0, now - 1);
		};

		throttled();
		gate.calm(now + 1);
		expect(throttled()).toBe(2000);
		for (let count = 0; count < 20; count++) {
			gate.calm(now - 1);
		}

		expect(throttled(), 'answers to what was sent before say nothing').toBe(4000);
		for (let count = 0; count < 20; count++) {
			gate.calm(now + 1);
		}

		expect(throttled()).toBe(1000);
	});

	test('after a throttle one goes ahead alone, and the others follow when its answer is none', async () => {
		const clock = new SharedClock();
		const gate = new GraphGate(clock);
		const first = gate.enter(one, never);
		await clock.until(() => clock.now() > 0);
		const {at, leave} = await first;
		leave();
		gate.throttled(5000, at);
		const passed: number[] = [];
		const passages = Array.from({length: 6}, async () => {
			const passage = await gate.enter(one, never);
			passed.push(passage.at);
			return passage;
		});
		await clock.until(() => passed.length === 1);
		const scout = await passages[0]!;
		expect(scout.at).toBeGreaterThanOrEqual(5000);
		await clock.until(() => true);
		// Refused again: it is the next one's turn to go alone.
		scout.leave();
		gate.throttled(5000, scout.at);
		await clock.until(() => passed.length === 2);
		const next = await passages[1]!;
		expect(next.at - scout.at).toBeGreaterThanOrEqual(5000);
		await clock.until(() => true);
		expect(passed).toHaveLength(2);
		next.leave();
		gate.calm(next.at);
		await clock.until(() => passed.length === 6);
		const all = await Promise.all(passages);
		for (const passage of all) {
			passage.leave();
		}
	});
});
