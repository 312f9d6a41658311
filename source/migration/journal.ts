import {randomBytes} from 'node:crypto';
import path from 'node:path';
import {type Clock} from '../mailbox/clock.js';
import {type Fact} from './facts.js';
import {worthCompacting, writeCompacted} from './journal-compaction.js';
import {damaged, unwritable} from './journal-failure.js';
import {type Files, type OpenFile} from './journal-file.js';
import {type Header} from './journal-header.js';
import {
	createJournal, loadJournal, noJournal, type Loaded,
} from './journal-load.js';
import {type Accounts} from './journal-name.js';
import {decodeAt, streamFacts} from './journal-read.js';
import {JournalWriter} from './journal-writer.js';
import {type MailboxRecord} from './record.js';
import {type MessageFact} from './record-folder.js';

/** The two facts that matter of a message, in full. */
export type Details = {
	/** The last intent, unless it is known not to have been carried out. */
	readonly intent?: Extract<Fact, {readonly type: 'intent'}>;
	readonly fate?: Extract<Fact, {readonly type: 'delivered' | 'already-there' | 'excluded' | 'refused' | 'vanished'}>;
};

/** The append-only record of one mailbox's migration: a file, and what it says folded into `record`. */
export type Journal = {
	readonly path: string;
	/** In memory; knows every fact appended. */
	readonly record: MailboxRecord;
	/** On record in memory at once, written within a tenth of a second. @throws FailureError journal-unwritable once writing has failed */
	append(fact: Fact): void;
	/** Resolves when every fact appended before the call is durable; callers at the same time share one fsync. @throws FailureError journal-unwritable */
	sync(): Promise<void>;
	/** Resolves when every fact appended before the call is written (survives a kill, not a power cut). @throws FailureError journal-unwritable */
	flush(): Promise<void>;
	/** The facts of one message, read back. `folder` is the number of its folder fact. */
	details(folder: number, uid: number): Promise<Details>;
	/** All facts up to now, in order, streamed. After a compaction those that are still needed. */
	facts(): AsyncIterable<Fact>;
	/** Makes everything durable and lets go of the file. @throws FailureError journal-unwritable */
	close(): Promise<void>;
};

export type JournalOptions = {
	/** Made if it is not there, for the owner only. */
	readonly directory: string;
	/** As of `journalName`. */
	readonly name: string;
	readonly files: Files;
	readonly clock: Clock;
	readonly accounts: Accounts;
	/** Changes nothing, and may be used while another process writes. Where there is no journal it is an empty one. */
	readonly readOnly?: boolean;
	/** When to rewrite the file without what is no longer needed: by default when that makes it less than half of more than 8 MB. */
	readonly compact?: 'worthwhile' | 'always' | 'never';
};

/**
Opens, or begins, the journal of two accounts. The caller holds the lock (lock.ts) unless it only reads.

A torn tail, which a crash may leave, is cut off; nothing that was ever reported durable lies in it.

@throws FailureError journal-damaged (the file is left as it is), journal-foreign, journal-unwritable
*/
export const openJournal = async (options: JournalOptions): Promise<Journal> => {
	const file = path.join(options.directory, `${options.name}.journal`);
	try {
		return options.readOnly ? await openToRead(file, options) : await openToWrite(file, options);
	} catch (error) {
		throw unwritable(file, error);
	}
};

const openToRead = async (file: string, {files, accounts}: JournalOptions): Promise<Journal> => {
	const handle = await files.open(file, 'read');
	if (!handle) {
		return new OpenJournal(file, noJournal(), undefined);
	}

	return closingOnError(handle, async () => {
		let loaded: Loaded;
		try {
			loaded = await loadJournal(handle, file, accounts);
		} catch {
			// Another process may have cut off a torn tail and written on while we read: only what is seen twice is damage.
			loaded = await loadJournal(handle, file, accounts);
		}

		return new OpenJournal(file, loaded, handle);
	});
};

const openToWrite = async (file: string, options: JournalOptions): Promise<Journal> => {
	const {directory, files, accounts, clock, compact = 'worthwhile'} = options;
	await files.makeDirectory(directory);
	await files.remove(`${file}.new`);
	const handle = await files.open(file, 'write') ?? await createJournal(files, file, newHeader(clock, accounts));
	const loaded = await closingOnError(handle, async () => settle(handle, file, options));
	const opened = compact === 'always' || (compact === 'worthwhile' && worthCompacting(loaded))
		? await compacted(handle, loaded, file, options)
		: {handle, loaded};
	return new OpenJournal(file, opened.loaded, opened.handle, new JournalWriter(opened.handle, {
		...opened.loaded, path: file, clock, marked: opened.loaded.durable,
	}));
};

