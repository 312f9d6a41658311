import {describe, expect, test} from 'vitest';
import {type Check, checkIds, exitOf} from '../../source/doctor/check.js';
import {estimate} from '../../source/doctor/estimate.js';
import {
	type FolderCount, type OpenedRoad, type Outcome, type ProbeFindings, type ServerFindings, type Subject, type TenantFindings,
} from '../../source/doctor/findings.js';
import {judgePassword, judgeServer, judgeTenant} from '../../source/doctor/judge.js';
import {judgeClock, judgeMachine} from '../../source/doctor/machine.js';
import {type Transport} from '../../source/mailbox/destination.js';
import {type FailureCode, FailureError} from '../../source/mailbox/failure.js';
import {type Loss} from '../../source/mailbox/losses.js';
import {transports} from '../../source/mailbox/road.js';
import {traits} from '../migration/fake-ends.js';

const failing = (code: FailureCode, detail?: string): {readonly failure: FailureError['failure']} => ({failure: new FailureError(code, detail ? {detail} : {}).failure});

const kept: ProbeFindings = {
	version: 'beta', receivedDate: 'by change', isRead: false, takesStamp: true, takesLarge: false, deleted: true,
};

const opened = (transport: Transport, probe?: ProbeFindings, loses?: readonly Loss[]): {readonly found: OpenedRoad} => ({found: {traits: {...traits, transport, ...(loses && {loses})}, folders: 7, ...(probe && {probe})}});

const subject: Subject = {
	mailbox: 'ana@new.example', tenantId: 'the-tenant', clientId: 'the-client', transport: 'auto', now: Date.UTC(2026, 10, 23), allowsLoss: false, hasGraph: true, places: {login: 'login.example', imap: 'imap.example:993'},
};

const source = (count: Partial<FolderCount> = {}): ServerFindings => ({
	place: 'old.example:993', reach: {found: {tls: 'TLS 1.3'}}, signIn: {found: undefined}, folders: {
		found: {
			folders: 2, counted: 2, messages: 100_000, bytes: 1_000_000, unopened: [], ...count,
		},
	},
});

const tenant = (roads: TenantFindings['roads'], more: Partial<TenantFindings> = {}): TenantFindings => ({
	reach: {found: undefined}, signIns: {exchange: {found: {roles: ['IMAP.AccessAsApp']}}, graph: {found: {roles: ['Mail.ReadWrite']}}}, roads, ...more,
});

const shut = {
	ews: failing('ews-closed', 'HTTP 403'), imap: failing('imap-closed'), graph: failing('permission-missing'), 'graph-json': failing('permission-missing'),
} as const;

const judge = (findings: TenantFindings, more: Partial<Subject> = {}) => {
	const {checks, advice} = judgeTenant(findings, {...subject, ...more}, source());
	return {
		checks, advice, of: (id: string): Check => checks.find(check => check.id === id)!, exit: exitOf(checks),
	};
};

