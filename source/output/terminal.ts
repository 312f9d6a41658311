import process from 'node:process';
import {type Writable} from 'node:stream';

/**
What is known of the two output streams, and the only place that writes to them.

A closed pipe (EPIPE) is a request to stop, not a crash; nothing waits for a slow pipe but the one who
asks for it by {@link Terminal.drained}.
*/
export type Terminal = {
	/** True while stdout has not taken what it was given: what may be dropped should be. */
	readonly congested: boolean;
	/** True where stderr is a terminal that a line can be replaced on. */
	readonly live: boolean;
	readonly columns: number;
	/** A line of the result, to stdout. */
	result(line: string): void;
	/** A line for people, to stderr. */
	say(line: string): void;
	/** A line for people that replaces the one before it, where stderr is a terminal; else nothing. */
	replace(line: string): void;
	/** Resolves when stdout has taken what it was given. */
	drained(): Promise<void>;
};

export const openTerminal = (onClosed: () => void, out: Writable & {columns?: number} = process.stdout, error: Writable & {isTTY?: boolean; columns?: number} = process.stderr): Terminal => {
	let closed = false;
	let line = false;
	const live = error.isTTY === true && process.env.TERM !== 'dumb';
	const bear = (reason: NodeJS.ErrnoException) => {
		if (reason.code !== 'EPIPE' && reason.code !== 'ECONNRESET' && reason.code !== 'ERR_STREAM_DESTROYED') {
			throw reason;
		}
	};

	error.on('error', bear);
	out.on('error', reason => {
		bear(reason);
		if (!closed) {
			closed = true;
			onClosed();
		}
	});

	const clear = () => {
		if (line) {
			error.write('\r\u001B[K');
			line = false;
		}
	};

	return {
		result(text) {
			clear();
			if (!closed) {
				out.write(`${text}\n`);
			}
		},
		say(text) {
			clear();
			error.write(`${text}\n`);
		},
		replace(text) {
			if (live) {
				const columns = error.columns ?? 80;
				error.write(`\r\u001B[K${text.length >= columns ? `${text.slice(0, columns - 2)}…` : text}`);
				line = true;
			}
		},
		async drained() {
			if (out.writableNeedDrain && !closed) {
				await new Promise<void>(resolve => {
					const done = () => {
						out.off('drain', done);
						out.off('close', done);
						out.off('error', done);
						resolve();
					};

					out.once('drain', done);
					out.once('close', done);
					out.once('error', done);
				});
			}
		},
		get congested() {
			return out.writableNeedDrain;
		},
		live,
		get columns() {
			return error.columns ?? 80;
		},
	};
};
