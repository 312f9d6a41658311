import {describe, expect, test} from 'vitest';
import {Control} from '../../source/migration/control.js';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type MessageSeed} from '../../source/sandbox/imap/message.js';
import {type Ran} from '../migration/run-engine.js';
import {generatedMailbox} from '../dovecot/generated-mail.js';
import {
	adapters, contents, type Ends, forEach, message, migrate, plain, smallCount, smallMailbox, startEnds, without, withoutJournal,
} from './sandbox-ends.js';

const acme = ['Clients', 'ACME'];

/** Different messages whose UIDs and dates are as those of {@link many} may be. */
const many = (count: number, name: string): MessageSeed[] => Array.from({length: count}, (_value, index) => message(`Subject: ${name}\r\nMessage-ID: <${name}-${index}@example.org>`, `${name} has the number ${index}`, Date.UTC(2020, 1, 1) + (index * 1000)));

/** Runs a test with two servers and ends them. */
const between = async (folders: readonly FolderSeed[], more: Parameters<typeof startEnds>[1], play: (ends: Ends) => Promise<void>): Promise<void> => {
	const ends = await startEnds(folders, more);
	try {
		await play(ends);
	} finally {
		await ends.close();
	}
};

const complete = async (ends: Ends, more: Parameters<typeof migrate>[1] = {}): Promise<Ran> => {
	const ran = await migrate(ends, more);
	await ends.destination.settled();
	const {remaining, unsure, refused} = ran.progress.messages;
	expect({
		outcome: ran.outcome, failure: ran.failure, remaining, unsure, refused,
	}).toEqual({
		outcome: 'complete', failure: undefined, remaining: 0, unsure: 0, refused: 0,
	});
	return ran;
};

/** Calls an action once, when so many messages were delivered. */
const atDelivery = (nth: number, action: () => void): {onEvent: (event: {readonly type: string}) => void; happened: () => boolean} => {
	let delivered = 0;
	return {
		onEvent(event) {
			if (event.type === 'message.delivered' && ++delivered === nth) {
				action();
			}
		},
		happened: () => delivered >= nth,
	};
};

const idle = async (ends: Ends): Promise<void> => {
	const before = contents(ends.destination);
	const again = await complete(ends);
	expect({delivered: again.progress.deliveredNow, there: contents(ends.destination)}).toEqual({delivered: 0, there: before});
};

