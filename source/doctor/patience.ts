import {type Clock} from '../mailbox/clock.js';
import {
	type Failure, type FailureCode, FailureError, failureOf, failures,
} from '../mailbox/failure.js';
import {type Notice} from '../mailbox/source.js';
import {type Outcome} from './findings.js';

/** The longest pause between two tries that a check sits out, in milliseconds: what takes longer is told. */
const longestPause = 3000;

/** Instead of a pause that is too long for a check. */
class Impatience extends Error {}

/** What adapters get of time and ears, so that they neither wait for hours nor talk, and what they said last. */
export type Patience = {
	readonly clock: Clock;
	readonly notice: (notice: Notice) => void;
	/** Runs a task for so many milliseconds of real time at most. @throws signal.reason, where that one aborts */
	readonly bounded: <Found>(limit: number, signal: AbortSignal, task: (signal: AbortSignal) => Promise<Found>) => Promise<Outcome<Found>>;
	/** What was thrown, as a failure; `code` where it was about to be sat out, and nothing was said of why. */
	readonly failureOf: (error: unknown, code: FailureCode) => Failure;
};

/**
The patience of one check: a migration waits and tries again for hours, a check tells what it met first.
*/
export const patience = (clock: Clock): Patience => {
	let last: Notice | undefined;
	/** The failure that an adapter was about to sit out. */
	const metWith = (code: FailureCode, fallback: string): Failure => {
		const {code: said, detail, wait} = last ?? {};
		return isCode(said)
			? new FailureError(said, {detail: detail ?? fallback, ...(wait !== undefined && said === 'throttled' && {wait})}).failure
			: new FailureError(code, {detail: fallback}).failure;
	};

	const meaning = (error: unknown, code: FailureCode): Failure => error instanceof Impatience ? metWith(code, 'it asks to be left alone for a while') : failureOf(error);

	return {
		clock: {
			now: () => clock.now(),
			async sleep(milliseconds, signal) {
				if (milliseconds > longestPause) {
					throw new Impatience();
				}

				await clock.sleep(milliseconds, signal);
			},
		},
		notice(notice) {
			last = notice.type === 'connected' ? undefined : notice;
		},
		failureOf: meaning,
		async bounded(limit, signal, task) {
			signal.throwIfAborted();
			const late = new FailureError('host-unreachable', {detail: `no answer within ${Math.round(limit / 1000)} s`});
			const own = new AbortController();
			const stop = () => {
				own.abort(signal.reason);
			};

			const timer = setTimeout(() => {
				own.abort(late);
			}, limit);
			signal.addEventListener('abort', stop, {once: true});
			try {
				return {found: await Promise.race([task(own.signal), rejected(own.signal)])};
			} catch (error) {
				signal.throwIfAborted();
				return {failure: error === late ? metWith('host-unreachable', late.failure.detail!) : meaning(error, 'host-unreachable')};
			} finally {
				clearTimeout(timer);
				signal.removeEventListener('abort', stop);
			}
		},
	};
};

const isCode = (code: string | undefined): code is FailureCode => code !== undefined && Object.hasOwn(failures, code);

/** Whatever the task does, nobody waits for it longer than the signal. */
const rejected = async (signal: AbortSignal): Promise<never> => new Promise((_resolve, reject) => {
	signal.addEventListener('abort', () => {
		reject(signal.reason as Error);
	}, {once: true});
});
