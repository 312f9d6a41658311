import process from 'node:process';
import {describe, expect, test} from 'vitest';
import {type Fault, type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {
	destinationContents, migrateToMicrosoft, sourceContents, startMicrosoftEnds,
} from './microsoft-ends.js';
import {forEach, smallCount, smallMailbox} from './sandbox-ends.js';

/** What may befall one CreateItem, by name. */
const onDelivery: Array<[string, Fault]> = [
	['connection lost', {type: 'drop'}],
	['committed, connection lost', {type: 'commit-then-drop'}],
	['connection lost, committed 20 s later', {type: 'drop-then-commit', milliseconds: 20_000}],
	['connection lost, committed 55 s later', {type: 'drop-then-commit', milliseconds: 55_000}],
	['answer cut off', {type: 'drop-mid-answer', bytes: 300}],
	['no answer', {type: 'stall'}],
	['committed, no answer', {type: 'stall', commit: true}],
	['busy, with a wait', {type: 'busy', milliseconds: 5000, hold: true}],
	['busy, with a wait of 0', {type: 'busy', milliseconds: 0}],
	['busy, without a wait', {type: 'busy', code: 'ErrorTooManyObjectsOpened'}],
	['one item busy inside HTTP 200', {type: 'busy-item', index: 1, milliseconds: 5000}],
	['all items busy inside HTTP 200', {type: 'busy-item', milliseconds: 5000}],
	['a fault for the whole call', {type: 'fault', code: 'ErrorInvalidExtendedPropertyValue'}],
	['a fault inside HTTP 200 for the whole call', {type: 'fault', code: 'ErrorInternalServerError', status: 200}],
	['a fault although it was carried out', {type: 'fault', code: 'ErrorInternalServerTransientError', commit: true}],
	['a batch that stops after two', {type: 'batch-stop', after: 2}],
	['one item fails for the moment', {type: 'item', index: 0, code: 'ErrorMailboxStoreUnavailable'}],
	['one item fails although it is stored', {
		type: 'item', index: 0, code: 'ErrorInternalServerError', stored: true,
	}],
	['one item fails by time-out although it is stored', {
		type: 'item', index: 2, code: 'ErrorTimeoutExpired', stored: true,
	}],
	['the token runs out', {type: 'expire'}],
	['500 without SOAP', {type: 'http', status: 500, body: '<html>oops</html>'}],
	['502 although it was carried out', {
		type: 'http', status: 502, body: '', commit: true,
	}],
	['503 with Retry-After', {type: 'http', status: 503, headers: {'Retry-After': '30'}}],
	['nonsense', {type: 'nonsense'}],
	['nonsense although it was carried out', {type: 'nonsense', commit: true}],
	['forbidden characters in the answer', {type: 'forbidden-characters'}],
	['answered 30 s later', {type: 'delay', milliseconds: 30_000, commit: true}],
	['the folder is deleted just before', {type: 'delete-folder'}],
	['its named properties are used up', {type: 'names-used-up'}],
];

/** A run that ends complete although the destination does this to it: every message once, dates and states right, fates closed. */
const survive = async (rules: readonly FaultRule[]): Promise<void> => {
	const ends = await startMicrosoftEnds(smallMailbox(), {destination: {rules}});
	try {
		const {outcome, progress, failure} = await migrateToMicrosoft(ends);
		await ends.destination.settled();
		const {delivered, alreadyThere, lossy, ...rest} = progress.messages;
		const lost = rules.some(rule => rule.do.type === 'delete-folder');
		const [there, wanted] = [destinationContents(ends.destination), sourceContents(ends.source)];
		expect({
			rules, outcome, failure, there: lost ? [] : there, extra: there.filter(line => !wanted.includes(line)), struck: ends.destination.struck.length > 0, done: delivered + alreadyThere, rest,
		}).toEqual({
			rules, outcome: 'complete', failure: undefined, there: lost ? [] : wanted, extra: [], struck: true, done: smallCount,
			rest: {
				excluded: 0, refused: 0, vanished: 0, remaining: 0, altered: 0, unsure: 0,
			},
		});
		// Those that were on their way when the first was told to wait.
		expect(ends.destination.early).toBeLessThan(4);
	} finally {
		await ends.close();
	}
};

describe('every call that delivers in turn, into Microsoft 365 by EWS', () => {
	test.each(onDelivery)('%s: each message arrives once', async (_name, fault) => {
		await forEach(process.env.AW2MS365_SHORT ? [2] : [1, 2, 3, 4, 5, 6], 3, async nth => survive([{on: 'CreateItem', nth, do: fault}]));
	});

	test('405 and closing on several at once: they are sent one by one', async () => {
		await forEach([1, 2, 3], 3, async nth => survive([{
			on: 'CreateItem', nth, items: 2, do: {type: 'http', status: 405, close: true},
		}]));
	});
});
