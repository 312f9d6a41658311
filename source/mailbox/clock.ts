import {setTimeout as delay} from 'node:timers/promises';

/** Time, passed in: so that tests and the sandbox can run it faster. Sockets keep real time. */
export type Clock = {
	/** Milliseconds since 1970 UTC. */
	now(): number;
	/** Rejects with `signal.reason` when aborted. */
	sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
};

/** The machine's clock, running `scale` times as fast. */
export const realClock = (scale = 1): Clock => {
	const start = Date.now();
	return {
		now: () => start + ((Date.now() - start) * scale),
		async sleep(milliseconds, signal) {
			signal?.throwIfAborted();
			try {
				await delay(Math.max(0, milliseconds / scale), undefined, {signal});
			} catch (error) {
				signal?.throwIfAborted();
				throw error;
			}
		},
	};
};
