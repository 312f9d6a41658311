import {type Clock} from '../mailbox/clock.js';
import {type PreparedFolder, type Unsure} from '../mailbox/destination.js';
import {FailureError, failureOf} from '../mailbox/failure.js';
import {type FolderPath} from '../mailbox/mailbox.js';
import {GraphSession, type GraphOptions} from '../protocols/graph-http.js';
import {generationOf, type EwsFolder, type FolderTree} from './ews-tree.js';
import {GraphPaths} from './graph-bodies.js';
import {GraphFolders} from './graph-folders.js';
import {type GraphStored} from './graph-item.js';
import {listFolder} from './graph-list.js';
import {GraphMemory} from './graph-memory.js';
import {deleteForGood} from './graph-probe.js';
import {GraphSteps} from './graph-steps.js';

export type GraphMailboxOptions = Pick<GraphOptions, 'host' | 'ca' | 'clock' | 'random' | 'notice' | 'log' | 'patience' | 'gate'> & {
	/** Primary address of the mailbox. */
	readonly mailbox: string;
	/** For Microsoft Graph. @param fresh not one from a cache: the last one was refused */
	readonly token: (fresh?: boolean) => Promise<string>;
	/** When to look for unsure messages after the loss, in milliseconds. */
	readonly looks?: readonly [number, number] | undefined;
	/** Calls that deliver at once: at first, and at most (4). */
	readonly lanes?: {readonly start: number; readonly max: number} | undefined;
	/** `open` changes nothing at all. */
	readonly isReadOnly?: boolean | undefined;
};

/** Folders that were listed so long ago are listed again before one is made ready, in milliseconds: people move them. */
const stale = 60_000;
/** What lies unfinished in the hidden folder so long is finished by nobody, in milliseconds. */
const leftover = 3_600_000;
export const portOf = (host: string): {readonly host: string; readonly port: number} => {
	const {hostname, port} = new URL(`https://${host}`);
	return {host: hostname.replaceAll(/^\[|\]$/gv, ''), port: Number(port || 443)};
};

type Known = {readonly tree: FolderTree; readonly at: number; /** By the service's clock. */ readonly serverAt: number | undefined};

/** One mailbox over Graph: its folders as known, and the tools that act on it. */
export class GraphMailbox {
	readonly session: GraphSession;
	readonly paths: GraphPaths;
	readonly memory = new GraphMemory();
	readonly steps: GraphSteps;
	readonly folders: GraphFolders;
	readonly clock: Clock;
	known: Known | undefined;
	/** Of a hidden folder of ours. */
	readonly #hiddenName: string;
	#workshop: Promise<string> | undefined;

	/** @param hiddenName of the hidden folder in which this road builds messages */
	constructor(options: GraphMailboxOptions, hiddenName: string) {
		this.#hiddenName = hiddenName;
		this.session = new GraphSession(options);
		this.paths = new GraphPaths(options.mailbox);
		this.steps = new GraphSteps(this.session, this.paths, this.memory);
		this.folders = new GraphFolders(this.session, this.paths);
		this.clock = options.clock;
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
		this.#workshop ??= this.folders.hidden(this.#hiddenName, signal);
		try {
			return await this.#workshop;
		} catch (error) {
			this.#workshop = undefined;
			throw error;
		}
	}

	forgetWorkshop(): void {
		this.#workshop = undefined;
	}

	/** The same, where there is one. */
	async findWorkshop(signal: AbortSignal): Promise<string | undefined> {
		return this.folders.findHidden(this.#hiddenName, signal);
	}

	/** Does away with what was left in the hidden folder. @param isLeft says of a message that is not young whether nobody will look for it */
	async sweep(isLeft: (stored: GraphStored) => boolean, signal: AbortSignal): Promise<void> {
		const workshop = await this.findWorkshop(signal);
		const now = this.known?.serverAt;
		if (workshop !== undefined && now !== undefined) {
			const left = await this.list(workshop, signal);
			// What is younger may be being built.
			const old = left.filter(stored => isLeft(stored) && (stored.createdAt ?? now) < now - leftover);
			await Promise.all(old.map(async ({id}) => deleteForGood(this.session, this.paths, id, signal)));
		}
	}

	/** Where unsure messages may be: what their folder holds, and others that it may have become. */
	async candidates(path: FolderPath, unsure: readonly Unsure[], signal: AbortSignal): Promise<{readonly folder: EwsFolder | undefined; readonly target: readonly GraphStored[]}> {
		const folder = await this.folderAt(path, signal);
		// Where it was sent, when a person has renamed or moved that meanwhile.
		const others = (this.known?.tree.all() ?? []).filter(one => one.id !== folder?.id && one.mail && unsure.some(({generation}) => generation === generationOf(one)));
		const target: GraphStored[] = [];
		for (const {id} of [...(folder ? [folder] : []), ...others]) {
			// eslint-disable-next-line no-await-in-loop -- one, as a rule
			target.push(...await this.list(id, signal));
		}

		return {folder, target};
	}

	/** Looks; once more where the folders were listed too long ago. */
	async twice<T>(look: () => Promise<T>): Promise<T> {
		try {
			return await look();
		} catch (error) {
			if (failureOf(error).code !== 'folder-gone') {
				throw error;
			}

			this.known = undefined;
			return look();
		}
	}
}
