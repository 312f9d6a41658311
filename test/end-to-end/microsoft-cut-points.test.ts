import {describe, expect, test} from 'vitest';
import {Control} from '../../source/migration/control.js';
import {type Journal} from '../../source/migration/journal.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type Fault, type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {
	cutAt, type Loss, losses, seeded, Stopped,
} from '../migration/forgetful-files.js';
import {
	destinationContents, type MicrosoftEnds, type MicrosoftRoad, migrateToMicrosoft, sourceContents, startMicrosoftEnds,
} from './microsoft-ends.js';
import {remadeDestination, remadeSource} from './remade-contents.js';
import {forEach, message} from './sandbox-ends.js';

const date = Date.UTC(2021, 1, 1);

/** What a road is called in the stand-in, and what must be so for everything to survive it. */
const roads = {
	ews: {stores: 'CreateItem', least: 10, options: {}},
	// Received dates can be set afterwards.
	graph: {stores: 'importMime', least: 20, options: {graph: {patchesDates: true}}},
	'graph-json': {stores: 'createMessage', least: 15, options: {}},
} as const satisfies Record<MicrosoftRoad, {readonly stores: string; readonly least: number; readonly options: Record<string, unknown>}>;

/** Two folders to make, two identical copies, and two that a listing does not tell apart. */
const mailbox = (): FolderSeed[] => [
	{path: ['INBOX'], messages: Array.from({length: 5}, (_value, index) => message(`Subject: inbox ${index}\r\nMessage-ID: <${index}@example.org>\r\nDate: Mon, 1 Feb 2021 00:00:0${index} +0000`, `Text ${index}`, date + (index * 1000)))},
	{path: ['Clients'], messages: [...[1, 2].map(() => message('Subject: the same\r\nMessage-ID: <same@example.org>', 'again', date)), ...[1000, 1001].map(number => message('Subject: invoice', `Number ${number}`, date))]},
	{path: ['Clients', 'Empty']},
];

const count = 9;

/** What the machine keeps of the journal, then a second run and a third. */
const resume = async (ends: MicrosoftEnds, loss: Loss, at: number): Promise<void> => {
	ends.files.crash(loss, seeded(at));
	ends.destination.setFaults({rules: []});
	const {outcome, failure, progress: {messages}} = await migrateToMicrosoft(ends, {run: 'second'});
	await ends.destination.settled();
	expect({
		at, loss, outcome, failure, there: visible(ends.road === 'graph-json' ? remadeDestination(ends.destination) : destinationContents(ends.destination)), done: messages.delivered + messages.alreadyThere, remaining: messages.remaining, unsure: messages.unsure, folder: ends.destination.mailbox().lookUp(['Clients', 'Empty'])?.items.size,
	}).toEqual({
		at, loss, outcome: 'complete', failure: undefined, there: ends.road === 'graph-json' ? await remadeSource(ends.source) : sourceContents(ends.source), done: count, remaining: 0, unsure: 0, folder: 0,
	});
	if (at % 4 > 0) {
		return;
	}

	ends.destination.log.length = 0;
	const again = await migrateToMicrosoft(ends, {run: 'third'});
	expect({at, outcome: again.outcome, wrote: ends.destination.log.filter(({operation = ''}) => /^(?:create|update|move|delete|patch|import|permanent)/iv.test(operation)).length}).toEqual({at, outcome: 'complete', wrote: 0});
};

/** Plays a series until one of it says that it came to the end. @returns how many were stopped */
const series = async (play: (at: number) => Promise<boolean>): Promise<number> => {
	let [at, stops, over] = [0, 0, false];
	await forEach([1, 2, 3, 4, 5], 5, async () => {
		while (!over) {
			// eslint-disable-next-line no-await-in-loop -- one after another in each of several runners
			const stopped = await play(++at);
			stops += stopped ? 1 : 0;
			over ||= !stopped;
		}
	});
	return stops;
};

/** What is left in the hidden folder of what was never finished is nobody's mail. */
const visible = (lines: readonly string[]): string[] => lines.filter(line => !line.startsWith('["aw2ms365'));

const within = async (road: MicrosoftRoad, rules: readonly FaultRule[], task: (ends: MicrosoftEnds) => Promise<boolean>): Promise<boolean> => {
	const ends = await startMicrosoftEnds(mailbox(), {road, destination: {rules, ...roads[road].options}});
	try {
		return await task(ends);
	} finally {
		await ends.close();
	}
};

describe.each(['ews', 'graph', 'graph-json'] as const)('a run by %s, stopped, ends, resumed, like one that was not', road => {
	const {stores, least} = roads[road];
	test.each<[string, number, FaultRule[]]>([
		['while every answer comes', 1, []],
		['while every second answer is lost and what it asked for is done 59 s later', 3, [{on: stores, every: 2, do: {type: 'drop-then-commit', milliseconds: 59_000}}]],
	])('before and after every journal line, %s', async (_name, step, rules) => {
		const stops = await series(async nth => within(road, rules, async ends => {
			const line = 1 + ((nth - 1) * step);
			let cut: ReturnType<typeof cutAt> | undefined;
			await migrateToMicrosoft(ends, {
				run: 'first', wrap(journal) {
					cut = cutAt(journal, {at: Math.ceil(line / 2), when: line % 2 === 0 ? 'before' : 'after'});
					return cut.journal;
				},
			});
			if (cut!.stopped()) {
				await resume(ends, losses[line % losses.length]!, line);
			}

			return cut!.stopped();
		}));
		// Three folders and their surveys, the run, an intent and a receipt for each message; each line twice.
		expect(stops).toBeGreaterThan(2 * (7 + (2 * count)) / step);
	});

	test.each<[string, Fault]>([
		['before it is carried out', {type: 'drop'}],
		['after it is carried out', {type: 'commit-then-drop'}],
		['which is carried out 59 s later', {type: 'drop-then-commit', milliseconds: 59_000}],
		['in the middle of the answer', {type: 'drop-mid-answer', bytes: 400}],
	])('at each call, %s', async (_name, fault) => {
		const stops = await series(async nth => within(road, [{on: 'call', nth, do: fault}], async ends => {
			const control = new Control();
			const {log} = ends.destination;
			const isKilled = (): boolean => log.length >= nth;
			const alive = (): void => {
				if (isKilled()) {
					control.abort();
					throw new Stopped(`killed at call ${nth}`);
				}
			};

			await migrateToMicrosoft(ends, {
				run: 'first', control, wrap: journal => mortal(journal, alive),
			});
			const stopped = isKilled();
			if (stopped) {
				await resume(ends, losses[nth % losses.length]!, nth);
			}

			return stopped;
		}));
		// Two to sign in to the folders, one to list and one to deliver for each folder with mail at least.
		expect(stops).toBeGreaterThan(least);
	});
});

/** The journal of a program that may be dead: it writes nothing from then on. */
const mortal = (journal: Journal, alive: () => void): Journal => ({
	path: journal.path,
	record: journal.record,
	append(fact) {
		alive();
		journal.append(fact);
	},
	async sync() {
		alive();
		await journal.sync();
		alive();
	},
	async flush() {
		alive();
		await journal.flush();
	},
	async details(folder, uid) {
		alive();
		return journal.details(folder, uid);
	},
	facts() {
		alive();
		return journal.facts();
	},
	close: async () => journal.close(),
});