describe('a road that is shut', () => {
	test('is a warning while a better or equal one is open, with the lines that open it and the own ids in them', () => {
		const {of, exit} = judge(tenant({...shut, imap: opened('imap')}));
		expect(of('road.ews')).toMatchObject({verdict: 'warning', failure: {code: 'ews-closed'}});
		expect(of('road.ews').words).toMatch(/It is not needed: IMAP is open\.$/v);
		expect(of('road.ews').next).toContain('\nSet-OrganizationConfig -EwsAllowedAppIDs \'<the ids shown>,the-client\'\n');
		expect(of('road.ews').next).toContain('2027-04-01');
		expect(of('road.ews').next).toContain('Get-CASMailbox \'ana@new.example\'');
		expect(exit).toBe(0);
	});

	test('is a failure where none is open: 4', () => {
		const {of, exit, advice} = judge(tenant(shut));
		expect(transports.map(transport => of(`road.${transport}`).verdict)).toEqual(['failed', 'failed', 'failed', 'failed']);
		expect(of('transport')).toMatchObject({verdict: 'failed', failure: {code: 'no-road'}});
		expect(of('road.imap').next).toContain('Add-MailboxPermission -Identity \'ana@new.example\'');
		expect(advice.transport).toBeUndefined();
		expect(exit).toBe(4);
	});

	test('is not said to be needless where what is open carries less', () => {
		const {of} = judge(tenant({...shut, graph: opened('graph', {...kept, receivedDate: 'lost'}, ['received-date'])}));
		expect(of('road.imap').words).toMatch(/is open, but carries less\.$/v);
		expect(of('road.graph-json').words).toMatch(/It is not needed/v);
	});

	test('of EWS has no remedy once EWS ended for everybody', () => {
		const {of} = judge(tenant({...shut, imap: opened('imap')}), {now: Date.UTC(2027, 3, 2)});
		expect(of('road.ews').next).toBeUndefined();
		expect(of('road.ews').words).toContain('nothing opens it');
	});

	test('by a firewall names host and port, and counts as unreachable where it is the only one asked for', () => {
		const {of, exit} = judge(tenant({imap: failing('host-unreachable', 'ECONNREFUSED')}), {transport: 'imap'});
		expect(of('road.imap').next).toContain('imap.example:993');
		expect(of('road.ews')).toMatchObject({verdict: 'skipped'});
		expect(exit).toBe(5);
	});
});

describe('the transport', () => {
	const cases: ReadonlyArray<readonly [string, TenantFindings['roads'], Partial<Subject>, Partial<ReturnType<typeof judge>['advice']>, Check['verdict']]> = [
		['is the first that is open', {ews: opened('ews'), imap: opened('imap')}, {}, {transport: 'ews'}, 'ok'],
		['is IMAP where EWS is shut', {...shut, imap: opened('imap'), graph: opened('graph', kept)}, {}, {transport: 'imap'}, 'ok'],
		['is importMime for certain only after a probe', {...shut, graph: opened('graph'), 'graph-json': opened('graph-json')}, {}, {transport: 'graph', otherwise: 'graph-json', mayLose: ['received-date']}, 'unknown'],
		['is importMime after a probe', {...shut, graph: opened('graph', kept)}, {}, {transport: 'graph', loses: [], mayLose: []}, 'ok'],
		['that loses what nobody expects is warned of', {...shut, graph: opened('graph', {...kept, receivedDate: 'lost'})}, {}, {transport: 'graph', loses: ['received-date']}, 'warning'],
		['is not warned of where the loss was allowed', {...shut, 'graph-json': opened('graph-json')}, {allowsLoss: true}, {transport: 'graph-json', loses: ['mime', 'signatures']}, 'ok'],
		['is the one that was asked for', {imap: opened('imap')}, {transport: 'imap'}, {transport: 'imap', why: 'IMAP, as destination.transport says.'}, 'ok'],
	];
	test.each(cases)('%s', (_, roads, more, expected, verdict) => {
		const {advice, of} = judge(tenant(roads), more);
		expect(advice).toMatchObject(expected);
		expect(of('transport').verdict).toBe(verdict);
	});

	test('cannot be told where no token was given, and that is no second failure', () => {
		const refused = failing('sign-in-refused', 'AADSTS7000222: expired');
		const {of, exit, checks} = judge(tenant({}, {signIns: {exchange: refused, graph: refused}}));
		expect(checks.filter(({verdict}) => verdict === 'failed').map(({id}) => id)).toEqual(['login.exchange', 'login.graph']);
		expect(of('login.graph').words).toContain('same reason');
		expect(of('transport').verdict).toBe('skipped');
		expect(exit).toBe(4);
	});

	test('cannot be told where the sign-in service is out of reach: 5, and what depends on it is skipped', () => {
		const {of, exit, checks} = judge({reach: failing('host-unreachable', 'ENOTFOUND'), signIns: {}, roads: {}});
		expect(of('login.reach').next).toContain('DNS');
		expect(new Set(checks.filter(({id}) => id !== 'login.reach').map(({verdict}) => verdict))).toEqual(new Set(['skipped']));
		expect(exit).toBe(5);
	});

	test('one service that gives no token is a warning where the other opens a road', () => {
		const {of, exit} = judge(tenant({graph: opened('graph', kept)}, {signIns: {exchange: failing('sign-in-refused', 'AADSTS500011: no service'), graph: {found: {roles: []}}}}));
		expect(of('login.exchange').verdict).toBe('warning');
		expect(of('road.ews').verdict).toBe('skipped');
		expect(exit).toBe(0);
	});
});

