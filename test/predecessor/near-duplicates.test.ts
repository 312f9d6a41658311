import {expect, test} from 'vitest';
import {FailureError} from '../../source/mailbox/failure.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {
	contents, type Ends, message, migrate, startEnds,
} from '../end-to-end/sandbox-ends.js';
import {
	fakeDestination, fakeSource, newStore, put,
} from '../migration/fake-ends.js';
import {ForgetfulFiles} from '../migration/forgetful-files.js';
import {fastClock, runEngine} from '../migration/run-engine.js';

const noon = Date.UTC(2024, 2, 4, 12);
const minutes = (count: number): number => noon + (count * 60_000);

const dated = (subject: string, minute: number): string => `From: billing@example.org\r\nSubject: ${subject}\r\nDate: ${new Date(minutes(minute)).toUTCString()}`;

/** What the destination holds, and the mail that an earlier tool took for the same: one word of the subject, within five minutes. */
const there = [message(dated('Invoice 1001', 0), 'The first.', noon)];
const alike = [
	message(dated('Invoice 1002', 3), 'The second.', minutes(3)),
	message(dated('Re: your Invoice', 4), 'An answer to it.', minutes(4)),
	message('From: billing@example.org\r\nSubject: Invoice', 'Without a date.', minutes(60)),
	message('From: billing@example.org\r\nSubject: Invoice 1001\r\nDate: yesterday', 'With a date that is none.', minutes(61)),
];

/** Mail that the same tool could not recognise: too short, without a word in ASCII, folded, in another charset. */
const unlike = [
	message(dated('Hi', 10), 'Short.', minutes(10)),
	message(dated('=?UTF-8?B?5pel5pys6Kqe?=', 11), 'No word in ASCII.', minutes(11)),
	message(dated('=?UTF-8?Q?folded_?=\r\n =?UTF-8?Q?subject?=', 12), 'Folded.', minutes(12)),
	message(dated('=?ISO-8859-1?B?R3L832U=?=', 13), 'Another charset.', minutes(13)),
	message('X-Nothing: 1', 'Neither subject nor date nor sender.', minutes(14)),
];

const folder = (messages: FolderSeed['messages']): FolderSeed[] => [{path: ['INBOX'], messages: messages!}];

const between = async (source: FolderSeed[], destination: FolderSeed[], play: (ends: Ends) => Promise<void>): Promise<void> => {
	const ends = await startEnds(source, {there: destination});
	try {
		await play(ends);
	} finally {
		await ends.close();
	}
};

test('mail that shares a word and the hour with what is there is no duplicate of it', async () => {
	await between(folder([...there, ...alike]), folder(there), async ends => {
		const {progress} = await migrate(ends);
		expect(progress.messages).toMatchObject({alreadyThere: 1, delivered: alike.length, remaining: 0});
		expect(contents(ends.destination)).toEqual(contents(ends.source));
	});
});

test('mail that is there is recognised whatever its subject: short, folded, in any charset, or none', async () => {
	await between(folder(unlike), folder(unlike), async ends => {
		const {progress} = await migrate(ends);
		expect(progress.messages).toMatchObject({alreadyThere: unlike.length, delivered: 0});
		expect(ends.destination.counters.appended).toBe(0);
	});
});

test.each(['folder-unreadable', 'throttled', 'connection-lost'] as const)('a look at the destination that fails (%s) finds nothing absent: nothing is sent until one succeeds', async code => {
	const [source, destination] = [newStore(), newStore()];
	for (const store of [source, destination]) {
		put(store, ['INBOX'], 'Subject: Invoice 1001\r\n\r\n');
		put(store, ['INBOX'], 'Subject: Hi\r\n\r\n');
	}

	const clock = fastClock();
	const to = fakeDestination(destination, clock);
	let isBroken = true;
	const run = async () => runEngine({
		source: fakeSource(source), files: new ForgetfulFiles(), directory: '/state', clock,
		destination: {
			...to,
			async list(path, signal) {
				if (isBroken) {
					throw new FailureError(code, {outcome: 'not stored', ...(code === 'throttled' && {wait: 1000})});
				}

				return to.list(path, signal);
			},
		},
	});
	const first = await run();
	expect({outcome: first.outcome, deliveries: to.deliveries()}).toEqual({outcome: expect.not.stringMatching('complete') as unknown, deliveries: 0});
	isBroken = false;
	const second = await run();
	expect({...second.progress.messages, deliveries: to.deliveries()}).toMatchObject({alreadyThere: 2, delivered: 0, deliveries: 0});
});
