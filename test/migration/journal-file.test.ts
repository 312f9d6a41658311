import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {
	afterEach, beforeEach, expect, test,
} from 'vitest';
import {type FailureError} from '../../source/mailbox/failure.js';
import {realFiles} from '../../source/migration/journal-file.js';
import {accountsKey, journalName} from '../../source/migration/journal-name.js';
import {openJournal, type JournalOptions} from '../../source/migration/journal.js';
import {
	accounts, folderFact, intent, readAll, receipt, stillClock,
} from './journal-samples.js';

const posix = process.platform !== 'win32';
const isRoot = process.getuid?.() === 0;

let directory: string;
beforeEach(() => {
	directory = fs.mkdtempSync(path.join(os.tmpdir(), 'aw2ms365-journal-'));
});
afterEach(() => {
	fs.rmSync(directory, {recursive: true, force: true});
});

const options = (more: Partial<JournalOptions> = {}): JournalOptions => ({
	directory: path.join(directory, 'deep', 'state'), name: journalName(accounts), files: realFiles, clock: stillClock, accounts, ...more,
});

const failureOf = async (promise: Promise<unknown>) => {
	try {
		await promise;
		return undefined;
	} catch (error) {
		return (error as FailureError).failure;
	}
};

test('a journal on a real disk keeps its facts, compacts, and is for its owner only', async () => {
	const journal = await openJournal(options());
	journal.append(folderFact(0));
	journal.append(intent(1));
	await journal.sync();
	journal.append(receipt(1));
	await journal.close();
	await journal.close();
	const compacted = await openJournal(options({compact: 'always'}));
	expect(await readAll(compacted)).toEqual([folderFact(0), intent(1), receipt(1)]);
	expect(await compacted.details(0, 1)).toEqual({intent: intent(1), fate: receipt(1)});
	await compacted.close();
	expect(fs.readdirSync(path.dirname(journal.path))).toEqual([path.basename(journal.path)]);
	if (posix) {
		/* eslint-disable no-bitwise -- file modes */
		expect(fs.statSync(journal.path).mode & 0o777).toBe(0o600);
		expect(fs.statSync(path.dirname(journal.path)).mode & 0o777).toBe(0o700);
		fs.chmodSync(journal.path, 0o644);
		const again = await openJournal(options());
		await again.close();
		expect(fs.statSync(journal.path).mode & 0o777).toBe(0o600);
		/* eslint-enable no-bitwise */
	}
});

test('opening and closing again does not make a journal longer', async () => {
	const journal = await openJournal(options());
	journal.append(folderFact(0));
	await journal.close();
	const {size} = fs.statSync(journal.path);
	for (let round = 0; round < 3; round++) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const again = await openJournal(options());
		// eslint-disable-next-line no-await-in-loop -- as above
		await again.close();
	}

	expect(fs.statSync(journal.path).size).toBe(size);
});

test.skipIf(!posix)('a symbolic link, a directory or a pipe in place of the journal is not followed', async () => {
	const {directory: state, name} = options();
	fs.mkdirSync(state, {recursive: true});
	const file = path.join(state, `${name}.journal`);
	const elsewhere = path.join(directory, 'elsewhere');
	fs.writeFileSync(elsewhere, '');
	fs.symlinkSync(elsewhere, file);
	expect(await failureOf(openJournal(options()))).toMatchObject({code: 'journal-unwritable', detail: expect.stringContaining('symbolic link') as string});
	expect(fs.readFileSync(elsewhere, 'utf8')).toBe('');
	fs.rmSync(file);
	fs.mkdirSync(file);
	expect(await failureOf(openJournal(options()))).toMatchObject({code: 'journal-unwritable'});
	expect(await failureOf(openJournal(options({readOnly: true})))).toMatchObject({code: 'journal-unwritable'});
});

test.skipIf(!posix)('a directory that may not be written is told as such', async () => {
	fs.chmodSync(directory, 0o755);
	fs.mkdirSync(path.join(directory, 'deep'), {mode: 0o555});
	// Root may write anywhere: it steps down for this.
	const before = isRoot ? process.geteuid!() : undefined;
	try {
		if (isRoot) {
			process.seteuid!(65_534);
		}

		expect(await failureOf(openJournal(options()))).toMatchObject({code: 'journal-unwritable'});
	} finally {
		if (before !== undefined) {
			process.seteuid!(before);
		}
	}
});

test('a directory whose place is taken by a file is told as such', async () => {
	fs.writeFileSync(path.join(directory, 'deep'), '');
	expect(await failureOf(openJournal(options()))).toMatchObject({code: 'journal-unwritable'});
});

test('two who write one journal past the lock are found out before anything is called durable', async () => {
	const first = await openJournal(options());
	const second = await openJournal(options());
	first.append(folderFact(0));
	await first.sync();
	second.append(folderFact(0));
	second.append(intent(1));
	second.append(intent(2));
	await failureOf(second.sync());
	first.append(intent(1));
	expect(await failureOf(first.sync())).toMatchObject({code: 'journal-unwritable'});
	await failureOf(first.close());
	await failureOf(second.close());
});

test.skipIf(!posix)('a journal that is removed under a run is no longer called durable', async () => {
	const journal = await openJournal(options());
	journal.append(folderFact(0));
	await journal.sync();
	fs.rmSync(journal.path);
	journal.append(intent(1));
	expect(await failureOf(journal.sync())).toMatchObject({code: 'journal-unwritable', detail: expect.stringContaining('removed') as string});
	await failureOf(journal.close());
});

test('accounts that differ in anything have journals of different names, safe on every file system', () => {
	const {source, destination} = accounts;
	const variants = [
		accounts,
		{source: destination, destination: source},
		{source: {...source, user: 'a_example.org'}, destination},
		{source: {...source, user: 'a/example.org'}, destination},
		{source: {...source, user: 'ä@example.org'}, destination},
		{source: {...source, user: 'ö@example.org'}, destination},
		{source: {...source, port: 994}, destination},
		{source: {...source, host: 'imap2.example.org'}, destination},
		{source, destination: {...destination, user: `${'long'.repeat(60)}@example.org`}},
		{source, destination: {...destination, user: `${'long'.repeat(61)}@example.org`}},
		{source: {...source, user: '../../etc'}, destination: {...destination, user: 'CON'}},
		{source: {...source, user: ''}, destination},
	];
	const names = variants.map(variant => journalName(variant));
	expect(new Set(names.map(name => name.toLowerCase())).size).toBe(variants.length);
	for (const name of names) {
		expect(name).toMatch(/^[\-.\w@]{1,110}$/v);
		expect(name).not.toMatch(/^\.|\.$/v);
	}

	expect(journalName(accounts)).toMatch(/^a@example\.org--a@example\.com--[\da-f]{20}$/v);
	expect(accountsKey({source: {...source, host: 'IMAP.Example.org.'}, destination})).toBe(accountsKey(accounts));
});
