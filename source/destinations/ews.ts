import {type Clock} from '../mailbox/clock.js';
import {
	type MailDestination, type PreparedFolder, type Stored,
} from '../mailbox/destination.js';
import {FailureError, failureOf} from '../mailbox/failure.js';
import {type FolderPath} from '../mailbox/mailbox.js';
import {type Notice} from '../mailbox/source.js';
import {EwsSession} from '../protocols/ews-soap.js';
import {EwsDelivery} from './ews-deliver.js';
import {findElsewhere} from './ews-elsewhere.js';
import {findOrCreate, readTree} from './ews-folders.js';
import {findByStamp, listFolder} from './ews-list.js';
import {doubtUnstamped, matchStamps} from './ews-look.js';
import {DeliveryMemory} from './ews-memory.js';
import {readItems} from './ews-read.js';
import {ewsTraits} from './ews-traits.js';
import {generationOf, type EwsFolder, type FolderTree} from './ews-tree.js';
import {oneByOne} from './one-by-one.js';
import {toldOnce} from './told-once.js';

export type EwsDestinationOptions = {
	/** `outlook.office365.com`, or another host with its port. */
	readonly host: string;
	/** Primary address of the mailbox. */
	readonly mailbox: string;
	/** @param fresh not one from a cache: the last one was refused */
	readonly token: (fresh?: boolean) => Promise<string>;
	/** One more certificate authority, PEM. */
	readonly ca?: string | undefined;
	readonly clock: Clock;
	/** 0 up to 1. */
	readonly random: () => number;
	readonly notice: (notice: Notice) => void;
	/** When to look for unsure messages after the loss, in milliseconds. */
	readonly looks?: readonly [number, number] | undefined;
	/** Calls that deliver at once: at first, and at most (10). */
	readonly lanes?: {readonly start: number; readonly max: number} | undefined;
	readonly log?: ((line: Record<string, unknown>) => void) | undefined;
	/** With a call, in milliseconds of real time; two minutes if absent. */
	readonly patience?: number | undefined;
};

/** Folders that were listed so long ago are listed again before one is made ready, in milliseconds: people move them. */
const stale = 60_000;

const portOf = (host: string): {readonly host: string; readonly port: number} => {
	const {hostname, port} = new URL(`https://${host}`);
	return {host: hostname.replaceAll(/^\[|\]$/gv, ''), port: Number(port || 443)};
};

