import {type Clock} from '../mailbox/clock.js';
import {
	type Cost, GraphBudget, type GraphLimits, outlookLimits,
} from './graph-budget.js';
import {orAborted} from './or-aborted.js';

/** Answers without a throttle after which the last one is forgotten. */
const calmAnswers = 20;
const longestFloor = 5 * 60_000;

const both = async (one: Promise<void>, other: Promise<void>): Promise<void> => {
	await one;
	await other;
};

/** What is about to be sent. */
export type Passage = Cost & {
	/** How many requests the service will have under way for it. */
	readonly atOnce: number;
};

/**
Where every request to one mailbox passes, in the order they came: at most so many under way, within the budgets, none while the
mailbox is parked. What is used up is counted at the moment of sending.
*/
export class GraphGate {
	readonly #clock: Clock;
	readonly #limits: GraphLimits;
	readonly #budget: GraphBudget;
	/** Resolves when whoever came before has passed. */
	#turn: Promise<void> = Promise.resolve();
	#underWay = 0;
	#freed: (() => void) | undefined;
	#parkedUntil = 0;
	/** When the last throttle was heard: answers to what was sent before tell of the same one. */
	#throttledAt = -Infinity;
	#repeats = 0;
	#calm = 0;
	/** Since a throttle, until an answer shows that it is over: one goes ahead alone, so that few are refused where it is not. */
	#isWary = false;

	constructor(clock: Clock, limits: GraphLimits = outlookLimits) {
		this.#clock = clock;
		this.#limits = limits;
		this.#budget = new GraphBudget(limits, clock.now());
	}

	/**
	Waits until it may be sent.

	@returns when it was let through, and what to call once its answer is there
	*/
	async enter({atOnce, ...cost}: Passage, signal: AbortSignal): Promise<{readonly at: number; readonly leave: () => void}> {
		const places = Math.min(atOnce, this.#limits.atOnce);
		const before = this.#turn;
		let pass: (() => void) | undefined;
		const passed = new Promise<void>(resolve => {
			pass = resolve;
		});
		// Whoever gives up in the queue does not let others overtake.
		this.#turn = both(before, passed);
		try {
			await orAborted(before, signal);
			while (this.#isFull(places)) {
				// eslint-disable-next-line no-await-in-loop -- one answer after another
				await orAborted(new Promise<void>(resolve => {
					this.#freed = resolve;
				}), signal);
			}

			for (;;) {
				const now = this.#clock.now();
				const wait = Math.max(this.#parkedUntil - now, this.#budget.wait(cost, now));
				if (wait <= 0) {
					this.#budget.take(cost, now);
					break;
				}

				// eslint-disable-next-line no-await-in-loop -- the park may have grown meanwhile
				await this.#clock.sleep(wait, signal);
			}

			this.#underWay += places;
		} finally {
			pass!();
		}

		let isOver = false;
		return {
			at: this.#clock.now(),
			leave: () => {
				if (!isOver) {
					isOver = true;
					this.#underWay -= places;
					this.#freed?.();
				}
			},
		};
	}

	/** Nothing passes before this many ms have passed. */
	park(milliseconds: number): void {
		this.#parkedUntil = Math.max(this.#parkedUntil, this.#clock.now() + milliseconds);
	}

	/**
	The service asked for a pause: the mailbox is parked for as long as it asked, and for a floor that doubles while throttles repeat (waits
	of 0, 1 and none occur, LESSONS 34).

	@param wait milliseconds, undefined where it named none
	@param sentAt when what it answered was let through
	@returns milliseconds parked
	*/
	throttled(wait: number | undefined, sentAt: number): number {
		this.#calm = 0;
		this.#isWary = true;
		let parked = wait ?? 0;
		if (sentAt > this.#throttledAt) {
			const floor = (wait === undefined ? 10_000 : 1000) * (2 ** Math.min(this.#repeats++, 20));
			parked = Math.max(parked, Math.min(longestFloor, floor));
		}

		this.#throttledAt = this.#clock.now();
		this.park(parked);
		return Math.max(0, this.#parkedUntil - this.#throttledAt);
	}

	/**
	An answer came that was no throttle.

	@param sentAt when what it answered was let through: what was sent before a throttle does not say that it is over
	*/
	calm(sentAt: number): void {
		if (sentAt <= this.#throttledAt) {
			return;
		}

		this.#isWary = false;
		this.#freed?.();
		this.#calm++;
		if (this.#calm >= calmAnswers) {
			this.#repeats = 0;
		}
	}

	#isFull(places: number): boolean {
		return this.#underWay > 0 && (this.#isWary || this.#underWay + places > this.#limits.atOnce);
	}
}
