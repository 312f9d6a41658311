import {seededRandom, type Random} from '../random.js';
import {defaultFolders} from './default-folders.js';
import {EntryIds, objectKinds} from './entry-ids.js';
import {Folder, type NewFolder} from './folder.js';
import {type Content} from './content.js';
import {Item, type NewItem} from './item.js';
import {parseMime} from './mime-in.js';

export type FolderSeed = {
	/** Names below msgfolderroot. */
	readonly path: readonly string[];
	/** None if absent, as of a folder that was made without. */
	readonly folderClass?: string;
	readonly items?: readonly ItemSeed[];
};

/** A message that is in the mailbox from the start or put there by another program. */
export type ItemSeed = {readonly mime: Uint8Array | string} & Omit<NewItem, 'content' | 'received'>;

export type MailboxOptions = {
	/** Milliseconds since 1970. */
	readonly now: () => number;
	readonly seed?: number;
	/** Names of default folders in another language, by distinguished id. */
	readonly names?: Readonly<Record<string, string>>;
	/** What all items may weigh together, in bytes as the store counts. */
	readonly quotaBytes?: number;
};

/** Why the store did not do it; the doors put it into their own words. */
export class StoreRefusal extends Error {
	constructor(readonly reason: 'exists' | 'quota' | 'default-folder' | 'gone' | 'into-itself') {
		super(`The sandbox's store refused: ${reason}`);
	}
}

/** Another door to the same mailbox, which is told of every change as soon as it is made. */
export type Watcher = {
	itemCame(item: Item, folder: Folder): void;
	itemLeft(item: Item, folder: Folder): void;
	/** Its content is another one. */
	itemChanged(item: Item): void;
	folderCame(folder: Folder): void;
	/** Those below it left before. */
	folderLeft(folder: Folder): void;
	folderMoved(folder: Folder, from: readonly string[] | undefined): void;
};

/** One user's folders and items: data that tests read and change as they like, whatever door is open to it. */
export class Mailbox {
	readonly root: Folder;
	/** Changeable at any time; 0 for none. */
	quotaBytes: number;
	/** Message-IDs of messages whose receipt was sent to their sender because they were marked read (design, rule 17). */
	readonly receipts: string[] = [];
	readonly ids: EntryIds;
	readonly random: Random;
	readonly #now: () => number;
	readonly #folders = new Map<string, Folder>();
	readonly #items = new Map<string, Item>();
	readonly #immutable = new Map<string, Item>();
	readonly #watchers: Watcher[] = [];
	#size = 0;
	#revision = 0;

