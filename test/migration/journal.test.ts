import {setImmediate as turn} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {type Fact} from '../../source/migration/facts.js';
import {
	cutAt, ForgetfulFiles, losses, seeded, Stopped,
} from './forgetful-files.js';
import {
	accounts, file, folderFact, intent, open, randomFact, readAll, receipt, stillClock,
} from './journal-samples.js';

const failureCode = async (promise: Promise<unknown>): Promise<string> => {
	try {
		await promise;
		return 'no failure';
	} catch (error) {
		return (error as {failure?: {code: string}}).failure?.code ?? String(error);
	}
};

test('facts of every kind come back as they were, in order, and so does the record', async () => {
	const random = seeded(1);
	const files = new ForgetfulFiles();
	const journal = await open(files);
	const facts: Fact[] = [folderFact(0), folderFact(1), folderFact(2, 'Ünï/\\"\u{1F600}'), ...Array.from({length: 3000}, () => randomFact(random))];
	for (const fact of facts) {
		journal.append(fact);
	}

	expect(await readAll(journal)).toEqual(facts);
	await journal.close();
	const again = await open(files);
	expect(await readAll(again)).toEqual(facts);
	for (const folder of journal.record.folders) {
		const reopened = again.record.folders[folder.number]!;
		expect([...reopened.entries()]).toEqual([...folder.entries()]);
		expect(reopened.counts()).toEqual(folder.counts());
	}

	expect(again.record.runs).toEqual(journal.record.runs);
});

test('a fact that cannot be kept is refused whole, and the journal goes on', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	journal.append(folderFact(0));
	expect(() => {
		journal.append(intent(1, 7));
	}).toThrow(/no folder has the number 7/v);
	expect(() => {
		journal.append({...intent(2), at: Number.NaN, flags: ['NewWord']});
	}).toThrow(RangeError);
	expect(() => {
		journal.append({...intent(3), uid: -1});
	}).toThrow(RangeError);
	journal.append({...intent(4), flags: ['AnotherWord']});
	await journal.close();
	expect(await readAll(await open(files))).toEqual([folderFact(0), {...intent(4), flags: ['AnotherWord']}]);
});

test('details are the last intent and the fate, whether written yet or not', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	journal.append(folderFact(0));
	journal.append(intent(1));
	expect(await journal.details(0, 1)).toEqual({intent: intent(1)});
	journal.append(receipt(1));
	journal.append(intent(2));
	journal.append({type: 'not-stored', folder: 0, uid: 2});
	const refused: Fact = {
		type: 'refused', folder: 0, uid: 3, at: 5, code: 'message-refused', outcome: 'unknown', size: 10, receivedAt: 1000, attempts: 2, detail: 'long '.repeat(20_000),
	};
	journal.append(intent(3));
	journal.append(refused);
	expect(await journal.details(0, 1)).toEqual({intent: intent(1), fate: receipt(1)});
	expect(await journal.details(0, 2)).toEqual({});
	expect(await journal.details(0, 3)).toEqual({intent: intent(3), fate: refused});
	expect(await journal.details(0, 99)).toEqual({});
	expect(await journal.details(9, 1)).toEqual({});
	await journal.close();
	const again = await open(files);
	expect(await again.details(0, 3)).toEqual({intent: intent(3), fate: refused});
});

test('callers at the same time share one fsync, and who comes during it gets the next', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	journal.append(folderFact(0));
	await journal.sync();
	const before = files.counts.sync;
	await Promise.all(Array.from({length: 20}, async (_, index) => {
		journal.append(intent(index + 1));
		await journal.sync();
	}));
	expect(files.counts.sync - before).toBe(1);

	let release: (() => void) | undefined;
	files.hook = async (operation, _, when) => {
		if (operation === 'sync' && when === 'before' && !release) {
			await new Promise<void>(resolve => {
				release = resolve;
			});
		}
	};

	journal.append(intent(50));
	const done: string[] = [];
	const syncing = async (who: string) => {
		await journal.sync();
		done.push(who);
	};

	const first = syncing('first');
	await turn();
	journal.append(intent(51));
	const second = syncing('second');
	await turn();
	expect(done).toEqual([]);
	release!();
	await first;
	expect(files.counts.sync - before).toBe(2);
	await second;
	expect(done).toEqual(['first', 'second']);
	expect(files.counts.sync - before).toBe(3);
	await journal.sync();
	expect(files.counts.sync - before).toBe(3);
});

