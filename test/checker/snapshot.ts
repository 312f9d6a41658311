import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {parseDateTime} from './date-time.js';
import {bytesOf, listFolders, type ListedFolder} from './folders.js';
import {parseValues, textOf, type ImapValue} from './imap-values.js';
import {RawImap, type ImapAccount, type RawResponse} from './raw-imap.js';

/** A message as a server serves it. */
export type SnapshotMessage = {
	readonly uid: number;
	/** SHA-256 of the bytes served, in hex. */
	readonly sha256: string;
	/** How many bytes were served. */
	readonly size: number;
	/** RFC822.SIZE, which may differ on careless servers. */
	readonly announcedSize: number;
	/** INTERNALDATE, milliseconds since 1970 UTC. */
	readonly internalDate: number;
	/** Without `\Recent`; in lower case, since flags and keywords are compared without case (RFC 9051 2.3.2); sorted. */
	readonly flags: readonly string[];
	/** First Message-ID of the header as written, if any: to recognise a message whose bytes changed. */
	readonly messageId: string | undefined;
};

export type SnapshotFolder = {
	readonly path: readonly string[];
	readonly attributes: readonly string[];
	readonly uidValidity: string;
	/** Sorted by UID. */
	readonly messages: readonly SnapshotMessage[];
};

/** All that a mailbox holds, folders without messages included, folders that cannot hold messages not. */
export type Snapshot = {readonly folders: readonly SnapshotFolder[]};

const messageIdOf = (bytes: Uint8Array): string | undefined => {
	const text = Buffer.from(bytes.subarray(0, 65_536)).toString('latin1');
	const header = text.slice(0, /\r?\n\r?\n/v.exec(text)?.index ?? text.length);
	return /^message-id:\s*(?<id>\S+)/imv.exec(header)?.groups?.id;
};

const messageOf = (items: readonly ImapValue[]): SnapshotMessage => {
	const item = (name: string): ImapValue | undefined => {
		const index = items.findIndex((value, position) => position % 2 === 0 && typeof value === 'string' && value.toUpperCase() === name);
		return index === -1 ? undefined : items[index + 1];
	};

	const bytes = bytesOf(item('BODY[]'));
	return {
		uid: Number(item('UID')),
		sha256: createHash('sha256').update(bytes).digest('hex'),
		size: bytes.length,
		announcedSize: Number(item('RFC822.SIZE')),
		internalDate: parseDateTime(textOf(item('INTERNALDATE'))),
		flags: (item('FLAGS') as ImapValue[]).map(flag => textOf(flag).toLowerCase()).filter(flag => flag !== String.raw`\recent`).toSorted(),
		messageId: messageIdOf(bytes),
	};
};

const snapshotFolder = async (imap: RawImap, {path, attributes, mailbox}: ListedFolder): Promise<SnapshotFolder> => {
	const {untagged} = await imap.ok('EXAMINE', mailbox);
	const lines = untagged.map(response => String(response[0]));
	const uidValidity = lines.map(line => /\[UIDVALIDITY (?<value>\d+)\]/v.exec(line)?.groups?.value).find(value => value !== undefined) ?? '';
	const messages: SnapshotMessage[] = [];
	const failures: unknown[] = [];
	const take = (response: RawResponse): void => {
		if (!/^\d+ FETCH /v.test(String(response[0]))) {
			return;
		}

		try {
			const items = parseValues(response)[2] as ImapValue[];
			// Flags may come again unasked; only a whole message counts.
			if (items.includes('BODY[]')) {
				messages.push(messageOf(items));
			}
		} catch (error) {
			failures.push(error);
		}
	};

	const reply = await imap.command(['UID FETCH', '1:*', '(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])'], take);
	if (reply.status !== 'OK' || failures.length > 0) {
		throw new Error(`The folder ${path.join(' > ')} could not be read: ${reply.text}`, {cause: failures[0]});
	}

	return {
		path, attributes, uidValidity, messages: messages.toSorted((a, b) => a.uid - b.uid),
	};
};

/** Reads every byte of a mailbox, with EXAMINE and BODY.PEEK, so that it changes nothing. Holds one message at a time. */
export const snapshot = async (account: ImapAccount): Promise<Snapshot> => {
	const imap = await RawImap.open(account);
	try {
		const folders: SnapshotFolder[] = [];
		for (const folder of await listFolders(imap)) {
			if (folder.selectable) {
				// eslint-disable-next-line no-await-in-loop -- one folder is open at a time
				folders.push(await snapshotFolder(imap, folder));
			}
		}

		return {folders};
	} finally {
		await imap.close();
	}
};
