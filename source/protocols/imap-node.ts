import {Buffer} from 'node:buffer';

/** A token of an IMAP line as imapflow's parser and compiler understand it; null is NIL. */
export type ImapNode = undefined | readonly ImapNode[] | {
	readonly type: string;
	readonly value: string | Uint8Array;
	readonly section?: readonly ImapNode[];
	/** First byte and number of bytes, of a BODY[] in part. */
	readonly partial?: readonly number[];
};

/** A parsed line. */
export type ImapLine = {
	readonly tag: string;
	/** First word after the tag; a number for `* 12 FETCH`. */
	readonly command: string;
	readonly attributes?: readonly ImapNode[];
};

type Leaf = Exclude<ImapNode, undefined | readonly ImapNode[]>;

const isLeaf = (node: ImapNode | undefined): node is Leaf => node !== null && node !== undefined && !Array.isArray(node);

export const listOf = (node: ImapNode | undefined): readonly ImapNode[] => Array.isArray(node) ? node as readonly ImapNode[] : [];

/** Text of an atom, string or literal; bytes as UTF-8, else as Latin-1, so that no two byte texts become one. */
export const textOf = (node: ImapNode | undefined): string | undefined => {
	if (!isLeaf(node)) {
		return undefined;
	}

	if (typeof node.value === 'string') {
		return node.value;
	}

	const bytes = Buffer.from(node.value);
	const text = bytes.toString('utf8');
	return text.includes('\uFFFD') ? bytes.toString('latin1') : text;
};

/** Bytes of a literal or a string (BODY[] comes as either). */
export const bytesOf = (node: ImapNode | undefined): Uint8Array | undefined => {
	if (!isLeaf(node)) {
		return undefined;
	}

	return typeof node.value === 'string' ? Buffer.from(node.value, 'utf8') : node.value;
};

/** A whole number of 32 bits, or undefined. */
export const numberOf = (node: ImapNode | undefined): number | undefined => {
	const text = textOf(node);
	return text !== undefined && /^\d{1,10}$/v.test(text) ? Number(text) : undefined;
};

/** The response code of a status line (RFC 9051 7.1), in capitals, and what follows it inside the brackets. */
export const codeOf = (line: ImapLine): {code?: string; rest: readonly ImapNode[]} => {
	const first = line.attributes?.[0];
	const section = isLeaf(first) && !first.value ? first.section : undefined;
	const code = textOf(section?.[0]);
	return code ? {code: code.toUpperCase(), rest: section!.slice(1)} : {rest: []};
};

/** The words of a status line. */
export const wordsOf = (line: ImapLine): string => (line.attributes ?? [])
	.filter(node => isLeaf(node) && node.type === 'TEXT')
	.map(node => textOf(node)!.trim())
	.join(' ');

/** The items of an untagged FETCH by name in capitals (`BODY[]` for the whole message); `undefined` if the line is none. */
export const fetchItems = (line: ImapLine): Map<string, ImapNode> | undefined => {
	const pairs = line.attributes?.[1];
	if (!Array.isArray(pairs)) {
		return undefined;
	}

	const items = new Map<string, ImapNode>();
	for (let index = 0; index + 1 < pairs.length; index += 2) {
		const key = pairs[index] as ImapNode;
		const name = textOf(key)?.toUpperCase();
		if (name !== undefined && isLeaf(key)) {
			items.set(key.section ? `${name}[${key.section.length > 0 ? '…' : ''}]` : name, pairs[index + 1] as ImapNode);
		}
	}

	return items;
};

export const atom = (value: string): ImapNode => ({type: 'ATOM', value});

export const quoted = (value: string): ImapNode => ({type: 'STRING', value});

export const sequence = (value: string): ImapNode => ({type: 'SEQUENCE', value});

/** A mailbox name as it stood in LIST: quoted, or a literal where it holds what cannot be quoted. */

export const mailboxName = (raw: string): ImapNode => /[\r\n\0]/v.test(raw) ? {type: 'LITERAL', value: Buffer.from(raw, 'utf8')} : quoted(raw);
