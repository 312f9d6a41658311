import {type Clock} from '../mailbox/clock.js';
import {type FolderPath} from '../mailbox/mailbox.js';
import {type MailSource, type Notice} from '../mailbox/source.js';
import {FailureError} from '../mailbox/failure.js';
import {
	atom, fetchItems, numberOf, sequence,
} from '../protocols/imap-node.js';
import {uidSet} from '../protocols/imap-uid-set.js';
import {
	command, ImapSessions, type Session, type SessionsOptions,
} from '../protocols/imap-session.js';
import {defaultImapTiming, type ImapTiming} from '../protocols/imap-timing.js';
import {listNames} from '../protocols/imap-list.js';
import {FolderTable, type ImapFolder} from '../protocols/imap-folders.js';
import {openFolder, openPatiently, type OpenedFolder} from '../protocols/imap-open.js';
import {fetchHeadlines} from '../protocols/imap-headlines.js';
import {listFolder} from '../protocols/imap-listing.js';
import {readMessages} from '../protocols/imap-read.js';
import {isExchange} from '../protocols/imap-kind.js';

export type ImapSourceOptions = Omit<SessionsOptions, 'side' | 'connections' | 'log' | 'timing'> & {
	readonly clock: Clock;
	readonly notice: (notice: Notice) => void;
	/** Two unless said, four at most. */
	readonly connections?: number;
	readonly log?: (line: Record<string, unknown>) => void;
	readonly timing?: Partial<ImapTiming>;
};

/**
A mailbox read over IMAP: EXAMINE and BODY.PEEK[] only, so that it stays as it was (RFC 9051 6.3.3, 6.4.5).
*/
export const imapSource = (options: ImapSourceOptions): MailSource => {
	const timing = {...defaultImapTiming, ...options.timing};
	const sessions = new ImapSessions({
		...options, side: 'source', connections: options.connections ?? 2, log: options.log ?? (() => undefined), timing,
	});
	let table: FolderTable | undefined;
	/** UIDNEXT as last listed, by wire name and generation. */
	const listedNext = new Map<string, {readonly generation: string; readonly uidNext: number}>();

	const loadTable = async (signal: AbortSignal): Promise<FolderTable> => {
		table = await sessions.persist(signal, async session => new FolderTable(await listNames(session), session.wire.namespaces));
		return table;
	};

	const find = async (path: FolderPath, signal: AbortSignal): Promise<ImapFolder> => {
		let folder = table?.get(path);
		if (!folder) {
			const fresh = await loadTable(signal);
			folder = fresh.get(path);
		}

		if (!folder || folder.container) {
			throw new FailureError('folder-unreadable', {detail: folder ? 'it holds folders only' : 'the server no longer lists it'});
		}

		return folder;
	};

	const opening = (folder: ImapFolder, signal: AbortSignal, again: boolean) => async (session: Session): Promise<OpenedFolder> =>
		openPatiently(session, folder.raw, {waits: timing.openWaits, pause: async milliseconds => options.clock.sleep(milliseconds, signal), again});

	/** A calendar's name and a folder that does not open, or a server that shows calendars as mail. */
	const isNotMail = async (folder: ImapFolder, signal: AbortSignal): Promise<boolean> => sessions.persist(signal, async session => {
		if (isExchange(session.wire, options.host)) {
			return true;
		}

		try {
			await openFolder(session, folder.raw);
			return false;
		} catch (error) {
			if (error instanceof FailureError && error.failure.code === 'folder-unreadable') {
				return true;
			}

			throw error;
		}
	});

	return {
		account: sessions.account,
		get connections() {
			return sessions.connections;
		},
		async open(signal) {
			await sessions.use(signal, async () => undefined);
		},
		async folders(signal) {
			const fresh = await loadTable(signal);
			const notMail = new Set<ImapFolder>();
			for (const folder of fresh.all()) {
				// eslint-disable-next-line no-await-in-loop -- a handful at most
				if (folder.maybeNotMail && !folder.container && await isNotMail(folder, signal)) {
					notMail.add(folder);
				}
			}

			return fresh.folders(folder => notMail.has(folder));
		},
		async list(path, signal) {
			const folder = await find(path, signal);
			const listing = await listFolder(sessions, opening(folder, signal, true), signal);
			listedNext.set(folder.raw, {generation: listing.generation, uidNext: listing.uidNext});
			return listing;
		},
		async * read(path, generation, messages, signal) {
			const folder = await find(path, signal);
			const open = opening(folder, signal, false);
			yield * readMessages(sessions, async session => {
				const opened = await open(session);
				if (opened.generation !== generation.split('+', 1)[0]) {
					throw new FailureError('folder-unreadable', {detail: 'UIDVALIDITY changed'});
				}

				// It never falls in one life of a folder (RFC 9051 2.3.1.1), whatever UIDVALIDITY says.
				const listed = listedNext.get(folder.raw);
				if (listed?.generation === opened.generation && opened.uidNext > 0 && opened.uidNext < listed.uidNext) {
					throw new FailureError('folder-unreadable', {detail: 'UIDVALIDITY changed, or should have: UIDs begin anew'});
				}
			}, messages, signal);
		},
		async headlines(path, uids, signal) {
			const folder = await find(path, signal);
			return sessions.persist(signal, async session => {
				await opening(folder, signal, false)(session);
				return fetchHeadlines(session, uids);
			});
		},
		async confirmGone(path, uids, signal) {
			const folder = await find(path, signal);
			const gone = new Set(uids);
			const sorted = [...gone].sort((a, b) => a - b);
			await sessions.persist(signal, async session => {
				await opening(folder, signal, true)(session);
				for (let start = 0; start < sorted.length; start += 100) {
					// eslint-disable-next-line no-await-in-loop -- one connection
					const {unparsed} = await command(session, 'list', 'UID FETCH', [sequence(uidSet(sorted.slice(start, start + 100))), [atom('UID')]], {
						untagged: {
							fetch(line) {
								gone.delete(numberOf(fetchItems(line)?.get('UID')) ?? 0);
							},
						},
					});
					if (unparsed.length > 0) {
						throw new FailureError('server-nonsense', {detail: 'lines of the answer could not be read'});
					}
				}
			}, {fresh: true});
			return gone;
		},
		async close() {
			await sessions.close();
		},
	};
};
