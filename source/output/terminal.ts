import process from 'node:process';
import {type Writable} from 'node:stream';

/**
What is known of the two output streams, and the only place that writes to them.

A closed pipe (EPIPE) is a request to stop, not a crash; a terminal that hung up (EIO) is neither: the run goes on
unseen (design, rule 15). Nothing waits for a slow pipe but the one who asks for it by {@link Terminal.drained}.
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
	/** Resolves when everything that stdout was given has left this process, or never will. */
	drained(): Promise<void>;
};

/** A command alone on its line, of PowerShell or ours, as remedies have it. */
export const isCommand = (line: string): boolean => /^ *(?:\(?[A-Z][a-z]+-[A-Z]\w+|aw2ms365 |timedatectl )/v.test(line);

/** A line on a screen, broken between words and indented from its second row on. Lines of data stay whole, and commands of PowerShell: they are to be copied. */
export const wrapLine = (text: string, columns: number): string => {
	if (text.length <= columns || columns < 20 || text.startsWith('{') || isCommand(text)) {
		return text;
	}

	const indent = ' '.repeat(/^ */v.exec(text)![0].length + 2);
	const rows: string[] = [];
	let row = '';
	for (const word of text.split(/(?<=[^ ]) (?=[^ ])/v)) {
		if (row !== '' && row.length + 1 + word.length > columns) {
			rows.push(row);
			row = `${indent}${word}`;
		} else {
			row = row === '' ? word : `${row} ${word}`;
		}
	}

	return [...rows, row].join('\n');
};

type Screen = Writable & {isTTY?: boolean; columns?: number};

const nobodyReads = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** Commands that are suggested are about the configuration that a person has named, where it is not the one in its place. */
export const naming = (file: string | undefined): (text: string) => string => {
	if (file === undefined) {
		return text => text;
	}

	const named = /^[\w.\/~:@+\-]+$/v.test(file) ? file : `'${file.replaceAll('\'', String.raw`'\''`)}'`;
	return text => text.startsWith('{') ? text : text.replaceAll(/\baw2ms365 (?<command>doctor|plan|migrate|status|failures|retry|verify)\b/gv, `$& ${named.replaceAll('$', '$$$$')}`);
};

/** @param onClosed called once when stdout takes no more: without a reason where nobody reads it any more, else with what the system said (a full disk) */
export const openTerminal = (onClosed: (reason?: string) => void, out: Screen = process.stdout, error: Screen = process.stderr, reword: (text: string) => string = text => text): Terminal => {
	let closed = false;
	let deaf = false;
	let line = false;
	let underWay = 0;
	let idle: (() => void) | undefined;
	const live = error.isTTY === true && process.env.TERM !== 'dumb';
	error.on('error', () => {
		// What is for people is not worth a run.
		deaf = true;
	});
	out.on('error', (reason: NodeJS.ErrnoException) => {
		const first = !closed;
		closed = true;
		// A terminal goes away by hanging up, and what that means is for SIGHUP to say.
		if (first && out.isTTY !== true) {
			onClosed(nobodyReads.has(reason.code ?? '') ? undefined : reason.message);
		}
	});

	const show = (text: string) => {
		if (!deaf) {
			error.write(text);
		}
	};

	const clear = () => {
		if (line) {
			show('\r\u001B[K');
			line = false;
		}
	};

	return {
		result(said) {
			clear();
			const text = reword(said);
			if (!closed) {
				underWay++;
				out.write(`${out.isTTY ? wrapLine(text, out.columns ?? 80) : text}\n`, () => {
					if (--underWay === 0) {
						idle?.();
					}
				});
			}
		},
		say(said) {
			clear();
			const text = reword(said);
			show(`${live ? text.split('\n').map(row => wrapLine(row, error.columns ?? 80)).join('\n') : text}\n`);
		},
		replace(text) {
			if (live) {
				const columns = error.columns ?? 80;
				show(`\r\u001B[K${text.length >= columns ? `${text.slice(0, columns - 2)}…` : text}`);
				line = true;
			}
		},
		async drained() {
			if (underWay > 0) {
				await new Promise<void>(resolve => {
					idle = resolve;
				});
			}

			// An error is told after the write that met it is over.
			await new Promise(resolve => {
				setImmediate(resolve);
			});
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
