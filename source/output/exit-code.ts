import {failures, type Failure} from '../mailbox/failure.js';
import {type RunOutcome} from '../migration/events.js';
import {type Progress} from '../migration/progress.js';

/* eslint-disable @typescript-eslint/naming-convention -- Numbers and names of signals. */
/** Every exit code there is; the help text and the guide are made from this table. */
export const exitCodes = {
	0: 'everything asked for was done; nothing to do is also 0',
	1: 'a bug in the program',
	2: 'wrong usage or configuration',
	3: 'finished with refused or unsure messages, or verification found something missing or altered, or a DNS record is missing or differs',
	4: 'sign-in needed or refused',
	5: 'a server cannot be reached',
	6: 'this machine cannot keep the record (disk full, directory unwritable, journal damaged)',
	11: 'another run holds this mailbox',
	129: 'stopped by a hang-up; safe to run again',
	130: 'stopped by Ctrl-C; safe to run again',
	143: 'stopped by a request to end; safe to run again',
} as const;

export type ExitCode = keyof typeof exitCodes;

/** Where several apply, the first of these counts. */
const precedence: readonly ExitCode[] = [1, 2, 6, 11, 4, 5, 3];

export const exitCodeOf = (failure: Failure): ExitCode => failures[failure.code].exit;

const bySignal: Readonly<Record<string, ExitCode>> = {SIGINT: 130, SIGTERM: 143, SIGHUP: 129};
/* eslint-enable @typescript-eslint/naming-convention */

/** The exit code of a run, from its fold. @param signal what stopped it, if a signal did */
export const exitCodeOfRun = (progress: Progress, outcome: RunOutcome, signal: string | undefined): ExitCode => {
	const codes = new Set<ExitCode>();
	if (progress.failure) {
		codes.add(exitCodeOf(progress.failure));
	}

	if (outcome === 'interrupted' && !progress.failure) {
		return bySignal[signal ?? 'SIGTERM'] ?? 143;
	}

	const {refused, unsure} = progress.messages;
	if (outcome === 'partial' || refused > 0 || unsure > 0 || progress.findings.missing > 0 || progress.findings.altered > 0 || progress.findings.date > 0) {
		codes.add(3);
	}

	return precedence.find(code => codes.has(code)) ?? 0;
};
