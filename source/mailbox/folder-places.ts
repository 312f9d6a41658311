import {
	type Folder, type FolderPath, type Role, samePath,
} from './mailbox.js';
import {type NameRules} from './destination.js';
import {sortedByPath} from './folder-order.js';
import {cleanPath, destinationKey} from './folder-names.js';

/** What a role's folder is called where the destination has none: Exchange's English names. */
const conventionalNames: Readonly<Record<Role, string>> = {
	inbox: 'INBOX', sent: 'Sent Items', drafts: 'Drafts', trash: 'Deleted Items', junk: 'Junk Email', archive: 'Archive',
};

/** The destination's folders, and who goes where so far. */
export class Places<Holder> {
	readonly #rules: NameRules;
	readonly #existing = new Map<string, Folder>();
	readonly #holders = new Map<string, Array<Holder | 'not-mail'>>();

	constructor(existing: readonly Folder[], rules: NameRules) {
		this.#rules = rules;
		for (const folder of sortedByPath(existing, item => item.path)) {
			const key = this.key(folder.path);
			if (!this.#existing.has(key)) {
				this.#existing.set(key, folder);
			}

			if (folder.kind === 'not-mail') {
				this.hold(folder.path, 'not-mail');
			}
		}
	}

	key(path: FolderPath): string {
		return destinationKey(path, this.#rules);
	}

	exists(path: FolderPath): boolean {
		return this.#existing.get(this.key(path))?.kind === 'mail';
	}

	/** Whether a path could have been made by these rules, below what is there. */
	isPossible(path: FolderPath): boolean {
		let trusted = path.length;
		while (trusted > 0 && !samePath(this.#existing.get(this.key(path.slice(0, trusted)))?.path ?? [], path.slice(0, trusted))) {
			trusted--;
		}

		return path.length > 0 && (trusted === path.length || samePath(cleanPath(path, this.#rules, {trusted}).path, path));
	}

	roleFolder(role: Role): FolderPath {
		const found = [...this.#existing.values()].find(folder => folder.role === role && folder.kind === 'mail');
		return found?.path ?? this.spelled([conventionalNames[role]]);
	}

	/** The path as the destination spells those of its levels that it has. */
	spelled(path: FolderPath): FolderPath {
		for (let depth = path.length; depth > 0; depth--) {
			const found = this.#existing.get(this.key(path.slice(0, depth)));
			if (found) {
				return [...found.path, ...path.slice(depth)];
			}
		}

		return path;
	}

	holders(path: FolderPath): ReadonlyArray<Holder | 'not-mail'> {
		return this.#holders.get(this.key(path)) ?? [];
	}

	hold(path: FolderPath, holder: Holder | 'not-mail'): void {
		const key = this.key(path);
		this.#holders.set(key, [...this.#holders.get(key) ?? [], holder]);
	}
}
