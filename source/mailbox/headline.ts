import {Buffer} from 'node:buffer';
import libmime from 'libmime';
import {cleanText} from './clean.js';

/** What a person recognises a message by. Cleaned, at most 200 characters each; absent where the header is. */
export type Headline = {readonly subject?: string; readonly from?: string};

/** Only so much of a message is searched for its header, and so much of a field is decoded. */
const headerBytes = 64 * 1024;
const fieldCharacters = 4096;

const field = (header: readonly string[], name: RegExp): string | undefined => {
	const at = header.findIndex(line => name.test(line));
	if (at === -1) {
		return undefined;
	}

	// Folded lines belong to the field (RFC 5322 2.2.3).
	const end = header.findIndex((line, index) => index > at && !/^[ \t]/v.test(line));
	const value = header.slice(at, end === -1 ? undefined : end).join(' ').replace(name, '').slice(0, fieldCharacters);
	try {
		return cleanText(libmime.decodeWords(value), 200) || cleanText(value, 200);
	} catch {
		return cleanText(value, 200);
	}
};

/** Subject and sender of a message (RFC 5322 3.6, RFC 2047), for lists of failures. Never throws. */
export const headlineOf = (bytes: Uint8Array): Headline => {
	const lines = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, headerBytes)).toString('utf8').split(/\r\n|[\r\n]/v);
	const end = lines.indexOf('');
	const header = end === -1 ? lines : lines.slice(0, end);
	// A blank before the colon is obsolete, and still met (RFC 5322 4.5).
	const [subject, from] = [field(header, /^Subject[ \t]*:/iv), field(header, /^From[ \t]*:/iv)];
	return {...(subject && {subject}), ...(from && {from})};
};
