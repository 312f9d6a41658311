import {describe, expect, test} from 'vitest';
import {FailureError, type FailureCode} from '../../source/mailbox/failure.js';
import {
	type Event, type RunOutcome, type Tally, type Told, type VerdictKind,
} from '../../source/migration/events.js';
import {emptyTally, fold, startProgress} from '../../source/migration/progress.js';
import {exitCodeOfRun} from '../../source/output/exit-code.js';
import {plainFace} from '../../source/output/plain.js';
import {summaryOf} from '../../source/output/summary.js';
import {collectingTerminal} from './collected.js';

const start = Date.UTC(2026, 10, 23);
const failure = (code: FailureCode, detail?: string) => new FailureError(code, {...(detail && {detail})}).failure;

const stage = (command = 'migrate', more: Parameters<typeof collectingTerminal>[0] = {}) => {
	const terminal = collectingTerminal(more);
	const progress = startProgress();
	const face = plainFace(terminal, progress);
	let seq = 0;
	const tell = (event: Event, at = start) => {
		const told: Told = {
			...event, seq: seq++, at, run: 'r',
		};
		fold(progress, told);
		face.hear(told);
	};

	tell({
		type: 'run.started', command, version: '0', source: 'ana@old.example', destination: 'ana@new.example', transport: 'imap',
	});
	return {
		...terminal, face, progress, tell,
		survey(messages: Partial<Tally>, bytes: Partial<Tally> = {}) {
			tell({
				type: 'folder.surveyed', folder: ['A'], destination: ['A'], reasons: [], exists: true, messages: {...emptyTally(), ...messages}, bytes: {...emptyTally(), ...bytes}, predicted: 0,
			});
			tell({type: 'survey.completed', earlier: 0});
		},
		end(outcome: RunOutcome) {
			tell({type: 'run.ended', outcome}, start + 10_000);
			face.finish(summaryOf(progress, outcome, exitCodeOfRun(progress, outcome, undefined)), start + 10_000);
			return terminal.results;
		},
		last: () => terminal.said.at(-1),
	};
};

describe('what happens is said in a sentence that is true', () => {
	const at = {folder: ['A', 'B'], uid: 7, bytes: 1};
	test.each<[string, Event, string]>([
		['a throttle with its wait', {
			type: 'pace', lanes: 1, reason: 'throttled', until: start + 120_000,
		}, '~ The destination asked us to slow down: waiting 2 min 0 s, then one at a time. No mail is lost.'],
		['a lost connection', {type: 'notice', notice: {type: 'reconnecting', side: 'source', wait: 5000}}, '~ The connection to the source broke off; reconnecting in 5 s. No mail is lost.'],
		['a server that is away', {
			type: 'notice', notice: {
				type: 'reconnecting', side: 'destination', wait: 5000, code: 'host-unreachable',
			},
		}, '~ The destination does not answer; trying again in 5 s.'],
		['fewer connections', {type: 'notice', notice: {type: 'fewer-connections', side: 'source', detail: 'NO too many'}}, '~ The source takes fewer connections [NO too many]. No mail is lost.'],
		['a stop with work under way', {type: 'stopping', underWay: 3}, 'Stopping: what is under way is finished first, 15 s at most; Ctrl-C again stops at once. What is done stays done.'],
		['a stop without', {type: 'stopping', underWay: 0}, 'Stopping. What is done stays done.'],
		['a refused message', {
			type: 'message.refused', ...at, from: 'remaining', failure: failure('message-refused', 'NO spam'), subject: 'Prize', attempts: 1,
		}, '! A/B UID 7 "Prize": The destination refused this message. [NO spam]'],
		['a vanished message', {type: 'message.vanished', ...at, from: 'remaining'}, '- A/B UID 7: vanished at the source before it was read'],
		['a failed folder', {type: 'folder.failed', folder: ['A', 'B'], failure: failure('folder-not-creatable')}, '! A/B: The destination did not create this folder. The other folders go on.'],
		['what ends the run, with the next step', {type: 'run.failed', failure: failure('destination-full')}, '! The destination mailbox is full.\n  Make room or raise its quota, then run the same command again: it carries on.'],
	])('%s', (_, event, words) => {
		const {tell, last} = stage();
		tell(event);
		expect(last()).toBe(words);
	});

	test('a warning is said whole, however long', () => {
		const {tell, last} = stage();
		const words = `options.skipFolders: ${'"Folder", '.repeat(60)}stay behind.`;
		tell({type: 'warning', words});
		expect(last()).toBe(`i ${words}`);
	});

	test('names and subjects cannot turn the terminal', () => {
		const {tell, said} = stage();
		tell({
			type: 'message.refused', folder: ['a\u001B[2J\u202E'], uid: 1, bytes: 1, from: 'remaining', failure: failure('message-refused'), subject: '\u009B31m\nx', attempts: 1,
		});
		tell({type: 'folder.failed', folder: ['\u0007'], failure: failure('folder-unreadable')});
		expect(said.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/v);
	});

	test('the same words are not said twice in a row', () => {
		const {tell, said} = stage();
		for (let times = 0; times < 3; times++) {
			tell({type: 'notice', notice: {type: 'reconnecting', side: 'source'}});
		}

		expect(said.filter(words => words.includes('broke off'))).toHaveLength(1);
	});
});

