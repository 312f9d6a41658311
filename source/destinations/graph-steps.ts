import type {Message} from '@microsoft/microsoft-graph-types';
import {type FailureError, failureOf} from '../mailbox/failure.js';
import {type Flags} from '../mailbox/mailbox.js';
import {isOutOfNames} from '../protocols/ews-failures.js';
import {type GraphAnswer, GraphFailure, type GraphSession} from '../protocols/graph-http.js';
import {isStorableDate} from './ews-bodies.js';
import {statesOf} from './ews-states.js';
import {
	clearReceipt, type Dates, type GraphPaths, stateBody,
} from './graph-bodies.js';
import {type MessageJson, timeOf} from './graph-item.js';
import {type GraphMemory} from './graph-memory.js';

/** What a message is to become. */
export type Finish = Dates & {readonly flags: Flags; readonly stamp: string};

const draft = String.raw`flag:\Draft`;
const seen = String.raw`flag:\Seen`;

/** A move is tried so often. */
const mostMoves = 4;

/** Answers that say that it will not be done, however often it is asked for. */
const refusals = new Set([400, 403, 405, 422]);

const jsonOf = ({json}: GraphAnswer): MessageJson => (json ?? {});

/** The steps that turn what importMime made into the message it is to be; each may be repeated. */
export class GraphSteps {
	readonly #session: GraphSession;
	readonly #paths: GraphPaths;
	readonly #memory: GraphMemory;

	constructor(session: GraphSession, paths: GraphPaths, memory: GraphMemory) {
		this.#session = session;
		this.#paths = paths;
		this.#memory = memory;
	}

	/**
	States, received date and stamp.

	@param message as known; read anew if absent
	@returns what is lost, in the words of a delivery
	*/
	async complete(id: string, {flags, receivedAt, sentAt, stamp}: Finish, signal: AbortSignal, message?: MessageJson): Promise<string[]> {
		const {states, lost} = statesOf(flags);
		if (states.draft) {
			// What importMime makes is none, and stays none.
			lost.unshift(draft);
		}

		const isUnread = states.read && !await this.#withoutReceipt(id, message, signal);
		if (isUnread) {
			lost.push(seen);
		}

		const answer = await this.#state(id, {...states, read: states.read && !isUnread}, {receivedAt, sentAt, stamp}, signal);
		const isKept = isStorableDate(timeOf(jsonOf(answer).receivedDateTime) ?? Number.NaN, receivedAt);
		this.#memory.keepsDate = isKept;
		if (!isKept || !isStorableDate(receivedAt, receivedAt)) {
			lost.push(`received-date:${new Date(receivedAt).toISOString()}`);
		}

		if (this.#memory.stampless) {
			lost.push('stamp');
		}

		return lost;
	}

	/** Moves a message to where it belongs; where the answer is lost, it is seen where the message lies. */
	async move(id: string, folder: string, signal: AbortSignal): Promise<void> {
		for (let attempt = 1; ; attempt++) {
			try {
				// eslint-disable-next-line no-await-in-loop -- one after another
				await this.#session.call({
					method: 'POST', path: `${this.#paths.message(id)}/move`, json: {destinationId: folder}, writes: true, signal,
				});
				return;
			} catch (error) {
				const {retry, outcome} = failureOf(error);
				if (!(error instanceof GraphFailure) || signal.aborted || (retry !== 'now' && outcome !== 'unknown')) {
					throw error;
				}

				// eslint-disable-next-line no-await-in-loop -- as above
				const {json} = await this.#session.persist({method: 'GET', path: `${this.#paths.message(id)}?$select=parentFolderId`, signal});
				if ((json as MessageJson | undefined)?.parentFolderId === folder) {
					return;
				}

				if (attempt >= mostMoves) {
					throw error;
				}
			}
		}
	}

	/** Takes back what asks for a receipt, in a request of its own before the one that marks it read (design, rule 17). @returns false if that cannot be done */
	async #withoutReceipt(id: string, message: MessageJson | undefined, signal: AbortSignal): Promise<boolean> {
		const known = message ?? jsonOf(await this.#session.persist({method: 'GET', path: `${this.#paths.message(id)}?$select=isReadReceiptRequested`, signal}));
		if (known.isReadReceiptRequested === false) {
			return true;
		}

		try {
			const {isReadReceiptRequested} = jsonOf(await this.#patch(id, clearReceipt, signal));
			return isReadReceiptRequested === false;
		} catch (error) {
			if (error instanceof GraphFailure && refusals.has(error.status ?? 0)) {
				return false;
			}

			throw error;
		}
	}

	async #state(id: string, states: Parameters<typeof stateBody>[0], {stamp, ...dates}: Dates & {readonly stamp: string}, signal: AbortSignal): Promise<GraphAnswer> {
		const memory = this.#memory;
		for (let refusedDate = false; ;) {
			try {
				// eslint-disable-next-line no-await-in-loop -- with less and less in it
				return await this.#patch(id, stateBody(states, {dates: refusedDate ? undefined : dates, stamp: memory.stampless ? undefined : stamp}), signal);
			} catch (error) {
				const {failure, code, status} = error instanceof GraphFailure ? error : {};
				if (!failure) {
					throw error;
				}

				if (!memory.stampless && isOutOfNames(code ?? '', failure.detail ?? '')) {
					memory.stampless = true;
				} else if (!refusedDate && refusals.has(status ?? 0)) {
					// Whether it may be changed is not documented (microsoft-365.md 3.1).
					refusedDate = true;
				} else {
					throw error;
				}
			}
		}
	}

	/** Any number of times the same: it may be repeated. */
	async #patch(id: string, json: Message, signal: AbortSignal): Promise<GraphAnswer> {
		return this.#session.persist({
			method: 'PATCH', path: this.#paths.message(id), json, signal,
		});
	}
}

/** A failure on the way from stored to finished: looking will finish it. */
export const unfinished = (error: unknown): FailureError['failure'] => {
	const failure = failureOf(error);
	// The message, not its folder, is gone from where it was.
	return {...failure, ...(failure.reach === 'folder' && {code: 'server-unavailable', reach: 'mailbox', retry: 'now'}), outcome: 'unknown'};
};
