import {Buffer} from 'node:buffer';
import {type Field, splitEntity} from './mime-fields.js';
import {type Structured, structuredOf} from './mime-parameters.js';
import {transferDecoded} from './mime-transfer.js';

/** An entity (RFC 2045 2.4) with what is in it. */
export type Part = {
	readonly fields: readonly Field[];
	/** The header block, latin1, without the empty line. */
	readonly block: string;
	readonly type: Structured;
	readonly disposition: Structured;
	/** As it came. */
	readonly raw: Uint8Array;
	readonly body: Uint8Array;
	/** The body with its transfer encoding undone. */
	readonly bytes: Uint8Array;
	/** Of a multipart; empty otherwise. */
	readonly parts: readonly Part[];
};

/** Deeper structure is kept as one attachment: mail of people has five levels. */
export const deepest = 64;

/** A hostile message may have a part a line. */
const mostParts = 5000;

/** Value of the first field of that name, latin1. */
export const fieldOf = (fields: readonly Field[], name: string): string | undefined => fields.find(field => field.name === name)?.value;

/** The bodies between the delimiter lines of a multipart (RFC 2046 5.1.1); preamble and epilogue are left out. */
const between = (body: Uint8Array, boundary: string): Uint8Array[] => {
	const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
	const delimiter = Buffer.from(`--${boundary}`, 'latin1');
	const found: Uint8Array[] = [];
	let start = -1;
	for (let at = buffer.indexOf(delimiter); at !== -1 && found.length < mostParts; at = buffer.indexOf(delimiter, at + 1)) {
		if (at > 0 && buffer[at - 1] !== 10) {
			continue;
		}

		const lineEnd = buffer.indexOf(10, at);
		const end = lineEnd === -1 ? buffer.length : lineEnd + 1;
		const rest = end - at - delimiter.length > 200 ? 'x' : buffer.toString('latin1', at + delimiter.length, end);
		if (!/^(?:--)?[\t\r ]*\n?$/v.test(rest)) {
			continue;
		}

		if (start !== -1) {
			// The line end before a delimiter belongs to the delimiter.
			const stop = at - (buffer[at - 2] === 13 ? 2 : 1);
			found.push(body.subarray(start, Math.max(start, stop)));
		}

		start = end;
		if (rest.startsWith('--')) {
			return found;
		}
	}

	return start === -1 || start >= body.length ? found : [...found, body.subarray(start)];
};

/** Reads what it can and never throws: a multipart without parts is a text. `byDefault` is the type where none is said. */
export const partOf = (raw: Uint8Array, byDefault = 'text/plain', depth = 0): Part => {
	const {block, fields, body} = splitEntity(raw);
	const said = structuredOf(fieldOf(fields, 'content-type') ?? byDefault);
	const type = /^[^\s\/]+\/[^\s\/]+$/v.test(said.value) ? said : {value: said.value === 'text' ? 'text/plain' : byDefault, parameters: said.parameters};
	const disposition = structuredOf(fieldOf(fields, 'content-disposition') ?? '');
	const encoding = structuredOf(fieldOf(fields, 'content-transfer-encoding') ?? '').value;
	const whole = {
		fields, block, type, disposition, raw, body,
	};
	if (!type.value.startsWith('multipart/')) {
		return {...whole, bytes: transferDecoded(body, encoding), parts: []};
	}

	if (depth >= deepest) {
		return {
			...whole, type: structuredOf('application/octet-stream'), bytes: body, parts: [],
		};
	}

	const boundary = rawParameter(type, 'boundary');
	const inner = type.value === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
	const find = (bytes: Uint8Array) => boundary === '' ? [] : between(bytes, boundary).map(piece => partOf(piece, inner, depth + 1));
	const direct = find(body);
	// A multipart must not be encoded (RFC 2045 6.4), yet some are.
	const parts = direct.length > 0 ? direct : find(transferDecoded(body, encoding));
	return parts.length > 0
		? {...whole, bytes: body, parts}
		: {
			...whole, type: structuredOf('text/plain'), bytes: transferDecoded(body, encoding), parts: [],
		};
};

const rawParameter = ({parameters}: Structured, name: string): string => (parameters.get(name) ?? '').trimEnd();
