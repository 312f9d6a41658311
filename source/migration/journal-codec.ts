import {Buffer} from 'node:buffer';
import {type Transport} from '../mailbox/destination.js';
import {type Fact} from './facts.js';

/**
The form of a fact inside a block of the journal (docs/decisions/0002-journal-form.md).

A record is its kind in one byte, then its fields. The facts there is one of for every message are packed;
all others are JSON. Whatever a packed fact holds beyond its fixed fields (`lost`, `where`, `announced`, what later
versions add) follows as JSON, marked in the kind by {@link more}. Text that returns again and again (flag sets,
generations) is a *word*: a record of its own gives it the next number, and facts refer to that.
*/
export const kinds = {
	word: 0, intent: 1, delivered: 2, 'already-there': 3, excluded: 4, vanished: 5, 'not-stored': 6, reopened: 7, json: 8,
} as const;

/** Added to a kind when JSON follows. */
export const more = 64;

/** By number; only ever add at the end. */
export const roads: readonly Transport[] = ['imap', 'ews', 'graph', 'graph-json'];

const maxWords = 65_536;
const hashForm = /^[\w\-]{42}[AEIMQUYcgkosw048]$/v;
const decimal = /^(?:0|[1-9]\d{0,14})$/v;
const idForm = /^(?<generation>[^:]*):(?<number>0|[1-9]\d{0,14})$/v;

/** Facts to bytes, into a buffer that grows. One for the life of a file, as it numbers the file's words. */
export class FactEncoder {
	#bytes = Buffer.allocUnsafeSlow(8192);
	#at: number;
	readonly #reserve: number;
	readonly #words: string[];
	readonly #numbers: Map<string, number>;

	/** `reserve`: bytes left free at the start of every buffer; `words`: those the file already holds, in order; new ones are added to it. */
	constructor(reserve: number, words: string[]) {
		this.#reserve = reserve;
		this.#at = reserve;
		this.#words = words;
		this.#numbers = new Map(words.map((word, index) => [word, index]));
	}

	/** Bytes encoded since the last `take`, the reserve included. */
	get length(): number {
		return this.#at;
	}

	/** Appends one fact; returns where in the buffer its record starts. If it throws, nothing was appended. */
	encode(fact: Fact): number {
		const before = this.#at;
		const words = this.#words.length;
		try {
			return this.#pack(fact);
		} catch (error) {
			this.undo(before, words);
			throw error;
		}
	}

	/** What {@link undo} needs. */
	mark(): readonly [length: number, words: number] {
		return [this.#at, this.#words.length];
	}

	/** Forgets everything after a mark. */
	undo(length: number, words: number): void {
		this.#at = length;
		for (const word of this.#words.splice(words)) {
			this.#numbers.delete(word);
		}
	}

	/** Hands over the buffer, reserve first, and starts another. */
	take(): Uint8Array {
		const taken = this.#bytes.subarray(0, this.#at);
		this.#bytes = Buffer.allocUnsafeSlow(8192);
		this.#at = this.#reserve;
		return taken;
	}

	#pack(fact: Fact): number {
		switch (fact.type) {
			case 'intent': {
				const {type, folder, uid, at, road, fingerprint, flags, generation, watermark, ...others} = fact;
				const flagWord = this.#word(JSON.stringify(flags));
				const generationWord = this.#word(generation);
				const roadNumber = roads.indexOf(road);
				if (flagWord === -1 || generationWord === -1 || roadNumber === -1 || !hashForm.test(fingerprint.hash)) {
					return this.#json(fact);
				}

				const numeric = decimal.test(watermark);
				const rest = numeric ? others : {...others, watermark};
				const start = this.#head(type, folder, uid, rest);
				this.#instant(at);
				this.#bytes[this.#at++] = roadNumber;
				this.#fingerprint(fingerprint);
				this.#number(flagWord);
				this.#number(generationWord);
				this.#number(numeric ? Number(watermark) + 1 : 0);
				this.#rest(rest);
				return start;
			}

			case 'delivered': {
				const {type, folder, uid, at, id, ...rest} = fact;
				const idParts = this.#idParts(id);
				const start = this.#head(type, folder, uid, rest);
				this.#instant(at);
				this.#id(idParts, id);
				this.#rest(rest);
				return start;
			}

			case 'already-there': {
				const {type, folder, uid, at, road, fingerprint, flags, id, ...rest} = fact;
				const flagWord = this.#word(JSON.stringify(flags));
				const roadNumber = roads.indexOf(road);
				if (flagWord === -1 || roadNumber === -1 || !hashForm.test(fingerprint.hash)) {
					return this.#json(fact);
				}

				const idParts = this.#idParts(id);
				const start = this.#head(type, folder, uid, rest);
				this.#instant(at);
				this.#bytes[this.#at++] = roadNumber;
				this.#fingerprint(fingerprint);
				this.#number(flagWord);
				this.#id(idParts, id);
				this.#rest(rest);
				return start;
			}

			case 'excluded': {
				const {type, folder, uid, at, rule, size, receivedAt, ...rest} = fact;
				const ruleWord = this.#word(rule);
				if (ruleWord === -1) {
					return this.#json(fact);
				}

				const start = this.#head(type, folder, uid, rest);
				this.#instant(at);
				this.#number(ruleWord);
				this.#number(size);
				this.#instant(receivedAt);
				this.#rest(rest);
				return start;
			}

			case 'vanished': {
				const {type, folder, uid, at, size, receivedAt, ...rest} = fact;
				const start = this.#head(type, folder, uid, rest);
				this.#instant(at);
				this.#number(size);
				this.#instant(receivedAt);
				this.#rest(rest);
				return start;
			}

			case 'reopened': {
				const {type, folder, uid, at, ...rest} = fact;
				const start = this.#head(type, folder, uid, rest);
				this.#instant(at);
				this.#rest(rest);
				return start;
			}

			case 'not-stored': {
				const {type, folder, uid, ...rest} = fact;
				const start = this.#head(type, folder, uid, rest);
				this.#rest(rest);
				return start;
			}

			case 'run':
			case 'end':
			case 'folder':
			case 'survey':
			case 'refused':
			case 'note': {
				break;
			}
		}

		// Also what a later version wrote and this one compacts.
		return this.#json(fact);
	}

