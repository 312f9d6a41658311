import {badQuery} from './graph-errors.js';

/** What `$filter` reads of an entity: the value at a path, as JSON has it. @throws GraphRefused for a name that is none */
export type Reader<Entity> = (entity: Entity, path: readonly string[]) => unknown;

/** Members of a collection at a path; `ids` are the literals that the lambda compares `id` with. */
export type Collection<Entity> = (entity: Entity, path: readonly string[], ids: readonly string[]) => readonly unknown[];

type Operand = {readonly path: readonly string[]} | {readonly value: unknown};
type Node =
	| {readonly type: 'and' | 'or'; readonly left: Node; readonly right: Node}
	| {readonly type: 'not'; readonly of: Node}
	| {readonly type: 'compare'; readonly operator: string; readonly left: Operand; readonly right: Operand}
	| {readonly type: 'call'; readonly name: string; readonly args: readonly Operand[]}
	| {readonly type: 'any'; readonly path: readonly string[]; readonly variable: string; readonly body: Node | undefined};

const token = /\s*(?:(?<text>'(?:[^']|'')*')|(?<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+\-]\d\d:\d\d)?)?)|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Z_a-z][\w.\/]*)|(?<mark>[\(\),:]))/vy;
const comparisons = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);
const functions = new Set(['startswith', 'endswith', 'contains']);

type Token = {readonly kind: 'value' | 'word' | 'mark'; readonly text: string; readonly value?: unknown};

const tokensOf = (filter: string): Token[] => {
	const tokens: Token[] = [];
	const source = filter.trimEnd();
	token.lastIndex = 0;
	while (token.lastIndex < source.length) {
		const at = token.lastIndex;
		const {text, date, number, word, mark} = token.exec(source)?.groups ?? {};
		if (text !== undefined) {
			tokens.push({kind: 'value', text, value: text.slice(1, -1).replaceAll('\'\'', '\'')});
		} else if (date !== undefined) {
			tokens.push({kind: 'value', text: date, value: date});
		} else if (number !== undefined) {
			tokens.push({kind: 'value', text: number, value: Number(number)});
		} else if (word !== undefined) {
			const literal = new Map<string, unknown>([['true', true], ['false', false], ['null', null]]);
			tokens.push(literal.has(word) ? {kind: 'value', text: word, value: literal.get(word)} : {kind: 'word', text: word});
		} else if (mark === undefined) {
			throw badQuery(`Syntax error: character '${source[at]!}' is not valid at position ${at} in '${source}'.`);
		} else {
			tokens.push({kind: 'mark', text: mark});
		}
	}

	return tokens;
};

/** Reads OData 4.01 5.1.1.1 as far as mail is filtered by it; operators in any case. */
class Parser {
	readonly #tokens: readonly Token[];
	readonly #filter: string;
	#at = 0;

	constructor(filter: string) {
		this.#filter = filter;
		this.#tokens = tokensOf(filter);
	}

	whole(): Node {
		const node = this.#either();
		if (this.#at < this.#tokens.length) {
			throw this.#error();
		}

		return node;
	}

	#either(): Node {
		let left = this.#both();
		while (this.#takes('or')) {
			left = {type: 'or', left, right: this.#both()};
		}

		return left;
	}

	#both(): Node {
		let left = this.#one();
		while (this.#takes('and')) {
			left = {type: 'and', left, right: this.#one()};
		}

		return left;
	}

	#one(): Node {
		if (this.#takes('not')) {
			return {type: 'not', of: this.#one()};
		}

		if (this.#takes('(')) {
			const node = this.#either();
			this.#expect(')');
			return node;
		}

		const {text} = this.#tokens[this.#at] ?? {text: ''};
		if (/\/any$/iv.test(text)) {
			this.#at++;
			return this.#any(text.split('/').slice(0, -1));
		}

		if (functions.has(text.toLowerCase())) {
			this.#at++;
			this.#expect('(');
			const args = [this.#operand()];
			this.#expect(',');
			args.push(this.#operand());
			this.#expect(')');
			return {type: 'call', name: text.toLowerCase(), args};
		}

		const left = this.#operand();
		const operator = this.#tokens[this.#at++]?.text.toLowerCase() ?? '';
		if (!comparisons.has(operator)) {
			throw this.#error();
		}

		return {
			type: 'compare', operator, left, right: this.#operand(),
		};
	}

	#any(path: readonly string[]): Node {
		this.#expect('(');
		if (this.#takes(')')) {
			return {
				type: 'any', path, variable: '', body: undefined,
			};
		}

		const variable = this.#tokens[this.#at++]?.text ?? '';
		this.#expect(':');
		const body = this.#either();
		this.#expect(')');
		return {
			type: 'any', path, variable, body,
		};
	}

	#operand(): Operand {
		const one = this.#tokens[this.#at++];
		if (!one || one.kind === 'mark') {
			throw this.#error();
		}

		if (one.kind === 'value') {
			return {value: one.value};
		}

		if (one.text.toLowerCase() === 'cast') {
			this.#expect('(');
			const operand = this.#operand();
			this.#expect(',');
			this.#at++;
			this.#expect(')');
			return operand;
		}

		return {path: one.text.split('/')};
	}

