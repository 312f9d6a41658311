import {Buffer} from 'node:buffer';
import {type Leaf} from '../mailbox/mime-leaves.js';

/** What a leaf's body stands for. */
export type Content = {
	readonly bytes: Uint8Array;
	/** It is encoded as it says: every decoder reads the same. */
	readonly clean: boolean;
};

const equals = 0x3D;
const lineFeed = 0x0A;

/** RFC 2045 6.8. What was encoded piece by piece (padding in the middle) is read piece by piece, what is no base64 passed over. */
const base64 = (body: Uint8Array): Content => {
	const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
	const end = text.indexOf('=');
	const head = end === -1 ? text : text.slice(0, end);
	const clean = !/[^\d+\/A-Za-z\s]/v.test(head) && (end === -1 || /^={1,2}\s*$/v.test(text.slice(end, end + 200)));
	if (clean && (end === -1 || text.length - end <= 200)) {
		return {bytes: Buffer.from(head, 'base64'), clean};
	}

	return {bytes: Buffer.concat(text.split(/[=]+/v).map(piece => Buffer.from(piece.replaceAll(/[^\d+\/A-Za-z]+/gv, ''), 'base64'))), clean: false};
};

const hexAt = (body: Uint8Array, at: number): number => {
	const byte = body[at] ?? 0;
	if (byte >= 0x30 && byte <= 0x39) {
		return byte - 0x30;
	}

	const letter = byte >= 0x61 ? byte - 0x20 : byte;
	return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
};

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0D;

/** RFC 2045 6.7: line ends as they stand, blanks before them dropped; what is no `=XX` stays. */
const quotedPrintable = (body: Uint8Array): Uint8Array => {
	const out = new Uint8Array(body.length);
	let length = 0;
	for (let start = 0; start < body.length;) {
		const feed = body.indexOf(lineFeed, start);
		const next = feed === -1 ? body.length : feed + 1;
		let end = feed === -1 ? next : feed;
		while (end > start && isBlank(body[end - 1])) {
			end--;
		}

		const soft = end > start && body[end - 1] === equals;
		const stop = soft ? end - 1 : end;
		for (let at = start; at < stop; at++) {
			const [high, low] = body[at] === equals ? [hexAt(body, at + 1), hexAt(body, at + 2)] : [-1, -1];
			const isEncoded = high >= 0 && low >= 0 && at + 2 < stop;
			out[length++] = isEncoded ? (high * 16) + low : body[at]!;
			at += isEncoded ? 2 : 0;
		}

		if (!soft && feed !== -1) {
			if (feed > start && body[feed - 1] === 0x0D) {
				out[length++] = 0x0D;
			}

			out[length++] = lineFeed;
		}

		start = next;
	}

	return out.subarray(0, length);
};

/** Undoes a leaf's Content-Transfer-Encoding, all of it however long, in linear time. Never throws. */
export const contentOf = ({body, encoding}: Pick<Leaf, 'body' | 'encoding'>): Content => {
	if (encoding === 'base64') {
		return base64(body);
	}

	return encoding === 'quoted-printable'
		? {bytes: quotedPrintable(body), clean: true}
		: {bytes: body, clean: ['', '7bit', '8bit', 'binary'].includes(encoding)};
};
