import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect} from 'vitest';
import {checkIds} from '../../source/doctor/check.js';
import {realClock} from '../../source/mailbox/clock.js';
import {type Transport} from '../../source/mailbox/destination.js';
import {
	type Door, type ProfileName, profileNamed, tenantProfiles,
} from '../../source/sandbox/microsoft/profiles.js';
import {app, mailbox, test} from './doctor-scene.js';
import {linesOf} from './program.js';

/** The way that `auto` takes: as long as only a probe tells, and after it. */
const expected: Readonly<Record<ProfileName, readonly [before: Transport | undefined, after: Transport | undefined]>> = {
	'2026-11-23 usual tenant': ['imap', 'imap'],
	'EWS allow-listed': ['ews', 'ews'],
	'EWS for other apps': ['imap', 'imap'],
	'after 2027-04-01': ['imap', 'imap'],
	'IMAP switched off': ['graph', 'graph'],
	'EWS closes in the middle of a run': ['ews', 'ews'],
	'GCC High': ['ews', 'ews'],
	'Graph only with Mail.ReadWrite': ['graph', 'graph-json'],
	'Graph by RBAC': ['graph', 'graph'],
	'nothing works': [undefined, undefined],
};

/** Nothing about them is another question for a probe than with the usual tenant: time is saved. */
const sameAsUsual = new Set<ProfileName>(['EWS for other apps', 'after 2027-04-01', 'EWS closes in the middle of a run']);

const opens = new Set<Door>(['open', 'closes']);

/** What `doctor` must say of a door, where another one is open. */
const verdictOf = (door: Door, isAnyOpen: boolean): string => opens.has(door) ? 'ok' : (isAnyOpen ? 'warning' : 'failed');

const microsoft365 = checkIds.filter(id => !id.startsWith('destination.'));

describe('doctor says of each tenant what its doors are, and which way a migration takes', () => {
	test.for(tenantProfiles.map(({name}) => name))('%s', async (name, {scene}) => {
		const {doors} = profileNamed(name);
		const isAnyOpen = Object.values(doors).some(door => opens.has(door));
		const {diagnose, state} = await scene({profile: name});
		const untouched = await state();
		const before = await diagnose();
		expect(await state()).toEqual(untouched);
		expect(before.checks.map(({id}) => id)).toEqual(microsoft365);
		const [transport, probed] = expected[name];
		const told = {
			ews: before.verdicts['road.ews'], imap: before.verdicts['road.imap'], graph: before.verdicts['road.graph'], 'graph-json': before.verdicts['road.graph-json'],
		};
		expect(told).toEqual({
			ews: verdictOf(doors.ews, isAnyOpen), imap: verdictOf(doors.imap, isAnyOpen), graph: isAnyOpen ? 'unknown' : 'failed', 'graph-json': verdictOf(doors['graph-json'], isAnyOpen),
		});
		expect(before.transport.transport).toBe(transport);
		expect(before.code).toBe(isAnyOpen ? 0 : 4);
		expect(before.summary).toMatchObject({type: 'summary', command: 'doctor', exitCode: before.code});

		if (sameAsUsual.has(name)) {
			return;
		}

		const after = await diagnose(['--probe']);
		expect(after.verdicts['road.graph']).toBe(verdictOf(doors.graph, isAnyOpen));
		expect(after.verdicts['road.graph.probe']).toBe(opens.has(doors.graph) ? 'warning' : 'skipped');
		expect(after.transport.transport).toBe(probed);
		expect(after.code).toBe(isAnyOpen ? 0 : 4);
	});
});

