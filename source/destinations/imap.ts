import {type FolderPath} from '../mailbox/mailbox.js';
import {
	type DeliveryResult, type MailDestination, type PreparedFolder, type Stored, type Traits,
} from '../mailbox/destination.js';
import {groupBy} from '../mailbox/group-by.js';
import {type Listing} from '../mailbox/listing.js';
import {type ReadResult} from '../mailbox/source.js';
import {FailureError, failureOf} from '../mailbox/failure.js';
import {ImapSessions, type Session, type SessionsOptions} from '../protocols/imap-session.js';
import {defaultImapTiming, type ImapTiming} from '../protocols/imap-timing.js';
import {type FolderTable, type ImapFolder} from '../protocols/imap-folders.js';
import {openFolder, openPatiently, type OpenedFolder} from '../protocols/imap-open.js';
import {listFolder} from '../protocols/imap-listing.js';
import {readMessages} from '../protocols/imap-read.js';
import {traitsOf} from './imap-traits.js';
import {deliverAll, addFlags, type Writable} from './imap-deliver.js';
import {findFolder, findOrCreate, readTable} from './imap-prepare.js';
import {candidates, settle} from './imap-look.js';
import {oneByOne} from './one-by-one.js';
import {toldOnce} from './told-once.js';

export type ImapDestinationOptions = Omit<SessionsOptions, 'side' | 'connections' | 'log' | 'timing'> & {
	/** Connections that deliver at once: at first, and at most (4). */
	readonly lanes?: {readonly start: number; readonly max: number};
	/** When to look for unsure messages after the loss, in milliseconds. */
	readonly looks?: readonly [number, number];
	readonly log?: (line: Record<string, unknown>) => void;
	readonly timing?: Partial<ImapTiming>;
};

/** Exchange hangs up after about ten refusals, whatever is under way (microsoft-365.md 5.4). After more than so many a connection is not used for another batch, which may hold eight. */
const mostRefusals = 1;

const idOf = (generation: string, uid: number): string => `${generation}:${uid}`;

const placeOf = (id: string): {generation: string; uid: number} => {
	const [generation, uid] = id.split(':', 2) as [string, string];
	return {generation, uid: Number(uid)};
};

/** A listing in the words of the port; entries are made as they are asked for. */
const storedIn = (listing: Listing): Iterable<Stored> => ({
	* [Symbol.iterator]() {
		for (const {uid, size, receivedAt, flags} of listing) {
			yield {
				id: idOf(listing.generation, uid), uid, size, receivedAt, flags,
			};
		}
	},
});

