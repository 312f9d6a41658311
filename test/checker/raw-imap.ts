/**
A plain IMAP client for loading and checking test servers. It shares nothing with the program or its library on purpose:
a mistake made on both sides would hide itself.
*/
import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {connect as connectPlain, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import {ReplyStream, type RawResponse} from './reply-stream.js';

export type {RawResponse} from './reply-stream.js';

/** Where and as whom to sign in. */
export type ImapAccount = {
	readonly host: string;
	readonly port: number;
	readonly user: string;
	readonly password: string;
	/** Speak TLS from the first byte, trusting this authority alone. */
	readonly tlsPort?: number | undefined;
	readonly caFile?: string | undefined;
	readonly tls?: boolean;
};

/** The tagged answer to a command and the untagged responses before it. */
export type Reply = {
	readonly status: 'OK' | 'NO' | 'BAD';
	/** All that follows the status. */
	readonly text: string;
	/** Without the leading `* `; empty when they were streamed. */
	readonly untagged: readonly RawResponse[];
};

export class ImapRefusal extends Error {
	readonly reply: Reply;

	constructor(command: string, reply: Reply) {
		super(`${command}: ${reply.status} ${reply.text}`);
		this.name = 'ImapRefusal';
		this.reply = reply;
	}
}

type Waiting = {
	readonly tag: string;
	readonly untagged: RawResponse[];
	readonly onUntagged: ((response: RawResponse) => void) | undefined;
	readonly settle: (reply: Reply) => void;
	readonly fail: (error: Error) => void;
};

/** A piece of a command: text goes as it is (one char a byte), bytes go as a literal. */
export type CommandPart = string | Uint8Array;

/** A quoted string (RFC 9051 4.3), for text of printable ASCII. */
export const quote = (text: string): string => `"${text.replaceAll(/["\\]/gv, String.raw`\$&`)}"`;

export class RawImap {
	/** Connects, waits for the greeting and signs in. */
	static async open(account: ImapAccount): Promise<RawImap> {
		const socket = account.tls
			? connectTls({host: account.host, port: account.tlsPort ?? account.port, ca: account.caFile === undefined ? undefined : await readFile(account.caFile)})
			: connectPlain(account.port, account.host);
		const imap = new RawImap(socket);
		await imap.#greeted;
		await imap.ok('LOGIN', quote(account.user), quote(account.password));
		const {untagged} = await imap.ok('CAPABILITY');
		imap.capabilities = new Set(untagged.map(response => String(response[0])).find(line => line.startsWith('CAPABILITY '))?.split(' ').slice(1));
		return imap;
	}

	capabilities = new Set<string>();
	readonly #socket: Socket;
	readonly #waiting: Waiting[] = [];
	readonly #greeted: Promise<void>;
	#greet: (() => void) | undefined;
	/** The command that waits to send a literal, until the server asks for it or answers without. */
	#go: {readonly tag: string; readonly resume: () => void} | undefined;
	#lost: Error | undefined;
	#sending: Promise<void> = Promise.resolve();
	#count = 0;

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.setNoDelay(true);
		const stream = new ReplyStream(response => {
			this.#take(response);
		});
		this.#greeted = new Promise((resolve, reject) => {
			this.#greet = resolve;
			socket.once('close', () => {
				reject(this.#lost ?? new Error('The server closed the connection'));
			});
		});
		socket.on('data', chunk => {
			stream.feed(chunk);
		});
		socket.on('error', error => {
			this.#lost = error;
		});
		socket.on('close', () => {
			this.#lost ??= new Error('The server closed the connection');
			for (const waiting of this.#waiting.splice(0)) {
				waiting.fail(this.#lost);
			}

			this.#resume();
		});
	}

	/**
	Sends a command; its parts are joined by blanks. Commands may be sent before earlier ones are answered (they leave in
	order), as long as they are not ambiguous together (RFC 9051 5.5).

	@param onUntagged Takes each untagged response as it comes, so that large answers are never held whole.
	*/
	async command(parts: readonly CommandPart[], onUntagged?: (response: RawResponse) => void): Promise<Reply> {
		const tag = `c${++this.#count}`;
		const before = this.#sending;
		return new Promise((resolve, reject) => {
			this.#sending = (async () => {
				await before;
				if (this.#lost) {
					reject(this.#lost);
					return;
				}

				this.#waiting.push({
					tag, untagged: [], onUntagged, settle: resolve, fail: reject,
				});
				await this.#send(tag, parts);
			})();
		});
	}

	/** As {@link command}, refusing anything but OK. */
	async ok(...parts: CommandPart[]): Promise<Reply> {
		const reply = await this.command(parts);
		if (reply.status !== 'OK') {
			throw new ImapRefusal(parts.filter(part => typeof part === 'string').slice(0, 2).join(' '), reply);
		}

		return reply;
	}

	/** Signs out, as far as the server still listens. */
	async close(): Promise<void> {
		if (this.#lost) {
			return;
		}

		const closed = once(this.#socket, 'close');
		await Promise.allSettled([this.command(['LOGOUT'])]);
		this.#socket.destroy();
		await closed;
	}

	/** Breaks the connection off, as a network would. */
	cut(): void {
		this.#socket.resetAndDestroy();
	}

	async #send(tag: string, parts: readonly CommandPart[]): Promise<void> {
		let text = tag;
		for (const part of parts) {
			if (typeof part === 'string') {
				text += ` ${part}`;
				continue;
			}

			const plus = this.capabilities.has('LITERAL+');
			const announcement = Buffer.from(`${text} {${part.length}${plus ? '+' : ''}}\r\n`, 'latin1');
			if (plus) {
				this.#socket.write(announcement);
			} else {
				// eslint-disable-next-line no-await-in-loop -- the server wants the pieces in order
				await this.#announce(tag, announcement);
				if (this.#waiting.every(waiting => waiting.tag !== tag)) {
					// Refused instead of asked for: the literal must not follow.
					return;
				}
			}

			this.#socket.write(part);
			text = '';
		}

		// Our memory stays small, however slow the server.
		if (!this.#socket.write(Buffer.from(`${text}\r\n`, 'latin1')) && !this.#lost) {
			await Promise.allSettled([Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')])]);
		}
	}

	/** Resolves when the server asks for the literal, answers the command without it, or is gone. */
	async #announce(tag: string, announcement: Uint8Array): Promise<void> {
		return new Promise(resolve => {
			this.#go = {tag, resume: resolve};
			this.#socket.write(announcement);
		});
	}

	#resume(): void {
		this.#go?.resume();
		this.#go = undefined;
	}

	#take(response: RawResponse): void {
		const line = String(response[0]);
		if (this.#greet) {
			this.#greet();
			this.#greet = undefined;
			return;
		}

		if (line.startsWith('+')) {
			this.#resume();
			return;
		}

		const [waiting] = this.#waiting;
		if (line.startsWith('* ')) {
			const untagged = [line.slice(2), ...response.slice(1)];
			if (waiting?.onUntagged) {
				waiting.onUntagged(untagged);
			} else {
				waiting?.untagged.push(untagged);
			}

			return;
		}

		const {tag, status, text} = /^(?<tag>\S+) (?<status>OK|NO|BAD)(?: (?<text>.*))?$/v.exec(line)?.groups ?? {};
		if (!waiting || tag !== waiting.tag) {
			this.#socket.destroy(new Error(`An answer to nothing we asked: ${line}`));
			return;
		}

		this.#waiting.shift();
		waiting.settle({status: status as Reply['status'], text: text ?? '', untagged: waiting.untagged});
		if (this.#go?.tag === tag) {
			this.#resume();
		}
	}
}
