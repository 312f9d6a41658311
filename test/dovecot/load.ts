import {formatDateTime} from '../checker/date-time.js';
import {listFolders, mailboxNamer} from '../checker/folders.js';
import {ImapRefusal, RawImap, type ImapAccount} from '../checker/raw-imap.js';

/** A message to put into a mailbox. */
export type LoadedMessage = {
	readonly bytes: Uint8Array;
	readonly flags: readonly string[];
	/** INTERNALDATE in milliseconds since 1970 UTC; servers keep whole seconds. */
	readonly internalDate: number;
};

export type LoadedFolder = {
	readonly path: readonly string[];
	readonly messages: readonly LoadedMessage[];
};

const createMissing = async (imap: RawImap, paths: ReadonlyArray<readonly string[]>): Promise<void> => {
	const mailbox = await mailboxNamer(imap);
	const listed = await listFolders(imap);
	const there = new Set(['INBOX', ...listed.filter(folder => folder.selectable).map(folder => JSON.stringify(folder.path))]);
	for (const path of paths) {
		if (there.has(JSON.stringify(path)) || (path.length === 1 && path[0]!.toUpperCase() === 'INBOX')) {
			continue;
		}

		there.add(JSON.stringify(path));
		// eslint-disable-next-line no-await-in-loop -- parents before children
		await imap.ok('CREATE', mailbox(path));
	}
};

const appendAll = async (imap: RawImap, {path, messages}: LoadedFolder): Promise<void> => {
	const mailbox = await mailboxNamer(imap);
	const name = mailbox(path);
	const replies = await Promise.all(messages.map(async message =>
		imap.command(['APPEND', name, `(${message.flags.join(' ')})`, formatDateTime(message.internalDate), message.bytes])));
	const refused = replies.find(reply => reply.status !== 'OK');
	if (refused) {
		throw new ImapRefusal(`APPEND ${name}`, refused);
	}
};

/**
Creates the folders that are missing, nested and non-ASCII ones included, and appends the messages in their order.

The bytes are a wish: a server may store them otherwise (line ends, NULs). What it then serves is the reference to compare
with, so take a snapshot of the source and not these bytes.
*/
export const loadMailbox = async (account: ImapAccount, folders: readonly LoadedFolder[]): Promise<void> => {
	// Two connections, as many as the machines that run this have processors for; each folder is filled by one, which keeps its order.
	const imaps = await Promise.all([RawImap.open(account), RawImap.open(account)]);
	try {
		await createMissing(imaps[0], folders.map(folder => folder.path));
		const queue = [...folders];
		await Promise.all(imaps.map(async imap => {
			for (let folder = queue.shift(); folder; folder = queue.shift()) {
				// eslint-disable-next-line no-await-in-loop -- one folder after another on this connection
				await appendAll(imap, folder);
			}
		}));
	} finally {
		await Promise.all(imaps.map(async imap => imap.close()));
	}
};