/** A mailbox written by IMAP APPEND. */
export const imapDestination = (options: ImapDestinationOptions): MailDestination => {
	const timing = {...defaultImapTiming, ...options.timing};
	const max = Math.min(4, Math.max(1, options.lanes?.max ?? 4));
	const lanes = {start: Math.min(max, Math.max(1, options.lanes?.start ?? 2)), max};
	const sessions = new ImapSessions({
		...options, side: 'destination', connections: lanes.max, log: options.log ?? (() => undefined), timing,
	});
	let traits: Traits | undefined;
	let table: FolderTable | undefined;
	/** By wire name. */
	const writables = new Map<string, Writable>();
	const inTurn = oneByOne();

	const known = (): Traits => {
		if (!traits) {
			throw new Error('open() was not called');
		}

		return traits;
	};

	const exchange = (): boolean => !known().keepsBytes;

	const reload = async (signal: AbortSignal): Promise<FolderTable> => {
		table = await sessions.persist(signal, async session => readTable(session));
		return table;
	};

	const find = async (path: FolderPath, signal: AbortSignal): Promise<ImapFolder | undefined> => {
		const listed = table && findFolder(table, path, exchange());
		const folder = listed ?? findFolder(await reload(signal), path, exchange());
		return folder?.container ? undefined : folder;
	};

	const reading = (folder: ImapFolder, signal: AbortSignal, again: boolean) => async (session: Session): Promise<OpenedFolder> =>
		openPatiently(session, folder.raw, {waits: timing.openWaits, pause: async milliseconds => options.clock.sleep(milliseconds, signal), again});

	/** SELECT: the flags it keeps and where its UIDs stand. */
	const select = async (session: Session, folder: {readonly raw: string}): Promise<OpenedFolder> => {
		const state = await openFolder(session, folder.raw, {writable: true, again: true});
		writables.set(folder.raw, {raw: folder.raw, permanentFlags: state.permanentFlags, keepsFlagged: exchange() ? false : writables.get(folder.raw)?.keepsFlagged});
		return state;
	};

	const prepare = async (path: FolderPath, signal: AbortSignal): Promise<PreparedFolder> => sessions.persist(signal, async session => {
		table ??= await readTable(session);
		for (let attempt = 0; ; attempt++) {
			// eslint-disable-next-line no-await-in-loop -- twice at most
			const found = await findOrCreate(session, table, path, exchange());
			table = found.table;
			const {folder, created} = found;
			try {
				// eslint-disable-next-line no-await-in-loop -- twice at most
				const {generation, uidNext} = await select(session, folder);
				return {
					path: folder.path, ...(folder.role && {role: folder.role}), generation, watermark: String(uidNext > 0 ? uidNext : 1), created,
				};
			} catch (error) {
				const {code, detail} = failureOf(error);
				if (code !== 'folder-unreadable') {
					throw error;
				}

				if (attempt > 0) {
					throw new FailureError('folder-not-creatable', {detail: detail ?? 'it does not open'});
				}

				// It may have been deleted since it was listed.
				// eslint-disable-next-line no-await-in-loop -- twice at most
				table = await readTable(session);
			}
		}
	});

	const writableOf = (path: FolderPath): Writable | undefined => {
		const folder = table && findFolder(table, path, exchange());
		return folder && writables.get(folder.raw);
	};

	const list = async (path: FolderPath, signal: AbortSignal, from = 1) => {
		const folder = await find(path, signal);
		if (!folder) {
			return undefined;
		}

		try {
			return await listFolder(sessions, reading(folder, signal, true), signal, from);
		} catch (error) {
			if (failureOf(error).code === 'folder-unreadable' && !findFolder(await reload(signal), path, exchange())) {
				return undefined;
			}

			throw error;
		}
	};

	const read = async function * (path: FolderPath, generation: string, messages: ReadonlyArray<{readonly uid: number; readonly size: number}>, signal: AbortSignal): AsyncGenerator<ReadResult> {
		const folder = await find(path, signal);
		if (!folder) {
			throw new FailureError('folder-unreadable', {detail: 'the server does not list it'});
		}

		const open = reading(folder, signal, false);
		yield * readMessages(sessions, async session => {
			const opened = await open(session);
			if (opened.generation !== generation) {
				throw new FailureError('folder-unreadable', {detail: 'UIDVALIDITY changed'});
			}
		}, messages, signal);
	};

	const destination: MailDestination = {
		account: sessions.account,
		async open(signal) {
			traits = await sessions.persist(signal, async session => {
				table = await readTable(session);
				return traitsOf(session.wire, {
					host: options.host, delimiter: table.delimiter, lanes, looks: options.looks ?? [15_000, 30_000],
				});
			});
			return traits;
		},
		async folders(signal) {
			const fresh = await reload(signal);
			return fresh.folders(() => exchange());
		},
		async prepare(path, signal) {
			return inTurn(async () => prepare(path, signal));
		},
		async refresh(folder, signal) {
			return {...await destination.prepare(folder.path, signal), created: folder.created};
		},
		async deliver(prepared, batch, report, signal) {
			let parked = false;
			const learn = (result: DeliveryResult): void => {
				if (!result.stored && result.failure.code === 'throttled') {
					// The engine waits and says so; this keeps looks and listings from asking earlier.
					if (!parked) {
						parked = true;
						sessions.park(result.failure.wait ?? 0, {quiet: true});
					}
				} else if (!result.stored && ['folder-not-creatable', 'server-unavailable'].includes(result.failure.code)) {
					// The folder is gone, or may be (Dovecot stumbles over one that it has open): preparing it again looks and makes it anew.
					table = undefined;
					writables.clear();
					if (result.failure.code === 'server-unavailable' && result.failure.outcome === 'not stored') {
						const {code, detail, next} = result.failure;
						options.notice({
							type: 'waiting', side: 'destination', code, ...(detail && {detail: next ? `${detail}: Exchange says so of a full mailbox too` : detail}),
						});
					}
				} else if (result.stored) {
					sessions.calm();
				}
			};

			await toldOnce(batch, report, signal, {
				async ready(tell) {
					let writable = writableOf(prepared.path);
					// Another lane may forget the folders meanwhile.
					for (let attempt = 0; !writable && attempt < 3; attempt++) {
						// eslint-disable-next-line no-await-in-loop -- once, mostly
						await destination.prepare(prepared.path, signal);
						writable = writableOf(prepared.path);
					}

					if (!writable) {
						return undefined;
					}

					const folder = writable;
					const session = await sessions.acquire(signal);
					return async sent => {
						try {
							await deliverAll(session, folder, sent, (delivery, result) => {
								learn(result);
								tell(delivery, result);
							}, {
								signal, server: {
									tellsId: known().tellsId, exchange: exchange(), keepsBytes: known().keepsBytes, now: () => options.clock.now(),
								},
							});
						} finally {
							if (exchange() && session.wire.refusals > mostRefusals) {
								session.wire.close();
							}

							sessions.release(session);
						}

						return undefined;
					};
				},
			});
		},
		async look(path, unsure, claimed, signal) {
			const folder = await find(path, signal);
			const from = Math.min(...unsure.map(({watermark}) => Number(watermark) || 1));
			let listing = unsure.length > 0 && folder ? await list(path, signal, from) : undefined;
			if (listing && unsure.some(({generation}) => generation !== listing!.generation) && from > 1) {
				listing = await list(path, signal);
			}

			if (!folder || !listing) {
				return unsure.map(() => undefined);
			}

			const {generation} = listing;
			const stored = await candidates(listing, unsure, {claimed, rebuilt: exchange(), read: messages => read(path, generation, messages, signal)});
			const ids = settle(unsure, stored, generation, exchange());
			await finishSteps(folder, ids.map((id, position) => ({id, flags: unsure[position]!.flags})), signal);
			return ids;
		},
		async list(path, signal) {
			const listing = await list(path, signal);
			return listing && storedIn(listing);
		},
		async * read(path, messages, signal) {
			for (const [generation, wanted] of groupBy(messages.map(message => ({...placeOf(message.id), size: message.size})), message => message.generation)) {
				// eslint-disable-next-line no-await-in-loop -- one generation after another
				for await (const {uid, ...content} of read(path, generation, wanted, signal)) {
					yield {...content, id: idOf(generation, uid)};
				}
			}
		},
		async close() {
			await sessions.close();
		},
	};

	/** A delivery cut off between APPEND and STORE is finished when it is found: setting a flag twice does no harm. */
	const finishSteps = async (folder: ImapFolder, found: ReadonlyArray<{readonly id: string | undefined; readonly flags: readonly string[]}>, signal: AbortSignal): Promise<void> => {
		const flagged = found.filter(({id, flags}) => id !== undefined && flags.includes(String.raw`\Flagged`));
		if (flagged.length === 0) {
			return;
		}

		await sessions.persist(signal, async session => {
			await openFolder(session, folder.raw, {writable: true});
			for (const {id} of flagged) {
				// eslint-disable-next-line no-await-in-loop -- one connection
				await addFlags(session, placeOf(id!).uid, [String.raw`\Flagged`]);
			}
		});
	};

	return destination;
};
