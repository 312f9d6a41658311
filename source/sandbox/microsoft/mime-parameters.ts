import {Buffer} from 'node:buffer';
import {longestText, rawText, textOf} from './mime-fields.js';
import {decodeText} from './mime-charset.js';

/** A structured value such as `text/plain; charset=utf-8`: the value in lower case, parameters by their lower-case names, decoded. */
export type Structured = {readonly value: string; readonly parameters: ReadonlyMap<string, string>};

/** Cuts at `;` outside quotes and comments (RFC 2045 5.1); comments are left out, quotes undone. */
const pieces = (text: string): string[] => {
	const found: string[] = [];
	let piece = '';
	let quoted = false;
	let depth = 0;
	let assigned = false;
	for (let index = 0; index < text.length; index++) {
		const character = text[index]!;
		const escaped = character === '\\' && (quoted || depth > 0) && String.raw`"\()`.includes(text[index + 1] ?? ' ');
		index += escaped ? 1 : 0;
		if (!escaped && character === '"' && depth === 0) {
			quoted = !quoted;
		} else if (!escaped && !quoted && (depth > 0 || character === '(')) {
			// In a value, a bracket without a blank before it is part of a name: `filename=Invoice(1).pdf`.
			const opens = character === '(' && (depth > 0 || !assigned || /^$|\s/v.test(text[index - 1] ?? ''));
			piece += depth === 0 && !opens ? character : '';
			depth += opens ? 1 : (character === ')' ? -1 : 0);
		} else if (!escaped && !quoted && character === ';') {
			found.push(piece.trim());
			piece = '';
			assigned = false;
		} else if (depth === 0) {
			assigned ||= character === '=';
			piece += text[index]!;
		}
	}

	return [...found, piece.trim()];
};

const percentDecoded = (text: string): Uint8Array => Buffer.from(text.replaceAll(/%(?<hex>[\dA-Fa-f]{2})/gv, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))), 'latin1');

/** Parameters that came in parts or with a character set (RFC 2231): `name*0*=utf-8''a%20`, `name*1=b`. */
const continued = (parts: ReadonlyArray<{readonly index: number; readonly encoded: boolean; readonly value: string}>): string => {
	const sorted = [...parts].sort((a, b) => a.index - b.index);
	const charset = sorted[0]!.encoded ? /^(?<charset>[^']*)'[^']*'/v.exec(sorted[0]!.value) : null;
	const bytes = sorted.map(({encoded, value}, at) => {
		const text = at === 0 && charset ? value.slice(charset[0].length) : value;
		return encoded ? percentDecoded(text) : Buffer.from(text, 'latin1');
	});
	return decodeText(Buffer.concat(bytes), charset?.groups!.charset, !charset);
};

/** @param text latin1, unfolded */
export const structuredOf = (text: string): Structured => {
	const [value = '', ...rest] = pieces(text.slice(0, longestText));
	const parameters = new Map<string, string>();
	const parts = new Map<string, Array<{index: number; encoded: boolean; value: string}>>();
	for (const piece of rest) {
		const equals = piece.indexOf('=');
		const name = piece.slice(0, Math.max(0, equals)).trim().toLowerCase();
		const content = piece.slice(equals + 1).trim();
		const {base, index, star} = /^(?<base>[^*]+)(?:\*(?<index>\d{1,3}))?(?<star>\*)?$/v.exec(name)?.groups ?? {};
		if (base !== undefined && (index !== undefined || star !== undefined)) {
			parts.set(base, [...parts.get(base) ?? [], {index: Number(index ?? 0), encoded: star !== undefined, value: content}]);
		} else if (name !== '' && !parameters.has(name)) {
			// Encoded words in parameters are against RFC 2047 5, and everywhere.
			parameters.set(name, content.includes('=?') ? textOf(content) : rawText(content));
		}
	}

	for (const [name, list] of parts) {
		parameters.set(name, continued(list));
	}

	return {value: value.toLowerCase().replaceAll(/\s+/gv, ''), parameters};
};
