import {type Clock} from '../mailbox/clock.js';
import {type Delivery, type DeliveryResult} from '../mailbox/destination.js';
import {envelopeOf} from '../mailbox/envelope.js';
import {FailureError, failureOf, type Failure} from '../mailbox/failure.js';
import {readHeader} from '../mailbox/header-fields.js';
import {isOutOfNames} from '../protocols/ews-failures.js';
import {CallFailure, type EwsSession, type ResponseMessage} from '../protocols/ews-soap.js';
import {descendant} from '../protocols/ews-xml.js';
import {createItems, isStorableDate, type NewItem} from './ews-bodies.js';
import {findByStamp} from './ews-list.js';
import {type DeliveryMemory} from './ews-memory.js';
import {statesOf} from './ews-states.js';
import {withGrace} from './grace.js';

/** A message that would not fit into a request as text, in bytes. */
const largest = 384 * 1024 * 1024;

/** Stop asks what is under way to be finished; a batch that takes longer than Exchange gives it is let go, in milliseconds. */
const grace = 60_000;

/** A message alone whose call fails as a whole, so often, is what is wrong with it. */
const mostFaults = 3;

/** A header field that asks to be told when the message is read (RFC 8098 2.1, and what came before it). */
const receiptFields = ['disposition-notification-to', 'return-receipt-to', 'x-confirm-reading-to'];

const stopped = (): Failure => new FailureError('connection-lost', {detail: 'stopped before it was sent', outcome: 'not stored'}).failure;

const sizeOf = (group: readonly Delivery[]): number => {
	let bytes = 0;
	for (const delivery of group) {
		bytes += delivery.bytes.length;
	}

	return bytes;
};

type Result = {readonly stored: true; readonly id?: string} | {readonly stored: false; readonly failure: Failure};

/**
Delivers batches into one folder by CreateItem. Never repeats what may have been stored; what was certainly not stored
because of its neighbours is sent again by itself.
*/
export class EwsDelivery {
	readonly #session: EwsSession;
	readonly #memory: DeliveryMemory;
	readonly #clock: Clock;
	readonly #folder: string;
	readonly #report: (delivery: Delivery, result: DeliveryResult) => void;
	readonly #signal: AbortSignal;

	constructor({session, memory, clock, folder, report, signal}: {
		readonly session: EwsSession;
		readonly memory: DeliveryMemory;
		readonly clock: Clock;
		/** Its id. */
		readonly folder: string;
		/** Called once for each delivery. */
		readonly report: (delivery: Delivery, result: DeliveryResult) => void;
		readonly signal: AbortSignal;
	}) {
		this.#session = session;
		this.#memory = memory;
		this.#clock = clock;
		this.#folder = folder;
		this.#report = report;
		this.#signal = signal;
	}

	/** Delivers in order. @returns a failure that reaches beyond a message: what came after it was not sent */
	async deliver(batch: readonly Delivery[]): Promise<Failure | undefined> {
		return this.#each(this.#memory.split(batch));
	}

	async #each(groups: readonly Delivery[][]): Promise<Failure | undefined> {
		let stop: Failure | undefined;
		for (const group of groups) {
			stop ??= this.#signal.aborted ? stopped() : undefined;
			if (stop) {
				this.#fail(group, {...stop, outcome: 'not stored'});
			} else {
				// eslint-disable-next-line no-await-in-loop -- one call after another
				stop = await this.#group(group);
			}
		}

