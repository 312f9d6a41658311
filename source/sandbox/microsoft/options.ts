import {type Clock} from '../../mailbox/clock.js';
import {type FaultPlan} from './faults.js';
import {type GraphManner} from './graph-options.js';
import {type ImapDoorOptions} from './imap-door.js';
import {type LoginOptions} from './login.js';
import {type FolderSeed, type Mailbox, type MailboxOptions} from './mailbox.js';
import {type Tenant} from './tenant.js';

export type User = {
	/** Primary address. */
	readonly address: string;
	readonly aliases?: readonly string[];
	/** Changeable while the server runs. False: ErrorImpersonateUserDenied for every app. True if absent. */
	impersonation?: boolean;
	/** EWS is switched off for it: 403 with an empty body. */
	closed?: boolean;
	/** How Graph takes it: not licensed (MailboxNotEnabledForRESTAPI), or out of reach of every app (ErrorAccessDenied). */
	graph?: 'no-mailbox' | 'denied';
	/** False: Set-CASMailbox -ImapEnabled $false, or no Add-MailboxPermission; counts at sign-in. True if absent. */
	imap?: boolean;
	/** Directory id, a GUID; made of the address if absent. */
	readonly id?: string;
	/** What it holds beside the default folders; or a `Mailbox`, that may be shared with a later server. */
	readonly folders?: readonly FolderSeed[];
	readonly mailbox?: Mailbox | Omit<MailboxOptions, 'now'>;
};

/** A message that cannot be stored: where all given conditions hold. Compared without case. */
export type Refusal = {
	/** Text that the header `name` (raw, unfolded) holds. */
	readonly header?: {readonly name: string; readonly holds: string};
	/** Bytes of MIME. */
	readonly sizeOver?: number;
	/** Names below msgfolderroot. */
	readonly folder?: readonly string[];
	/** EWS response code, as ErrorItemSave. */
	readonly code: string;
	readonly text?: string;
	/** One such item faults its whole call, of which nothing is stored (reference 2.8); 200 and 500 are both seen. */
	readonly wholeCall?: 200 | 500;
};

/** Limits; changeable while the server runs. */
export type Limits = {
	/** Bytes of a request body; 64 MiB if absent. */
	requestBytes?: number;
	/** What becomes of a larger one: an answer and closing (reference 2.8), or closing alone. A chunked one is always only closed. */
	oversize?: 405 | 413 | 'close';
	/** Bytes of one message's MIME (ErrorMessageSizeExceeded). */
	messageBytes?: number;
	/** How long the items of one call may take together, on the clock; a minute if absent. What it stored until then stays. */
	callMilliseconds?: number;
	/** How long each item of a batch takes, on the clock. */
	itemMilliseconds?: number;
	/** Calls that one mailbox has open at once; 27 if absent. */
	concurrency?: number;
	/** Page sizes of FindItem with and without a restriction, and of FindFolder. */
	pageWithRestriction?: number;
	page?: number;
	/** Chance that a page of several is shorter than asked for; 0.1 if absent. */
	shortPages?: number;
};

export type MicrosoftServerOptions = {
	readonly users: readonly User[];
	readonly apps: LoginOptions['apps'];
	readonly clock: Clock;
	/** For chances, ids and rebuilt MIME; 1 if absent. */
	readonly seed?: number;
	/** PEM. */
	readonly tls: {readonly key: string; readonly cert: string};
	/** 0 or absent: any free port. */
	readonly port?: number;
	/** Further hosts that tokens may be for; `127.0.0.1:port`, `localhost:port` and Microsoft's own always are. */
	readonly resourceHosts?: readonly string[];
	/** Seconds that a token lives; 3599 if absent. */
	readonly tokenLifetime?: number;
	readonly limits?: Limits;
	readonly graph?: GraphManner;
	/** Opens a door for IMAP too; none if absent. */
	readonly imap?: ImapDoorOptions;
	/** What the administrator has set. */
	readonly tenant?: Tenant;
	/** Hosts that tokens for Exchange and for Graph are for; those of the global cloud if absent. */
	readonly cloud?: {readonly exchange: readonly string[]; readonly graph: string};
	readonly refusals?: readonly Refusal[];
	readonly faults?: FaultPlan;
};
