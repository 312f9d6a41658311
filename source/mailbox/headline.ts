import {Buffer} from 'node:buffer';
import libmime from 'libmime';
import {cleanText} from './clean.js';

/** What a person recognises a message by. Cleaned, at most 200 characters each; absent where the header is. */
export type Headline = {readonly subject?: string; readonly from?: string};

/** Only so much of a message is searched for its header. */
const headerBytes = 64 * 1024;

const field = (header: string, name: string): string | undefined => {
	const match = new RegExp(String.raw`^${name}:[ \t]*(.*(?:\r?\n[ \t].*)*)`, 'im').exec(header);
	const value = match?.[1]?.replaceAll(/\r?\n[ \t]+/g, ' ');
	if (!value) {
		return undefined;
	}

	try {
		return cleanText(libmime.decodeWords(value), 200);
	} catch {
		return cleanText(value, 200);
	}
};

/** Subject and sender of a message (RFC 5322 3.6, RFC 2047), for lists of failures. Never throws. */
export const headlineOf = (bytes: Uint8Array): Headline => {
	const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, headerBytes)).toString('utf8');
	const end = /\r?\n\r?\n/.exec(start);
	const header = end ? start.slice(0, end.index) : start;
	const [subject, from] = [field(header, 'Subject'), field(header, 'From')];
	return {...(subject && {subject}), ...(from && {from})};
};
