import {Buffer} from 'node:buffer';
import {kinds} from './journal-kinds.js';
import {type FieldWriter} from './journal-fields.js';

const idForm = /^(?<generation>[^:]*):(?<number>0|[1-9]\d{0,14})$/v;

/** In EWS's ids all but the last eight bytes are those of the mailbox and its folder. So many stay out of a word, at least. */
const ownBytes = 8;
const maxBeginnings = 256;

/** A destination's id, ready to be written. */
export type PackedId = {
	/** Whether its record must be marked as base64. */
	readonly base64: boolean;
	write(to: FieldWriter): void;
};

/**
The forms in which ids of a destination are kept: 0 for none, 1 and a text, or a word's number + 2 and the number
behind its colon. In a record marked as base64: 0 and its bytes, or a word's number + 1 and the bytes behind
those that are the word, in base64 too; they are a multiple of three, so that the two texts make the whole.
*/
export class IdPacker {
	/** What base64 ids began with lately: only what comes again becomes a word. */
	readonly #beginnings = new Set<string>();

	/** Writes the word that an id needs, and says how to write the id itself. */
	pack(id: string | undefined, to: FieldWriter): PackedId {
		if (id === undefined) {
			return {
				base64: false,
				write(fields) {
					fields.number(0);
				},
			};
		}

		const parts = idForm.exec(id)?.groups;
		const word = parts ? to.word(parts.generation!, kinds.word) : -1;
		if (word !== -1) {
			return {
				base64: false,
				write(fields) {
					fields.number(word + 2);
					fields.number(Number(parts!.number));
				},
			};
		}

		const bytes = Buffer.from(id, 'base64');
		if (id !== '' && bytes.toString('base64') === id) {
			return this.#base64(id, bytes, to);
		}

		return {
			base64: false,
			write(fields) {
				fields.number(1);
				fields.text(id);
			},
		};
	}

	#base64(id: string, bytes: Uint8Array, to: FieldWriter): PackedId {
		const triples = Math.max(0, Math.floor((bytes.length - ownBytes) / 3));
		const beginning = id.slice(0, triples * 4);
		const word = to.knows(beginning) || this.#beginnings.has(beginning) ? to.word(beginning, kinds.word) : -1;
		if (word === -1 && beginning !== '') {
			if (this.#beginnings.size >= maxBeginnings) {
				this.#beginnings.clear();
			}

			this.#beginnings.add(beginning);
		}

		return {
			base64: true,
			write(fields) {
				fields.number(word + 1);
				fields.bytes(word === -1 ? bytes : bytes.subarray(triples * 3));
			},
		};
	}
}
