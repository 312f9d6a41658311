import {
	type Account, type Flags, type Folder, type FolderPath, type Role,
} from './mailbox.js';
import {type Failure} from './failure.js';
import {type Fingerprint, type MessageKey} from './identity.js';
import {type Envelope} from './envelope.js';
import {type Loss} from './losses.js';

export type Transport = 'imap' | 'ews' | 'graph' | 'graph-json';

/** Which folder names a destination takes and which it holds equal. Data, for the pure folder map. */
export type NameRules = {
	/** Characters that cannot stand in a name (control characters never can). */
	readonly forbidden: string;
	/** The hierarchy delimiter where it cannot stand in a name, else ''. */
	readonly delimiter: string;
	/** Names that are equal although they differ in case. INBOX at the top always is. */
	readonly ignoresCase: boolean;
	/** Unicode composition, trailing blanks and dots do not tell names apart (Exchange). */
	readonly normalises: boolean;
	/** Longest name in UTF-8 bytes. */
	readonly maxNameBytes: number;
	/** Deepest nesting, or 0 for no limit. */
	readonly maxDepth: number;
	/** Top-level names that cannot be created, compared without case. */
	readonly reserved: readonly string[];
};

/** What the engine must know of a road, as data. */
export type Traits = {
	readonly transport: Transport;
	/** Deliveries at once into one mailbox: never more than `maxLanes`, `startLanes` at first. */
	readonly startLanes: number;
	readonly maxLanes: number;
	/** One call of `deliver` takes at most so many messages and, unless it is one message, so many bytes. */
	readonly batch: {readonly messages: number; readonly bytes: number};
	/** When an unsure message may be looked for after the loss, in milliseconds, twice (design, rule 3). */
	readonly looks: readonly [number, number];
	/** False where the store rebuilds MIME (Exchange). */
	readonly keepsBytes: boolean;
	/** A delivery is told its id (APPENDUID, ItemId); if not, deliveries into one folder must not overlap. */
	readonly tellsId: boolean;
	/** Largest message that this road takes, in bytes, as the server announced or a probe has shown; 0 where unknown. The engine sends no larger one. */
	readonly maxMessageBytes: number;
	readonly names: NameRules;
	/** What it does not carry into this mailbox. */
	readonly loses?: readonly Loss[];
	/** What it may not carry either: only a probe message would tell. */
	readonly mayLose?: readonly Loss[];
};

/** A destination folder made ready for deliveries. */
export type PreparedFolder = {
	readonly path: FolderPath;
	readonly role?: Role;
	/** UIDVALIDITY or what serves the store as such. */
	readonly generation: string;
	/** Ids below this one were there before; recorded in intents (UIDNEXT for IMAP). */
	readonly watermark: string;
	/** True if it was made just now. */
	readonly created: boolean;
};

/** A message as the destination lists it. */
export type Stored = {
	/** As in {@link DeliveryResult}. */
	readonly id: string;
	/** The id as people know it: the UID, where the store has such. */
	readonly uid?: number;
	/** In bytes, as this store counts. */
	readonly size: number;
	/** Received date, milliseconds since 1970 UTC. */
	readonly receivedAt: number;
	/** IMAP's words for the states this store keeps. */
	readonly flags: Flags;
	/** Ours, where the road can store one and did. */
	readonly stamp?: string;
	/** What the store says of the message's header, where it rebuilds MIME; of a message in doubt its content must be read. */
	readonly envelope?: Envelope;
};

/** What reading one stored message came to. */
export type StoredContent = {readonly id: string} & (
	| {readonly bytes: Uint8Array}
	| {readonly gone: true}
	| {readonly failure: Failure}
);

/** One message to be stored. */
export type Delivery = {
	readonly key: MessageKey;
	/** Derived from key and content (see migration/stamp.ts); stored with the message where the road can (EWS, Graph). */
	readonly stamp: string;
	readonly bytes: Uint8Array;
	readonly fingerprint: Fingerprint;
	readonly flags: Flags;
	/** RFC822.SIZE of the source where it is not the length. */
	readonly announced?: number;
	/** Of its header as it survives where MIME is rebuilt; see `envelopeHash`. */
	readonly envelope?: string;
};

export type DeliveryResult =
	/** Stored, all steps done. `id`: `<generation>:<uid>` for IMAP, ItemId for EWS; absent where the server told none. `lost`: what did not survive (`keyword:$Label1`, …). */
	| {readonly stored: true; readonly id?: string; readonly lost?: readonly string[]}
	/** `failure.outcome` says whether it may be there all the same. */
	| {readonly stored: false; readonly failure: Failure};

/** A message whose delivery has an unknown outcome. */
export type Unsure = {
	readonly key: MessageKey;
	readonly stamp: string;
	readonly fingerprint: Fingerprint;
	/** From its intent. */
	readonly generation: string;
	readonly watermark: string;
	readonly flags: Flags;
	/** As in {@link Delivery}. */
	readonly envelope?: string;
};

/**
A mailbox that is written.

As with the source, the adapter owns its connections and reconnects; unlike there, it never repeats a
delivery by itself: a lost answer is reported as a failure whose outcome is `unknown`.
*/
export type MailDestination = {
	readonly account: Account;
	/** Signs in and looks around; call first. @throws sign-in-refused, host-unreachable, tls-refused */
	open(signal: AbortSignal): Promise<Traits>;
	folders(signal: AbortSignal): Promise<Folder[]>;
	/** Finds or creates a folder, level by level. @throws folder-not-creatable */
	prepare(path: FolderPath, signal: AbortSignal): Promise<PreparedFolder>;
	/** The watermark of a prepared folder as of now (for roads that do not tell ids). */
	refresh(folder: PreparedFolder, signal: AbortSignal): Promise<PreparedFolder>;
	/**
	Stores messages into one folder, in order; `report` is called once for each, by its position, as soon
	as its outcome is known. Resolves when all are reported. Stops starting new ones when `signal` aborts or
	after a failure that reaches beyond the message; the rest are reported with that failure and outcome `not stored`.
	*/
	deliver(folder: PreparedFolder, batch: readonly Delivery[], report: (position: number, result: DeliveryResult) => void, signal: AbortSignal): Promise<void>;
	/**
	Looks for unsure messages in their folder. `claimed` tells whether an id belongs to another message of
	the record. Answers for each, by position: its id if it is there, undefined if it is not.
	@throws whatever kept it from looking; nothing may be concluded then
	*/
	look(path: FolderPath, unsure: readonly Unsure[], claimed: (id: string) => boolean, signal: AbortSignal): Promise<Array<string | undefined>>;
	/** The folder's messages, oldest first where the store has an order; may be gone through more than once. Undefined if there is no such folder. Never creates. */
	list(path: FolderPath, signal: AbortSignal): Promise<Iterable<Stored> | undefined>;
	/** Content of listed messages, one result for each, in any order. @throws folder-unreadable when the folder is not the one that was listed */
	read(path: FolderPath, messages: readonly Stored[], signal: AbortSignal): AsyncIterable<StoredContent>;
	close(): Promise<void>;
};
