import {describe, expect, test} from 'vitest';
import {type FolderPath} from '../../source/mailbox/mailbox.js';
import {type Told} from '../../source/migration/events.js';
import {
	fakeDestination, fakeSource, newStore, put, type Store,
} from './fake-ends.js';
import {ForgetfulFiles} from './forgetful-files.js';
import {fastClock, runEngine} from './run-engine.js';

const mailbox = (): Store => {
	const store = newStore();
	put(store, ['A'], 'Subject: small\r\n\r\n');
	put(store, ['A'], `Subject: middling\r\nFrom: Bo <bo@old.example>\r\n\r\n${'x'.repeat(3000)}`);
	put(store, ['A'], `Subject: large\r\n\r\n${'x'.repeat(9000)}`);
	return store;
};

const headlines = async (folder: FolderPath, uids: readonly number[]) => new Map(uids.map(uid => [uid, {subject: `${folder.join('/')} ${uid}`, from: 'bo'}]));

const ran = async (store: Store, {more = {}, limits = {}}: {more?: Parameters<typeof fakeSource>[1]; limits?: {maxMessageSize?: number; maxMessageBytes?: number}} = {}) => {
	const clock = fastClock();
	const there = newStore();
	const {maxMessageSize = 0, maxMessageBytes = 0} = limits;
	const result = await runEngine({
		source: fakeSource(store, more), destination: fakeDestination(there, clock, undefined, {maxMessageBytes}), files: new ForgetfulFiles(), directory: '/state', clock, choices: {maxMessageSize},
	});
	return {...result, predicted: result.events.filter((event): event is Told & {type: 'message.predicted'} => event.type === 'message.predicted')};
};

describe('predicted refusals', () => {
	test('come with folder, UID, size, date, limit, cause and what a person knows the message by, before anything is sent', async () => {
		const {predicted, events, progress} = await ran(mailbox(), {more: {headlines}, limits: {maxMessageSize: 5000, maxMessageBytes: 2000}});
		expect(predicted.map(({folder, uid, bytes, limit, failure: {code}, subject, sender}) => [folder, uid, bytes, limit, code, subject, sender])).toEqual([
			[['A'], 3, 9018, 5000, 'message-over-limit', 'A 3', 'bo'],
			[['A'], 2, 3048, 2000, 'message-too-large', 'A 2', 'bo'],
		]);
		expect(predicted[0]!.receivedAt).toBe('2020-01-01T00:04:00.000Z');
		const types = events.map(({type}) => type);
		expect(types.lastIndexOf('message.predicted')).toBeLessThan(types.indexOf('survey.completed'));
		expect(types.indexOf('folder.surveyed')).toBeLessThan(types.indexOf('message.predicted'));
		expect(progress.folders.get('["A"]')).toMatchObject({predicted: 2});
	});

	test('are right: exactly these are refused, and no other', async () => {
		const {predicted, progress} = await ran(mailbox(), {limits: {maxMessageSize: 5000, maxMessageBytes: 2000}});
		expect(predicted).toHaveLength(2);
		expect(progress.messages).toMatchObject({delivered: 1, refused: 2, remaining: 0});
	});

	test('are told without a subject where the source has none to give, or fails to', async () => {
		const failing = async (): Promise<never> => {
			throw new Error('no');
		};

		for (const more of [{}, {headlines: failing}]) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			const {predicted, outcome} = await ran(mailbox(), {more, limits: {maxMessageSize: 5000}});
			expect(predicted.map(({uid, subject}) => [uid, subject])).toEqual([[3, undefined]]);
			expect(outcome).toBe('partial');
		}
	});

	test('there are none where nothing is too large', async () => {
		const {predicted, outcome} = await ran(mailbox(), {more: {headlines}, limits: {maxMessageSize: 10_000, maxMessageBytes: 10_000}});
		expect(predicted).toEqual([]);
		expect(outcome).toBe('complete');
	});
});
