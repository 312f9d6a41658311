import {type Fingerprint, fingerprintKey} from '../mailbox/identity.js';
import {prefixLength} from './record-hash.js';
import {type FolderRecord} from './record-folder.js';

/** A destination message that no record claims. Its hash is '' where the store rebuilds messages. */
export type Loose = {readonly uid: number; readonly fingerprint: Fingerprint};

/** The messages of one destination folder that no record claims, found by the first characters of their hash. */
export class Unclaimed {
	readonly #byHash = new Map<string, Loose[]>();

	add(loose: Loose): void {
		const prefix = loose.fingerprint.hash.slice(0, prefixLength);
		const group = this.#byHash.get(prefix);
		if (group) {
			group.push(loose);
		} else {
			this.#byHash.set(prefix, [loose]);
		}
	}

	/** Takes out one with exactly this fingerprint. */
	takeEqual(fingerprint: Fingerprint): Loose | undefined {
		const key = fingerprintKey(fingerprint);
		return this.#take(fingerprint.hash.slice(0, prefixLength), loose => fingerprintKey(loose.fingerprint) === key);
	}

	/** Takes out one with the content and date that a record has of a message. */
	takeRecorded(record: FolderRecord, uid: number): Loose | undefined {
		return this.#take(record.get(uid)?.hashPrefix ?? '', loose => record.matches(uid, loose.fingerprint));
	}

	/** What is left, ascending by UID. */
	uids(): number[] {
		return [...this.#byHash.values()].flat().map(loose => loose.uid).sort((a, b) => a - b);
	}

	#take(prefix: string, matches: (loose: Loose) => boolean): Loose | undefined {
		const group = this.#byHash.get(prefix) ?? [];
		const index = group.findIndex(loose => matches(loose));
		return index === -1 ? undefined : group.splice(index, 1)[0];
	}
}
