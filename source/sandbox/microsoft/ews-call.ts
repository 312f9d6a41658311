import {type Clock} from '../../mailbox/clock.js';
import {type Random} from '../random.js';
import {type Refused} from './ews-envelope.js';
import {type EwsRequest} from './ews-request.js';
import {CallRefused} from './ews-refusals.js';
import {type Mailbox} from './mailbox.js';
import {type Limits, type Refusal} from './options.js';

/** Faults that hurt parts of an answer, not the call. */
export type Trouble = {
	/** Written into texts. */
	readonly spoil?: string;
	/** The call ends after so many items: with that fault, or with the connection. */
	readonly givesUp?: {readonly after: number; readonly code?: string};
	/** No further named property can be made. */
	readonly namesUsedUp: boolean;
	/** What befalls an item of a batch; `stored`: it is done all the same; `stops`: those behind it are not tried. */
	of(index: number): {readonly refused: Refused; readonly stored: boolean; readonly stops: boolean} | undefined;
};

export type CallHost = {
	readonly clock: Clock;
	readonly random: Random;
	/** As they are now. */
	readonly limits: Readonly<Limits>;
	readonly refusals: readonly Refusal[];
};

type CallParts = {
	readonly request: EwsRequest;
	readonly mailbox: Mailbox;
	/** Addresses of the mailbox, in lower case. */
	readonly addresses: readonly string[];
	readonly host: CallHost;
	readonly trouble: Trouble;
};

/** One call of an operation for one mailbox. */
export class Call {
	readonly request: EwsRequest;
	readonly mailbox: Mailbox;
	readonly addresses: readonly string[];
	readonly host: CallHost;
	readonly trouble: Trouble;
	/** Milliseconds that its items have taken; what the stand-in itself needs does not count, or a fast clock would make it fail. */
	#spent = 0;

	constructor({request, mailbox, addresses, host, trouble}: CallParts) {
		this.request = request;
		this.mailbox = mailbox;
		this.addresses = addresses;
		this.host = host;
		this.trouble = trouble;
	}

	/** Lets the time pass that one item takes. @throws CallRefused ErrorTimeoutExpired where the call has worked too long: what it did stays */
	async spend(): Promise<void> {
		const {clock, limits: {itemMilliseconds = 0, callMilliseconds = 60_000}} = this.host;
		if (itemMilliseconds > 0) {
			await clock.sleep(itemMilliseconds);
			this.#spent += itemMilliseconds;
		}

		if (this.#spent > callMilliseconds) {
			throw new CallRefused('ErrorTimeoutExpired');
		}
	}
}

/** The server does no more on this call, and says nothing. */
export class GivenUp extends Error {}

/** Carries a call out: its response messages, as elements. */
export type Operation = (call: Call) => readonly string[] | Promise<readonly string[]>;
