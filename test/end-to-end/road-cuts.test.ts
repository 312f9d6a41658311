import {describe, expect, test} from 'vitest';
import {ewsDestination} from '../../source/destinations/ews.js';
import {imapDestination} from '../../source/destinations/imap.js';
import {type Road} from '../../source/mailbox/road.js';
import {type FaultRule as ImapRule} from '../../source/sandbox/imap/faults.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {type MicrosoftServerOptions} from '../../source/sandbox/microsoft/options.js';
import {
	cutAt, ForgetfulFiles, losses, seeded,
} from '../migration/forgetful-files.js';
import {type Ran, runEngine} from '../migration/run-engine.js';
import {
	app, destinationContents, mailbox, microsoftAdapters, type MicrosoftEnds, sourceContents, startMicrosoftEnds, tls,
} from './microsoft-ends.js';
import {forEach, message, without} from './sandbox-ends.js';

/* A run that goes by two roads into one mailbox, stopped at every line of its journal. */

const date = (day: number): number => Date.UTC(2021, 1, day, 8);
const dated = (day: number): string => `Date: ${new Date(date(day)).toUTCString().replace('GMT', '+0000')}\r\n`;
const other = (index: number, more = '', text = `Text ${index}`) => message(`${dated(1 + index)}From: ana@example.org\r\n${more}Subject: other ${index}\r\nMessage-ID: <other-${index}@example.org>`, text, date(1 + index), index % 2 === 0 ? [String.raw`\Seen`] : []);
const copy = () => message(`${dated(20)}From: ana@example.org\r\nSubject: the same\r\nMessage-ID: <same@example.org>`, 'again', date(20));

/** Copies that nothing tells apart, one too large for EWS, and two that a rule of EWS is against. */
const folders = (): FolderSeed[] => [
	{path: ['A'], messages: [copy(), other(1), other(2, '', 'x'.repeat(5000)), other(3, 'X-Rule: no\r\n'), copy(), other(4)]},
	{path: ['B'], messages: [copy(), copy(), other(5, 'X-Rule: no\r\n'), other(6)]},
];

const invoice = (number: number, more = '', rest = '') => message(`${dated(9)}From: ana@example.org\r\n${more}Subject: invoice\r\nMessage-ID: <invoice@example.org>`, `Number ${number}${rest}`, date(9));

/** Of those that have header and second in common: which of them arrived may stay in doubt, and then is said. */
const nearDuplicates = (): FolderSeed[] => [
	{path: ['A'], messages: [copy(), invoice(1), other(1), invoice(2, 'X-Rule: no\r\n'), copy(), invoice(3), other(3, 'X-Rule: no\r\n'), invoice(4, '', 'x'.repeat(5000)), copy()]},
	{path: ['B'], messages: [copy(), copy(), other(5, 'X-Rule: no\r\n'), invoice(5), invoice(6, 'X-Rule: no\r\n'), other(6)]},
];

const roadsOf = ({clock, destination, token}: MicrosoftEnds): Road[] => {
	const common = {clock, random: Math.random, notice: () => undefined};
	return [
		{
			transport: 'ews', destination: () => ewsDestination({
				...common, host: destination.host, mailbox, token, ca: tls.ca, patience: 1500,
			}),
		},
		{
			transport: 'imap', destination: () => imapDestination({
				...common, tls: true, ca: tls.ca, host: destination.imap.host, port: destination.imap.port, user: mailbox,
				credential: async () => ({accessToken: await token()}), timing: {silence: 500}, looks: [60_000, 90_000],
			}),
		},
	];
};

const migrate = async (ends: MicrosoftEnds, more: Partial<Parameters<typeof runEngine>[0]> = {}): Promise<Ran> => {
	const {source, close} = microsoftAdapters(ends);
	try {
		return await runEngine({
			source, roads: roadsOf(ends), files: ends.files, directory: '/state', clock: ends.clock, choices: {maxRetries: 0, memory: 1_000_000}, ...more,
		});
	} finally {
		await close();
	}
};

type Trouble = {readonly destination: Partial<MicrosoftServerOptions>; readonly rules?: readonly FaultRule[]; readonly imap?: readonly ImapRule[]; /** With all that it knew. */ readonly losesJournal?: boolean; /** Not every message is told from every other. */ readonly near?: true};

const refusing = {limits: {messageBytes: 4000}, refusals: [{header: {name: 'X-Rule', holds: 'no'}, code: 'ErrorMimeContentInvalid'}]};

