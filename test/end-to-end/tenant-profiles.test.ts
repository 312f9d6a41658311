import {createHash} from 'node:crypto';
import {describe, expect} from 'vitest';
import {type Transport} from '../../source/mailbox/destination.js';
import {type ImapServer} from '../../source/sandbox/imap/server.js';
import {type ProfileName, tenantProfiles} from '../../source/sandbox/microsoft/profiles.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';
import {linesOf} from './program.js';
import {
	type Lying, roadsIn, test, type TenantScene,
} from './tenant-scene.js';

/* Every tenant that the stand-in knows, for the program as a process that is told no transport. */

/** What comes of it: why the roads before were not taken, and the one that was. */
type Expected = {
	/** The roads that are told of with their reasons, in order. */
	readonly roads: readonly string[];
	/** The same for `plan`, which sends no probe; as `roads` if absent. */
	readonly planned?: readonly string[];
	/** Without consent. */
	readonly code: 0 | 2 | 4;
	/** By which road all messages went in the end, with consent if that is needed. */
	readonly road?: Transport;
	/** What the plan says that this road loses, or may lose. */
	readonly losses?: readonly string[];
	readonly mayLose?: readonly string[];
	/** What the refusal says of it, where nobody consented. */
	readonly lost?: string;
};

const none = {
	missing: 0, altered: 0, date: 0, flags: 0, extra: 0, moved: 0, unsure: 0,
};

const [ewsClosed, imapClosed] = ['ews closed: ews-closed', 'imap closed: imap-closed'];

const expected: Readonly<Record<ProfileName, Expected>> = {
	'2026-11-23 usual tenant': {
		roads: [ewsClosed, 'imap best'], code: 0, road: 'imap', losses: ['keywords'],
	},
	'EWS allow-listed': {
		roads: ['ews best'], code: 0, road: 'ews', losses: [],
	},
	'EWS for other apps': {
		roads: [ewsClosed, 'imap best'], code: 0, road: 'imap', losses: ['keywords'],
	},
	'after 2027-04-01': {
		roads: [ewsClosed, 'imap best'], code: 0, road: 'imap', losses: ['keywords'],
	},
	'IMAP switched off': {
		roads: [ewsClosed, imapClosed, 'graph closed: loss-not-allowed', 'graph-json closed: loss-not-allowed'], planned: [ewsClosed, imapClosed, 'graph best'], code: 2, road: 'graph', losses: ['draft'], mayLose: ['received-date'], lost: 'the moment of the migration as their received date',
	},
	'EWS closes in the middle of a run': {
		roads: ['ews best', ewsClosed, 'imap closed'], planned: ['ews best'], code: 0, road: 'imap', losses: [],
	},
	'GCC High': {
		roads: ['ews best'], code: 0, road: 'ews', losses: [],
	},
	'Graph only with Mail.ReadWrite': {
		roads: ['ews closed: permission-missing', imapClosed, 'graph closed: permission-missing', 'graph-json closed: loss-not-allowed'], planned: ['ews closed: permission-missing', imapClosed, 'graph best'], code: 2, road: 'graph-json', losses: ['draft'], mayLose: ['received-date'], lost: 'made anew from their parts',
	},
	'Graph by RBAC': {
		roads: ['ews closed: permission-missing', imapClosed, 'graph closed: loss-not-allowed', 'graph-json closed: loss-not-allowed'], planned: ['ews closed: permission-missing', imapClosed, 'graph best'], code: 2, road: 'graph', losses: ['draft'], mayLose: ['received-date'], lost: 'the moment of the migration as their received date',
	},
	'nothing works': {
		roads: ['ews closed: permission-missing', imapClosed, 'graph closed: permission-missing', 'graph-json closed: permission-missing'], code: 4,
	},
};

/** All of it, with states, and copies of some within one folder, of one date and of two. */
const folders = () => {
	const flags = [[], [String.raw`\Seen`], [String.raw`\Seen`, String.raw`\Answered`], [String.raw`\Flagged`, '$Forwarded', 'Project-X'], [String.raw`\Draft`]];
	const messages = [...corpus('hard'), ...corpus('lists')].map(({bytes}, index) => ({bytes, flags: flags[index % flags.length]!, internalDate: Date.UTC(2001 + (index % 24), index % 12, 1 + (index % 28), index % 24, index % 60)}));
	return [
		{path: ['INBOX'], messages: messages.slice(0, 150)},
		{path: ['Clients', 'Zürich & Genève'], messages: messages.slice(150, 300)},
		{path: ['仕事'], messages: [...messages.slice(300), ...messages.slice(300, 310), ...messages.slice(300, 305).map(one => ({...one, internalDate: Date.UTC(2010, 1, 1)}))]},
		{path: ['Empty'], messages: []},
	];
};