describe('between two runs', () => {
	test.each([[true, 'folder'], [true, 'mailbox'], [false, 'folder']] as const)('a folder deleted and made again (UIDVALIDITY kept: %s, UIDs counted by %s) with other messages under the old UIDs is carried, and what was kept is not doubled', async (keepUidValidity, uids) => {
		await between(smallMailbox(), {source: {numbering: {uidValidity: keepUidValidity ? 'constant' : 'unique', uids}}}, async ends => {
			await complete(ends);
			const first = contents(ends.destination);
			const [kept] = ends.source.mailbox().folder(acme).messages;
			ends.source.mailbox().recreateFolder(acme, {keepUidValidity, restartUids: true, messages: [...many(4, 'other'), kept!.seed]});
			const second = await complete(ends);
			expect(second.progress.deliveredNow).toBe(4);
			expect(without(contents(ends.source), contents(ends.destination))).toEqual([]);
			expect(without(first, contents(ends.destination))).toEqual([]);
			expect(contents(ends.destination)).toHaveLength(first.length + 4);
			await idle(ends);
		});
	});

	test('a folder made again under the same UIDVALIDITY with fewer messages, of the same sizes and dates, is known by its UIDs beginning anew', async () => {
		await between([{path: ['Large'], messages: many(6, 'large')}], {}, async ends => {
			await complete(ends);
			const own = adapters(ends);
			const {signal} = new AbortController();
			const listing = await own.source.list(['Large'], signal);
			ends.source.mailbox().recreateFolder(['Large'], {keepUidValidity: true, restartUids: true, messages: many(3, 'other')});
			await expect(async () => {
				for await (const result of own.source.read(['Large'], listing.generation, [...listing], signal)) {
					expect(result).toBeUndefined();
				}
			}).rejects.toThrow('UIDVALIDITY changed');
			await own.close();
			const ran = await complete(ends);
			expect(ran.progress.deliveredNow).toBe(3);
			expect(without(contents(ends.source), contents(ends.destination))).toEqual([]);
		});
	});

	test.each(['flip', 'keep'] as const)('a folder made again with the same content (UIDVALIDITY: %s) doubles nothing', async uidValidity => {
		await between(smallMailbox(), {}, async ends => {
			await complete(ends);
			for (const path of [['INBOX'], acme]) {
				const folder = ends.source.mailbox().folder(path);
				ends.source.mailbox().recreateFolder(path, {keepUidValidity: uidValidity === 'keep', restartUids: true, messages: folder.messages.map(one => one.seed).reverse()});
			}

			await idle(ends);
			expect(contents(ends.destination)).toEqual(contents(ends.source));
		});
	});

	test('a renamed folder and moved messages are already there; copies are messages of their own', async () => {
		await between(smallMailbox(), {}, async ends => {
			await complete(ends);
			const mailbox = ends.source.mailbox();
			mailbox.renameFolder(['Clients'], ['Kunden']);
			const [moved, copied] = mailbox.folder(['INBOX']).messages;
			mailbox.addMessage(['Übersee'], moved!.seed);
			mailbox.deleteMessages(['INBOX'], [moved!.uid]);
			mailbox.addMessage(['Übersee'], copied!.seed);
			const ran = await complete(ends);
			expect(ran.progress.deliveredNow).toBe(1);
			expect(ran.progress.messages).toMatchObject({delivered: smallCount - 5, alreadyThere: 6});
			await idle(ends);
		});
	});

	test('new mail is carried, vanished mail stays at the destination, and identical copies come and go by their number', async () => {
		await between(smallMailbox(), {}, async ends => {
			await complete(ends);
			const mailbox = ends.source.mailbox();
			const inbox = mailbox.folder(['INBOX']);
			const same = inbox.messages.find(one => one.size === inbox.messages.at(-1)!.size);
			mailbox.addMessage(['INBOX'], same!.seed);
			mailbox.deleteMessages(['INBOX'], [inbox.messages[1]!.uid]);
			mailbox.createFolder({path: ['New'], messages: many(3, 'new')});
			const ran = await complete(ends);
			expect(ran.progress.deliveredNow).toBe(4);
			expect(without(contents(ends.source), contents(ends.destination))).toEqual([]);
			await idle(ends);
		});
	});
});

describe('a source that tells different things at different times', () => {
	test('another size in the next listing is no reason to deliver again, nor are wrong sizes with the journal lost', async () => {
		await between(smallMailbox(), {source: {rules: [{on: 'listing', do: {type: 'truncate', what: 'size', by: -3}}]}}, async ends => {
			await complete(ends);
			expect(contents(ends.destination)).toEqual(contents(ends.source));
			await idle(withoutJournal(ends));
			ends.source.setFaults({rules: []});
			await idle(ends);
		});
	});

	test('a message that seemed to have vanished is carried when it is listed again', async () => {
		await between(smallMailbox(), {}, async ends => {
			const own = adapters(ends);
			const ran = await migrate(ends, {
				source: {
					...own.source, async * read(...asked) {
						for await (const result of own.source.read(...asked)) {
							yield result.uid === 3 && asked[0][0] === 'INBOX' ? {uid: 3, gone: true} : result;
						}
					},
					confirmGone: async (_path, uids) => new Set(uids),
				},
			});
			await own.close();
			expect(ran.progress.messages).toMatchObject({delivered: smallCount - 1, vanished: 1});
			const again = await complete(ends);
			expect(again.progress.messages).toMatchObject({delivered: smallCount, vanished: 0});
			expect(contents(ends.destination)).toEqual(contents(ends.source));
		});
	});

	test('a message that is unsure when the run ends, is moved, and is committed late, arrives once', async () => {
		await forEach([3, 9, 14, 20], 4, async nth => {
			await between(smallMailbox(), {
				speed: 20, destination: {
					rules: [{
						on: 'append', nth, times: 2, do: {type: 'drop-then-commit', milliseconds: 12_000},
					}],
				},
			}, async ends => {
				const control = new Control();
				const first = await migrate(ends, {
					control, onEvent(event) {
						if (event.type === 'message.unsure') {
							control.stop();
						}
					},
				});
				expect(first.outcome).toBe('interrupted');
				const mailbox = ends.source.mailbox();
				for (const path of [['INBOX'], acme, ['Übersee'], ['Sent Items']]) {
					mailbox.recreateFolder(path, {messages: mailbox.folder(path).messages.map(one => one.seed).reverse()});
				}

				await complete(ends);
				await idle(ends);
				expect({nth, there: contents(ends.destination)}).toEqual({nth, there: contents(ends.source)});
			});
		});
	});
});

