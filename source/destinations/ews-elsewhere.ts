import {type Stored, type Unsure} from '../mailbox/destination.js';
import {failureOf} from '../mailbox/failure.js';
import {type EwsSession} from '../protocols/ews-soap.js';
import {findByStamp} from './ews-list.js';
import {type DeliveryMemory} from './ews-memory.js';
import {generationOf, type EwsFolder} from './ews-tree.js';

/**
Folders beside its own that may hold what is looked for: the one it was sent to, when a person has renamed or moved that; and
where it was sent by an earlier run all others, as a person may have filed it meanwhile.
*/
const placesOf = ({generation, stamp}: Unsure, folders: readonly EwsFolder[], memory: DeliveryMemory): EwsFolder[] => {
	const isOld = !memory.wasLost(stamp) && !memory.sought.has(stamp);
	const target = folders.filter(folder => generationOf(folder) === generation);
	return isOld ? [...target, ...folders.filter(folder => !target.includes(folder))] : target;
};

/**
Messages of those stamps in other folders than their own. All others are searched once for each stamp: a server that may
still be at work stores into the folder that it was told.
*/
export const findElsewhere = async (session: EwsSession, memory: DeliveryMemory, {missing, folders, signal}: {
	readonly missing: readonly Unsure[];
	/** All for mail but its own. */
	readonly folders: readonly EwsFolder[];
	readonly signal: AbortSignal;
}): Promise<Stored[]> => {
	const byFolder = new Map<EwsFolder, Set<string>>();
	for (const one of missing) {
		for (const folder of placesOf(one, folders, memory)) {
			byFolder.set(folder, (byFolder.get(folder) ?? new Set()).add(one.stamp));
		}
	}

	const found: Stored[] = [];
	for (const [folder, stamps] of byFolder) {
		const open = [...stamps].filter(stamp => !found.some(stored => stored.stamp === stamp));
		try {
			// eslint-disable-next-line no-await-in-loop -- a search is dear to the server
			found.push(...await findByStamp(session, folder.id, open, signal));
		} catch (error) {
			// One that was deleted meanwhile, or is kept from everybody, holds nothing that somebody filed.
			if (!['folder-gone', 'permission-missing'].includes(failureOf(error).code)) {
				throw error;
			}
		}
	}

	for (const {stamp} of missing) {
		memory.sought.add(stamp);
	}

	return found;
};
