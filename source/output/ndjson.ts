import {type Told} from '../migration/events.js';
import {type Progress, paceOf, totalOf} from '../migration/progress.js';
import {type Face} from './face.js';
import {type Summary} from './summary.js';
import {type Terminal} from './terminal.js';

/** Version of the line format; additive changes only within it. */
const version = 1;

/**
One JSON object a line on stdout: facts as they happen and in order, `progress` at most once a second and
dropped while the reader is slow, `summary` always last.
*/
export const ndjsonFace = (terminal: Terminal, progress: Progress): Face => {
	let last = 0;
	let final: {seq: number; run: string} = {seq: 0, run: ''};
	let isWritten = false;
	const write = (event: Record<string, unknown> & {seq: number; at: number; run: string}) => {
		const {seq, at, run, ...rest} = event;
		terminal.result(JSON.stringify({
			v: version, seq, at: new Date(at).toISOString(), run, ...rest,
		}));
	};

	return {
		hear(event: Told) {
			final = {seq: event.seq, run: event.run};
			isWritten = event.type !== 'run.ended';
			if (isWritten) {
				write(event);
			}
		},
		tick(now: number) {
			if (now - last < 1000 || terminal.congested || progress.phase === 'finished') {
				return;
			}

			last = now;
			const pace = paceOf(progress, now);
			// Shares the number of the fact before it: it may be dropped, and facts stay countable.
			write({
				type: 'progress', ...final, at: now, phase: progress.phase,
				messages: {total: totalOf(progress.messages), ...progress.messages},
				bytes: progress.bytes.delivered, bytesTotal: totalOf(progress.bytes),
				rate: {messages: Math.round(pace.messages * 10) / 10, bytes: Math.round(pace.bytes)},
				...(pace.secondsLeft !== undefined && {secondsLeft: pace.secondsLeft}),
				lanes: progress.lanes, ...(progress.waitUntil > now && {waitingUntil: new Date(progress.waitUntil).toISOString()}),
			});
		},
		finish(summary: Summary, now: number) {
			// In the place of "run.ended"; behind what a run that was cut off still told after that.
			write({
				...summary, run: final.run, seq: final.seq + Number(isWritten), at: now,
			});
		},
	};
};