		return stop;
	}

	async #alone(deliveries: readonly Delivery[]): Promise<Failure | undefined> {
		return this.#each(deliveries.map(delivery => [delivery]));
	}

	/** One call. @returns a failure that reaches beyond a message */
	async #group(group: readonly Delivery[]): Promise<Failure | undefined> {
		if (group[0]!.bytes.length > largest) {
			return this.#fail(group, new FailureError('message-too-large').failure);
		}

		const stamped = !this.#memory.stampless;
		const late = withGrace(this.#signal, this.#clock, grace);
		let answers: readonly ResponseMessage[];
		try {
			answers = await this.#session.call({body: createItems(this.#folder, group.map(delivery => this.#item(delivery, stamped))), signal: late.signal, writes: true});
		} catch (error) {
			return await this.#failed(group, error === late.signal.reason ? stopped() : failureOf(error), {call: error instanceof CallFailure ? error : undefined, stamped});
		} finally {
			late.done();
		}

		if (answers.length !== group.length) {
			// The server is done, and has not said with what.
			const rest = await this.#missing(group, stamped);
			return this.#lost(rest ?? group, new FailureError('server-nonsense', {detail: `${answers.length} answers for ${group.length} messages`}).failure);
		}

		return this.#answered(group, answers, stamped);
	}

	#item({bytes, flags, stamp, fingerprint: {receivedAt}}: Delivery, stamped: boolean): NewItem {
		const {states} = statesOf(flags);
		return {
			bytes, states, receivedAt,
			...(envelopeOf(bytes).sentAt === undefined && {sentAt: receivedAt}),
			clearReceipt: states.read && readHeader(bytes, receiptFields).fields.size > 0,
			...(stamped && {stamp}),
		};
	}

	/** Settles each message by its own answer. */
	async #answered(group: readonly Delivery[], answers: readonly ResponseMessage[], stamped: boolean): Promise<Failure | undefined> {
		const outOfNames = stamped && answers.some(({code, text}) => isOutOfNames(code, text));
		const again: Delivery[] = [];
		let beyond: Failure | undefined;
		for (const [position, delivery] of group.entries()) {
			const answer = answers[position]!;
			const result = resultOf(answer);
			if (result.stored) {
				this.#stored(delivery, stamped, result.id);
			} else if (outOfNames && (isOutOfNames(answer.code, answer.text) || answer.code === 'ErrorBatchProcessingStopped')) {
				again.push(delivery);
			} else {
				const failure = result.failure.outcome === 'unknown' ? this.#lost([delivery], result.failure) : this.#fail([delivery], result.failure);
				beyond ??= failure;
			}
		}

		if (again.length === 0) {
			return beyond;
		}

		this.#memory.stampless = true;
		if (beyond) {
			return this.#fail(again, {...beyond, outcome: 'not stored'});
		}

		return this.#alone(again);
	}

	/** Settles a call that was not answered message by message. */
	async #failed(group: readonly Delivery[], failure: Failure, {call, stamped}: {readonly call: CallFailure | undefined; readonly stamped: boolean}): Promise<Failure | undefined> {
		if (stamped && isOutOfNames(call?.responseCode ?? '', failure.detail ?? '')) {
			this.#memory.stampless = true;
			return this.#alone(group);
		}

		if (failure.outcome === 'not stored' && failure.reach !== 'message') {
			return this.#fail(group, failure);
		}

		if (call?.soapFault) {
			return this.#faulted(group, failure, {code: call.responseCode, stamped});
		}

		if (failure.outcome === 'unknown') {
			return this.#lost(group, failure);
		}

		if (group.length === 1) {
			return this.#fail(group, failure);
		}

		// Too large as a whole, or not understood: by themselves they may be taken (microsoft-365.md 2.8).
		this.#memory.tooLarge(sizeOf(group));
		return this.#alone(group);
	}

	/** The server refused the whole call, and is done with it: one bad message can be the reason (microsoft-365.md 2.8). */
	async #faulted(group: readonly Delivery[], failure: Failure, {code, stamped}: {readonly code: string | undefined; readonly stamped: boolean}): Promise<Failure | undefined> {
		const isCertain = failure.outcome === 'not stored' && group.length === 1;
		const rest = isCertain ? group : await this.#missing(group, stamped);
		if (!rest || code === 'ErrorTimeoutExpired') {
			// It cannot look, or the server may still be at work.
			return this.#lost(rest ?? group, failure);
		}

		if (group.length > 1) {
			return this.#alone(rest);
		}

		const [delivery] = rest;
		// Other codes say what is amiss with the mailbox.
		const mayBeTheMessage = code === undefined || code.startsWith('ErrorInternalServer');
		if (!delivery || failure.reach === 'message' || !mayBeTheMessage || this.#memory.faulted(delivery) < mostFaults) {
			return this.#fail(rest, {...failure, outcome: 'not stored'});
		}

		return this.#fail(rest, {
			...failure, code: 'message-refused', reach: 'message', retry: 'later', outcome: 'not stored',
		});
	}

	/** Looks for messages of a call that is over, and reports those that are there. @returns the others; undefined where it cannot look */
	async #missing(group: readonly Delivery[], stamped: boolean): Promise<readonly Delivery[] | undefined> {
		if (!stamped) {
			return undefined;
		}

		try {
			const there = await findByStamp(this.#session, this.#folder, group.map(({stamp}) => stamp), this.#signal);
			return group.filter(delivery => {
				const copy = there.find(({stamp, receivedAt}) => stamp === delivery.stamp && isStorableDate(receivedAt, delivery.fingerprint.receivedAt));
				if (copy) {
					this.#stored(delivery, true, copy.id);
				}

				return !copy;
			});
		} catch {
			// What the call said counts, not why looking failed.
			return undefined;
		}
	}

	#stored(delivery: Delivery, stamped: boolean, id: string | undefined): void {
		this.#memory.stored(delivery, stamped);
		const {lost} = statesOf(delivery.flags);
		const {receivedAt} = delivery.fingerprint;
		if (!isStorableDate(receivedAt, receivedAt)) {
			lost.push(`received-date:${new Date(receivedAt).toISOString()}`);
		}

		if (!stamped) {
			lost.push('stamp');
		}

		this.#report(delivery, {stored: true, ...(id !== undefined && {id}), ...(lost.length > 0 && {lost})});
	}

	/** Reports an unknown outcome; it concerns the message alone where it was alone the last time, too. */
	#lost(group: readonly Delivery[], failure: Failure): Failure | undefined {
		const again = this.#memory.lost(group);
		return this.#fail(group, {...failure, outcome: 'unknown', ...(again && {reach: 'message'})});
	}

	#fail(group: readonly Delivery[], failure: Failure): Failure | undefined {
		for (const delivery of group) {
			this.#report(delivery, {stored: false, failure});
		}

		return failure.reach === 'message' || group.length === 0 ? undefined : failure;
	}
}

/** Whatever the item has become: an invitation is no `t:Message`. */
const resultOf = ({node, failure}: ResponseMessage): Result => {
	const id = failure ? undefined : descendant(node, 'ItemId')?.attribute('Id');
	return failure ? {stored: false, failure} : {stored: true, ...(id && {id})};
};
