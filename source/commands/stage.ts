import {randomUUID} from 'node:crypto';
import process from 'node:process';
import {type Clock} from '../mailbox/clock.js';
import {FailureError, failureOf} from '../mailbox/failure.js';
import {Control} from '../migration/control.js';
import {type Event, type RunOutcome, Teller} from '../migration/events.js';
import {fold, type Progress, startProgress} from '../migration/progress.js';
import {exitCodeOfRun, type ExitCode} from '../output/exit-code.js';
import {ndjsonFace} from '../output/ndjson.js';
import {plainFace} from '../output/plain.js';
import {summaryOf} from '../output/summary.js';
import {naming, openTerminal, type Terminal} from '../output/terminal.js';
import {type Arguments} from './arguments.js';

/** What a command plays on: its face, its fold, its way to be stopped. */
export type Stage = {
	readonly run: string;
	readonly terminal: Terminal;
	readonly progress: Progress;
	readonly control: Control;
	readonly teller: Teller;
	readonly tell: (event: Event) => void;
};

/** After the first signal, what is under way may take so long. */
const grace = 15_000;

/** How a command ended that is not a migration, or failed before it became one. */
const outcomeOf = ({failure, messages, findings}: Progress, stopped: boolean): RunOutcome => {
	if (failure) {
		return 'failed';
	}

	if (stopped) {
		return 'interrupted';
	}

	return messages.refused + messages.remaining + findings.missing + findings.altered + findings.date > 0 ? 'partial' : 'complete';
};

/**
Runs a command with its face, from the first event to the summary, whatever happens in between.

The first SIGINT or SIGTERM asks for a stop, the second ends at once; a hang-up does not end it unless
asked for (design, rule 15); a closed stdout is a request to stop.
*/
export const onStage = async (asked: Pick<Arguments, 'json' | 'stopOnHangup' | 'verbose' | 'file'>, clock: Clock, play: (stage: Stage) => Promise<void>, judge: (progress: Progress, code: ExitCode) => ExitCode = (_, code) => code): Promise<ExitCode> => {
	const run = randomUUID();
	const control = new Control();
	const progress = startProgress();
	const teller = new Teller(clock, run);
	let signalled: string | undefined;
	const stop = (reason: string) => {
		signalled ??= reason;
		if (control.stopping.aborted) {
			return;
		}

		const underWay = progress.phase === 'finished' ? 0 : progress.lanes;
		teller.tell({type: 'stopping', underWay});
		control.stop();
		graceTimer = setTimeout(() => {
			control.abort();
		}, grace);
		graceTimer.unref();
	};

	let graceTimer: NodeJS.Timeout | undefined;
	let over = false;
	const terminal = openTerminal(reason => {
		if (reason !== undefined) {
			const {failure, message} = new FailureError('output-unwritable', {detail: reason});
			teller.tell({type: 'run.failed', failure});
			if (asked.json) {
				terminal.say(message);
			}
		}

		// Not a second request where one was made: Ctrl-C ends the reader of a pipe too.
		if (!over) {
			stop('SIGTERM');
		}
	}, process.stdout, process.stderr, naming(asked.file));
	const face = asked.json ? ndjsonFace(terminal, progress) : plainFace(terminal, progress);
	teller.listen(event => {
		fold(progress, event);
		face.hear(event);
	});
	const onSignal = (signal: NodeJS.Signals) => {
		if (control.stopping.aborted) {
			control.abort();
		}

		stop(signal);
	};

	const onHangup = () => {
		if (asked.stopOnHangup) {
			stop('SIGHUP');
		}
	};

	const report = () => {
		face.tick(clock.now());
	};

	process.on('SIGINT', onSignal);
	process.on('SIGTERM', onSignal);
	process.on('SIGHUP', onHangup);
	const ticking = setInterval(report, 250);
	ticking.unref();
	try {
		await play({
			run, terminal, progress, control, teller, tell(event) {
				teller.tell(event);
			},
		});
	} catch (error) {
		const failure = failureOf(error);
		if (!(control.stopping.aborted && failure.code === 'bug')) {
			teller.tell({type: 'run.failed', failure});
			if (failure.code === 'bug' || asked.verbose) {
				terminal.say(error instanceof Error ? error.stack ?? error.message : String(error));
			}
		}
	} finally {
		over = true;
		clearInterval(ticking);
		clearTimeout(graceTimer);
		process.off('SIGINT', onSignal);
		process.off('SIGTERM', onSignal);
	}

	if (!progress.outcome) {
		teller.tell({type: 'run.ended', outcome: outcomeOf(progress, control.stopping.aborted)});
	}

	const code = judge(progress, exitCodeOfRun(progress, progress.outcome!, signalled));
	face.finish(summaryOf(progress, progress.outcome!, code), clock.now());
	const failed = progress.failure;
	await terminal.drained();
	process.off('SIGHUP', onHangup);
	return progress.failure === failed ? code : exitCodeOfRun(progress, 'failed', undefined);
};
