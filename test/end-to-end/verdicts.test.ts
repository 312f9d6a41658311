import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type Event} from '../../source/migration/events.js';
import {type Progress} from '../../source/migration/progress.js';
import {type MessageSeed} from '../../source/sandbox/imap/message.js';
import {type ImapServer} from '../../source/sandbox/imap/server.js';
import {exitCodeOfRun} from '../../source/output/exit-code.js';
import {
	contents, type Ends, migrate, plan, smallCount, smallMailbox, startEnds, verify, withoutJournal,
} from './sandbox-ends.js';

const acme = ['Clients', 'ACME'];

const between = async (play: (ends: Ends) => Promise<void>): Promise<void> => {
	const ends = await startEnds(smallMailbox());
	try {
		await play(ends);
	} finally {
		await ends.close();
	}
};

/** Findings as text: kind, folder and source or destination UID. */
const findings = (events: readonly Event[]): string[] => events.filter(event => event.type === 'verify.finding').map(({kind, folder, uid}) => `${kind} ${folder.join('/')} ${uid}`).sort();

const exitCode = (progress: Progress): number => exitCodeOfRun(progress, progress.messages.remaining + progress.messages.refused > 0 ? 'partial' : 'complete', undefined);

describe('verify, over real connections,', () => {
	test('finds everything equal after a run, with its journal and without', async () => {
		await between(async ends => {
			await migrate(ends);
			for (const looked of [await verify(ends), await verify(withoutJournal(ends))]) {
				expect(findings(looked.events)).toEqual([]);
				expect(looked.progress).toMatchObject({compared: smallCount, equal: smallCount});
				expect(exitCode(looked.progress)).toBe(0);
			}
		});
	});

	test('calls everything missing where nothing was carried yet', async () => {
		await between(async ends => {
			const {progress} = await verify(ends);
			expect(progress.findings).toMatchObject({missing: smallCount, extra: 0});
			expect(exitCode(progress)).toBe(3);
		});
	});

	test.each<[string, (ends: Ends) => void, string, number]>([
		['a missing message', ends => {
			ends.destination.mailbox().deleteMessages(acme, [there(ends, 2).uid]);
		}, 'missing Clients/ACME 2', 3],
		['an altered message', ends => {
			replace(ends, 3, seed => ({...seed, bytes: Buffer.concat([seed.bytes as Uint8Array, Buffer.from('.')]), size: undefined}));
		}, 'altered Clients/ACME 3', 3],
		['an altered message of the same length', ends => {
			replace(ends, 3, seed => ({...seed, bytes: Buffer.from(Buffer.from(seed.bytes as Uint8Array).toString().replace('Number', 'number'))}));
		}, 'altered Clients/ACME 3', 3],
		['a changed date', ends => {
			replace(ends, 3, seed => ({...seed, internalDate: seed.internalDate! + 1000}));
		}, 'date Clients/ACME 3', 3],
		['changed flags', ends => {
			ends.destination.mailbox().folder(acme).setFlags(there(ends, 1), [String.raw`\Answered`]);
		}, 'flags Clients/ACME 1', 0],
		['an extra message', ({destination}) => {
			destination.mailbox().addMessage(acme, {bytes: Buffer.from('Subject: mine\r\n\r\n'), internalDate: Date.UTC(2024, 1, 1)});
		}, 'extra Clients/ACME 6', 0],
		['a further copy', ends => {
			ends.destination.mailbox().addMessage(acme, there(ends, 1).seed);
		}, 'extra Clients/ACME 6', 0],
		['a message moved to another folder', ends => {
			ends.destination.mailbox().addMessage(['Empty'], there(ends, 4).seed);
			ends.destination.mailbox().deleteMessages(acme, [there(ends, 4).uid]);
		}, 'moved Clients/ACME 4', 0],
		['a message moved to a folder that the source does not have', ends => {
			ends.destination.mailbox().createFolder({path: ['Elsewhere'], messages: [there(ends, 4).seed]});
			ends.destination.mailbox().deleteMessages(acme, [there(ends, 4).uid]);
		}, 'moved Clients/ACME 4', 0],
		['mail that came to the source since', ({source}) => {
			source.mailbox().addMessage(acme, {bytes: Buffer.from('Subject: new\r\n\r\n')});
		}, 'missing Clients/ACME 6', 3],
	])('finds %s, and only that', async (_name, plant, expected, code) => {
		await between(async ends => {
			await migrate(ends);
			plant(ends);
			const {events, progress} = await verify(ends);
			expect(findings(events)).toEqual([expected]);
			expect(exitCode(progress)).toBe(code);
		});
	});

	test('misses one of three identical copies', async () => {
		await between(async ends => {
			await migrate(ends);
			const {messages} = ends.destination.mailbox().folder(['INBOX']);
			const copy = messages.find((one, index) => messages.slice(index + 1).some(other => Buffer.compare(one.bytes, other.bytes) === 0));
			ends.destination.mailbox().deleteMessages(['INBOX'], [copy!.uid]);
			const {progress} = await verify(ends);
			expect(progress.findings).toMatchObject({
				missing: 1, extra: 0, moved: 0, altered: 0,
			});
		});
	});

	test('says of a renamed folder where its messages lie, and accuses nobody', async () => {
		await between(async ends => {
			await migrate(ends);
			ends.source.mailbox().renameFolder(['Clients'], ['Kunden']);
			await migrate(ends);
			const {events, progress} = await verify(ends);
			expect(findings(events).map(line => line.split(' ', 2).join(' '))).toEqual(Array.from({length: 5}, () => 'moved Kunden/ACME'));
			expect(progress.equal).toBe(smallCount);
			expect(exitCode(progress)).toBe(0);
		});
	});
});

