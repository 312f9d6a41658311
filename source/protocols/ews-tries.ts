import {type Clock} from '../mailbox/clock.js';
import {type FailureError} from '../mailbox/failure.js';
import {CallFailure} from './ews-answer.js';

/** Waits between the tries to reach a host that never gave a good answer to this session. */
const firstWaits = [2000, 5000, 15_000];
const longestWait = 5 * 60_000;
/** The first floor under a throttle's wait, where the server named one and where not: hints of 0 occur (LESSONS 34). */
const floors = {named: 1000, unnamed: 10_000};
/** What a call can bring about by itself, over and over. */
const mostStumbles = 6;
/** Without any success; moves of a mailbox take hours. */
const patience = 6 * 3_600_000;

const passing = new Set(['connection-lost', 'server-unavailable', 'throttled', 'server-nonsense', 'host-unreachable']);

/** Whether the call itself may be what the server stumbles over. */
const isStumble = (error: FailureError): boolean => error.failure.code === 'server-nonsense'
	|| (error instanceof CallFailure && (error.responseCode?.startsWith('ErrorInternalServer') ?? error.failure.detail?.includes(': no answer within ') ?? false));

/** The tries of one idempotent call. */
export class ReadTries {
	/** Failures so far. */
	count = 0;
	readonly #clock: Pick<Clock, 'now'>;
	readonly #random: () => number;
	readonly #since: number;
	readonly #isStumble: (error: FailureError) => boolean;
	#throttles = 0;
	#stumbles = 0;

	/** @param isStumble whether the call itself may be what the server stumbles over: that is not tried for hours */
	constructor({clock, random, isStumble: stumbles = isStumble}: {readonly clock: Pick<Clock, 'now'>; readonly random: () => number; readonly isStumble?: (error: FailureError) => boolean}) {
		this.#clock = clock;
		this.#random = random;
		this.#isStumble = stumbles;
		this.#since = clock.now();
	}

	/**
	Milliseconds to wait after a failure, or undefined: give up.

	@param answered whether this session ever had a good answer
	*/
	next(error: FailureError, answered: boolean): number | undefined {
		const {code, retry, wait} = error.failure;
		const nth = this.count++;
		if (!passing.has(code) || (retry !== 'now' && code !== 'host-unreachable') || this.#clock.now() - this.#since > patience) {
			return undefined;
		}

		if (code === 'throttled') {
			const floor = Math.min(longestWait, (wait === undefined ? floors.unnamed : floors.named) * (2 ** Math.min(this.#throttles++, 20)));
			return Math.max(wait ?? 0, floor);
		}

		if (!answered) {
			return nth < firstWaits.length ? firstWaits[nth] : undefined;
		}

		if (this.#isStumble(error) && ++this.#stumbles >= mostStumbles) {
			return undefined;
		}

		const whole = Math.min(longestWait, 1000 * (2 ** Math.min(nth, 20)));
		return Math.max(wait ?? 0, Math.round(whole * (0.5 + (this.#random() / 2))));
	}
}
