import {type Fingerprint} from '../mailbox/identity.js';
import {type Fact} from './facts.js';
import {FieldWriter} from './journal-fields.js';
import {IdPacker} from './journal-id.js';
import {
	envelopeBytes, hashBytes, kinds, marks, roads,
} from './journal-kinds.js';

/**
The form of a fact inside a block of the journal (docs/decisions/0002-journal-form.md).

A record is its kind in one byte, then its fields. The facts there is one of for every message are packed;
all others are JSON. Whatever a packed fact holds beyond its fixed fields (`lost`, `altered`, `announced`, what later
versions add) follows as JSON, marked in the kind by {@link marks}.more; the envelope hash and ids that are base64 (EWS) are
packed where there are such. Text that returns again and again (flag sets, generations, what ids begin with) is a
*word*: a record of its own gives it the next number, and facts refer to that.
*/

const hashForm = /^[\w\-]{42}[AEIMQUYcgkosw048]$/v;
const envelopeForm = /^[\w\-]{12}$/v;
const decimal = /^(?:0|[1-9]\d{0,14})$/v;

const packable = (hash: string, envelope: string | undefined): boolean => hashForm.test(hash) && (envelope === undefined || envelopeForm.test(envelope));

/** Facts to bytes, into a buffer that grows. One for the life of a file, as it numbers the file's words. */
export class FactEncoder {
	readonly #to: FieldWriter;
	readonly #ids = new IdPacker();

	/** `reserve`: bytes left free at the start of every buffer; `words`: those the file already holds, in order; new ones are added to it. */
	constructor(reserve: number, words: string[]) {
		this.#to = new FieldWriter(reserve, words);
	}

	/** Bytes encoded since the last `take`, the reserve included. */
	get length(): number {
		return this.#to.length;
	}

	/** Appends one fact; returns where in the buffer its record starts. If it throws, nothing was appended. */
	encode(fact: Fact): number {
		const mark = this.mark();
		try {
			return this.#pack(fact);
		} catch (error) {
			this.undo(...mark);
			throw error;
		}
	}

	/** What {@link undo} needs. */
	mark(): readonly [length: number, words: number] {
		return this.#to.mark();
	}

	/** Forgets everything after a mark. */
	undo(length: number, words: number): void {
		this.#to.undo(length, words);
	}

	/** Hands over the buffer, reserve first, and starts another. */
	take(): Uint8Array {
		return this.#to.take();
	}

	#pack(fact: Fact): number {
		const to = this.#to;
		switch (fact.type) {
			case 'intent': {
				const {type, folder, uid, at, road, fingerprint, flags, generation, watermark, envelope, ...others} = fact;
				const flagWord = this.#word(JSON.stringify(flags));
				const generationWord = this.#word(generation);
				const roadNumber = roads.indexOf(road);
				if (flagWord === -1 || generationWord === -1 || roadNumber === -1 || !packable(fingerprint.hash, envelope)) {
					return this.#json(fact);
				}

				const numeric = decimal.test(watermark);
				const rest = numeric ? others : {...others, watermark};
				const start = this.#head(fact, rest, envelope === undefined ? 0 : marks.envelope);
				to.instant(at);
				to.byte(roadNumber);
				this.#content(fingerprint, envelope);
				to.number(flagWord);
				to.number(generationWord);
				to.number(numeric ? Number(watermark) + 1 : 0);
				this.#rest(rest);
				return start;
			}

			case 'delivered': {
				const {type, folder, uid, at, id, ...rest} = fact;
				const packed = this.#ids.pack(id, to);
				const start = this.#head(fact, rest, packed.base64 ? marks.base64 : 0);
				to.instant(at);
				packed.write(to);
				this.#rest(rest);
				return start;
			}

			case 'already-there': {
				const {type, folder, uid, at, road, fingerprint, flags, id, envelope, ...rest} = fact;
				const flagWord = this.#word(JSON.stringify(flags));
				const roadNumber = roads.indexOf(road);
				if (flagWord === -1 || roadNumber === -1 || !packable(fingerprint.hash, envelope)) {
					return this.#json(fact);
				}

				const packed = this.#ids.pack(id, to);
				const start = this.#head(fact, rest, (envelope === undefined ? 0 : marks.envelope) + (packed.base64 ? marks.base64 : 0));
				to.instant(at);
				to.byte(roadNumber);
				this.#content(fingerprint, envelope);
				to.number(flagWord);
				packed.write(to);
				this.#rest(rest);
				return start;
			}

			case 'excluded': {
				const {type, folder, uid, at, rule, size, receivedAt, ...rest} = fact;
				const ruleWord = this.#word(rule);
				if (ruleWord === -1) {
					return this.#json(fact);
				}

				const start = this.#head(fact, rest);
				to.instant(at);
				to.number(ruleWord);
				to.number(size);
				to.instant(receivedAt);
				this.#rest(rest);
				return start;
			}

			case 'vanished': {
				const {type, folder, uid, at, size, receivedAt, ...rest} = fact;
				const start = this.#head(fact, rest);
				to.instant(at);
				to.number(size);
				to.instant(receivedAt);
				this.#rest(rest);
				return start;
			}

			case 'reopened': {
				const {type, folder, uid, at, ...rest} = fact;
				const start = this.#head(fact, rest);
				to.instant(at);
				this.#rest(rest);
				return start;
			}

			case 'not-stored': {
				const {type, folder, uid, ...rest} = fact;
				const start = this.#head(fact, rest);
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
		this.#to.room(1);
		const start = this.#to.length;
		this.#to.byte(kinds.json);
		this.#to.text(JSON.stringify(fact));
		return start;
	}

	#head({type, folder, uid}: {readonly type: keyof typeof kinds; readonly folder: number; readonly uid: number}, rest: Record<string, unknown>, mark = 0): number {
		if (uid > 4_294_967_295) {
			throw new RangeError(`not a UID: ${uid}`);
		}

		this.#to.room(160);
		const start = this.#to.length;
		this.#to.byte(kinds[type] + mark + (Object.keys(rest).length > 0 ? marks.more : 0));
		this.#to.number(folder);
		this.#to.number(uid);
		return start;
	}

	#content(fingerprint: Fingerprint, envelope: string | undefined): void {
		this.#to.hash(fingerprint.hash, hashBytes);
		this.#to.number(fingerprint.size);
		this.#to.instant(fingerprint.receivedAt);
		if (envelope !== undefined) {
			this.#to.hash(envelope, envelopeBytes);
		}
	}

	#word(text: string): number {
		return this.#to.word(text, kinds.word);
	}

	#rest(rest: Record<string, unknown>): void {
		if (Object.keys(rest).length > 0) {
			this.#to.text(JSON.stringify(rest));
		}
	}
}
