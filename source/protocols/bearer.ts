import {orAborted} from './or-aborted.js';

/**
@param fresh none from a cache: the last one was refused
@param signal nobody waits for it any more
*/
export type TokenSource = (fresh?: boolean, signal?: AbortSignal) => Promise<string>;

/** The token that all requests of a session share. Several may hear that it was refused; it is renewed once. */
export class Bearer {
	readonly #token: TokenSource;
	/** The newest token, and the one it was asked for in place of. */
	#renewal: {readonly refused: string; readonly token: Promise<string>} | undefined;

	constructor(token: TokenSource) {
		this.#token = token;
	}

	/**
	@param refused the token that was answered with 401
	@throws what the source throws; `signal.reason` when aborted
	*/
	async token(signal: AbortSignal, refused?: string): Promise<string> {
		if (refused === undefined) {
			return orAborted(this.#token(false, signal), signal);
		}

		if (this.#renewal?.refused !== refused) {
			this.#renewal = {refused, token: this.#token(true)};
		}

		const renewal = this.#renewal;
		try {
			return await orAborted(renewal.token, signal);
		} catch (error) {
			if (!signal.aborted && this.#renewal === renewal) {
				this.#renewal = undefined;
			}

			throw error;
		}
	}
}
