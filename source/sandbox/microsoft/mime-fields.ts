import {Buffer} from 'node:buffer';
import {addressParser, decodeWords} from 'postal-mime';
import {type Address} from './content.js';
import {decodeText} from './mime-charset.js';

/** One field of a header: its name in lower case and its unfolded value, a character a byte (latin1). */
export type Field = {readonly name: string; readonly value: string};

/** Longer values are cut: nothing that counts is so long, and hostile ones must cost little. Bytes. */
const longest = 2_097_152;
export const longestText = 65_536;

/** A subject is cut here, in UTF-16 units, and a list of addresses here. */
const longestSubject = 10_000;
const mostAddresses = 10_000;

const nameOf = /^(?<name>[!-9;-~]{1,200})[\t ]*:/v;

/** The first line that is empty, or `undefined`; where the next one begins. */
const emptyLine = (bytes: Uint8Array): {readonly at: number; readonly next: number} | undefined => {
	let start = 0;
	while (start < bytes.length) {
		const end = bytes.indexOf(10, start);
		const stop = end === -1 ? bytes.length : end;
		if (stop === start || (stop === start + 1 && bytes[start] === 13)) {
			return {at: start, next: end === -1 ? bytes.length : end + 1};
		}

		start = stop + 1;
	}

	return undefined;
};

/** The fields of a header block (RFC 5322 2.2); lines that are none are passed over. */
export const fieldsOf = (block: string): Field[] => {
	const fields: Array<{name: string; lines: string[]}> = [];
	for (const line of block.split('\n')) {
		const text = line.endsWith('\r') ? line.slice(0, -1) : line;
		const name = nameOf.exec(text)?.groups!.name;
		if (/^[\t ]/v.test(text)) {
			fields.at(-1)?.lines.push(text.slice(1));
		} else if (name !== undefined) {
			fields.push({name: name.toLowerCase(), lines: [text.slice(text.indexOf(':') + 1)]});
		}
	}

	return fields.map(({name, lines}) => ({name, value: lines.join(' ').slice(0, longest)}));
};

/** Header and body of an entity; what has no field before its first empty line is all body. */
export const splitEntity = (bytes: Uint8Array): {readonly block: string; readonly fields: readonly Field[]; readonly body: Uint8Array} => {
	const empty = emptyLine(bytes);
	const block = Buffer.from(bytes.subarray(0, empty?.at ?? bytes.length)).toString('latin1');
	const fields = fieldsOf(block);
	return fields.length === 0 && empty?.at !== 0 ? {block: '', fields, body: bytes} : {block, fields, body: bytes.subarray(empty?.next ?? bytes.length)};
};

/** C0, DEL and what XML forbids: no store of properties keeps them in a one-line text. */
export const uncommon = /[\u0000-\u001F\u007F\uFFFE\uFFFF]/gv; // eslint-disable-line no-control-regex -- they are what is looked for

/** Bytes above ASCII inside an encoded word, where they must not be: brought into its encoding, so that its character set counts. */
const mendedWords = (value: string): string => value.replaceAll(/=\?[^?\s]{1,60}\?q\?[^?]*\?=/giv, word =>
	word.replaceAll(/[\u0080-\u00FF]/gv, character => `=${character.codePointAt(0)!.toString(16).toUpperCase()}`));

/** Bytes of a value as text: UTF-8 where they are, else the message's own character set. */
export const rawText = (value: string, charset?: string): string => /[\u0080-\u00FF]/v.test(value) ? decodeText(Buffer.from(mendedWords(value), 'latin1'), charset, true) : value;

/** Unstructured text (RFC 2047) as Exchange shows it: on one line, a tab as a blank, other control characters as `?`. */
export const textOf = (value: string, charset?: string): string => decodeWords(rawText(value.slice(0, longestText), charset).replaceAll('\t', ' ')).replaceAll('\t', ' ').replaceAll(uncommon, '?').trim().slice(0, longestSubject).toWellFormed().trim();

/** All addresses of a list (RFC 5322 3.4), groups opened; names decoded. */
export const addressesOf = (value: string, charset?: string): Address[] => addressParser(rawText(value, charset).replaceAll('\t', ' '), {flatten: true})
	.map(({name, address = ''}) => ({name: name.replaceAll(uncommon, '?').trim(), address: address.replaceAll(uncommon, '').trim()}))
	.filter(({name, address}) => name !== '' || address !== '')
	.slice(0, mostAddresses);
