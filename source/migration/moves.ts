import {type Fingerprint, secondOf} from '../mailbox/identity.js';
import {type FolderPath, pathKey} from '../mailbox/mailbox.js';
import {prefixLength} from './record-hash.js';
import {type FolderRecord} from './record-folder.js';

/** What the record keeps of a content, as text. The announced size is not part of it: it may change from one listing to the next. */
export const contentKey = (hash: string, receivedAt: number): string => `${hash.slice(0, prefixLength)} ${secondOf(receivedAt)}`;

/**
Messages delivered under a key that the source no longer has. One that turns up with the same content under
another key was moved, or its folder was renamed or renumbered: it is already there (design, rule 8).
*/
export class Moves {
	readonly #added = new Set<string>();
	readonly #byContent = new Map<string, Array<{record: FolderRecord; uid: number}>>();

	add(record: FolderRecord, uid: number): void {
		const known = record.get(uid);
		const id = `${record.number}:${uid}`;
		if (known?.hashPrefix !== undefined && !this.#added.has(id)) {
			this.#added.add(id);
			const key = contentKey(known.hashPrefix, known.receivedAt);
			const group = this.#byContent.get(key) ?? [];
			group.push({record, uid});
			this.#byContent.set(key, group);
		}
	}

	take(fingerprint: Fingerprint, destination: FolderPath): {readonly record: FolderRecord; readonly uid: number} | undefined {
		const group = this.#byContent.get(contentKey(fingerprint.hash, fingerprint.receivedAt)) ?? [];
		const equal = (entry: {record: FolderRecord; uid: number}) => entry.record.matches(entry.uid, fingerprint);
		// Rather one that lies where this one belongs: a renumbered folder keeps its copies apart from another's.
		let index = group.findIndex(entry => equal(entry) && pathKey(entry.record.destination) === pathKey(destination));
		if (index === -1) {
			index = group.findIndex(entry => equal(entry));
		}

		return index === -1 ? undefined : group.splice(index, 1)[0];
	}
}