describe('what a token names is a hint', () => {
	test('a role that is missing there is told with the words that Exchange may have granted it', () => {
		const {of} = judge(tenant({...shut, graph: opened('graph')}, {signIns: {exchange: {found: {roles: []}}, graph: {found: {roles: undefined}}}}));
		expect(of('roles.exchange')).toMatchObject({verdict: 'unknown'});
		expect(of('roles.exchange').words).toContain('RBAC');
		expect(of('roles.graph').words).toContain('cannot be read');
	});

	test('it makes no road shut', () => {
		const {of, exit} = judge(tenant({...shut, graph: opened('graph')}, {signIns: {exchange: {found: {roles: []}}, graph: {found: {roles: []}}}}));
		expect(of('road.graph').verdict).toBe('unknown');
		expect(exit).toBe(0);
	});
});

describe('a probe', () => {
	test('that was not made is named with its command', () => {
		expect(judge(tenant({...shut, graph: opened('graph')})).of('road.graph.probe')).toMatchObject({verdict: 'unknown', next: expect.stringContaining('aw2ms365 doctor --probe') as string});
	});

	test('of an earlier day says so', () => {
		expect(judge(tenant({...shut, graph: opened('graph', kept)}), {probedAt: Date.UTC(2026, 10, 20)}).of('road.graph.probe').words).toContain('2026-11-20');
	});

	test('whose message may still lie there is a warning', () => {
		expect(judge(tenant({...shut, graph: opened('graph', {...kept, deleted: false})})).of('road.graph.probe')).toMatchObject({verdict: 'warning', words: expect.stringContaining('hidden folder') as string});
	});

	test('that shows importMime to be missing in this cloud says that', () => {
		const graph: Outcome<OpenedRoad> = failing('server-nonsense', 'HTTP 400 BadRequest: segment');
		expect(judge(tenant({...shut, graph, 'graph-json': opened('graph-json')})).of('road.graph').words).toContain('has no importMime');
	});
});

describe('the hours', () => {
	test('of Graph follow from 10,000 requests in 10 minutes, for small messages', () => {
		// 100,000 messages, 2 requests each, 1,000 a minute: 200 minutes.
		expect(estimate('graph', {messages: 100_000, bytes: 0})).toMatchObject({hours: 3.4, documented: true, words: expect.stringContaining('10,000 requests') as string});
	});

	test('of Graph follow from 150 MB in 5 minutes, for large ones', () => {
		// 1.8 GB an hour, of base64.
		expect(estimate('graph', {messages: 10, bytes: 13_500_000_000})).toMatchObject({hours: 10, documented: true, words: expect.stringContaining('150 MB') as string});
	});

	test.each(['ews', 'imap'] as const)('of %s are an assumption, and say so', transport => {
		expect(estimate(transport, {messages: 1000, bytes: 0})).toMatchObject({documented: false, words: expect.stringMatching(/no rate .*assumed/v) as string});
	});

	test('are those of at least what was counted', () => {
		const {advice} = judgeTenant(tenant({imap: opened('imap')}), subject, source({counted: 1}));
		expect(advice.estimate?.words).toMatch(/^at least/v);
	});

	test('are not guessed where the source did not open', () => {
		const {advice} = judgeTenant(tenant({imap: opened('imap')}), subject, {place: 'old.example:993', reach: failing('host-unreachable')});
		expect(advice.estimate).toBeUndefined();
	});
});

