/** A stream of random numbers that a seed repeats. */
export type Random = {
	/** At least 0 and below 1. */
	next(): number;
	/** A whole number, at least 0 and below `limit`. */
	below(limit: number): number;
	pick<Value>(values: readonly Value[]): Value;
};

/** Mulberry32: 32 bits of state, good enough for tests and demos, the same on every machine. */
export const seededRandom = (seed: number): Random => {
	let state = Math.trunc(seed);
	/* eslint-disable no-bitwise -- a generator is made of these */
	const next = (): number => {
		state = Math.trunc(state + 0x6D_2B_79_F5);
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};

	/* eslint-enable no-bitwise */
	const below = (limit: number): number => Math.floor(next() * limit);
	return {
		next,
		below,
		pick: values => values[below(values.length)]!,
	};
};
