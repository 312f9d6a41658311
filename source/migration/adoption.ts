import {fingerprintKey, hashOf, secondOf} from '../mailbox/identity.js';
import {type Stored} from '../mailbox/destination.js';
import {type FolderPath, pathKey} from '../mailbox/mailbox.js';
import {type Context} from './context.js';
import {Likeness, type Read} from './likeness.js';
import {contentKey} from './moves.js';
import {idHash, prefixLength} from './record-hash.js';
import {recordedUnlisted} from './recorded.js';
import {type FolderWork} from './work.js';

/** A source message that was read, and what it is where bytes are kept. */
export type Wanted = Read & {readonly hash: string};

/** Messages that lie at the destination without being on record: each can be adopted once. */
export type Candidates = {
	/** The stored message that is this one; `altered` says in what it is not as it should be. */
	take(message: Wanted): Promise<{readonly id: string; readonly altered: readonly string[]} | undefined>;
};

/**
Finds what a folder's destination holds already (design, rule 6): it is listed once and matched as a multiset, so
that identical copies are several messages and near-duplicates are none.
*/
export const findCandidates = async (context: Context, work: FolderWork): Promise<Candidates> => {
	const path = work.mapping.destination;
	const claimed = context.journal.record.claims(path);
	const listing = await context.destination.list(path, context.control.stopping);
	const listed = listing ? [...listing] : [];
	if (!context.traits.keepsBytes) {
		return alikeIn(context, path, listed);
	}

	return equalIn(context, work, listed.filter(stored => !claimed(stored.id)));
};

/** Where MIME is rebuilt: by what survives. */
const alikeIn = async (context: Context, path: FolderPath, listed: readonly Stored[]): Promise<Candidates> => {
	const claimed = context.journal.record.claims(path);
	const likeness = new Likeness(stored => context.destination.read(path, stored, context.control.stopping));
	for (const stored of listed) {
		if (!claimed(stored.id)) {
			likeness.add(stored);
		}
	}

	// Delivered by another road, or moved there and back.
	for await (const recorded of recordedUnlisted(context, path, new Set(listed.map(({id}) => idHash(id))))) {
		likeness.setAside(recorded);
	}

	return {
		async take(message) {
			let found = await likeness.take(message);
			// Delivered by this run meanwhile.
			while (found && claimed(found.stored.id)) {
				// eslint-disable-next-line no-await-in-loop -- The next one, very seldom.
				found = await likeness.take(message);
			}

			return found && {id: found.stored.id, altered: found.altered};
		},
	};
};

/** Where bytes are kept: what has the date of a message still to be delivered is read and compared. Sizes are not asked: a source may announce wrong ones. */
const equalIn = async (context: Context, work: FolderWork, open: readonly Stored[]): Promise<Candidates> => {
	const found = new Map<string, string[]>();
	const path = work.mapping.destination;
	const claimed = context.journal.record.claims(path);
	if (open.length > 0) {
		const wanted = new Set<number>();
		for (const entry of work.listing) {
			if (work.record.state(entry.uid) === 'remaining') {
				wanted.add(secondOf(entry.receivedAt));
			}
		}

		const alike = new Map(open.filter(stored => wanted.has(secondOf(stored.receivedAt))).map(stored => [stored.id, stored]));
		for await (const content of context.destination.read(path, [...alike.values()], context.control.stopping)) {
			if ('bytes' in content) {
				const {receivedAt} = alike.get(content.id)!;
				const key = fingerprintKey({hash: hashOf(content.bytes), size: content.bytes.length, receivedAt});
				const ids = found.get(key) ?? [];
				ids.push(content.id);
				found.set(key, ids);
			}
		}

		leaveOwn(context, path, found);
		for (const ids of found.values()) {
			// Taken from the end: the oldest first.
			ids.reverse();
		}
	}

	return {
		async take({hash, bytes, receivedAt}) {
			const ids = found.get(fingerprintKey({hash, size: bytes.length, receivedAt}));
			let id = ids?.pop();
			while (id !== undefined && claimed(id)) {
				id = ids!.pop();
			}

			return id === undefined ? undefined : {id, altered: []};
		},
	};
};

/** Takes out the copies that we delivered without being told their ids: the oldest equal ones. */
const leaveOwn = ({journal}: Context, path: FolderPath, found: ReadonlyMap<string, string[]>): void => {
	if (found.size === 0) {
		return;
	}

	const own = new Map<string, number>();
	for (const record of journal.record.folders) {
		if (pathKey(record.destination) === pathKey(path)) {
			for (const {state, idHash: id, hashPrefix, receivedAt} of record.entries()) {
				if (state === 'delivered' && id === undefined && hashPrefix !== undefined) {
					const key = contentKey(hashPrefix, receivedAt);
					own.set(key, (own.get(key) ?? 0) + 1);
				}
			}
		}
	}

	for (const [key, ids] of found) {
		// The record keeps the first characters of the hash; see fingerprintKey.
		const [hash, , second] = key.split(' ');
		ids.splice(0, own.get(`${hash!.slice(0, prefixLength)} ${second!}`) ?? 0);
	}
};
