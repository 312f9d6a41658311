import {rm} from 'node:fs/promises';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {
	describe, expect, onTestFinished, test,
} from 'vitest';
import {realClock} from '../../source/mailbox/clock.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {contentOf} from '../../source/migration/stamp.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {type Item} from '../../source/sandbox/microsoft/item.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';
import {generatedMailbox} from '../dovecot/generated-mail.js';
import {seeded, ForgetfulFiles} from '../migration/forgetful-files.js';
import {launch} from './killable.js';
import {
	app, destinationContents, mailbox, migrateToMicrosoft, sourceContents, startMicrosoftEnds, tls,
} from './microsoft-ends.js';
import {configureMicrosoft, linesOf, run} from './program.js';
import {message, smallCount, smallMailbox} from './sandbox-ends.js';

/** Source and stand-in for programs that run as processes, and their configuration. */
const stage = async (folders: readonly FolderSeed[]) => {
	const [source, destination] = await Promise.all([
		ImapServer.start({clock: realClock(), users: [{name: 'ana@example.org', password: 'secret', mailbox: {folders}}]}),
		MicrosoftServer.start({
			clock: realClock(), users: [{address: mailbox}], apps: [app], tls,
		}),
	]);
	const configured = async () => {
		const place = await configureMicrosoft({
			host: source.host, port: source.port, user: 'ana@example.org', password: 'secret',
		}, {
			host: destination.host, mailbox, app, ca: tls.ca,
		});
		onTestFinished(async () => rm(place.home, {recursive: true, force: true}));
		return place;
	};

	onTestFinished(async () => {
		await Promise.all([source.close(), destination.close()]);
		expect([...source.errors, ...destination.errors]).toEqual([]);
	});
	return {source, destination, configured};
};

describe.skipIf(!corpusAvailable)('all of the corpus into the stand-in for Microsoft 365 by EWS', () => {
	test('reaches it byte for byte with received date, states and draft state; the verifier lives with rebuilt MIME, and a lost journal doubles nothing', async () => {
		const flags = [[], [String.raw`\Seen`], [String.raw`\Seen`, String.raw`\Answered`], [String.raw`\Flagged`, '$Forwarded', 'Project-X'], [String.raw`\Draft`]];
		const messages = [...corpus('hard'), ...corpus('lists')].map(({bytes}, index) => ({bytes, flags: flags[index % flags.length]!, internalDate: Date.UTC(2001 + (index % 24), index % 12, 1 + (index % 28), index % 24, index % 60)}));
		const total = messages.length + 15;
		const {source, destination, configured} = await stage([
			{path: ['INBOX'], messages: messages.slice(0, 150)},
			{path: ['Clients', 'Zürich & Genève'], messages: messages.slice(150, 300)},
			// Byte-identical copies in one folder, with one date and with two.
			{path: ['仕事'], messages: [...messages.slice(300), ...messages.slice(300, 310), ...messages.slice(300, 305).map(one => ({...one, internalDate: Date.UTC(2010, 1, 1)}))]},
			{path: ['Empty'], messages: []},
		]);
		const place = await configured();
		const first = await run(['migrate', '--json'], place.environment);
		expect({code: first.code, stderr: first.stderr, refused: linesOf(first).filter(({type}) => type === 'message.refused')}).toEqual({code: 0, stderr: '', refused: []});
		expect(destinationContents(destination)).toEqual(sourceContents(source));
		const ids = destination.mailbox().items.map(({id}) => id).sort();
		expect(new Set(destination.mailbox().items.map(({stamp}) => stamp)).size).toBe(total);
		expect(destination.mailbox().receipts).toEqual([]);

		const again = await run(['migrate', '--json'], place.environment);
		expect(linesOf(again).at(-1)).toMatchObject({type: 'summary', outcome: 'complete', thisRun: {delivered: 0, earlier: total}});
		const verified = await run(['verify', '--json'], place.environment);
		expect(linesOf(verified).filter(({type}) => type === 'verify.finding')).toEqual([]);
		expect(linesOf(verified).at(-1)).toMatchObject({exitCode: 0, verification: {compared: total, equal: total}});

		const {environment} = await configured();
		const adopted = await run(['migrate', '--json'], environment);
		expect(linesOf(adopted).at(-1)).toMatchObject({outcome: 'complete', messages: {delivered: 0, alreadyThere: total, altered: 0}});
		expect(destination.mailbox().items.map(({id}) => id).sort()).toEqual(ids);
	}, 120_000);

	test('put there before by a program that kept dates but knows no stamp, all of it is recognised by what survives, and nothing is doubled', async () => {
		const messages = [...corpus('hard'), ...corpus('lists')].map(({bytes}, index) => ({bytes, internalDate: Date.UTC(2001 + (index % 24), index % 12, 1 + (index % 28), index % 24, index % 60)}));
		const {destination, configured} = await stage([{path: ['INBOX'], messages}]);
		for (const {bytes, internalDate} of messages) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			await destination.mailbox().add(['Inbox'], {mime: bytes, receivedAt: internalDate, flags: 0});
		}

		const {environment} = await configured();
		const finished = await run(['migrate', '--json'], environment);
		expect(linesOf(finished).at(-1)).toMatchObject({outcome: 'complete', messages: {delivered: 0, alreadyThere: messages.length, altered: 0}});
	}, 120_000);
});

