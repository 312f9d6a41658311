import {type Clock} from '../mailbox/clock.js';

/** Lets loops sleep until something changed; they look for themselves what it was. */
export class Condition {
	readonly #waiting = new Set<() => void>();

	/** Resolves at the next `notify`. */
	async wait(): Promise<void> {
		return new Promise(resolve => {
			this.#waiting.add(resolve);
		});
	}

	notify(): void {
		const woken = [...this.#waiting];
		this.#waiting.clear();
		for (const wake of woken) {
			wake();
		}
	}
}

/** The bytes of messages held in memory at once, over all lanes. */
export class ByteBudget {
	#used = 0;
	readonly #limit: number;
	readonly #freed = new Condition();

	/** @param signal ends every wait for room */
	constructor(limit: number, signal: AbortSignal) {
		this.#limit = limit;
		signal.addEventListener('abort', () => {
			this.#freed.notify();
		}, {once: true});
	}

	/** Waits until there is room; one message larger than the whole budget gets it alone. @throws signal.reason */
	async take(bytes: number, signal: AbortSignal): Promise<void> {
		while (this.#used > 0 && this.#used + bytes > this.#limit) {
			signal.throwIfAborted();
			// eslint-disable-next-line no-await-in-loop -- Waiting is the purpose.
			await this.#freed.wait();
		}

		this.#used += bytes;
	}

	/** Books a difference between what was taken and what it turned out to be. */
	correct(bytes: number): void {
		this.#used += bytes;
	}

	give(bytes: number): void {
		this.#used -= bytes;
		this.#freed.notify();
	}
}

/** Notifies a condition at a time to come; however often it is asked, few timers run. */
export class Alarm {
	#next = Number.POSITIVE_INFINITY;
	readonly #clock: Clock;
	readonly #signal: AbortSignal;
	readonly #condition: Condition;

	constructor(clock: Clock, condition: Condition, signal: AbortSignal) {
		this.#clock = clock;
		this.#condition = condition;
		this.#signal = signal;
	}

	/** @param time milliseconds since 1970 UTC */
	at(time: number): void {
		if (time < this.#next) {
			this.#next = time;
			void this.#ring(time);
		}
	}

	async #ring(time: number): Promise<void> {
		try {
			await this.#clock.sleep(time - this.#clock.now(), this.#signal);
		} catch {
			// The run ends: nobody waits for this any more.
		}

		if (this.#next === time) {
			this.#next = Number.POSITIVE_INFINITY;
		}

		this.#condition.notify();
	}
}
