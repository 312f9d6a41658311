import {type Folder as ImapFolder, type FolderSeed} from '../imap/folder.js';
import {Mailbox as ImapMailbox, type Recreation} from '../imap/mailbox.js';
import {type Folder as Place} from './folder.js';
import {
	asked, isListed, ItemFolder, pathOf, seedOf,
} from './imap-folder.js';
import {type ItemMessageSeed} from './imap-item.js';
import {type Item} from './item.js';
import {type Mailbox as Store} from './mailbox.js';

const known = new WeakMap<Store, StoreMailbox>();

/**
One mailbox of the store as IMAP shows it. Nothing is kept twice but the numbers: UIDs are given in the order in which items
come into a folder, by whatever door, and stay, as UIDVALIDITY does, as long as the store is there. An item whose content is
replaced gets another UID (RFC 9051 2.3.1.1).
*/
export class StoreMailbox extends ImapMailbox {
	/** The same for the same store. */
	static of(store: Store): StoreMailbox {
		const mailbox = known.get(store) ?? new StoreMailbox(store);
		known.set(store, mailbox);
		return mailbox;
	}

	readonly #store: Store;
	readonly #shown = new Map<Place, ItemFolder>();

	private constructor(store: Store) {
		// Times are the store's.
		super(undefined, {names: {ignoreCase: true, normalise: true}, numbering: {uidValidity: 'unique', uids: 'folder'}, now: () => 0});
		this.#store = store;
		for (const place of store.folders) {
			this.#came(place);
		}

		store.watch({
			itemCame: (item, place) => {
				this.#shown.get(place)?.came(item);
			},
			itemLeft: (item, place) => {
				this.#shown.get(place)?.left(item);
			},
			itemChanged: item => {
				this.#renumber(item);
			},
			folderCame: place => {
				this.#came(place);
			},
			folderLeft: place => {
				this.#left(place);
			},
			folderMoved: place => {
				this.#moved(place);
			},
		});
	}

	/** As the store counts. */
	override get size(): number {
		return this.#store.size;
	}

	override createFolder(seed: FolderSeed): ImapFolder {
		const isNew = !this.lookUp(seed.path);
		const folder = this.#shown.get(this.#ensure(seed.path))!;
		if (isNew) {
			folder.subscribed = seed.subscribed ?? true;
		}

		for (const message of seed.messages ?? []) {
			folder.add(message);
		}

		return folder;
	}

	/** With those below it. */
	override deleteFolder(path: readonly string[]): void {
		asked(() => {
			this.#store.deleteFolder(this.#at(path).place);
		});
	}

	/** The store's folder stays, and is shown as another one. */
	override recreateFolder(path: readonly string[], how: Recreation = {}): ImapFolder {
		const old = this.#at(path);
		const seeds = [...how.messages ?? []] as ItemMessageSeed[];
		const kept = new Set(seeds.map(({item}) => item));
		for (const item of old.place.items.values()) {
			if (!kept.has(item)) {
				this.#store.delete(item);
			}
		}

		const seed = this.again(old, how);
		this.forget(old);
		return this.#show(old.place, seed, seeds.map(({item}) => item));
	}

	override renameFolder(from: readonly string[], to: readonly string[]): void {
		asked(() => {
			const {place} = this.#at(from);
			this.#store.moveFolder(place, to.length === 1 ? this.#store.distinguished('msgfolderroot')! : this.#ensure(to.slice(0, -1)), to.at(-1)!);
		});
	}

	#at(path: readonly string[]): ItemFolder {
		return this.folder(path) as ItemFolder;
	}

	#ensure(path: readonly string[]): Place {
		let place = this.#store.distinguished('msgfolderroot')!;
		for (const [depth, name] of path.entries()) {
			const standing = this.lookUp(path.slice(0, depth + 1)) as ItemFolder | undefined;
			const above = place;
			place = standing?.place ?? asked(() => this.#store.createFolder(above, name, 'IPF.Note'));
		}

		return place;
	}

	#came(place: Place): void {
		const path = pathOf(place);
		const isBelowShown = place.parent?.role === 'msgfolderroot' || this.#shown.has(place.parent!);
		if (path && isBelowShown && isListed(place) && !this.lookUp(path)) {
			this.#show(place, seedOf(place, path), [...place.items.values()]);
		}
	}

	#show(place: Place, folderSeed: FolderSeed, items: readonly Item[]): ItemFolder {
		const folder = this.open(folderSeed, (...own) => new ItemFolder(own, place, this.#store)) as ItemFolder;
		this.#shown.set(place, folder);
		for (const item of items) {
			folder.came(item);
		}

		return folder;
	}

	#left(place: Place): void {
		const folder = this.#shown.get(place);
		if (folder) {
			this.#shown.delete(place);
			this.forget(folder);
		}
	}

	#moved(place: Place): void {
		const folder = this.#shown.get(place);
		const path = pathOf(place);
		if (folder && path) {
			super.renameFolder(folder.path, path);
		}
	}

	#renumber(item: Item): void {
		const folder = this.#shown.get(item.folder);
		folder?.left(item);
		folder?.came(item);
	}
}