describe('a server with a password', () => {
	test('that is not reached: what depends on it is skipped, and the remedy names the place', () => {
		const checks = judgeServer('source', {place: 'old.example:993', reach: failing('host-unreachable', 'no answer within 10 s')});
		expect(checks.map(({id, verdict}) => [id, verdict])).toEqual([['source.reach', 'failed'], ['source.sign-in', 'skipped'], ['source.folders', 'skipped']]);
		expect(checks[0]!.next).toContain('old.example:993');
		expect(exitOf(checks)).toBe(5);
	});

	test('whose folders partly do not open is a warning that names them', () => {
		const checks = judgeServer('source', source({counted: 1, unopened: [{path: ['Clients', '\u202EA'], ...failing('folder-unreadable')}]}));
		expect(checks.at(-1)).toMatchObject({verdict: 'warning', words: expect.stringContaining('Clients/�A') as string});
		expect(exitOf(checks)).toBe(0);
	});

	test('as destination has reach, sign-in and folders, and IMAP as its way', () => {
		const {checks, advice} = judgePassword({...source(), place: 'new.example:993'}, source());
		expect(checks.map(({id}) => id)).toEqual(['destination.reach', 'destination.sign-in', 'destination.folders', 'transport']);
		expect(advice.transport).toBe('imap');
	});
});

describe('this machine', () => {
	test.each([[0, 'ok'], [119_000, 'ok'], [-121_000, 'warning'], [299_000, 'warning'], [-300_000, 'failed'], [3_600_000, 'failed']] as const)('a clock %d ms off is %s', (ahead, verdict) => {
		expect(judgeClock([{host: 'login.example', ahead}]).verdict).toBe(verdict);
	});

	test('one service with a wrong clock is no reason to change ours', () => {
		expect(judgeClock([{host: 'a', ahead: 600_000}, {host: 'b', ahead: 100}]).verdict).toBe('ok');
	});

	const machine = (more: Record<string, unknown>) => judgeMachine({
		node: '20.18.1', file: '/c.yaml', announcements: [], clocks: [], directory: {path: '/state', state: 'writable', free: 1e10}, ...more,
	});

	test('where the journal cannot lie ends with 6', () => {
		expect(exitOf(machine({directory: {path: '/state', state: 'unwritable'}}))).toBe(6);
		expect(exitOf(machine({directory: {path: '/state', state: 'writable', free: 1000}}))).toBe(6);
		expect(exitOf(machine({directory: {path: '/state', state: 'absent', free: 1e8}}))).toBe(0);
	});

	test('an older Node is a warning', () => {
		expect(machine({node: '20.17.0'})[1]!.verdict).toBe('warning');
		expect(machine({node: '24.0.0'})[1]!.verdict).toBe('ok');
	});
});

test('names of checks stay what they are: scripts know them', () => {
	expect(checkIds).toEqual([
		'configuration',
		'machine.node',
		'machine.clock',
		'machine.state-directory',
		'source.reach',
		'source.sign-in',
		'source.folders',
		'destination.reach',
		'destination.sign-in',
		'destination.folders',
		'login.reach',
		'login.exchange',
		'login.graph',
		'roles.exchange',
		'roles.graph',
		'road.ews',
		'road.imap',
		'road.graph',
		'road.graph.probe',
		'road.graph-json',
		'mailbox',
		'transport',
	]);
});

test('where several codes apply, the order of the design decides', () => {
	const failed = (code: FailureCode): Check => ({
		id: 'mailbox', verdict: 'failed', words: '', ...failing(code),
	});
	expect(exitOf([failed('host-unreachable'), failed('sign-in-refused')])).toBe(4);
	expect(exitOf([failed('sign-in-refused'), failed('journal-unwritable')])).toBe(6);
	expect(exitOf([{...failed('sign-in-refused'), verdict: 'warning'}])).toBe(0);
});