describe('findings', () => {
	const find = (kind: VerdictKind, uid: number): Event => ({
		type: 'verify.finding', kind, folder: ['A'], destination: ['A'], uid,
	});

	test('of a living mailbox do not keep what is missing from being named', () => {
		const {tell, said} = stage('verify');
		for (let uid = 1; uid <= 50; uid++) {
			tell(find(uid % 2 === 0 ? 'extra' : 'flags', uid));
		}

		tell(find('missing', 51));
		expect(said.at(-1)).toBe('! A UID 51: missing at the destination');
		expect(said.filter(words => words.startsWith('! A'))).toHaveLength(1);
	});

	test('are named up to twenty, and then it is said where the others are', () => {
		const {tell, said} = stage('verify');
		for (let uid = 1; uid <= 50; uid++) {
			tell(find('missing', uid));
		}

		const named = said.filter(words => words.startsWith('!'));
		expect(named).toHaveLength(21);
		expect(named.at(-1)).toBe('! … and more; "aw2ms365 verify --json" names each.');
	});
});

describe('progress', () => {
	test('on a terminal replaces itself every second; elsewhere it is said ever more rarely', () => {
		const live = stage('migrate', {live: true});
		const plain = stage();
		for (const one of [live, plain]) {
			one.survey({remaining: 10}, {remaining: 10_000});
			one.tell({type: 'phase', phase: 'migrating'});
			for (let time = 0; time < 1200; time++) {
				one.face.tick(start + (time * 1000));
			}
		}

		expect(live.said.filter(words => words.startsWith('\r'))).toHaveLength(1200);
		// Every 3 s in the first minute, every 15 s in the next nine, then every minute.
		expect(plain.said.filter(words => words.includes('of 10')).length).toBeLessThan(20 + 36 + 10 + 3);
	});

	test('tells done, bytes, rate, what is refused, and why it waits', () => {
		const {face, tell, survey, said} = stage();
		survey({remaining: 990, refused: 10}, {remaining: 10_000});
		tell({type: 'phase', phase: 'migrating'});
		face.tick(start + 5000);
		expect(said.at(-1)).toBe('  1 %  10 of 1,000   0 B   0.0/s   10 refused');
		tell({
			type: 'pace', lanes: 1, reason: 'throttled', until: start + 70_000,
		});
		face.tick(start + 10_000);
		expect(said.at(-1)).toContain('   waiting 1 min 0 s for the destination');
	});
});

describe('the last lines', () => {
	test('of a run that did everything', () => {
		const {survey, end} = stage();
		survey({alreadyThere: 2, excluded: 1});
		expect(end('complete')).toEqual(['Finished.  ana@old.example → ana@new.example, via IMAP', '  3 messages: 2 already there, 1 excluded']);
	});

	test('tell what did not arrive whole and what another tool left there, each within its fate', () => {
		const {survey, tell, end} = stage();
		survey({delivered: 2, lossy: 1, remaining: 1});
		tell({
			type: 'message.already-there', folder: ['A'], uid: 1, bytes: 0, from: 'remaining', altered: ['received', 'draft'],
		});
		expect(end('complete').slice(1, 4)).toEqual([
			'  3 messages: 2 delivered, 1 already there',
			'  1 of those delivered lost something on the way (keywords or the like)',
			'  1 of those already there: left by another tool, not as it should be (received date, draft)',
		]);
	});

	test.each<[string, (on: ReturnType<typeof stage>) => void, string]>([
		['refused and unsure messages', ({survey}) => {
			survey({refused: 2, remaining: 3, unsure: 1});
		}, 'Finished with 2 refused messages, 1 unsure message, 2 remaining messages.'],
		['a folder that failed, though none of its messages is known', ({survey, tell}) => {
			survey({delivered: 1});
			tell({type: 'folder.failed', folder: ['A'], failure: failure('folder-unreadable')});
		}, 'Finished with 1 failed folder.'],
	])('name %s', (_, prepare, words) => {
		const on = stage();
		prepare(on);
		expect(on.end('partial')[0]).toContain(words);
	});

	test('of a verification name what differs', () => {
		const {tell, end} = stage('verify');
		tell({
			type: 'verify.finding', kind: 'missing', folder: ['A'], destination: ['A'], uid: 1,
		});
		tell({
			type: 'verify.folder', folder: ['A'], destination: ['A'], compared: 9, equal: 9, findings: {
				missing: 1, altered: 0, date: 0, flags: 0, extra: 0, moved: 0, unsure: 0,
			},
		});
		const lines = end('partial');
		expect(lines[0]).toContain('Verified with 1 missing message.');
		expect(lines.at(-1)).toBe('  Verified: 9 compared, 9 equal; 1 missing at the destination');
	});

	test.each(['migrate', 'status', 'verify', 'failures'])('of %s that failed say so and why, whatever is on record', command => {
		const {tell, end} = stage(command);
		tell({type: 'run.failed', failure: failure('journal-damaged')});
		expect(end('failed')[0]).toContain('Not finished. The journal of this mailbox is damaged in the middle.');
	});

	test('of a run with refused messages say by what, and what to do next', () => {
		const {tell, survey, end} = stage();
		survey({remaining: 2});
		for (const uid of [1, 2]) {
			tell({
				type: 'message.refused', folder: ['A'], uid, bytes: 0, from: 'remaining', failure: failure('message-too-large'), attempts: 1,
			});
		}

		const lines = end('partial');
		expect(lines).toContainEqual(expect.stringMatching(/^ {2}2 × The destination does not take a message of this size\. Raise the limit .*then run "aw2ms365 retry"\.$/v));
		expect(lines.slice(-2)).toEqual(['  Next    aw2ms365 failures     what was refused and why', '          aw2ms365 retry        tries the refused messages again']);
	});

	test('of an interrupted run say that nothing is lost', () => {
		expect(stage().end('interrupted')[0]).toContain('Stopped. The same command carries on; what is done stays done.');
	});
});
