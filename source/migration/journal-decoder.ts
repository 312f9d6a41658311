import {Buffer} from 'node:buffer';
import {type Flags} from '../mailbox/mailbox.js';
import {type Fingerprint} from '../mailbox/identity.js';
import {type ExclusionRule, type Fact} from './facts.js';
import {
	envelopeBytes, hashBytes, kinds, marks, roads,
} from './journal-kinds.js';

const noMemory: ArrayBufferLike = new ArrayBuffer(0);

/**
Bytes to facts: the inverse of journal-codec.ts.

Reads records one after another from the bytes it was given; learns the words among them, or is given
the list of those that came before.
*/
export class FactDecoder {
	/** Where in the bytes the record returned last began. */
	start = 0;
	readonly words: string[];
	#bytes = Buffer.from(noMemory);
	#at = 0;
	readonly #flags: Flags[] = [];

	constructor(words: string[] = []) {
		this.words = words;
	}

	/** Goes on with these bytes, from `at`. */
	feed(bytes: Uint8Array, at = 0): void {
		this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.#at = at;
	}

	/** The next fact, or undefined at the end. @throws RangeError where the bytes end early or make no sense */
	next(): Fact | undefined {
		while (this.#at < this.#bytes.length) {
			this.start = this.#at;
			const kind = this.#bytes[this.#at++]!;
			if (kind === kinds.word) {
				this.words.push(this.#text());
			} else {
				return this.#fact(kind);
			}
		}

		return undefined;
	}

	#fact(kind: number): Fact {
		if (kind === kinds.json) {
			return JSON.parse(this.#text()) as Fact;
		}

		const has = (mark: number): boolean => Math.floor(kind / mark) % 2 === 1;
		const fact = this.#packed(kind % marks.base64, has(marks.envelope), has(marks.base64));
		return has(marks.more) ? Object.assign(fact, JSON.parse(this.#text()) as Record<string, unknown>) : fact;
	}

	#packed(kind: number, hasEnvelope: boolean, isBase64: boolean): Fact {
		const folder = this.#number();
		const uid = this.#number();
		switch (kind) {
			case kinds.intent: {
				const at = this.#instant();
				const road = this.#road();
				const fingerprint = this.#fingerprint();
				const envelope = hasEnvelope ? this.#envelope() : undefined;
				const flags = this.#flagSet();
				const generation = this.#word();
				const watermark = this.#number();
				return {
					type: 'intent', folder, uid, at, road, fingerprint, flags, generation,
					// 0 stands for one that is no plain number and follows as JSON.
					watermark: watermark === 0 ? '' : String(watermark - 1),
					...(envelope !== undefined && {envelope}),
				};
			}

			case kinds.delivered: {
				const at = this.#instant();
				const id = isBase64 ? this.#base64() : this.#id();
				return {
					type: 'delivered', folder, uid, at, ...(id !== undefined && {id}),
				};
			}

			case kinds['already-there']: {
				const at = this.#instant();
				const road = this.#road();
				const fingerprint = this.#fingerprint();
				const envelope = hasEnvelope ? this.#envelope() : undefined;
				const flags = this.#flagSet();
				const id = isBase64 ? this.#base64() : this.#id();
				return {
					type: 'already-there', folder, uid, at, road, fingerprint, flags, ...(envelope !== undefined && {envelope}), ...(id !== undefined && {id}),
				};
			}

			case kinds.excluded: {
				return {
					type: 'excluded', folder, uid, at: this.#instant(), rule: this.#word() as ExclusionRule, size: this.#number(), receivedAt: this.#instant(),
				};
			}

			case kinds.vanished: {
				return {
					type: 'vanished', folder, uid, at: this.#instant(), size: this.#number(), receivedAt: this.#instant(),
				};
			}

			case kinds['not-stored']: {
				return {type: 'not-stored', folder, uid};
			}

			case kinds.reopened: {
				return {
					type: 'reopened', folder, uid, at: this.#instant(),
				};
			}

			default: {
				throw new RangeError(`a record of unknown kind ${kind}`);
			}
		}
	}

	#fingerprint(): Fingerprint {
		return {
			hash: this.#piece(hashBytes).toString('base64url'),
			size: this.#number(),
			receivedAt: this.#instant(),
		};
	}

	#envelope(): string {
		return this.#piece(envelopeBytes).toString('base64url');
	}

	/** The next bytes, as they lie. */
	#piece(length: number) {
		const end = this.#at + length;
		if (end > this.#bytes.length) {
			throw new RangeError('a record ends early');
		}

		const piece = this.#bytes.subarray(this.#at, end);
		this.#at = end;
		return piece;
	}

	#road() {
		const road = roads[this.#bytes[this.#at++]!];
		if (!road) {
			throw new RangeError('an unknown road');
		}

		return road;
	}

	#id(): string | undefined {
		const form = this.#number();
		if (form === 0) {
			return undefined;
		}

		return form === 1 ? this.#text() : `${this.#wordAt(form - 2)}:${this.#number()}`;
	}

	#base64(): string {
		const word = this.#number();
		const beginning = word === 0 ? '' : this.#wordAt(word - 1);
		return beginning + this.#piece(this.#number()).toString('base64');
	}

	#flagSet(): Flags {
		const number = this.#number();
		this.#flags[number] ??= Object.freeze(JSON.parse(this.#wordAt(number)) as string[]);
		return this.#flags[number];
	}

	#word(): string {
		return this.#wordAt(this.#number());
	}

	#wordAt(number: number): string {
		const word = this.words[number];
		if (word === undefined) {
			throw new RangeError(`word ${number} was never given`);
		}

		return word;
	}

	#text(): string {
		return this.#piece(this.#number()).toString('utf8');
	}

	#instant(): number {
		// Throws a RangeError by itself where the bytes end early.
		const value = this.#bytes.readIntBE(this.#at, 6);
		this.#at += 6;
		return value;
	}

	#number(): number {
		let value = 0;
		let factor = 1;
		for (;;) {
			const byte = this.#bytes[this.#at++];
			if (byte === undefined || factor > 2 ** 53) {
				throw new RangeError('a record ends early');
			}

			if (byte < 128) {
				return value + (byte * factor);
			}

			value += (byte - 128) * factor;
			factor *= 128;
		}
	}
}
