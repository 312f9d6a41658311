import {FailureError, type Failure, failureOf} from '../mailbox/failure.js';
import {type FolderPath, type Role} from '../mailbox/mailbox.js';
import {type EwsSession} from '../protocols/ews-soap.js';
import {child, descendant, type Node} from '../protocols/ews-xml.js';
import {
	createFolder, findFolders, getDistinguishedFolders, getFolder,
} from './ews-bodies.js';
import {askOne, readPages} from './ews-pages.js';
import {type EwsFolder, type FolderRow, FolderTree} from './ews-tree.js';

/** Distinguished ids (microsoft-365.md 2.5), whatever the folders are called. The outbox is none of ours. */
const distinguished = new Map<string, Role | undefined>([['inbox', 'inbox'], ['drafts', 'drafts'], ['sentitems', 'sent'], ['deleteditems', 'trash'], ['junkemail', 'junk'], ['outbox', undefined]]);

/** A list of classes to leave out would never be complete (recorded/LESSONS.md 14, 15). */
const isMail = (folderClass: string, element: string): boolean => element !== 'SearchFolder' && /^(?:ipf\.note(?:\..*)?)?$/iv.test(folderClass);

const rowOf = (folder: Node): FolderRow | undefined => {
	const id = child(folder, 'FolderId')?.attribute('Id');
	return id
		? {
			id,
			parent: child(folder, 'ParentFolderId')?.attribute('Id') ?? '',
			name: child(folder, 'DisplayName')?.text ?? '',
			mail: isMail(child(folder, 'FolderClass')?.text.trim() ?? '', folder.name),
		}
		: undefined;
};

/** Reads the folders anew. */
export const readTree = async (session: EwsSession, signal: AbortSignal): Promise<FolderTree> => {
	const answers = await session.persist({body: getDistinguishedFolders([...distinguished.keys()]), signal});
	const roles = new Map<string, Role>();
	let outbox: string | undefined;
	for (const [position, role] of [...distinguished.values()].entries()) {
		const answer = answers[position];
		const failure = answer?.failure;
		if (failure && failure.code !== 'folder-gone') {
			throw new FailureError(failure.code, failure);
		}

		const id = answer && !failure ? descendant(answer.node, 'FolderId')?.attribute('Id') : undefined;
		if (id && role) {
			roles.set(id, role);
		} else if (id) {
			outbox = id;
		}
	}

	const rows = await readPages(session, {
		ask: findFolders, container: 'Folders', read: rowOf, signal,
	});
	return new FolderTree(rows.map(row => row.id === outbox ? {...row, mail: false} : row), roles);
};

const notCreatable = (failure: Failure): FailureError => new FailureError('folder-not-creatable', failure.detail ? {detail: failure.detail} : {});

/** Makes a folder, unless the server has it: then undefined. @throws folder-not-creatable, folder-gone (the one above it) */
const make = async (session: EwsSession, parent: EwsFolder | undefined, name: string, signal: AbortSignal): Promise<FolderRow | undefined> => {
	let id: string | undefined;
	try {
		const [answer] = await session.persist({body: createFolder(parent?.id, name), signal});
		if (answer?.code === 'ErrorFolderExists') {
			return undefined;
		}

		if (answer?.failure) {
			throw new FailureError(answer.failure.code, answer.failure);
		}

		id = answer && descendant(answer.node, 'FolderId')?.attribute('Id');
	} catch (error) {
		const failure = failureOf(error);
		// The name may be what makes our request one that is not understood.
		throw error instanceof FailureError && (failure.reach === 'message' || failure.code === 'bug') ? notCreatable(failure) : error;
	}

	if (!id) {
		throw new FailureError('folder-not-creatable', {detail: 'the server said that it was made, but not which it is'});
	}

	// The name as the server keeps it, without what it ignores.
	const {node} = await askOne(session, getFolder(id), signal);
	const made = descendant(node, 'Folders')?.children[0];
	return (made && rowOf(made)) ?? {
		id, parent: parent?.id ?? '', name, mail: true,
	};
};

type Prepared = {readonly folder: EwsFolder; readonly tree: FolderTree; readonly created: boolean};

/**
Finds a folder or makes it, level by level; "exists" is as good as made: the folders are listed again, and it is taken.

@returns the folder as the server shows it (its path may differ in what the server ignores) and the folders as known then
@throws folder-not-creatable, folder-gone where a folder above it vanished meanwhile
*/
export const findOrCreate = async (session: EwsSession, tree: FolderTree, path: FolderPath, signal: AbortSignal): Promise<Prepared> => {
	let current = tree;
	let folder: EwsFolder | undefined;
	let created = false;
	for (const name of path) {
		const known = current.childOf(folder, name);
		// eslint-disable-next-line no-await-in-loop -- level by level
		const made = known ? undefined : await make(session, folder, name, signal);
		if (!known && !made) {
			// eslint-disable-next-line no-await-in-loop -- level by level
			current = await readTree(session, signal);
			const parent: EwsFolder | undefined = folder && current.at(folder.path);
			if (folder && !parent) {
				throw new FailureError('folder-gone');
			}

			folder = current.childOf(parent, name, true);
			if (!folder) {
				throw new FailureError('folder-not-creatable', {detail: 'the server says that it exists, but does not list it'});
			}

			created = false;
		} else {
			folder = known ?? current.add(made!, folder);
			created = made !== undefined;
		}
	}

	if (!folder?.mail) {
		throw new FailureError('folder-not-creatable', {detail: folder ? 'the mailbox has a folder of that name which is not for mail' : 'a folder without a name'});
	}

	return {folder, tree: current, created};
};
