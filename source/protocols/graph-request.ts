import {Buffer} from 'node:buffer';
import {FailureError} from '../mailbox/failure.js';
import {uuid} from './ews-envelope.js';
import {GraphFailure} from './graph-answer.js';
import {withoutSecrets} from './graph-failures.js';

export type GraphRequest = {
	readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
	/** `/users/{id}/…` after the version, percent-encoded; or an absolute URL (nextLink, uploadUrl). */
	readonly path: string;
	readonly beta?: boolean | undefined;
	readonly json?: unknown;
	/** With contentType. */
	readonly text?: string | undefined;
	/** With contentType. */
	readonly bytes?: Uint8Array | undefined;
	readonly contentType?: string | undefined;
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/** For uploadUrl and importUrl: no Authorization header; the address is a secret. */
	readonly anonymous?: boolean | undefined;
	/** It stores something: a lost answer is outcome unknown. */
	readonly writes: boolean;
	readonly signal: AbortSignal;
	/** Patience in ms of real time, from connecting to the last byte. */
	readonly deadline?: number | undefined;
};

/** Ids that stay when a message is moved (learn.microsoft.com/graph/outlook-immutable-id): wanted on each request. */
const immutableIds = 'IdType="ImmutableId"';

const preferOf = (headers: Readonly<Record<string, string>>): string => {
	const asked = Object.entries(headers).find(([name]) => name.toLowerCase() === 'prefer')?.[1];
	return asked ? `${immutableIds}, ${asked}` : immutableIds;
};

const withoutPrefer = (headers: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(headers)
	.filter(([name]) => name.toLowerCase() !== 'prefer')
	.map(([name, value]) => [name.toLowerCase(), value]));

/** Whether the answer's body is the thing itself. */
export const isRaw = ({path}: Pick<GraphRequest, 'path'>): boolean => /\/\$value(?:$|\?)/v.test(path);

/** Where a request goes. @throws GraphFailure for an address that Graph has no reason to name */
export const addressOf = ({path, beta, anonymous}: Pick<GraphRequest, 'path' | 'beta' | 'anonymous'>, host: string): {readonly origin: string; readonly path: string} => {
	const own = `https://${host}`;
	// Nothing but ASCII is in a request line; what is encoded stays as it is.
	const ascii = path.replaceAll(/[^\u0021-\u007E]+/gv, encodeURIComponent);
	if (path.startsWith('/')) {
		return {origin: own, path: `/${beta ? 'beta' : 'v1.0'}${ascii}`};
	}

	const origin = URL.canParse(ascii) ? new URL(ascii).origin : '';
	if (!origin.startsWith('https://') || (!anonymous && origin !== new URL(own).origin)) {
		throw new GraphFailure(new FailureError('server-nonsense', {detail: `${host} names an address at another host`, outcome: 'not stored', retry: 'later'}).failure);
	}

	return {origin, path: ascii.slice(ascii.indexOf('/', 'https://'.length)).replace(/#.*$/v, '')};
};

/** As it may be logged. */
export const shownPath = ({path, anonymous}: Pick<GraphRequest, 'path' | 'anonymous'>): string => anonymous ? '(secret address)' : withoutSecrets(path);

export const bodyOf = ({json, text, bytes}: Pick<GraphRequest, 'json' | 'text' | 'bytes'>): Uint8Array | undefined => bytes
	?? (text === undefined && json === undefined ? undefined : Buffer.from(text ?? JSON.stringify(json)));

/** A request's headers. The User-Agent stays the same for ever: administrators can allow or block programs by it. */
export const graphHeaders = ({json, contentType, headers = {}, path}: GraphRequest, {token, random}: {readonly token: string | undefined; readonly random: () => number}): Record<string, string> => {
	const type = contentType ?? (json === undefined ? undefined : 'application/json');
	return {
		...withoutPrefer(headers),
		...(token !== undefined && {authorization: `Bearer ${token}`}),
		...(type !== undefined && {'content-type': type}),
		accept: isRaw({path}) ? '*/*' : 'application/json',
		'user-agent': 'aw2ms365',
		prefer: preferOf(headers),
		'client-request-id': uuid(random),
		'return-client-request-id': 'true',
	};
};

/** A request inside a `$batch` (learn.microsoft.com/graph/json-batching). */
export const batchItem = ({method, path, json, headers = {}}: GraphRequest, id: string): Record<string, unknown> => ({
	id,
	method,
	url: path,
	headers: {...withoutPrefer(headers), prefer: preferOf(headers), ...(json !== undefined && {'content-type': 'application/json'})},
	...(json !== undefined && {body: json}),
});