test('facts that come while a group is being written are not taken for synced with it', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	journal.append(folderFact(0));
	await journal.sync();
	files.hook = (operation, _, when) => {
		if (operation === 'append' && when === 'before') {
			files.hook = undefined;
			journal.append(intent(2));
		}
	};

	journal.append(intent(1));
	await journal.sync();
	await journal.sync();
	files.crash('all', seeded(1));
	expect(await readAll(await open(files))).toEqual([folderFact(0), intent(1), intent(2)]);
});

test('a journal stopped before or after any fact holds exactly what came before, or that fact too', async () => {
	const facts = [folderFact(0), intent(1), receipt(1), intent(2)];
	for (const when of ['before', 'after'] as const) {
		for (let at = 1; at <= facts.length; at++) {
			const files = new ForgetfulFiles();
			/* eslint-disable no-await-in-loop -- one stop after another */
			const cut = cutAt(await open(files), {at, when});
			expect(() => {
				for (const fact of facts) {
					cut.journal.append(fact);
				}
			}).toThrow(Stopped);
			await expect(cut.journal.sync()).rejects.toThrow(Stopped);
			await cut.settled();
			files.crash('none', seeded(at));
			expect(await readAll(await open(files))).toEqual(facts.slice(0, when === 'before' ? at - 1 : at));
			/* eslint-enable no-await-in-loop */
		}
	}
});

test('receipts reach the file by themselves: after a while, and at once when they are many', async () => {
	const files = new ForgetfulFiles();
	let wake: (() => void) | undefined;
	const clock = {
		...stillClock, async sleep() {
			await new Promise<void>(resolve => {
				wake = resolve;
			});
		},
	};
	const journal = await open(files, {clock});
	journal.append(folderFact(0));
	const size = files.content(file).length;
	await turn();
	expect(files.content(file).length).toBe(size);
	wake!();
	await turn();
	expect(files.content(file).length).toBeGreaterThan(size);
	const {append} = files.counts;
	for (let uid = 1; uid <= 2000; uid++) {
		journal.append(intent(uid));
	}

	await turn();
	expect(files.counts.append).toBeGreaterThan(append);
	expect(files.counts.sync).toBe(2);
});

test('a disk that is full, fails or has become read-only is told to everyone who waits, and for good', async () => {
	for (const [operation, code] of [['append', 'ENOSPC'], ['append', 'EROFS'], ['append', 'EIO'], ['sync', 'EIO'], ['sync', 'ENOSPC']] as const) {
		const files = new ForgetfulFiles();
		// eslint-disable-next-line no-await-in-loop -- one case after another
		const journal = await open(files);
		journal.append(folderFact(0));
		// eslint-disable-next-line no-await-in-loop -- as above
		await journal.sync();
		journal.append(intent(1));
		files.failing.set(operation, code);
		const waiting = [journal.sync(), journal.sync(), operation === 'append' ? journal.flush() : journal.sync()];
		// eslint-disable-next-line no-await-in-loop -- as above
		expect(await Promise.all(waiting.map(async waiter => failureCode(waiter)))).toEqual(['journal-unwritable', 'journal-unwritable', 'journal-unwritable']);
		files.failing.clear();
		// eslint-disable-next-line no-await-in-loop -- as above
		expect(await failureCode(journal.sync())).toBe('journal-unwritable');
		expect(() => {
			journal.append(intent(2));
		}).toThrow(new RegExp(code, 'v'));
		// eslint-disable-next-line no-await-in-loop -- as above
		expect(await failureCode(journal.close())).toBe('journal-unwritable');
	}
});

