import {type Clock} from '../mailbox/clock.js';
import {
	type Delivery, type MailDestination, type PreparedFolder, type Unsure,
} from '../mailbox/destination.js';
import {FailureError, failureOf, type Failure} from '../mailbox/failure.js';
import {type FolderPath} from '../mailbox/mailbox.js';
import {GraphSession, type GraphOptions} from '../protocols/graph-http.js';
import {generationOf, type EwsFolder, type FolderTree} from './ews-tree.js';
import {GraphPaths} from './graph-bodies.js';
import {GraphDelivery, type GraphTools} from './graph-deliver.js';
import {GraphFolders} from './graph-folders.js';
import {MimeImport} from './graph-import.js';
import {type GraphStored} from './graph-item.js';
import {listFolder} from './graph-list.js';
import {doubtBare, matchUnsure} from './graph-look.js';
import {GraphMemory} from './graph-memory.js';
import {
	deleteForGood, type GraphFindings, probeImport, probeStamp,
} from './graph-probe.js';
import {readMessages} from './graph-read.js';
import {GraphSteps} from './graph-steps.js';
import {graphTraits} from './graph-traits.js';

export type GraphDestinationOptions = Pick<GraphOptions, 'host' | 'ca' | 'clock' | 'random' | 'notice' | 'log' | 'patience' | 'gate'> & {
	/** Primary address of the mailbox. */
	readonly mailbox: string;
	/** For Microsoft Graph. @param fresh not one from a cache: the last one was refused */
	readonly token: (fresh?: boolean) => Promise<string>;
	/** When to look for unsure messages after the loss, in milliseconds. */
	readonly looks?: readonly [number, number] | undefined;
	/** Calls that deliver at once: at first, and at most (4). */
	readonly lanes?: {readonly start: number; readonly max: number} | undefined;
	/** `open` puts a small message into the hidden folder, to see what becomes of it. */
	readonly probe?: boolean | undefined;
};

export type GraphDestination = MailDestination & {
	/** What the probe has shown; undefined without one. */
	readonly findings: () => GraphFindings | undefined;
};

/** Folders that were listed so long ago are listed again before one is made ready, in milliseconds: people move them. */
const stale = 60_000;
/** What lies unfinished in the hidden folder so long is finished by nobody, in milliseconds. */
const leftover = 3_600_000;
/** Of a hidden folder of ours, in which messages are built that cannot be told from others before they have their stamp. */
const workshopName = 'aw2ms365';

const portOf = (host: string): {readonly host: string; readonly port: number} => {
	const {hostname, port} = new URL(`https://${host}`);
	return {host: hostname.replaceAll(/^\[|\]$/gv, ''), port: Number(port || 443)};
};

type Known = {readonly tree: FolderTree; readonly at: number; /** By the service's clock. */ readonly serverAt: number | undefined};

/** One mailbox over Graph: its folders as known, and the tools that act on it. */
class GraphMailbox {
	readonly session: GraphSession;
	readonly paths: GraphPaths;
	readonly memory = new GraphMemory();
	readonly importer: MimeImport;
	readonly steps: GraphSteps;
	readonly folders: GraphFolders;
	readonly clock: Clock;
	known: Known | undefined;
	#workshop: Promise<string> | undefined;

	constructor(options: GraphDestinationOptions) {
		this.session = new GraphSession(options);
		this.paths = new GraphPaths(options.mailbox);
		this.importer = new MimeImport(this.session, this.paths);
		this.steps = new GraphSteps(this.session, this.paths, this.memory);
		this.folders = new GraphFolders(this.session, this.paths);
		this.clock = options.clock;
	}

	get tools(): GraphTools {
		const {session, paths, memory, importer, steps} = this;
		return {
			session, paths, memory, importer, steps,
			workshop: async signal => this.workshop(signal),
			forgetWorkshop: () => {
				this.#workshop = undefined;
			},
		};
	}

	async reload(signal: AbortSignal): Promise<FolderTree> {
		signal.throwIfAborted();
		const {tree, at} = await this.folders.read(signal);
		this.known = {tree, at: this.clock.now(), serverAt: at};
		return tree;
	}