/** Hashes of the bytes on both sides, sorted. */
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const sentTo = ({tenant}: TenantScene): string[] => tenant.mailbox().items.map(({received}) => received ? hashOf(received) : '').sort();
const sentFrom = (source: ImapServer): string[] => source.mailbox().folders.flatMap(({messages}) => messages.map(({bytes}) => hashOf(bytes))).sort();

/** What is in the mailbox, and when it was last changed. */
const state = ({tenant}: TenantScene) => ({revision: tenant.mailbox().revision, folders: tenant.mailbox().folders.map(({path}) => path), items: tenant.mailbox().items.length});

/** As a road keeps it: importMime makes no drafts and knows no dates; JSON decodes subjects by rules of its own. */
const keptBy = (road: Transport, lying: readonly Lying[]): string[] => lying.flatMap(({folder, subject, received, states, times}) => Array.from({length: times}, () => JSON.stringify([
	folder, road === 'graph-json' ? '' : subject, road === 'graph' ? '' : received, road === 'graph' ? states.replace(String.raw`\Draft`, '').replace('  ', ' ').trim() : states,
]))).sort();

type Said = {readonly failure?: {readonly detail: string; readonly next: string}};

describe.skipIf(!corpusAvailable).concurrent('all of the corpus into a tenant by the best road that is open, every message once', () => {
	// Graph's are bound by its budget of requests: those that take longest begin first.
	test.for(tenantProfiles.map(({name}) => name).sort((a, b) => expected[b].code - expected[a].code))('%s', {timeout: 240_000}, async (profile, {scene}) => {
		const {roads, planned = roads, code, road, losses, mayLose = [], lost} = expected[profile];
		const stage = await scene({profile, folders: folders()});
		const total = stage.source.mailbox().folders.reduce((sum, {messages}) => sum + messages.length, 0);
		const untouched = state(stage);
		const plan = await stage.run(['plan', '--json']);
		expect({code: plan.code, roads: roadsIn(plan), chosen: linesOf(plan).find(({type}) => type === 'road.chosen')}).toMatchObject({code: code === 4 ? 4 : 0, roads: planned, chosen: losses && {losses, mayLose}});
		expect(state(stage)).toEqual(untouched);

		const first = await stage.run(['migrate', '--json']);
		expect({code: first.code, roads: roadsIn(first)}).toEqual({code, roads});
		if (code !== 0) {
			const {failure} = linesOf(first).at(-1) as Said;
			expect(failure!.next).toContain('aw2ms365 doctor');
			expect([stage.lying(), stage.leftOver()]).toEqual([[], 0]);
			if (lost !== undefined) {
				expect(failure!.next).toContain('--allow-loss');
				expect(failure!.detail).toContain(lost);
			}
		}

		if (!road) {
			return;
		}

		const consented = code === 0 ? [] : ['--allow-loss'];
		if (code !== 0) {
			const second = await stage.run(['migrate', '--json', ...consented]);
			expect([second.code, roadsIn(second).at(-1)]).toEqual([0, `${road} best`]);
			expect(linesOf(second).at(-1)).toMatchObject({transport: road, messages: {delivered: total, lossy: total}});
		}

		expect(keptBy(road, stage.lying())).toEqual(keptBy(road, stage.expected()));
		expect(stage.leftOver()).toBe(0);
		if (road !== 'graph-json') {
			expect(sentTo(stage)).toEqual(sentFrom(stage.source));
		}

		const after = state(stage);
		const verified = await stage.run(['verify', '--json']);
		// What was given up by consent, and is on record as lost, is no finding: by importMime dates and draft states.
		expect([verified.code, linesOf(verified).at(-1)]).toMatchObject([0, {verification: {compared: total, equal: total, findings: none}}]);
		const again = await stage.run(['migrate', '--json', ...consented]);
		expect([again.code, linesOf(again).at(-1)]).toMatchObject([0, {outcome: 'complete', thisRun: {delivered: 0, earlier: total}}]);
		expect(state(stage)).toEqual(after);
	});
});
