import {createHash} from 'node:crypto';
import {equalNames} from '../mailbox/folder-map.js';
import {sortedByPath} from '../mailbox/folder-order.js';
import {roleOfName} from '../mailbox/folder-roles.js';
import {type Folder, type FolderPath, type Role} from '../mailbox/mailbox.js';
import {ewsNameRules} from './ews-traits.js';

/** A folder as the server lists it. */
export type FolderRow = {
	readonly id: string;
	readonly parent: string;
	/** As the server shows it. */
	readonly name: string;
	/** False for calendars, contacts and their like, by class: one without a class is for mail. */
	readonly mail: boolean;
};

export type EwsFolder = FolderRow & {readonly path: FolderPath; readonly role?: Role};

/** Serves for UIDVALIDITY: a folder that was made anew has another id; one that was moved or renamed has not. */
export const generationOf = ({id}: Pick<FolderRow, 'id'>): string => createHash('sha256').update(id).digest('base64url').slice(0, 11);

/** Names that a person reads alike: what is left where the server says "exists" and shows no equal name. */
const alike = new Intl.Collator('und', {usage: 'search', sensitivity: 'base'});

/** One at the top by the name that Exchange gives it in the mailbox's language: no distinguished id leads to it. */
const archiveOf = (rows: readonly FolderRow[]): FolderRow | undefined => rows.find(({name}) => name === 'Archive') ?? rows.find(({name}) => roleOfName(name) === 'archive');

/** The folders of a mailbox. Pure. */
export class FolderTree {
	readonly #rows = new Map<string, FolderRow>();
	readonly #below = new Map<string | undefined, EwsFolder[]>();
	readonly #roles: ReadonlyMap<string, Role>;

	/** @param roles folder ids of distinguished folders */
	constructor(rows: readonly FolderRow[], roles: ReadonlyMap<string, Role>) {
		for (const row of rows) {
			this.#rows.set(row.id, row);
		}

		const archive = archiveOf(rows.filter(row => row.mail && !this.#rows.has(row.parent) && !roles.has(row.id)));
		this.#roles = new Map([...roles, ...(archive ? [[archive.id, 'archive'] as const] : [])]);
		const waiting = new Map<string | undefined, FolderRow[]>();
		for (const row of rows) {
			// What lies below none of them is at the top: the top itself is not listed.
			const parent = this.#rows.has(row.parent) ? row.parent : undefined;
			const list = waiting.get(parent) ?? [];
			list.push(row);
			waiting.set(parent, list);
		}

		const open: Array<EwsFolder | undefined> = [undefined];
		for (let parent = open.pop(), first = true; parent ?? first; parent = open.pop(), first = false) {
			for (const row of waiting.get(parent?.id) ?? []) {
				open.push(this.#place(row, parent));
			}
		}
	}

	/** Every folder, parents first. */
	all(): EwsFolder[] {
		return sortedByPath([...this.#below.values()].flat(), ({path}) => path);
	}

	folders(): Folder[] {
		return this.all().map(({path, role, mail}) => ({path, ...(role && {role}), kind: mail ? 'mail' : 'not-mail'}));
	}

	/**
	The folder of a name below another (undefined: at the top), as Exchange holds names equal.

	@param exists the server said so: the only one with a name that reads alike will do
	*/
	childOf(parent: EwsFolder | undefined, name: string, exists = false): EwsFolder | undefined {
		const siblings = this.#below.get(parent?.id) ?? [];
		const equal = siblings.find(one => one.name === name) ?? siblings.find(one => equalNames(one.name, name, ewsNameRules));
		if (equal) {
			return equal;
		}

		// The inbox bears another name in other languages.
		if (!parent && name.toLowerCase() === 'inbox') {
			return siblings.find(({role}) => role === 'inbox');
		}

		const candidates = exists ? siblings.filter(one => alike.compare(one.name, name) === 0) : [];
		return candidates.length === 1 ? candidates[0] : undefined;
	}

	/** As Exchange holds names equal. */
	at(path: FolderPath): EwsFolder | undefined {
		let folder: EwsFolder | undefined;
		for (const name of path) {
			folder = this.childOf(folder, name);
			if (!folder) {
				return undefined;
			}
		}

		return folder;
	}

	/** Adds a folder that was just made. */
	add(row: FolderRow, parent: EwsFolder | undefined): EwsFolder {
		return this.#place(row, parent);
	}

	#place(row: FolderRow, parent: EwsFolder | undefined): EwsFolder {
		const role = this.#roles.get(row.id);
		const folder: EwsFolder = {...row, path: [...parent?.path ?? [], row.name], ...(role && {role})};
		const siblings = this.#below.get(parent?.id) ?? [];
		siblings.push(folder);
		this.#below.set(parent?.id, siblings);
		return folder;
	}
}
