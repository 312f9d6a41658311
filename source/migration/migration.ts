import {type Clock} from '../mailbox/clock.js';
import {type Failure, FailureError, failureOf} from '../mailbox/failure.js';
import {type Loss} from '../mailbox/losses.js';
import {type Transport} from '../mailbox/destination.js';
import {type OpenRoad, type Road} from '../mailbox/road.js';
import {type MailSource} from '../mailbox/source.js';
import {type Choices} from './context.js';
import {Control} from './control.js';
import {type Command, type Event, type RunOutcome} from './events.js';
import {type Fact} from './facts.js';
import {type Journal} from './journal.js';
import {type Pass, startPass} from './pass.js';
import {type Refusals, refusedElsewhere, reopenAll} from './refusals.js';
import {closesRoad, Roads} from './roads.js';

export type MigrationOptions = {
	readonly source: MailSource;
	/** In the order in which they are tried. Those that were opened are closed at the end. */
	readonly roads: readonly Road[];
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
	/** Asks a person, before the first message, about a road that does not carry all of it; absent: nobody is there to allow it. */
	readonly consent?: (transport: Transport, losses: readonly Loss[]) => Promise<boolean>;
};

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

/** What later passes would tell once more. */
const toldOnce: ReadonlySet<Event['type']> = new Set(['survey.completed', 'folder.ignored']);

/**
Moves one mailbox, or carries on: by the first road that is open; by the next one where that closes on the way; and what a
road refused for good, by the others. Never rejects: whatever ends it is in the outcome. The source and the journal stay open;
whoever opened them closes them.
*/
export const startMigration = (options: MigrationOptions): Migration => {
	const {control, clock, source, choices, tell} = options;
	const dryRun = options.dryRun ?? false;
	const {journal, end} = withRun(options.journal, options.run, clock);
	const roads = new Roads(options);
	let isSurveyed = false;
	let isDone = true;
	let pass: Pass | undefined;

	const run = async (road: OpenRoad, refusals?: Refusals): Promise<Failure | undefined> => {
		const again = isSurveyed;
		pass = startPass({
			source, road, journal, clock, random: options.random, dryRun, control: new Control(control),
			choices: {...choices, ...(again && {unused: () => []}), ...(refusals && {only: (path, uid) => refusals.has(path, uid), refusedBy: (path, uid) => refusals.roadsOf(path, uid)})},
			tell(event) {
				isSurveyed ||= event.type === 'survey.completed';
				if (!(again && toldOnce.has(event.type))) {
					tell(event);
				}
			},
		});
		const {failure, isDone: wasDone} = await pass.ended;
		// What a closed road left is up to the next one.
		isDone = wasDone && (refusals === undefined || isDone);
		return failure;
	};

	/** What one road refused for good is taken by another one, if that is open. */
	const detour = async (): Promise<Failure | undefined> => {
		for (const road of roads.others()) {
			// eslint-disable-next-line no-await-in-loop -- one road after another
			const refusals = await refusedElsewhere(journal, road.transport, choices.only);
			// eslint-disable-next-line no-await-in-loop -- as above
			const open = refusals.size > 0 && !control.stopping.aborted ? await roads.beside(road, refusals.size) : undefined;
			if (open) {
				reopenAll(journal, refusals, {now: clock.now(), tell});
				// eslint-disable-next-line no-await-in-loop -- as above
				const failure = await run(open, refusals);
				if (failure && !closesRoad(failure)) {
					return failure;
				}

				if (failure) {
					roads.shut(open.transport, failure);
				}
			}
		}

		return undefined;
	};

	const work = async (): Promise<Failure | undefined> => {
		tell({type: 'phase', phase: 'signing-in'});
		let [road] = await Promise.all([roads.best(), source.open(control.stopping)]);
		let failure = await run(road);
		while (failure && closesRoad(failure) && !control.stopping.aborted && roads.shut(road.transport, failure)) {
			// eslint-disable-next-line no-await-in-loop -- one road after another
			road = await roads.best();
			// eslint-disable-next-line no-await-in-loop -- as above
			failure = await run(road);
		}

		return failure ?? (dryRun || control.stopping.aborted ? undefined : detour());
	};

	const ended = (async () => {
		let failure: Failure | undefined;
		const fail = (reason: Failure) => {
			failure ??= reason;
			tell({type: 'run.failed', failure});
			control.stop();
		};

		try {
			const reason = await work();
			if (reason) {
				fail(reason);
			}
		} catch (error) {
			if (!(control.stopping.aborted && !(error instanceof FailureError))) {
				fail(failureOf(error));
			}
		}

		await roads.close();
		let outcome: RunOutcome = 'complete';
		if (failure) {
			outcome = 'failed';
		} else if (control.stopping.aborted) {
			outcome = 'interrupted';
		} else if (!dryRun && !(isDone && isComplete(journal))) {
			outcome = 'partial';
		}

		try {
			if (!dryRun) {
				end(outcome);
				await journal.sync();
			}
		} catch (error) {
			fail(failureOf(error));
			outcome = 'failed';
		}

		tell({type: 'phase', phase: 'finished'});
		tell({type: 'run.ended', outcome});
		return {outcome, ...(failure && {failure})};
	})();

	return {
		command(command) {
			control.obey(command);
			pass?.command(command);
			if (command.type === 'pause' || command.type === 'resume') {
				tell({type: command.type === 'pause' ? 'paused' : 'resumed', ...(command.folder && {folder: command.folder})});
			}
		},
		ended,
	};
};

/** Everything has its fate, and none of them is refused. */
const isComplete = ({record}: Journal): boolean => record.folders.every(folder => folder.counts().refused === 0 && folder.counts().unsure === 0);
