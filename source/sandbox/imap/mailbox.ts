import {createHash} from 'node:crypto';
import {Folder, type FolderHost, type FolderSeed} from './folder.js';
import {type Message, type MessageSeed} from './message.js';
import {nameKey, type NameLaw} from './names.js';

/** How a store numbers; WorkMail was seen with `constant` and `mailbox` (its UIDs are sparse within a folder). */
export type Numbering = {
	/** UIDVALIDITY: 1 for every folder, for ever; or another one for each folder that is made. */
	readonly uidValidity: 'unique' | 'constant';
	/** UIDs counted in each folder, or through the whole mailbox. */
	readonly uids: 'folder' | 'mailbox';
};

export type MailboxSeed = {readonly folders: readonly FolderSeed[]};

type Rules = {readonly names: NameLaw; readonly numbering: Numbering; readonly now: () => number};

/** How a folder is made again under its old name. */
export type Recreation = {
	readonly keepUidValidity?: boolean;
	/** UIDs begin at 1 again; otherwise they go on where the old folder stopped. */
	readonly restartUids?: boolean;
	/** What it then holds; nothing if absent. */
	readonly messages?: Iterable<MessageSeed>;
};

const within = (path: readonly string[], parent: readonly string[]): boolean =>
	path.length > parent.length && parent.every((name, depth) => name === path[depth]);

/** What a mailbox does not do; the message is the text of the tagged NO. */
export class Refused extends Error {
	override readonly name = 'Refused';
}

/** One user's folders: data that tests read and change as they like, whoever is connected. */
export class Mailbox {
	readonly #rules: Rules;
	readonly #folders = new Map<string, Folder>();
	readonly #host: FolderHost;
	#nextUidValidity = 11;
	#uidCounter = 1;

	/** @param seed absent: not even the inbox is made; what there is, another store says */
	constructor(seed: MailboxSeed | undefined, rules: Rules) {
		this.#rules = rules;
		this.#host = {
			now: rules.now,
			takeUid: least => {
				if (rules.numbering.uids === 'folder') {
					return least;
				}

				const uid = Math.max(least, this.#uidCounter);
				this.#uidCounter = uid + 1;
				return uid;
			},
		};
		for (const folder of seed ? [{path: ['INBOX']}, ...seed.folders] : []) {
			this.createFolder(folder);
		}
	}

	/** All folders, parents before children. */
	get folders(): Folder[] {
		return [...this.#folders.values()].sort((a, b) => a.path.length - b.path.length);
	}

	/** Sum of the sizes of all messages, in bytes. */
	get size(): number {
		let size = 0;
		for (const folder of this.#folders.values()) {
			for (const message of folder.messages) {
				size += message.size;
			}
		}

		return size;
	}

	lookUp(path: readonly string[]): Folder | undefined {
		return this.#folders.get(nameKey(path, this.#rules.names));
	}

	/** The folder of that path. @throws if there is none */
	folder(path: readonly string[]): Folder {
		const folder = this.lookUp(path);
		if (!folder) {
			throw new Error(`The sandbox has no folder ${JSON.stringify(path)}`);
		}

		return folder;
	}

	/** Makes a folder, and containers above it where there are none; replaces an equal one. */
	createFolder(seed: FolderSeed): Folder {
		for (let depth = 1; depth < seed.path.length; depth++) {
			const path = seed.path.slice(0, depth);
			if (!this.lookUp(path)) {
				this.createFolder({path, kind: 'container'});
			}
		}

		return this.open(seed);
	}

	/** Deletes a folder with its messages, not those below it (which keep it as a container). */
	deleteFolder(path: readonly string[]): void {
		const folder = this.folder(path);
		this.forget(folder);
		if (this.folders.some(other => within(other.path, folder.path))) {
			this.createFolder({path: folder.path, kind: 'container', subscribed: folder.subscribed});
		}
	}

	/** Deletes a folder and makes it again at once. */
	recreateFolder(path: readonly string[], how: Recreation = {}): Folder {
		const old = this.folder(path);
		this.deleteFolder(path);
		return this.createFolder({...this.again(old, how), messages: how.messages});
	}

	/** Moves a folder and those below it; the old place is free afterwards. */
	renameFolder(from: readonly string[], to: readonly string[]): void {
		const root = this.folder(from);
		const depth = root.path.length;
		for (const folder of this.folders.filter(folder => folder === root || within(folder.path, root.path))) {
			this.#folders.delete(nameKey(folder.path, this.#rules.names));
			folder.path = [...to, ...folder.path.slice(depth)];
			this.#folders.set(nameKey(folder.path, this.#rules.names), folder);
		}
	}

	hasChildren(folder: Folder): boolean {
		return this.folders.some(other => within(other.path, folder.path));
	}

	addMessage(path: readonly string[], seed: MessageSeed): Message {
		return this.folder(path).add(seed);
	}

	/** Takes messages away as another program would. */
	deleteMessages(path: readonly string[], uids: readonly number[]): void {
		const gone = new Set(uids);
		this.folder(path).remove(message => gone.has(message.uid));
	}

	/** Everything as plain data, messages by their SHA-256: to compare two states. */
	snapshot(): Array<{path: readonly string[]; uidValidity: number; uidNext: number; messages: Array<{uid: number; internalDate: number; flags: string[]; sha256: string}>}> {
		return this.folders.map(({path, uidValidity, uidNext, messages}) => ({
			path,
			uidValidity,
			uidNext,
			messages: messages.map(message => ({
				uid: message.uid,
				internalDate: message.internalDate,
				flags: [...message.flags].sort(),
				sha256: createHash('sha256').update(message.bytes).digest('hex'),
			})),
		}));
	}

	/** A folder with numbers of its own, under its path. */
	protected open(seed: FolderSeed, make: (seed: FolderSeed, numbers: {readonly uidValidity: number; readonly uidNext: number}, host: FolderHost) => Folder = (...all) => new Folder(...all)): Folder {
		const {numbering, names} = this.#rules;
		const uidValidity = seed.uidValidity ?? (numbering.uidValidity === 'constant' ? 1 : this.#nextUidValidity++);
		const uidNext = seed.uidNext ?? (numbering.uids === 'folder' ? 1 : this.#uidCounter);
		const folder = make(seed, {uidValidity, uidNext}, this.#host);
		this.#folders.set(nameKey(seed.path, names), folder);
		return folder;
	}

	/** The folder is there no more, for those who have it open either. */
	protected forget(folder: Folder): void {
		folder.deleted = true;
		this.#folders.delete(nameKey(folder.path, this.#rules.names));
		folder.changed();
	}

	/** A folder as it comes into being anew, without its messages. */
	protected again({path, role, kind, opens, uidValidity, uidNext}: Folder, how: Recreation): FolderSeed {
		if (how.restartUids) {
			this.#uidCounter = 1;
		}

		return {
			path, role, kind, opens,
			uidValidity: how.keepUidValidity ? uidValidity : Math.max(uidValidity + 1, this.#nextUidValidity++),
			uidNext: how.restartUids ? 1 : uidNext,
		};
	}
}
