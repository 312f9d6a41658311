import {describe, expect, test} from 'vitest';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {seededRandom} from '../../source/sandbox/random.js';
import {anyFault, onDelivery} from './any-fault.js';
import {
	contents, forEach, migrate, onRecord, smallCount, smallMailbox, startEnds, without,
} from './sandbox-ends.js';

/** A run that ends complete although the destination does this to it: every message once, dates and flags right, fates closed. */
const survive = async (rules: readonly FaultRule[], hide: readonly string[] = []): Promise<void> => {
	const ends = await startEnds(smallMailbox(), {destination: {rules, capabilities: {hide}}});
	try {
		const {outcome, progress, failure} = await migrate(ends);
		await ends.destination.settled();
		const {delivered, alreadyThere, ...rest} = progress.messages;
		expect({
			rules, outcome, failure, there: contents(ends.destination), struck: ends.destination.struck.length > 0, done: delivered + alreadyThere, rest,
		}).toEqual({
			rules, outcome: 'complete', failure: undefined, there: contents(ends.source), struck: true, done: smallCount,
			rest: {
				excluded: 0, refused: 0, vanished: 0, remaining: 0, lossy: 0, altered: 0, unsure: 0,
			},
		});
		const record = await onRecord(ends);
		expect({rules, done: record.delivered! + record['already-there']!, unsure: record.unsure}).toEqual({rules, done: smallCount, unsure: 0});
	} finally {
		await ends.close();
	}
};

const positions = Array.from({length: smallCount}, (_value, index) => index + 1);

describe('every delivery in turn', () => {
	test.each(onDelivery)('%s: each message arrives once', async (_name, fault) => {
		await forEach(positions, 5, async nth => survive([{on: 'append', nth, do: fault}]));
	});
});

describe('every twelfth delivery in turn, at a server that', () => {
	const some = positions.filter(nth => nth % 12 === 1);
	test.each([['tells no ids', ['UIDPLUS']], ['wants to be asked before each literal', ['LITERAL+', 'LITERAL-']], ['does both', ['UIDPLUS', 'LITERAL+', 'LITERAL-']]])('%s: whatever happens, each message arrives once', async (_name, hide) => {
		const cases = onDelivery.flatMap(([, fault]) => some.map(nth => ({fault, nth})));
		await forEach(cases, 5, async ({fault, nth}) => survive([{on: 'append', nth, do: fault}], hide));
	});
});

describe('two faults at a time', () => {
	test('picked at random on both sides lose nothing and double nothing, and the next run finds nothing to do', async () => {
		const seeds = Array.from({length: 75}, (_value, index) => index + 1);
		let struck = 0;
		await forEach(seeds, 5, async seed => {
			const random = seededRandom(seed);
			const [sourceRules, destinationRules] = [[] as FaultRule[], [] as FaultRule[]];
			for (let count = 0; count < 2; count++) {
				const side = random.next() < 0.4 ? 'source' : 'destination';
				(side === 'source' ? sourceRules : destinationRules).push(anyFault(random, side));
			}

			const hide = random.next() < 0.25 ? ['UIDPLUS'] : [];
			const ends = await startEnds(smallMailbox(), {source: {rules: sourceRules, seed}, destination: {rules: destinationRules, seed, capabilities: {hide}}});
			const what = {seed, rules: [...sourceRules, ...destinationRules], hide};
			try {
				const before = contents(ends.source);
				const {outcome, progress, failure} = await migrate(ends);
				await ends.destination.settled();
				struck += ends.source.struck.length + ends.destination.struck.length;
				const [left, there] = [contents(ends.source), contents(ends.destination)];
				expect({
					...what, outcome, failure, lost: without(left, there), doubled: without(there, before),
				}).toEqual({
					...what, outcome: 'complete', failure: undefined, lost: [], doubled: [],
				});
				const {delivered, alreadyThere, vanished, ...rest} = progress.messages;
				expect({...what, fates: delivered + alreadyThere + vanished, rest}).toEqual({
					...what, fates: smallCount, rest: {
						excluded: 0, refused: 0, remaining: 0, lossy: 0, altered: 0, unsure: 0,
					},
				});
				for (const server of [ends.source, ends.destination]) {
					server.setFaults({rules: []});
				}

				const again = await migrate(ends);
				expect({
					...what, outcome: again.outcome, delivered: again.progress.deliveredNow, there: contents(ends.destination),
				}).toEqual({
					...what, outcome: 'complete', delivered: 0, there,
				});
			} finally {
				await ends.close();
			}
		});
		expect(struck).toBeGreaterThan(seeds.length);
	});
});
