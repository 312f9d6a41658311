import {Buffer} from 'node:buffer';
import {mark} from './journal-block.js';
import {damaged, foreign} from './journal-failure.js';
import {type Files, type OpenFile} from './journal-file.js';
import {
	headerMagic, maxHeader, readHeader, writeHeader, type Header,
} from './journal-header.js';
import {type Accounts} from './journal-name.js';
import {streamFacts} from './journal-read.js';
import {provenDurable} from './journal-scan.js';
import {MailboxRecord} from './record.js';

/** A journal as it was found. Positions in bytes. */
export type Loaded = {
	readonly record: MailboxRecord;
	/** In order of their numbers; the writer goes on filling it. */
	readonly words: string[];
	/** Undefined where there is no journal, or only the torn start of one. */
	readonly header: Header | undefined;
	/** Where the first block lies, and the seed of their checksums. */
	readonly from: number;
	readonly seed: number;
	/** Of the file. */
	readonly size: number;
	/** Of what is good; the rest is a torn tail. */
	readonly end: number;
	/** What the last good block says was durable. */
	readonly durable: number;
};

export const noJournal = (size = 0): Loaded => ({
	record: new MailboxRecord(), words: [], header: undefined, from: 0, seed: 0, size, end: 0, durable: 0,
});

/** Writes and syncs the first line of a journal, into a new file unless one is given. */
export const createJournal = async (files: Files, path: string, header: Header, file?: OpenFile): Promise<OpenFile> => {
	const created = file ?? await files.open(path, 'create');
	try {
		await created!.append(writeHeader(header));
		await created!.sync();
	} catch (error) {
		await created!.close();
		throw error;
	}

	return created!;
};

/**
Reads a journal from start to end. Changes nothing: cutting off a torn tail is left to the caller.
@throws FailureError journal-damaged, journal-foreign
*/
export const loadJournal = async (file: OpenFile, path: string, accounts: Accounts): Promise<Loaded> => {
	const size = await file.size();
	const first = await file.read(0, Math.min(size, maxHeader));
	const head = readHeader(first, accounts);
	if (head.kind === 'foreign') {
		throw foreign(path, head.why);
	}

	if (head.kind === 'broken') {
		if (isTornStart(first, size)) {
			return noJournal(size);
		}

		throw damaged(path, 0, 'the first line is not that of a journal');
	}

	const record = new MailboxRecord();
	const words: string[] = [];
	const {length: from, seed, header} = head;
	let end = from;
	let durable = 0;
	for await (const batch of streamFacts(file, path, {
		from, size, seed, words,
	})) {
		for (const {fact, offset} of batch.facts) {
			try {
				record.apply(fact, offset);
			} catch (error) {
				throw damaged(path, offset, (error as Error).message);
			}
		}

		({end, durable} = batch);
	}

	if (end < size) {
		const proof = await provenDurable(file, end, size, seed);
		if (proof !== undefined) {
			throw damaged(path, end, `what stood there was on disk before byte ${proof} was written`);
		}
	}

	return {
		record, words, header, from, seed, size, end, durable,
	};
};

/** A journal that was just being begun when the machine stopped: part of a first line, zeros, and no block behind. */
const isTornStart = (first: Uint8Array, size: number): boolean => {
	const bytes = Buffer.from(first);
	const start = bytes.toString('latin1').replace(/\0+$/v, '').slice(0, headerMagic.length);
	return size <= maxHeader && !bytes.includes(mark) && headerMagic.startsWith(start);
};
