import {describe, expect, test} from 'vitest';
import {imapDestination} from '../../source/destinations/imap.js';
import {type FaultRule as ImapRule} from '../../source/sandbox/imap/faults.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {writeMime} from '../../source/sandbox/microsoft/mime-out.js';
import {Control} from '../../source/migration/control.js';
import {cutAt, losses, seeded} from '../migration/forgetful-files.js';
import {type Ran, runEngine} from '../migration/run-engine.js';
import {
	app, mailbox, microsoftAdapters, type MicrosoftEnds, migrateToMicrosoft, startMicrosoftEnds, statesOf, tls,
} from './microsoft-ends.js';
import {forEach, message, without} from './sandbox-ends.js';

/* One mailbox of Microsoft 365 behind two of its doors, and one journal. */

type ImapRules = readonly ImapRule[];

const imapApp = {...app, roles: ['full_access_as_app', 'IMAP.AccessAsApp']};

const date = (day: number): number => Date.UTC(2021, 1, day, 8);
const dated = (time: number): string => `Date: ${new Date(time).toUTCString().replace('GMT', '+0000')}\r\n`;
const copy = (day: number) => message(`${dated(date(1))}From: ana@example.org\r\nSubject: the same\r\nMessage-ID: <same@example.org>`, 'again', date(day));
const invoice = (number: number) => message(`${dated(date(9))}From: ana@example.org\r\nSubject: invoice\r\nMessage-ID: <invoice@example.org>`, `Number ${number}`, date(9));
const other = (index: number) => message(`${dated(date(1 + index))}From: ana@example.org\r\nSubject: other ${index}\r\nMessage-ID: <other-${index}@example.org>`, `Text ${index}`, date(1 + index));

/** Copies that nothing tells apart, near-duplicates, and others, mixed. */
const folders = (): FolderSeed[] => [
	{path: ['A'], messages: [copy(1), other(1), copy(1), invoice(1), copy(1), other(2), invoice(2), copy(1), copy(2), other(3), copy(1), invoice(3)]},
	{path: ['B'], messages: [copy(1), copy(1), other(4)]},
];

type Lying = {readonly path: readonly string[]; readonly bytes: Uint8Array; readonly internalDate: number; readonly flags: readonly string[]};

const behindEws = ({destination}: MicrosoftEnds): Lying[] => destination.mailbox().items.map(item => ({
	path: item.folder.path ?? [], bytes: writeMime(item.content, {receivedAt: item.receivedAt, random: seeded(7)}), internalDate: item.receivedAt, flags: statesOf(item),
}));

/** What a person would count: folder, subject, text and date of each. */
const counted = (messages: readonly Lying[]): string[] => messages.map(({path, bytes, internalDate}) => {
	const text = new TextDecoder().decode(bytes);
	const [, subject] = /^Subject: (.*)$/mv.exec(text) ?? [];
	const [words] = /^(?:again|Number \d|Text \d)/mv.exec(text) ?? [];
	return `${path.join('/')}: ${subject} ${words} ${internalDate}`;
}).sort();

/** A run by the other door of the same mailbox. */
const byImap = async (ends: MicrosoftEnds, rules: ImapRules, more: Partial<Parameters<typeof runEngine>[0]>): Promise<Ran> => {
	const {source, close} = microsoftAdapters(ends);
	const door = ends.destination.imap;
	door.setFaults({rules});
	const destination = imapDestination({
		clock: ends.clock, random: Math.random, notice: () => undefined, tls: true, ca: tls.ca, host: door.host, port: door.port, user: mailbox,
		credential: async () => ({accessToken: await ends.token()}), timing: {silence: 500}, looks: [60_000, 90_000],
	});
	try {
		return await runEngine({
			source, destination, files: ends.files, directory: '/state', clock: ends.clock, ...more,
		});
	} finally {
		await Promise.all([close(), destination.close()]);
	}
};

/** Whether nothing is lost and nothing doubled: what is missing is counted as unsure. */
const isWhole = ({source, destination}: MicrosoftEnds, unsure: number): {readonly extra: readonly string[]; readonly missing: number} => {
	const wanted = counted(source.mailbox().snapshot().flatMap(({path, messages}) => messages.map((one, index) => ({path, ...one, bytes: source.mailbox().folder(path).messages[index]!.bytes}))));
	const there = counted(behindEws({destination} as MicrosoftEnds));
	return {extra: without(there, wanted), missing: Math.max(0, without(wanted, there).length - unsure)};
};

