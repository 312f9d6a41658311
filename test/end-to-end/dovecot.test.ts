import {rm} from 'node:fs/promises';
import {
	afterAll, beforeAll, describe, expect, test,
} from 'vitest';
import {compare, faithful} from '../checker/compare.js';
import {snapshot as fullSnapshot, type Snapshot} from '../checker/snapshot.js';
import {problemsOfSummary} from '../checker/summary.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';
import {type Dovecot, dovecotAvailable, startDovecot} from '../dovecot/dovecot.js';
import {loadMailbox} from '../dovecot/load.js';
import {configure, linesOf, run} from './program.js';

/** Without what a look at a folder changes (`\Marked`). */
const snapshot = async (server: Dovecot): Promise<Snapshot> => {
	const seen = await fullSnapshot(server);
	return {...seen, folders: seen.folders.map(folder => ({...folder, attributes: []}))};
};

describe.skipIf(!dovecotAvailable || !corpusAvailable)('all of the corpus from one real Dovecot to another', () => {
	let source: Dovecot;
	let destination: Dovecot;
	let place: Awaited<ReturnType<typeof configure>>;
	beforeAll(async () => {
		[source, destination] = await Promise.all([startDovecot(), startDovecot({storage: 'sdbox'})]);
		place = await configure(source, destination);
	});
	afterAll(async () => {
		await Promise.all([source.stop(), destination.stop()]);
		await rm(place.home, {recursive: true, force: true});
	});

	test('arrives byte for byte with dates, flags and keywords; nothing lost, nothing doubled', async () => {
		const [hard, lists] = [corpus('hard'), corpus('lists')];
		const flags = [[], [String.raw`\Seen`], [String.raw`\Seen`, String.raw`\Answered`], [String.raw`\Flagged`, '$Forwarded', 'Project-X'], [String.raw`\Draft`]];
		const messages = [...hard, ...lists].map(({bytes}, index) => ({bytes, flags: flags[index % flags.length]!, internalDate: Date.UTC(2001 + (index % 24), index % 12, 1 + (index % 28), index % 24, index % 60)}));
		await loadMailbox(source, [
			{path: ['INBOX'], messages: messages.slice(0, 150)},
			{path: ['Clients', 'Zürich & Genève'], messages: messages.slice(150, 300)},
			// Byte-identical copies in one folder, with one date and with two.
			{path: ['仕事'], messages: [...messages.slice(300), ...messages.slice(300, 310), ...messages.slice(300, 305).map(message => ({...message, internalDate: Date.UTC(2010, 1, 1)}))]},
			{path: ['Empty'], messages: []},
		]);
		const before = await snapshot(source);
		const first = await run(['migrate', '--json'], place.environment);
		const lines = linesOf(first);
		expect({code: first.code, stderr: first.stderr}).toEqual({code: 0, stderr: ''});
		expect(lines[0]).toMatchObject({v: 1, type: 'run.started'});
		expect(problemsOfSummary(JSON.stringify(lines.at(-1)))).toEqual([]);
		const there = await snapshot(destination);
		expect(compare(before, there).counts).toEqual(faithful(messages.length + 15));
		// The source is as it was.
		expect(await snapshot(source)).toEqual(before);
		const again = await run(['migrate', '--json'], place.environment);
		expect(again.code).toBe(0);
		expect(linesOf(again).at(-1)).toMatchObject({type: 'summary', outcome: 'complete', thisRun: {delivered: 0, earlier: messages.length + 15}});
		expect(await snapshot(destination)).toEqual(there);
		const verified = await run(['verify', '--json'], place.environment);
		expect(linesOf(verified).at(-1)).toMatchObject({exitCode: 0, verification: {compared: messages.length + 15, equal: messages.length + 15}});
		await rm(place.home, {recursive: true});
		place = await configure(source, destination);
		const adopted = await run(['migrate', '--json'], place.environment);
		expect(linesOf(adopted).at(-1)).toMatchObject({outcome: 'complete', messages: {delivered: 0, alreadyThere: messages.length + 15}});
		expect(await snapshot(destination)).toEqual(there);
	});
});
