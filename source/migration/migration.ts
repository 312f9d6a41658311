import {type Clock} from '../mailbox/clock.js';
import {type Failure, FailureError, failureOf} from '../mailbox/failure.js';
import {type MailDestination} from '../mailbox/destination.js';
import {type MailSource} from '../mailbox/source.js';
import {Alarm, ByteBudget} from './condition.js';
import {type Choices, type Context} from './context.js';
import {type Control} from './control.js';
import {type Command, type Event, type RunOutcome} from './events.js';
import {type Fact} from './facts.js';
import {type Journal} from './journal.js';
import {Pace} from './pace.js';
import {prepareFolder} from './place.js';
import {Settler} from './settle.js';
import {resurvey, surveyAll} from './survey.js';
import {deliverAll} from './delivery.js';
import {readAll} from './reading.js';
import {
	type Transfer, completeIfSettled, dropReady, failFolder,
} from './transfer.js';
import {isSettled} from './work.js';

export type MigrationOptions = {
	readonly source: MailSource;
	readonly destination: MailDestination;
	readonly journal: Journal;
	readonly clock: Clock;
	readonly random: () => number;
	readonly choices: Choices;
	readonly control: Control;
	readonly tell: (event: Event) => void;
	/** Put on record with the first change, so that a run with nothing to do leaves the journal as it is. */
	readonly run: {readonly id: string; readonly version: string; readonly command: string};
	/** Only look and plan: nothing is delivered, and the journal must be a dry one. */
	readonly dryRun?: boolean;
};

/** A folder that changes its life more often than this while it is read is left for a later run. */
const mostResurveys = 3;

/** The journal, with the run noted before its first fact of this run. */
const withRun = (journal: Journal, run: MigrationOptions['run'], clock: Clock): {journal: Journal; end: (outcome: RunOutcome) => void} => {
	let begun = false;
	const append = (fact: Fact) => {
		if (!begun) {
			begun = true;
			journal.append({
				type: 'run', run: run.id, at: clock.now(), version: run.version, command: run.command,
			});
		}

		journal.append(fact);
	};

	return {
		journal: {
			path: journal.path,
			record: journal.record,
			append,
			sync: async () => journal.sync(),
			flush: async () => journal.flush(),
			details: async (folder, uid) => journal.details(folder, uid),
			facts: () => journal.facts(),
			close: async () => journal.close(),
		},
		end(outcome) {
			if (begun) {
				journal.append({
					type: 'end', run: run.id, at: clock.now(), outcome,
				});
			}
		},
	};
};

/** A running migration: what may be asked of it, and how it ends. */
export type Migration = {
	readonly command: (command: Command) => void;
	readonly ended: Promise<{readonly outcome: RunOutcome; readonly failure?: Failure}>;
};