const newHeader = (clock: Clock, accounts: Accounts): Header => ({created: clock.now(), salt: randomBytes(6).toString('hex'), accounts});

/** Reads the journal, cuts off what a crash left behind, and makes durable what was read: it may have been in the page cache only. */
const settle = async (handle: OpenFile, file: string, {
	files, directory, accounts, clock,
}: JournalOptions): Promise<Loaded> => {
	let loaded = await loadJournal(handle, file, accounts);
	if (loaded.end < loaded.size) {
		await handle.truncate(loaded.end);
	}

	if (!loaded.header) {
		await createJournal(files, file, newHeader(clock, accounts), handle);
		loaded = await loadJournal(handle, file, accounts);
	}

	await handle.sync();
	await files.syncDirectory(directory);
	return loaded;
};

/** Puts a journal without what is no longer needed in place of the old one, which stays if that fails. */
const compacted = async (handle: OpenFile, loaded: Loaded, file: string, {
	files, directory, accounts, clock, compact,
}: JournalOptions): Promise<{handle: OpenFile; loaded: Loaded}> => {
	const reopen = async () => {
		const opened = (await files.open(file, 'write'))!;
		return closingOnError(opened, async () => ({handle: opened, loaded: await loadJournal(opened, file, accounts)}));
	};

	try {
		const header = {...newHeader(clock, accounts), created: loaded.header!.created};
		await writeCompacted(files, `${file}.new`, {file: handle, loaded, header});
	} catch (error) {
		if (compact === 'always') {
			await handle.close();
			throw error;
		}

		// No room for two of them: the one we have is good.
		await files.remove(`${file}.new`);
		return {handle, loaded};
	}

	// Windows replaces no open file, and not one that somebody else reads.
	await handle.close();
	try {
		await files.rename(`${file}.new`, file);
	} catch (error) {
		if (compact === 'always') {
			throw error;
		}

		await files.remove(`${file}.new`);
	}

	await files.syncDirectory(directory);
	return reopen();
};

const closingOnError = async <T>(handle: OpenFile, work: () => Promise<T>): Promise<T> => {
	try {
		return await work();
	} catch (error) {
		await handle.close();
		throw error;
	}
};

class OpenJournal implements Journal {
	readonly path: string;
	readonly record: MailboxRecord;
	readonly #loaded: Loaded;
	readonly #file: OpenFile | undefined;
	readonly #writer: JournalWriter | undefined;
	#closed: Promise<void> | undefined;

	constructor(file: string, loaded: Loaded, handle: OpenFile | undefined, writer?: JournalWriter) {
		this.path = file;
		this.record = loaded.record;
		this.#loaded = loaded;
		this.#file = handle;
		this.#writer = writer;
	}

	append(fact: Fact): void {
		if (!this.#writer) {
			throw new Error('a journal that was opened to be read takes no facts');
		}

		this.#writer.append(fact, offset => {
			this.record.apply(fact, offset);
		});
	}

	async sync(): Promise<void> {
		await this.#writer?.sync();
	}

	async flush(): Promise<void> {
		await this.#writer?.flush();
	}

	async details(folder: number, uid: number): Promise<Details> {
		const offsets = this.record.folders[folder]?.offsets(uid);
		if (!offsets || !this.#file || (offsets.intent === 0 && offsets.fate === 0)) {
			return {};
		}

		await this.flush();
		const read = async (offset: number) => offset === 0 ? undefined : this.#factAt(offset, folder, uid);
		const [intent, fate] = await Promise.all([read(offsets.intent), read(offsets.fate)]);
		return {
			...(intent?.type === 'intent' && {intent}),
			...(fate && fate.type !== 'intent' && fate.type !== 'not-stored' && fate.type !== 'reopened' && {fate}),
		};
	}

	async * facts(): AsyncGenerator<Fact, void> {
		await this.flush();
		if (this.#file) {
			for await (const batch of streamFacts(this.#file, this.path, {...this.#loaded, size: this.#writer?.written ?? this.#loaded.end, words: []})) {
				for (const {fact} of batch.facts) {
					yield fact;
				}
			}
		}
	}

	async close(): Promise<void> {
		this.#closed ??= this.#writer ? this.#writer.close() : this.#file?.close() ?? Promise.resolve();
		await this.#closed;
	}

	async #factAt(offset: number, folder: number, uid: number): Promise<MessageFact> {
		const fact = await decodeAt(this.#file!, offset, this.#loaded.words);
		if (!fact || !('uid' in fact) || fact.folder !== folder || fact.uid !== uid) {
			throw damaged(this.path, offset, `the facts of message ${uid} are no longer there`);
		}

		return fact;
	}
}