const troubles: Array<[string, FaultRule[]]> = [
	['nothing else goes wrong', []],
	['answers are lost on the way', [{
		on: 'append', every: 7, times: 6, do: {type: 'commit-then-drop'},
	}]],
	['commits come late', [{
		on: 'append', every: 9, times: 5, do: {type: 'drop-then-commit', milliseconds: 8000},
	}]],
];

describe.each(troubles)('in the middle of a run, while %s,', (_name, rules) => {
	test.each(['flip', 'keep'] as const)('a folder made again with the same content (UIDVALIDITY: %s) loses and doubles nothing', async uidValidity => {
		const moments = (['same', 'reversed'] as const).flatMap(after => ([['read', 1], ['read', 2], ['read', 4], ['read', 6], ['open', 2]] as const).map(([on, nth]) => ({on, nth, after})));
		await forEach(moments, 3, async ({on, nth, after}) => {
			const folders = [...smallMailbox(), {path: ['Large'], messages: many(220, 'large')}];
			await between(folders, {
				source: {
					rules: [{
						on, nth, folder: ['Large'], do: {
							type: 'recreate', uidValidity, restartUids: true, contents: after,
						},
					}],
				},
				destination: {rules},
			}, async ends => {
				const ran = await migrate(ends);
				await ends.destination.settled();
				const moment = {on, nth, after};
				expect({moment, struck: ends.source.struck.length, lostOrDoubled: without(contents(ends.destination), contents(ends.source))}).toEqual({moment, struck: 1, lostOrDoubled: []});
				expect({moment, outcome: ran.outcome, there: contents(ends.destination)}).toEqual({moment, outcome: 'complete', there: contents(ends.source)});
				await idle(ends);
			});
		});
	});

	test.each([true, false])('a folder made again with other messages under the old UIDs (UIDVALIDITY kept: %s) has them carried by this run or the next', async keepUidValidity => {
		await forEach([3, 10, 40, 70, 100, 150], 3, async nth => {
			const others = [...many(30, 'other'), ...many(5, 'large')];
			const folders = [...smallMailbox(), {path: ['Large'], messages: many(220, 'large')}];
			await between(folders, {source: {numbering: {uidValidity: keepUidValidity ? 'constant' : 'unique'}}, destination: {rules}}, async ends => {
				const before = contents(ends.source);
				const change = atDelivery(nth, () => {
					ends.source.mailbox().recreateFolder(['Large'], {keepUidValidity, restartUids: true, messages: others});
				});
				await migrate(ends, change);
				expect({nth, happened: change.happened()}).toEqual({nth, happened: true});
				await ends.destination.settled();
				await complete(ends);
				const [wanted, there] = [contents(ends.source), contents(ends.destination)];
				expect({nth, lost: without(wanted, there), doubled: without(there, [...before, ...without(wanted, before)])}).toEqual({nth, lost: [], doubled: []});
				await idle(ends);
			});
		});
	});

	test('mail that arrives, vanishes and moves, and a folder that is renamed, are settled by this run and the next', async () => {
		await forEach([2, 20, 60, 110, 170], 3, async nth => {
			const folders = [...smallMailbox(), {path: ['Large'], messages: many(220, 'large')}];
			await between(folders, {destination: {rules}}, async ends => {
				const mailbox = ends.source.mailbox();
				const before = plain(contents(ends.source));
				const change = atDelivery(nth, () => {
					const {messages} = mailbox.folder(['Large']);
					for (const one of many(5, 'arrived')) {
						mailbox.addMessage(['Large'], one);
					}

					const [early, late] = [messages[0]!, messages.at(-6)!];
					for (const one of [early, late]) {
						mailbox.addMessage(['Übersee'], one.seed);
					}

					mailbox.deleteMessages(['Large'], [early, late, messages[100]!, messages.at(-7)!].map(({uid}) => uid));
					mailbox.renameFolder(['Clients'], ['Kunden']);
				});
				await migrate(ends, change);
				expect(change.happened()).toBe(true);
				await ends.destination.settled();
				await complete(ends);
				// Where a message lies that was moved depends on when it was delivered; that it lies there once does not.
				const [wanted, there] = [plain(contents(ends.source)), plain(contents(ends.destination))];
				expect({nth, lost: without(wanted, there), doubled: without(there, [...before, ...without(wanted, before)])}).toEqual({nth, lost: [], doubled: []});
				await idle(ends);
			});
		});
	});
});

