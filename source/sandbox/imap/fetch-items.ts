import {formatDateTime} from './dates.js';
import {envelopeOf, structureOf} from './envelope.js';
import {type ContentFault} from './context.js';
import {selectFields, splitMessage} from './headers.js';
import {type Law} from './law.js';
import {type Message} from './message.js';
import {
	textOf, tokenise, wordsOf, type Token,
} from './tokens.js';

/** One thing asked of each message: its name in the answer, and its value (bytes go as a literal). */
export type FetchItem = {
	readonly label: string;
	readonly value: (message: Message, spoilt: ContentFault | undefined) => string | Uint8Array;
	/** Sets `\Seen`. */
	readonly reads?: boolean;
	/** Hands out content, not only facts. */
	readonly content?: boolean;
};

const sectionValue = (section: string): ((bytes: Uint8Array) => Uint8Array | undefined) | undefined => {
	const fields = /^header\.fields(\.not)? (\(.*\))$/is.exec(section);
	if (fields) {
		const names = wordsOf(tokenise([{text: fields[2]!}])[0]);
		return names && names.length > 0 ? bytes => selectFields(splitMessage(bytes).header, names, fields[1] !== undefined) : undefined;
	}

	switch (section.toUpperCase()) {
		case '': {
			return bytes => bytes;
		}

		case 'HEADER': {
			return bytes => splitMessage(bytes).header;
		}

		case 'TEXT':
		case '1': {
			return bytes => splitMessage(bytes).body;
		}

		default: {
			// Other parts: the sandbox takes no message apart.
			return /^\d+(?:\.\d+)*(?:\.(?:mime|header|text))?$/i.test(section) ? () => undefined : undefined;
		}
	}
};

const contentItem = (text: string): FetchItem | undefined => {
	const match = /^(body|body\.peek)\[(.*)](?:<(\d{1,10})\.([1-9]\d{0,9})>)?$/is.exec(text);
	const value = match ? sectionValue(match[2]!) : undefined;
	if (!match || !value) {
		return undefined;
	}

	const start = match[3] === undefined ? undefined : Number(match[3]);
	return {
		label: `BODY[${match[2]!.toUpperCase()}]${start === undefined ? '' : `<${start}>`}`,
		reads: match[1]!.toUpperCase() === 'BODY',
		content: true,
		value(message, spoilt) {
			const whole = value(message.bytes);
			if (!whole) {
				return 'NIL';
			}

			const part = start === undefined ? whole : whole.subarray(start, start + Number(match[4]));
			return spoilt?.shorten === undefined ? part : part.subarray(0, Math.max(0, part.length - spoilt.shorten));
		},
	};
};

const plainItem = (name: string, law: Law): FetchItem | undefined => {
	switch (name) {
		case 'UID': {
			return {label: name, value: message => String(message.uid)};
		}

		case 'FLAGS': {
			return {label: name, value: message => `(${message.flags.join(' ')})`};
		}

		case 'INTERNALDATE': {
			return {label: name, value: message => `"${formatDateTime(message.internalDate, law.zoneMinutes)}"`};
		}

		case 'RFC822.SIZE': {
			return {label: name, value: (message, spoilt) => String(message.size + (spoilt?.sizeOff ?? 0))};
		}

		case 'ENVELOPE': {
			return {label: name, value: message => envelopeOf(message.bytes)};
		}

		case 'BODY':
		case 'BODYSTRUCTURE': {
			return {label: name, value: message => structureOf(message.bytes)};
		}

		case 'MODSEQ': {
			return law.condStore ? {label: name, value: message => `(${message.modSeq})`} : undefined;
		}

		case 'RFC822': {
			return {...contentItem('BODY[]')!, label: name};
		}

		case 'RFC822.HEADER': {
			return {...contentItem('BODY.PEEK[HEADER]')!, label: name};
		}

		case 'RFC822.TEXT': {
			return {...contentItem('BODY[TEXT]')!, label: name};
		}

		default: {
			return undefined;
		}
	}
};

const macros = new Map([
	['ALL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']],
	['FAST', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']],
	['FULL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']],
]);

/** What a FETCH asks for; undefined where one of it is not known, or nothing is asked (lesson: Exchange says BAD). */
export const fetchItems = (token: Token | undefined, law: Law): FetchItem[] | undefined => {
	const names = (token?.type === 'atom' ? macros.get(token.text.toUpperCase()) : undefined) ?? wordsOf(token);
	if (!names || names.length === 0 || (token?.type !== 'list' && textOf(token) === undefined)) {
		return undefined;
	}

	const items = names.map(name => plainItem(name.toUpperCase(), law) ?? contentItem(name));
	return items.includes(undefined) ? undefined : items as FetchItem[];
};
