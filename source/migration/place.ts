import {type PreparedFolder} from '../mailbox/destination.js';
import {type FolderPath, pathKey} from '../mailbox/mailbox.js';
import {type Context} from './context.js';
import {type FolderWork} from './work.js';

/** Each name's suffix is tried so often before a server is taken for one that renames everything. */
const mostSuffixes = 20;

/**
Makes a folder's destination ready. Where the server holds its name equal to one that another source folder
goes to, it gets a suffix: two folders are never merged silently (design, rule 11). What was decided is put on
record before anything is delivered there.

@throws folder-not-creatable
*/
export const prepareFolder = async (context: Context, works: readonly FolderWork[], work: FolderWork): Promise<PreparedFolder> => {
	const {destination, control, journal, tell} = context;
	const wanted = work.mapping.destination;
	const isTaken = (path: FolderPath): boolean => works.some(other => other !== work && pathKey(other.mapping.destination) === pathKey(path) && pathKey(path) !== pathKey(wanted));
	let prepared = await destination.prepare(wanted, control.stopping);
	if (pathKey(prepared.path) === pathKey(wanted)) {
		return prepared;
	}

	for (let number = 2; isTaken(prepared.path) && number < mostSuffixes; number++) {
		const path = [...wanted.slice(0, -1), `${wanted.at(-1)!} (${number})`];
		if (!isTaken(path)) {
			// eslint-disable-next-line no-await-in-loop -- One name after another.
			prepared = await destination.prepare(path, control.stopping);
		}
	}

	const reason = pathKey(prepared.path) === pathKey(wanted) ? 'same' : 'clash';
	work.mapping = {...work.mapping, destination: prepared.path};
	journal.append({
		type: 'folder', folder: work.record.number, path: work.path, generation: work.record.generation, destination: prepared.path,
	});
	tell({
		type: 'folder.renamed', folder: work.path, destination: prepared.path, wanted, reason,
	});
	return prepared;
};
