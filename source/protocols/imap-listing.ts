import {Listing} from '../mailbox/listing.js';
import {type MessageEntry} from '../mailbox/mailbox.js';
import {FailureError} from '../mailbox/failure.js';
import {
	atom, bytesOf, fetchItems, listOf, numberOf, sequence, textOf, type ImapLine,
} from './imap-node.js';
import {normalFlags} from './imap-flags.js';
import {parseInternalDate} from './imap-date.js';
import {uidSet} from './imap-uid-set.js';
import {command, type ImapSessions, type Session} from './imap-session.js';
import {type OpenedFolder} from './imap-open.js';

/** An entry whose received date the server did not tell. */
export type Row = Omit<MessageEntry, 'receivedAt'> & {readonly receivedAt: number | undefined};

const rowOf = (line: ImapLine): Row | undefined => {
	const items = fetchItems(line);
	const uid = numberOf(items?.get('UID'));
	const size = numberOf(items?.get('RFC822.SIZE'));
	if (!items || !uid || size === undefined || uid > 0xFF_FF_FF_FF) {
		// A change of flags that the server tells unasked, or nonsense.
		return undefined;
	}

	const flags = normalFlags(listOf(items.get('FLAGS')).map(node => textOf(node)).filter(flag => flag !== undefined));
	return {
		uid, size: Math.min(size, 0xFF_FF_FF_FF), flags, receivedAt: parseInternalDate(textOf(items.get('INTERNALDATE')) ?? ''),
	};
};

const listed = [atom('UID'), atom('RFC822.SIZE'), atom('INTERNALDATE'), atom('FLAGS')];

/** One FETCH over a sequence set; `row` is called for each message, in the server's order. */
const fetchRows = async (session: Session, set: string, row: (row: Row) => void): Promise<void> => {
	const {unparsed} = await command(session, 'list', 'UID FETCH', [sequence(set), listed], {
		endless: true,
		untagged: {
			fetch(line) {
				const found = rowOf(line);
				if (found) {
					row(found);
				}
			},
		},
	});
	if (unparsed.length > 0) {
		throw new FailureError('server-nonsense', {detail: 'lines of the listing could not be read'});
	}
};

/** The entries of one message, or of all from a UID on: for a few. */
export const fetchEntries = async (session: Session, uid: number, andLater = false): Promise<Row[]> => {
	const rows: Row[] = [];
	await fetchRows(session, andLater ? `${uid}:*` : String(uid), row => {
		if (row.uid === uid || (andLater && row.uid > uid)) {
			rows.push(row);
		}
	});
	return rows;
};

/** Received dates out of the Date header, for servers that tell no INTERNALDATE; 1970 where there is none: the same at each listing. */
const datesFromHeaders = async (session: Session, rows: readonly Row[]): Promise<Map<number, number>> => {
	const dates = new Map<number, number>();
	const header = {type: 'ATOM', value: 'BODY.PEEK', section: [atom('HEADER.FIELDS'), [atom('DATE')]]};
	for (let start = 0; start < rows.length; start += 200) {
		const uids = rows.slice(start, start + 200).map(({uid}) => uid).sort((a, b) => a - b);
		// eslint-disable-next-line no-await-in-loop -- one connection
		await command(session, 'list', 'UID FETCH', [sequence(uidSet(uids)), [atom('UID'), header]], {
			untagged: {
				fetch(line) {
					const items = fetchItems(line);
					const uid = numberOf(items?.get('UID'));
					const text = new TextDecoder('latin1').decode(bytesOf(items?.get('BODY[…]')) ?? new Uint8Array());
					const time = Date.parse(text.replace(/^date:/iv, '').replaceAll(/\([^\(\)]*\)/gv, '').trim());
					if (uid && !Number.isNaN(time)) {
						dates.set(uid, Math.trunc(time / 1000) * 1000);
					}
				},
			},
		});
	}

	return dates;
};

/**
All messages of a folder, or those from a UID on, without their content. A connection lost on the way is
taken up at the UID where it was lost, if the folder is still the same.

@param open opens the folder on a session, anew each time
@throws folder-unreadable and what outlasts all patience
*/
export const listFolder = async (sessions: ImapSessions, open: (session: Session) => Promise<OpenedFolder>, signal: AbortSignal, from = 1): Promise<Listing> => {
	let listing: Listing | undefined;
	let last = 0;
	return sessions.persist(signal, async (session, progressed) => {
		const opened = await open(session);
		if (listing?.generation !== opened.generation) {
			listing = new Listing({generation: opened.generation, uidNext: opened.uidNext, ...(opened.highestModSeq && {highestModSeq: opened.highestModSeq})});
			last = from - 1;
		}

		const result = listing;
		if (opened.exists === 0) {
			return result;
		}

		const undated: Row[] = [];
		const take = (row: Row): void => {
			if (row.receivedAt === undefined) {
				undated.push(row);
			} else {
				result.add({...row, receivedAt: row.receivedAt});
				last = Math.max(last, row.uid);
			}
		};

		let rows = result.length;
		const first = last + 1;
		await fetchRows(session, `${first}:*`, row => {
			// `n:*` names the last message even when nothing is at or above n.
			if (row.uid < first) {
				return;
			}

			rows++;
			take(row);
			if (rows % 1000 === 0) {
				progressed();
			}
		});
		if (from === 1 && result.length + undated.length < opened.exists) {
			// Some servers leave lines out of a long answer. Ask once more, and take what was left out.
			const known = new Set(undated.map(({uid}) => uid));
			const missing: Row[] = [];
			await fetchRows(session, '1:*', row => {
				if (result.get(row.uid) === undefined && !known.has(row.uid)) {
					missing.push(row);
				}
			});
			for (const row of missing) {
				take(row);
			}
		}

		if (undated.length > 0) {
			const dates = await datesFromHeaders(session, undated);
			for (const row of undated) {
				result.add({...row, receivedAt: dates.get(row.uid) ?? 0});
			}
		}

		return result;
	});
};
