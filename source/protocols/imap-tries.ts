import {type Clock} from '../mailbox/clock.js';
import {backoffWait, type ImapTiming} from './imap-timing.js';
import {type SignInTrouble} from './imap-sign-in.js';

/** What this process and the journal know of the account. */
export type Standing = {
	/** The host answered this process. */
	readonly reached: boolean;
	/** This process has signed in. */
	readonly signedIn: boolean;
	/** This process or an earlier one has signed in. */
	readonly signedInBefore: boolean;
};

/** The tries of one sign-in (design, section 7, rule 16). */
export class SignInTries {
	readonly #timing: ImapTiming;
	readonly #clock: Pick<Clock, 'now'>;
	readonly #random: () => number;
	readonly #since: number;
	readonly #tries = {refused: 0, busy: 0, away: 0};
	#attempts = 0;

	constructor({timing, clock, random}: {readonly timing: ImapTiming; readonly clock: Pick<Clock, 'now'>; readonly random: () => number}) {
		this.#timing = timing;
		this.#clock = clock;
		this.#random = random;
		this.#since = clock.now();
	}

	/** Milliseconds until the next try, or undefined: give up. */
	next(kind: SignInTrouble['kind'], {reached, signedIn, signedInBefore}: Standing): number | undefined {
		switch (kind) {
			case 'final': {
				return undefined;
			}

			case 'refused': {
				return signedIn ? this.#timing.refusalWaits[this.#tries.refused++] : undefined;
			}

			case 'busy': {
				return signedInBefore ? this.#backoff() : this.#timing.signInWaits[this.#tries.busy++];
			}

			case 'away': {
				return reached ? this.#backoff() : this.#timing.firstWaits[this.#tries.away++];
			}

			case 'throttled': {
				// The whole mailbox is parked already.
				return this.#backoff() === undefined ? undefined : 0;
			}
		}
	}

	#backoff(): number | undefined {
		return this.#clock.now() - this.#since > this.#timing.patience ? undefined : backoffWait(this.#attempts++, this.#timing.backoff, this.#random);
	}
}
