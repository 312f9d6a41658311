import {Buffer} from 'node:buffer';
import {afterEach, expect, test} from 'vitest';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type ImapServer} from '../../source/sandbox/imap/server.js';
import {type Ends, migrate, startEnds} from './sandbox-ends.js';

/* By IMAP into a store that rebuilds MIME, as Exchange does: no byte proves anything there, and answers get lost. */

const open: Ends[] = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map(async ends => ends.close()));
});

const seed = (header: string, text: string, day = 1) => ({bytes: Buffer.from(`${header}\r\n\r\n${text}\r\n`), internalDate: Date.UTC(2021, 1, day, 8)});
const dated = 'Date: Mon, 1 Feb 2021 08:00:00 +0000\r\nFrom: ana@example.org';
const usual = (index: number) => seed(`${dated}\r\nSubject: usual ${index}\r\nMessage-ID: <usual-${index}@example.org>`, `Text ${index}`, 1 + (index % 20));
const copy = () => seed(`${dated}\r\nSubject: the same\r\nMessage-ID: <same@example.org>`, 'again');
/** One header and one date, and different texts. */
const invoice = (number: number) => seed(`${dated}\r\nSubject: invoice\r\nMessage-ID: <invoice@example.org>`, `Number ${number}`);
const bare = (index: number) => seed(`From: ana@example.org\r\nSubject: bare ${index}`, `Bare ${index}`, 3);

/** As a store with a model of its own: other order, fields of its own, a Message-ID where there was none, another end. */
const rewrite = (bytes: Uint8Array): Uint8Array => {
	const [header = '', ...body] = Buffer.from(bytes).toString('latin1').split('\r\n\r\n');
	const fields = header.split('\r\n').reverse();
	const made = /^message-id:/imv.test(header) ? [] : [`Message-ID: <made-${Math.random()}@outlook.example>`];
	return Buffer.from(`${[...fields, ...made, 'X-MS-Has-Attach:', 'MIME-Version: 1.0'].join('\r\n')}\r\n\r\n${body.join('\r\n\r\n').trim()}\r\n\r\n`, 'latin1');
};

const folders = (): FolderSeed[] => [
	{path: ['A'], messages: [...Array.from({length: 12}, (_, index) => usual(index)), copy(), bare(1), copy(), copy(), bare(2), bare(3)]},
	{path: ['B'], messages: Array.from({length: 10}, (_, index) => usual(100 + index))},
];

/** Folder, subject, text and received date of each: what a person would count. */
const counted = (server: ImapServer): string[] => server.mailbox().folders.flatMap(({path, messages}) => messages.map(({bytes, internalDate}) => {
	const text = Buffer.from(bytes).toString('latin1');
	return `${path.join('/')}: ${/^Subject: (?<subject>.*)$/mv.exec(text)?.groups!.subject} ${text.split('\r\n\r\n')[1]!.trim()} ${internalDate}`;
})).sort();

const begin = async (rules: readonly FaultRule[], seeds = folders()): Promise<Ends> => {
	const ends = await startEnds(seeds, {destination: {flavour: 'exchange', rewrite, rules}});
	open.push(ends);
	return ends;
};

test.each<readonly [string, FaultRule[]]>([
	['lost after it was stored', [{on: 'append', every: 3, do: {type: 'commit-then-drop'}}]],
	['lost before it was stored', [{on: 'append', every: 3, do: {type: 'drop'}}]],
	['lost either way, and late', [{on: 'append', every: 4, do: {type: 'commit-then-drop'}}, {on: 'append', every: 5, do: {type: 'drop'}}, {on: 'append', every: 7, do: {type: 'drop-then-commit', milliseconds: 5000}}]],
])('with answers %s, every message is there once, and none is left in doubt', async (_, rules) => {
	const ends = await begin(rules);
	const {outcome, progress} = await migrate(ends);
	expect([outcome, progress.messages.unsure]).toEqual(['complete', 0]);
	expect(counted(ends.destination)).toEqual(counted(ends.source));
});

test('of near-duplicates in doubt none is taken for another: what cannot be told is counted as unsure, and nothing is doubled', async () => {
	for (const nth of [1, 2, 3]) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const ends = await begin([{on: 'append', nth, do: {type: 'commit-then-drop'}}, {on: 'append', nth: nth + 1, do: {type: 'drop'}}], [{path: ['A'], messages: [invoice(1), invoice(2), invoice(3), usual(1)]}]);
		// eslint-disable-next-line no-await-in-loop -- one after another
		const {progress} = await migrate(ends);
		const [there, wanted] = [counted(ends.destination), counted(ends.source)];
		expect(new Set(there).size).toBe(there.length);
		expect(wanted.filter(one => !there.includes(one)).length).toBeLessThanOrEqual(progress.messages.unsure);
	}
});

test('mail that comes in meanwhile leaves no doubt', async () => {
	const ends = await begin([{on: 'append', every: 4, do: {type: 'drop'}}], [{path: ['INBOX'], messages: Array.from({length: 12}, (_, index) => usual(index))}]);
	const inbox = ends.destination.mailbox().folder(['INBOX']);
	let arrived = 0;
	const {outcome, progress} = await migrate(ends, {
		onEvent({type}) {
			if (type === 'message.unsure') {
				inbox.add({bytes: Buffer.from(`Subject: new ${++arrived}\r\nMessage-ID: <new-${arrived}@elsewhere.example>\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n\r\n`), flags: [], internalDate: ends.clock.now()});
			}
		},
	});
	expect([outcome, progress.messages.unsure]).toEqual(['complete', 0]);
	expect(arrived).toBeGreaterThan(0);
	expect(counted(ends.destination).filter(line => !line.includes('new '))).toEqual(counted(ends.source));
});
