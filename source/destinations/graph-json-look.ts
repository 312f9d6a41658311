import {type Unsure} from '../mailbox/destination.js';
import {failureOf} from '../mailbox/failure.js';
import {type FolderPath} from '../mailbox/mailbox.js';
import {type MessageJson} from './graph-item.js';
import {doubtBare, matchUnsure} from './graph-look.js';
import {type GraphMailbox} from './graph-mailbox.js';
import {deleteForGood} from './graph-probe.js';

/** Where a message lies that could not be deleted; undefined where it is gone. */
const placeOf = async ({session, paths}: GraphMailbox, id: string, signal: AbortSignal): Promise<unknown> => {
	try {
		const {json} = await session.persist({method: 'GET', path: `${paths.message(id)}?$select=parentFolderId`, signal});
		return (json as MessageJson | undefined)?.parentFolderId;
	} catch (error) {
		if (failureOf(error).code === 'folder-gone') {
			return undefined;
		}

		throw error;
	}
};

/**
Looks for unsure messages that were created from JSON. One with its stamp in its folder is there, all of it: what takes several steps comes there by the
last of them. One that still lies in the hidden folder was not finished: it is deleted, so that a move that is carried out late finds nothing to move.
*/
export const lookForJson = async (box: GraphMailbox, path: FolderPath, unsure: readonly Unsure[], {claimed, signal}: {
	readonly claimed: (id: string) => boolean;
	readonly signal: AbortSignal;
}): Promise<Array<string | undefined>> => {
	const {memory, session, paths} = box;
	// First: what is moved in between is seen there, or in its folder.
	const workshop = await box.findWorkshop(signal);
	const inMaking = workshop === undefined ? [] : await box.list(workshop, signal);
	const {folder, target} = await box.candidates(path, unsure, signal);
	const found = matchUnsure(unsure.map(({envelope, ...one}) => one), {target, workshop: []}, {claimed, keepsDate: memory.keepsDate});
	const ids = found.map(match => match?.id);
	const there = new Set(target.map(({id}) => id));
	for (const [position, {stamp}] of unsure.entries()) {
		for (const {id} of inMaking.filter(stored => stored.stamp === stamp && !there.has(stored.id))) {
			// eslint-disable-next-line no-await-in-loop -- few
			if (!await deleteForGood(session, paths, id, signal) && folder && await placeOf(box, id, signal) === folder.id) {
				ids[position] ??= id;
			}
		}
	}

	for (const [position, one] of unsure.entries()) {
		if (ids[position] !== undefined) {
			memory.settled(one);
		}
	}

	if (memory.stampless) {
		doubtBare(unsure.filter((_, position) => ids[position] === undefined), target.filter(({id}) => !ids.includes(id)), claimed);
	}

	return ids;
};
