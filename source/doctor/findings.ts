import {type Traits, type Transport} from '../mailbox/destination.js';
import {type Failure} from '../mailbox/failure.js';
import {type FolderPath} from '../mailbox/mailbox.js';

/** What looking at one thing came to. */
export type Outcome<Found> = {readonly found: Found} | {readonly failure: Failure};

/** Where the journal would lie. */
export type DirectoryFinding = {
	readonly path: string;
	/** `absent`: it would be made by the first migration. */
	readonly state: 'writable' | 'absent' | 'unwritable' | 'no directory';
	/** Bytes free on its file system, where that can be told. */
	readonly free?: number;
};

/** How far this machine's clock is ahead of a service's, in milliseconds; negative: behind. */
export type ClockFinding = {readonly host: string; readonly ahead: number};

export type MachineFindings = {
	/** `20.18.1`. */
	readonly node: string;
	readonly file: string;
	readonly announcements: readonly string[];
	readonly directory: DirectoryFinding;
	/** Of the services that told the time. */
	readonly clocks: readonly ClockFinding[];
};

/** What a mailbox holds. */
export type FolderCount = {
	/** Folders of mail that a migration would carry. */
	readonly folders: number;
	/** Of those, folders whose messages were counted. */
	readonly counted: number;
	readonly messages: number;
	readonly bytes: number;
	readonly unopened: ReadonlyArray<{readonly path: FolderPath; readonly failure: Failure}>;
};

/** A server that a person signs in to with a password; absent: it was not looked at, because what is above failed. */
export type ServerFindings = {
	/** `host:port`. */
	readonly place: string;
	readonly reach: Outcome<{readonly tls?: string}>;
	readonly signIn?: Outcome<unknown>;
	readonly folders?: Outcome<FolderCount>;
};

export type Resource = 'exchange' | 'graph';

/** What a probe message has shown of importMime (destinations/graph-probe.ts). */
export type ProbeFindings = {
	readonly version: string;
	readonly receivedDate: 'from the message' | 'by change' | 'lost';
	readonly isRead: boolean;
	/** More than the 4 MB of a request that are assumed. */
	readonly takesLarge: boolean;
	readonly takesStamp: boolean;
	readonly deleted: boolean;
};

export type OpenedRoad = {
	readonly traits: Traits;
	/** Folders of the mailbox. */
	readonly folders: number;
	readonly probe?: ProbeFindings;
};

/** A tenant of Microsoft 365 and the roads into a mailbox of it. */
export type TenantFindings = {
	/** The sign-in service. */
	readonly reach: Outcome<unknown>;
	/** Tokens: the roles they name, undefined where they cannot be read. Absent: not asked for. */
	readonly signIns: Partial<Record<Resource, Outcome<{readonly roles: readonly string[] | undefined}>>>;
	/** Absent: not tried. */
	readonly roads: Partial<Record<Transport, Outcome<OpenedRoad>>>;
};

/** What the checks are about, of the settings. */
export type Subject = {
	readonly mailbox: string;
	readonly tenantId?: string | undefined;
	readonly clientId?: string | undefined;
	/** As wanted: `auto` tries all. */
	readonly transport: Transport | 'auto';
	/** Milliseconds since 1970. */
	readonly now: number;
	/** When an earlier run has sent the probe message whose findings are used, milliseconds since 1970. */
	readonly probedAt?: number | undefined;
	/** Losses were allowed. */
	readonly allowsLoss: boolean;
	/** The cloud has a host for Graph. */
	readonly hasGraph: boolean;
	/** `host:port` of the sign-in service and of IMAP. */
	readonly places: {readonly login: string; readonly imap: string};
};

export const foundIn = <Found>(outcome: Outcome<Found> | undefined): Found | undefined => outcome && 'found' in outcome ? outcome.found : undefined;

export const failureIn = (outcome: Outcome<unknown> | undefined): Failure | undefined => outcome && 'failure' in outcome ? outcome.failure : undefined;
