import {readdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, expect} from 'vitest';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {linesOf} from './program.js';
import {roadsIn, test, type TenantScene} from './tenant-scene.js';

/* What one road refuses goes by another one, and a road that closes leaves nothing doubled: as processes. */

const seen = String.raw`\Seen`;

const mail = (number: number, {header = '', body = `Text of ${number}.`}: {readonly header?: string; readonly body?: string} = {}) => ({
	bytes: new TextEncoder().encode([
		'From: Ann <ann@example.org>',
		'To: ana@old.example',
		`Subject: number ${number}`,
		`Message-ID: <${number}@old.example>`,
		`Date: ${new Date(Date.UTC(2021, 4, 1, 8, number)).toUTCString()}`,
		`${header}MIME-Version: 1.0`,
		'Content-Type: text/plain; charset=us-ascii',
		'',
		body,
		'',
	].join('\r\n')),
	internalDate: Date.UTC(2021, 4, 1, 9, number), flags: number % 2 === 0 ? [seen] : [],
});

const some = (from: number, count: number) => Array.from({length: count}, (_, index) => mail(from + index));
const text = (length: number): string => `${'x'.repeat(70)}\r\n`.repeat(Math.ceil(length / 72));

/** One too large for EWS, and one with something that only EWS and Graph refuse. */
const ruled = 'X-Rule: not here\r\n';
const large = 300_000;
const troubled: readonly FolderSeed[] = [
	{path: ['INBOX'], messages: [...some(0, 15), mail(20, {body: text(large)}), mail(21, {header: ruled}), ...some(30, 5)]},
	{path: ['Sent'], role: 'sent', messages: some(100, 10)},
];
const refusing = {limits: {messageBytes: 200_000}, refusals: [{header: {name: 'X-Rule', holds: 'not here'}, code: 'ErrorMimeContentInvalid'}]};
const atOnce = {maxRetries: 0};

const isWhole = (stage: TenantScene): void => {
	expect(stage.lying()).toEqual(stage.expected());
};

const until = async (isThere: () => Promise<boolean>): Promise<void> => {
	// eslint-disable-next-line no-await-in-loop -- until it is there
	while (!await isThere()) {
		await delay(2); // eslint-disable-line no-await-in-loop -- as above
	}
};

const journalOf = async ({home}: TenantScene): Promise<string | undefined> => {
	const names = await readdir(home);
	return names.filter(name => name.endsWith('.journal')).map(name => path.join(home, name))[0];
};

const nothingToDo = async (stage: TenantScene, parameters: readonly string[] = []): Promise<void> => {
	const {revision} = stage.tenant.mailbox();
	const again = await stage.run(['migrate', '--json', ...parameters]);
	expect(again.code).toBe(0);
	expect(linesOf(again).at(-1)).toMatchObject({thisRun: {delivered: 0}});
	expect(stage.tenant.mailbox().revision).toBe(revision);
};

describe.concurrent('what one road refuses for good', () => {
	test('goes by the next one in the same run: too large for EWS, and against a rule of EWS', async ({scene}) => {
		const stage = await scene({
			profile: 'EWS allow-listed', folders: troubled, tenant: refusing, options: atOnce,
		});
		const migrated = await stage.run(['migrate', '--json']);
		expect([migrated.code, roadsIn(migrated)]).toEqual([0, ['ews best', 'imap refused 2']]);
		expect(linesOf(migrated).at(-1)).toMatchObject({outcome: 'complete', messages: {delivered: 32, refused: 0}, roads: [{transport: 'ews', delivered: 30}, {transport: 'imap', delivered: 2}]});
		isWhole(stage);
		const verified = await stage.run(['verify', '--json']);
		expect([verified.code, linesOf(verified).at(-1)]).toMatchObject([0, {verification: {equal: 32}}]);
		await nothingToDo(stage);
	});

	test('goes by Graph where IMAP is shut', async ({scene}) => {
		const stage = await scene({
			profile: 'EWS allow-listed', folders: troubled, tenant: {limits: {requestBytes: 200_000, oversize: 413}, graph: {patchesDates: true}}, options: atOnce,
		});
		stage.user.imap = false;
		const migrated = await stage.run(['migrate', '--json']);
		expect([migrated.code, roadsIn(migrated)]).toEqual([0, ['ews best', 'imap closed: imap-closed', 'graph refused 1']]);
		isWhole(stage);
		await nothingToDo(stage);
	});

	test('and by all others: failures names the roads, the run ends with 3, and the next one asks none of them again', async ({scene}) => {
		const stage = await scene({
			profile: 'EWS allow-listed', folders: troubled, options: {...atOnce, allowLoss: true},
			tenant: {...refusing, imap: {refusals: [{header: {name: 'X-Rule', holds: 'not here'}, text: 'Not here.'}]}},
		});
		const migrated = await stage.run(['migrate', '--json']);
		expect([migrated.code, roadsIn(migrated)]).toEqual([3, ['ews best', 'imap refused 2', 'graph refused 1', 'graph-json refused 1']]);
		const [json, plain] = [await stage.run(['failures', '--json']), await stage.run(['failures'])];
		expect(linesOf(json).filter(({type}) => type === 'failure')).toMatchObject([{uid: 17, roads: ['ews', 'imap', 'graph', 'graph-json']}]);
		expect(plain.stdout).toContain('(by EWS, IMAP, GRAPH, GRAPH-JSON)');
		const {revision} = stage.tenant.mailbox();
		const again = await stage.run(['migrate', '--json']);
		expect([again.code, roadsIn(again), stage.tenant.mailbox().revision]).toEqual([3, ['ews best'], revision]);
	});

	test('too long a line for IMAP goes by importMime', async ({scene}) => {
		const stage = await scene({
			profile: '2026-11-23 usual tenant', tenant: {graph: {patchesDates: true}}, folders: [{path: ['INBOX'], messages: [...some(0, 5), mail(10, {body: 'y'.repeat(20_000)})]}],
		});
		const migrated = await stage.run(['migrate', '--json']);
		expect([migrated.code, roadsIn(migrated)]).toEqual([0, ['ews closed: ews-closed', 'imap best', 'graph refused 1']]);
		expect(linesOf(migrated).filter(({type}) => type === 'message.refused')).toMatchObject([{failure: {code: 'message-line-too-long'}}]);
		isWhole(stage);
		await nothingToDo(stage);
	});

	test('is tried by the one road that retry names', async ({scene}) => {
		const stage = await scene({
			profile: 'EWS allow-listed', folders: troubled, tenant: refusing, options: atOnce,
		});
		const migrated = await stage.run(['migrate', '--transport', 'ews', '--json']);
		expect([migrated.code, roadsIn(migrated)]).toEqual([3, ['ews only']]);
		const retried = await stage.run(['retry', '--transport', 'imap', '--json']);
		expect([retried.code, roadsIn(retried)]).toEqual([0, ['imap only']]);
		isWhole(stage);
		await nothingToDo(stage);
	});
});

