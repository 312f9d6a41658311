/** Which names a destination takes and which it holds equal. Pure, deterministic, by its {@link NameRules}. */
import {Buffer} from 'node:buffer';
import {type NameRules} from './destination.js';
import {type FolderPath} from './mailbox.js';

export type NameChange = 'renamed' | 'reserved' | 'shortened';

const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Unicode simple case folding, near enough: `ς` and `Σ` fold alike, `ß` stays itself. */
const fold = (text: string): string => [...text].map(char => {
	const upper = char.toUpperCase();
	const lower = [...upper].length === 1 ? upper.toLowerCase() : char.toLowerCase();
	return [...lower].length === 1 ? lower : char;
}).join('');

const trimmed = (name: string, {normalises}: NameRules): string => normalises
	? name.replace(/^[\s.]+/v, '').replace(/[\s.]+$/v, '')
	: name.trim();

/** Equal texts for names that the destination holds equal. */
const nameKey = (name: string, rules: NameRules): string => {
	let key = name;
	if (rules.normalises) {
		// Only the end counts: leading blanks do tell names apart.
		key = key.normalize('NFC').replace(/[\s.]+$/v, '');
	}

	if (rules.ignoresCase) {
		key = fold(key);
	}

	// Folding may leave a text that composes further.
	return rules.normalises ? key.normalize('NFC') : key;
};

/** Equal texts for paths that the destination holds equal; INBOX at the top in any case (RFC 9051 5.1). */
export const destinationKey = (path: FolderPath, rules: NameRules): string => JSON.stringify(path.map((name, depth) => {
	const key = nameKey(name, rules);
	return depth === 0 && key.toLowerCase() === 'inbox' ? 'INBOX' : key;
}));

/** Whether two names, side by side below the top, are one for the destination. */
export const equalNames = (a: string, b: string, rules: NameRules): boolean => nameKey(a, rules) === nameKey(b, rules);

/** Whether two paths are one folder for the destination. */
export const equalPaths = (a: FolderPath, b: FolderPath, rules: NameRules): boolean => destinationKey(a, rules) === destinationKey(b, rules);

const replacement = (rules: NameRules): string => ['-', '_', ' '].find(char => !rules.forbidden.includes(char) && char !== rules.delimiter) ?? '';

/** Never in a name: control characters and line separators, halves of surrogate pairs, what the rules forbid, the delimiter. */
const replaced = (name: string, rules: NameRules): string => {
	const stand = replacement(rules);
	// A lone half of a surrogate pair cannot be written in UTF-8.
	const whole = name.toWellFormed().replaceAll(/[\p{Cc}\u2028\u2029]/gv, ' ');
	return [...whole].map(char => rules.forbidden.includes(char) || (rules.delimiter !== '' && char === rules.delimiter) ? stand : char).join('');
};

/** Cuts a name to the rules' length in UTF-8 bytes, between characters as people see them, and adds `suffix` whole. */
const shortened = (name: string, suffix: string, rules: NameRules): string => {
	const room = rules.maxNameBytes - bytesOf(suffix);
	if (rules.maxNameBytes <= 0 || bytesOf(name) <= room) {
		return name + suffix;
	}

	let cut = '';
	for (const {segment} of new Intl.Segmenter('en', {granularity: 'grapheme'}).segment(name)) {
		if (bytesOf(cut) + bytesOf(segment) > room) {
			break;
		}

		cut += segment;
	}

	// One character of many bytes (a joined emoji) may be longer than all the room there is.
	return (trimmed(cut, rules) || '_') + suffix;
};

/**
A name the destination takes, as near to the given one as can be; `suffix` is kept whole at its end.
Idempotent: a name that was cleaned once is not changed again.
*/
export const cleanName = (name: string, rules: NameRules, {top, suffix = ''}: {readonly top: boolean; readonly suffix?: string}): {readonly name: string; readonly changes: readonly NameChange[]} => {
	const changes: NameChange[] = [];
	let clean = trimmed(replaced(name, rules), rules);
	if (clean === '' || clean === '.' || clean === '..') {
		clean = 'Unnamed';
	}

	if (clean !== name) {
		changes.push('renamed');
	}

	if (top && rules.reserved.some(reserved => fold(reserved) === fold(clean))) {
		clean = `${clean} (mail)`;
		changes.push('reserved');
	}

	const fitting = shortened(clean, suffix, rules);
	if (fitting !== clean + suffix) {
		changes.push('shortened');
	}

	return {name: fitting, changes};
};

/**
A path the destination takes: every name below the first `trusted` levels cleaned, the deepest levels
joined into one name beyond `maxDepth`, `suffix` kept whole at the end.
*/
export const cleanPath = (path: FolderPath, rules: NameRules, {trusted = 0, suffix = ''} = {}): {readonly path: FolderPath; readonly changes: ReadonlyArray<NameChange | 'flattened'>} => {
	const isFlat = rules.maxDepth > 0 && path.length > rules.maxDepth;
	const names = isFlat ? [...path.slice(0, rules.maxDepth - 1), path.slice(rules.maxDepth - 1).join(' - ')] : path;
	const last = names.length - 1;
	const changes = new Set<NameChange | 'flattened'>(isFlat ? ['flattened'] : []);
	const cleaned = names.map((name, depth) => {
		if (depth < trusted && depth < last) {
			return name;
		}

		const clean = cleanName(name, rules, {top: depth === 0, ...(depth === last && {suffix})});
		for (const change of clean.changes) {
			changes.add(change);
		}

		return clean.name;
	});
	return {path: cleaned, changes: [...changes]};
};
