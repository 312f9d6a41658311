import {type MailDestination, type Traits} from '../mailbox/destination.js';
import {type Listing} from '../mailbox/listing.js';
import {type FolderPath} from '../mailbox/mailbox.js';
import {type MailSource} from '../mailbox/source.js';
import {type Choices} from './context.js';
import {type Event, type VerdictKind} from './events.js';
import {type Journal} from './journal.js';
import {type FolderRecord} from './record-folder.js';
import {type MailboxRecord} from './record.js';

export type VerifyOptions = {
	readonly source: MailSource;
	readonly destination: MailDestination;
	readonly traits: Traits;
	readonly record: MailboxRecord;
	/** Of the journal, as {@link Journal.details}. */
	readonly details: Journal['details'];
	readonly choices: Choices;
	readonly signal: AbortSignal;
	readonly tell: (event: Event) => void;
};

/** One source folder, what should be at the destination of it, and what was found. */
export type Check = {
	readonly path: FolderPath;
	readonly destination: FolderPath;
	readonly listing: Listing | undefined;
	readonly records: readonly FolderRecord[];
	/** Generation that the listing belongs to; undefined where the record knows nothing of it. */
	readonly current: FolderRecord | undefined;
	compared: number;
	equal: number;
	readonly findings: Record<VerdictKind, number>;
};

/** A message of the record and the folder it is checked with. */
export type Expected = {readonly check: Check; readonly record: FolderRecord; readonly uid: number};

/** Counts a verdict and tells it. */
export const finding = ({tell}: VerifyOptions, check: Check, kind: VerdictKind, uid: number, detail?: string): void => {
	check.findings[kind]++;
	tell({
		type: 'verify.finding', kind, folder: check.path, destination: check.destination, uid, ...(detail && {detail}),
	});
};

/** The content of the one message that was asked for; undefined where it cannot be had. */
export const firstBytes = async (contents: AsyncIterable<{bytes?: Uint8Array} | {gone: true} | {failure: unknown}>): Promise<Uint8Array | undefined> => {
	let bytes;
	for await (const content of contents) {
		bytes = 'bytes' in content ? content.bytes : undefined;
	}

	return bytes;
};
