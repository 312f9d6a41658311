import {type Clock} from '../mailbox/clock.js';
import {type MailDestination, type Traits, type Transport} from '../mailbox/destination.js';
import {type MailSource} from '../mailbox/source.js';
import {type Folder, type FolderPath} from '../mailbox/mailbox.js';
import {type Failure} from '../mailbox/failure.js';
import {type ExclusionRule} from './facts.js';
import {type Event} from './events.js';
import {type Journal} from './journal.js';
import {type Control} from './control.js';

/** What a person chose, as far as the engine needs it. */
export type Choices = {
	/** Why a folder stays behind, if it does. */
	readonly excludes: (folder: Folder) => ExclusionRule | undefined;
	/** What was chosen about folders and names none of these; told before the plan. */
	readonly unused?: (folders: readonly Folder[]) => readonly string[];
	/** Source folder → destination folder, both as {@link showPath} text. */
	readonly folderMap: Readonly<Record<string, string>>;
	/** Largest message to be sent, in bytes; 0 for none. */
	readonly maxMessageSize: number;
	/** How often a message that failed in a curable way is tried again in one run. */
	readonly maxRetries: number;
	/** Most messages a second; 0 for no limit of ours. */
	readonly rateLimit: number;
	/** Most bytes of messages in memory at once. */
	readonly memory: number;
	/** Only these messages are tried, where given (retry of some). */
	readonly only?: (folder: FolderPath, uid: number) => boolean;
	/** By which other roads these were refused, where another one is tried. */
	readonly refusedBy?: (folder: FolderPath, uid: number) => readonly Transport[];
	/** A road may be taken that does not carry all of each message. */
	readonly allowLoss?: boolean;
};

/** Everything an engine run works with; nothing in `migration` reaches for the world by itself. */
export type Context = {
	readonly source: MailSource;
	readonly destination: MailDestination;
	readonly traits: Traits;
	readonly journal: Journal;
	readonly clock: Clock;
	readonly random: () => number;
	readonly choices: Choices;
	readonly control: Control;
	readonly tell: (event: Event) => void;
	/** Ends the run: this reaches beyond a message or folder. The first one counts. */
	readonly fail: (failure: Failure) => void;
};
