/**
Reads YAML into text values with their lines. Everything is text (the failsafe schema): what a value means
is the schema's business, and `password: 0012` stays four characters.

Messages are our own: the library's quote the source, and the source holds passwords.
*/
import {
	LineCounter, type Node, type Scalar, isAlias, isMap, isScalar, isSeq, parseDocument,
} from 'yaml';
import {type Problem} from './problem.js';
import {knownKeys, secretKeys} from './schema.js';

export type Value = string | undefined | Value[] | {[key: string]: Value};

export type ReadDocument = {
	readonly value: Value;
	/** The line on which a key, or the nearest one above it, stands. */
	readonly lineOf: (path: ReadonlyArray<string | number>) => number;
	readonly problems: readonly Problem[];
	/** Lines from here on cannot be relied on: the first that is not YAML. */
	readonly brokenFrom: number;
	/** Secrets with a comment behind them, which may have been meant as part of the secret. */
	readonly commented: ReadonlyArray<{readonly key: string; readonly line: number}>;
};

const quoting = 'a value in single quotes (it holds characters that YAML gives a meaning)';

/** What was expected, by the library's error code. */
const expectations: ReadonlyMap<string, string> = new Map([
	['BAD_ALIAS', quoting],
	['BAD_DQ_ESCAPE', 'a value in single quotes: in double quotes a backslash begins an escape'],
	['BAD_INDENT', 'the same indentation for all keys of a section, and every bracket closed'],
	['BAD_SCALAR_START', quoting],
	['BLOCK_AS_IMPLICIT_KEY', quoting],
	['MISSING_CHAR', 'a closing quote or bracket, or a colon and a space after the key'],
	['MULTILINE_IMPLICIT_KEY', '"key: value", with a space after the colon'],
	['MULTIPLE_DOCS', 'a single document: no line "---" in the middle'],
	['TAB_AS_INDENT', 'spaces for indentation, not tabs'],
	['TAG_RESOLVE_FAILED', quoting],
	['UNEXPECTED_TOKEN', quoting],
]);

const allKeys = new Set([...knownKeys.values()].flat());

/** The dotted path of the known key on a line, by indentation; '' where there is none. */
const keyAt = (lines: readonly string[], line: number): string => {
	const path: string[] = [];
	let indent = Infinity;
	for (let index = line - 1; index >= 0 && indent > 0; index--) {
		const match = /^(?<blank>\s*)(?<key>[A-Za-z]\w*)\s*:/v.exec(lines[index] ?? '');
		if (match && match.groups!.blank!.length < indent) {
			if (!allKeys.has(match.groups!.key!)) {
				return path.join('.');
			}

			indent = match.groups!.blank!.length;
			path.unshift(match.groups!.key!);
		} else if (path.length === 0) {
			return '';
		}
	}

	return path.join('.');
};

const empty = new Set(['', '~', 'null', 'Null', 'NULL']);

class Reader {
	readonly problems: Problem[] = [];
	readonly commented: Array<{key: string; line: number}> = [];
	readonly lines = new Map<string, number>();
	readonly #file: string;
	readonly #text: string;
	readonly #counter: LineCounter;
	readonly #document: ReturnType<typeof parseDocument>;

	constructor(file: string, text: string, counter: LineCounter, document: ReturnType<typeof parseDocument>) {
		this.#file = file;
		this.#text = text;
		this.#counter = counter;
		this.#document = document;
	}

