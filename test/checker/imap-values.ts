import {Buffer} from 'node:buffer';
import {type RawResponse} from './reply-stream.js';

/** A value in a response: atom or string as text (one char a byte), literal as bytes, NIL as null, parenthesised list as array. */
export type ImapValue = string | Uint8Array | null | ImapValue[]; // eslint-disable-line @typescript-eslint/no-restricted-types -- NIL is a value of the protocol, and differs from absent

/** A blank ends nothing inside brackets: `BODY[HEADER.FIELDS (DATE)]<0>` is one atom. */
const token = /\s*(?:(?<mark>[\(\)])|"(?<quoted>(?:[^"\\]|\\.)*)"|(?<literal>\{\d+\})$|(?<atom>(?:\[[^\]]*\]|[^\s\(\)"\[\{])+))/vy;

/** The values of an untagged response, without the `*`. Responses with free text (OK, NO, BAD, BYE) are not for this. */
export const parseValues = (response: RawResponse): ImapValue[] => {
	const top: ImapValue[] = [];
	const open: ImapValue[][] = [top];
	for (const part of response) {
		if (typeof part !== 'string') {
			open.at(-1)!.push(part);
			continue;
		}

		token.lastIndex = 0;
		for (let match = token.exec(part); match !== null; match = token.exec(part)) {
			const {mark, quoted, atom} = match.groups!;
			if (mark === '(') {
				const list: ImapValue[] = [];
				open.at(-1)!.push(list);
				open.push(list);
			} else if (mark === ')') {
				open.pop();
			} else if (quoted !== undefined) {
				open.at(-1)!.push(quoted.replaceAll(/\\(.)/gv, '$1'));
			} else if (atom !== undefined) {
				open.at(-1)!.push(atom.toUpperCase() === 'NIL' ? null : atom);
			}
		}
	}

	return top;
};

/** A string value as text, whichever of its three forms it came in. */
export const textOf = (value: ImapValue | undefined): string => {
	if (typeof value === 'string') {
		return value;
	}

	if (value instanceof Uint8Array) {
		return Buffer.from(value).toString('latin1');
	}

	throw new TypeError(`A string was expected, not ${JSON.stringify(value)}`);
};
