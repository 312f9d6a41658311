import {Buffer} from 'node:buffer';
import {
	bad, no, ok, type Command, type View,
} from './context.js';
import {parseDate} from './dates.js';
import {fieldsOf, fieldValue, splitMessage} from './headers.js';
import {type Message} from './message.js';
import {parseSet, positionsIn} from './sets.js';
import {SyntaxFault, textOf, type Token} from './tokens.js';

type Test = (message: Message, position: number) => boolean;

const day = 86_400_000;

const flagTests = new Map(['Seen', 'Answered', 'Flagged', 'Deleted', 'Draft'].map(name => [name.toUpperCase(), `\\${name}`]));

/** Nothing is recent here. */
const plainTests = new Map<string, Test>([['ALL', () => true], ['OLD', () => true], ['NEW', () => false], ['RECENT', () => false]]);

const has = (message: Message, flag: string): boolean => message.flags.some(own => own.toLowerCase() === flag.toLowerCase());

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').toLowerCase();

/** Reads search keys from the front of a list of words. */
class KeyReader {
	#at = 0;

	constructor(private readonly words: readonly Token[], private readonly view: View, private readonly depth: number) {}

	/** All keys, joined by AND. @throws SyntaxFault */
	all(): Test {
		const tests: Test[] = [];
		while (this.#at < this.words.length) {
			tests.push(this.#key());
		}

		if (tests.length === 0) {
			throw new SyntaxFault('No search key');
		}

		return (message, position) => tests.every(test => test(message, position));
	}

	#text(): string {
		const text = textOf(this.words[this.#at++]);
		if (text === undefined) {
			throw new SyntaxFault('Search key lacks its value');
		}

		return text;
	}

	#number(): number {
		const text = this.#text();
		if (!/^\d{1,15}$/.test(text)) {
			throw new SyntaxFault('No number');
		}

		return Number(text);
	}

	#date(): number {
		const date = parseDate(this.#text());
		if (date === undefined) {
			throw new SyntaxFault('No date');
		}

		return date;
	}

	#set(text: string, uid: boolean): Test {
		const set = parseSet(text);
		if (!set) {
			throw new SyntaxFault('Unknown search key');
		}

		const {messages} = this.view;
		const spans = positionsIn(set, messages.length, uid ? position => messages[position]!.uid : position => position + 1);
		return (_, position) => spans.some(([from, to]) => position >= from && position < to);
	}

	#header(name: string): Test {
		const wanted = this.#text().toLowerCase();
		return message => {
			const value = fieldValue(fieldsOf(splitMessage(message.bytes).header), name);
			return Boolean(value?.toLowerCase().includes(wanted));
		};
	}

	#key(): Test {
		const token = this.words[this.#at]!;
		if (this.depth > 50) {
			throw new SyntaxFault('Too deeply nested');
		}

		if (token.type === 'list') {
			this.#at++;
			return new KeyReader(token.items, this.view, this.depth + 1).all();
		}

		const name = this.#text().toUpperCase();
		const plain = name.startsWith('UN') ? name.slice(2) : name;
		const flag = flagTests.get(plain);
		if (flag) {
			return message => has(message, flag) !== (plain !== name);
		}

		return plainTests.get(name) ?? this.#keyWithValue(name);
	}

	#keyWithValue(name: string): Test {
		switch (name) {
			case 'KEYWORD':
			case 'UNKEYWORD': {
				const keyword = this.#text();
				return message => has(message, keyword) === (name === 'KEYWORD');
			}

			case 'UID': {
				return this.#set(this.#text(), true);
			}

			case 'LARGER': {
				const size = this.#number();
				return message => message.size > size;
			}

			case 'SMALLER': {
				const size = this.#number();
				return message => message.size < size;
			}

			case 'SINCE': {
				const date = this.#date();
				return message => message.internalDate >= date;
			}

			case 'BEFORE': {
				const date = this.#date();
				return message => message.internalDate < date;
			}

			case 'ON': {
				const date = this.#date();
				return message => message.internalDate >= date && message.internalDate < date + day;
			}

			case 'HEADER': {
				return this.#header(this.#text());
			}

			case 'SUBJECT':
			case 'FROM':
			case 'TO':
			case 'CC':
			case 'BCC': {
				return this.#header(name);
			}

			case 'TEXT':
			case 'BODY': {
				const wanted = this.#text().toLowerCase();
				return message => latin1(name === 'BODY' ? splitMessage(message.bytes).body : message.bytes).includes(wanted);
			}

			case 'NOT': {
				const test = this.#next();
				return (message, position) => !test(message, position);
			}

			case 'OR': {
				const [one, other] = [this.#next(), this.#next()];
				return (message, position) => one(message, position) || other(message, position);
			}

			default: {
				return this.#set(name, false);
			}
		}
	}

	/** One key, at most so deep: `NOT NOT NOT …` nests too. */
	#next(): Test {
		if (this.#at >= this.words.length || this.#at > 1000) {
			throw new SyntaxFault('Search key lacks its value');
		}

		return this.#key();
	}
}

/** SEARCH and UID SEARCH (RFC 3501 6.4.4): the common keys; text is compared raw, not decoded. */
export const searchCommand: Command = {
	state: 'selected',
	async run({view, wire, law}, words, uid) {
		let keys = words;
		if (textOf(keys[0])?.toUpperCase() === 'CHARSET') {
			if (!/^(?:utf-8|us-ascii)$/i.test(textOf(keys[1]) ?? '')) {
				return no('[BADCHARSET (UTF-8 US-ASCII)] Unknown charset.');
			}

			keys = keys.slice(2);
		}

		try {
			const test = new KeyReader(keys, view!, 0).all();
			wire.text('* SEARCH');
			for (const [position, message] of view!.messages.entries()) {
				if (!message.expunged && test(message, position)) {
					wire.text(` ${uid ? message.uid : position + 1}`);
					if (wire.full) {
						// eslint-disable-next-line no-await-in-loop -- as fast as the client reads
						await wire.flush();
					}
				}
			}

			wire.line('');
			return ok(law.words.done('SEARCH'));
		} catch (error) {
			if (error instanceof SyntaxFault) {
				return bad(law.words.badArguments);
			}

			throw error;
		}
	},
};
