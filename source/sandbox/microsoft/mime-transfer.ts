import {Buffer} from 'node:buffer';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

const hexValue = (byte: number): number => {
	const value = Number.parseInt(String.fromCodePoint(byte), 16);
	return Number.isNaN(value) ? -1 : value;
};

/** Quoted-printable (RFC 2045 6.7); what is not `=XX` stays. */
const quotedPrintable = (bytes: Uint8Array): Uint8Array => {
	const out = new Uint8Array(bytes.length);
	let length = 0;
	for (let start = 0; start < bytes.length;) {
		const feed = bytes.indexOf(10, start);
		const next = feed === -1 ? bytes.length : feed + 1;
		const lineEnd = feed === -1 ? next : (feed > start && bytes[feed - 1] === 13 ? feed - 1 : feed);
		let stop = lineEnd;
		while (stop > start && (bytes[stop - 1] === 32 || bytes[stop - 1] === 9)) {
			stop--;
		}

		const soft = stop > start && bytes[stop - 1] === 61;
		for (let at = start; at < (soft ? stop - 1 : stop); at++) {
			const high = bytes[at] === 61 && at + 2 < stop ? hexValue(bytes[at + 1]!) : -1;
			const low = high === -1 ? -1 : hexValue(bytes[at + 2]!);
			out[length++] = low === -1 ? bytes[at]! : (high * 16) + low;
			at += low === -1 ? 0 : 2;
		}

		if (!soft) {
			out.set(bytes.subarray(lineEnd, next), length);
			length += next - lineEnd;
		}

		start = next;
	}

	return out.subarray(0, length);
};

/** Uuencode: lines between `begin` and `end`. */
const uuencoded = (bytes: Uint8Array): Uint8Array => {
	const lines = latin1(bytes).split(/\r?\n/v);
	const begin = lines.findIndex(line => /^begin [0-7]{3,4} /v.test(line));
	if (begin === -1) {
		return bytes;
	}

	const out: number[] = [];
	for (const line of lines.slice(begin + 1)) {
		const code = (at: number) => ((line.codePointAt(at) ?? 32) - 32) & 63; // eslint-disable-line no-bitwise -- six bits a character
		const length = line === '' || line === 'end' ? 0 : code(0);
		if (length === 0) {
			break;
		}

		const group: number[] = [];
		for (let at = 1; group.length < length; at += 4) {
			const value = (code(at) * 262_144) + (code(at + 1) * 4096) + (code(at + 2) * 64) + code(at + 3);
			group.push(Math.floor(value / 65_536), Math.floor(value / 256) % 256, value % 256);
		}

		out.push(...group.slice(0, length));
	}

	return Uint8Array.from(out);
};

/** The bytes that an entity's body stands for; unknown encodings are taken as none. */
export const transferDecoded = (body: Uint8Array, encoding: string): Uint8Array => {
	switch (encoding) {
		case 'base64': {
			return Buffer.from(latin1(body), 'base64');
		}

		case 'quoted-printable': {
			return quotedPrintable(body);
		}

		case 'x-uuencode':
		case 'x-uue':
		case 'uuencode': {
			return uuencoded(body);
		}

		default: {
			return body;
		}
	}
};
