import {type Clock} from '../mailbox/clock.js';
import {type Delivery, type DeliveryResult} from '../mailbox/destination.js';
import {envelopeOf} from '../mailbox/envelope.js';
import {FailureError, failureOf, type Failure} from '../mailbox/failure.js';
import {asksForReceipt} from '../mailbox/receipt.js';
import {type GraphSession} from '../protocols/graph-http.js';
import {withGrace} from './grace.js';
import {type GraphPaths} from './graph-bodies.js';
import {type MimeImport} from './graph-import.js';
import {type MessageJson} from './graph-item.js';
import {listFolder} from './graph-list.js';
import {type GraphMemory} from './graph-memory.js';
import {type GraphSteps, unfinished} from './graph-steps.js';
import {inOrder, stopped} from './in-order.js';

/** A message that would not fit into a request as text, in bytes. */
const largest = 384 * 1024 * 1024;

/** Stop asks the message under way to be finished, if that does not take longer, in milliseconds. */
const grace = 60_000;

export type GraphTools = {
	readonly session: GraphSession;
	readonly paths: GraphPaths;
	readonly memory: GraphMemory;
	readonly importer: MimeImport;
	readonly steps: GraphSteps;
	/** The id of the hidden folder of ours; made where there is none. */
	readonly workshop: (signal: AbortSignal) => Promise<string>;
	/** It is no longer there. */
	readonly forgetWorkshop: () => void;
};

/**
Delivers into one folder by importMime. A message that can be told from all others by what its header says is built where it
belongs: its stamp comes last. All others are built in a hidden folder, and moved last (design, rules 4 and 5).
*/
export class GraphDelivery {
	readonly #tools: GraphTools;
	readonly #clock: Clock;
	readonly #folder: string;
	readonly #report: (delivery: Delivery, result: DeliveryResult) => void;
	readonly #signal: AbortSignal;
	readonly #isReadAtOnce: boolean;

	constructor(tools: GraphTools, {clock, folder, report, signal, isReadAtOnce = false}: {
		readonly clock: Clock;
		/** Its id. */
		readonly folder: string;
		/** Called once for each delivery. */
		readonly report: (delivery: Delivery, result: DeliveryResult) => void;
		readonly signal: AbortSignal;
		/** What is imported counts as read from then on. */
		readonly isReadAtOnce?: boolean;
	}) {
		this.#tools = tools;
		this.#clock = clock;
		this.#folder = folder;
		this.#report = report;
		this.#signal = signal;
		this.#isReadAtOnce = isReadAtOnce;
	}

	/** Delivers in order. @returns a failure that reaches beyond a message: what came after it was not sent */
	async deliver(batch: readonly Delivery[]): Promise<Failure | undefined> {
		return inOrder(batch, {tell: this.#report, signal: this.#signal, one: async delivery => this.#one(delivery)});
	}

	async #one(delivery: Delivery): Promise<DeliveryResult> {
		if (delivery.bytes.length > largest) {
			return {stored: false, failure: new FailureError('message-too-large').failure};
		}

		// Nothing could take the request back before it is read (design, rule 17).
		if (this.#isReadAtOnce && asksForReceipt(delivery.bytes)) {
			return {stored: false, failure: new FailureError('message-asks-receipt').failure};
		}

		const late = withGrace(this.#signal, this.#clock, grace);
		try {
			return await this.#build(delivery, late.signal);
		} finally {
			late.done();
		}
	}

	async #build(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
		const {session, paths, memory, importer, steps, workshop, forgetWorkshop} = this.#tools;
		// Not before it is known to be so.
		let isDirect = false;
		let place = this.#folder;
		let message: (MessageJson & {readonly id: string}) | undefined;
		try {
			isDirect = await memory.takesDirectly(delivery, this.#folder, async () => listFolder(session, paths, this.#folder, signal));
			place = isDirect ? this.#folder : await workshop(signal);
			message = await importer.run(place, delivery.bytes, signal);
			const {flags, stamp, bytes, fingerprint: {receivedAt}} = delivery;
			const lost = await steps.complete(message.id, {
				flags, stamp, receivedAt, ...(envelopeOf(bytes).sentAt === undefined && {sentAt: receivedAt}),
			}, signal, message);
			if (!isDirect) {
				await steps.move(message.id, this.#folder, signal);
			}

			memory.settled(delivery);
			return {stored: true, id: message.id, ...(lost.length > 0 && {lost})};
		} catch (error) {
			if (message) {
				return {stored: false, failure: this.#lost(delivery, error === signal.reason ? stopped() : unfinished(error))};
			}

			const failure = error === signal.reason ? stopped() : failureOf(error);
			if (isDirect && failure.outcome === 'not stored') {
				await memory.release(delivery, this.#folder);
			}

			if (!isDirect && failure.code === 'folder-gone') {
				forgetWorkshop();
				return {stored: false, failure: new FailureError('server-unavailable', {detail: 'the hidden folder is gone', outcome: 'not stored'}).failure};
			}

			return {stored: false, failure: failure.outcome === 'unknown' ? this.#lost(delivery, failure) : failure};
		}
	}

	/** An unknown outcome concerns the message alone where it was lost before, too. */
	#lost(delivery: Delivery, failure: Failure): Failure {
		return {...failure, outcome: 'unknown', ...(this.#tools.memory.lost(delivery) && {reach: 'message'})};
	}
}
