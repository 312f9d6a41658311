import {type Clock} from '../../source/mailbox/clock.js';
import {type MailDestination} from '../../source/mailbox/destination.js';
import {type Flags, type FolderPath} from '../../source/mailbox/mailbox.js';

/** What a server does to calls; only where the server is ours. */
export type Trouble = {
	/** The next batch: so many of it are stored, then the server asks to wait so many milliseconds. */
	throttleAfter(stored: number, milliseconds: number): void;
	/** The next call that delivers is carried out, and its answer lost. */
	loseAnswer(): void;
	/** This message is listed, but its content is not handed out. */
	spoil(path: FolderPath, id: string): void;
	/** Nothing more goes wrong. */
	end(): void;
	/** Puts small messages into a new folder, without delivering them. */
	fill(path: FolderPath, count: number): Promise<void>;
	/** Puts messages of so many bytes into a new folder. */
	large(path: FolderPath, count: number, bytes: number): Promise<void>;
	/** What `hungry.mjs` makes the same adapter of. */
	told(): Promise<Record<string, unknown>>;
};

/** An empty mailbox on a server, and hands that act on it as other programs do. */
export type Ground = {
	readonly port: number;
	readonly trouble?: Trouble;
	/** A fresh adapter, not open; by another port where something lies between. `silence`: what it bears of a server, in milliseconds. */
	destination(more?: {readonly port?: number; readonly clock?: Clock; readonly silence?: number}): MailDestination;
	createFolder(path: FolderPath): Promise<void>;
	deleteFolder(path: FolderPath): Promise<void>;
	deleteMessages(path: FolderPath, ids: readonly string[]): Promise<void>;
	/** Ends the server; throws where it met an error of its own. */
	stop(): Promise<void>;
};

/** A server and what is known of it. */
export type Manner = {
	readonly name: string;
	/** False where this machine lacks it: its tests are shown as skipped. */
	readonly available: boolean;
	/** The server is ours and can be made to misbehave. */
	readonly isOurs: boolean;
	/** What it keeps of flags. */
	readonly kept: (flags: Flags) => Flags;
	/** Tells unsure messages that are there from those that are not. */
	readonly looksExactly: boolean;
	readonly keepsBytes: boolean;
	readonly keepsStamps: boolean;
	/** Takes names of any characters. */
	readonly takesAnyName: boolean;
	/** What every message loses there. */
	readonly loses?: readonly string[];
	/** The watermark is the server's time, no id: it grows although nothing comes. */
	readonly tellsTime?: boolean;
	/** A folder that is made anew has another generation. */
	readonly newGenerations: boolean;
	/** Whether the adapter's memory is measured here: once for each adapter. */
	readonly isMeasured: boolean;
	start(): Promise<Ground>;
};