/**
Moves one mailbox, or carries on. Never rejects: whatever ends it is in the outcome. The source, the
destination and the journal stay open; whoever opened them closes them.
*/
export const startMigration = (options: MigrationOptions): Migration => {
	const {control, clock} = options;
	let troubled = false;
	const tell = (event: Event) => {
		troubled ||= event.type === 'folder.failed';
		options.tell(event);
	};

	const {journal, end} = withRun(options.journal, options.run, clock);
	let failure: Failure | undefined;
	let over = false;
	let transfer: Transfer | undefined;
	const fail = (reason: Failure) => {
		// What is cut off at the end fails as well, and is no news.
		if (!failure && !over) {
			failure = reason;
			tell({type: 'run.failed', failure: reason});
			control.stop();
		}
	};

	const work = async (): Promise<RunOutcome> => {
		tell({type: 'phase', phase: 'signing-in'});
		const [traits] = await Promise.all([options.destination.open(control.stopping), options.source.open(control.stopping)]);
		const context: Context = {
			...options, journal, traits, fail, tell,
		};
		tell({type: 'phase', phase: 'surveying'});
		const survey = await surveyAll(context);
		if (options.dryRun) {
			return 'complete';
		}

		const pace = new Pace({start: traits.startLanes, max: traits.maxLanes}, options.choices.rateLimit);
		const alarm = new Alarm(clock, control.changed, control.stopping);
		const settler = new Settler(context, survey.works, survey.moves, alarm);
		const {works} = survey;
		const isDone = () => settler.open === 0 && works.every(entry => isSettled(entry, control) && entry.readers === 0);
		transfer = {
			context, works, moves: survey.moves, pace, alarm,
			budget: new ByteBudget(options.choices.memory, control.stopping),
			isDone,
			doubts: fingerprint => settler.doubts(fingerprint),
			unsure(entry, uid) {
				entry.underWay--;
				settler.add(entry.record, uid, entry);
			},
			later(entry, uid, wait) {
				entry.underWay--;
				entry.held++;
				void (async () => {
					try {
						await clock.sleep(wait, control.stopping);
					} catch {
						return;
					}

					entry.held--;
					const listed = entry.listing.get(uid);
					if (listed && !entry.failed) {
						entry.pending.push(uid);
						entry.pendingBytes += listed.size;
					}

					control.changed.notify();
				})();
			},
			async changed(entry) {
				if (entry.failed || !transfer) {
					return;
				}

				if (entry.resurveys >= mostResurveys) {
					failFolder(transfer, entry, new FailureError('folder-unreadable', {detail: 'it keeps changing while it is read'}).failure);
					return;
				}

				// This share of the work ends; what is under way in it is finished before the folder is listed again.
				entry.failed = true;
				dropReady(transfer.budget, entry);
				control.changed.notify();
				while (entry.lanes > 0 || entry.looking) {
					// eslint-disable-next-line no-await-in-loop -- Waiting is the purpose.
					await control.changed.wait();
				}

				// Keeps looks waiting: they must know the work that takes its place.
				entry.lanes++;
				try {
					works[works.indexOf(entry)] = await resurvey(context, entry, survey);
					for (const unsure of survey.unsure.splice(0)) {
						settler.add(unsure.record, unsure.uid, unsure.work);
					}
				} catch (error) {
					const reason = failureOf(error);
					if (reason.reach !== 'folder') {
						throw error;
					}

					entry.failed = false;
					failFolder(transfer, entry, reason);
				} finally {
					entry.lanes--;
					control.changed.notify();
				}
			},
			troubles: 0,
			troubledSince: 0,
		};

		for (const {record, uid, work: entry} of survey.unsure.splice(0)) {
			settler.add(record, uid, entry);
		}

		const running = transfer;
		if (settler.open > 0) {
			tell({type: 'phase', phase: 'settling'});
			await settler.lookAtOnce();
		}

		for (const entry of works) {
			completeIfSettled(running, entry);
		}

		// Folders are made although no message goes there: an empty folder is part of a mailbox.
		await makeEmptyFolders(running);
		if (!isDone()) {
			tell({type: 'phase', phase: 'migrating'});
			tell({type: 'pace', lanes: pace.lanes, reason: 'start'});
			await Promise.all([
				...Array.from({length: options.source.connections}, async () => readAll(running)),
				...Array.from({length: traits.maxLanes}, async (_, lane) => deliverAll(running, lane)),
				settler.run(isDone),
			]);
		}

		return 'complete';
	};

	const ended = (async () => {
		let outcome: RunOutcome = 'complete';
		try {
			outcome = await Promise.race([work(), aborted(control)]);
		} catch (error) {
			if (!(control.stopping.aborted && !(error instanceof FailureError))) {
				fail(failureOf(error));
			}
		}

		if (failure) {
			outcome = 'failed';
		} else if (control.stopping.aborted) {
			outcome = 'interrupted';
		} else if (!options.dryRun && (troubled || (transfer && !isComplete(transfer)))) {
			outcome = 'partial';
		}

		try {
			if (!options.dryRun) {
				end(outcome);
				await journal.sync();
			}
		} catch (error) {
			fail(failureOf(error));
			outcome = 'failed';
		}

		over = true;
		tell({type: 'phase', phase: 'finished'});
		tell({type: 'run.ended', outcome});
		return {outcome, ...(failure && {failure})};
	})();

	return {
		command(command) {
			control.obey(command);
			if (command.type === 'pace') {
				transfer?.pace.ask(command.lanes);
				tell({type: 'pace', lanes: transfer?.pace.lanes ?? command.lanes, reason: 'asked'});
			} else if (command.type === 'pause' || command.type === 'resume') {
				tell({type: command.type === 'pause' ? 'paused' : 'resumed', ...(command.folder && {folder: command.folder})});
			}

			// What a paused or skipped folder holds in memory would keep the others waiting.
			for (const entry of transfer?.works ?? []) {
				if (transfer && (control.isPaused(entry.path) || control.isSkipped(entry.path))) {
					dropReady(transfer.budget, entry);
				}
			}
		},
		ended,
	};
};

/** Everything has its fate, and none of them is refused. */
const isComplete = ({context, works}: Transfer): boolean => works.every(work => work.pending.length === 0)
	&& context.journal.record.folders.every(folder => folder.counts().refused === 0 && folder.counts().unsure === 0);

/** Rejects once the run is to end without waiting for what is under way. */
const aborted = async (control: Control): Promise<never> => new Promise((_resolve, reject) => {
	control.aborting.addEventListener('abort', () => {
		reject(new Error('aborted'));
	}, {once: true});
});

const makeEmptyFolders = async ({context, works}: Transfer): Promise<void> => {
	const {tell} = context;
	for (const work of works) {
		if (!work.mapping.exists && work.pending.length === 0) {
			try {
				// eslint-disable-next-line no-await-in-loop -- Parents before children.
				await prepareFolder(context, works, work);
			} catch (error) {
				const failure = failureOf(error);
				if (failure.reach !== 'folder') {
					throw error;
				}

				tell({type: 'folder.failed', folder: work.path, failure});
			}
		}
	}
};
