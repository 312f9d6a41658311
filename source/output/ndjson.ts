import {type Event, type Phase, type Told} from '../migration/events.js';
import {type Progress, paceOf, totalOf} from '../migration/progress.js';
import {type Face} from './face.js';
import {type Messages, type Summary} from './summary.js';
import {type Terminal} from './terminal.js';

/** Version of the line format; additive changes only within it (docs/headless.md). */
const version = 1;

/** What every line carries. `at` is RFC 3339 UTC, as every time in a line is. */
export type Envelope = {readonly v: typeof version; readonly seq: number; readonly at: string; readonly run: string};

type Pace = Extract<Event, {readonly type: 'pace'}>;

/** An event as its line tells it. The summary stands in the place of `run.ended`. */
export type EventLine = Exclude<Event, Pace | {readonly type: 'run.ended'}> | (Omit<Pace, 'until'> & {readonly until?: string});

/** How far the run is; may be dropped. */
export type ProgressLine = {
	readonly type: 'progress'; readonly phase: Phase; readonly messages: Messages;
	/** Delivered. */
	readonly bytes: number;
	/** Of all messages, whatever their fate. */
	readonly bytesTotal: number;
	/** A second, over the last minute. */
	readonly rate: {readonly messages: number; readonly bytes: number};
	/** Only where it is credible. */
	readonly secondsLeft?: number;
	readonly lanes: number;
	/** A throttle lasts until then. */
	readonly waitingUntil?: string;
};

const timeText = (at: number): string => new Date(at).toISOString();

const lineOf = (event: Exclude<Told, {readonly type: 'run.ended'}>): EventLine => {
	if (event.type !== 'pace') {
		return event;
	}

	const {until, ...rest} = event;
	return {...rest, ...(until !== undefined && {until: timeText(until)})};
};

/**
One JSON object a line on stdout: facts as they happen, in order and numbered without gaps, `progress` at most once a
second and dropped while the reader is slow, `summary` always last: what is told after it is told to nobody.
*/
export const ndjsonFace = (terminal: Terminal, progress: Progress): Face => {
	let last = 0;
	let run = '';
	let facts = 0;
	let isOver = false;
	const write = (seq: number, at: number, line: EventLine | ProgressLine | Summary) => {
		const envelope: Envelope = {
			v: version, seq, at: timeText(at), run,
		};
		terminal.result(JSON.stringify({...envelope, ...line, ...envelope}));
	};

	return {
		hear(event: Told) {
			run = event.run;
			// The summary comes in the place of "run.ended", behind what a run that was cut off still tells after that.
			if (event.type !== 'run.ended' && !isOver) {
				write(facts++, event.at, lineOf(event));
			}
		},
		tick(now: number) {
			if (now - last < 1000 || facts === 0 || terminal.congested || progress.phase === 'finished') {
				return;
			}

			last = now;
			const pace = paceOf(progress, now);
			// Shares the number of the fact before it: it may be dropped, and facts stay countable.
			write(facts - 1, now, {
				type: 'progress', phase: progress.phase,
				messages: {total: totalOf(progress.messages), ...progress.messages},
				bytes: progress.bytes.delivered, bytesTotal: totalOf(progress.bytes),
				rate: {messages: Math.round(pace.messages * 10) / 10, bytes: Math.round(pace.bytes)},
				...(pace.secondsLeft !== undefined && {secondsLeft: pace.secondsLeft}),
				lanes: progress.lanes, ...(progress.waitUntil > now && {waitingUntil: timeText(progress.waitUntil)}),
			});
		},
		finish(summary: Summary, now: number) {
			isOver = true;
			write(facts, now, summary);
		},
	};
};
