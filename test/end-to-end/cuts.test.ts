import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
	afterAll, beforeAll, describe, expect, test,
} from 'vitest';
import {imapDestination} from '../../source/destinations/imap.js';
import {realClock} from '../../source/mailbox/clock.js';
import {realFiles} from '../../source/migration/journal-file.js';
import {seededRandom} from '../../source/sandbox/random.js';
import {imapSource} from '../../source/sources/imap.js';
import {compare, faithful} from '../checker/compare.js';
import {snapshot, type Snapshot} from '../checker/snapshot.js';
import {type Dovecot, dovecotAvailable, startDovecot} from '../dovecot/dovecot.js';
import {generatedMailbox} from '../dovecot/generated-mail.js';
import {loadMailbox} from '../dovecot/load.js';
import {cutAt, losses, seeded} from '../migration/forgetful-files.js';
import {runEngine} from '../migration/run-engine.js';
import {type Proxy, startProxy} from '../proxy.js';
import {
	contents, forEach, migrate, onRecord, smallCount, smallMailbox, startEnds,
} from './sandbox-ends.js';

describe('a run over real connections, stopped before and after every journal line', () => {
	test.each([
		['every third answer is lost', 1, []],
		['every third answer is lost and no ids are told', 3, ['UIDPLUS']],
	])('ends, resumed, like one that was not stopped, while %s and the machine forgets what was not synced', async (_name, step, hide) => {
		const rules = [{on: 'append', every: 3, do: {type: 'commit-then-drop'}}] as const;
		const series = {over: false, stops: 0};
		/** Stops one run, switches the machine off and on, runs again. */
		const stopAndResume = async (line: number): Promise<void> => {
			const when = line % 2 === 0 ? 'before' : 'after';
			const at = Math.ceil(line / 2);
			const loss = losses[line % losses.length]!;
			const ends = await startEnds(smallMailbox(), {destination: {rules, capabilities: {hide}}});
			try {
				let cut: ReturnType<typeof cutAt> | undefined;
				await migrate(ends, {
					run: 'first', wrap(journal) {
						cut = cutAt(journal, {at, when});
						return cut.journal;
					},
				});
				if (!cut!.stopped()) {
					series.over = true;
					return;
				}

				series.stops++;
				ends.files.crash(loss, seeded(line));
				const {outcome, failure} = await migrate(ends, {run: 'second'});
				const record = await onRecord(ends);
				expect({
					at, when, loss, outcome, failure, there: contents(ends.destination), done: record.delivered! + record['already-there']!, unsure: record.unsure,
				}).toEqual({
					at, when, loss, outcome: 'complete', failure: undefined, there: contents(ends.source), done: smallCount, unsure: 0,
				});
			} finally {
				await ends.close();
			}
		};

		const lines = function * () {
			for (let line = 1; !series.over; line += step) {
				yield line;
			}
		};

		const queue = lines();
		await forEach([1, 2, 3, 4, 5], 5, async () => {
			for (const line of queue) {
				// eslint-disable-next-line no-await-in-loop -- one after another in each of several runners
				await stopAndResume(line);
			}
		});
		// Five folders and their surveys, the run, an intent and a receipt for each message; each line twice.
		expect(series.stops).toBeGreaterThan(2 * (11 + (2 * smallCount)) / step);
	});
});

/** Faster than the wall, so that looks for what is unsure do not take minutes; Dovecot commits nothing late. */
const speed = 20;
const count = 2000;

describe.skipIf(!dovecotAvailable)('connections to two real Dovecots', () => {
	let source: Dovecot;
	let destination: Dovecot;
	let before: Snapshot;
	beforeAll(async () => {
		[source, destination] = await Promise.all([startDovecot(), startDovecot({storage: 'sdbox'})]);
		await loadMailbox(source, generatedMailbox({seed: 31, messages: count}));
		before = await snapshot(source);
	});
	afterAll(async () => {
		await Promise.all([source.stop(), destination.stop()]);
	});

	/** Migrates everything into a mailbox of its own through two proxies, and compares. */
	const migrateThrough = async (user: string, [from, to]: readonly [Proxy, Proxy]): Promise<void> => {
		const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-cuts-'));
		const clock = realClock(speed);
		const common = {
			clock, random: Math.random, notice: () => undefined, tls: false, host: '127.0.0.1',
		};
		const ends = {
			source: imapSource({
				...common, port: from.port, user: source.user, credential: async () => ({password: source.password}),
			}),
			destination: imapDestination({
				...common, port: to.port, user, credential: async () => ({password: 'password'}),
			}),
		};
		try {
			const {outcome, failure, progress} = await runEngine({
				...ends, files: realFiles, directory, clock, choices: {memory: 64 * 1024 * 1024},
			});
			const account = {
				host: destination.host, port: destination.port, user, password: 'password',
			};
			expect({
				outcome, failure, cutsAtSource: from.counters.cuts > 3, cutsAtDestination: to.counters.cuts > 3, counts: compare(before, await snapshot(account)).counts,
			}).toEqual({
				outcome: 'complete', failure: undefined, cutsAtSource: true, cutsAtDestination: true, counts: faithful(count),
			});
			expect(progress.messages).toMatchObject({delivered: count, remaining: 0});
		} finally {
			await Promise.all([ends.source.close(), ends.destination.close(), from.stop(), to.stop()]);
			await rm(directory, {recursive: true, force: true});
		}
	};

	test('cut every two to three seconds on both sides, by RST and by FIN, do not lose or double one of 2,000 messages', async () => {
		await destination.addUser('by-time', 'password');
		const random = seededRandom(3);
		// Slow enough that the run sees several cuts.
		const proxies = await Promise.all([startProxy({target: source, delay: 30}), startProxy({target: destination, delay: 5})]);
		let [by, timer] = ['rst' as 'rst' | 'fin', undefined as NodeJS.Timeout | undefined];
		const cutAgain = (): void => {
			timer = setTimeout(() => {
				for (const proxy of proxies) {
					proxy.cutAll(by);
					by = by === 'rst' ? 'fin' : 'rst';
				}

				cutAgain();
			}, 2000 + (random.next() * 1000));
		};

		cutAgain();
		try {
			await migrateThrough('by-time', [proxies[0], proxies[1]]);
		} finally {
			clearTimeout(timer);
		}
	});

	test('cut by RST and FIN after so many bytes, wherever that falls, do not either', async () => {
		await destination.addUser('by-bytes', 'password');
		await migrateThrough('by-bytes', await Promise.all([
			startProxy({target: source, cutAfterBytes: 211_003, cutBy: 'fin'}), startProxy({target: destination, cutAfterBytes: 73_459, cutBy: 'rst'}),
		]));
	});
});
