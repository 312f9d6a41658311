import {type Clock} from '../../mailbox/clock.js';
import {type Random} from '../random.js';
import {type Account} from './context.js';
import {type FaultDice} from './faults.js';
import {type Law} from './law.js';
import {type Limits, type User} from './options.js';

export type Counters = {
	/** Connections open now, most at once, and ever. */
	connections: {now: number; peak: number; ever: number};
	/** Commands carried out, by name in capitals. */
	commands: Record<string, number>;
	/** Messages stored by APPEND. */
	appended: number;
};

/** A command as the log keeps it: no secrets, no content. */
export type LogEntry = {
	readonly at: number;
	readonly connection: number;
	readonly user: string | undefined;
	readonly command: string;
	/** The tagged answer without its tag; `none` where none came. */
	readonly answer: string;
	/** Types of the faults that struck. */
	readonly faults: readonly string[];
};

/** What the connections share. */
export type SessionHost = {
	readonly law: Law;
	readonly limits: Limits;
	readonly clock: Clock;
	readonly random: Random;
	readonly accounts: readonly Account[];
	readonly dice: FaultDice;
	readonly counters: Counters;
	appendLimit(): number | undefined;
	connectionsOf(user: User): number;
	later(milliseconds: number, job: () => Promise<void>): void;
	log(entry: LogEntry): void;
	/** Takes an error that is the server's own. */
	report(error: unknown): void;
};
