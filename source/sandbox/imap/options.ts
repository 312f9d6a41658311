import {type Clock} from '../../mailbox/clock.js';
import {type FaultPlan} from './faults.js';
import {type Mailbox, type MailboxSeed, type Numbering} from './mailbox.js';

/** Whose manners: Dovecot's, which WorkMail resembles, or Exchange Online's as recorded. */
export type Flavour = 'workmail' | 'exchange';

export type User = {
	/** The address signed in with. */
	readonly name: string;
	/** Changeable while the server runs. Absent: no password opens it. */
	password?: string;
	/** Bearer tokens that open it by XOAUTH2. */
	tokens?: readonly string[];
	/** Further ones: those of a sign-in service, say. `not-connected`: the token is good, and is none for this mailbox (see `connected`). */
	readonly accepts?: (token: string) => boolean | 'not-connected';
	/** False: signing in works, and every other command is `BAD User is authenticated but not connected.` */
	connected?: boolean;
	/** Where it is not connected: the first such command is answered behind `* BYE`, as was recorded too. */
	readonly hangsUpFirst?: boolean;
	/** Its folders; INBOX is always there. A `Mailbox` may be shared with another or a later server. */
	readonly mailbox?: MailboxSeed | Mailbox;
};

/** A message that APPEND does not take: where all given conditions hold. Compared without case. */
export type Refusal = {
	/** Text that the header `name` (raw, unfolded) holds. */
	readonly header?: {readonly name: string; readonly holds: string};
	/** A line longer than so many bytes. */
	readonly lineOver?: number;
	readonly sizeOver?: number;
	readonly folder?: readonly string[];
	/** `NO` if absent. */
	readonly status?: 'NO' | 'BAD';
	/** Response code without brackets. */
	readonly code?: string;
	readonly text: string;
	/** The answer's tag is the first word of the offending line, as Exchange does after too long a line (lesson 64). */
	readonly alienTag?: boolean;
};

/** Limits; changeable while the server runs. */
export type Limits = {
	/** Signed-in connections of one user. */
	maxConnections?: number;
	/** Bytes of one message. */
	maxMessageBytes?: number;
	/** Bytes of one mailbox. */
	quotaBytes?: number;
};

export type ImapServerOptions = {
	readonly users: readonly User[];
	/** Whether a token that is good signs in under a name that is no user's; then nothing is connected. */
	readonly strangers?: (token: string) => boolean;
	/** Where errors of the server itself go; a list of its own if absent. */
	readonly errors?: unknown[];
	/** `workmail` if absent. */
	readonly flavour?: Flavour;
	readonly clock: Clock;
	/** For nonsense and chances; 1 if absent. */
	readonly seed?: number;
	/** TLS from the first byte with this key and certificate (PEM). */
	readonly tls?: {readonly key: string; readonly cert: string};
	/** 0 or absent: any free port. */
	readonly port?: number;
	readonly limits?: Limits;
	/** Announces `maxMessageBytes` as APPENDLIMIT (RFC 7889). */
	readonly announceLimit?: boolean;
	readonly capabilities?: {readonly hide?: readonly string[]; readonly add?: readonly string[]};
	/** No passwords: LOGINDISABLED stands in the place of AUTH=PLAIN, as Exchange Online was seen to say in 2026. */
	readonly loginDisabled?: boolean;
	/** Whether LIST shows `\Sent` and its like, whatever is announced. True if absent. */
	readonly showRoles?: boolean;
	/** HIGHESTMODSEQ and MODSEQ (RFC 7162). False if absent. */
	readonly condStore?: boolean;
	/** `/` if absent. */
	readonly delimiter?: string;
	/** As PERMANENTFLAGS says it, `\*` for any keyword. By flavour if absent. */
	readonly permanentFlags?: readonly string[];
	/** By flavour if absent: Exchange does. */
	readonly appendDropsFlagged?: boolean;
	/** By flavour if absent: Exchange does. */
	readonly namesIgnoreCase?: boolean;
	readonly namesNormalise?: boolean;
	/** Characters that CREATE does not take. */
	readonly namesForbidden?: string;
	readonly namesMaxBytes?: number;
	readonly namesMaxDepth?: number;
	readonly numbering?: Partial<Numbering>;
	/** INTERNALDATE is shown in this zone, minutes east of UTC. */
	readonly zoneMinutes?: number;
	/** How a wrong password is answered: `temporary` as WorkMail was seen to do (design, rule 16). */
	readonly wrongPassword?: 'refused' | 'temporary';
	readonly refusals?: readonly Refusal[];
	/** What the store makes of a message it is given: Exchange rebuilds MIME. Bytes are kept if absent. */
	readonly rewrite?: (bytes: Uint8Array) => Uint8Array;
	/** Longest command line in bytes. */
	readonly maxLine?: number;
	/** Errors before the server hangs up: answers BAD and, of Exchange, NO. */
	readonly maxErrors?: number;
	readonly faults?: FaultPlan;
};
