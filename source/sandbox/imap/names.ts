import {Buffer} from 'node:buffer';
import {decodeUtf7, encodeUtf7} from './utf7.js';

/** Which names a server holds equal and which it takes. */
export type NameLaw = {
	/** ACME and acme are one folder. INBOX at the top always ignores case. */
	readonly ignoreCase: boolean;
	/** Composition, trailing blanks and trailing dots do not tell names apart. */
	readonly normalise: boolean;
};

/** A text equal for paths that the server holds equal. */
export const nameKey = (path: readonly string[], law: NameLaw): string => JSON.stringify(path.map((name, depth) => {
	const inbox = depth === 0 && name.toLowerCase() === 'inbox' ? 'INBOX' : name;
	const composed = law.normalise ? inbox.normalize('NFC').replace(/[ .]+$/, '') : inbox;
	return law.ignoreCase ? composed.toLowerCase() : composed;
}));

/** How names stand on the wire. */
export type NameForm = {
	readonly delimiter: string;
	/** How the inbox is spelled: `INBOX`, or `Inbox` at Exchange Online (lesson 61). */
	readonly inbox: string;
	/** Exchange sends a TAB as it is (lesson 61). */
	readonly rawTabs: boolean;
};

/** The encoded name, or undefined where a part holds the delimiter: such a folder cannot be listed (lesson 62). */
export const wireName = (path: readonly string[], form: NameForm): string | undefined => {
	if (path.some(name => name.includes(form.delimiter))) {
		return undefined;
	}

	return path.map((name, depth) => {
		if (depth === 0 && name === 'INBOX') {
			return form.inbox;
		}

		return form.rawTabs ? name.split('\t').map(part => encodeUtf7(part)).join('\t') : encodeUtf7(name);
	}).join(form.delimiter);
};

/** The path that a client's name means; undefined where it is no name. A trailing delimiter counts for nothing. */
export const pathOf = (name: string, form: NameForm): string[] | undefined => {
	const trimmed = name.endsWith(form.delimiter) ? name.slice(0, -form.delimiter.length) : name;
	const path = trimmed.split(form.delimiter).map(part => decodeUtf7(part));
	if (path.some(part => part === undefined || part === '')) {
		return undefined;
	}

	if (path[0]!.toLowerCase() === 'inbox') {
		path[0] = 'INBOX';
	}

	return path as string[];
};

/** A name as a response shows it: Exchange quotes only what must be, others all that is no plain atom. */
export const quoteName = (name: string, sparing: boolean): string => {
	if (sparing ? /^[^ "\\()[\]{}%*]+$/.test(name) : /^[\w.&+,/-]+$/.test(name)) {
		return name;
	}

	return quote(name);
};

/** A string as a quoted string, or as a literal where it cannot be quoted; latin1. */
export const quote = (text: string): string => /[\0\r\n\u0080-\u{10FFFF}]/u.test(text)
	? `{${Buffer.byteLength(text, 'latin1')}}\r\n${text}`
	: `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
