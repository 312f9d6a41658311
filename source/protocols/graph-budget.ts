/** So much in any stretch of time so long. */
export type Limit = {
	readonly amount: number;
	/** Milliseconds. */
	readonly window: number;
};

export type GraphLimits = {
	readonly requests: Limit;
	/** Of request bodies as they are sent. */
	readonly bytes: Limit;
	/** Requests under way at once. */
	readonly atOnce: number;
};

/** The Outlook service's limits for one application and mailbox, in every cloud (microsoft-365.md 3.9). A megabyte is taken for 1,000,000 bytes: the smaller reading. */
export const outlookLimits: GraphLimits = {
	requests: {amount: 10_000, window: 600_000},
	bytes: {amount: 150_000_000, window: 300_000},
	atOnce: 4,
};

/**
What flows in and what a full bucket holds, as parts of the limit. However a window is laid, no more goes out in it than a full bucket
and the inflow of the window: together less than the limit, and what is left covers 3 s or 6 s by which the service may see requests closer
together than we sent them. A full bucket holds the largest body that Graph takes (4 MiB).
*/
const inflow = 0.96;
const capacity = 0.03;

/**
A token bucket that starts empty: what an earlier run, or this one before a restart, has used is not known, and with an empty
bucket it need not be: both together keep the limit. Time is passed in, in milliseconds.
*/
export class TokenBucket {
	readonly #rate: number;
	readonly #capacity: number;
	#level = 0;
	#since: number;

	constructor({amount, window}: Limit, now: number) {
		this.#rate = amount * inflow / window;
		this.#capacity = amount * capacity;
		this.#since = now;
	}

	/** Milliseconds from now until so much may be taken, if nothing else is taken before. */
	wait(amount: number, now: number): number {
		return amount <= 0 ? 0 : Math.max(0, Math.ceil((amount - this.#raw(now)) / this.#rate));
	}

	/** To be called when `wait` says 0. */
	take(amount: number, now: number): void {
		if (amount > 0) {
			// More than a bucket holds waits for an overfull one, and leaves it as much in debt: so the windows before and after it keep the limit, too.
			this.#level = Math.min(this.#capacity, this.#raw(now)) - amount;
			this.#since = Math.max(this.#since, now);
		}
	}

	#raw(now: number): number {
		return this.#level + (Math.max(0, now - this.#since) * this.#rate);
	}
}

/** What one sending uses up. */
export type Cost = {readonly requests: number; readonly bytes: number};

/** Both budgets of a mailbox. Pure: who takes waits first, and one after another. */
export class GraphBudget {
	readonly #requests: TokenBucket;
	readonly #bytes: TokenBucket;

	constructor({requests, bytes}: Pick<GraphLimits, 'requests' | 'bytes'>, now: number) {
		this.#requests = new TokenBucket(requests, now);
		this.#bytes = new TokenBucket(bytes, now);
	}

	/** Milliseconds from now until both allow it. */
	wait({requests, bytes}: Cost, now: number): number {
		return Math.max(this.#requests.wait(requests, now), this.#bytes.wait(bytes, now));
	}

	/** To be called when `wait` says 0, at the moment of sending. */
	take({requests, bytes}: Cost, now: number): void {
		this.#requests.take(requests, now);
		this.#bytes.take(bytes, now);
	}
}
