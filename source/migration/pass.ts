import {type Clock} from '../mailbox/clock.js';
import {type Failure, FailureError, failureOf} from '../mailbox/failure.js';
import {type OpenRoad} from '../mailbox/road.js';
import {type MailSource} from '../mailbox/source.js';
import {Alarm, ByteBudget} from './condition.js';
import {type Choices, type Context} from './context.js';
import {type Control} from './control.js';
import {type Command, type Event} from './events.js';
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

export type PassOptions = {
	/** Open. */
	readonly source: MailSource;
	readonly road: OpenRoad;
	readonly journal: Journal;
	readonly clock: Clock;
	readonly random: () => number;
	readonly choices: Choices;
	/** Of this pass alone: a failure stops it. */
	readonly control: Control;
	readonly tell: (event: Event) => void;
	/** Only look and plan: nothing is delivered, and the journal must be a dry one. */
	readonly dryRun: boolean;
};

/** A mailbox worked through by one road. */
export type Pass = {
	readonly command: (command: Command) => void;
	/** Never rejects. `isDone`: nothing that it was to do is left. */
	readonly ended: Promise<{readonly failure?: Failure; readonly isDone: boolean}>;
};

/** A folder that changes its life more often than this while it is read is left for a later run. */
const mostResurveys = 3;

/** Surveys both sides and delivers what remains by one road: a migration is one of these, and more where roads close or refuse messages. */
export const startPass = (options: PassOptions): Pass => {
	const {control, clock, journal, road: {destination, traits}} = options;
	let troubled = false;
	const tell = (event: Event) => {
		troubled ||= event.type === 'folder.failed';
		options.tell(event);
	};

	let failure: Failure | undefined;
	let transfer: Transfer | undefined;
	const fail = (reason: Failure) => {
		if (!failure) {
			failure = reason;
			control.stop();
		}
	};

	const work = async (): Promise<void> => {
		const context: Context = {
			...options, destination, traits, fail, tell,
		};
		tell({type: 'phase', phase: 'surveying'});
		const survey = await surveyAll(context);
		if (options.dryRun) {
			return;
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
	};

	const ended = (async () => {
		try {
			await Promise.race([work(), aborted(control)]);
		} catch (error) {
			if (!(control.stopping.aborted && !(error instanceof FailureError))) {
				fail(failureOf(error));
			}
		}

		const isDone = !troubled && (transfer?.works.every(({pending}) => pending.length === 0) ?? true);
		return {isDone, ...(failure && {failure})};
	})();

	return {
		command(command) {
			if (command.type === 'pace') {
				transfer?.pace.ask(command.lanes);
				tell({type: 'pace', lanes: transfer?.pace.lanes ?? command.lanes, reason: 'asked'});
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
