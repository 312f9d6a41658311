import {sameSecond} from '../mailbox/identity.js';
import {type Listing} from '../mailbox/listing.js';
import {type State} from './facts.js';

/** What the record knows of a source message; the part of a folder record that decisions need. */
export type Known = {
	readonly uid: number;
	readonly state: State;
	/** RFC822.SIZE as the source announced it. */
	readonly size: number;
	readonly receivedAt: number;
};

export type KnownFolder = {
	readonly generation: string;
	entries(): Iterable<Known>;
	state(uid: number): State;
};

/** The UIDVALIDITY inside a generation name (`1+2` → `1`). */
const validityOf = (generation: string): string => generation.split('+', 1)[0]!;

/**
Which generation a listing belongs to (design, rule 7). UIDVALIDITY alone proves little on WorkMail:
it was seen to stay 1 across delete and recreate. So a UID that stands for a message of another size or
date than on record means another life of the folder, named with a suffix of ours; so does a UIDNEXT that fell
(RFC 9051 2.3.1.1: it never does).

@param earlier all generations on record of this path, oldest first
@param previous the listing of the latest of them before this one, where there is one
*/
export const generationOf = (listing: Listing, earlier: readonly KnownFolder[], previous?: Listing): {readonly generation: string; readonly known: boolean} => {
	const latest = earlier.at(-1);
	const lives = earlier.filter(folder => validityOf(folder.generation) === listing.generation).length;
	const fresh = lives === 0 ? listing.generation : `${listing.generation}+${lives}`;
	if (!latest || validityOf(latest.generation) !== listing.generation) {
		return {generation: fresh, known: false};
	}

	// Where UIDNEXT is one: above every message.
	const next = listing.length > 0 && listing.uidAt(listing.length - 1) >= listing.uidNext ? 0 : listing.uidNext;
	const isAnother = (known: Pick<Known, 'uid' | 'size' | 'receivedAt'>): boolean => {
		const listed = listing.get(known.uid);
		return listed ? listed.size !== known.size || !sameSecond(listed.receivedAt, known.receivedAt) : next > 0 && known.uid >= next;
	};

	for (const messages of [latest.entries(), previous ?? []]) {
		for (const known of messages) {
			if (isAnother(known)) {
				return {generation: fresh, known: false};
			}
		}
	}

	return {generation: latest.generation, known: true};
};

/** What has to happen to the record before a folder's deliveries begin. */
export type Reconciliation = {
	/** Messages to deliver, ascending. */
	readonly remaining: number[];
	/** On record as unsure. */
	readonly unsure: number[];
	/** Marked `\Deleted` and without a fate: to be excluded. */
	readonly excluded: number[];
	/** Excluded or refused by a rule that no longer applies, or vanished and there again. */
	readonly reopened: number[];
	/** Larger than the limit: to be refused unsent. */
	readonly tooLarge: number[];
	/** Refused before and no longer at the source. */
	readonly vanished: number[];
	/** Delivered before and no longer under this key at the source: perhaps moved. */
	readonly gone: number[];
};

/**
Compares a listing with the record of the same generation.

@param limit largest size to be sent, in bytes; 0 for none
@param overLimit whether a refused message was refused by the limit rule
*/
export const reconcile = (listing: Listing, known: KnownFolder | undefined, limit: number, overLimit: (uid: number) => boolean): Reconciliation => {
	const result: Reconciliation = {
		remaining: [], unsure: [], excluded: [], reopened: [], tooLarge: [], vanished: [], gone: [],
	};
	for (const entry of known?.entries() ?? []) {
		const listed = listing.has(entry.uid);
		if (entry.state === 'unsure') {
			result.unsure.push(entry.uid);
		} else if (!listed && (entry.state === 'delivered' || entry.state === 'already-there')) {
			result.gone.push(entry.uid);
		} else if (!listed && entry.state === 'refused') {
			result.vanished.push(entry.uid);
		}
	}

	for (const message of listing) {
		const state = known?.state(message.uid) ?? 'remaining';
		const deleted = message.flags.includes(String.raw`\Deleted`);
		const large = limit > 0 && message.size > limit;
		if (state === 'vanished' || (state === 'excluded' && !deleted) || (state === 'refused' && !large && overLimit(message.uid))) {
			result.reopened.push(message.uid);
		} else if (state !== 'remaining') {
			continue;
		}

		if (deleted) {
			result.excluded.push(message.uid);
		} else if (large) {
			result.tooLarge.push(message.uid);
		} else {
			result.remaining.push(message.uid);
		}
	}

	return result;
};
