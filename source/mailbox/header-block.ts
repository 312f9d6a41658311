import {Buffer} from 'node:buffer';
import {headerBytes, lineAt, textOf} from './header-fields.js';

/** A field as it stands, unfolded; neither decoded (RFC 2047) nor trimmed, and not shortened. */
export type Field = {readonly name: string; readonly value: Uint8Array};

export type HeaderBlock = {
	/** In order, each of a repeated name. */
	readonly fields: readonly Field[];
	/** The block as text, lines that are no fields included, with CRLF. */
	readonly text: string;
};

const lineFeed = 0x0A;
const carriageReturn = 0x0D;
const nameBytes = 80;

/**
All of a message's header (RFC 5322 2.2), by the rules of `readHeader`: where only some fields are wanted, and only as much of each
as is compared, that one is quicker. At most 1 MiB; never throws.
*/
export const headerBlock = (message: Uint8Array): HeaderBlock => {
	const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
	const limit = Math.min(bytes.length, headerBytes);
	const feed = bytes.indexOf(lineFeed);
	const ending = feed === -1 || feed >= limit ? carriageReturn : lineFeed;
	const found: Array<{readonly name: string; readonly pieces: Uint8Array[]}> = [];
	const lines: Uint8Array[] = [];
	for (let start = 0; start < limit;) {
		const [end, next] = lineAt(bytes, start, limit, ending);
		if (end === start) {
			break;
		}

		const line = bytes.subarray(start, end);
		lines.push(line, Uint8Array.of(carriageReturn, lineFeed));
		if (line[0] === 0x20 || line[0] === 0x09) {
			found.at(-1)?.pieces.push(line);
		} else {
			const colon = line.subarray(0, nameBytes).indexOf(0x3A);
			const name = colon === -1 ? '' : line.toString('latin1', 0, colon).trimEnd();
			// What follows a line that is no field is folded into it, and passed over with it.
			found.push({name: /^[!-9;-~]+$/v.test(name) ? name : '', pieces: [line.subarray(colon + 1)]});
		}

		start = next;
	}

	return {
		fields: found.filter(({name}) => name !== '').map(({name, pieces}) => ({name, value: Buffer.concat(pieces)})),
		text: textOf(Buffer.concat(lines)),
	};
};

/** The values of all fields of a name (in lower case), as text. */
export const valuesOf = ({fields}: HeaderBlock, name: string): string[] => fields.filter(field => field.name.toLowerCase() === name).map(({value}) => textOf(value));