/** @returns whether the run came to its end before that line, and what it went by */
const stopAt = async (at: number, {
	destination, rules = [], imap = [], losesJournal = false, near,
}: Trouble): Promise<{readonly over: boolean; readonly roads: number}> => {
	const ends = await startMicrosoftEnds(near ? nearDuplicates() : folders(), {
		speed: 1000, destination: {
			imap: {}, apps: [{...app, roles: ['full_access_as_app', 'IMAP.AccessAsApp']}], rules, ...structuredClone(destination),
		},
	});
	ends.destination.imap.setFaults({rules: imap});
	try {
		let cut: ReturnType<typeof cutAt> | undefined;
		const first = await migrate(ends, {
			wrap(journal) {
				cut = cutAt(journal, {at, when: at % 3 === 0 ? 'before' : 'after'});
				return cut.journal;
			},
		});
		const over = !cut!.stopped();
		if (!over) {
			ends.files.crash(losses[at % losses.length]!, seeded(at));
		}

		const later = losesJournal ? {...ends, files: new ForgetfulFiles()} : ends;
		ends.destination.setFaults({rules: []});
		ends.destination.imap.setFaults({rules: []});
		const expectWhole = ({failure, progress: {messages}}: Ran): void => {
			const [there, wanted] = [destinationContents(ends.destination), sourceContents(ends.source)];
			const missing = without(wanted, there).length;
			expect({
				at, failure, extra: without(there, wanted), unsaid: Math.max(0, missing - messages.unsure), unsure: near ? 0 : messages.unsure, refused: messages.refused, left: messages.remaining - messages.unsure,
			}).toEqual({
				at, failure: undefined, extra: [], unsaid: 0, unsure: 0, refused: 0, left: 0,
			});
		};

		const second = await migrate(later, {run: 'second'});
		await ends.destination.settled();
		expectWhole(second);
		const {revision} = ends.destination.mailbox();
		const third = await migrate(later, {run: 'third'});
		expectWhole(third);
		if (second.outcome === 'complete') {
			expect({at, outcome: third.outcome, revision: ends.destination.mailbox().revision}).toEqual({at, outcome: 'complete', revision});
		}

		return {over, roads: first.progress.roads.size};
	} finally {
		await ends.close();
	}
};

describe('a run by two roads that is stopped before or after any line of its journal ends, resumed, with every message once', () => {
	test.each<[string, Trouble, number]>([
		['where EWS refuses some for good', {destination: refusing}, 1],
		['where EWS refuses some, and every second answer of IMAP is lost', {destination: refusing, imap: [{on: 'append', every: 2, do: {type: 'commit-then-drop'}}]}, 2],
		['where EWS loses answers and closes in the middle', {
			destination: {tenant: {ewsClosesAt: {operation: 'CreateItem', nth: 4}}}, rules: [{
				on: 'CreateItem', nth: 1, times: 2, do: {type: 'commit-then-drop'},
			}],
		}, 2],
		['where EWS loses answers and closes in the middle, and the journal is lost', {
			destination: {tenant: {ewsClosesAt: {operation: 'CreateItem', nth: 4}}}, rules: [{
				on: 'CreateItem', nth: 1, times: 2, do: {type: 'commit-then-drop'},
			}], losesJournal: true,
		}, 3],
		['where EWS goes on storing after it was closed', {
			destination: {tenant: {ewsClosesAt: {operation: 'CreateItem', nth: 3}}}, rules: [{
				on: 'CreateItem', nth: 1, times: 2, do: {type: 'drop-then-commit', milliseconds: 30_000},
			}],
		}, 2],
		['where both lose every second answer, of near-duplicates too', {
			near: true, destination: refusing, rules: [{on: 'CreateItem', every: 2, do: {type: 'commit-then-drop'}}], imap: [{on: 'append', every: 2, do: {type: 'commit-then-drop'}}],
		}, 3],
		['where both lose every second message that has no answer, of near-duplicates too', {
			near: true, destination: refusing, rules: [{on: 'CreateItem', every: 2, do: {type: 'drop'}}], imap: [{on: 'append', every: 2, do: {type: 'drop'}}],
		}, 5],
		['where EWS closes before it has stored near-duplicates that it took', {
			near: true, destination: {tenant: {ewsClosesAt: {operation: 'CreateItem', nth: 3}}}, rules: [{
				on: 'CreateItem', nth: 1, times: 2, do: {type: 'drop-then-commit', milliseconds: 30_000},
			}],
		}, 3],
	])('%s', async (_name, trouble, step) => {
		let over = false;
		let roads = 0;
		await forEach(Array.from({length: 200}, (_, index) => 1 + (index * step)), 4, async at => {
			if (!over) {
				const stopped = await stopAt(at, trouble);
				over ||= stopped.over;
				roads = Math.max(roads, stopped.roads);
			}
		});
		expect({over, roads}).toEqual({over: true, roads: 2});
	}, 120_000);
});
