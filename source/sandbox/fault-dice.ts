import {type Random} from './random.js';

/** How often what matches goes wrong, and what does. */
export type Rhythm = {
	readonly nth?: number;
	readonly every?: number;
	readonly chance?: number;
	readonly times?: number;
	readonly do: Record<string, unknown>;
};

/** A rule that struck, and the fault as it does now: of a wait that is held, with what is left of it. */
export type StrikeOf<Rule extends Rhythm> = {readonly rule: Rule; readonly fault: Rule['do']};

/** Decides what goes wrong; the same rules, random numbers and course of events give the same faults. */
export class RuleDice<Rule extends Rhythm, Event> {
	/** Strikes so far, in order. */
	readonly struck: Array<StrikeOf<Rule>> = [];
	/** What came before a wait that is held was over. */
	early = 0;
	readonly #states: Array<{readonly rule: Rule; matches: number; fired: number; heldUntil: number}>;
	readonly #random: Random;
	readonly #now: () => number;
	readonly #matches: (rule: Rule, event: Event) => boolean;
	readonly #heldFor: (fault: Rule['do']) => number;

	/**
	@param heldFor for how long all that matches is told to wait (what is left takes the place of the fault's `milliseconds`); 0 for faults that hold nothing
	*/
	constructor(rules: readonly Rule[], {random, now, matches, heldFor}: {
		readonly random: Random;
		readonly now: () => number;
		readonly matches: (rule: Rule, event: Event) => boolean;
		readonly heldFor: (fault: Rule['do']) => number;
	}) {
		this.#random = random;
		this.#now = now;
		this.#matches = matches;
		this.#heldFor = heldFor;
		this.#states = rules.map(rule => ({
			rule, matches: 0, fired: 0, heldUntil: 0,
		}));
	}

	/** What happens to an event, in the order of the rules. */
	decide(event: Event): Array<StrikeOf<Rule>> {
		const strikes: Array<StrikeOf<Rule>> = [];
		for (const state of this.#states) {
			const {rule} = state;
			if (!this.#matches(rule, event)) {
				continue;
			}

			const left = state.heldUntil - this.#now();
			if (left > 0) {
				this.early++;
				strikes.push({rule, fault: {...rule.do, milliseconds: Math.ceil(left)}});
				continue;
			}

			state.matches++;
			if (this.#fires(state)) {
				state.fired++;
				const heldFor = this.#heldFor(rule.do);
				if (heldFor > 0) {
					state.heldUntil = this.#now() + heldFor;
				}

				strikes.push({rule, fault: rule.do});
			}
		}

		this.struck.push(...strikes);
		return strikes;
	}

	#fires({rule, matches, fired}: {readonly rule: Rhythm; readonly matches: number; readonly fired: number}): boolean {
		if (fired >= (rule.times ?? (rule.nth === undefined ? Number.POSITIVE_INFINITY : 1))) {
			return false;
		}

		if (rule.nth !== undefined) {
			return matches >= rule.nth;
		}

		if (rule.every !== undefined) {
			return matches % rule.every === 0;
		}

		return rule.chance === undefined || this.#random.next() < rule.chance;
	}
}
