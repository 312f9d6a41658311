import {expect, test} from 'vitest';
import {type Unsure} from '../../source/mailbox/destination.js';
import {
	fakeDestination, fakeSource, newStore, put,
} from './fake-ends.js';
import {ForgetfulFiles} from './forgetful-files.js';
import {fastClock, runEngine} from './run-engine.js';

const header = 'Subject: invoice\r\nMessage-ID: <invoice@example.org>\r\nDate: Mon, 1 Feb 2021 08:00:00 +0000\r\n\r\n';

test('where nothing but the header tells messages apart, one is not looked for without the others in doubt that have its header and second', async () => {
	const [store, clock] = [newStore(), fastClock()];
	const receivedAt = Date.UTC(2021, 1, 1, 8);
	for (const text of ['one', 'two']) {
		put(store, ['A'], `${header}${text}`, {receivedAt});
	}

	put(store, ['A'], 'Subject: other\r\n\r\n', {receivedAt: receivedAt + 60_000});
	const looked: number[][] = [];
	const there = fakeDestination(newStore(), clock, nth => nth <= 2 ? 'lost' : 'ok', {
		transport: 'imap', keepsBytes: false, batch: {messages: 1, bytes: 1_000_000}, startLanes: 1, maxLanes: 1,
	});
	await runEngine({
		source: fakeSource(store), files: new ForgetfulFiles(), directory: '/state', clock,
		destination: {
			...there,
			async deliver(...given) {
				if (there.deliveries() === 1) {
					// The second is lost so much later that it is not yet to be looked for when the first is.
					await clock.sleep(20_000);
				}

				return there.deliver(...given);
			},
			async look(path, unsure: readonly Unsure[], ...rest) {
				looked.push(unsure.map(({key}) => key.uid));
				return there.look(path, unsure, ...rest);
			},
		},
	});
	const [first] = looked;
	expect(first).toHaveLength(2);
	expect(new Set(first)).toEqual(new Set([1, 2]));
});
