import {describe, expect, test} from 'vitest';
import {FailureError, failures, type FailureCode} from '../../source/mailbox/failure.js';
import {type RunOutcome} from '../../source/migration/events.js';
import {type Progress, startProgress} from '../../source/migration/progress.js';
import {exitCodeOf, exitCodeOfRun, exitCodes} from '../../source/output/exit-code.js';

const codeOf = (outcome: RunOutcome, change: (progress: Progress) => void = () => undefined, signal?: string) => {
	const progress = startProgress();
	change(progress);
	return exitCodeOfRun(progress, outcome, signal);
};

test('every failure ends with an exit code that there is', () => {
	for (const code of Object.keys(failures) as FailureCode[]) {
		expect(Object.keys(exitCodes)).toContain(String(exitCodeOf(new FailureError(code).failure)));
	}
});

describe('a run', () => {
	test('that did everything, or had nothing to do, ends with 0', () => {
		expect(codeOf('complete')).toBe(0);
	});

	test.each(['refused', 'unsure'] as const)('with %s messages ends with 3', kind => {
		expect(codeOf('partial', ({messages}) => {
			messages[kind] = 1;
		})).toBe(3);
		expect(codeOf('complete', ({messages}) => {
			messages[kind] = 1;
		})).toBe(3);
	});

	test.each(['missing', 'altered', 'date'] as const)('that finds messages %s ends with 3', kind => {
		expect(codeOf('partial', ({findings}) => {
			findings[kind] = 1;
		})).toBe(3);
	});

	test.each(['extra', 'flags', 'moved'] as const)('that finds messages with %s only ends with 0: a mailbox lives', kind => {
		expect(codeOf('complete', ({findings}) => {
			findings[kind] = 1;
		})).toBe(0);
	});

	test.each([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129], [undefined, 143]] as const)('stopped by %s ends with %d, whatever is left', (signal, code) => {
		expect(codeOf('interrupted', ({messages}) => {
			messages.refused = 5;
			messages.remaining = 5;
		}, signal)).toBe(code);
	});

	test.each(Object.keys(failures) as FailureCode[])('ended by %s ends with its code, also while it was being stopped and with messages refused', code => {
		const fail = (progress: Progress) => {
			progress.failure = new FailureError(code).failure;
			progress.messages.refused = 1;
		};

		// 3 is the last in the order of what counts first.
		expect(codeOf('failed', fail)).toBe(failures[code].exit);
		expect(codeOf('interrupted', fail, 'SIGINT')).toBe(failures[code].exit);
	});
});