	async folderAt(path: FolderPath, signal: AbortSignal): Promise<EwsFolder | undefined> {
		signal.throwIfAborted();
		const folder = this.known?.tree.at(path);
		if (folder) {
			return folder;
		}

		const tree = await this.reload(signal);
		return tree.at(path);
	}

	/** Runs on a folder's id; a folder that is gone was listed too long ago: it is looked for once more. @returns undefined if there is none */
	async within<T>(path: FolderPath, signal: AbortSignal, task: (folder: string) => Promise<T>): Promise<T | undefined> {
		for (let attempt = 1; ; attempt++) {
			// eslint-disable-next-line no-await-in-loop -- twice at most
			const folder = await this.folderAt(path, signal);
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

				this.known = undefined;
			}
		}
	}

	async prepare(path: FolderPath, signal: AbortSignal): Promise<PreparedFolder> {
		for (let attempt = 1; ; attempt++) {
			try {
				if (!this.known || this.clock.now() - this.known.at >= stale) {
					// eslint-disable-next-line no-await-in-loop -- twice at most
					await this.reload(signal);
				}

				const {tree, at, serverAt} = this.known!;
				// eslint-disable-next-line no-await-in-loop -- twice at most
				const found = await this.folders.findOrCreate(tree, path, signal);
				// Where it is the same tree, a lane may have found meanwhile that it is no longer true.
				if (found.tree !== tree) {
					this.known = {tree: found.tree, at, serverAt};
				}

				const {folder, created} = found;
				return {
					path: folder.path, ...(folder.role && {role: folder.role}), generation: generationOf(folder), watermark: serverAt === undefined ? '' : String(serverAt), created,
				};
			} catch (error) {
				const {code, detail} = failureOf(error);
				if (code !== 'folder-gone') {
					throw error;
				}

				this.known = undefined;
				if (attempt > 1) {
					throw new FailureError('folder-not-creatable', detail ? {detail} : {});
				}
			}
		}
	}

	async list(folder: string, signal: AbortSignal): Promise<GraphStored[]> {
		return listFolder(this.session, this.paths, folder, signal);
	}

	/** The hidden folder; several who ask for it at once make one. */
	async workshop(signal: AbortSignal): Promise<string> {
		this.#workshop ??= this.folders.hidden(workshopName, signal);
		try {
			return await this.#workshop;
		} catch (error) {
			this.#workshop = undefined;
			throw error;
		}
	}

	/** Does away with what was left in the hidden folder without a stamp: nothing will ever look for it. */
	async sweep(signal: AbortSignal): Promise<void> {
		const workshop = await this.folders.findHidden(workshopName, signal);
		const now = this.known?.serverAt;
		if (workshop !== undefined && now !== undefined) {
			const left = await this.list(workshop, signal);
			// What is younger may be being built.
			const old = left.filter(({stamp, createdAt = now}) => (stamp === undefined || stamp === probeStamp) && createdAt < now - leftover);
			await Promise.all(old.map(async ({id}) => deleteForGood(this.session, this.paths, id, signal)));
		}
	}

	/** Looks, and does what is left to be done; once more where the folders were listed too long ago. */
	async look(...asked: Parameters<MailDestination['look']>): Promise<Array<string | undefined>> {
		try {
			return await this.#look(...asked);
		} catch (error) {
			if (failureOf(error).code !== 'folder-gone') {
				throw error;
			}

			this.known = undefined;
			return this.#look(...asked);
		}
	}

	async #look(path: FolderPath, unsure: readonly Unsure[], claimed: (id: string) => boolean, signal: AbortSignal): Promise<Array<string | undefined>> {
		const {memory, steps} = this;
		for (const one of unsure) {
			memory.doubts(one);
		}

		const folder = await this.folderAt(path, signal);
		// Where it was sent, when a person has renamed or moved that meanwhile.
		const others = (this.known?.tree.all() ?? []).filter(one => one.id !== folder?.id && one.mail && unsure.some(({generation}) => generation === generationOf(one)));
		const target: GraphStored[] = [];
		for (const {id} of [...(folder ? [folder] : []), ...others]) {
			// eslint-disable-next-line no-await-in-loop -- one, as a rule
			target.push(...await this.list(id, signal));
		}

		const workshopId = await this.folders.findHidden(workshopName, signal);
		const workshop = workshopId === undefined ? [] : await this.list(workshopId, signal);
		const found = matchUnsure(unsure, {target, workshop}, {claimed, keepsDate: memory.keepsDate});
		const ids: Array<string | undefined> = [];
		for (const [position, one] of unsure.entries()) {
			const match = found[position];
			if (match?.step === 'complete') {
				// eslint-disable-next-line no-await-in-loop -- few
				await steps.complete(match.id, {flags: one.flags, receivedAt: one.fingerprint.receivedAt, stamp: one.stamp}, signal);
			} else if (match?.step === 'move' && folder) {
				// eslint-disable-next-line no-await-in-loop -- few
				await steps.move(match.id, folder.id, signal);
			}

			const isThere = match !== undefined && (match.step !== 'move' || folder !== undefined);
			ids.push(isThere ? match.id : undefined);
			if (isThere) {
				memory.settled(one);
			}
		}

		if (memory.stampless) {
			doubtBare(unsure.filter((_, position) => ids[position] === undefined), target.filter(({id}) => !ids.includes(id)), claimed);
		}

		return ids;
	}
}