test('after a disk that filled up in the middle of a write the journal opens with all that was synced', async () => {
	for (let room = 0; room < 400; room += 7) {
		const files = new ForgetfulFiles();
		// eslint-disable-next-line no-await-in-loop -- one case after another
		const journal = await open(files);
		journal.append(folderFact(0));
		journal.append(intent(1));
		// eslint-disable-next-line no-await-in-loop -- as above
		await journal.sync();
		files.room = room;
		for (let uid = 2; uid < 10; uid++) {
			journal.append(intent(uid));
		}

		// eslint-disable-next-line no-await-in-loop -- as above
		expect(await failureCode(journal.sync())).toBe('journal-unwritable');
		files.crash('none', Math.random);
		files.room = Number.POSITIVE_INFINITY;
		// eslint-disable-next-line no-await-in-loop -- as above
		const again = await open(files);
		// eslint-disable-next-line no-await-in-loop -- as above
		expect(await readAll(again)).toEqual([folderFact(0), intent(1)]);
		again.append(intent(2));
		// eslint-disable-next-line no-await-in-loop -- as above
		await again.close();
		// eslint-disable-next-line no-await-in-loop -- as above
		expect(await readAll(await open(files))).toEqual([folderFact(0), intent(1), intent(2)]);
	}
});

test('a directory that takes no file is a journal that cannot be written', async () => {
	const files = new ForgetfulFiles();
	files.failing.set('create', 'EACCES');
	expect(await failureCode(open(files))).toBe('journal-unwritable');
});

test('whatever a power cut leaves, what was synced is there, in order, and nothing that was not appended', async () => {
	for (let seed = 1; seed <= 300; seed++) {
		const random = seeded(seed);
		const files = new ForgetfulFiles();
		let appended: Fact[] = [];
		let certain = 0;
		for (let life = 0; life < 6; life++) {
			// eslint-disable-next-line no-await-in-loop -- one life after another
			const left = await readAll(await open(files, {readOnly: true}));
			expect(left, `seed ${seed}, life ${life}`).toEqual(appended.slice(0, left.length));
			expect(left.length, `seed ${seed}, life ${life}`).toBeGreaterThanOrEqual(certain);
			// eslint-disable-next-line no-await-in-loop -- as above
			const journal = await open(files, {compact: random() < 0.2 ? 'always' : 'never'});
			// eslint-disable-next-line no-await-in-loop -- as above
			appended = await readAll(journal);
			certain = appended.length;
			for (let step = Math.floor(random() * 40); step > 0; step--) {
				const fact = journal.record.folders.length < 3 ? folderFact(journal.record.folders.length) : randomFact(random);
				journal.append(fact);
				appended.push(fact);
				const next = random();
				if (next < 0.2) {
					// eslint-disable-next-line no-await-in-loop -- as above
					await journal.flush();
				} else if (next < 0.4) {
					// eslint-disable-next-line no-await-in-loop -- as above
					await journal.sync();
					certain = appended.length;
				}
			}

			const cutOff = failureCode(random() < 0.5 ? journal.sync() : journal.flush());
			for (let turns = Math.floor(random() * 3); turns > 0; turns--) {
				// eslint-disable-next-line no-await-in-loop -- as above
				await turn();
			}

			files.crash(losses[Math.floor(random() * losses.length)]!, random);
			// eslint-disable-next-line no-await-in-loop -- as above
			await cutOff;
		}
	}
});

test('a journal that another wrote for other accounts, or a newer version, is told and left alone', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	journal.append(folderFact(0));
	await journal.close();
	const bytes = files.content(file);
	const other = {...accounts, destination: {...accounts.destination, user: 'b@example.com'}};
	expect(await failureCode(open(files, {accounts: other}))).toBe('journal-foreign');
	expect(files.content(file).equals(bytes)).toBe(true);
	const shouted = {...accounts, source: {...accounts.source, host: 'IMAP.example.org', user: 'A@Example.org'}};
	expect(await failureCode(open(files, {accounts: shouted}))).toBe('no failure');
});

test('a journal opened to be read changes nothing, also where there is none', async () => {
	const files = new ForgetfulFiles();
	const none = await open(files, {readOnly: true});
	expect(none.record.folders).toEqual([]);
	expect(await readAll(none)).toEqual([]);
	expect(await none.details(0, 1)).toEqual({});
	await none.close();
	expect(files.paths()).toEqual([]);
	const journal = await open(files);
	journal.append(folderFact(0));
	journal.append(intent(1));
	await journal.flush();
	const before = {...files.counts};
	const reader = await open(files, {readOnly: true});
	expect(await readAll(reader)).toEqual([folderFact(0), intent(1)]);
	expect(() => {
		reader.append(intent(2));
	}).toThrow();
	await reader.close();
	expect(files.counts).toEqual(before);
});
