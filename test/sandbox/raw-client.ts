import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';

/** Speaks bytes to a server and shows what comes back, as latin1: knows nothing of IMAP but tags. */
export class RawClient {
	/** @param ca PEM: over TLS, by a server whose certificate that authority signed */
	static async open(port: number, ca?: string): Promise<RawClient> {
		const client = new RawClient(ca === undefined ? connect(port, '127.0.0.1') : connectTls({port, host: '127.0.0.1', ca}));
		await once(client.socket, ca === undefined ? 'connect' : 'secureConnect');
		client.socket.setNoDelay(true);
		return client;
	}

	/** Everything received so far. */
	received = '';
	closed = false;
	#read = 0;
	#tag = 0;
	#wake: (() => void) | undefined;

	private constructor(readonly socket: Socket) {
		socket.on('data', (chunk: Uint8Array) => {
			this.received += Buffer.from(chunk).toString('latin1');
			this.#wake?.();
		});
		socket.on('error', () => undefined);
		socket.on('close', () => {
			this.closed = true;
			this.#wake?.();
		});
	}

	send(data: string | Uint8Array): void {
		this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
	}

	/** What came since the last call, up to and with the match; at the end of the connection, what there is. */
	async until(pattern: RegExp): Promise<string> {
		for (;;) {
			const rest = this.received.slice(this.#read);
			const match = pattern.exec(rest);
			if (match ?? this.closed) {
				const taken = match ? rest.slice(0, match.index + match[0].length) : rest;
				this.#read += taken.length;
				return taken;
			}

			// eslint-disable-next-line no-await-in-loop -- waits for more
			await new Promise<void>(resolve => {
				this.#wake = resolve;
			});
		}
	}

	async greeting(): Promise<string> {
		return this.until(/\r\n/);
	}

	/** Sends a command under a tag of its own; answers everything up to and with the tagged line. */
	async command(line: string): Promise<string> {
		const tag = `t${++this.#tag}`;
		this.send(`${tag} ${line}\r\n`);
		return this.until(new RegExp(String.raw`(?:^|\r\n)${tag} [^\r\n]*\r\n`));
	}

	/** APPEND with a non-synchronising literal, or with one that waits for its invitation. */
	async append(words: string, content: string | Uint8Array, waits = false): Promise<string> {
		const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
		const tag = `t${++this.#tag}`;
		const answered = new RegExp(String.raw`(?:^|\r\n)${tag} [^\r\n]*\r\n`);
		this.send(`${tag} APPEND ${words} {${bytes.length}${waits ? '' : '+'}}\r\n`);
		if (waits) {
			const invitation = await this.until(new RegExp(String.raw`\+ [^\r\n]*\r\n|(?:^|\r\n)${tag} [^\r\n]*\r\n`));
			if (!invitation.startsWith('+')) {
				return invitation;
			}
		}

		this.send(bytes);
		this.send('\r\n');
		return this.until(answered);
	}

	/** Everything until the server closed the connection. */
	async rest(): Promise<string> {
		return this.until(/(?!)/);
	}

	close(): void {
		this.socket.destroy();
	}
}
