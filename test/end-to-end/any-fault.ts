import {type Fault, type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type Random} from '../../source/sandbox/random.js';
import {smallCount} from './sandbox-ends.js';

/** What may befall one APPEND, by name. */
export const onDelivery: Array<[string, Fault]> = [
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

/** Faults of either side that pass, on any command, and on reading what only reading can suffer. */
export const anyFault = (random: Random, side: 'source' | 'destination'): FaultRule => {
	const nth = 1 + random.below(side === 'source' ? 5 : 12);
	if (side === 'destination' && random.next() < 0.6) {
		return {on: 'append', nth: 1 + random.below(smallCount), do: random.pick(onDelivery)[1]};
	}

	if (side === 'source' && random.next() < 0.4) {
		return random.pick<FaultRule>([
			{on: 'read', nth, do: {type: 'drop-mid-literal', bytes: random.below(200)}},
			// Never the same length twice: that would be taken for the message (design, rule 9).
			{on: 'read', nth, do: {type: 'truncate', what: 'literal', by: (nth * 5) + random.below(5)}},
			{on: 'listing', nth, do: {type: 'truncate', what: 'size', by: random.below(9) - 4}},
			{on: 'read', nth, do: {type: 'vanish'}},
		]);
	}

	const passing: readonly Fault[] = [
		{type: 'drop'},
		{type: 'stall'},
		{type: 'delay', milliseconds: 5000},
		{type: 'bye'},
		{type: 'nonsense'},
		{type: 'alien-tag'},
		{type: 'commit-then-drop'},
		{
			type: 'throttle', milliseconds: random.pick([0, 1, 5000]), status: random.pick(['NO', 'BAD']), bye: random.next() < 0.3,
		},
		{type: 'refuse', code: 'UNAVAILABLE', text: 'Try again'},
	];
	if (random.next() < 0.2) {
		return {
			on: 'bytes', after: 1000 + random.below(20_000), nth: 1 + random.below(4), do: {type: random.pick(['drop', 'stall'])},
		};
	}

	return {on: random.pick(side === 'source' ? ['open', 'listing', 'read', 'list', 'login', 'connect'] : ['open', 'listing', 'list', 'create', 'login', 'connect']), nth, do: random.pick(passing)};
};
