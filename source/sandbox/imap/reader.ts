import {Buffer} from 'node:buffer';
import {type ByteInput} from './input.js';
import {type Segment} from './tokens.js';

/** What to do with a literal that is announced. */
export type LiteralVerdict =
	/** `cutAfter`: receive so many bytes, then the connection is cut. */
	| {readonly take: true; readonly cutAfter?: number}
	/** `answer` is the whole tagged line. */
	| {readonly take: false; readonly answer: string};

export type Announcement = {
	/** What came before it. */
	readonly before: readonly Segment[];
	readonly size: number;
	/** The client waits for `+` (RFC 9051 4.3); otherwise the bytes are already on their way (RFC 7888). */
	readonly waits: boolean;
};

export type Received =
	| {readonly segments: readonly Segment[]}
	/** Given up in the middle; `answer` is due. */
	| {readonly answer: string}
	/** The peer left, or is to be cut off. */
	| {readonly over: 'left' | 'cut'};

export type ReaderPorts = {
	readonly input: ByteInput;
	readonly maxLine: number;
	/** False: `{n+}` is not understood, as on a server without LITERAL+. */
	readonly nonSynchronising: boolean;
	readonly judge: (announcement: Announcement) => LiteralVerdict;
	readonly invite: () => Promise<void>;
};

/** Reads one command with its literals (RFC 9051 2.2.1 and 4.3, RFC 7888). @throws LineTooLong */
export const readCommand = async ({input, maxLine, nonSynchronising, judge, invite}: ReaderPorts): Promise<Received> => {
	const segments: Segment[] = [];
	for (;;) {
		// eslint-disable-next-line no-await-in-loop -- a command is a sequence
		const line = await input.line(maxLine);
		if (!line) {
			return {over: 'left'};
		}

		const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('latin1');
		const announced = /{(\d{1,10})(\+?)}$/.exec(text);
		if (!announced || (announced[2] === '+' && !nonSynchronising)) {
			segments.push({text});
			return {segments};
		}

		segments.push({text: text.slice(0, announced.index)});
		const size = Number(announced[1]);
		const waits = announced[2] !== '+';
		const verdict = judge({before: segments, size, waits});
		if (!verdict.take) {
			if (!waits) {
				// The bytes come anyway: they and the rest of the command are read past (RFC 7888 section 4).
				// eslint-disable-next-line no-await-in-loop -- a command is a sequence
				await input.skip(size);
				// eslint-disable-next-line no-await-in-loop -- a command is a sequence
				await input.line(maxLine);
			}

			return {answer: verdict.answer};
		}

		if (waits) {
			// eslint-disable-next-line no-await-in-loop -- a command is a sequence
			await invite();
		}

		if (verdict.cutAfter !== undefined) {
			// eslint-disable-next-line no-await-in-loop -- a command is a sequence
			await input.exactly(Math.min(verdict.cutAfter, size));
			return {over: 'cut'};
		}

		// eslint-disable-next-line no-await-in-loop -- a command is a sequence
		const literal = await input.exactly(size);
		if (!literal) {
			return {over: 'left'};
		}

		segments.push({literal});
	}
};