describe('what the earlier tool left in the stand-in', () => {
	test('drafts of the day of their upload, all read, are already there, altered; the remedy is shown and works', async () => {
		const folders = smallMailbox();
		const {source, destination, configured} = await stage(folders);
		for (const {path, messages = []} of folders) {
			destination.mailbox().ensureFolder(path[0] === 'INBOX' ? ['Inbox'] : path, 'IPF.Note');
			for (const {bytes} of messages) {
				// eslint-disable-next-line no-await-in-loop -- one after another
				await destination.mailbox().add(path[0] === 'INBOX' ? ['Inbox'] : path, {mime: bytes as Uint8Array, flags: 9, isRead: true});
			}
		}

		const place = await configured();
		const first = await run(['migrate', '--json'], place.environment);
		expect(linesOf(first).at(-1)).toMatchObject({messages: {alreadyThere: smallCount, altered: smallCount, delivered: 0}});
		expect(linesOf(first)).toContainEqual(expect.objectContaining({type: 'warning', words: expect.stringContaining('aw2ms365 retry --altered') as string}));
		const verified = await run(['verify', '--json'], place.environment);
		expect(verified.code).toBe(3);

		// Some of them are deleted, as the remedy says; the rest is still recognised.
		const left = destination.mailbox().items;
		for (const item of left.slice(0, 10)) {
			destination.mailbox().delete(item);
		}

		const second = await run(['retry', '--altered', '--json'], place.environment);
		expect(linesOf(second).at(-1)).toMatchObject({messages: {alreadyThere: smallCount - 10, altered: smallCount - 10, delivered: 10}});
		for (const item of left.slice(10)) {
			destination.mailbox().delete(item);
		}

		const last = await run(['retry', '--altered', '--json'], place.environment);
		expect(linesOf(last).at(-1)).toMatchObject({exitCode: 0, messages: {altered: 0, delivered: smallCount}});
		expect(destinationContents(destination)).toEqual(sourceContents(source));
	}, 60_000);
});

const nearDuplicates = (count: number) => Array.from({length: count}, (_value, index) => message('Subject: Statement\r\nMessage-ID: <statement@example.org>', `Number ${10_000 + index}`, Date.UTC(2022, 4, 5, 6, 7, index % 3 === 0 ? index % 60 : 8)));

const total = process.env.AW2MS365_SHORT ? 4000 : 20_000;

test(`a lost journal over ${total.toLocaleString('en')} rebuilt messages, near-duplicates and copies among them: 0 doubled, 0 wrongly adopted`, async () => {
	const folders = [...generatedMailbox({seed: 11, messages: total - 400}), {path: ['Statements'], messages: [...nearDuplicates(300), ...nearDuplicates(100)]}];
	const ends = await startMicrosoftEnds(folders, {speed: 1, destination: {limits: {callMilliseconds: 600_000}}});
	try {
		const first = await migrateToMicrosoft(ends);
		expect(first).toMatchObject({outcome: 'complete', progress: {messages: {delivered: total}}});
		expect(destinationContents(ends.destination)).toEqual(sourceContents(ends.source));
		const {items} = ends.destination.mailbox();
		// Some are gone there: exactly those must be delivered again.
		const gone = items.filter((_, index) => index % 997 === 5);
		for (const item of gone) {
			ends.destination.mailbox().delete(item);
		}

		const ids = new Set(ends.destination.mailbox().items.map(({id}) => id));
		const again = await migrateToMicrosoft({...ends, files: new ForgetfulFiles()});
		expect(again).toMatchObject({outcome: 'complete', progress: {messages: {alreadyThere: total - gone.length, delivered: gone.length, altered: 0}}});
		expect(destinationContents(ends.destination)).toEqual(sourceContents(ends.source));
		// By content: of identical copies any may stand for any.
		const contentsOf = (some: readonly Item[]): string[] => some.map(({stamp}) => contentOf(stamp ?? '')).sort();
		expect(contentsOf(ends.destination.mailbox().items.filter(({id}) => !ids.has(id)))).toEqual(contentsOf(gone));
	} finally {
		await ends.close();
	}
}, 300_000);

test('a process killed at random moments while it delivers by EWS is resumed each time to the same end', async () => {
	const {source, destination, configured} = await stage(generatedMailbox({seed: 5, messages: 300}));
	const random = seeded(2027);
	const wanted = sourceContents(source);
	let inTheMiddle = 0;
	for (let kill = 1; kill <= 8; kill++) {
		/* eslint-disable no-await-in-loop -- One after another: the machine is small. */
		const place = await configured();
		for (const item of destination.mailbox().items) {
			destination.mailbox().delete(item);
		}

		const first = launch(place.environment);
		await first.migrating;
		const enough = 1 + Math.floor(random() * 280);
		while (first.child.exitCode === null && destination.mailbox().items.length < enough) {
			await delay(2);
		}

		first.child.kill('SIGKILL');
		await first.ended;
		const halfway = destination.mailbox().items.length;
		inTheMiddle += halfway > 0 && halfway < 300 ? 1 : 0;
		const second = launch(place.environment);
		expect({kill, code: await second.ended}).toEqual({kill, code: 0});
		expect({kill, there: destinationContents(destination)}).toEqual({kill, there: wanted});
		/* eslint-enable no-await-in-loop */
	}

	expect(inTheMiddle).toBeGreaterThan(1);
}, 120_000);
