import {type Failure, FailureError} from '../mailbox/failure.js';
import {cleanText} from '../mailbox/clean.js';
import {type AnswerHeaders, firstOf} from './ews-failures.js';
import {errorOf, type FailureContext, failureOfGraph} from './graph-failures.js';
import {type HttpAnswer} from './https.js';

export type GraphAnswer = {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: AnswerHeaders;
	/** Absent where the answer has no body. */
	readonly json?: unknown;
	/** Of `$value`. */
	readonly bytes?: Uint8Array;
};

/** What kept a request from its answer. */
export class GraphFailure extends FailureError {
	/** HTTP; absent where no answer came. */
	readonly status?: number;
	/** Graph's own error code, such as `ErrorItemNotFound`. */
	readonly code?: string;

	constructor({code: ours, ...more}: Failure, answer: {readonly status?: number | undefined; readonly code?: string | undefined; readonly cause?: unknown} = {}) {
		const {status, code, cause} = answer;
		super(ours, {...more, cause});
		this.name = 'GraphFailure';
		if (status !== undefined) {
			this.status = status;
		}

		if (code !== undefined) {
			this.code = code;
		}
	}
}

/** What is to be known of a request to understand its answer. */
export type AnswerContext = FailureContext & {
	/** `$value`: the body is no JSON. */
	readonly isRaw?: boolean | undefined;
};

/** The media type alone: Graph adds parameters of OData (LESSONS 38). */
const isJson = (headers: AnswerHeaders): boolean => /^application\/(?:[\w.\-]+\+)?json\s*(?:;|$)/iv.test(firstOf(headers, 'content-type')?.trim() ?? '');

const parse = (bytes: Uint8Array): unknown => {
	try {
		return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
	} catch {
		return undefined;
	}
};

const refuse = (status: number, headers: AnswerHeaders, json: unknown, context: FailureContext): GraphFailure => {
	const error = errorOf(json);
	return new GraphFailure(failureOfGraph(status, headers, error, context), {status, code: error.code});
};

/**
A success, whose JSON is not looked into.

@throws GraphFailure for anything else, for what says success without being Graph, too: proxies and hotels answer 200 with a page of their own
*/
export const readGraphAnswer = ({status, headers, bytes}: HttpAnswer, context: AnswerContext): GraphAnswer => {
	if (status < 200 || status > 299) {
		throw refuse(status, headers, parse(bytes), context);
	}

	if (context.isRaw) {
		return {status, headers, bytes};
	}

	if (bytes.length === 0) {
		return {status, headers};
	}

	const json = isJson(headers) ? parse(bytes) : undefined;
	if (json === undefined) {
		const detail = isJson(headers) ? `HTTP ${status} with broken JSON` : `HTTP ${status} with ${cleanText(firstOf(headers, 'content-type') ?? 'a body of no type', 60)}`;
		throw new GraphFailure(new FailureError('server-nonsense', {detail, outcome: context.writes ? 'unknown' : 'not stored'}).failure, {status});
	}

	return {status, headers, json};
};

/** One answer of a `$batch`; its headers' names come in any case. */
export const readBatchItem = (item: unknown, context: AnswerContext): GraphAnswer | GraphFailure => {
	const {status, headers: stated, body} = (item ?? {}) as {readonly status?: unknown; readonly headers?: unknown; readonly body?: unknown};
	if (typeof status !== 'number') {
		return new GraphFailure(new FailureError('server-nonsense', {detail: '$batch without an answer to one of its requests', outcome: context.writes ? 'unknown' : 'not stored'}).failure);
	}

	const headers = Object.fromEntries(Object.entries(stated ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
	if (status < 200 || status > 299) {
		return refuse(status, headers, body, context);
	}

	return {status, headers, ...(body !== undefined && body !== null && body !== '' && {json: body})};
};
