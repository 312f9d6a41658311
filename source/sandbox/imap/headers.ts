import {Buffer} from 'node:buffer';

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the body begins: after the first empty line, or at the end where there is none. */
const bodyStart = (content: Uint8Array): number => {
	const bytes = asBuffer(content);
	if (bytes[0] === 10) {
		return 1;
	}

	if (bytes[0] === 13 && bytes[1] === 10) {
		return 2;
	}

	const crlf = bytes.indexOf('\r\n\r\n');
	const lf = bytes.indexOf('\n\n');
	if (crlf === -1) {
		return lf === -1 ? bytes.length : lf + 2;
	}

	return lf === -1 || lf > crlf ? crlf + 4 : lf + 2;
};

/** A message's header with the empty line that ends it, and its body; both views into `bytes`. */
export const splitMessage = (bytes: Uint8Array): {readonly header: Uint8Array; readonly body: Uint8Array} => {
	const at = bodyStart(bytes);
	return {header: bytes.subarray(0, at), body: bytes.subarray(at)};
};

export type HeaderField = {readonly name: string; readonly raw: string};

/** The fields of a header in latin1, folded lines and line ends kept in `raw`. */
export const fieldsOf = (header: Uint8Array): HeaderField[] => {
	const fields: HeaderField[] = [];
	for (const raw of asBuffer(header).toString('latin1').match(/[^\n]*\n(?:[\t ][^\n]*\n)*|[^\n]+$/g) ?? []) {
		const colon = raw.indexOf(':');
		if (colon > 0) {
			fields.push({name: raw.slice(0, colon).trim(), raw});
		}
	}

	return fields;
};

/** The unfolded value of the first field of that name, or undefined. */
export const fieldValue = (fields: readonly HeaderField[], name: string): string | undefined => {
	const field = fields.find(field => field.name.toLowerCase() === name.toLowerCase());
	return field?.raw.slice(field.raw.indexOf(':') + 1).replaceAll(/\r?\n/g, '').trim();
};

/** The fields with those names, or all others, as a header of its own (RFC 9051, HEADER.FIELDS). */
export const selectFields = (header: Uint8Array, names: readonly string[], others: boolean): Uint8Array => {
	const wanted = new Set(names.map(name => name.toLowerCase()));
	const kept = fieldsOf(header).filter(field => wanted.has(field.name.toLowerCase()) !== others);
	return Buffer.from(`${kept.map(field => field.raw.endsWith('\n') ? field.raw : `${field.raw}\r\n`).join('')}\r\n`, 'latin1');
};
