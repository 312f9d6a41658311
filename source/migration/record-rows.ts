const chunkRows = 1024;
const bytesPerRow = 50;

/** Up to 1,024 rows as columns, ascending by UID. 50 bytes a row, in one piece of memory. */
export class Chunk {
	length = 0;
	/** Milliseconds since 1970 UTC. */
	readonly receivedAt: Float64Array;
	/** 53-bit hash of the destination's id, or 0. */
	readonly ids: Float64Array;
	/** Where in the journal the intent lies, or 0. */
	readonly intents: Float64Array;
	/** Where the fact lies that ended it (or took its fate back), or 0. */
	readonly fates: Float64Array;
	readonly uids: Uint32Array;
	readonly sizes: Uint32Array;
	/** First and second 30 bits of the SHA-256; see record-hash.ts. */
	readonly hashes1: Uint32Array;
	readonly hashes2: Uint32Array;
	readonly states: Uint8Array;
	/** Which failure refused it; see `FolderRecord`. */
	readonly codes: Uint8Array;

	constructor(readonly capacity: number) {
		const memory = new ArrayBuffer(capacity * bytesPerRow);
		const wide = (column: number) => new Float64Array(memory, column * capacity * 8, capacity);
		const narrow = (column: number) => new Uint32Array(memory, (capacity * 32) + (column * capacity * 4), capacity);
		this.receivedAt = wide(0);
		this.ids = wide(1);
		this.intents = wide(2);
		this.fates = wide(3);
		this.uids = narrow(0);
		this.sizes = narrow(1);
		this.hashes1 = narrow(2);
		this.hashes2 = narrow(3);
		this.states = new Uint8Array(memory, capacity * 48, capacity);
		this.codes = new Uint8Array(memory, capacity * 49, capacity);
	}

	/** Position of a UID, or of the first larger one. */
	seek(uid: number): number {
		let low = 0;
		let high = this.length;
		while (low < high) {
			const middle = Math.floor((low + high) / 2);
			if (this.uids[middle]! < uid) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}

		return low;
	}

	/** Makes an empty row. */
	insert(at: number, uid: number): void {
		for (const column of this.#columns()) {
			if (at < this.length) {
				column.copyWithin(at + 1, at, this.length);
			}

			column[at] = 0;
		}

		this.uids[at] = uid;
		this.length++;
	}

	/** A chunk of another capacity with the rows from `from` to `to`. */
	copy(capacity: number, from: number, to: number): Chunk {
		const other = new Chunk(capacity);
		const mine = this.#columns();
		for (const [index, column] of other.#columns().entries()) {
			column.set(mine[index]!.subarray(from, to));
		}

		other.length = to - from;
		return other;
	}

	#columns(): Array<Float64Array | Uint32Array | Uint8Array> {
		return [this.receivedAt, this.ids, this.intents, this.fates, this.uids, this.sizes, this.hashes1, this.hashes2, this.states, this.codes];
	}
}

/**
The rows of one folder by UID, in chunks: memory grows by what is added and not by doubling, and a UID
that comes out of order (lanes overtake each other) moves 50 kB at the most.
*/
export class Rows {
	/** The row that `goTo`, `need` or `after` came to last. */
	chunk: Chunk = new Chunk(0);
	index = 0;
	readonly #chunks: Chunk[] = [];
	#length = 0;

	get length(): number {
		return this.#length;
	}

	get chunks(): readonly Chunk[] {
		return this.#chunks;
	}

	/** Goes to the row of a UID; false if there is none. */
	goTo(uid: number): boolean {
		const next = this.index + 1;
		if (next < this.chunk.length && this.chunk.uids[next] === uid) {
			this.index = next;
			return true;
		}

		const number = this.#chunkOf(uid);
		if (number === -1) {
			return false;
		}

		this.chunk = this.#chunks[number]!;
		this.index = this.chunk.seek(uid);
		return this.index < this.chunk.length && this.chunk.uids[this.index] === uid;
	}

	/** Goes to the row of a UID, making an empty one if there is none. */
	need(uid: number): void {
		const last = this.#chunks.at(-1);
		if ((!last || uid <= last.uids[last.length - 1]!) && this.goTo(uid)) {
			return;
		}

		const number = Math.max(0, this.#chunkOf(uid));
		const chunk = this.#roomIn(number, uid);
		this.chunk = chunk;
		this.index = chunk.seek(uid);
		chunk.insert(this.index, uid);
		this.#length++;
	}

	/** Goes to the row with the smallest UID above this one; false at the end. */
	after(uid: number): boolean {
		if (!(this.chunk.uids[this.index] === uid && this.index < this.chunk.length)) {
			const number = Math.max(0, this.#chunkOf(uid));
			if (!this.#chunks[number]) {
				return false;
			}

			this.chunk = this.#chunks[number];
			this.index = this.chunk.seek(uid + 1) - 1;
		}

		if (++this.index < this.chunk.length) {
			return true;
		}

		const next = this.#chunks[this.#chunkOf(this.chunk.uids[0]!) + 1];
		if (!next) {
			return false;
		}

		this.chunk = next;
		this.index = 0;
		return true;
	}

	/** The last chunk that does not begin behind a UID, or -1. */
	#chunkOf(uid: number): number {
		let low = 0;
		let high = this.#chunks.length;
		while (low < high) {
			const middle = Math.floor((low + high) / 2);
			if (this.#chunks[middle]!.uids[0]! <= uid) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}

		return low - 1;
	}

	/** A chunk with a free row where a UID belongs. */
	#roomIn(number: number, uid: number): Chunk {
		const chunk = this.#chunks[number];
		if (!chunk) {
			return this.#put(number, 0, new Chunk(16));
		}

		if (chunk.length < chunk.capacity) {
			return chunk;
		}

		if (chunk.capacity < chunkRows) {
			return this.#put(number, 1, chunk.copy(chunk.capacity * 2, 0, chunk.length));
		}

		if (number === this.#chunks.length - 1 && uid > chunk.uids[chunk.length - 1]!) {
			return this.#put(number + 1, 0, new Chunk(chunkRows));
		}

		if (number === 0 && uid < chunk.uids[0]!) {
			return this.#put(0, 0, new Chunk(chunkRows));
		}

		const half = chunkRows / 2;
		const upper = chunk.copy(chunkRows, half, chunk.length);
		const lower = this.#put(number, 1, chunk.copy(chunkRows, 0, half));
		this.#put(number + 1, 0, upper);
		return uid < upper.uids[0]! ? lower : upper;
	}

	#put(number: number, instead: number, chunk: Chunk): Chunk {
		this.#chunks.splice(number, instead, chunk);
		return chunk;
	}
}
