import {Buffer} from 'node:buffer';
import {type Socket} from 'node:net';

/** A line longer than allowed; what came of it was thrown away up to its end. `start` is its beginning. */
export class LineTooLong extends Error {
	override readonly name = 'LineTooLong';

	constructor(readonly start: string) {
		super('Line too long');
	}
}

const lineFeed = 10;
const highWater = 1_048_576;
/** A peer that never ends its line is not read any further. */
const hopeless = 16_777_216;

/** What a peer sends, taken as lines and byte counts; reading stops while much of it waits. */
export class ByteInput {
	/** Bytes received in all. */
	received = 0;
	readonly #socket: Socket;
	readonly #chunks: Uint8Array[] = [];
	#length = 0;
	#ended = false;
	#wake: (() => void) | undefined;

	constructor(socket: Socket, onBytes: (count: number) => void) {
		this.#socket = socket;
		socket.on('data', (chunk: Uint8Array) => {
			this.received += chunk.length;
			this.#chunks.push(chunk);
			this.#length += chunk.length;
			if (this.#length > highWater) {
				socket.pause();
			}

			onBytes(chunk.length);
			this.#wake?.();
		});
		const end = (): void => {
			this.#ended = true;
			this.#wake?.();
		};

		socket.on('end', end);
		socket.on('close', end);
		// A peer may vanish at any time; what follows from it comes with 'close'.
		socket.on('error', end);
	}

	/** The next line without its end (CRLF or LF); undefined after the last. @throws LineTooLong */
	async line(limit: number): Promise<Uint8Array | undefined> {
		let scanned = 0;
		let start: string | undefined;
		let skipped = 0;
		for (;;) {
			const found = this.#find(scanned);
			if (found !== -1) {
				const line = this.#take(found + 1);
				if (start !== undefined || line.length > limit) {
					throw new LineTooLong(start ?? Buffer.from(line.subarray(0, 200)).toString('latin1'));
				}

				return line.subarray(0, line.length > 1 && line.at(-2) === 13 ? -2 : -1);
			}

			scanned = this.#length;
			if (scanned > limit) {
				const thrownAway = this.#take(scanned);
				start ??= Buffer.from(thrownAway.subarray(0, 200)).toString('latin1');
				skipped += scanned;
				scanned = 0;
				if (skipped > hopeless) {
					return undefined;
				}
			}

			// eslint-disable-next-line no-await-in-loop -- each part comes after the one before
			if (!await this.#more()) {
				return undefined;
			}
		}
	}

	/** That many bytes; undefined if the peer left before. */
	async exactly(count: number): Promise<Uint8Array | undefined> {
		const parts: Uint8Array[] = [];
		let missing = count;
		while (missing > 0) {
			if (this.#length > 0) {
				const part = this.#take(Math.min(missing, this.#length));
				missing -= part.length;
				parts.push(part);
			// eslint-disable-next-line no-await-in-loop -- each part comes after the one before
			} else if (!await this.#more()) {
				return undefined;
			}
		}

		return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
	}

	/** Throws away that many bytes, or all until the peer leaves. */
	async skip(count = Number.POSITIVE_INFINITY): Promise<void> {
		let missing = count;
		while (missing > 0) {
			if (this.#length > 0) {
				missing -= this.#take(Math.min(missing, this.#length)).length;
			// eslint-disable-next-line no-await-in-loop -- each part comes after the one before
			} else if (!await this.#more()) {
				return;
			}
		}
	}

	#find(from: number): number {
		let offset = 0;
		for (const chunk of this.#chunks) {
			if (offset + chunk.length > from) {
				const at = chunk.indexOf(lineFeed, Math.max(0, from - offset));
				if (at !== -1) {
					return offset + at;
				}
			}

			offset += chunk.length;
		}

		return -1;
	}

	#take(count: number): Uint8Array {
		const parts: Uint8Array[] = [];
		let missing = count;
		while (missing > 0) {
			const chunk = this.#chunks[0]!;
			if (chunk.length <= missing) {
				parts.push(chunk);
				this.#chunks.shift();
				missing -= chunk.length;
			} else {
				parts.push(chunk.subarray(0, missing));
				this.#chunks[0] = chunk.subarray(missing);
				missing = 0;
			}
		}

		this.#length -= count;
		return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
	}

	async #more(): Promise<boolean> {
		if (this.#ended) {
			return false;
		}

		const before = this.received;
		if (this.#socket.isPaused()) {
			this.#socket.resume();
		}

		await new Promise<void>(resolve => {
			this.#wake = resolve;
		});
		this.#wake = undefined;
		return this.received > before || !this.#ended;
	}
}
