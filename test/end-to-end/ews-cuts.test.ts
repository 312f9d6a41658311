import {expect, test} from 'vitest';
import {ewsDestination} from '../../source/destinations/ews.js';
import {imapSource} from '../../source/sources/imap.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {seededRandom} from '../../source/sandbox/random.js';
import {runEngine} from '../migration/run-engine.js';
import {type Proxy, type ProxyOptions, startProxy} from '../proxy.js';
import {
	destinationContents, mailbox, sourceContents, startMicrosoftEnds, tls,
} from './microsoft-ends.js';
import {message} from './sandbox-ends.js';

/** Messages of 3 kB on average, some of them identical. */
const folders = (count: number): FolderSeed[] => ['INBOX', 'Clients', 'Deep'].map((name, folder) => ({
	path: [name], messages: Array.from({length: count / 3}, (_value, index) => message(`Subject: ${name} ${index % 90}\r\nMessage-ID: <${index % 90}@example.org>`, 'line of text\r\n'.repeat((index * 37) % 450), Date.UTC(2020, folder, 1) + ((index % 90) * 1000))),
}));

/** Migrates everything with proxies before both servers and compares. */
const migrateThrough = async (count: number, disturb: {readonly source?: Partial<ProxyOptions>; readonly destination?: Partial<ProxyOptions>; readonly meanwhile?: (proxies: readonly Proxy[]) => () => void}): Promise<void> => {
	// The stand-in ends what it has begun, as Exchange does.
	const ends = await startMicrosoftEnds(folders(count), {speed: 30, destination: {rules: [{on: 'CreateItem', every: 3, do: {type: 'delay', milliseconds: 12_000}}, {on: 'CreateItem', every: 5, do: {type: 'delay', milliseconds: 6000, commit: true}}]}});
	const [from, to] = await Promise.all([startProxy({...disturb.source, target: {port: ends.source.port}}), startProxy({...disturb.destination, target: {port: ends.destination.port}})]);
	const {clock} = ends;
	const common = {clock, random: Math.random, notice: () => undefined};
	const own = {
		source: imapSource({
			...common, host: '127.0.0.1', port: from.port, tls: false, user: 'ana@example.org', credential: async () => ({password: 'secret'}), timing: {silence: 2000},
		}),
		destination: ewsDestination({
			...common, host: `127.0.0.1:${to.port}`, mailbox, ca: tls.ca, patience: 5000, token: ends.token,
		}),
	};
	const done = disturb.meanwhile?.([from, to]);
	try {
		const {outcome, failure, progress} = await runEngine({
			...own, files: ends.files, directory: '/state', clock, choices: {memory: 64 * 1024 * 1024},
		});
		await ends.destination.settled();
		const {delivered, alreadyThere, remaining, unsure, refused} = progress.messages;
		expect({
			outcome, failure, cut: to.counters.cuts > 3, delivered, alreadyThere, remaining, unsure, refused,
		}).toEqual({
			outcome: 'complete', failure: undefined, cut: true, delivered: count, alreadyThere: 0, remaining: 0, unsure: 0, refused: 0,
		});
		expect(destinationContents(ends.destination)).toEqual(sourceContents(ends.source));
		// Lost answers to what was done are what this is about.
		expect(ends.destination.log.filter(({operation}) => operation === 'FindItem').length).toBeGreaterThan(6);
	} finally {
		done?.();
		await Promise.all([own.source.close(), own.destination.close(), from.stop(), to.stop()]);
		await ends.close();
	}
};

test('connections to both ends, cut every two to three seconds by RST and by FIN, do not lose or double one of 1,200 messages', async () => {
	const random = seededRandom(5);
	await migrateThrough(1200, {
		// Slow enough that the run sees several cuts.
		source: {delay: 5}, destination: {delay: 60},
		meanwhile(proxies) {
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
			return () => {
				clearTimeout(timer);
			};
		},
	});
});

test('cut by RST and FIN after so many bytes, wherever that falls in TLS, they do not either', async () => {
	await migrateThrough(450, {source: {cutAfterBytes: 411_003, cutBy: 'fin'}, destination: {cutAfterBytes: 97_459, cutBy: 'rst', cutsAtMost: 30}});
});
