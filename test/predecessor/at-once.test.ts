import {expect, test} from 'vitest';
import {
	contents, fakeDestination, fakeSource, newStore, put,
} from '../migration/fake-ends.js';
import {ForgetfulFiles} from '../migration/forgetful-files.js';
import {fastClock, runEngine} from '../migration/run-engine.js';

test('no message waits for the one before it: batches of one folder are under way at once', async () => {
	const [source, destination] = [newStore(), newStore()];
	for (let number = 0; number < 60; number++) {
		put(source, ['INBOX'], `Subject: ${number}\r\n\r\n`);
	}

	const clock = fastClock();
	const to = fakeDestination(destination, clock);
	let [now, most] = [0, 0];
	const {outcome} = await runEngine({
		source: fakeSource(source), files: new ForgetfulFiles(), directory: '/state', clock,
		destination: {
			...to,
			async deliver(...batch) {
				now++;
				most = Math.max(most, now);
				await clock.sleep(1000);
				await to.deliver(...batch);
				now--;
			},
		},
	});
	expect(outcome).toBe('complete');
	expect(most).toBeGreaterThan(1);
	expect(contents(destination)).toEqual(contents(source));
});
