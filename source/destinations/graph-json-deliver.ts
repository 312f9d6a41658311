import {type Clock} from '../mailbox/clock.js';
import {type Delivery, type DeliveryResult} from '../mailbox/destination.js';
import {FailureError, failureOf, type Failure} from '../mailbox/failure.js';
import {isOutOfNames} from '../protocols/ews-failures.js';
import {GraphFailure} from '../protocols/graph-http.js';
import {isStorableDate} from './ews-bodies.js';
import {withGrace} from './grace.js';
import {type MessageJson, timeOf} from './graph-item.js';
import {itemOf, type JsonItem} from './graph-json-item.js';
import {type Creation, type Requests, requestsOf} from './graph-json-request.js';
import {Attachments} from './graph-json-upload.js';
import {type GraphMailbox} from './graph-mailbox.js';
import {deleteForGood} from './graph-probe.js';
import {unfinished} from './graph-steps.js';
import {inOrder, stopped} from './in-order.js';
import {type Tell} from './told-once.js';

/** Stop asks the message under way to be finished, if that does not take longer, in milliseconds. */
const grace = 60_000;
/** A message that fails so often by itself, before it is where it belongs, is what is wrong. */
const mostFailures = 3;

type Created = MessageJson & {readonly id: string};

/** How often messages of a mailbox failed while they were being built, by stamp. */
export type Failures = Map<string, number>;

const seen = String.raw`flag:\Seen`;

/**
Delivers into one folder by creating messages from JSON. One that fits into a single request is created where it belongs: its stamp proves all of it. Any
other is built in a hidden folder of this road alone, and moved last (design, rule 4): nothing before the move can put it where it belongs, so that
whatever is lost before is certainly *not stored*.
*/
export class JsonDelivery {
	readonly #box: GraphMailbox;
	readonly #clock: Clock;
	readonly #folder: string;
	readonly #tell: Tell;
	readonly #signal: AbortSignal;
	readonly #failures: Failures;
	readonly #attachments: Attachments;

	constructor(box: GraphMailbox, {folder, tell, signal, failures}: {
		/** Its id. */
		readonly folder: string;
		readonly tell: Tell;
		readonly signal: AbortSignal;
		readonly failures: Failures;
	}) {
		this.#box = box;
		this.#clock = box.clock;
		this.#folder = folder;
		this.#tell = tell;
		this.#signal = signal;
		this.#failures = failures;
		this.#attachments = new Attachments(box.session, box.paths, box.clock);
	}

	/** Delivers in order. @returns a failure that reaches beyond a message: what came after it was not sent */
	async deliver(batch: readonly Delivery[]): Promise<Failure | undefined> {
		return inOrder(batch, {tell: this.#tell, signal: this.#signal, one: async delivery => this.#one(delivery)});
	}

	async #one(delivery: Delivery): Promise<DeliveryResult> {
		const late = withGrace(this.#signal, this.#clock, grace);
		try {
			const {memory} = this.#box;
			for (;;) {
				const {stampless} = memory;
				const item = itemOf(delivery, stampless ? undefined : delivery.stamp);
				const requests = requestsOf(item);
				// eslint-disable-next-line no-await-in-loop -- once more without a stamp
				const result = requests ? await this.#send(delivery, item, requests, late.signal) : {stored: false as const, failure: new FailureError('message-too-large').failure};
				// Another lane may have found it out, too: what may be stored is not sent again.
				if (result.stored || result.failure.outcome !== 'not stored' || stampless || !memory.stampless) {
					return result;
				}
			}
		} finally {
			late.done();
		}
	}

	async #send(delivery: Delivery, item: JsonItem, {creation, rest}: Requests, signal: AbortSignal): Promise<DeliveryResult> {
		return rest.length === 0 ? this.#direct(delivery, item, creation, signal) : this.#build(delivery, item, {creation, rest}, signal);
	}

	async #direct(delivery: Delivery, item: JsonItem, creation: Creation, signal: AbortSignal): Promise<DeliveryResult> {
		try {
			const message = await this.#create(this.#folder, creation, signal);
			return await this.#stored(delivery, item, message, signal);
		} catch (error) {
			const failure = error === signal.reason ? stopped() : failureOf(error);
			return {stored: false, failure: failure.outcome === 'unknown' ? this.#lost(delivery, failure) : failure};
		}
	}

	async #build(delivery: Delivery, item: JsonItem, {creation, rest}: Requests, signal: AbortSignal): Promise<DeliveryResult> {
		let message: Created | undefined;
		try {
			message = await this.#create(await this.#box.workshop(signal), creation, signal);
			for (const part of rest) {
				// eslint-disable-next-line no-await-in-loop -- in their order
				await this.#attachments.add(message.id, part, signal);
			}

			const count = await this.#attachments.count(message.id, signal);
			if (count !== item.attachments.length) {
				throw new FailureError('server-unavailable', {detail: `${count} attachments instead of ${item.attachments.length}`});
			}
		} catch (error) {
			const failure = this.#unbuilt(delivery, error === signal.reason ? stopped() : failureOf(error));
			if (message && !signal.aborted) {
				await this.#discard(message.id, signal);
			}

			return {stored: false, failure};
		}

		try {
			await this.#box.steps.move(message.id, this.#folder, signal);
		} catch (error) {
			// It may lie where it belongs, or come there yet: looking will tell.
			return {stored: false, failure: this.#lost(delivery, error === signal.reason ? {...stopped(), outcome: 'unknown'} : unfinished(error))};
		}

		return this.#stored(delivery, item, message, signal);
	}

	/** @throws GraphFailure, its outcome unknown where an answer was lost */
	async #create(folder: string, json: Creation, signal: AbortSignal): Promise<Created> {
		const {session, paths, memory} = this.#box;
		try {
			const {json: answer, status} = await session.call({
				method: 'POST', path: `${paths.folder(folder)}/messages`, json, writes: true, signal,
			});
			const message = (answer ?? {}) as MessageJson;
			if (typeof message.id !== 'string' || message.id === '') {
				throw new GraphFailure(new FailureError('server-nonsense', {detail: `HTTP ${status} without a message`, outcome: 'unknown'}).failure, {status});
			}

			const isWanted = json.singleValueExtendedProperties?.some(({id}) => id === 'Integer 0x0E07') ?? false;
			if (isWanted && message.isDraft === true) {
				await this.#refuseDraft(message.id, signal);
			}

			return {...message, id: message.id};
		} catch (error) {
			if (error instanceof GraphFailure && isOutOfNames(error.code ?? '', error.failure.detail ?? '')) {
				memory.stampless = true;
			}

			throw error;
		}
	}

