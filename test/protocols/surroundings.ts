import {type Clock} from '../../source/mailbox/clock.js';
import {type Notice, type ReadResult} from '../../source/mailbox/source.js';
import {type ImapTiming} from '../../source/protocols/imap-timing.js';

/** Time that passes only when somebody waits for it. Keeps what was waited for. */
export class PatientClock implements Clock {
	readonly waits: number[] = [];
	#now = Date.UTC(2026, 10, 23);

	now(): number {
		return this.#now;
	}

	async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		signal?.throwIfAborted();
		this.waits.push(milliseconds);
		this.#now += Math.max(0, milliseconds);
	}
}

/** Options every adapter under test shares; notices are kept. */
export const surroundings = (server: {readonly host: string; readonly port: number}, timing: Partial<ImapTiming> = {}) => {
	const clock = new PatientClock();
	const notices: Notice[] = [];
	return {
		clock,
		notices,
		options: {
			host: server.host,
			port: server.port,
			tls: false,
			user: 'a@example.org',
			credential: async () => ({password: 'planted-secret'}),
			clock,
			random: () => 0.5,
			notice(notice: Notice) {
				notices.push(notice);
			},
			timing: {silence: 5000, patience: 3_600_000, ...timing},
		},
	};
};

export const gather = async <T = ReadResult>(results: AsyncIterable<T>): Promise<T[]> => {
	const all: T[] = [];
	for await (const result of results) {
		all.push(result);
	}

	return all;
};

export const never = new AbortController().signal;

/** The failure that a promise is rejected with. */
export const failureFrom = async (promise: Promise<unknown>): Promise<{code?: string; detail?: string; outcome?: string; reach?: string; wait?: number; next?: string; error: unknown}> => {
	try {
		await promise;
	} catch (error) {
		return {...(error as {failure?: Record<string, unknown>}).failure, error};
	}

	throw new Error('it did not fail');
};