describe('what is wrong is named with its remedy', () => {
	test('a secret that is wrong, once, without waiting for it to be known', async ({scene}) => {
		const {diagnose, reconfigure} = await scene();
		await reconfigure(({destination}) => {
			destination.clientSecret = '11111111-2222-3333-4444-555555555555';
		});
		const {of, code, verdicts} = await diagnose();
		expect(of('login.exchange')).toMatchObject({verdict: 'failed', words: expect.stringContaining('Secret ID') as string, next: expect.stringContaining(app.clientId) as string});
		expect(verdicts['road.ews']).toBe('skipped');
		expect(verdicts['source.folders']).toBe('ok');
		expect(code).toBe(4);
	});

	test('a secret that has expired', async ({scene}) => {
		const {diagnose} = await scene({app: {secretExpires: Date.now() - 1000}});
		const {of, code} = await diagnose();
		expect(of('login.exchange')).toMatchObject({words: expect.stringContaining('AADSTS7000222') as string, next: expect.stringContaining('certificate') as string});
		expect(code).toBe(4);
	});

	test('a tenant that nobody knows', async ({scene}) => {
		const {diagnose, reconfigure} = await scene();
		await reconfigure(({destination}) => {
			destination.tenantId = 'nobody.example';
		});
		const {of, code} = await diagnose();
		expect(of('login.exchange')).toMatchObject({words: expect.stringContaining('AADSTS90002') as string, next: expect.stringContaining('nobody.example') as string});
		expect(code).toBe(4);
	});

	test('a sign-in service out of reach: what depends on it is skipped, what does not is told', async ({scene}) => {
		const {diagnose, reconfigure} = await scene();
		await reconfigure(({destination}) => {
			destination.cloud.login = '127.0.0.1:9';
		});
		const {of, verdicts, code} = await diagnose();
		expect(of('login.reach')).toMatchObject({verdict: 'failed', failure: {code: 'host-unreachable'}, next: expect.stringContaining('127.0.0.1:9') as string});
		expect(microsoft365.filter(id => /^(?:login|roles|road)\./v.test(id) && id !== 'login.reach').map(id => verdicts[id])).toEqual(Array.from({length: 9}, () => 'skipped'));
		expect([verdicts['source.folders'], verdicts['machine.clock']]).toEqual(['ok', 'ok']);
		expect(code).toBe(5);
	});

	test('an IMAP port that is blocked, with host and port', async ({scene}) => {
		const {diagnose, reconfigure} = await scene();
		await reconfigure(({destination}) => {
			Object.assign(destination.cloud, {imap: {host: '127.0.0.1', port: 9}});
		});
		const only = await diagnose(['--transport', 'imap']);
		expect(only.of('road.imap')).toMatchObject({verdict: 'failed', failure: {code: 'host-unreachable'}, next: expect.stringContaining('127.0.0.1:9') as string});
		expect(only.verdicts['road.ews']).toBe('skipped');
		expect(only.code).toBe(5);
		const all = await diagnose();
		expect(all.verdicts['road.imap']).toBe('warning');
		expect(all.code).toBe(0);
	});

	test.for([[600_000, 'failed', 4], [-180_000, 'warning', 0]] as const)('services whose clocks are %d ms ahead', async ([ahead, verdict, code], {scene}) => {
		const clock = realClock();
		const {diagnose} = await scene({microsoft: {clock: {...clock, now: () => clock.now() + ahead}}});
		const diagnosis = await diagnose();
		expect(diagnosis.of('machine.clock')).toMatchObject({verdict, words: expect.stringContaining(ahead > 0 ? 'behind' : 'ahead of') as string, next: expect.stringContaining('\ntimedatectl set-ntp true') as string});
		expect(diagnosis.code).toBe(code);
	});

	test('a source password that is wrong, told after one try', async ({scene}) => {
		const {diagnose, reconfigure} = await scene();
		await reconfigure(({source}) => {
			source.password = 'wrong';
		});
		const {of, verdicts, code} = await diagnose();
		expect(of('source.sign-in')).toMatchObject({verdict: 'failed', next: expect.stringContaining('password') as string});
		expect([verdicts['source.folders'], verdicts['road.imap']]).toEqual(['skipped', 'ok']);
		expect(code).toBe(4);
	});

	test('a source out of reach: 5', async ({scene}) => {
		const {diagnose, reconfigure} = await scene();
		await reconfigure(({source}) => {
			source.port = 9;
		});
		const {of, verdicts, code} = await diagnose();
		expect(of('source.reach')).toMatchObject({verdict: 'failed', next: expect.stringContaining('127.0.0.1:9') as string});
		expect([verdicts['source.sign-in'], verdicts['source.folders'], verdicts.transport]).toEqual(['skipped', 'skipped', 'ok']);
		expect(code).toBe(5);
	});

	test('a configuration that cannot be used: 2, in both forms', async ({scene}) => {
		const {run, file} = await scene();
		await writeFile(file, '{"source": {}}');
		const [json, plain] = [await run(['--json']), await run()];
		expect([json.code, plain.code]).toEqual([2, 2]);
		expect(linesOf(json).at(-1)).toMatchObject({type: 'summary', exitCode: 2});
		expect(plain.stderr).toContain('source.host');
	});

	test('a mailbox that is not there', async ({scene}) => {
		const {diagnose, reconfigure} = await scene({profile: 'EWS allow-listed'});
		await reconfigure(({destination}) => {
			destination.mailbox = 'nobody@new.example';
		});
		const {of, code} = await diagnose();
		expect(of('mailbox')).toMatchObject({verdict: 'failed', failure: {code: 'mailbox-not-found'}, next: expect.stringContaining('nobody@new.example') as string});
		expect(code).toBe(4);
	});
});