	/** What came out is a draft, and stays one: by this road no mail can be moved. */
	async #refuseDraft(id: string, signal: AbortSignal): Promise<never> {
		const {session, paths} = this.#box;
		const isGone = await deleteForGood(session, paths, id, signal);
		throw new FailureError('server-nonsense', {
			reach: 'run', retry: 'later', outcome: isGone ? 'not stored' : 'unknown', detail: 'Microsoft Graph makes drafts of what is created',
			next: 'Choose another way with destination.transport, then run the same command again: it carries on.',
		});
	}

	/** All of it is there. */
	async #stored(delivery: Delivery, {message: {isRead}, lost}: JsonItem, {id, ...answer}: Created, signal: AbortSignal): Promise<DeliveryResult> {
		const {memory} = this.#box;
		const {stamp, fingerprint: {receivedAt}} = delivery;
		const isKept = isStorableDate(timeOf(answer.receivedDateTime) ?? Number.NaN, receivedAt);
		memory.keepsDate = isKept;
		memory.settled(delivery);
		this.#failures.delete(stamp);
		const isReadRight = answer.isRead === undefined || answer.isRead === isRead || await this.#setRead(id, isRead === true, signal);
		const more = [
			...(isReadRight ? [] : [seen]),
			...(isKept && isStorableDate(Math.floor(receivedAt / 1000) * 1000, receivedAt) ? [] : [`received-date:${new Date(receivedAt).toISOString()}`]),
			...(memory.stampless ? ['stamp'] : []),
		];
		return {stored: true, id, lost: [...lost, ...more]};
	}

	/** Where 0x0E07 says more than was asked for. */
	async #setRead(id: string, isRead: boolean, signal: AbortSignal): Promise<boolean> {
		const {session, paths} = this.#box;
		try {
			await session.persist({
				method: 'PATCH', path: paths.message(id), json: {isRead}, signal,
			});
			return true;
		} catch {
			return false;
		}
	}

	/** Of a failure before the move. */
	#unbuilt({stamp}: Delivery, failure: Failure): Failure {
		const certain = {...failure, outcome: 'not stored'} as const;
		if (failure.code === 'folder-gone') {
			// The hidden folder, or the message out of it.
			this.#box.forgetWorkshop();
			return new FailureError('server-unavailable', {detail: 'the hidden folder is gone', outcome: 'not stored'}).failure;
		}

		if (failure.reach !== 'mailbox' || failure.retry !== 'now' || failure.code === 'throttled' || this.#signal.aborted) {
			return certain;
		}

		const count = (this.#failures.get(stamp) ?? 0) + 1;
		this.#failures.set(stamp, count);
		return count < mostFailures
			? certain
			: {
				...certain, code: 'message-refused', reach: 'message', retry: 'later',
			};
	}

	/** What nobody will finish; what cannot be deleted now is swept away later. */
	async #discard(id: string, signal: AbortSignal): Promise<void> {
		const {session, paths} = this.#box;
		try {
			await session.call({
				method: 'POST', path: `${paths.message(id)}/permanentDelete`, writes: false, signal,
			});
		} catch {}
	}

	/** An unknown outcome concerns the message alone where it was lost before, too. */
	#lost(delivery: Delivery, failure: Failure): Failure {
		return {...failure, outcome: 'unknown', ...(this.#box.memory.lost(delivery) && {reach: 'message'})};
	}
}
