import {expect, test} from 'vitest';
import {
	destinationContents, migrateToMicrosoft, sourceContents, startMicrosoftEnds,
} from './microsoft-ends.js';
import {message} from './sandbox-ends.js';

const day = (index: number): number => Date.UTC(2020, 1, 1 + index);
const usual = (count: number) => Array.from({length: count}, (_value, index) => message(`From: ana@example.org\r\nSubject: usual ${index}\r\nMessage-ID: <usual-${index}@example.org>`, `Text ${index}`, day(index)));
const cursed = message('From: ana@example.org\r\nSubject: cursed\r\nMessage-ID: <cursed@example.org>', 'No network carries me', day(200));

/** A mailbox with one message in the midst of others, of its folder and of another. */
const withOneOf = () => [{path: ['A'], messages: [...usual(25), cursed, ...usual(50).slice(25)]}, {path: ['B'], messages: usual(10)}];

const refusedIn = (events: ReadonlyArray<{readonly type: string}>) => events.filter(({type}) => type === 'message.refused');

test('a message that resets the connection whenever it is sent ends refused, and all the others arrive once', async () => {
	const ends = await startMicrosoftEnds(withOneOf(), {speed: 1000, destination: {rules: [{on: 'CreateItem', holds: 'Subject: cursed', do: {type: 'drop'}}]}});
	try {
		const {outcome, progress, events} = await migrateToMicrosoft(ends, {choices: {memory: 64 * 1024 * 1024, maxRetries: 2}});
		expect({outcome, ...progress.messages}).toMatchObject({
			outcome: 'partial', delivered: 60, refused: 1, remaining: 0, unsure: 0,
		});
		expect(refusedIn(events)).toEqual([expect.objectContaining({failure: expect.objectContaining({code: 'message-refused', outcome: 'not stored', detail: 'the connection was lost 3 times while it was sent'}) as unknown, attempts: 3})]);
		expect(destinationContents(ends.destination)).toEqual(sourceContents(ends.source).filter(line => !line.includes(` ${day(200)} `)));

		// Its road mended, "retry" takes it along; without it, it stays where it is.
		ends.destination.setFaults({rules: []});
		const again = await migrateToMicrosoft(ends);
		expect(again.progress.messages).toMatchObject({delivered: 60, refused: 1});
		const retried = await migrateToMicrosoft(ends, {
			prepare(journal) {
				for (const record of journal.record.folders) {
					for (const {uid} of record.entries('refused')) {
						journal.append({
							type: 'reopened', folder: record.number, uid, at: 0,
						});
					}
				}
			},
		});
		expect(retried).toMatchObject({outcome: 'complete', progress: {messages: {delivered: 61}}});
		expect(destinationContents(ends.destination)).toEqual(sourceContents(ends.source));
	} finally {
		await ends.close();
	}
});

test.each([
	['as an error of the server inside HTTP 200', {type: 'fault', code: 'ErrorInternalServerError', status: 200}],
	['as a value that is not valid', {type: 'fault', code: 'ErrorInvalidExtendedPropertyValue', status: 500}],
	['as a request that is not understood', {type: 'fault', code: 'ErrorSchemaValidation', status: 500}],
	['by a code that nobody knows', {type: 'fault', code: 'ErrorOfTomorrow', status: 500}],
] as const)('a message that faults every call it is in (%s) ends refused alone', async (_name, fault) => {
	const ends = await startMicrosoftEnds(withOneOf(), {speed: 1000, destination: {rules: [{on: 'CreateItem', holds: 'Subject: cursed', do: fault}]}});
	try {
		const {outcome, progress, events} = await migrateToMicrosoft(ends, {choices: {memory: 64 * 1024 * 1024, maxRetries: 1}});
		expect({outcome, ...progress.messages}).toMatchObject({
			outcome: 'partial', delivered: 60, refused: 1, remaining: 0, unsure: 0,
		});
		expect(refusedIn(events)).toEqual([expect.objectContaining({failure: expect.objectContaining({code: 'message-refused', outcome: 'not stored'}) as unknown, subject: 'cursed'})]);
		expect(destinationContents(ends.destination)).toEqual(sourceContents(ends.source).filter(line => !line.includes(` ${day(200)} `)));
	} finally {
		await ends.close();
	}
});
