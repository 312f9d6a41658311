import {expect, test} from 'vitest';
import {Control} from '../../source/migration/control.js';
import {
	fakeDestination, fakeSource, newStore, put,
} from './fake-ends.js';
import {ForgetfulFiles} from './forgetful-files.js';
import {fastClock, runEngine} from './run-engine.js';

test('an answer that comes after a run was cut off and its journal closed makes no failure of it', async () => {
	const clock = fastClock();
	const [from, to] = [newStore(), newStore()];
	put(from, ['INBOX'], 'one');
	const control = new Control();
	const destination = fakeDestination(to, clock);
	let answer: (() => void) | undefined;
	let done: Promise<void> | undefined;
	const {outcome, failure, events} = await runEngine({
		source: fakeSource(from), files: new ForgetfulFiles(), directory: '/state', clock, control,
		destination: {
			...destination,
			async deliver(_folder, _batch, report) {
				const late = new Promise<void>(resolve => {
					answer = resolve;
				});
				done = late;
				control.stop();
				control.abort();
				await late;
				report(0, {stored: true, id: '1:1'});
			},
		},
	});
	expect({outcome, failure}).toEqual({outcome: 'interrupted', failure: undefined});
	const told = events.length;
	answer!();
	await done;
	await new Promise(resolve => {
		setImmediate(resolve);
	});
	expect(events.slice(told).map(({type}) => type)).not.toContain('run.failed');
});
