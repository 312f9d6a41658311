import {
	pathKey, type Folder, type FolderPath, type Role,
} from '../mailbox/mailbox.js';
import {assignRoles, looksNotMail} from '../mailbox/folder-roles.js';
import {decodeName, encodeName} from './imap-name.js';
import {type ListedName} from './imap-list.js';

/** A folder with the name it has on the wire. */
export type ImapFolder = {
	readonly path: FolderPath;
	readonly raw: string;
	readonly role?: Role;
	/** `\Noselect` or `\NonExistent`, or only implied by a folder below it. */
	readonly container: boolean;
	/** Bears the name of a calendar, contacts folder or the like. */
	readonly maybeNotMail: boolean;
};

export type Namespaces = {readonly personal: string; readonly foreign: readonly string[]};

/**
The folders of a mailbox by path: names decoded and split by the server's delimiter, roles given, parents
before children. A name that is not modified UTF-7 is shown as it is and can be opened all the same.
*/
export class FolderTable {
	readonly delimiter: string | undefined;
	readonly #prefix: string;
	readonly #folders = new Map<string, ImapFolder>();

	constructor(listed: readonly ListedName[], namespaces: Namespaces) {
		this.#prefix = namespaces.personal;
		this.delimiter = listed.find(({delimiter}) => delimiter !== undefined)?.delimiter;
		const own = listed.filter(({raw}) => !namespaces.foreign.some(prefix => raw.startsWith(prefix)));
		const paths = new Map<string, {path: FolderPath; raw: string; attributes: readonly string[]}>();
		for (const {raw, delimiter, attributes} of own) {
			const path = this.#unique(this.#pathOf(raw, delimiter), raw, paths);
			if (path.length > 0) {
				paths.set(pathKey(path), {path, raw, attributes});
			}
		}

		for (const {path, raw} of paths.values()) {
			for (let depth = 1; depth < path.length; depth++) {
				const parent = path.slice(0, depth);
				if (!paths.has(pathKey(parent))) {
					paths.set(pathKey(parent), {path: parent, raw: raw.split(this.delimiter ?? '\0').slice(0, depth - path.length).join(this.delimiter), attributes: [String.raw`\NonExistent`]});
				}
			}
		}

		const sorted = [...paths.values()].sort((a, b) => a.path.length - b.path.length);
		const roles = assignRoles(sorted);
		for (const [position, {path, raw, attributes}] of sorted.entries()) {
			const role = roles[position];
			const has = (attribute: string): boolean => attributes.some(one => one.toLowerCase() === attribute);
			this.#folders.set(pathKey(path), {
				path, raw, ...(role && {role}),
				container: has(String.raw`\noselect`) || has(String.raw`\nonexistent`),
				maybeNotMail: !role && looksNotMail(path),
			});
		}
	}

	get(path: FolderPath): ImapFolder | undefined {
		return this.#folders.get(pathKey(path[0]?.toUpperCase() === 'INBOX' ? ['INBOX', ...path.slice(1)] : path));
	}

	/** Parents before children. */
	all(): ImapFolder[] {
		return [...this.#folders.values()];
	}

	/** For people and the folder map; `isNotMail` decides about those that bear such a name. */
	folders(isNotMail: (folder: ImapFolder) => boolean): Folder[] {
		return this.all().map(folder => ({
			path: folder.path,
			...(folder.role && {role: folder.role}),
			kind: folder.container ? 'container' : (folder.maybeNotMail && isNotMail(folder) ? 'not-mail' : 'mail'),
		}));
	}

	/** The wire name for a folder that is to be made below `parent` (undefined: at the top). */
	rawOfNew(name: string, parent: ImapFolder | undefined): string {
		const encoded = encodeName(name);
		return parent ? `${parent.raw}${this.delimiter ?? ''}${encoded}` : `${this.#prefix}${encoded}`;
	}

	#pathOf(raw: string, delimiter: string | undefined): string[] {
		// Servers that keep everything below INBOX (`INBOX.`) show it in the names; people do not.
		const isBelowPrefix = this.#prefix !== '' && raw.startsWith(this.#prefix) && raw.length > this.#prefix.length;
		const bare = isBelowPrefix ? raw.slice(this.#prefix.length) : raw;
		const names = (delimiter === undefined ? [bare] : bare.split(delimiter)).filter(name => name !== '').map(name => decodeName(name) ?? name);
		if (names[0]?.toUpperCase() === 'INBOX') {
			names[0] = 'INBOX';
			if (isBelowPrefix) {
				names.unshift('INBOX');
			}
		}

		return names;
	}

	/** Two wire names may decode to one path; the second then keeps its spelling on the wire, or gets a number. */
	#unique(path: string[], raw: string, taken: ReadonlyMap<string, {raw: string}>): string[] {
		if (!taken.has(pathKey(path))) {
			return path;
		}

		const rest = path.slice(0, -1);
		for (let number = 1; ; number++) {
			const other = [...rest, number === 1 ? raw : `${raw} (${number})`];
			if (!taken.has(pathKey(other))) {
				return other;
			}
		}
	}
}
