import {type Fingerprint, fingerprintKey, hashOf} from '../mailbox/identity.js';
import {type FolderPath, pathKey} from '../mailbox/mailbox.js';
import {type Context} from './context.js';
import {prefixLength} from './record-hash.js';
import {type FolderRecord} from './record-folder.js';
import {type Candidates, type FolderWork} from './work.js';

const secondOf = (time: number): number => Math.trunc(time / 1000);

/**
Finds what a folder's destination holds already (design, rule 6): it is listed once; what has the date of a
message still to be delivered is read and compared by its bytes, as a multiset, so that identical copies are
several messages and near-duplicates are none. Sizes are not asked: a source may announce wrong ones.
*/
export const findCandidates = async (context: Context, work: FolderWork): Promise<Candidates> => {
	const found = new Map<string, string[]>();
	const path = work.mapping.destination;
	const claimed = context.journal.record.claims(path);
	const listing = context.traits.keepsBytes ? await context.destination.list(path, context.control.stopping) : undefined;
	if (listing && listing.length > 0) {
		const wanted = new Set<number>();
		for (const entry of work.listing) {
			if (work.record.state(entry.uid) === 'remaining') {
				wanted.add(secondOf(entry.receivedAt));
			}
		}

		const alike = [...listing].filter(entry => wanted.has(secondOf(entry.receivedAt)) && !claimed(`${listing.generation}:${entry.uid}`));
		for await (const result of context.destination.read(path, listing.generation, alike, context.control.stopping)) {
			if ('bytes' in result) {
				const {receivedAt} = listing.get(result.uid)!;
				const key = fingerprintKey({hash: hashOf(result.bytes), size: result.bytes.length, receivedAt});
				const ids = found.get(key) ?? [];
				ids.push(`${listing.generation}:${result.uid}`);
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
		take(fingerprint) {
			const ids = found.get(fingerprintKey(fingerprint));
			let id = ids?.pop();
			while (id !== undefined && claimed(id)) {
				id = ids!.pop();
			}

			return id;
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
			for (const {state, idHash, hashPrefix, receivedAt} of record.entries()) {
				if (state === 'delivered' && idHash === undefined && hashPrefix !== undefined) {
					const key = contentOf(hashPrefix, receivedAt);
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

/** What the record keeps of a content, as text. The announced size is not part of it: it may change from one listing to the next. */
const contentOf = (hash: string, receivedAt: number): string => `${hash.slice(0, prefixLength)} ${secondOf(receivedAt)}`;

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
			const key = contentOf(known.hashPrefix, known.receivedAt);
			const group = this.#byContent.get(key) ?? [];
			group.push({record, uid});
			this.#byContent.set(key, group);
		}
	}

	take(fingerprint: Fingerprint, destination: FolderPath): {readonly record: FolderRecord; readonly uid: number} | undefined {
		const group = this.#byContent.get(contentOf(fingerprint.hash, fingerprint.receivedAt)) ?? [];
		const equal = (entry: {record: FolderRecord; uid: number}) => entry.record.matches(entry.uid, fingerprint);
		// Rather one that lies where this one belongs: a renumbered folder keeps its copies apart from another's.
		let index = group.findIndex(entry => equal(entry) && pathKey(entry.record.destination) === pathKey(destination));
		if (index === -1) {
			index = group.findIndex(entry => equal(entry));
		}

		return index === -1 ? undefined : group.splice(index, 1)[0];
	}
}
