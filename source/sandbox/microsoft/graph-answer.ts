/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {Buffer} from 'node:buffer';
import {randomUUID} from 'node:crypto';
import {type GraphReply} from './graph-call.js';
import {type GraphRefused} from './graph-errors.js';
import {type Answer} from './http-answer.js';

/** Whom an answer is for. */
export type AnswerContext = {
	/** Milliseconds since 1970. */
	readonly now: number;
	/** `client-request-id` as the client sent it. */
	readonly clientRequestId: string | undefined;
	readonly prefersImmutableIds: boolean;
};

const odata = 'application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; charset=utf-8';
const diagnostic = '{"ServerInfo":{"DataCenter":"Germany West Central","Slice":"E","Ring":"4","ScaleUnit":"001","RoleInstance":"FR2PEPF00000400"}}';

/** JSON without a character beyond ASCII (lesson 38). */
export const compactJson = (value: unknown): string => JSON.stringify(value).replaceAll(/[\u007F-\uFFFF]/gv, character => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`);

/** The request id is the client's own only where that sent none (reference 3.9). */
const ids = ({clientRequestId}: AnswerContext): {readonly requestId: string; readonly clientRequestId: string} => {
	const requestId = randomUUID();
	return {requestId, clientRequestId: clientRequestId ?? requestId};
};

type Ids = ReturnType<typeof ids>;

const tail = ({requestId, clientRequestId}: Ids, {now}: AnswerContext): Answer['headers'] => [
	['Strict-Transport-Security', 'max-age=31536000'],
	['request-id', requestId],
	['client-request-id', clientRequestId],
	['x-ms-ags-diagnostic', diagnostic],
	['Date', new Date(now).toUTCString()],
];

const preference = ({prefersImmutableIds}: AnswerContext): Answer['headers'] => prefersImmutableIds ? [['preference-applied', 'IdType=ImmutableId']] : [];

const privately = ['Cache-Control', 'private'] as const;

/** Header names and their order as recorded. */
export const replyAnswer = ({status, json, bytes, contentType, location}: GraphReply, context: AnswerContext): Answer => {
	if (json === undefined && bytes === undefined) {
		return {status, body: '', headers: [privately, ...(location === undefined ? [] : [['Location', location]] as const), ...tail(ids(context), context)]};
	}

	return {
		status,
		body: bytes ?? compactJson(json),
		headers: [
			privately,
			['Transfer-Encoding', 'chunked'],
			['Content-Type', contentType ?? odata],
			...(location === undefined ? [] : [['Location', location]] as const),
			['Vary', 'Accept-Encoding'],
			...preference(context),
			...tail(ids(context), context),
		],
	};
};

/** The body of an error, with innerError or without (lesson 49); its date has no zone. */
export const errorJson = ({code, message, hasInner}: GraphRefused, {now}: AnswerContext, {requestId, clientRequestId}: Ids) => ({
	error: {
		code,
		message,
		...(hasInner && {innerError: {date: new Date(now).toISOString().slice(0, 19), 'request-id': requestId, 'client-request-id': clientRequestId}}),
	},
});

/** Seconds; decimals where it has some, as seen in $batch (lesson 36), else rounded up. */
export const retryAfter = (milliseconds: number, decimals = false): string => decimals ? String(Math.max(0, milliseconds) / 1000) : String(Math.ceil(Math.max(0, milliseconds) / 1000));

/** The challenge of Graph (lesson 50). */
const challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"';

export const refusalAnswer = (refused: GraphRefused, context: AnswerContext, close = false): Answer => {
	const own = ids(context);
	const body = compactJson(errorJson(refused, context, own));
	return {
		status: refused.status,
		body,
		close,
		headers: [
			privately,
			['Content-Length', String(body.length)],
			['Content-Type', 'application/json'],
			...preference(context),
			...(refused.wait === undefined ? [] : [['Retry-After', retryAfter(refused.wait)]] as const),
			...tail(own, context),
			...(refused.status === 401 ? [['WWW-Authenticate', challenge]] as const : []),
			// The directory counts units.
			...(/^(?:Authorization|Request)_/v.test(refused.code) ? [['x-ms-resource-unit', '1']] as const : []),
		],
	};
};

/** An answer inside $batch: status, headers and body in one object. */
export const batchAnswer = (id: string, answer: GraphReply | GraphRefused, context: AnswerContext, waitName: string): Readonly<Record<string, unknown>> => {
	if (answer instanceof Error) {
		return {
			id,
			status: answer.status,
			headers: {'Cache-Control': 'private', ...(answer.wait !== undefined && {[waitName]: retryAfter(answer.wait, true)}), 'Content-Type': 'application/json'},
			body: errorJson(answer, context, ids(context)),
		};
	}

	const {status, json, bytes, contentType, location} = answer;
	return {
		id,
		status,
		headers: {
			'Cache-Control': 'private', ...(location !== undefined && {Location: location}), ...(json !== undefined && {'Content-Type': odata}), ...(bytes !== undefined && {'Content-Type': contentType}),
		},
		...(json !== undefined && {body: json}),
		...(bytes !== undefined && {body: Buffer.from(bytes).toString('base64')}),
	};
};
