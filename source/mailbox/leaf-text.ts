import {Buffer, isUtf8} from 'node:buffer';
import libmime from 'libmime';
import {type Leaf} from './mime-leaves.js';

/** So much of a leaf is decoded; what is longer is compared by its beginning. */
const longest = 16 * 1024 * 1024;

/** What a leaf's body stands for. */
export type Decoded = {
	readonly bytes: Uint8Array;
	/** Two decoders must read it alike. */
	readonly clean: boolean;
	/** There was more. */
	readonly cut: boolean;
};

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** RFC 2045 6.7. Blanks at line ends go, as transport may have put them there; what is no `=XX` stays. */
const quotedPrintable = (text: string): Uint8Array => Buffer.from(text.split('\n').map(line => {
	const trimmed = line.trimEnd();
	return trimmed.endsWith('=') ? trimmed.slice(0, -1) : `${trimmed}\r\n`;
}).join('').replaceAll(/[=](?<hex>[\dA-Fa-f]{2})/gv, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))), 'latin1');

/** Undoes a leaf's Content-Transfer-Encoding, in linear time. Never throws. */
export const decodedOf = ({body, encoding}: Leaf): Decoded => {
	const cut = body.length > longest;
	const part = cut ? body.subarray(0, longest) : body;
	if (encoding === 'base64') {
		const text = latin1(part).replaceAll(/\s+/gv, '');
		return {bytes: Buffer.from(text, 'base64'), clean: (cut || text.length % 4 === 0) && /^[\d+\/A-Za-z]*={0,2}$/v.test(text), cut};
	}

	return encoding === 'quoted-printable'
		? {bytes: quotedPrintable(latin1(part)), clean: true, cut}
		: {bytes: part, clean: ['', '7bit', '8bit', 'binary'].includes(encoding), cut};
};

/** How sure it is that another program reads a text as we do. */
export type Certainty =
	/** Every character. */
	| 'sure'
	/** Tables of this character set differ in some signs, and not in letters. */
	| 'letters'
	/** ASCII at most. */
	| 'ascii';

export type Reading = {readonly text: string; readonly certainty: Certainty; readonly cut: boolean};

const western = /^(?:us-ascii|ascii|iso-?8859-?1|latin-?1|cp-?1252|windows-1252|ansi_x3\.4-1968)$/v;
const single = /^(?:iso-?8859-?\d{1,2}|windows-125\d|cp125\d|koi8-[ru])$/v;
const multiple = /^(?:iso-2022-\w+|euc-\w+|shift_jis|x-sjis|gb2312|gbk|gb18030|big5(?:-hkscs)?|ks_c_5601-1987|windows-949)$/v;

const named = /<meta[^<>]{0,200}charset\s{0,5}=\s{0,5}["']?(?<charset>[\w\-]{2,40})/iv;

const isUtf7 = (charset: string): boolean => /^(?:unicode-1-1-)?utf-?7$/v.test(charset);

/** RFC 2152, which the library does not read. */
const utf7 = (text: string): string => text.replaceAll(/\+(?<encoded>[\d+\/A-Za-z]{0,4000})-?/gv, (_, encoded: string) => {
	const bytes = Buffer.from(encoded, 'base64');
	return encoded === '' ? '+' : bytes.subarray(0, bytes.length - (bytes.length % 2)).swap16().toString('utf16le');
});

/** By table: Node's own TextDecoder reads windows-1252 as latin1 in some releases. '' where the set is unknown. */
const inCharset = (bytes: Uint8Array, charset: string): string => {
	try {
		return libmime.decodeWord(charset, 'B', Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'));
	} catch {
		return '';
	}
};

const is7Bit = (bytes: Uint8Array): boolean => !bytes.some(byte => byte > 0x7E || byte === 0x1B);

/**
The text of a leaf: as its charset says, and where that is missing, wrong or not a sure thing as others might read it. The
first is the likeliest; at least one.
*/
export const readingsOf = (leaf: Leaf): Reading[] => {
	const {bytes, clean, cut} = decodedOf(leaf);
	const common = {cut};
	const {charset} = leaf;
	if (isUtf7(charset)) {
		return [{...common, text: utf7(latin1(bytes)), certainty: 'ascii'}];
	}

	if (is7Bit(bytes) && !/^(?:utf-?16|utf-?32|hz)/v.test(charset)) {
		return [{...common, text: Buffer.from(bytes).toString('latin1'), certainty: clean ? 'sure' : 'ascii'}];
	}

	const isUnicode = isUtf8(bytes);
	const guess = (): string => isUnicode ? Buffer.from(bytes).toString('utf8') : inCharset(bytes, 'windows-1252');
	const meta = leaf.type === 'text/html' ? named.exec(latin1(bytes.subarray(0, 2048)))?.groups!.charset?.toLowerCase() ?? '' : '';
	const readings: Reading[] = [];
	const add = (text: string, certainty: Certainty) => {
		if (text !== '' && !readings.some(reading => reading.text === text)) {
			readings.push({...common, text, certainty: !clean || text.includes('\uFFFD') ? 'ascii' : certainty});
		}
	};

	if (/^utf-?8$/v.test(charset)) {
		add(Buffer.from(bytes).toString('utf8'), 'sure');
	} else if (western.test(charset)) {
		// What the standard leaves undefined here, and ASCII with eight bits, is read in three ways.
		add(inCharset(bytes, 'windows-1252'), /ascii|ansi/v.test(charset) ? 'ascii' : 'letters');
	} else if (charset !== '') {
		add(inCharset(bytes, charset), single.test(charset) ? 'sure' : (multiple.test(charset) ? 'letters' : 'ascii'));
	}

	if (meta !== '' && meta !== charset) {
		add(inCharset(bytes, meta), 'letters');
	}

	if (readings.length === 0 || readings.some(({certainty}) => certainty !== 'sure') || meta !== '') {
		add(guess(), isUnicode ? 'letters' : 'ascii');
		add(inCharset(bytes, 'windows-1252'), 'ascii');
	}

	return readings.length > 0 ? readings : [{...common, text: latin1(bytes), certainty: 'ascii'}];
};
