import {FailureError} from '../mailbox/failure.js';

/** One thing that keeps a configuration from being used. Never carries the value of a secret, nor its line's text. */
export type Problem = {
	readonly file: string;
	/** From 1; absent where no line is to blame. */
	readonly line?: number;
	/** Dotted path, or the name of an environment variable; '' for the file as a whole. */
	readonly key: string;
	/** What should stand there, after the word "expected". */
	readonly expected: string;
	/** What stands there, where that is no secret. */
	readonly found?: string;
};

export const showProblem = ({file, line, key, expected, found}: Problem): string =>
	`${file}${line === undefined ? '' : `:${line}`}: ${key === '' ? '' : `${key}: `}expected ${expected}${found === undefined ? '' : `, found ${found}`}`;

/** All problems of a configuration at once. Ends a run with code 2. */
export class SettingsError extends FailureError {
	readonly problems: readonly Problem[];

	constructor(problems: readonly Problem[]) {
		const sorted = [...problems].sort((a, b) => (a.line ?? Infinity) === (b.line ?? Infinity) ? 0 : (a.line ?? Infinity) - (b.line ?? Infinity));
		const lines = sorted.map(problem => showProblem(problem));
		super('settings-invalid', {detail: lines.join('\n')});
		this.name = 'SettingsError';
		this.message = `The configuration cannot be used:\n${lines.map(line => `  ${line}`).join('\n')}`;
		this.problems = sorted;
	}
}
