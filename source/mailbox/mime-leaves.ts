import {Buffer} from 'node:buffer';
import libmime from 'libmime';
import {decodeWords, readHeader, textOf} from './header-fields.js';

/** One leaf of a message's MIME tree (RFC 2045, 2046, 2183, 2231). */
export type Leaf = {
	/** Decoded file names, NFC: that of Content-Disposition first, then that of Content-Type where it is another. */
	readonly names: readonly string[];
	/** In lower case. */
	readonly type: string;
	/** A message in a message; it is not entered. */
	readonly embedded: boolean;
	/** Content-Disposition says `attachment`. */
	readonly attached: boolean;
	/** As named, in lower case; '' where none is. */
	readonly charset: string;
	/** Content-Transfer-Encoding in lower case; '' where none is named. */
	readonly encoding: string;
	/** Content-ID without its angle brackets (RFC 2392); '' where there is none. */
	readonly contentId: string;
	/** Number of the outermost multipart/alternative that it is in, from 1; 0 where it is in none. */
	readonly alternative: number;
	/** As it stands, still encoded; without the line end that belongs to the delimiter. */
	readonly body: Uint8Array;
};

/** Deeper, and after so many parts, nothing is looked for. */
const maxDepth = 32;
const maxParts = 10_000;
const maxBoundary = 250;

type Level = {readonly boundary: string; readonly digest: boolean; readonly alternative: number};

const parsed = (field: Uint8Array | undefined) => libmime.parseHeaderValue(textOf(field)) as {value: string; params: Record<string, string>; decodedParams?: readonly string[]};

const parameter = ({params}: ReturnType<typeof parsed>, key: string): string => Object.hasOwn(params, key) ? params[key]! : '';

/** A parameter of RFC 2231 is decoded already; in a plain one an encoded word is against RFC 2047, and usual. */
const nameIn = (field: ReturnType<typeof parsed>, key: string): string => {
	const value = parameter(field, key);
	return (field.decodedParams?.includes(key) ? value : decodeWords(value)).normalize('NFC').trim();
};

const lineFeed = 0x0A;
const carriageReturn = 0x0D;
const hyphen = 0x2D;

/** Leaves of a message, in order. In one pass over its bytes, bounded in depth and in number; never throws. */
export const leavesOf = (message: Uint8Array): Leaf[] => {
	const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
	const found: Leaf[] = [];
	const levels: Level[] = [];
	let parts = 0;
	let alternatives = 0;
	/** The leaf whose body is not ended, or the multipart (of that level) in which no part was found yet: without any it is a text. */
	let open: {readonly leaf: Omit<Leaf, 'body'>; readonly start: number; readonly level: number} | undefined;

	const close = (at: number) => {
		if (open) {
			let end = Math.max(open.start, at);
			end -= end > open.start && at < bytes.length && bytes[end - 1] === lineFeed ? 1 : 0;
			end -= end > open.start && at < bytes.length && bytes[end - 1] === carriageReturn ? 1 : 0;
			found.push({...open.leaf, body: bytes.subarray(open.start, end)});
			open = undefined;
		}
	};

	/** Reads one entity's header; returns where its body begins. */
	const enter = (at: number, part: boolean): number => {
		const {fields, end} = readHeader(bytes, ['content-type', 'content-disposition', 'content-transfer-encoding', 'content-id'], at, part);
		const type = parsed(fields.get('content-type'));
		const disposition = parsed(fields.get('content-disposition'));
		const media = type.value.toLowerCase() || (levels.at(-1)?.digest ? 'message/rfc822' : 'text/plain');
		const boundary = media.startsWith('multipart/') ? boundaryOf(fields.get('content-type')) : '';
		const isEntered = boundary !== '' && levels.length < maxDepth;
		const outer = levels.at(-1)?.alternative ?? 0;
		if (isEntered) {
			const alternative = outer > 0 || media !== 'multipart/alternative' ? outer : ++alternatives;
			levels.push({boundary, digest: media === 'multipart/digest', alternative});
		}

		const names = [...new Set([nameIn(disposition, 'filename'), nameIn(type, 'name')])].filter(Boolean);
		open = {
			leaf: {
				names: media.startsWith('multipart/') ? [] : names,
				// As RFC 2046 has it for what cannot be taken apart.
				type: media.startsWith('multipart/') ? 'text/plain' : media,
				embedded: media === 'message/rfc822' || media === 'message/global',
				attached: disposition.value.toLowerCase() === 'attachment',
				charset: parameter(type, 'charset').trim().toLowerCase(),
				encoding: parsed(fields.get('content-transfer-encoding')).value.toLowerCase(),
				contentId: textOf(fields.get('content-id')).trim().replaceAll(/^<|>$/gv, ''),
				alternative: outer,
			},
			start: end,
			level: isEntered ? levels.length - 1 : -1,
		};
		return end;
	};

	let at = enter(0, false);
	// The first delimiter may stand right at the beginning of the body.
	let line = bytes[at] === hyphen && bytes[at + 1] === hyphen ? at : bytes.indexOf('\n--', at) + 1;
	while (line > 0 && levels.length > 0 && parts < maxParts) {
		const feed = bytes.indexOf(lineFeed, line);
		const next = feed === -1 ? bytes.length : feed + 1;
		const text = bytes.toString('latin1', line + 2, Math.min(next, line + 2 + maxBoundary + 4)).trimEnd();
		const opened = levels.findLastIndex(({boundary}) => boundary === text);
		const closed = levels.findLastIndex(({boundary}) => `${boundary}--` === text);
		at = next;
		// Where it could be both, the outer one counts.
		if (opened !== -1 && (closed === -1 || opened < closed)) {
			// What stands before the first part is no text of the message.
			open = open?.level === opened ? undefined : open;
			close(line);
			levels.length = opened + 1;
			parts++;
			at = enter(next, true);
		} else if (closed !== -1) {
			close(line);
			levels.length = closed;
		}

		line = bytes[at] === hyphen && bytes[at + 1] === hyphen && at > line ? at : bytes.indexOf('\n--', at) + 1;
	}

	close(bytes.length);
	return found;
};

/** As bytes of the delimiter line: a boundary is ASCII by RFC 2046, and 8-bit ones are met. */
const boundaryOf = (field: Uint8Array | undefined): string => {
	const {params} = libmime.parseHeaderValue(Buffer.from(field ?? []).toString('latin1'));
	const boundary = Object.hasOwn(params, 'boundary') ? params.boundary!.trimEnd() : '';
	return boundary.length <= maxBoundary ? boundary : '';
};
