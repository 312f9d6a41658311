import process from 'node:process';
import {
	afterAll, describe, expect, test,
} from 'vitest';
import {type Fault, type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type Random, seededRandom} from '../../source/sandbox/random.js';
import {
	contents, type Ends, forEach, migrate, onRecord, smallCount, smallMailbox, startEnds, without,
} from './sandbox-ends.js';

const struck = new Map<string, number>();
let rounds = 0;

afterAll(() => {
	console.log(`${rounds} rounds; faults that struck: ${[...struck].map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
});

const countStrikes = ({source, destination}: Ends): number => {
	rounds++;
	for (const [side, server] of Object.entries({source, destination})) {
		for (const {fault} of server.struck) {
			const kind = `${side} ${fault.type}${'commit' in fault && fault.commit ? '+commit' : ''}`;
			struck.set(kind, (struck.get(kind) ?? 0) + 1);
		}
	}

	return source.struck.length + destination.struck.length;
};

/** A run that ends complete although the destination does this to it: every message once, dates and flags right, fates closed. */
const survive = async (rules: readonly FaultRule[], hide: readonly string[] = []): Promise<void> => {
	const ends = await startEnds(smallMailbox(), {destination: {rules, capabilities: {hide}}});
	try {
		const {outcome, progress, failure} = await migrate(ends);
		await ends.destination.settled();
		const strikes = countStrikes(ends);
		const {delivered, alreadyThere, ...rest} = progress.messages;
		expect({
			rules, outcome, failure, there: contents(ends.destination), struck: strikes > 0, done: delivered + alreadyThere, rest,
		}).toEqual({
			rules, outcome: 'complete', failure: undefined, there: contents(ends.source), struck: true, done: smallCount,
			rest: {
				excluded: 0, refused: 0, vanished: 0, remaining: 0, lossy: 0, unsure: 0,
			},
		});
		const record = await onRecord(ends);
		expect({rules, done: record.delivered! + record['already-there']!, unsure: record.unsure}).toEqual({rules, done: smallCount, unsure: 0});
	} finally {
		await ends.close();
	}
};

const onDelivery: Array<[string, Fault]> = [
	['committed, connection lost', {type: 'commit-then-drop'}],
	['connection lost', {type: 'drop'}],
	['connection lost in the middle of the message', {type: 'drop-mid-literal', bytes: 40}],
	['connection lost, committed 3 s later', {type: 'drop-then-commit', milliseconds: 3000}],
	['connection lost, committed 10 s later', {type: 'drop-then-commit', milliseconds: 10_000}],
	['no answer', {type: 'stall'}],
	['committed, no answer', {type: 'stall', commit: true}],
	['committed, answered 5 s later', {type: 'delay', milliseconds: 5000, commit: true}],
	['throttled without a time', {type: 'throttle', milliseconds: 0}],
	['throttled by BAD for a millisecond', {type: 'throttle', milliseconds: 1, status: 'BAD'}],
	['throttled by BAD and BYE for 5 s', {
		type: 'throttle', milliseconds: 5000, status: 'BAD', bye: true,
	}],
	['throttled for 5 s, and meaning it', {type: 'throttle', milliseconds: 5000, hold: true}],
	['BYE', {type: 'bye'}],
	['refused once', {type: 'refuse'}],
	['refused once by BAD', {type: 'refuse', status: 'BAD'}],
	['answered under an alien tag', {type: 'alien-tag'}],
	['committed, answered under an alien tag', {type: 'alien-tag', commit: true}],
	['answered by nonsense', {type: 'nonsense'}],
	['committed, answered by nonsense', {type: 'nonsense', commit: true}],
];

const positions = Array.from({length: smallCount}, (_value, index) => index + 1);

describe('every delivery in turn', () => {
	test.each(onDelivery)('%s: each message arrives once', async (_name, fault) => {
		await forEach(positions, 5, async nth => survive([{on: 'append', nth, do: fault}]));
	});
});

describe('every fifth delivery in turn, at a server that', () => {
	const some = positions.filter(nth => nth % 5 === 1);
	test.each([['tells no ids', ['UIDPLUS']], ['wants to be asked before each literal', ['LITERAL+', 'LITERAL-']], ['does both', ['UIDPLUS', 'LITERAL+', 'LITERAL-']]])('%s: whatever happens, each message arrives once', async (_name, hide) => {
		const cases = onDelivery.flatMap(([, fault]) => some.map(nth => ({fault, nth})));
		await forEach(cases, 5, async ({fault, nth}) => survive([{on: 'append', nth, do: fault}], hide));
	});
});

/** Faults of either side that pass, on any command, and on reading what only reading can suffer. */
const anyFault = (random: Random, side: 'source' | 'destination'): FaultRule => {
	const nth = 1 + random.below(side === 'source' ? 5 : 12);
	if (side === 'destination' && random.next() < 0.6) {
		return {on: 'append', nth: 1 + random.below(smallCount), do: random.pick(onDelivery)[1]};
	}

	if (side === 'source' && random.next() < 0.4) {
		return random.pick<FaultRule>([
			{on: 'read', nth, do: {type: 'drop-mid-literal', bytes: random.below(200)}},
			{on: 'read', nth, do: {type: 'truncate', what: 'literal', by: 1 + random.below(30)}},
			{on: 'listing', nth, do: {type: 'truncate', what: 'size', by: random.below(9) - 4}},
			{on: 'read', nth, do: {type: 'vanish'}},
		]);
	}

	const passing: readonly Fault[] = [
		{type: 'drop'}, {type: 'stall'}, {type: 'delay', milliseconds: 5000}, {type: 'bye'}, {type: 'nonsense'}, {type: 'alien-tag'}, {type: 'commit-then-drop'},
		{type: 'throttle', milliseconds: random.pick([0, 1, 5000]), status: random.pick(['NO', 'BAD']), bye: random.next() < 0.3},
		{type: 'refuse', code: 'UNAVAILABLE', text: 'Try again'},
	];
	if (random.next() < 0.2) {
		return {on: 'bytes', after: 1000 + random.below(20_000), nth: 1 + random.below(4), do: {type: random.pick(['drop', 'stall'])}};
	}

	return {on: random.pick(side === 'source' ? ['open', 'listing', 'read', 'list', 'login', 'connect'] : ['open', 'listing', 'list', 'create', 'login', 'connect']), nth, do: random.pick(passing)};
};

describe('two faults at a time', () => {
	test('picked at random on both sides lose nothing and double nothing, and the next run finds nothing to do', async () => {
		const seeds = Array.from({length: Number(process.env.AW2MS365_ROUNDS ?? 120)}, (_value, index) => index + Number(process.env.AW2MS365_FIRST ?? 1));
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
				countStrikes(ends);
				const [left, there] = [contents(ends.source), contents(ends.destination)];
				expect({
					...what, outcome, failure, lost: without(left, there), doubled: without(there, before),
				}).toEqual({
					...what, outcome: 'complete', failure: undefined, lost: [], doubled: [],
				});
				const {delivered, alreadyThere, vanished, ...rest} = progress.messages;
				expect({...what, fates: delivered + alreadyThere + vanished, rest}).toEqual({
					...what, fates: smallCount, rest: {
						excluded: 0, refused: 0, remaining: 0, lossy: 0, unsure: 0,
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
	});
});