describe('what is only looked at stays as it is', () => {
	const harmless = new Set(['CAPABILITY', 'LOGIN', 'AUTHENTICATE', 'ID', 'NAMESPACE', 'LIST', 'EXAMINE', 'UID FETCH', 'NOOP', 'LOGOUT']);
	const commandsOf = ({log}: ImapServer): string[] => [...new Set(log.map(({command}) => /^(?:UID )?\S+/v.exec(command)?.[0] ?? command))].filter(command => !harmless.has(command));

	test('migrate only looks at the source, whatever befalls it', async () => {
		const ends = await startEnds(smallMailbox(), {source: {rules: [{on: 'read', nth: 2, do: {type: 'drop'}}, {on: 'listing', nth: 2, do: {type: 'bye'}}, {on: 'read', nth: 4, do: {type: 'vanish'}}]}});
		try {
			await migrate(ends);
			expect(ends.source.struck.length).toBeGreaterThan(1);
			expect(commandsOf(ends.source)).toEqual([]);
			// The destination was written, so this can fail.
			expect(commandsOf(ends.destination)).toEqual(expect.arrayContaining(['APPEND', 'CREATE', 'SELECT']));
		} finally {
			await ends.close();
		}
	});

	test.each([['plan', plan], ['verify', verify]] as const)('%s writes nothing at either side and nothing into the journal', async (_name, command) => {
		await between(async ends => {
			for (const nth of [1, 2]) {
				const before = [ends.source, ends.destination].map(server => server.mailbox().snapshot());
				const journal = nth === 2 && ends.files.content('/state/test.journal');
				const logged = ends.destination.log.length;
				// eslint-disable-next-line no-await-in-loop -- before a run and after it
				const {progress} = await command(ends);
				expect(progress.failure).toBeUndefined();
				expect(progress.folders.size + progress.compared + progress.findings.missing).toBeGreaterThan(4);
				expect([ends.source, ends.destination].map(server => server.mailbox().snapshot())).toEqual(before);
				expect([commandsOf(ends.source), commandsOf({log: ends.destination.log.slice(logged)} as ImapServer)]).toEqual([[], []]);
				if (journal) {
					expect(ends.files.content('/state/test.journal').equals(journal)).toBe(true);
				} else {
					expect(() => ends.files.content('/state/test.journal')).toThrow();
					// eslint-disable-next-line no-await-in-loop -- as above
					await migrate(ends);
				}
			}
		});
	});

	test('plan counts what is to be done, before a run and after', async () => {
		await between(async ends => {
			const first = await plan(ends);
			expect(first.progress.messages).toMatchObject({remaining: smallCount, delivered: 0});
			await migrate(ends);
			const second = await plan(ends);
			expect(second.progress.messages).toMatchObject({remaining: 0, delivered: smallCount});
			expect(contents(ends.destination)).toEqual(contents(ends.source));
		});
	});
});

/** The destination's copy of the ACME message that has this UID at the source. */
const there = ({source, destination}: Ends, uid: number) => {
	const wanted = source.mailbox().folder(acme).message(uid)!;
	return destination.mailbox().folder(acme).messages.find(one => Buffer.compare(one.bytes, wanted.bytes) === 0)!;
};

/** Puts another message in place of that one, under the same id. */
const replace = (ends: Ends, uid: number, change: (seed: MessageSeed) => MessageSeed): void => {
	const old = there(ends, uid);
	const messages = ends.destination.mailbox().folder(acme).messages.map(one => one === old ? change(one.seed) : one.seed);
	ends.destination.mailbox().recreateFolder(acme, {keepUidValidity: true, restartUids: true, messages});
};