	constructor({now, seed = 1, names = {}, quotaBytes = 0}: MailboxOptions) {
		this.random = seededRandom(seed);
		this.ids = new EntryIds(this.random);
		this.quotaBytes = quotaBytes;
		this.#now = now;
		this.root = this.#newFolder({name: 'Root', role: 'root'});
		for (const {parent, ...given} of defaultFolders) {
			this.#newFolder({
				...given, name: names[given.role ?? given.name] ?? given.name, parent: this.distinguished(parent),
			});
		}
	}

	/** Folders below msgfolderroot, parents first. */
	get folders(): Folder[] {
		return [...this.distinguished('msgfolderroot')!.descend()];
	}

	/** All items, oldest first. */
	get items(): Item[] {
		return [...this.#items.values()];
	}

	/** Sum of the items' sizes. */
	get size(): number {
		return this.#size;
	}

	/** As long as the mailbox is there. */
	watch(watcher: Watcher): void {
		this.#watchers.push(watcher);
	}

	distinguished(role: string): Folder | undefined {
		return this.root.role === role ? this.root : [...this.root.descend()].find(folder => folder.role === role);
	}

	folderById(id: string): Folder | undefined {
		return this.#folders.get(id);
	}

	/** By its id or the one that survives moves. */
	item(id: string): Item | undefined {
		return this.#items.get(id) ?? this.#immutable.get(id);
	}

	/** Number of the last change of any item. */
	get revision(): number {
		return this.#revision;
	}

	lookUp(path: readonly string[]): Folder | undefined {
		let folder = this.distinguished('msgfolderroot');
		for (const name of path) {
			folder = folder?.child(name);
		}

		return folder;
	}

	/** The folder of that path. @throws if there is none */
	folder(path: readonly string[]): Folder {
		const folder = this.lookUp(path);
		if (!folder) {
			throw new Error(`The sandbox has no folder ${JSON.stringify(path)}`);
		}

		return folder;
	}

	/** @throws StoreRefusal `exists` where the parent has a folder whose name is equal in Exchange's eyes */
	createFolder(parent: Folder, name: string, folderClass?: string, isHidden = false): Folder {
		if (parent.deleted) {
			throw new StoreRefusal('gone');
		}

		if (parent.child(name)) {
			throw new StoreRefusal('exists');
		}

		parent.changes++;
		return this.#newFolder({
			name, folderClass, parent, isHidden,
		});
	}

	/** Makes what is missing of a path; all of the class given. */
	ensureFolder(path: readonly string[], folderClass?: string): Folder {
		let folder = this.distinguished('msgfolderroot')!;
		for (const name of path) {
			folder = folder.child(name) ?? this.createFolder(folder, name, folderClass);
		}

		return folder;
	}

	/** For good, with all that is in it. @throws StoreRefusal `default-folder` */
	deleteFolder(folder: Folder): void {
		if (folder.role !== undefined || !folder.parent) {
			throw new StoreRefusal('default-folder');
		}

		for (const gone of [folder, ...folder.descend()].reverse()) {
			gone.deleted = true;
			this.#folders.delete(gone.id);
			for (const item of gone.items.values()) {
				this.delete(item);
			}

			this.#tell(watcher => {
				watcher.folderLeft(gone);
			});
		}

		folder.parent.children.splice(folder.parent.children.indexOf(folder), 1);
		folder.parent.changes++;
	}

	/** With all below it. @throws StoreRefusal `default-folder`, `gone`, `into-itself`, `exists` */
	moveFolder(folder: Folder, parent: Folder, name: string): void {
		if (folder.role !== undefined || !folder.parent) {
			throw new StoreRefusal('default-folder');
		}

		if (parent.deleted || folder.deleted) {
			throw new StoreRefusal('gone');
		}

		if (parent === folder || [...folder.descend()].includes(parent)) {
			throw new StoreRefusal('into-itself');
		}

		const standing = parent.child(name);
		if (standing && standing !== folder) {
			throw new StoreRefusal('exists');
		}

		const from = folder.path;
		folder.parent.children.splice(folder.parent.children.indexOf(folder), 1);
		folder.parent.changes++;
		folder.parent = parent;
		folder.name = name;
		folder.changes++;
		parent.children.push(folder);
		parent.changes++;
		this.#tell(watcher => {
			watcher.folderMoved(folder, from);
		});
	}

	/** @throws StoreRefusal `quota`, `gone` */
	create(folder: Folder, given: NewItem): Item {
		if (folder.deleted) {
			throw new StoreRefusal('gone');
		}

		const number = this.ids.next();
		const item = new Item(given, {
			id: this.#itemId(folder, number), immutableId: this.ids.immutable(number), folder, change: this.ids.next(), now: this.#now(), messageId: this.#messageId(number),
		});
		if (this.quotaBytes > 0 && this.#size + item.size > this.quotaBytes) {
			throw new StoreRefusal('quota');
		}

		this.#add(item);
		if (item.isRead && item.wantsReceipt && !item.isDraft) {
			this.#sendReceipt(item);
		}

		return item;
	}

	/** Puts a message there as another program would. */
	async add(path: readonly string[], {mime, ...given}: ItemSeed): Promise<Item> {
		const received = typeof mime === 'string' ? new TextEncoder().encode(mime) : mime;
		return this.create(this.folder(path), {
			flags: 0, ...given, content: await parseMime(received), received,
		});
	}

	async seed(folders: readonly FolderSeed[]): Promise<void> {
		for (const {path, folderClass, items = []} of folders) {
			this.ensureFolder(path, folderClass);
			for (const item of items) {
				await this.add(path, item); // eslint-disable-line no-await-in-loop -- ids are given in order
			}
		}
	}

	/** Marks it changed. */
	touch(item: Item): void {
		item.revision = ++this.#revision;
		item.change = this.ids.next();
		item.modifiedAt = Math.floor(this.#now() / 1000) * 1000;
		item.folder.changes++;
	}

	/** Sets the read state; a receipt that was asked for goes out unless `suppressed`. */
	markRead(item: Item, isRead: boolean, suppressed: boolean): void {
		if (isRead && !item.isRead && item.wantsReceipt && !suppressed) {
			this.#sendReceipt(item);
		}

		item.isRead = isRead;
		item.everRead ||= isRead;
		item.revision = ++this.#revision;
	}

	/** Another content, of a message in the making. @throws StoreRefusal `quota` */
	replaceContent(item: Item, content: Content): void {
		const [before, old] = [item.size, item.content];
		item.content = content;
		const grown = item.size - before;
		if (grown > 0 && this.quotaBytes > 0 && this.#size + grown > this.quotaBytes) {
			item.content = old;
			throw new StoreRefusal('quota');
		}

		this.#size += grown;
		this.touch(item);
		this.#tell(watcher => {
			watcher.itemChanged(item);
		});
	}

	/** The item gets a new id (lesson 24). @throws StoreRefusal `gone` */
	move(item: Item, folder: Folder): Item {
		if (folder.deleted) {
			throw new StoreRefusal('gone');
		}

		this.delete(item);
		item.id = this.#itemId(folder, this.ids.next());
		item.folder = folder;
		this.#add(item);
		this.touch(item);
		return item;
	}

	/** For good. */
	delete(item: Item): void {
		this.#items.delete(item.id);
		this.#immutable.delete(item.immutableId);
		item.folder.items.delete(item.id);
		item.folder.gone.push({id: item.id, immutableId: item.immutableId, revision: ++this.#revision});
		item.folder.changes++;
		this.#size -= item.size;
		this.#tell(watcher => {
			watcher.itemLeft(item, item.folder);
		});
	}

	folderChangeKey(folder: Folder): string {
		return this.ids.changeKey(objectKinds.folder, folder.number + folder.changes);
	}

	/** Everything below msgfolderroot as plain data: to compare two states. */
	snapshot() {
		return this.folders.map(folder => ({
			path: folder.path!, role: folder.role, folderClass: folder.folderClass, items: [...folder.items.values()].map(item => item.snapshot()),
		}));
	}

	#sendReceipt(item: Item): void {
		this.receipts.push(item.messageId);
		item.wantsReceipt = false;
	}

	#add(item: Item): void {
		item.revision = ++this.#revision;
		this.#items.set(item.id, item);
		this.#immutable.set(item.immutableId, item);
		item.folder.items.set(item.id, item);
		item.folder.changes++;
		this.#size += item.size;
		this.#tell(watcher => {
			watcher.itemCame(item, item.folder);
		});
	}

	#tell(what: (watcher: Watcher) => void): void {
		for (const watcher of this.#watchers) {
			what(watcher);
		}
	}

	/** Both kinds of ids occur in one mailbox (lesson 21). */
	#itemId(folder: Folder, number: number): string {
		return this.ids.item(folder.number, number, number % 3 === 0);
	}

	/** Of the form that the server gives a message that came without one (lesson 28). */
	#messageId(number: number): string {
		const hex = Array.from({length: 24}, () => this.random.below(16).toString(16)).join('').toUpperCase();
		return `<SB7PPF00SANDBOX${hex}${number.toString(16).toUpperCase().padStart(8, '0')}@SB7PPF00SANDBOX.EURP251.PROD.OUTLOOK.COM>`;
	}

	#newFolder(given: Omit<NewFolder, 'id' | 'number'>): Folder {
		const number = this.ids.next();
		const folder = new Folder({
			...given, id: this.ids.folder(number, given.role !== undefined), number,
		});
		this.#folders.set(folder.id, folder);
		given.parent?.children.push(folder);
		this.#tell(watcher => {
			watcher.folderCame(folder);
		});
		return folder;
	}
}
