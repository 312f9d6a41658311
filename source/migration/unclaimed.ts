import {type Stored} from '../mailbox/destination.js';
import {type Fingerprint, fingerprintKey} from '../mailbox/identity.js';
import {type Flags} from '../mailbox/mailbox.js';
import {Likeness, type ReadStored, type Recorded} from './likeness.js';
import {prefixLength} from './record-hash.js';
import {type FolderRecord} from './record-folder.js';

/** A source message that has no record, after it was read. */
export type Sought = {readonly stamp: string; readonly fingerprint: Fingerprint; readonly flags: Flags; /** See `envelopeHash`. */ readonly envelope: string};

/** A stored message, and in what it is not as it should be (see `Alike`). */
export type Found = {readonly stored: Stored; readonly altered: readonly string[]};

/** The messages of one destination folder that no record claims; each can be taken once. */
export type Unclaimed = {
	/** Whether what the record knows is enough to find a message by: false where nothing that is left says its header, as by IMAP. */
	readonly isTelling: boolean;
	/** Takes the copy of a message of the record. */
	takeRecorded(record: FolderRecord, uid: number): Promise<Stored | undefined>;
	/** Whether its content is needed to tell which is the copy of a message that was read. */
	needsContent(sought: Sought): boolean;
	/** Takes the copy of a message that was read. */
	takeSought(sought: Sought, bytes: Uint8Array | undefined): Promise<Found | undefined>;
	/** Takes one of this received date of which nothing says that it is another one: the last resort for a record that knows no more. */
	takeDated(receivedAt: number): Stored | undefined;
	/** What is left. */
	rest(): Stored[];
};

/** Where bytes are kept: found by the first characters of their hash. */
export class EqualUnclaimed implements Unclaimed {
	readonly #byHash = new Map<string, Array<{readonly stored: Stored; readonly fingerprint: Fingerprint}>>();

	get isTelling(): boolean {
		return true;
	}

	add(stored: Stored, fingerprint: Fingerprint): void {
		const prefix = fingerprint.hash.slice(0, prefixLength);
		const group = this.#byHash.get(prefix);
		if (group) {
			group.push({stored, fingerprint});
		} else {
			this.#byHash.set(prefix, [{stored, fingerprint}]);
		}
	}

	async takeRecorded(record: FolderRecord, uid: number): Promise<Stored | undefined> {
		return this.#take(record.get(uid)?.hashPrefix ?? '', fingerprint => record.matches(uid, fingerprint));
	}

	needsContent(): boolean {
		return false;
	}

	async takeSought({fingerprint}: Sought): Promise<Found | undefined> {
		const key = fingerprintKey(fingerprint);
		const stored = this.#take(fingerprint.hash.slice(0, prefixLength), loose => fingerprintKey(loose) === key);
		return stored && {stored, altered: []};
	}

	takeDated(): undefined {
		// The record knows every content.
	}

	rest(): Stored[] {
		return [...this.#byHash.values()].flat().map(({stored}) => stored);
	}

	#take(prefix: string, matches: (fingerprint: Fingerprint) => boolean): Stored | undefined {
		const group = this.#byHash.get(prefix) ?? [];
		const index = group.findIndex(({fingerprint}) => matches(fingerprint));
		return index === -1 ? undefined : group.splice(index, 1)[0]!.stored;
	}
}

/** Where MIME is rebuilt: what is on record by stamp, else by header and received date; what was read by its content. */
export class AlikeUnclaimed implements Unclaimed {
	#isTelling = false;
	readonly #likeness: Likeness;
	readonly #recorded: (record: FolderRecord, uid: number) => Promise<Recorded | undefined>;

	/** @param recorded what the record knows of a message; see `recordedOf` */
	constructor(recorded: (record: FolderRecord, uid: number) => Promise<Recorded | undefined>, read: ReadStored) {
		this.#recorded = recorded;
		this.#likeness = new Likeness(read);
	}

	get isTelling(): boolean {
		return this.#isTelling;
	}

	add(stored: Stored): void {
		this.#isTelling ||= stored.envelope !== undefined;
		this.#likeness.add(stored);
	}

	async takeRecorded(record: FolderRecord, uid: number): Promise<Stored | undefined> {
		const recorded = await this.#recorded(record, uid);
		return recorded && this.#likeness.takeRecorded(recorded);
	}

	needsContent({fingerprint: {receivedAt}}: Sought): boolean {
		return this.#likeness.mayHold(receivedAt);
	}

	async takeSought({stamp, fingerprint: {receivedAt}, flags}: Sought, bytes: Uint8Array | undefined): Promise<Found | undefined> {
		const stored = this.#likeness.takeRecorded({stamp, receivedAt});
		if (stored) {
			return {stored, altered: []};
		}

		return bytes && this.#likeness.take({
			stamp, bytes, receivedAt, flags,
		});
	}

	takeDated(receivedAt: number): Stored | undefined {
		return this.#likeness.takeDated(receivedAt);
	}

	rest(): Stored[] {
		return this.#likeness.rest();
	}
}

