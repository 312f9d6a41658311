import {type Stored} from '../mailbox/destination.js';
import {secondOf} from '../mailbox/identity.js';
import {
	type Folder, type FolderPath, pathKey, pathOfKey,
} from '../mailbox/mailbox.js';
import {type FolderRecord} from './record-folder.js';
import {type Sought, type Unclaimed} from './unclaimed.js';
import {
	type Check, finding, firstBytes, type VerifyOptions,
} from './verifier-check.js';

/** A message that should be at the destination and was not found where it should be. */
export type Absent = {
	readonly check: Check;
	readonly record?: FolderRecord;
	readonly uid: number;
	readonly receivedAt: number;
	readonly unsure: boolean;
	/** Known for messages read from the source. */
	readonly sought?: Sought;
	/** The record does not know its header, and the source has it no more. */
	readonly dateOnly?: boolean;
};

/** Looks through the rest of the destination mailbox before anything is called missing. */
export const searchElsewhere = async (options: VerifyOptions, absent: readonly Absent[], {searched, folders, unclaimedIn}: {
	/** By path key; what nobody claims in folders that were compared. */
	readonly searched: ReadonlyMap<string, Unclaimed>;
	/** All of the destination. */
	readonly folders: readonly Folder[];
	/** Makes such of a folder that was not. */
	readonly unclaimedIn: (path: FolderPath, listing: readonly Stored[]) => Promise<Unclaimed>;
}): Promise<void> => {
	if (absent.length === 0) {
		return;
	}

	// Not by size: what the source announced may be wrong.
	const wanted = new Set(absent.map(({receivedAt}) => secondOf(receivedAt)));
	const elsewhere = [...searched].map(([key, unclaimed]) => ({path: pathOfKey(key), unclaimed}));
	for (const folder of folders) {
		if (folder.kind === 'mail' && !searched.has(pathKey(folder.path))) {
			// eslint-disable-next-line no-await-in-loop -- One folder after another.
			const listing = [...await options.destination.list(folder.path, options.signal) ?? []].filter(({receivedAt}) => wanted.has(secondOf(receivedAt)));
			// eslint-disable-next-line no-await-in-loop -- As above.
			elsewhere.push({path: folder.path, unclaimed: await unclaimedIn(folder.path, listing)});
		}
	}

	for (const message of absent) {
		if (message.dateOnly && searched.get(pathKey(message.check.destination))?.takeDated(message.receivedAt)) {
			message.check.compared++;
			message.check.equal++;
			continue;
		}

		// eslint-disable-next-line no-await-in-loop -- As above.
		const place = await placeOf(options, message, elsewhere);
		if (place) {
			message.check.compared++;
			message.check.equal++;
			finding(options, message.check, 'moved', message.uid, place.join('/'));
		} else {
			finding(options, message.check, message.unsure ? 'unsure' : 'missing', message.uid);
		}
	}
};

const placeOf = async ({source, signal}: VerifyOptions, {check: {path: from, listing}, sought, record, uid}: Absent, elsewhere: ReadonlyArray<{readonly path: FolderPath; readonly unclaimed: Unclaimed}>): Promise<FolderPath | undefined> => {
	let bytes: Uint8Array | undefined;
	for (const {path, unclaimed} of elsewhere) {
		if (sought && !bytes && unclaimed.needsContent(sought)) {
			// eslint-disable-next-line no-await-in-loop -- Again: it was not kept, as there may be many.
			bytes = await firstBytes(source.read(from, listing!.generation, [listing!.get(uid)!], signal));
		}

		// eslint-disable-next-line no-await-in-loop -- The first that has it.
		if (sought ? await unclaimed.takeSought(sought, bytes) : await unclaimed.takeRecorded(record!, uid)) {
			return path;
		}
	}

	return undefined;
};
