import {defaultWireTiming, type WireTiming} from './imap-wire.js';

/** When to give up and how long to wait, in milliseconds. The wire's part is real time, the rest passes with the clock. */
export type ImapTiming = WireTiming & {
	/** Waits between the tries to reach a host that was never reached by this process; then host-unreachable. */
	readonly firstWaits: readonly number[];
	/** Waits between sign-ins refused as "temporary", for an account that never signed in (design, rule 16: three tries, two minutes). */
	readonly signInWaits: readonly number[];
	/** The same in an account that has signed in before, for a plain refusal: a token may just have run out. */
	readonly refusalWaits: readonly number[];
	/** Waits after a refused EXAMINE: it may be a throttle. */
	readonly openWaits: readonly number[];
	/** First and longest wait between reconnects and after repeated throttling. */
	readonly backoff: {readonly first: number; readonly longest: number};
	/** How long to go on trying without any progress. */
	readonly patience: number;
	/** An idle connection is asked for a sign of life before use after so long. */
	readonly stale: number;
};

export const defaultImapTiming: ImapTiming = {
	...defaultWireTiming,
	firstWaits: [2000, 5000, 15_000],
	signInWaits: [20_000, 60_000],
	refusalWaits: [5000, 30_000],
	openWaits: [1000, 4000, 10_000],
	backoff: {first: 1000, longest: 300_000},
	patience: 6 * 3_600_000,
	stale: 20_000,
};

/** The wait before try number `attempt` (0 the first): doubling, with jitter between half and the whole. */
export const backoffWait = (attempt: number, {first, longest}: ImapTiming['backoff'], random: () => number): number => {
	const whole = Math.min(longest, first * (2 ** Math.min(attempt, 30)));
	return Math.round(whole * (0.5 + (random() / 2)));
};
