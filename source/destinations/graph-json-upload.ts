import type {AttachmentItem, UploadSession} from '@microsoft/microsoft-graph-types';
import {type Clock} from '../mailbox/clock.js';
import {FailureError, failureOf} from '../mailbox/failure.js';
import {GraphFailure, type GraphSession} from '../protocols/graph-http.js';
import {type GraphPaths} from './graph-bodies.js';
import {fileOf} from './graph-json-item.js';
import {type Part} from './graph-json-parts.js';
import {postableBytes} from './graph-json-request.js';

/** Of one PUT: at most 4 MB, a multiple of 320 KiB (microsoft-365.md 3.5), in bytes. */
const pieceBytes = 11 * 320 * 1024;
/** A step that was certainly not carried out, or can be asked about, is tried so often. */
const mostTries = 6;

type Answered = {readonly [Name in keyof UploadSession]?: unknown};

/** The documents say `{start}`, others `{start}-`. */
const nextOf = (json: unknown): number | undefined => {
	const ranges = (json as Answered | undefined)?.nextExpectedRanges;
	const next = Number.parseInt(String(Array.isArray(ranges) ? ranges[0] : ''), 10);
	return Number.isNaN(next) ? undefined : next;
};

/** That the address is no longer one: the upload is over, in whatever way. */
const isOver = (error: unknown): boolean => error instanceof GraphFailure && [401, 403, 404, 410].includes(error.status ?? 0);

/** Puts attachments to a message that nobody sees yet. */
export class Attachments {
	readonly #session: GraphSession;
	readonly #paths: GraphPaths;
	readonly #clock: Clock;

	constructor(session: GraphSession, paths: GraphPaths, clock: Clock) {
		this.#session = session;
		this.#paths = paths;
		this.#clock = clock;
	}

	/**
	Adds an attachment: small ones in a request, others piece by piece.

	@throws GraphFailure; then it may be there or not, and the message is to be thrown away
	*/
	async add(message: string, part: Part, signal: AbortSignal): Promise<void> {
		if (part.bytes.length <= postableBytes) {
			await this.#post(message, part, signal);
			return;
		}

		try {
			await this.#upload(message, part, signal);
		} catch (error) {
			// A service that takes 3 MiB for 3 MB.
			if (error instanceof GraphFailure && error.code === 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize') {
				await this.#post(message, part, signal);
				return;
			}

			throw error;
		}
	}

	/** How many a message has. */
	async count(message: string, signal: AbortSignal): Promise<number> {
		let count = 0;
		for await (const attachment of this.#session.pages(`${this.#paths.message(message)}/attachments?$select=id,name`, signal)) {
			count += attachment ? 1 : 0;
		}

		return count;
	}

	async #post(message: string, part: Part, signal: AbortSignal): Promise<void> {
		const json = fileOf(part);
		await this.#patiently(signal, async () => this.#session.call({
			method: 'POST', path: `${this.#paths.message(message)}/attachments`, json, writes: true, signal,
		}));
	}

	/** Repeats what was certainly not carried out (or does no harm twice), and may be later. */
	async #patiently<T>(signal: AbortSignal, task: () => Promise<T>, isHarmless = false): Promise<T> {
		for (let attempt = 1; ; attempt++) {
			try {
				// eslint-disable-next-line no-await-in-loop -- one try after another
				return await task();
			} catch (error) {
				const {outcome, reach, retry, code} = failureOf(error);
				if (signal.aborted || (outcome !== 'not stored' && !isHarmless) || reach !== 'mailbox' || retry !== 'now' || attempt >= mostTries) {
					throw error;
				}

				// A throttle has parked the mailbox.
				if (code !== 'throttled') {
					// eslint-disable-next-line no-await-in-loop -- as above
					await this.#pause(attempt, signal);
				}
			}
		}
	}

	async #pause(attempt: number, signal: AbortSignal): Promise<void> {
		await this.#clock.sleep(1000 * (2 ** (attempt - 1)), signal);
	}

	async #upload(message: string, {bytes, name, contentType, contentId, isInline}: Part, signal: AbortSignal): Promise<void> {
		const item: AttachmentItem = {
			attachmentType: 'file', name, size: bytes.length, contentType, isInline, ...(contentId !== undefined && {contentId}),
		};
		const {json} = await this.#patiently(signal, async () => this.#session.call({
			// eslint-disable-next-line @typescript-eslint/naming-convention -- Graph's name
			method: 'POST', path: `${this.#paths.message(message)}/attachments/createUploadSession`, json: {AttachmentItem: item}, writes: true, signal,
			// A session that nobody hears of does nothing.
		}), true);
		const address = (json as Answered | undefined)?.uploadUrl;
		if (typeof address !== 'string') {
			throw new GraphFailure(new FailureError('server-nonsense', {detail: 'an upload session without an address', outcome: 'unknown'}).failure);
		}

		for (let [at, troubles] = [0, 0]; at < bytes.length;) {
			try {
				// eslint-disable-next-line no-await-in-loop -- pieces in order
				const next = await this.#put(address, bytes, at, signal);
				troubles = next > at ? 0 : troubles + 1;
				at = next;
			} catch (error) {
				troubles++;
				if (signal.aborted || failureOf(error).retry !== 'now' || isOver(error)) {
					throw error;
				}

				// eslint-disable-next-line no-await-in-loop -- as above
				at = await this.#whereabouts(address, bytes.length, troubles, signal);
			}

			if (troubles >= mostTries) {
				throw new GraphFailure(new FailureError('server-unavailable', {detail: 'an upload makes no progress', outcome: 'unknown'}).failure);
			}
		}
	}

	/** Sends a piece. @returns where the next one begins */
	async #put(address: string, bytes: Uint8Array, at: number, signal: AbortSignal): Promise<number> {
		const end = Math.min(bytes.length, at + pieceBytes);
		const {status, json} = await this.#session.call({
			method: 'PUT', path: address, anonymous: true, bytes: bytes.subarray(at, end), contentType: 'application/octet-stream',
			headers: {'content-range': `bytes ${at}-${end - 1}/${bytes.length}`}, writes: true, signal,
		});
		return status === 201 ? bytes.length : (nextOf(json) ?? end);
	}

	/** Asks where it stands. What is over may be complete: that shows when the attachments are counted. */
	async #whereabouts(address: string, size: number, troubles: number, signal: AbortSignal): Promise<number> {
		await this.#pause(troubles, signal);
		try {
			const {json} = await this.#session.call({
				method: 'GET', path: address, anonymous: true, writes: false, signal,
			});
			return nextOf(json) ?? 0;
		} catch (error) {
			if (isOver(error)) {
				return size;
			}

			if (signal.aborted || failureOf(error).retry !== 'now' || troubles >= mostTries) {
				throw error;
			}

			return this.#whereabouts(address, size, troubles + 1, signal);
		}
	}
}
