/**
How many deliveries at once and how long to wait: a pure calculation into which time is passed.

Start low, one more after calm, half after a throttle. A server's stated wait parks the mailbox, is never
cut short, and has a floor that grows when it repeats, because servers also say 0 and 1
(recorded/LESSONS.md 34 to 36). Times are milliseconds.
*/

export type Limits = {readonly start: number; readonly max: number};

/** Deliveries without a throttle before one more lane is tried. */
const calmDeliveries = 50;
/** The shortest wait after a first throttle, doubled with each one that follows without calm between. */
const firstFloor = 1000;
const longestFloor = 5 * 60_000;

export class Pace {
	/** Deliveries at once now. */
	lanes: number;
	/** Nothing is sent before this time. */
	until = 0;

	#ceiling: number;
	#calm = 0;
	#repeats = 0;
	/** The last throttle, as opposed to trouble with the line, lasts until then. */
	#throttledUntil = 0;
	#nextSlot = 0;
	readonly #limits: Limits;
	readonly #rate: number;

	/** @param rate most messages a second, 0 for no limit of ours */
	constructor(limits: Limits, rate: number) {
		this.#limits = limits;
		this.#ceiling = limits.max;
		this.#rate = rate;
		this.lanes = Math.max(1, Math.min(limits.start, limits.max));
	}

	/** A delivery went through. @returns true when the number of lanes changed */
	delivered(): boolean {
		this.#calm++;
		if (this.#calm < calmDeliveries * this.lanes) {
			return false;
		}

		this.#calm = 0;
		this.#repeats = 0;
		if (this.lanes >= this.#ceiling) {
			return false;
		}

		this.lanes++;
		return true;
	}

	/** The server asked for a pause. @param wait what it asked for, undefined where it named none. @returns false where a lane before told of the same */
	throttled(now: number, wait: number | undefined): boolean {
		// Several lanes hear of the same throttle: only the first halves.
		const isNew = now >= this.#throttledUntil;
		if (isNew) {
			this.lanes = Math.max(1, Math.floor(this.lanes / 2));
			this.#repeats++;
		}

		this.#calm = 0;
		const floor = Math.min(longestFloor, (wait === undefined ? 10 : 1) * firstFloor * (2 ** (this.#repeats - 1)));
		this.#throttledUntil = Math.max(this.#throttledUntil, now + Math.max(wait ?? 0, floor));
		this.until = Math.max(this.until, this.#throttledUntil);
		return isNew;
	}

	/** Connection lost or server away, for the n-th time in a row: nobody named a wait. */
	troubled(now: number, times: number): void {
		this.#calm = 0;
		this.until = Math.max(this.until, now + Math.min(60_000, 500 * (2 ** Math.min(times, 10))));
	}

	/** A person asks for so many lanes, at least one; the road's own limit stays above. */
	ask(lanes: number): void {
		this.#ceiling = Math.max(1, Math.min(Math.floor(lanes) || 1, this.#limits.max));
		this.lanes = this.#ceiling;
	}

	/** Books a place in the rate limit for so many messages. @returns how long to wait before sending */
	book(now: number, messages: number): number {
		if (this.#rate <= 0) {
			return 0;
		}

		const start = Math.max(now, this.#nextSlot);
		this.#nextSlot = start + (messages * 1000 / this.#rate);
		return start - now;
	}
}
