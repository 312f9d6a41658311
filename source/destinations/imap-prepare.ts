import {type FolderPath} from '../mailbox/mailbox.js';
import {FailureError} from '../mailbox/failure.js';
import {mailboxName} from '../protocols/imap-node.js';
import {FolderTable, type ImapFolder} from '../protocols/imap-folders.js';
import {listNames} from '../protocols/imap-list.js';
import {command, type Session} from '../protocols/imap-session.js';

/** Reads the folders anew. */
export const readTable = async (session: Session): Promise<FolderTable> => new FolderTable(await listNames(session), session.wire.namespaces);

/** In a table, the folder of this path; where the server ignores case and composition, the one it holds equal. */
export const findFolder = (table: FolderTable, path: FolderPath, exchange: boolean): ImapFolder | undefined => {
	const exact = table.get(path);
	if (exact !== undefined || !exchange) {
		return exact;
	}

	const plain = (names: FolderPath): string => JSON.stringify(names.map(name => name.normalize('NFC').toLowerCase().replace(/[ .]+$/v, '')));
	const wanted = plain(path);
	return table.all().find(folder => plain(folder.path) === wanted);
};

const alreadyExists = (error: unknown): boolean => error instanceof FailureError && error.failure.code === 'folder-not-creatable' && /\[ALREADYEXISTS\]|already exists/iv.test(error.failure.detail ?? '');

/**
Finds a folder or creates it, level by level (RFC 9051 6.3.4). "Already exists" is as good as created.

@returns the folder as LIST shows it afterwards (its path may differ from the one asked for in what the server ignores), and whether anything was created
@throws folder-not-creatable
*/
export const findOrCreate = async (session: Session, table: FolderTable, path: FolderPath, exchange: boolean): Promise<{folder: ImapFolder; table: FolderTable; created: boolean}> => {
	const known = findFolder(table, path, exchange);
	if (known && !known.container) {
		return {folder: known, table, created: false};
	}

	let current = table;
	let created = false;
	// A server that holds another name equal says "already exists" and lists that one: the caller sees it by the path.
	let alike = exchange;
	for (let depth = 1; depth <= path.length; depth++) {
		const level = path.slice(0, depth);
		const existing = findFolder(current, level, alike);
		// A container on the way is good enough; as the goal it has to become selectable.
		if (existing && (depth < path.length || !existing.container)) {
			continue;
		}

		if (depth > 1 && current.delimiter === undefined) {
			throw new FailureError('folder-not-creatable', {detail: 'this server has no folders inside folders'});
		}

		const parent = depth > 1 ? findFolder(current, level.slice(0, -1), alike) : undefined;
		const raw = existing?.raw ?? current.rawOfNew(level.at(-1)!, parent);
		try {
			// eslint-disable-next-line no-await-in-loop -- level by level
			await command(session, 'create', 'CREATE', [mailboxName(raw)]);
			created = true;
		} catch (error) {
			if (!alreadyExists(error)) {
				throw error;
			}

			alike = true;
		}

		// eslint-disable-next-line no-await-in-loop -- level by level
		current = await readTable(session);
	}

	const folder = findFolder(current, path, alike);
	if (!folder || folder.container) {
		throw new FailureError('folder-not-creatable', {detail: folder ? 'the server holds it as a folder that takes no messages' : 'the server said it was created, but does not list it'});
	}

	return {folder, table: current, created};
};
