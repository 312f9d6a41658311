import {FailureError} from '../mailbox/failure.js';
import {tooMuchHeld} from './imap-fetch.js';

/** A message that ends the connection so often, asked for alone, is left behind. */
const mostKills = 5;
const mostRefusals = 3;
/** So many messages left behind one after another are not the messages' fault. */
const mostLeftInRow = 10;

/** What to do after a FETCH that failed. */
export type Verdict =
	/** Ask for these messages one at a time. */
	| 'singly'
	/** Report the first message and go on behind it. */
	| 'leave behind'
	/** Wait as fits the failure, and ask again. */
	| {readonly wait: unknown; /** One message next. */ readonly alone: boolean}
	/** Nothing can be read here. */
	| 'give up';

/** Tells messages that cannot be read from connections that cannot be held. */
export class Setbacks {
	#kills = 0;
	#refusals = 0;
	#leftInRow = 0;

	/** A message came. */
	progressed(): void {
		this.#kills = 0;
		this.#refusals = 0;
		this.#leftInRow = 0;
	}

	/**
	@param error what the FETCH failed with
	@param messages how many it asked for
	@param closed whether the connection went with it
	*/
	judge(error: unknown, {messages, closed}: {readonly messages: number; readonly closed: boolean}): Verdict {
		const refused = error instanceof FailureError && error.failure.code === 'message-unreadable';
		if (error === tooMuchHeld || (refused && messages > 1)) {
			return 'singly';
		}

		if (!(error instanceof FailureError) || error.failure.code === 'throttled') {
			return {wait: error, alone: false};
		}

		const {code, detail} = error.failure;
		const isLoss = code === 'connection-lost' || code === 'server-nonsense';
		if (isLoss) {
			this.#kills++;
		} else {
			this.#refusals++;
		}

		// A literal that is too large ends the connection on our side: it will be no smaller next time.
		if (messages === 1 && (this.#kills >= mostKills || this.#refusals >= mostRefusals || (refused && closed))) {
			this.#kills = 0;
			this.#refusals = 0;
			return ++this.#leftInRow > mostLeftInRow ? 'give up' : 'leave behind';
		}

		return {wait: new FailureError(isLoss ? 'connection-lost' : 'server-unavailable', {...(detail && {detail})}), alone: this.#kills > 1};
	}
}
