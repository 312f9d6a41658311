import {Buffer} from 'node:buffer';
import {expect} from 'vitest';
import {tellRecord} from '../../source/commands/record-events.js';
import {imapDestination} from '../../source/destinations/imap.js';
import {type Clock, realClock} from '../../source/mailbox/clock.js';
import {type MailDestination} from '../../source/mailbox/destination.js';
import {type MailSource} from '../../source/mailbox/source.js';
import {Control} from '../../source/migration/control.js';
import {type Event, Teller, type Told} from '../../source/migration/events.js';
import {openJournal, type Journal} from '../../source/migration/journal.js';
import {startMigration} from '../../source/migration/migration.js';
import {fold, type Progress, startProgress} from '../../source/migration/progress.js';
import {verify as compareEnds} from '../../source/migration/verifier.js';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type MessageSeed} from '../../source/sandbox/imap/message.js';
import {type ImapServerOptions} from '../../source/sandbox/imap/options.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {imapSource} from '../../source/sources/imap.js';
import {ForgetfulFiles} from '../migration/forgetful-files.js';
import {
	accounts, choices, openTestJournal, type Ran, roadOf, runEngine,
} from '../migration/run-engine.js';

/**
The engine with its real adapters between two sandbox servers, all in this process. Program and servers share one
clock, a thousand times as fast as the wall; sockets keep real time.
*/
export type Ends = {
	readonly clock: Clock;
	readonly source: ImapServer;
	readonly destination: ImapServer;
	/** Where the journal lies. */
	readonly files: ForgetfulFiles;
	/** Ends both servers; fails the test where one met an error of its own. */
	close(): Promise<void>;
};

const user = 'a@example.org';
const password = 'secret';

type Server = Partial<Omit<ImapServerOptions, 'faults' | 'clock' | 'users'>> & {readonly rules?: readonly FaultRule[]};

const start = async (clock: Clock, folders: readonly FolderSeed[], {rules = [], ...options}: Server): Promise<ImapServer> => ImapServer.start({
	clock, users: [{name: user, password, mailbox: {folders}}], faults: {rules}, ...options,
});

export const startEnds = async (folders: readonly FolderSeed[], {
	source = {}, destination = {}, there = [], speed = 1000,
}: {
	readonly source?: Server; readonly destination?: Server;
	/** What the destination holds already. */
	readonly there?: readonly FolderSeed[];
	/** How many times as fast as the wall the clock runs. */
	readonly speed?: number;
} = {}): Promise<Ends> => {
	const clock = realClock(speed);
	const [from, to] = await Promise.all([start(clock, folders, source), start(clock, there, destination)]);
	return {
		clock, source: from, destination: to, files: new ForgetfulFiles(),
		async close() {
			await Promise.all([from.close(), to.close()]);
			expect([...from.errors, ...to.errors]).toEqual([]);
		},
	};
};

/** Milliseconds of real time after which a silent server is given up. */
const silence = 250;

/** Fresh adapters, not yet connected. */
export const adapters = ({source, destination, clock}: Ends): {readonly source: MailSource; readonly destination: MailDestination; close(): Promise<void>} => {
	const common = {
		clock, random: Math.random, notice: () => undefined, tls: false, user, credential: async () => ({password}), timing: {silence},
	};
	const [from, to] = [imapSource({...common, host: source.host, port: source.port}), imapDestination({...common, host: destination.host, port: destination.port})];
	return {
		source: from, destination: to,
		async close() {
			await Promise.all([from.close(), to.close()]);
		},
	};
};

export const directory = '/state';

/** One run, with default lanes and batches, from opening the journal to closing the connections. */
export const migrate = async (ends: Ends, more: Partial<Parameters<typeof runEngine>[0]> & {readonly command?: string} = {}): Promise<Ran> => {
	const own = adapters(ends);
	try {
		return await runEngine({
			source: own.source, destination: own.destination, files: ends.files, directory, clock: ends.clock, choices: {memory: 64 * 1024 * 1024}, ...more,
		});
	} finally {
		await own.close();
	}
};

/** Loses the journal. */
export const withoutJournal = (ends: Ends): Ends => ({...ends, files: new ForgetfulFiles()});

/** Every message of a mailbox as text with folder, content, date and flags, sorted: identical copies count. Folders without messages too. */
export const contents = (server: ImapServer): string[] => server.mailbox().snapshot().flatMap(({path, messages}) => [
	JSON.stringify(path),
	...messages.map(({sha256, internalDate, flags}) => `${JSON.stringify(path)} ${sha256} ${internalDate} ${flags.join(' ')}`),
]).sort();

/** Content and date, whatever folder it lies in and whatever flags it has. */
export const plain = (lines: readonly string[]): string[] => lines.filter(line => line.includes('] ')).map(line => line.slice(line.indexOf('] ') + 2).split(' ', 2).join(' ')).sort();

/** What of `wanted` is not in `present`, as multisets. */
export const without = (wanted: readonly string[], present: readonly string[]): string[] => {
	const counts = new Map<string, number>();
	for (const line of present) {
		counts.set(line, (counts.get(line) ?? 0) + 1);
	}

	return wanted.filter(line => {
		const left = counts.get(line) ?? 0;
		counts.set(line, left - 1);
		return left <= 0;
	});
};

