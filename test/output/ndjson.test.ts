import {describe, expect, test} from 'vitest';
import {type Event, type Told} from '../../source/migration/events.js';
import {fold, startProgress} from '../../source/migration/progress.js';
import {ndjsonFace} from '../../source/output/ndjson.js';
import {summaryOf} from '../../source/output/summary.js';
import {collectingTerminal} from './collected.js';

const start = Date.UTC(2026, 10, 23, 14, 15, 33, 566);
const started: Event = {
	type: 'run.started', command: 'migrate', version: '0.1.0', source: 'a@old.example', destination: 'a@new.example', transport: 'imap',
};
const ended: Event = {type: 'run.ended', outcome: 'complete'};

const stage = () => {
	const terminal = collectingTerminal();
	const progress = startProgress();
	const face = ndjsonFace(terminal, progress);
	let seq = 0;
	return {
		terminal, progress, face,
		tell(event: Event, at = start) {
			const told: Told = {
				...event, seq: seq++, at, run: 'r',
			};
			fold(progress, told);
			face.hear(told);
		},
		finish() {
			face.finish(summaryOf(progress, 'complete', 0), start + 5000);
		},
		lines: () => terminal.results.map(line => JSON.parse(line) as Record<string, unknown>),
	};
};

describe('a line', () => {
	test('begins with its envelope, and its time is RFC 3339 in UTC', () => {
		const {tell, terminal} = stage();
		tell(started);
		expect(terminal.results[0]).toBe('{"v":1,"seq":0,"at":"2026-11-23T14:15:33.566Z","run":"r","type":"run.started","command":"migrate","version":"0.1.0","source":"a@old.example","destination":"a@new.example","transport":"imap"}');
	});

	test('has every time in that form', () => {
		const {tell, face, lines} = stage();
		tell(started);
		tell({
			type: 'pace', lanes: 2, reason: 'throttled', until: start + 60_000,
		});
		face.tick(start + 1000);
		expect(lines().slice(1)).toMatchObject([{type: 'pace', until: '2026-11-23T14:16:33.566Z'}, {type: 'progress', waitingUntil: '2026-11-23T14:16:33.566Z'}]);
	});

	test('of strangers\' words stays one line of whole Unicode, and says what they said', () => {
		const {tell, terminal, lines} = stage();
		tell(started);
		const folder = ['a\nb', '\u2028', '\uD800', '"\\', '\u0000'];
		tell({type: 'folder.completed', folder});
		expect(terminal.results[1]).not.toContain('\n');
		expect(terminal.results[1]!.isWellFormed()).toBe(true);
		expect(lines()[1]!.folder).toEqual(folder);
	});
});

describe('progress', () => {
	test('comes at most once a second, with the number of the fact before it', () => {
		const {tell, face, lines} = stage();
		tell(started);
		for (let time = 0; time <= 3000; time += 250) {
			face.tick(start + time);
		}

		expect(lines().map(({type, seq}) => [type, seq])).toEqual([['run.started', 0], ['progress', 0], ['progress', 0], ['progress', 0], ['progress', 0]]);
	});

	test('never comes before the first fact, nor after the work', () => {
		const {tell, face, lines} = stage();
		face.tick(start);
		tell(started);
		tell({type: 'phase', phase: 'finished'});
		face.tick(start + 5000);
		expect(lines().map(({type}) => type)).toEqual(['run.started', 'phase']);
	});

	test('is dropped while the reader is slow; facts are not', () => {
		const {tell, face, terminal, lines} = stage();
		tell(started);
		terminal.congested = true;
		face.tick(start + 1000);
		tell({type: 'phase', phase: 'migrating'});
		terminal.congested = false;
		face.tick(start + 1250);
		expect(lines().map(({type}) => type)).toEqual(['run.started', 'phase', 'progress']);
	});
});

describe('the summary', () => {
	test('stands in the place of run.ended', () => {
		const {tell, finish, lines} = stage();
		tell(started);
		tell(ended);
		finish();
		expect(lines().map(({type, seq}) => [type, seq])).toEqual([['run.started', 0], ['summary', 1]]);
	});

	test('comes behind what a run that was cut off still tells, and leaves no gap', () => {
		const {tell, finish, lines} = stage();
		tell(started);
		tell(ended);
		tell({type: 'folder.completed', folder: ['A']});
		finish();
		expect(lines().map(({type, seq}) => [type, seq])).toEqual([['run.started', 0], ['folder.completed', 1], ['summary', 2]]);
	});

	test('is the last line, whoever tells what afterwards', () => {
		const {tell, finish, lines} = stage();
		tell(started);
		tell(ended);
		finish();
		tell({type: 'notice', notice: {type: 'reconnecting', side: 'source'}});
		expect(lines().at(-1)).toMatchObject({type: 'summary'});
	});
});
