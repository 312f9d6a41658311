import {Buffer} from 'node:buffer';

/** Lines of 76 characters (RFC 2045 6.8). */
export const base64Body = (bytes: Uint8Array): string => {
	const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
	return text === '' ? '' : `${text.match(/.{1,76}/gv)!.join('\r\n')}\r\n`;
};

const hex = (character: string): string => `=${character.codePointAt(0)!.toString(16).toUpperCase().padStart(2, '0')}`;

/** Quoted-printable of ASCII text whose lines end with CRLF. */
const quotedBody = (text: string): string => text.split('\r\n').map(line => {
	const encoded = line.replaceAll(/[^\t -<>-~]/gv, hex).replace(/[\t ]$/v, hex);
	const pieces: string[] = [];
	let start = 0;
	while (encoded.length - start > 76) {
		// A soft line break never splits an `=XX`.
		const end = start + (encoded[start + 73] === '=' ? 73 : (encoded[start + 74] === '=' ? 74 : 75));
		pieces.push(encoded.slice(start, end));
		start = end;
	}

	return [...pieces, encoded.slice(start)].join('=\r\n');
}).join('\r\n');

/** A text body as Exchange writes one: its own choice of character set and transfer encoding, whatever they were. */
export const textEntity = (type: string, text: string): string => {
	const lines = text.replaceAll(/\r?\n/gv, '\r\n');
	return /[^\u0000-\u007F]/v.test(lines) // eslint-disable-line no-control-regex -- ASCII is meant
		? `Content-Type: ${type}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Body(Buffer.from(lines))}`
		: `Content-Type: ${type}; charset="us-ascii"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quotedBody(lines)}`;
};
