import {type Clock, realClock} from '../../source/mailbox/clock.js';
import {type Choices} from '../../source/migration/context.js';
import {Control} from '../../source/migration/control.js';
import {type RunOutcome, Teller, type Told} from '../../source/migration/events.js';
import {type Files} from '../../source/migration/journal-file.js';
import {openJournal, type Journal} from '../../source/migration/journal.js';
import {type Road} from '../../source/mailbox/road.js';
import {type MigrationOptions, startMigration} from '../../source/migration/migration.js';
import {fold, type Progress, startProgress} from '../../source/migration/progress.js';
import {type MailDestination} from '../../source/mailbox/destination.js';
import {type MailSource} from '../../source/mailbox/source.js';
import {type Failure} from '../../source/mailbox/failure.js';

/** A thousand times as fast as the wall: half a minute of waiting for a late commit takes 30 ms. */
export const fastClock = (): Clock => realClock(1000);

export const choices: Choices = {
	excludes: () => undefined, folderMap: {}, maxMessageSize: 0, maxRetries: 3, rateLimit: 0, memory: 1_000_000,
};

export type Ran = {outcome: RunOutcome; failure?: Failure; progress: Progress; events: Told[]};

export const accounts = {
	source: {host: 'source.example', port: 993, user: 'ana@old.example'}, destination: {host: 'destination.example', port: 993, user: 'ana@new.example'},
};

export const openTestJournal = async (files: Files, directory: string, clock: Clock): Promise<Journal> => openJournal({
	directory, name: 'test', files, clock, accounts,
});

/** The one road there is; its destination is left open for what comes after. */
export const roadOf = (destination: MailDestination): Road[] => [{
	transport: 'imap', destination: () => ({
		...destination,
		async close() {
			// Whoever made it closes it.
		},
	}),
}];

/** One run of the engine over given ends and files, from opening the journal to closing it. */
export const runEngine = async (options: {
	readonly source: MailSource; readonly destination?: MailDestination; /** Instead of one destination. */ readonly roads?: readonly Road[]; readonly consent?: MigrationOptions['consent']; readonly files: Files; readonly directory: string;
	readonly clock?: Clock; readonly choices?: Partial<Choices>; readonly control?: Control; readonly onEvent?: (event: Told) => void; readonly run?: string;
	readonly prepare?: (journal: Journal) => void;
	/** Puts something in front of the journal, such as a stop at one of its lines. */
	readonly wrap?: (journal: Journal) => Journal;
}): Promise<Ran> => {
	const clock = options.clock ?? fastClock();
	const run = options.run ?? 'run';
	const opened = await openTestJournal(options.files, options.directory, clock);
	const journal = options.wrap?.(opened) ?? opened;
	const teller = new Teller(clock, run);
	const progress = startProgress();
	const events: Told[] = [];
	teller.listen(event => {
		fold(progress, event);
		events.push(event);
	});
	if (options.onEvent) {
		teller.listen(options.onEvent);
	}

	options.prepare?.(journal);
	try {
		const migration = startMigration({
			source: options.source, roads: options.roads ?? roadOf(options.destination!), ...(options.consent && {consent: options.consent}), journal, clock, random: Math.random, choices: {...choices, ...options.choices},
			control: options.control ?? new Control(), tell(event) {
				teller.tell(event);
			}, run: {id: run, version: '0.0.0', command: 'migrate'},
		});
		const ended = await migration.ended;
		return {...ended, progress, events};
	} finally {
		try {
			await journal.close();
		} catch {
			// A journal that can no longer be written was already the failure of the run.
		}
	}
};
