/** Numbers that look random and are the same for the same seed (mulberry32). */
export type Random = {
	/** A whole number from 0 up to, not including, `limit`. */
	readonly below: (limit: number) => number;
	readonly pick: <T>(choices: readonly T[]) => T;
	readonly chance: (probability: number) => boolean;
};

export const seededRandom = (seed: number): Random => {
	/* eslint-disable no-bitwise -- the generator is defined on 32 bit integers */
	let state = Math.trunc(seed);
	const next = (): number => {
		state = Math.imul(1, state + 0x6D_2B_79_F5);
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
	/* eslint-enable no-bitwise */

	const below = (limit: number): number => Math.floor(next() * limit);
	return {below, pick: choices => choices[below(choices.length)]!, chance: probability => next() < probability};
};
