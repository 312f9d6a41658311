import {Buffer} from 'node:buffer';

/** A piece of a command as it came: text up to a literal (latin1, without `{n}`), or the literal. */
export type Segment = {readonly text: string} | {readonly literal: Uint8Array};

/** An argument (RFC 9051 section 4). An atom keeps a section (`BODY[…]<0.5>`) in one piece. */
export type Token =
	| {readonly type: 'atom'; readonly text: string}
	| {readonly type: 'string'; readonly bytes: Uint8Array}
	| {readonly type: 'list'; readonly items: readonly Token[]};

/** The command cannot be read. */
export class SyntaxFault extends Error {
	override readonly name = 'SyntaxFault';
}

const deepest = 50;

const atomEnd = (text: string, start: number): number => {
	let at = start;
	while (at < text.length) {
		const char = text.charAt(at);
		if (char === '[' && /^(?:body|body\.peek|binary|binary\.peek)$/i.test(text.slice(start, at))) {
			const close = text.indexOf(']', at);
			if (close === -1) {
				throw new SyntaxFault('Unclosed section');
			}

			at = close + 1;
		} else if (char <= ' ' || char === '(' || char === ')' || char === '"') {
			break;
		} else {
			at++;
		}
	}

	return at;
};

const readQuoted = (text: string, start: number): {readonly bytes: Uint8Array; readonly end: number} => {
	let value = '';
	for (let at = start + 1; at < text.length; at++) {
		const char = text.charAt(at);
		if (char === '"') {
			return {bytes: Buffer.from(value, 'latin1'), end: at + 1};
		}

		value += char === '\\' ? text.charAt(++at) : char;
	}

	throw new SyntaxFault('Unclosed quoted string');
};

/** Splits the pieces of a command into its arguments. @throws SyntaxFault */
export const tokenise = (segments: readonly Segment[]): Token[] => {
	const root: Token[] = [];
	const open: Token[][] = [root];
	for (const segment of segments) {
		if ('literal' in segment) {
			open.at(-1)!.push({type: 'string', bytes: segment.literal});
			continue;
		}

		const {text} = segment;
		let at = 0;
		while (at < text.length) {
			const items = open.at(-1)!;
			const char = text.charAt(at);
			switch (char) {
				case ' ':
				case '\t': {
					at++;

					break;
				}

				case '(': {
					if (open.length > deepest) {
						throw new SyntaxFault('Too deeply nested');
					}

					const list: Token[] = [];
					items.push({type: 'list', items: list});
					open.push(list);
					at++;

					break;
				}

				case ')': {
					if (open.length === 1) {
						throw new SyntaxFault('Unexpected )');
					}

					open.pop();
					at++;

					break;
				}

				case '"': {
					const {bytes, end} = readQuoted(text, at);
					items.push({type: 'string', bytes});
					at = end;

					break;
				}

				default: {
					const end = atomEnd(text, at);
					if (end === at) {
						throw new SyntaxFault('Unexpected control character');
					}

					items.push({type: 'atom', text: text.slice(at, end)});
					at = end;
				}
			}
		}
	}

	if (open.length > 1) {
		throw new SyntaxFault('Missing )');
	}

	return root;
};

/** An atom's or string's text as latin1; undefined for a list or nothing. */
export const textOf = (token: Token | undefined): string | undefined => {
	if (!token || token.type === 'list') {
		return undefined;
	}

	return token.type === 'atom' ? token.text : Buffer.from(token.bytes).toString('latin1');
};

/** Text of each item of a list, or of a single word taken as a list of one; undefined where there is another list inside. */
export const wordsOf = (token: Token | undefined): string[] | undefined => {
	const items = token?.type === 'list' ? token.items : (token ? [token] : []);
	const words = items.map(item => textOf(item));
	return words.includes(undefined) ? undefined : words as string[];
};
