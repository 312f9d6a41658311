import {type Item} from './item.js';

/** Names that Exchange holds equal have equal keys: case, composition, trailing blanks and dots do not tell them apart. */
export const nameKey = (name: string): string => name.normalize('NFC').replace(/[ .]+$/v, '').toLocaleLowerCase('en-US');

export type NewFolder = {
	readonly id: string;
	/** Its number in ids of its items. */
	readonly number: number;
	readonly name: string;
	readonly parent?: Folder;
	/** Absent where it was made without one. */
	readonly folderClass?: string;
	/** Its distinguished id. */
	readonly role?: string;
	/** The name that Graph knows it by, where that is not its distinguished id. */
	readonly wellKnownName?: string;
	readonly isHidden?: boolean;
};

/** A folder of a mailbox, by which Graph and EWS mean the same. */
export class Folder {
	readonly id: string;
	readonly number: number;
	/** Changed by `Mailbox.moveFolder` only, as is its parent. */
	name: string;
	parent: Folder | undefined;
	readonly folderClass: string | undefined;
	readonly role: string | undefined;
	readonly wellKnownName: string | undefined;
	readonly isHidden: boolean;
	readonly children: Folder[] = [];
	/** Oldest first. */
	readonly items = new Map<string, Item>();
	/** Counts its changes: for the ChangeKey. */
	changes = 0;
	deleted = false;
	/** What left it, oldest first: for Graph's delta. */
	readonly gone: Array<{readonly id: string; readonly immutableId: string; readonly revision: number}> = [];

	constructor({id, number, name, parent, folderClass, role, wellKnownName, isHidden = false}: NewFolder) {
		this.id = id;
		this.number = number;
		this.name = name;
		this.parent = parent;
		this.folderClass = folderClass;
		this.role = role;
		this.wellKnownName = wellKnownName ?? role;
		this.isHidden = isHidden;
	}

	/** Names below msgfolderroot; undefined for it and for what is not below it. */
	get path(): string[] | undefined {
		if (this.role === 'msgfolderroot' || !this.parent) {
			return undefined;
		}

		if (this.parent.role === 'msgfolderroot') {
			return [this.name];
		}

		const above = this.parent.path;
		return above && [...above, this.name];
	}

	child(name: string): Folder | undefined {
		const key = nameKey(name);
		return this.children.find(child => nameKey(child.name) === key);
	}

	/** This folder's and all below, parents first. */
	* descend(): Generator<Folder> {
		for (const child of this.children) {
			yield child;
			yield * child.descend();
		}
	}

	get unread(): number {
		let count = 0;
		for (const item of this.items.values()) {
			count += item.isRead ? 0 : 1;
		}

		return count;
	}
}
