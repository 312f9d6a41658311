import {expect, test} from 'vitest';
import {type DeliveryResult} from '../../source/mailbox/destination.js';
import {FailureError} from '../../source/mailbox/failure.js';
import {toldOnce, type Send, type Tell} from '../../source/destinations/told-once.js';
import {delivery} from './deliveries.js';

const batch = [delivery('a', {uid: 1}), delivery('b', {uid: 2}), delivery('c', {uid: 3})];

/** Runs it; answers what was reported, in that order. */
const run = async (ready: (tell: Tell) => Promise<Send | undefined>, {given = batch, signal = new AbortController().signal}: {given?: typeof batch; signal?: AbortSignal} = {}) => {
	const told: Array<readonly [number, DeliveryResult | 'gone']> = [];
	await toldOnce(given, (position, result) => {
		told.push([position, result]);
	}, signal, {
		ready,
		gone() {
			told.push([-1, 'gone']);
		},
	});
	return told;
};

const stored: DeliveryResult = {stored: true};
const failed = (code: string, outcome: string) => ({stored: false, failure: {code, outcome}});

test('of what nothing was told when sending failed, each is unknown, and what was told is not told again', async () => {
	const told = await run(async tell => async sent => {
		tell(sent[1]!, stored);
		throw new FailureError('connection-lost', {outcome: 'not stored'});
	});
	expect(told).toMatchObject([[1, stored], [0, failed('connection-lost', 'unknown')], [2, failed('connection-lost', 'unknown')]]);
});

test('what sending forgets is reported as a bug whose outcome is unknown', async () => {
	const told = await run(async () => async () => undefined);
	expect(told).toMatchObject([0, 1, 2].map(position => [position, failed('bug', 'unknown')]));
});

test('what fails before sending has begun is not stored', async () => {
	const told = await run(async () => {
		throw new FailureError('server-unavailable', {outcome: 'unknown'});
	});
	expect(told).toMatchObject([0, 1, 2].map(position => [position, failed('server-unavailable', 'not stored')]));
});

test('where the folder is gone this is known before anybody is told', async () => {
	const told = await run(async () => undefined);
	expect(told).toMatchObject([[-1, 'gone'], ...[0, 1, 2].map(position => [position, failed('folder-gone', 'not stored')])]);
});

test('stopped before it was sent, all are not stored, and nothing was made ready', async () => {
	let made = false;
	const told = await run(async () => {
		made = true;
		return undefined;
	}, {signal: AbortSignal.abort()});
	expect(told).toMatchObject([0, 1, 2].map(position => [position, failed('connection-lost', 'not stored')]));
	expect(made).toBe(false);
});

test('a delivery that is given twice is reported twice, each by its position', async () => {
	const told = await run(async tell => async sent => {
		for (const one of sent.toReversed()) {
			tell(one, stored);
		}

		return undefined;
	}, {given: [batch[0]!, batch[0]!]});
	expect(told).toEqual([[1, stored], [0, stored]]);
});

test('what an adapter tells twice is reported once', async () => {
	const told = await run(async tell => async sent => {
		tell(sent[0]!, stored);
		tell(sent[0]!, {stored: false, failure: new FailureError('message-refused').failure});
		return undefined;
	});
	expect(told.map(([position]) => position)).toEqual([0, 1, 2]);
	expect(told).toMatchObject([[0, stored], [1, failed('bug', 'unknown')], [2, failed('bug', 'unknown')]]);
});
