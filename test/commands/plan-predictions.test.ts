import {describe, expect, test} from 'vitest';
import {showPlan} from '../../source/commands/plan-text.js';
import {type Stage} from '../../source/commands/stage.js';
import {FailureError} from '../../source/mailbox/failure.js';
import {type FolderPath} from '../../source/mailbox/mailbox.js';
import {type Event} from '../../source/migration/events.js';
import {
	emptyTally, fold, type Progress, startProgress,
} from '../../source/migration/progress.js';
import {wrapLine} from '../../source/output/terminal.js';
import {collectingTerminal} from '../output/collected.js';

const megabyte = 1_048_576;

const told = (events: readonly Event[]): Progress => {
	const progress = startProgress();
	for (const [seq, event] of events.entries()) {
		fold(progress, {
			...event, seq, at: 0, run: 'r',
		});
	}

	return progress;
};

const begun = (isMicrosoft: boolean): Event => ({
	type: 'run.started', command: 'plan', version: '0.0.0', source: 'ana@old.example', destination: 'ana@new.example', transport: 'imap',
	...(isMicrosoft && {application: {tenantId: 't', clientId: 'c'}}),
});

const surveyed = (folder: FolderPath, predicted: number, reasons: readonly string[] = []): Event => ({
	type: 'folder.surveyed', folder, destination: folder, reasons, exists: true, messages: {...emptyTally(), remaining: 10}, bytes: {...emptyTally(), remaining: 10 * megabyte}, predicted,
});

const predicted = (folder: FolderPath, uid: number, size: number, {limit = 36 * megabyte, code = 'message-over-limit' as const, subject = 'Photos of the summer party, all of them'}: {limit?: number; code?: 'message-over-limit' | 'message-too-large'; subject?: string} = {}): Event => ({
	type: 'message.predicted', folder, uid, bytes: size, limit, receivedAt: '2021-05-03T10:00:00.000Z', failure: new FailureError(code).failure, subject,
});

/** The plan's rows on a screen of 80 columns, from the first that is about what will not pass. */
const shown = (events: readonly Event[]): string[] => {
	const terminal = collectingTerminal();
	showPlan({terminal, progress: told(events)} as unknown as Stage);
	const rows = terminal.results.flatMap(line => wrapLine(line, 80).split('\n'));
	return rows.slice(rows.findIndex(row => /will not pass|cannot keep|with a line/v.test(row)));
};

describe('a plan', () => {
	test('names what is too large, the limit as assumed and what raises it, within 80 columns', () => {
		const rows = shown([begun(true), surveyed(['INBOX'], 2), predicted(['INBOX'], 17, 45.1 * megabyte), predicted(['INBOX'], 18, 151 * megabyte, {subject: ''})]);
		expect(rows).toEqual([
			'2 messages will not pass as things stand, 196.1 MB:',
			'  2 are larger than 36 MB (options.maxMessageSize): what a mailbox of Exchange',
			'    Online takes unless somebody raised it. This is assumed, as no permission of',
			'    ours lets the limit be read.',
			'  To let them pass, say in Exchange Online PowerShell:',
			'    Set-Mailbox \'ana@new.example\' -MaxReceiveSize 150MB -MaxSendSize 150MB',
			'  and in the configuration options.maxMessageSize: 150 MB.',
			'  What is larger than 150 MB, the most that Exchange Online takes, has to be',
			'    moved by hand.',
			'    INBOX  UID 17  45.1 MB  2021-05-03  Photos of the summer party, all…',
			'    INBOX  UID 18  151 MB  2021-05-03',
			'',
			'Messages with a line of more than 10,239 bytes do not pass into Exchange by',
			'  IMAP. Which ones is found out when they are read: they are not sent then, but',
			'  tried by another way that is open.',
			'',
			'10 messages to deliver, 10.5 MB. Nothing was written.',
		]);
		expect(Math.max(...rows.map(row => row.length))).toBeLessThanOrEqual(80);
	});

	test('shows twenty of one cause at most, and says how to see all', () => {
		const many = Array.from({length: 60}, (_, index) => predicted([index < 30 ? 'A' : 'B'], index + 1, 40 * megabyte));
		const rows = shown([begun(true), surveyed(['A'], 30), ...many.slice(0, 30), surveyed(['B'], 30), ...many.slice(30)]);
		expect(rows[0]).toBe('60 messages will not pass as things stand, 2400 MB:');
		expect(rows.filter(row => row.includes('UID'))).toHaveLength(20);
		expect(rows).toContain('    … and 40 more; "aw2ms365 plan --json" names each (message.predicted).');
	});

	test('says of a way that takes less that another one is tried', () => {
		const rows = shown([begun(true), surveyed(['A'], 1), predicted(['A'], 1, 5 * megabyte, {limit: 4 * megabyte, code: 'message-too-large'}), {
			type: 'road.chosen', transport: 'graph', reason: 'best', losses: [], mayLose: [],
		}]);
		expect(rows.join(' ')).toMatch(/1 is larger than 4 MB, the most that GRAPH takes; it is tried by another way +where one is open\./v);
		expect(rows.join(' ')).not.toMatch(/Set-Mailbox|with a line/v);
	});

	test('of a server with a password speaks of no Exchange', () => {
		const rows = shown([begun(false), surveyed(['A'], 1), predicted(['A'], 1, 5 * megabyte, {limit: 4 * megabyte})]);
		expect(rows).toContain('  1 is larger than options.maxMessageSize (4 MB): raise it if the destination');
		expect(rows.join(' ')).not.toMatch(/Exchange|10,239/v);
	});

	test('does not promise more than Exchange Online takes', () => {
		const rows = shown([begun(true), surveyed(['A'], 1), predicted(['A'], 1, 151 * megabyte, {limit: 150 * megabyte})]);
		expect(rows.join(' ')).toContain('has to be     moved by hand');
		expect(rows.join(' ')).not.toContain('Set-Mailbox');
	});

	test('counts the folders that cannot keep their names', () => {
		expect(shown([begun(false), surveyed(['A'], 0, ['renamed']), surveyed(['B'], 0, ['role'])])[0]).toBe('1 folder cannot keep its name or place, as said above; options.folderMap gives');
	});

	test('forgets what was said of a folder that is listed again', () => {
		const rows = shown([begun(true), surveyed(['A'], 1), predicted(['A'], 1, 50 * megabyte), surveyed(['A'], 0)]);
		expect(rows[0]).toMatch(/^Messages with a line/v);
	});
});