describe.concurrent('a message above what importMime takes', () => {
	const folders: readonly FolderSeed[] = [{path: ['INBOX'], messages: [...some(0, 3), mail(10, {body: text(3_300_000)})]}];

	test('is named by the plan, refused without consent, and goes by JSON with it', async ({scene}) => {
		const stage = await scene({profile: 'Graph by RBAC', folders, tenant: {graph: {patchesDates: true}}});
		const planned = await stage.run(['plan', '--json']);
		expect(linesOf(planned).filter(({type}) => type === 'message.predicted')).toMatchObject([{uid: 4, failure: {code: 'message-too-large'}}]);
		const migrated = await stage.run(['migrate', '--json']);
		expect([migrated.code, roadsIn(migrated).slice(2)]).toEqual([3, ['graph best', 'graph-json closed: loss-not-allowed']]);
		expect(linesOf(migrated).at(-1)).toMatchObject({messages: {delivered: 3, refused: 1}});
		const failed = await stage.run(['failures', '--json']);
		expect(linesOf(failed).filter(({type}) => type === 'failure')).toMatchObject([{roads: ['graph'], failure: {code: 'message-too-large'}}]);
		const allowed = await stage.run(['migrate', '--json', '--allow-loss']);
		expect([allowed.code, roadsIn(allowed).slice(2)]).toEqual([0, ['graph best', 'graph-json refused 1']]);
		expect(linesOf(allowed).at(-1)).toMatchObject({messages: {delivered: 4, refused: 0}});
		isWhole(stage);
		await nothingToDo(stage);
	});
});

describe.concurrent('killed', () => {
	test('between refusal and fallback: the next run carries on, and nothing is doubled', async ({scene}) => {
		const stage = await scene({
			profile: 'EWS allow-listed', folders: troubled, options: atOnce, tenant: {...refusing, imap: {faults: {rules: [{on: 'login', nth: 1, do: {type: 'stall'}}]}}},
		});
		const running = stage.start(['migrate', '--json']);
		// Once both refusals are on record.
		await until(async () => {
			const journal = await journalOf(stage);
			const written = journal === undefined ? '' : await readFile(journal, 'latin1');
			return written.includes('number 20') && written.includes('number 21');
		});
		running.child.kill('SIGKILL');
		const {signal} = await running.finished;
		expect([signal, stage.tenant.imap.counters.appended]).toEqual(['SIGKILL', 0]);
		stage.tenant.imap.setFaults({rules: []});
		const next = await stage.run(['migrate', '--json']);
		expect([next.code, roadsIn(next)]).toEqual([0, ['ews best', 'imap refused 2']]);
		isWhole(stage);
		await nothingToDo(stage);
	});

	test('after EWS stored without an answer and closed, and with the journal lost: the next run by IMAP doubles nothing', async ({scene}) => {
		const copies = [mail(60), mail(60), mail(60)];
		const stage = await scene({
			profile: 'EWS closes in the middle of a run', folders: [{path: ['INBOX'], messages: [...some(0, 40), ...copies]}, {path: ['A & B'], messages: [...copies, ...some(100, 30)]}],
			tenant: {
				tenant: {ewsClosesAt: {operation: 'CreateItem', nth: 7}}, faults: {
					rules: [{
						on: 'CreateItem', nth: 4, times: 2, do: {type: 'commit-then-drop'},
					}],
				}, imap: {faults: {rules: [{on: 'login', nth: 1, do: {type: 'stall'}}]}},
			},
		});
		const running = stage.start(['migrate', '--json']);
		await until(async () => running.stdout().includes('"road.closed"'));
		running.child.kill('SIGKILL');
		await running.finished;
		expect([stage.tenant.struck.length, stage.tenant.imap.counters.appended]).toEqual([2, 0]);
		expect(stage.lying().length).toBeGreaterThan(3);
		await rm((await journalOf(stage))!);
		stage.tenant.imap.setFaults({rules: []});
		const next = await stage.run(['migrate', '--json']);
		expect([next.code, roadsIn(next)]).toEqual([0, ['ews closed: ews-closed', 'imap best']]);
		isWhole(stage);
		await nothingToDo(stage);
		const verified = await stage.run(['verify', '--json']);
		expect(verified.code).toBe(0);
	});
});