/** A mailbox written by Microsoft Graph's importMime (microsoft-365.md 3.1), with states set afterwards. */
export const graphDestination = (options: GraphDestinationOptions): GraphDestination => {
	const box = new GraphMailbox(options);
	let findings: GraphFindings | undefined;
	/** Folders are made one at a time: two lanes must not make the same. */
	let preparing: Promise<unknown> = Promise.resolve();
	return {
		account: {...portOf(options.host), user: options.mailbox},
		findings: () => findings,
		async open(signal) {
			await box.reload(signal);
			await box.sweep(signal);
			if (options.probe) {
				findings = await probeImport(box, await box.workshop(signal), signal);
			}

			return graphTraits({lanes: options.lanes, looks: options.looks});
		},
		async folders(signal) {
			const tree = await box.reload(signal);
			return tree.folders();
		},
		async prepare(path, signal) {
			const before = preparing;
			const turn = (async () => {
				await before;
				return box.prepare(path, signal);
			})();
			preparing = Promise.allSettled([turn]);
			return turn;
		},
		async refresh(folder) {
			return folder;
		},
		async deliver(prepared, given, report, signal) {
			// Each its own: one that is given twice is stored, and reported, twice.
			const batch = given.map(delivery => ({...delivery}));
			const open = new Set(batch.keys());
			const positions = new Map<Delivery, number>(batch.map((delivery, position) => [delivery, position]));
			let failure: Failure | undefined;
			let begun = false;
			try {
				signal.throwIfAborted();
				const folder = await box.folderAt(prepared.path, signal);
				if (folder && generationOf(folder) === prepared.generation) {
					const delivery = new GraphDelivery(box.tools, {
						clock: options.clock, folder: folder.id, signal,
						report(one, result) {
							const position = positions.get(one)!;
							open.delete(position);
							report(position, result);
						},
					});
					begun = true;
					failure = await delivery.deliver(batch);
				} else {
					failure = new FailureError('folder-gone').failure;
				}
			} catch (error) {
				failure = signal.aborted && !begun ? new FailureError('connection-lost', {detail: 'stopped before it was sent'}).failure : failureOf(error);
			}

			if (failure?.code === 'folder-gone') {
				// Preparing it again looks, and makes it anew.
				box.known = undefined;
			}

			for (const position of open) {
				// Deliveries that were begun are all reported, unless it is a bug: then anything may have been stored.
				report(position, {stored: false, failure: {...failure ?? new FailureError('bug').failure, outcome: begun ? 'unknown' : 'not stored'}});
			}
		},
		async look(path, unsure, claimed, signal) {
			return unsure.length === 0 ? [] : box.look(path, unsure, claimed, signal);
		},
		async list(path, signal) {
			return box.within(path, signal, async folder => box.list(folder, signal));
		},
		async * read(_path, messages, signal) {
			yield * readMessages(box.session, box.paths, messages, signal);
		},
		async close() {
			await box.session.close();
		},
	};
};
