import {type Clock} from '../mailbox/clock.js';

/** What a server does after it has let go of the connection: commits that come late. */
export class LateJobs {
	readonly #jobs = new Set<Promise<void>>();
	readonly #clock: Clock;
	readonly #closing: AbortSignal;
	readonly #report: (error: unknown) => void;

	/** @param closing what is not begun by then is not done; errors are reported only before */
	constructor(clock: Clock, closing: AbortSignal, report: (error: unknown) => void) {
		this.#clock = clock;
		this.#closing = closing;
		this.#report = report;
	}

	/** Does a job so many milliseconds later. */
	add(milliseconds: number, job: () => Promise<unknown>): void {
		const work = async (): Promise<void> => {
			try {
				await this.#clock.sleep(milliseconds, this.#closing);
				await job();
			} catch (error) {
				if (!this.#closing.aborted) {
					this.#report(error);
				}
			}
		};

		const promise = work();
		this.#jobs.add(promise);
		void promise.finally(() => this.#jobs.delete(promise)); // eslint-disable-line promise/prefer-await-to-then -- bookkeeping only
	}

	/** Resolves when all are done, those too that they have started. */
	async settled(): Promise<void> {
		while (this.#jobs.size > 0) {
			// eslint-disable-next-line no-await-in-loop -- a late job may start another
			await Promise.all(this.#jobs);
		}
	}
}