/** One line of the journal after another: stopped there by the one road, resumed by the other, and then by the first again. */
const switchAt = async (first: 'ews' | 'imap', at: number): Promise<'over' | number> => {
	const ends = await startMicrosoftEnds(folders(), {speed: 1000, destination: {imap: {}, apps: [imapApp], rules: [{on: 'CreateItem', every: 2, do: {type: at % 2 === 0 ? 'commit-then-drop' : 'drop'}}]}});
	const rules: ImapRules = [{on: 'append', every: 3, do: {type: at % 2 === 0 ? 'commit-then-drop' : 'drop'}}];
	const run = async (road: 'ews' | 'imap', isQuiet: boolean, more: Partial<Parameters<typeof runEngine>[0]> = {}): Promise<Ran> => {
		if (isQuiet) {
			ends.destination.setFaults({rules: []});
		}

		return road === 'ews' ? migrateToMicrosoft(ends, more) : byImap(ends, isQuiet ? [] : rules, more);
	};

	try {
		let cut: ReturnType<typeof cutAt> | undefined;
		await run(first, false, {
			wrap(journal) {
				cut = cutAt(journal, {at, when: at % 3 === 0 ? 'before' : 'after'});
				return cut.journal;
			},
		});
		if (!cut!.stopped()) {
			return 'over';
		}

		ends.files.crash(losses[at % losses.length]!, seeded(at));
		const second = await run(first === 'ews' ? 'imap' : 'ews', true);
		const {unsure, remaining} = second.progress.messages;
		expect({
			at, failure: second.failure, remaining: remaining - unsure, ...isWhole(ends, unsure),
		}).toEqual({
			at, failure: undefined, remaining: 0, extra: [], missing: 0,
		});
		const third = await run(first, true);
		// Of near-duplicates with one header and second it may stay in doubt which arrived: then that is said, and none is sent again.
		const doubtful = third.progress.messages.unsure;
		expect(doubtful).toBeLessThanOrEqual(3);
		expect({at, outcome: third.outcome, ...isWhole(ends, doubtful)}).toEqual({
			at, outcome: doubtful > 0 ? 'partial' : 'complete', extra: [], missing: 0,
		});
		return unsure;
	} finally {
		await ends.close();
	}
};

describe('a run that is cut off and goes on by the other transport, and then by the first again', () => {
	test.each([['ews', 5], ['imap', 5]] as const)('begun by %s, loses no copy and doubles none', async (first, step) => {
		let over = false;
		let unsure = 0;
		await forEach(Array.from({length: 40}, (_, index) => 1 + (index * step)), 4, async at => {
			if (!over) {
				const left = await switchAt(first, at);
				over ||= left === 'over';
				unsure += left === 'over' ? 0 : left;
			}
		});
		expect(over).toBe(true);
	});
});

test('what the one road left in doubt is not taken for a near-duplicate that the other delivered since', async () => {
	let over = false;
	await forEach(Array.from({length: 24}, (_, index) => index + 1), 4, async at => {
		if (over) {
			return;
		}

		const ends = await startMicrosoftEnds([{path: ['A'], messages: [invoice(1), invoice(2)]}], {speed: 1000, destination: {imap: {}, apps: [imapApp]}});
		try {
			let cut: ReturnType<typeof cutAt> | undefined;
			await byImap(ends, [{on: 'append', nth: 1, do: {type: 'commit-then-drop'}}, {
				on: 'append', nth: 2, times: 50, do: {type: 'drop'},
			}], {
				choices: {maxRetries: 50},
				wrap(journal) {
					cut = cutAt(journal, {at, when: 'after'});
					return cut.journal;
				},
			});
			over ||= !cut!.stopped();
			ends.source.mailbox().addMessage(['A'], invoice(3));
			await migrateToMicrosoft(ends);
			const {progress} = await byImap(ends, [], {});
			expect({at, ...isWhole(ends, progress.messages.unsure)}).toEqual({at, extra: [], missing: 0});
		} finally {
			await ends.close();
		}
	});
});

test('what this road left in doubt is not taken for a near-duplicate that another road left in doubt', async () => {
	const ends = await startMicrosoftEnds([{path: ['A'], messages: [invoice(1)]}], {
		speed: 1000, destination: {
			imap: {}, apps: [imapApp], rules: [{
				on: 'CreateItem', nth: 1, times: 50, do: {type: 'drop'},
			}],
		},
	});
	const untilUnsure = (uid: number): Partial<Parameters<typeof runEngine>[0]> => {
		const control = new Control();
		return {
			control, onEvent(event) {
				if (event.type === 'message.unsure' && event.uid === uid) {
					control.abort();
				}
			},
		};
	};

	try {
		// The first never arrived, by EWS; the second did, by IMAP. No answer told.
		await migrateToMicrosoft(ends, untilUnsure(1));
		ends.source.mailbox().addMessage(['A'], invoice(2));
		await byImap(ends, [{on: 'append', nth: 1, do: {type: 'commit-then-drop'}}], untilUnsure(2));
		expect(counted(behindEws(ends))).toEqual([`A: invoice Number 2 ${date(9)}`]);
		const third = await byImap(ends, [], {});
		expect([third.progress.messages.unsure, counted(behindEws(ends)).length]).toEqual([2, 1]);
		// EWS knows its own by their stamps.
		ends.destination.setFaults({rules: []});
		const last = await migrateToMicrosoft(ends);
		expect([last.outcome, isWhole(ends, 0)]).toEqual(['complete', {extra: [], missing: 0}]);
	} finally {
		await ends.close();
	}
});