	#json(fact: Fact): number {
		this.#room(1);
		const start = this.#at;
		this.#bytes[this.#at++] = kinds.json;
		this.#text(JSON.stringify(fact));
		return start;
	}

	#head(kind: keyof typeof kinds, folder: number, uid: number, rest: Record<string, unknown>): number {
		if (uid > 4_294_967_295) {
			throw new RangeError(`not a UID: ${uid}`);
		}

		this.#room(160);
		const start = this.#at;
		this.#bytes[this.#at++] = kinds[kind] + (Object.keys(rest).length > 0 ? more : 0);
		this.#number(folder);
		this.#number(uid);
		return start;
	}

	#fingerprint(fingerprint: {readonly hash: string; readonly size: number; readonly receivedAt: number}): void {
		this.#at += this.#bytes.write(fingerprint.hash, this.#at, 32, 'base64url');
		this.#number(fingerprint.size);
		this.#instant(fingerprint.receivedAt);
	}

	/** `<generation>:<number>` splits into a word and a number; other ids stay text. */
	#idParts(id: string | undefined): readonly [number, number] | undefined {
		const match = id === undefined ? undefined : idForm.exec(id);
		const word = match ? this.#word(match.groups!.generation!) : -1;
		return word === -1 ? undefined : [word, Number(match!.groups!.number)];
	}

	#id(parts: readonly [number, number] | undefined, id: string | undefined): void {
		if (parts) {
			this.#number(parts[0] + 2);
			this.#number(parts[1]);
		} else if (id === undefined) {
			this.#number(0);
		} else {
			this.#number(1);
			this.#text(id);
		}
	}

	#rest(rest: Record<string, unknown>): void {
		if (Object.keys(rest).length > 0) {
			this.#text(JSON.stringify(rest));
		}
	}

	/** The number of a word; a new one is written first. -1 when there are too many to remember. */
	#word(text: string): number {
		const known = this.#numbers.get(text);
		if (known !== undefined) {
			return known;
		}

		const number = this.#words.length;
		if (number >= maxWords || text.length > 1024) {
			return -1;
		}

		this.#words.push(text);
		this.#numbers.set(text, number);
		this.#room(1);
		this.#bytes[this.#at++] = kinds.word;
		this.#text(text);
		return number;
	}

	#text(text: string): void {
		const length = Buffer.byteLength(text);
		this.#room(length + 168);
		this.#number(length);
		this.#at += this.#bytes.write(text, this.#at, length, 'utf8');
	}

	/** Milliseconds in six bytes, signed: the years -2491 to 6429. */
	#instant(milliseconds: number): void {
		if (!Number.isFinite(milliseconds)) {
			throw new RangeError(`not a time: ${milliseconds}`);
		}

		this.#at = this.#bytes.writeIntBE(Math.round(milliseconds), this.#at, 6);
	}

	/** Seven bits a byte, lowest first. */
	#number(value: number): void {
		if (!Number.isSafeInteger(value) || value < 0) {
			throw new RangeError(`not a number a journal can hold: ${value}`);
		}

		let left = value;
		while (left > 127) {
			this.#bytes[this.#at++] = (left % 128) + 128;
			left = Math.floor(left / 128);
		}

		this.#bytes[this.#at++] = left;
	}

	#room(length: number): void {
		if (this.#at + length <= this.#bytes.length) {
			return;
		}

		const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + length));
		this.#bytes.copy(grown, 0, 0, this.#at);
		this.#bytes = grown;
	}
}
