import {type Account, type Folder, type FolderPath} from './mailbox.js';
import {type Listing} from './listing.js';
import {type Failure} from './failure.js';
import {type Headline} from './headline.js';

/** What reading one message came to. */
export type ReadResult =
	/** Complete bytes; `announced` is RFC822.SIZE where it differs from their length; `receivedAt` is INTERNALDATE in the same answer. */
	| {readonly uid: number; readonly bytes: Uint8Array; readonly announced?: number; readonly receivedAt?: number}
	/** The server answered without this message: vanished, to be confirmed by {@link MailSource.confirmGone}. */
	| {readonly uid: number; readonly gone: true}
	/** This message only. */
	| {readonly uid: number; readonly failure: Failure};

/** Calm facts about the line: for the screen and the log, never a reason to act. */
export type Notice = {
	readonly type: 'connected' | 'reconnecting' | 'throttled' | 'waiting' | 'fewer-connections';
	readonly side: 'source' | 'destination';
	/** Milliseconds until the next try, where there is one. */
	readonly wait?: number;
	/** A code of the failure table, where one is the reason. */
	readonly code?: string;
	/** Cleaned words. */
	readonly detail?: string;
};

/**
A mailbox that is read and never changed.

Every method may be called concurrently up to `connections` times; the adapter owns its connections,
reconnects with backoff after a loss, resumes at the message where it stopped, and throws a
`FailureError` only when it has given up (reach folder, mailbox or run). Every wait inside has a deadline
and ends early when `signal` aborts (then it throws `signal.reason`).
*/
export type MailSource = {
	readonly account: Account;
	/** How many calls of `read` and `list` can make progress at once. */
	readonly connections: number;
	/** Signs in and looks around; call first. @throws sign-in-refused, host-unreachable, tls-refused */
	open(signal: AbortSignal): Promise<void>;
	/** All folders, parents before children, non-mail ones named as such. */
	folders(signal: AbortSignal): Promise<Folder[]>;
	/** One folder's messages, without their content. @throws folder-unreadable (reach folder) */
	list(folder: FolderPath, signal: AbortSignal): Promise<Listing>;
	/**
	The content of messages, one result for each UID asked, in ascending order. Bytes are held only
	until the consumer asks for the next. `sizes` (announced) lets the adapter group what it fetches at once.
	@throws folder-unreadable when the folder cannot be opened or its generation is no longer the one given.
	*/
	read(folder: FolderPath, generation: string, messages: ReadonlyArray<{readonly uid: number; readonly size: number}>, signal: AbortSignal): AsyncIterable<ReadResult>;
	/** Subject and sender of a few messages, so that a person knows them again; what is not told is left out. */
	headlines?(folder: FolderPath, uids: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, Headline>>;
	/** Of these UIDs, those that are not there over a fresh connection (design, rule 8). */
	confirmGone(folder: FolderPath, uids: readonly number[], signal: AbortSignal): Promise<Set<number>>;
	close(): Promise<void>;
};
