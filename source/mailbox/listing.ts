import {type Flags, type MessageEntry} from './mailbox.js';

/**
The messages of one folder as columns, ascending by UID: 18 bytes a message, so that a folder of a
million messages fits in memory. Flag sets are stored once and referred to by number.
*/
export class Listing {
	/** UIDVALIDITY as decimal text (RFC 9051 2.3.1.1), or what serves another store as such. */
	readonly generation: string;
	/** UIDNEXT, or 0 where the store told none. */
	readonly uidNext: number;
	/** HIGHESTMODSEQ (RFC 7162) as decimal text, where the server keeps it. */
	readonly highestModSeq: string | undefined;

	#uids = new Uint32Array(64);
	#sizes = new Uint32Array(64);
	#dates = new Float64Array(64);
	/** Widened in the unlikely case of more combinations of flags than 16 bits can number. */
	#flagSets: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> = new Uint16Array(64);
	#length = 0;
	#bytes = 0;
	#sorted = true;
	readonly #sets: Flags[] = [];
	readonly #setNumbers = new Map<string, number>();

	constructor(head: {readonly generation: string; readonly uidNext?: number; readonly highestModSeq?: string}) {
		this.generation = head.generation;
		this.uidNext = head.uidNext ?? 0;
		this.highestModSeq = head.highestModSeq;
	}

	get length(): number {
		this.#sort();
		return this.#length;
	}

	/** Sum of the announced sizes. */
	get bytes(): number {
		this.#sort();
		return this.#bytes;
	}

	/** Adds a message; a UID that is already there is replaced (servers may repeat an untagged FETCH). */
	add(entry: MessageEntry): void {
		const last = this.#length > 0 ? this.#uids[this.#length - 1]! : -1;
		if (entry.uid === last) {
			this.#bytes -= this.#sizes[--this.#length]!;
		} else if (entry.uid < last) {
			this.#sorted = false;
		}

		if (this.#length === this.#uids.length) {
			this.#grow();
		}

		const at = this.#length++;
		this.#uids[at] = entry.uid;
		this.#sizes[at] = entry.size;
		this.#dates[at] = entry.receivedAt;
		// First: it may put another column in place.
		const flagSet = this.#setNumber(entry.flags);
		this.#flagSets[at] = flagSet;
		this.#bytes += entry.size;
	}

	/** The message at a position, 0 to `length - 1`. */
	at(position: number): MessageEntry {
		this.#sort();
		return {
			uid: this.#uids[position]!,
			size: this.#sizes[position]!,
			receivedAt: this.#dates[position]!,
			flags: this.#sets[this.#flagSets[position]!]!,
		};
	}

	/** The UID at a position, without building an entry. */
	uidAt(position: number): number {
		this.#sort();
		return this.#uids[position]!;
	}

	/** Position of a UID, or -1. */
	indexOf(uid: number): number {
		return this.#find(uid);
	}

	has(uid: number): boolean {
		return this.#find(uid) !== -1;
	}

	get(uid: number): MessageEntry | undefined {
		const index = this.#find(uid);
		return index === -1 ? undefined : this.at(index);
	}

	* [Symbol.iterator](): Generator<MessageEntry> {
		this.#sort();
		for (let index = 0; index < this.#length; index++) {
			yield this.at(index);
		}
	}

	#find(uid: number): number {
		this.#sort();
		let low = 0;
		let high = this.#length - 1;
		while (low <= high) {
			const middle = Math.floor((low + high) / 2);
			const found = this.#uids[middle]!;
			if (found === uid) {
				return middle;
			}

			if (found < uid) {
				low = middle + 1;
			} else {
				high = middle - 1;
			}
		}

		return -1;
	}

	#setNumber(flags: Flags): number {
		const sorted = [...flags].sort();
		const key = sorted.join(' ');
		let number = this.#setNumbers.get(key);
		if (number === undefined) {
			number = this.#sets.length;
			if (number === 65_536) {
				this.#flagSets = Uint32Array.from(this.#flagSets);
			}

			this.#sets.push(sorted);
			this.#setNumbers.set(key, number);
		}

		return number;
	}

	#grow(): void {
		const size = this.#uids.length * 2;
		const grown = <T extends Uint32Array | Float64Array>(fresh: T, old: T): T => {
			fresh.set(old);
			return fresh;
		};

		this.#uids = grown(new Uint32Array(size), this.#uids);
		this.#sizes = grown(new Uint32Array(size), this.#sizes);
		this.#dates = grown(new Float64Array(size), this.#dates);
		const flagSets = this.#flagSets instanceof Uint16Array ? new Uint16Array(size) : new Uint32Array(size);
		flagSets.set(this.#flagSets);
		this.#flagSets = flagSets;
	}

	/** Servers answer in sequence order, which is UID order; a server that does not costs one sort. */
	#sort(): void {
		if (this.#sorted) {
			return;
		}

		const latest = new Map<number, number>();
		for (let index = 0; index < this.#length; index++) {
			latest.set(this.#uids[index]!, index);
		}

		const order = [...latest].sort((a, b) => a[0] - b[0]).map(pair => pair[1]);
		const [uids, sizes, dates, flagSets] = [this.#uids, this.#sizes, this.#dates, this.#flagSets].map(column => column.slice(0, this.#length));
		this.#bytes = 0;
		for (const [to, from] of order.entries()) {
			this.#uids[to] = uids![from]!;
			this.#sizes[to] = sizes![from]!;
			this.#dates[to] = dates![from]!;
			this.#flagSets[to] = flagSets![from]!;
			this.#bytes += sizes![from]!;
		}

		this.#length = order.length;
		this.#sorted = true;
	}
}