describe('doctor', () => {
	test('counts the source for the hours, and says whether they follow from a documented limit', async ({scene}) => {
		const {diagnose} = await scene();
		const {transport, of} = await diagnose();
		expect(transport).toMatchObject({transport: 'imap', estimate: {messages: 4, documented: false}});
		expect(of('source.folders').words).toContain('4 messages');
		const graph = await diagnose(['--transport', 'graph']);
		expect(graph.transport).toMatchObject({transport: 'graph', mayLose: ['received-date'], estimate: {documented: true}});
	});

	test('says all of it to people within 80 columns, commands apart', async ({scene}) => {
		const {run} = await scene();
		const {stdout, code} = await run();
		expect(code).toBe(0);
		const lines = stdout.split('\n');
		expect(lines.filter(line => line.length > 80 && !/^ +\(?[A-Z][a-z]+-[A-Z]/v.test(line))).toEqual([]);
		expect(stdout).toMatch(/^ok +source\.sign-in +Signed in\.$/mv);
		expect(stdout).toMatch(/^Ready/mv);
		expect(stdout).toContain(app.clientId);
	});

	test('remembers what a probe has shown, and says of when', async ({scene}) => {
		const {diagnose, state} = await scene({profile: 'IMAP switched off'});
		await diagnose(['--probe']);
		const after = await state();
		const later = await diagnose();
		expect(later.of('road.graph.probe').words).toContain(new Date().toISOString().slice(0, 10));
		expect(later.verdicts['road.graph']).toBe('ok');
		expect(await state()).toEqual(after);
	});

	test('of a destination with a password checks reach, sign-in and folders', async ({scene}) => {
		const {diagnose, reconfigure, source} = await scene();
		await reconfigure(configuration => {
			configuration.destination = {mailbox, imap: {...configuration.source, port: source.port}, cloud: {}};
			delete (configuration.destination as Record<string, unknown>).cloud;
		});
		const {checks, transport, code} = await diagnose();
		expect(checks.map(({id}) => id)).toEqual(checkIds.filter(id => !/^(?:login|roles|road)\.|^mailbox$/v.test(id)));
		expect(checks.filter(({id}) => id.startsWith('destination.')).map(({verdict}) => verdict)).toEqual(['ok', 'ok', 'ok']);
		expect(transport).toMatchObject({transport: 'imap'});
		expect(code).toBe(0);
	});

	test('makes no directory', async ({scene}) => {
		const {diagnose, reconfigure, home, state} = await scene();
		await reconfigure(({options}) => {
			options.checkpointDirectory = path.join(home, 'not', 'yet');
		});
		const before = await state();
		const {of} = await diagnose();
		expect(of('machine.state-directory')).toMatchObject({verdict: 'ok', words: expect.stringContaining('can be made') as string});
		expect(await state()).toEqual(before);
	});
});
