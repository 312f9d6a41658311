import {type Clock} from '../../mailbox/clock.js';
import {type Folder} from './folder.js';
import {type Law} from './law.js';
import {type Mailbox} from './mailbox.js';
import {type Message} from './message.js';
import {type Limits, type User} from './options.js';
import {type Token} from './tokens.js';
import {type Wire} from './wire.js';

/** The tagged answer; `text` begins with the response code, if any; `tag` only where it is not the command's. */
export type Reply = {readonly status: 'OK' | 'NO' | 'BAD'; readonly text: string; readonly tag?: string};

export const ok = (text: string): Reply => ({status: 'OK', text});
export const no = (text: string): Reply => ({status: 'NO', text});
export const bad = (text: string): Reply => ({status: 'BAD', text});

export type Account = {readonly user: User; readonly mailbox: Mailbox};

/** The selected folder as this connection was told of it: sequence numbers are positions in `messages`. */
export type View = {
	readonly folder: Folder;
	readonly readOnly: boolean;
	messages: Message[];
	/** Largest UID it was told of. */
	lastUid: number;
	/** `folder.expunges` when it was last told. */
	expunges: number;
};

/** What of a FETCH answer is spoilt, of one message only. */
export type ContentFault = {
	/** That message, or the first. */
	readonly uid?: number;
	readonly cutAfter?: number;
	readonly shorten?: number;
	readonly sizeOff?: number;
};

/** What a command works with: one connection. */
export type Context = {
	readonly wire: Wire;
	readonly law: Law;
	readonly limits: Limits;
	readonly clock: Clock;
	readonly accounts: readonly Account[];
	account: Account | undefined;
	/** Whether the token that was signed in with has run out, where there was one. */
	isOver?: () => boolean;
	/** The token was good, but not for the mailbox. */
	isUnconnected?: boolean;
	view: View | undefined;
	contentFault: ContentFault | undefined;
	/** True after LOGOUT. */
	leaving: boolean;
	/** Capabilities as of now. */
	capabilities(): string[];
	/** The next line of the client, outside of a command (SASL, DONE); undefined if it left. */
	nextLine(): Promise<string | undefined>;
	/** Signed-in connections of a user, this one not among them. */
	connectionsOf(user: User): number;
	countAppended(): void;
};

/** A command: where it is allowed, and what it does. `uid`: in its UID form. */
export type Command = {
	readonly state: 'any' | 'before' | 'after' | 'selected';
	run(context: Context, words: readonly Token[], uid: boolean): Promise<Reply> | Reply;
};