/** Messages by fate as the journal has them, read anew from its file. */
export const onRecord = async (ends: Ends): Promise<Record<string, number>> => {
	const journal = await openTestJournal(ends.files, directory, ends.clock);
	const sums: Record<string, number> = {};
	for (const folder of journal.record.folders) {
		for (const [state, count] of Object.entries(folder.counts())) {
			sums[state] = (sums[state] ?? 0) + count;
		}
	}

	await journal.close();
	return sums;
};

const seen = String.raw`\Seen`;
const flags = [[], [seen], [seen, String.raw`\Answered`], [seen, String.raw`\Flagged`], ['$Forwarded'], [String.raw`\Draft`]];

export const message = (header: string, body: string, internalDate: number, given: readonly string[] = []): MessageSeed => ({
	bytes: Buffer.from(`${header}\r\n\r\n${body}\r\n`), internalDate, flags: given,
});

/**
25 messages in six folders: three identical copies and a fourth of another date, three that differ in one figure only,
one without Message-ID, one of 40 kB, and a folder without any.
*/
export const smallMailbox = (): FolderSeed[] => {
	const many = (count: number, name: string): MessageSeed[] => Array.from({length: count}, (_value, index) => message(`From: ana@example.org\r\nSubject: ${name} ${index}\r\nMessage-ID: <${name}-${index}@example.org>`, `Text ${index} of ${name}`, Date.UTC(2019, index, 3, 10, index), flags[index % flags.length]));
	const copy = (date: number) => message('Subject: the same\r\nMessage-ID: <same@example.org>', 'again', date, [seen]);
	const invoice = (number: number) => message('Subject: invoice\r\nMessage-ID: <invoice@example.org>', `Number ${number}`, Date.UTC(2021, 5, 1));
	return [
		{path: ['INBOX'], messages: [...many(6, 'inbox'), ...[1, 1, 1, 2].map(day => copy(Date.UTC(2021, 1, day)))]},
		{path: ['Clients', 'ACME'], messages: [...[1000, 1001, 1002].map(number => invoice(number)), ...many(2, 'acme')]},
		{path: ['Übersee'], messages: [...many(4, 'sea'), message('Subject: without an id', 'nobody knows me', Date.UTC(2018, 1, 1)), message('Subject: large\r\nMessage-ID: <large@example.org>', 'line of text\r\n'.repeat(3000), Date.UTC(2018, 2, 1))]},
		{path: ['Sent Items'], role: 'sent', messages: many(4, 'sent')},
		{path: ['Empty']},
	];
};

export const smallCount = 25;

/** Runs a task for each item, several at once: their waits overlap. */
export const forEach = async <T>(items: Iterable<T>, atOnce: number, task: (item: T) => Promise<void>): Promise<void> => {
	const queue = [...items];
	await Promise.all(Array.from({length: atOnce}, async () => {
		for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
			// eslint-disable-next-line no-await-in-loop -- one after another in each of several runners
			await task(item);
		}
	}));
};

/** The journal to look at only: facts given to it stay in memory, as for `plan` and `verify`. */
const openToLook = async ({files, clock}: Ends): Promise<Journal> => {
	const journal = await openJournal({
		directory, name: 'test', files, clock, accounts, readOnly: true,
	});
	return {
		path: journal.path, record: journal.record,
		append(fact) {
			journal.record.apply(fact, 0);
		},
		async sync() {/* Nothing is written. */},
		async flush() {/* Nothing is written. */},
		details: async (folder, uid) => journal.details(folder, uid),
		facts: () => journal.facts(),
		close: async () => journal.close(),
	};
};

/** A look at both sides over fresh connections: what was told, and the fold of it. */
const look = async (ends: Ends, play: (stage: {readonly journal: Journal; readonly own: ReturnType<typeof adapters>; readonly tell: (event: Event) => void}) => Promise<void>): Promise<{readonly events: readonly Told[]; readonly progress: Progress}> => {
	const teller = new Teller(ends.clock, 'look');
	const [progress, events] = [startProgress(), [] as Told[]];
	teller.listen(event => {
		fold(progress, event);
		events.push(event);
	});
	const [journal, own] = [await openToLook(ends), adapters(ends)];
	try {
		await play({
			journal, own, tell(event) {
				teller.tell(event);
			},
		});
	} finally {
		await own.close();
		await journal.close();
	}

	return {events, progress};
};

/** As the command of that name. */
export const verify = async (ends: Ends): ReturnType<typeof look> => look(ends, async ({journal, own, tell}) => {
	const {signal} = new AbortController();
	const [traits] = await Promise.all([own.destination.open(signal), own.source.open(signal)]);
	tellRecord(journal.record, tell);
	await compareEnds({
		source: own.source, destination: own.destination, traits, record: journal.record, details: async (folder, uid) => journal.details(folder, uid), choices, signal, tell,
	});
});

/** As the command of that name. */
export const plan = async (ends: Ends): ReturnType<typeof look> => look(ends, async ({journal, own, tell}) => {
	await startMigration({
		source: own.source, roads: roadOf(own.destination), journal, clock: ends.clock, random: Math.random, choices, control: new Control(), tell, dryRun: true,
		run: {id: 'plan', version: '0.0.0', command: 'plan'},
	}).ended;
});
