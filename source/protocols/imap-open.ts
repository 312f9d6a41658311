import {FailureError} from '../mailbox/failure.js';
import {
	codeOf, listOf, mailboxName, numberOf, textOf, type ImapLine,
} from './imap-node.js';
import {command, type Session} from './imap-session.js';

/** What EXAMINE or SELECT told (RFC 9051 6.3.2). */
export type OpenedFolder = {
	readonly raw: string;
	readonly writable: boolean;
	/** UIDVALIDITY as decimal text; '0' where the server told none. */
	readonly generation: string;
	/** 0 where the server told none. */
	readonly uidNext: number;
	readonly exists: number;
	readonly highestModSeq?: string;
	/** Flags that STORE can change for good; undefined where the server told none: then all. */
	readonly permanentFlags?: readonly string[];
};

/**
Opens a folder: EXAMINE, or SELECT where it is to be written. A folder that is open already is not opened again unless `again`.

@throws folder-unreadable when refused, and what the connection suffers
*/
export const openFolder = async (session: Session, raw: string, {writable = false, again = false} = {}): Promise<OpenedFolder> => {
	const {opened} = session;
	if (opened?.raw === raw && opened.writable === writable && !again) {
		return opened;
	}

	session.opened = undefined;
	let generation = '0';
	let uidNext = 0;
	let exists = 0;
	let highestModSeq: string | undefined;
	let permanentFlags: string[] | undefined;
	await command(session, 'open', writable ? 'SELECT' : 'EXAMINE', [mailboxName(raw)], {
		untagged: {
			exists(line) {
				exists = Number(line.command);
			},
			ok(line: ImapLine) {
				const {code, rest: [argument]} = codeOf(line);
				switch (code ?? '') {
					case 'UIDVALIDITY': {
						generation = String(numberOf(argument) ?? 0);
						break;
					}

					case 'UIDNEXT': {
						uidNext = numberOf(argument) ?? 0;
						break;
					}

					case 'HIGHESTMODSEQ': {
						highestModSeq = textOf(argument);
						break;
					}

					case 'PERMANENTFLAGS': {
						permanentFlags = listOf(argument).map(node => textOf(node)).filter(flag => flag !== undefined);
						break;
					}

					default:
				}
			},
		},
	});
	const fresh: OpenedFolder = {
		raw, writable, generation, uidNext, exists,
		...(highestModSeq !== undefined && /^\d+$/v.test(highestModSeq) && highestModSeq !== '0' && {highestModSeq}),
		...(permanentFlags && {permanentFlags}),
	};
	session.opened = fresh;
	return fresh;
};

export type Patience = {
	/** Milliseconds between the tries. */
	readonly waits: readonly number[];
	readonly pause: (milliseconds: number) => Promise<void>;
	readonly again?: boolean;
};

/**
{@link openFolder}, but a refusal is taken for a throttle first and tried again after each of `waits` (milliseconds).
A folder that the server says does not exist is believed at once.
*/
export const openPatiently = async (session: Session, raw: string, {waits, pause, again = false}: Patience): Promise<OpenedFolder> => {
	for (const wait of [...waits, undefined]) {
		try {
			// eslint-disable-next-line no-await-in-loop -- one try after another
			return await openFolder(session, raw, {again});
		} catch (error) {
			const refused = error instanceof FailureError && error.failure.code === 'folder-unreadable';
			if (!refused || wait === undefined || (error.failure.detail ?? '').includes('[NONEXISTENT]')) {
				throw error;
			}

			// eslint-disable-next-line no-await-in-loop -- one try after another
			await pause(wait);
		}
	}

	throw new FailureError('folder-unreadable');
};