	#takes(text: string): boolean {
		const one = this.#tokens[this.#at];
		const fits = one !== undefined && one.kind !== 'value' && one.text.toLowerCase() === text;
		this.#at += fits ? 1 : 0;
		return fits;
	}

	#expect(text: string): void {
		if (!this.#takes(text)) {
			throw this.#error();
		}
	}

	#error() {
		return badQuery(`Invalid filter clause: Syntax error at token ${this.#at} in '${this.#filter}'.`);
	}
}

const isDate = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d\d-\d\d(?:T|$)/v.test(value);

/** The store compares texts without case. */
const order = (left: unknown, right: unknown): number | undefined => {
	if (isDate(left) && isDate(right)) {
		return Date.parse(left) - Date.parse(right);
	}

	if (typeof left === 'number' || typeof right === 'number') {
		return Number(left) - Number(right);
	}

	if (typeof left === 'string' && typeof right === 'string') {
		const [a, b] = [left.toLowerCase(), right.toLowerCase()];
		return a === b ? 0 : (a < b ? -1 : 1);
	}

	return (left ?? null) === (right ?? null) ? 0 : undefined;
};

const holds = (operator: string, left: unknown, right: unknown): boolean => {
	const difference = order(left, right);
	switch (operator) {
		case 'eq': {
			return difference === 0;
		}

		case 'ne': {
			return difference !== 0;
		}

		case 'gt': {
			return (difference ?? 0) > 0;
		}

		case 'ge': {
			return (difference ?? -1) >= 0;
		}

		case 'lt': {
			return (difference ?? 0) < 0;
		}

		default: {
			return (difference ?? 1) <= 0;
		}
	}
};

/** Literals that `<variable>/id` is compared with. */
const idsIn = (node: Node | undefined, variable: string): string[] => {
	if (node === undefined) {
		return [];
	}

	if (node.type === 'and' || node.type === 'or') {
		return [...idsIn(node.left, variable), ...idsIn(node.right, variable)];
	}

	const isId = node.type === 'compare' && 'path' in node.left && node.left.path.join('/') === `${variable}/id`;
	return isId && 'value' in node.right ? [String(node.right.value)] : [];
};

const drill = (value: unknown, path: readonly string[]): unknown => {
	let found = value;
	for (const name of path) {
		found = (found as Record<string, unknown> | undefined)?.[name];
	}

	return found;
};

/** Whether an entity passes, and which names the filter asks about. @throws GraphRefused for a filter that is none */
export const filterOf = <Entity>(filter: string, read: Reader<Entity>, members: Collection<Entity>): {readonly passes: (entity: Entity) => boolean; readonly about: string} => {
	type Variables = ReadonlyMap<string, unknown>;
	const valueOf = (operand: Operand, entity: Entity, variables: Variables): unknown => {
		if ('value' in operand) {
			return operand.value;
		}

		const [first = '', ...rest] = operand.path;
		return variables.has(first) ? drill(variables.get(first), rest) : read(entity, operand.path);
	};

	const passes = (node: Node, entity: Entity, variables: Variables): boolean => {
		switch (node.type) {
			case 'and': {
				return passes(node.left, entity, variables) && passes(node.right, entity, variables);
			}

			case 'or': {
				return passes(node.left, entity, variables) || passes(node.right, entity, variables);
			}

			case 'not': {
				return !passes(node.of, entity, variables);
			}

			case 'compare': {
				return holds(node.operator, valueOf(node.left, entity, variables), valueOf(node.right, entity, variables));
			}

			case 'call': {
				const [text, part] = node.args.map(operand => {
					const value = valueOf(operand, entity, variables);
					return typeof value === 'string' ? value.toLowerCase() : '';
				}) as [string, string];
				return node.name === 'startswith' ? text.startsWith(part) : (node.name === 'endswith' ? text.endsWith(part) : text.includes(part));
			}

			case 'any': {
				const {path, variable, body} = node;
				return members(entity, path, idsIn(body, variable)).some(member => body === undefined || passes(body, entity, new Map([...variables, [variable, member]])));
			}
		}
	};

	const tree = new Parser(filter).whole();
	return {passes: entity => passes(tree, entity, new Map()), about: filter.toLowerCase()};
};
