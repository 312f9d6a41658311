/** A message to be put into a folder. */
export type MessageSeed = {
	/** The content, or how to make it each time it is asked for (then `size` must be given). */
	readonly bytes: Uint8Array | (() => Uint8Array);
	/** In bytes. */
	readonly size?: number;
	/** INTERNALDATE as milliseconds since 1970 UTC; the clock's time if absent. */
	readonly internalDate?: number;
	readonly flags?: readonly string[];
	/** At least the folder's UIDNEXT, or it is not heeded. */
	readonly uid?: number;
};

const none: readonly string[] = [];

/** A message in a folder. */
export class Message {
	/** RFC 7162. */
	modSeq: number;
	/** True once it is no longer in its folder. */
	expunged = false;
	readonly #content: Uint8Array | (() => Uint8Array);
	readonly #size: number;
	readonly #internalDate: number;
	#flags: readonly string[];

	constructor(seed: MessageSeed, readonly uid: number, now: number, modSeq: number) {
		this.#content = seed.bytes;
		this.#size = seed.size ?? (typeof seed.bytes === 'function' ? seed.bytes() : seed.bytes).length;
		this.#internalDate = Math.floor((seed.internalDate ?? now) / 1000) * 1000;
		this.#flags = seed.flags ?? none;
		this.modSeq = modSeq;
	}

	get bytes(): Uint8Array {
		return typeof this.#content === 'function' ? this.#content() : this.#content;
	}

	/** RFC822.SIZE in bytes. */
	get size(): number {
		return this.#size;
	}

	/** Milliseconds since 1970 UTC. */
	get internalDate(): number {
		return this.#internalDate;
	}

	/** Never changed in place. */
	get flags(): readonly string[] {
		return this.#flags;
	}

	set flags(flags: readonly string[]) {
		this.#flags = flags;
	}

	/** What a copy elsewhere is made of. */
	get seed(): MessageSeed {
		return {
			bytes: this.#content, size: this.size, internalDate: this.internalDate, flags: this.flags,
		};
	}
}
