import {Buffer} from 'node:buffer';

const maxWords = 65_536;
const longestWord = 1024;

/** What stays free behind every field, so that fixed fields need not ask for room. */
const slack = 168;

/**
The fields of records, written one behind another into a buffer that grows; and the words of a file, which it numbers.
Fixed fields (`byte`, `number`, `instant`, `hash`) need {@link FieldWriter.room} before.
*/
export class FieldWriter {
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

	/** Bytes written since the last `take`, the reserve included. */
	get length(): number {
		return this.#at;
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

	/** Whether a text is a word already. */
	knows(text: string): boolean {
		return this.#numbers.has(text);
	}

	/** The number of a word; a new one is written first, as a record of this kind. -1 when there are too many to remember. */
	word(text: string, kind: number): number {
		const known = this.#numbers.get(text);
		if (known !== undefined) {
			return known;
		}

		const number = this.#words.length;
		if (number >= maxWords || text.length > longestWord) {
			return -1;
		}

		this.#words.push(text);
		this.#numbers.set(text, number);
		this.room(1);
		this.byte(kind);
		this.text(text);
		return number;
	}

	byte(value: number): void {
		this.#bytes[this.#at++] = value;
	}

	text(text: string): void {
		const length = Buffer.byteLength(text);
		this.room(length + slack);
		this.number(length);
		this.#at += this.#bytes.write(text, this.#at, length, 'utf8');
	}

	/** Their number, then they. */
	bytes(bytes: Uint8Array): void {
		this.room(bytes.length + slack);
		this.number(bytes.length);
		this.#bytes.set(bytes, this.#at);
		this.#at += bytes.length;
	}

	/** So many bytes from their base64url. */
	hash(text: string, length: number): void {
		this.#at += this.#bytes.write(text, this.#at, length, 'base64url');
	}

	/** Milliseconds in six bytes, signed: the years -2491 to 6429. */
	instant(milliseconds: number): void {
		if (!Number.isFinite(milliseconds)) {
			throw new RangeError(`not a time: ${milliseconds}`);
		}

		this.#at = this.#bytes.writeIntBE(Math.round(milliseconds), this.#at, 6);
	}

	/** Seven bits a byte, lowest first. */
	number(value: number): void {
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

	room(length: number): void {
		if (this.#at + length <= this.#bytes.length) {
			return;
		}

		const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + length));
		this.#bytes.copy(grown, 0, 0, this.#at);
		this.#bytes = grown;
	}
}
