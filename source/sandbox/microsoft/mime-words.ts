import {Buffer} from 'node:buffer';
import {type Address} from './content.js';

const widest = 76;

/** Plain ASCII that reads back as itself: nothing like an encoded word, no blanks that folding would lose, no line too long to fold. */
const isPlain = (text: string): boolean => !/[^ -~]/v.test(text) && !text.includes('=?') && !/^ | {2,}| $|[^ ]{400}/v.test(text);

/** Encoded words (RFC 2047) of whole characters, each of at most 75 characters, one a line. */
const words = (text: string): string => {
	const chunks: string[] = [];
	let chunk = '';
	let size = 0;
	for (const character of text) {
		const length = Buffer.byteLength(character);
		if (size + length > 45) {
			chunks.push(chunk);
			chunk = '';
			size = 0;
		}

		chunk += character;
		size += length;
	}

	return [...chunks, chunk].map(piece => `=?utf-8?B?${Buffer.from(piece).toString('base64')}?=`).join('\r\n ');
};

/** Folds at blanks where a line grows too wide (RFC 5322 2.2.3). @param used characters before it on the first line */
const folded = (text: string, used: number): string => {
	let column = used;
	return text.split(' ').map((word, index) => {
		const fits = index === 0 || column + 1 + word.length <= widest;
		column = fits ? column + 1 + word.length : 1 + word.length;
		return index === 0 ? word : (fits ? ` ${word}` : `\r\n ${word}`);
	}).join('');
};

/** Unstructured text of a field. */
export const textField = (name: string, text: string): string => `${name}: ${isPlain(text) ? folded(text, name.length + 2) : words(text)}\r\n`;

/** Identifiers: folded at blanks, encoded never. */
export const identifierField = (name: string, text: string): string => `${name}:${text.length + name.length > 60 ? '\r\n\t' : ' '}${folded(text, name.length + 2)}\r\n`;

const mailbox = ({name, address}: Address): string => {
	const shown = isPlain(name) ? `"${name.replaceAll(/["\\]/gv, String.raw`\$&`)}"` : words(name);
	// A store that knows no name shows the address in its place (recorded/graph/message-value-200.http).
	const clean = address.replaceAll(/[<>\u0000-\u001F]/gv, ''); // eslint-disable-line no-control-regex -- they would end the field
	return address === '' ? shown : `${name === '' ? `"${clean.replaceAll(/["\\]/gv, String.raw`\$&`)}"` : shown} <${clean}>`;
};

export const addressField = (name: string, list: readonly Address[]): string => list.length === 0 ? '' : `${name}: ${list.map(address => mailbox(address)).join(',\r\n\t')}\r\n`;

/** A parameter, quoted, in the form of RFC 2231 where it is not plain, in parts where it is long; with what joins it to the one before. */
export const parameter = (name: string, value: string): string => {
	if (/^[ -~]{0,60}$/v.test(value) && !value.includes('=?')) {
		return `;\r\n\t${name}="${value.replaceAll(/["\\]/gv, String.raw`\$&`)}"`;
	}

	const encoded = [...Buffer.from(value)].map(byte => /[\w\-.]/v.test(String.fromCodePoint(byte)) && byte < 128 ? String.fromCodePoint(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);
	const parts: string[] = [''];
	for (const character of encoded) {
		if (parts.at(-1)!.length > 55) {
			parts.push('');
		}

		parts[parts.length - 1] += character;
	}

	return parts.map((part, index) => `;\r\n\t${name}${parts.length > 1 ? `*${index}` : ''}*=${index === 0 ? 'utf-8\'\'' : ''}${part}`).join('');
};
