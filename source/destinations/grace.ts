import {type Clock} from '../mailbox/clock.js';

/**
A signal that follows another one late: what is under way when a stop is asked for is finished, if it does not take too long.

@param grace milliseconds
@returns the signal, and what to call once the work is over
*/
export const withGrace = (signal: AbortSignal, clock: Clock, grace: number): {readonly signal: AbortSignal; readonly done: () => void} => {
	const late = new AbortController();
	const over = new AbortController();
	const follow = async (): Promise<void> => {
		try {
			await clock.sleep(grace, over.signal);
			late.abort(new Error('stopped while it was being sent'));
		} catch {
			// The work ended first.
		}
	};

	signal.addEventListener('abort', follow, {once: true});
	return {
		signal: late.signal,
		done() {
			signal.removeEventListener('abort', follow);
			over.abort();
		},
	};
};
