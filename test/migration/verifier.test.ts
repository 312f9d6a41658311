import {describe, expect, test} from 'vitest';
import {FailureError} from '../../source/mailbox/failure.js';
import {type MailSource} from '../../source/mailbox/source.js';
import {type Event} from '../../source/migration/events.js';
import {verify} from '../../source/migration/verifier.js';
import {
	fakeDestination, fakeSource, newStore, put, traits,
} from './fake-ends.js';
import {ForgetfulFiles} from './forgetful-files.js';
import {
	choices, fastClock, openTestJournal, runEngine,
} from './run-engine.js';

const never = new AbortController().signal;

/** Two folders migrated, then verified. */
const migrated = async () => {
	const [source, destination, files, clock] = [newStore(), newStore(), new ForgetfulFiles(), fastClock()];
	for (let index = 0; index < 5; index++) {
		put(source, ['INBOX'], `Subject: ${index}\r\n\r\n`);
		put(source, ['Archive'], `Subject: old ${index}\r\n\r\n`);
	}

	await runEngine({
		source: fakeSource(source), destination: fakeDestination(destination, clock), files, directory: '/state', clock,
	});
	const journal = await openTestJournal(files, '/state', clock);
	const look = async (from: MailSource, more: Partial<typeof traits> = {}) => {
		const events: Event[] = [];
		let failure;
		try {
			await verify({
				source: from, destination: fakeDestination(destination, clock), traits: {...traits, ...more}, record: journal.record, details: async (folder, uid) => journal.details(folder, uid), choices, signal: never, tell(event) {
					events.push(event);
				},
			});
		} catch (error) {
			failure = (error as FailureError).failure;
		}

		const folders = events.filter(event => event.type === 'verify.folder');
		return {events, failure, equal: folders.reduce((sum, folder) => sum + folder.equal, 0)};
	};

	return {source, destination, look};
};

describe('verify', () => {
	test('compares the other folders when one does not open, and does not call the whole proven', async () => {
		const {source, look} = await migrated();
		const ends = fakeSource(source);
		const seen = await look({
			...ends, async list(path, signal) {
				if (path[0] === 'Archive') {
					throw new FailureError('folder-unreadable');
				}

				return ends.list(path, signal);
			},
		});
		expect(seen.equal).toBe(5);
		expect(seen.failure).toMatchObject({code: 'folder-unreadable'});
		expect(seen.events).toContainEqual(expect.objectContaining({type: 'folder.failed', folder: ['Archive']}));
	});

	test('where the store rebuilds messages goes by id and date, and says so', async () => {
		const {source, destination, look} = await migrated();
		destination.get('["INBOX"]')!.messages[0]!.bytes = new Uint8Array([1]);
		destination.get('["INBOX"]')!.messages[1]!.receivedAt += 60_000;
		destination.get('["Archive"]')!.messages.splice(0, 1);
		const seen = await look(fakeSource(source), {keepsBytes: false});
		expect(seen.events.filter(event => event.type === 'verify.finding').map(event => event.kind).sort()).toEqual(['date', 'missing']);
		expect(seen.events).toContainEqual(expect.objectContaining({type: 'warning', words: expect.stringContaining('not by content') as string}));
		const strict = await look(fakeSource(source));
		expect(strict.events.filter(event => event.type === 'verify.finding').map(event => event.kind).sort()).toEqual(['altered', 'date', 'missing']);
	});
});
