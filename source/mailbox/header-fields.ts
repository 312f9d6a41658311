import {Buffer, isUtf8} from 'node:buffer';
import libmime from 'libmime';

/** Only so much of an entity is searched for its header, and so much of a field is kept. */
export const headerBytes = 1024 * 1024;
const fieldBytes = 8192;
const nameBytes = 80;

const lineFeed = 0x0A;
const carriageReturn = 0x0D;

export type Header = {
	/** First occurrence of each field that was asked for, unfolded, by its name in lower case. Neither decoded (RFC 2047) nor trimmed. */
	readonly fields: ReadonlyMap<string, Uint8Array>;
	/** Where the body begins: behind the empty line, or at the line that ended a part's header early. */
	readonly end: number;
};

/** Where a line ends and the next begins. Any number of CR before LF belong to the line end (CR CR LF is met). */
export const lineAt = (bytes: Uint8Array, start: number, limit: number, ending: number): readonly [end: number, next: number] => {
	const found = bytes.indexOf(ending, start);
	const at = found === -1 || found >= limit ? limit : found;
	let end = at;
	while (end > start && bytes[end - 1] === carriageReturn) {
		end--;
	}

	return [end, found === -1 || found >= limit ? limit : found + 1];
};

/**
The header of a message or a part of one (RFC 5322 2.2, RFC 2045), from `from` on, in linear time. Lines end with
CRLF, LF or, where no LF is near, CR. Lines that are no fields are passed over.

@param names in lower case
@param part the header also ends at a line that begins with `--`: a part may lack its empty line
*/
export const readHeader = (message: Uint8Array, names: readonly string[], from = 0, part = false): Header => {
	const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
	const limit = Math.min(bytes.length, from + headerBytes);
	const feed = bytes.indexOf(lineFeed, from);
	const ending = feed === -1 || feed >= limit ? carriageReturn : lineFeed;
	const found = new Map<string, Uint8Array[]>();
	let open: Uint8Array[] | undefined;
	let start = from;
	while (start < limit) {
		const [end, next] = lineAt(bytes, start, limit, ending);
		if (end === start) {
			start = next;
			break;
		}

		if (part && bytes[start] === 0x2D && bytes[start + 1] === 0x2D) {
			break;
		}

		const folded = bytes[start] === 0x20 || bytes[start] === 0x09;
		if (!folded) {
			const colon = bytes.subarray(start, Math.min(end, start + nameBytes)).indexOf(0x3A);
			// A blank before the colon is obsolete, and still met (RFC 5322 4.5).
			const name = colon === -1 ? '' : bytes.toString('latin1', start, start + colon).trimEnd().toLowerCase();
			open = names.includes(name) && !found.has(name) ? [] : undefined;
			if (open) {
				found.set(name, open);
				open.push(bytes.subarray(start + colon + 1, end));
			}
		} else if (open && open.length < fieldBytes) {
			open.push(bytes.subarray(start, end));
		}

		start = next;
	}

	return {fields: new Map([...found].map(([name, pieces]) => [name, cut(Buffer.concat(pieces))])), end: start};
};

/** At most {@link fieldBytes}, no UTF-8 sequence torn. */
const cut = (field: Uint8Array): Uint8Array => {
	let end = Math.min(field.length, fieldBytes);
	while (end < field.length && end > fieldBytes - 4 && (field[end]! & 0xC0) === 0x80) { // eslint-disable-line no-bitwise -- UTF-8 continuation bytes
		end--;
	}

	return field.subarray(0, end);
};

const encodedWord = /=\?[^\s?]+\?[Qq]\?[^?]*\?=/gv;
const escaped = (character: string): string => `=${character.codePointAt(0)!.toString(16).toUpperCase()}`;

/** Raw 8-bit text: UTF-8 where it is (RFC 6532), else windows-1252, which unlabelled mail of old mostly was. */
export const textOf = (field: Uint8Array | undefined): string => {
	const bytes = Buffer.from(field ?? []);
	if (isUtf8(bytes)) {
		return bytes.toString('utf8');
	}

	// What stands raw in an encoded word is in that word's charset.
	const outside = bytes.toString('latin1').replaceAll(encodedWord, word => word.replaceAll(/[\u0080-\u00FF]/gv, escaped));
	// Not TextDecoder: some releases of Node read windows-1252 as latin1.
	return libmime.decodeWord('windows-1252', 'B', Buffer.from(outside, 'latin1').toString('base64'));
};

/** Encoded words decoded, blanks between adjacent ones dropped (RFC 2047 6.2). Never throws. */
export const decodeWords = (text: string): string => {
	try {
		return libmime.decodeWords(text);
	} catch {
		return text;
	}
};