/** Same subject, same minute, same size and Message-ID; two of three in the same second. */
const nearDuplicates = (count: number): MessageSeed[] => Array.from({length: count}, (_value, index) => message('Subject: Statement\r\nMessage-ID: <statement@example.org>', `Number ${10_000 + index}`, Date.UTC(2022, 4, 5, 6, 7, index % 3 === 0 ? index % 60 : 8)));

const largeMailbox = (): FolderSeed[] => [...generatedMailbox({seed: 11, messages: 1800}), {path: ['Statements'], messages: nearDuplicates(200)}];

describe('a lost journal', () => {
	test('with all 2,000 messages at the destination, near-duplicates among them, doubles none', async () => {
		await between(largeMailbox(), {there: largeMailbox()}, async ends => {
			const before = contents(ends.destination);
			const {progress} = await complete(ends);
			expect(progress.messages).toMatchObject({delivered: 0, alreadyThere: 2000});
			expect(contents(ends.destination)).toEqual(before);
			expect(ends.destination.counters.appended).toBe(0);
		});
	});

	test('with a tenth of them missing there delivers exactly those', async () => {
		const some = largeMailbox().map((folder, number) => ({...folder, messages: [...folder.messages!].filter((_message, index) => (index + number) % 10 !== 3)}));
		await between(largeMailbox(), {there: some}, async ends => {
			const missing = without(contents(ends.source), contents(ends.destination)).length;
			expect(missing).toBeGreaterThan(190);
			const {progress} = await complete(ends);
			expect(progress.messages).toMatchObject({delivered: missing, alreadyThere: 2000 - missing});
			expect(contents(ends.destination)).toEqual(contents(ends.source));
		});
	});

	test.each([[[]], [['UIDPLUS']]])('after an interrupted run with unsure messages doubles none (hidden: %s)', async hide => {
		for (const fault of [{type: 'commit-then-drop'}, {type: 'drop'}, {type: 'drop-then-commit', milliseconds: 10_000}] as const) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			await between(smallMailbox(), {destination: {rules: [{on: 'append', every: 2, do: fault}], capabilities: {hide}}}, async ends => {
				const control = new Control();
				let unsure = 0;
				const first = await migrate(ends, {
					control, onEvent(event) {
						if (event.type === 'message.unsure' && ++unsure === 3) {
							control.stop();
						}
					},
				});
				expect(first.outcome).toBe('interrupted');
				expect(first.progress.messages.unsure).toBeGreaterThan(0);
				await ends.destination.settled();
				ends.destination.setFaults({rules: []});
				const halfway = contents(ends.destination).filter(line => line.includes('] ')).length;
				const {progress} = await complete(withoutJournal(ends));
				expect(progress.messages).toMatchObject({alreadyThere: halfway, delivered: smallCount - halfway});
				expect(contents(ends.destination)).toEqual(contents(ends.source));
			});
		}
	});
});
