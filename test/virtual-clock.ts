import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import {type Clock} from '../source/mailbox/clock.js';

/** Turns of the event loop in which nothing new may begin before time goes on. */
const quietTurns = 3;

type Sleeper = {readonly until: number; readonly isAnswering: boolean; readonly wake: () => void};

const began = 'undici:request:create';
const ended = ['undici:request:trailers', 'undici:request:error'] as const;

/**
One clock for the program and for stand-ins by HTTP in the same process. It stands while anybody has something to do, and then jumps
to what is waited for next: sockets and processors take none of its time, however slow the machine is, so figures by
it say what the program decides to send, and when. A request by undici counts as work from its making to the end of its
answer, but for the time in which the stand-in lets it wait on {@link serving}.
*/
export class VirtualClock implements Clock {
	/** For stand-ins: what waits on it waits with a request in its hands. */
	readonly serving: Clock = {
		now: () => this.now(),
		sleep: async (milliseconds, signal) => this.#sleep(milliseconds, signal, true),
	};

	#now = Date.UTC(2026, 10, 23, 12);
	/** Requests that were made and have no answer yet. */
	#open = 0;
	/** Sleepers that have one of them in their hands. */
	#answering = 0;
	readonly #sleepers = new Set<Sleeper>();
	/** Counts everything that happens. */
	#events = 0;
	#isTurning = false;
	readonly #forget: () => void;

	constructor() {
		const begin = (): void => {
			this.#open++;
			this.#stir();
		};

		const end = (): void => {
			this.#open--;
			this.#stir();
		};

		subscribe(began, begin);
		for (const channel of ended) {
			subscribe(channel, end);
		}

		this.#forget = () => {
			unsubscribe(began, begin);
			for (const channel of ended) {
				unsubscribe(channel, end);
			}
		};
	}

	now(): number {
		return this.#now;
	}

	async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		return this.#sleep(milliseconds, signal, false);
	}

	/** To be called when nobody uses it any more. */
	[Symbol.dispose](): void {
		this.#forget();
	}

	async #sleep(milliseconds: number, signal: AbortSignal | undefined, isAnswering: boolean): Promise<void> {
		signal?.throwIfAborted();
		await new Promise<void>((resolve, reject) => {
			const leave = (): void => {
				this.#sleepers.delete(sleeper);
				this.#answering -= isAnswering ? 1 : 0;
				signal?.removeEventListener('abort', stop);
				this.#stir();
			};

			const stop = (): void => {
				leave();
				reject(signal!.reason as Error);
			};

			const sleeper: Sleeper = {
				until: this.#now + Math.max(0, milliseconds),
				isAnswering,
				wake() {
					leave();
					resolve();
				},
			};
			this.#sleepers.add(sleeper);
			this.#answering += isAnswering ? 1 : 0;
			signal?.addEventListener('abort', stop, {once: true});
			this.#stir();
		});
	}

	#stir(): void {
		this.#events++;
		if (!this.#isTurning && this.#isQuiet()) {
			this.#isTurning = true;
			this.#turn(this.#events, quietTurns);
		}
	}

	/** Everybody waits, as far as is known. */
	#isQuiet(): boolean {
		return this.#sleepers.size > 0 && this.#open <= this.#answering;
	}

	#turn(since: number, left: number): void {
		setImmediate(() => {
			if (!this.#isQuiet()) {
				this.#isTurning = false;
			} else if (this.#events !== since) {
				this.#turn(this.#events, quietTurns);
			} else if (left > 0) {
				this.#turn(since, left - 1);
			} else {
				this.#isTurning = false;
				this.#wakeNext();
			}
		});
	}

	#wakeNext(): void {
		let next: Sleeper | undefined;
		for (const sleeper of this.#sleepers) {
			next = next && next.until <= sleeper.until ? next : sleeper;
		}

		this.#now = Math.max(this.#now, next!.until);
		next!.wake();
	}
}
