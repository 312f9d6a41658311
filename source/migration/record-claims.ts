import {pathKey, type FolderPath} from '../mailbox/mailbox.js';
import {type FolderRecord, type IdListener} from './record-folder.js';
import {idHash} from './record-hash.js';

const maxRecent = 65_536;

type Index = {readonly sorted: Float64Array; readonly recent: Set<number>};

/**
Which destination ids belong to messages of the record. An index over a destination folder is made when
the first question about it comes (8 bytes an id), kept up to date, and dropped when ids disappear or too many came.
*/
export class Claims implements IdListener {
	readonly #indexes = new Map<string, Index>();
	readonly #folders: readonly FolderRecord[];

	constructor(folders: readonly FolderRecord[]) {
		this.#folders = folders;
	}

	/** The answer is about the record as it is when the question is asked, not when this was called. */
	of(destination: FolderPath): (id: string) => boolean {
		const key = pathKey(destination);
		return id => {
			const hash = idHash(id);
			const {sorted, recent} = this.#index(key);
			return recent.has(hash) || holds(sorted, hash);
		};
	}

	added(folder: FolderRecord, hash: number): void {
		if (this.#indexes.size === 0) {
			return;
		}

		const key = pathKey(folder.destination);
		const index = this.#indexes.get(key);
		index?.recent.add(hash);
		if (index && index.recent.size > maxRecent) {
			this.#indexes.delete(key);
		}
	}

	removed(folder: FolderRecord): void {
		if (this.#indexes.size > 0) {
			this.#indexes.delete(pathKey(folder.destination));
		}
	}

	/** A folder goes elsewhere. */
	clear(): void {
		this.#indexes.clear();
	}

	#index(key: string): Index {
		let index = this.#indexes.get(key);
		if (!index) {
			const folders = this.#folders.filter(folder => pathKey(folder.destination) === key);
			let total = 0;
			for (const folder of folders) {
				total += folder.ids;
			}

			const sorted = new Float64Array(total);
			let length = 0;
			for (const folder of folders) {
				for (const hash of folder.idHashes()) {
					sorted[length++] = hash;
				}
			}

			index = {sorted: sorted.sort(), recent: new Set()};
			this.#indexes.set(key, index);
		}

		return index;
	}
}

const holds = (sorted: Float64Array, value: number): boolean => {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if (sorted[middle]! < value) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}

	return low < sorted.length && sorted[low] === value;
};
