import {describe, expect} from 'vitest';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {linesOf} from './program.js';
import {test} from './tenant-scene.js';

const [seen, flagged, answered, draft, deleted] = [String.raw`\Seen`, String.raw`\Flagged`, String.raw`\Answered`, String.raw`\Draft`, String.raw`\Deleted`];
const states: ReadonlyArray<readonly string[]> = [[], [seen], [seen, flagged], [seen, answered], [flagged]];

const mail = (number: number, flags = states[number % states.length]!, id = `<${number}@old.example>`) => ({
	bytes: new TextEncoder().encode(`From: Ann <ann@example.org>\r\nTo: ana@old.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= ${number}\r\nMessage-ID: ${id}\r\nDate: ${new Date(Date.UTC(2021, 4, 1, 8, number)).toUTCString()}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nText of ${number}.\r\n`),
	internalDate: Date.UTC(2021, 4, 1, 9, number), flags,
});

const some = (from: number, count: number) => Array.from({length: count}, (_, index) => mail(from + index));

/** Several calls of EWS in several folders; copies that nothing tells apart, drafts, and one that stays behind. */
const folders: readonly FolderSeed[] = [
	{path: ['INBOX'], messages: [...some(0, 60), mail(60), mail(60), mail(60), mail(61, [deleted])]},
	{path: ['Sent'], role: 'sent', messages: some(100, 40)},
	{path: ['Drafts'], role: 'drafts', messages: [mail(150, [draft, seen]), mail(151, [draft])]},
	{path: ['Projects', 'Zürich & more'], messages: some(200, 40)},
];

describe('EWS closes in the middle of a run', () => {
	test('the run goes on by IMAP into the same mailbox: every message once, and verify finds all of them', async ({scene}) => {
		const stage = await scene({profile: 'EWS closes in the middle of a run', folders});
		const migrated = await stage.run(['migrate', '--json']);
		const roads = linesOf(migrated).filter(({type}) => String(type).startsWith('road.')).map(({type, transport}) => `${String(type)} ${String(transport)}`);
		expect([migrated.code, roads]).toEqual([0, ['road.chosen ews', 'road.closed ews', 'road.chosen imap']]);
		expect(stage.lying()).toEqual(stage.expected());
		// Both doors were gone through.
		const byEws = stage.tenant.mailbox().items.filter(({stamp}) => stamp !== undefined).length;
		expect([byEws > 0, stage.tenant.imap.counters.appended > 0, byEws + stage.tenant.imap.counters.appended]).toEqual([true, true, 145]);
		const verified = await stage.run(['verify', '--json']);
		expect([verified.code, linesOf(verified).at(-1)]).toMatchObject([0, {
			verification: {
				equal: 145, findings: {
					missing: 0, extra: 0, altered: 0, date: 0, flags: 0,
				},
			},
		}]);
		const again = await stage.run(['migrate', '--json']);
		expect([again.code, stage.lying()]).toEqual([0, stage.expected()]);
	});

	test('what EWS stored without an answer before it closed is found by IMAP, and not sent again', async ({scene}) => {
		const stage = await scene({
			profile: 'EWS closes in the middle of a run', folders, tenant: {tenant: {ewsClosesAt: {operation: 'CreateItem', nth: 3}}, faults: {rules: [{on: 'CreateItem', nth: 2, do: {type: 'commit-then-drop'}}]}},
		});
		const migrated = await stage.run(['migrate', '--json']);
		expect([migrated.code, stage.lying()]).toEqual([0, stage.expected()]);
		expect(stage.tenant.struck.length).toBe(1);
	});
});
