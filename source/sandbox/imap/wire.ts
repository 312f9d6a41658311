import {Buffer} from 'node:buffer';
import {type Socket} from 'node:net';

/** The connection is closed: nothing more can be said on it. */
export class ConnectionGone extends Error {
	override readonly name = 'ConnectionGone';
}

const enough = 32_768;

/** What a peer is told. Text is gathered until {@link flush}, which waits while the peer does not read. */
export class Wire {
	/** Bytes handed to the socket in all. */
	sent = 0;
	/** Bytes after which the connection is cut in the middle of what is being sent. */
	cutAt = Number.POSITIVE_INFINITY;
	/** Then it is not closed, but nothing more is said. */
	cutsSilently = false;
	readonly #socket: Socket;
	#pending = '';
	#muted = false;
	#held: Array<string | Uint8Array> | undefined;
	#gone = false;
	#wake: (() => void) | undefined;

	constructor(socket: Socket) {
		this.#socket = socket;
		const wake = (): void => {
			this.#wake?.();
		};

		socket.on('drain', wake);
		socket.on('close', () => {
			this.#gone = true;
			wake();
		});
	}

	get gone(): boolean {
		return this.#gone;
	}

	/** True when a flush is due: loops that say much ask after each line. */
	get full(): boolean {
		return this.#pending.length >= enough;
	}

	/** Text in latin1, as part of a line. */
	text(text: string): void {
		this.#pending += text;
	}

	line(text: string): void {
		this.#pending += `${text}\r\n`;
	}

	async bytes(bytes: Uint8Array): Promise<void> {
		this.#put(this.#pending);
		this.#pending = '';
		this.#put(bytes);
		await this.#drained();
	}

	/** @throws ConnectionGone */
	async flush(): Promise<void> {
		this.#put(this.#pending);
		this.#pending = '';
		await this.#drained();
	}

	/** From now on nothing is said any more, whatever is called. */
	mute(): void {
		this.#muted = true;
		this.#pending = '';
	}

	/** Holds back what is said until {@link release}. */
	hold(): void {
		this.#held = [];
	}

	release(): void {
		const held = this.#held ?? [];
		this.#held = undefined;
		for (const part of held) {
			this.#put(part);
		}
	}

	/** Throws away what was held back. */
	discard(): void {
		this.#held = undefined;
	}

	/** Closes at once; what was not sent is lost. */
	drop(): void {
		this.#gone = true;
		this.#muted = true;
		this.#socket.destroy();
		this.#wake?.();
	}

	/** Says what is pending, then closes. */
	end(): void {
		this.#put(this.#pending);
		this.#pending = '';
		this.#gone = true;
		this.#socket.end(() => {
			this.#socket.destroy();
		});
	}

	/** Cuts the connection after so many more bytes of what is said next. */
	cutAfter(bytes: number): void {
		this.cutAt = Math.min(this.cutAt, this.sent + this.#pending.length + bytes);
	}

	#put(part: string | Uint8Array): void {
		if (part.length === 0 || this.#muted || this.#gone) {
			return;
		}

		if (this.#held) {
			this.#held.push(part);
			return;
		}

		if (this.sent + part.length > this.cutAt) {
			const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
			const rest = bytes.subarray(0, Math.max(0, this.cutAt - this.sent));
			this.sent += rest.length;
			if (this.cutsSilently) {
				this.#socket.write(rest);
				this.mute();
				return;
			}

			this.#gone = true;
			// The callback comes once the bytes have left: the peer sees them and then the end.
			this.#socket.write(rest, () => {
				this.#socket.destroy();
			});
			return;
		}

		this.sent += part.length;
		if (typeof part === 'string') {
			this.#socket.write(part, 'latin1');
		} else {
			this.#socket.write(part);
		}
	}

	async #drained(): Promise<void> {
		while (!this.#gone && !this.#muted && this.#socket.writableNeedDrain) {
			// eslint-disable-next-line no-await-in-loop -- waiting is the point
			await new Promise<void>(resolve => {
				this.#wake = resolve;
			});
			this.#wake = undefined;
		}

		if (this.#gone && !this.#muted) {
			throw new ConnectionGone();
		}
	}
}