	lineAt(offset: number): number {
		// An unclosed quote is noticed at the end of the file.
		return Math.max(1, this.#counter.linePos(Math.min(offset, this.#text.trimEnd().length)).line);
	}

	read(node: unknown, path: readonly string[]): Value {
		if (path.length > 8) {
			this.#add(path, 'fewer levels');
			return undefined;
		}

		if (isAlias(node)) {
			const target = node.resolve(this.#document);
			if (!target || secretKeys.has(path.join('.'))) {
				this.#add(path, quoting);
				return undefined;
			}

			return this.read(target, path);
		}

		if (isScalar(node)) {
			return this.#scalar(node, path);
		}

		if (isSeq(node)) {
			return node.items.map((item, index) => {
				this.#note([...path, String(index)], item);
				return this.read(item, [...path, String(index)]);
			});
		}

		return isMap(node) ? this.#map(node.items, path) : undefined;
	}

	lineOf(path: ReadonlyArray<string | number>): number {
		for (let depth = path.length; depth > 0; depth--) {
			const line = this.lines.get(path.slice(0, depth).join('\0'));
			if (line !== undefined) {
				return line;
			}
		}

		return 1;
	}

	#map(items: ReadonlyArray<{key: unknown; value: unknown}>, path: readonly string[]): Value {
		const map: Record<string, Value> = {};
		for (const {key: node, value} of items) {
			if (!isScalar(node)) {
				this.#add(path, '"key: value"');
				continue;
			}

			const key = String(node.value);
			const before = this.lines.get([...path, key].join('\0'));
			this.#note([...path, key], node);
			if (Object.hasOwn(map, key)) {
				this.#add([...path, key], `each key once (it stands on line ${before} too)`);
			}

			Object.defineProperty(map, key, {
				value: this.read(value, [...path, key]), enumerable: true, configurable: true, writable: true,
			});
		}

		return map;
	}

	#scalar(node: Scalar, path: readonly string[]): Value {
		const key = path.join('.');
		if (secretKeys.has(key)) {
			this.#checkSecret(node, path);
		}

		const text = typeof node.value === 'string' ? node.value : '';
		return (node.type === undefined || node.type === 'PLAIN') && empty.has(text) ? undefined : text;
	}

	/** Values that YAML takes apart without a word. */
	#checkSecret(node: Scalar, path: readonly string[]): void {
		const end = node.range?.[1] ?? 0;
		const behind = /^[ \t]*#(?<next>[^\n]?)/v.exec(this.#text.slice(end));
		if (node.anchor !== undefined || (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org'))) {
			this.#add(path, 'a value in single quotes: a & or ! at its start has a meaning in YAML');
		} else if (behind && node.type === 'PLAIN') {
			if (/\S/v.test(behind.groups?.next ?? '')) {
				this.#add(path, 'a value in single quotes: what follows a # is taken for a comment');
			} else {
				this.commented.push({key: path.join('.'), line: this.lineAt(end)});
			}
		}
	}

	#note(path: readonly string[], node: unknown): void {
		const range = (node as Node | undefined)?.range;
		if (range) {
			this.lines.set(path.join('\0'), this.lineAt(range[0]));
		}
	}

	#add(path: readonly string[], expected: string): void {
		const shown = path.filter((_, depth) => depth === 0 || knownKeys.has(path.slice(0, depth).join('.')));
		this.problems.push({
			file: this.#file, line: this.lineOf(path), key: shown.join('.'), expected,
		});
	}
}

/** A configuration's text, taken apart; never throws. */
export const readDocument = (file: string, text: string): ReadDocument => {
	const counter = new LineCounter();
	const document = parseDocument(text, {
		schema: 'failsafe', lineCounter: counter, prettyErrors: false, uniqueKeys: false, logLevel: 'silent',
	});
	const reader = new Reader(file, text, counter, document);
	const lines = text.split(/\r\n?|\n/v);
	const broken = new Map<number, Problem>();
	for (const {pos, code} of [...document.errors, ...document.warnings]) {
		const line = reader.lineAt(pos[0]);
		if (!broken.has(line)) {
			broken.set(line, {
				file, line, key: keyAt(lines, line), expected: expectations.get(code) ?? 'YAML',
			});
		}
	}

	const value = reader.read(document.contents, []);
	const brokenFrom = Math.min(...broken.keys(), Infinity);
	return {
		value, brokenFrom, commented: reader.commented, lineOf: path => reader.lineOf(path),
		problems: [...broken.values(), ...reader.problems.filter(problem => problem.line === undefined || !broken.has(problem.line))],
	};
};
