import {describe, expect, test} from 'vitest';
import {type Delivery} from '../../source/mailbox/destination.js';
import {
	contents, fakeDestination, fakeSource, type Fault, newStore, put, rebuilding, type Store,
} from './fake-ends.js';
import {
	cutAt, ForgetfulFiles, type Loss, losses, seeded,
} from './forgetful-files.js';
import {fastClock, runEngine} from './run-engine.js';

/** Two folders, three identical copies, two near-duplicates. */
const mailbox = (): Store => {
	const store = newStore();
	for (let index = 0; index < 6; index++) {
		put(store, ['INBOX'], `Subject: message ${index}\r\n\r\nbody`);
	}

	for (let index = 0; index < 3; index++) {
		put(store, ['INBOX'], 'Subject: the same\r\n\r\nagain', {receivedAt: Date.UTC(2021, 1, 1)});
	}

	for (let index = 0; index < 2; index++) {
		put(store, ['Clients'], `Subject: invoice\r\n\r\nnumber ${1000 + index}`, {receivedAt: Date.UTC(2021, 5, 1)});
	}

	return store;
};

type Case = {readonly at: number; readonly when: 'before' | 'after'; readonly loss: Loss; readonly faults?: (nth: number, delivery: Delivery) => Fault; readonly tellsId?: boolean; readonly rebuilds?: boolean; readonly random: () => number};

/** Stops a run at one journal line, switches the machine off and on, runs again. @returns false once the run ends before that line */
const stopAndResume = async ({
	at, when, loss, faults, tellsId = true, rebuilds = false, random,
}: Case): Promise<boolean> => {
	const [source, destination, files, directory] = [mailbox(), newStore(), new ForgetfulFiles(), '/state'];
	const clock = fastClock();
	const traits = {tellsId, ...(rebuilds && rebuilding)};
	let cut: ReturnType<typeof cutAt> | undefined;
	await runEngine({
		source: fakeSource(source), destination: fakeDestination(destination, clock, faults, traits), files, directory, clock, run: 'first',
		wrap(journal) {
			cut = cutAt(journal, {at, when});
			return cut.journal;
		},
	});
	if (!cut!.stopped()) {
		return false;
	}

	files.crash(loss, random);
	const again = await runEngine({
		source: fakeSource(source), destination: fakeDestination(destination, clock, undefined, traits), files, directory, clock, run: 'second',
	});
	expect({
		at, when, loss, outcome: again.outcome, there: contents(destination),
	}).toEqual({
		at, when, loss, outcome: 'complete', there: contents(source),
	});
	const {delivered, alreadyThere, remaining, unsure} = again.progress.messages;
	expect({
		at, when, loss, done: delivered + alreadyThere, remaining, unsure,
	}).toEqual({
		at, when, loss, done: 11, remaining: 0, unsure: 0,
	});
	return true;
};

describe('a run stopped before and after every journal line ends, resumed, like one that was not', () => {
	for (const loss of losses) {
		test(`and the machine forgets of what was not synced: ${loss}`, async () => {
			const random = seeded(7);
			let at = 0;
			let more = true;
			while (more) {
				at++;
				for (const when of ['before', 'after'] as const) {
					// eslint-disable-next-line no-await-in-loop -- One after another.
					more = await stopAndResume({
						at, when, loss, random,
					});
				}
			}

			// Two folders and their surveys, a run line, and an intent and a receipt for each message.
			expect(at).toBeGreaterThan(26);
		});
	}

	for (const loss of losses) {
		test(`over a store that rebuilds messages, where nothing but the stamp tells them apart: ${loss}`, async () => {
			const random = seeded(13);
			const lost = [undefined, 'committed, answer lost', {late: 50_000}] as const;
			let at = 0;
			let more = true;
			while (more) {
				at++;
				const fault = lost[at % 3] ?? 'ok';
				// eslint-disable-next-line no-await-in-loop -- One after another.
				more = await stopAndResume({
					at, when: at % 2 === 0 ? 'before' : 'after', loss, random, rebuilds: true, faults: nth => nth % 4 === 0 ? fault : 'ok',
				});
			}

			expect(at).toBeGreaterThan(26);
		});
	}

	for (const [name, fault] of [['a lost answer', 'committed, answer lost'], ['a late commit', {late: 6000}]] as const) {
		for (const tellsId of [true, false]) {
			test(`with ${name} on every third delivery as well (ids told: ${String(tellsId)})`, async () => {
				const random = seeded(11);
				let at = 0;
				let more = true;
				while (more) {
					at++;
					// eslint-disable-next-line no-await-in-loop -- One after another.
					more = await stopAndResume({
						at, when: at % 2 === 0 ? 'before' : 'after', loss: losses[at % losses.length]!, random, tellsId, faults: nth => nth % 3 === 0 ? fault : 'ok',
					});
				}

				expect(at).toBeGreaterThan(26);
			});
		}
	}
});