/** A mailbox written by EWS CreateItem with MimeContent (microsoft-365.md 2). */
export const ewsDestination = (options: EwsDestinationOptions): MailDestination => {
	const {clock, mailbox} = options;
	const session = new EwsSession(options);
	const memory = new DeliveryMemory();
	let known: {readonly tree: FolderTree; readonly at: number} | undefined;
	const inTurn = oneByOne();

	const reload = async (signal: AbortSignal): Promise<FolderTree> => {
		const tree = await readTree(session, signal);
		known = {tree, at: clock.now()};
		return tree;
	};

	const find = async (path: FolderPath, signal: AbortSignal): Promise<EwsFolder | undefined> => {
		const folder = known?.tree.at(path);
		if (folder) {
			return folder;
		}

		const tree = await reload(signal);
		return tree.at(path);
	};

	const prepare = async (path: FolderPath, signal: AbortSignal): Promise<PreparedFolder> => {
		for (let attempt = 1; ; attempt++) {
			try {
				// eslint-disable-next-line no-await-in-loop -- twice at most
				const tree = known && clock.now() - known.at < stale ? known.tree : await reload(signal);
				// eslint-disable-next-line no-await-in-loop -- twice at most
				const found = await findOrCreate(session, tree, path, signal);
				// Where it is the same tree, a lane may have found meanwhile that it is no longer true.
				if (found.tree !== tree) {
					known = {tree: found.tree, at: clock.now()};
				}

				const {folder, created} = found;
				return {
					path: folder.path, ...(folder.role && {role: folder.role}), generation: generationOf(folder), watermark: '', created,
				};
			} catch (error) {
				const {code, detail} = failureOf(error);
				if (code !== 'folder-gone') {
					throw error;
				}

				known = undefined;
				if (attempt > 1) {
					throw new FailureError('folder-not-creatable', detail ? {detail} : {});
				}
			}
		}
	};

	/** Runs on a folder's id; a folder that is gone was listed too long ago: it is looked for once more. @returns undefined if there is none */
	const within = async <T>(path: FolderPath, signal: AbortSignal, task: (folder: string) => Promise<T>): Promise<T | undefined> => {
		for (let attempt = 1; ; attempt++) {
			// eslint-disable-next-line no-await-in-loop -- twice at most
			const folder = await find(path, signal);
			if (!folder) {
				return undefined;
			}

			try {
				// eslint-disable-next-line no-await-in-loop -- twice at most
				return await task(folder.id);
			} catch (error) {
				if (failureOf(error).code !== 'folder-gone' || attempt > 1) {
					throw error;
				}

				known = undefined;
			}
		}
	};

	return {
		account: {...portOf(options.host), user: mailbox},
		async open(signal) {
			const tree = await reload(signal);
			return ewsTraits({folders: tree.folders(), lanes: options.lanes, looks: options.looks});
		},
		async folders(signal) {
			const tree = await reload(signal);
			return tree.folders();
		},
		async prepare(path, signal) {
			return inTurn(async () => prepare(path, signal));
		},
		async refresh(folder) {
			return folder;
		},
		async deliver(prepared, batch, report, signal) {
			await toldOnce(batch, report, signal, {
				async ready(tell) {
					const folder = await find(prepared.path, signal);
					if (!folder || generationOf(folder) !== prepared.generation) {
						return undefined;
					}

					const delivery = new EwsDelivery({
						session, memory, clock, folder: folder.id, signal, report: tell,
					});
					return async sent => delivery.deliver(sent);
				},
				gone() {
					// Preparing it again looks, and makes it anew.
					known = undefined;
				},
			});
		},
		async look(path, unsure, claimed, signal) {
			/** By stamp in its own folder, then elsewhere. */
			const search = async (folder: string | undefined): Promise<Array<string | undefined>> => {
				const stored = folder === undefined ? [] : await findByStamp(session, folder, [...new Set(unsure.map(({stamp}) => stamp))], signal);
				let ids = matchStamps(unsure, stored, claimed);
				const missingOf = () => unsure.filter((_, position) => ids[position] === undefined);
				const folders = missingOf().length > 0 ? (known?.tree ?? await reload(signal)).all().filter(({mail}) => mail) : [];
				if (folders.length > 0) {
					stored.push(...await findElsewhere(session, memory, {missing: missingOf(), folders: folders.filter(({id}) => id !== folder), signal}));
					ids = matchStamps(unsure, stored, claimed);
				}

				memory.stampSeen ||= stored.length > 0;
				const missing = missingOf();
				if (missing.length > 0 && (memory.stampless || !memory.stampSeen)) {
					const targets = folders.filter(one => one.id === folder || missing.some(({generation}) => generation === generationOf(one)));
					const listed: Stored[] = [];
					for (const {id} of targets) {
						// eslint-disable-next-line no-await-in-loop -- one, as a rule; two where it was moved and made anew
						listed.push(...await listFolder(session, id, signal));
					}

					memory.stampSeen ||= listed.some(({stamp}) => stamp !== undefined);
					if (memory.stampless || !memory.stampSeen) {
						doubtUnstamped(missing, listed, claimed);
					}
				}

				return ids;
			};

			if (unsure.length === 0) {
				return [];
			}

			return await within(path, signal, search) ?? search(undefined);
		},
		async list(path, signal) {
			return within(path, signal, async folder => {
				const listed = await listFolder(session, folder, signal);
				memory.stampSeen ||= listed.some(({stamp}) => stamp !== undefined);
				return listed;
			});
		},
		async * read(_path, messages, signal) {
			yield * readItems(session, messages, signal);
		},
		async close() {
			await session.close();
		},
	};
};
