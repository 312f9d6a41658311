import {Buffer} from 'node:buffer';
import {expect, test} from 'vitest';
import {startMigration} from '../../source/migration/migration.js';
import {Control} from '../../source/migration/control.js';
import {verify} from '../../source/migration/verifier.js';
import {type Event} from '../../source/migration/events.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {ns} from '../../source/protocols/ews-xml.js';
import {delivery, unsureOf} from '../destinations/deliveries.js';
import {ForgetfulFiles} from '../migration/forgetful-files.js';
import {choices, openTestJournal, roadOf} from '../migration/run-engine.js';
import {expectValid, schemaAvailable} from '../protocols/ews-schema.js';
import {never} from '../protocols/surroundings.js';
import {
	destinationContents, microsoftAdapters, type MicrosoftEnds, migrateToMicrosoft, sourceContents, startMicrosoftEnds,
} from './microsoft-ends.js';
import {message, smallCount, smallMailbox} from './sandbox-ends.js';

const received = Date.UTC(2016, 3, 5, 6, 7, 8);
const all = [String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Draft`, '$Forwarded', '$Label1', 'a&<b>\''];

/** What is hard to write as XML: names, states, dates, receipts, nothing at all as a body, and no header at all. */
const hardFolders: readonly FolderSeed[] = [
	{path: ['R&D <"it\'s">', ']]> &amp; 日本 📬'], messages: all.map((flag, index) => message(`Subject: flag ${index}\r\nMessage-ID: <flag-${index}@example.org>\r\nDisposition-Notification-To: b@example.org`, 'text', received + (index * 1000), [flag, ...(index % 2 === 0 && index > 0 ? [String.raw`\Seen`] : [])]))},
	{
		path: ['x'.repeat(120), '-', '#'], messages: [
			message('Subject: all flags', 'text', received, all),
			message('Subject: no date', 'text', Date.UTC(1970, 0, 1)),
			message('Subject: broken date\r\nDate: yesterday', 'text', Date.UTC(2038, 0, 20)),
			message('Subject: long ago\r\nDate: Mon, 01 Jan 1900 00:00:00 +0000', 'text', Date.UTC(1999, 11, 31, 23, 59, 59)),
			{bytes: Buffer.from('no header, no line end'), internalDate: received},
			{bytes: Buffer.from([0, 1, 2, 0x0D, 0x0A, 0xFF, 0xFE]), internalDate: received},
		],
	},
];

const hardCount = all.length + 6;

/** Faults and throttles that make the program look, wait, split, go on alone, go on without stamps, and make folders again. */
const faults: ReadonlyArray<readonly FaultRule[]> = [
	[{on: 'CreateItem', nth: 1, do: {type: 'commit-then-drop'}}, {on: 'CreateItem', nth: 3, do: {type: 'drop'}}],
	[{on: 'CreateItem', nth: 1, do: {type: 'fault', code: 'ErrorInternalServerError', commit: true}}, {
		on: 'CreateItem', nth: 1, items: 2, do: {type: 'http', status: 405, close: true},
	}],
	[{on: 'call', every: 7, do: {type: 'busy', milliseconds: 100}}],
	[{on: 'CreateItem', every: 3, do: {type: 'busy-item', index: 0, milliseconds: 50}}],
	[{on: 'CreateItem', nth: 2, do: {type: 'batch-stop', after: 1}}],
	[{on: 'CreateItem', nth: 2, do: {type: 'names-used-up'}}],
	[{on: 'CreateItem', nth: 2, do: {type: 'delete-folder'}}],
	[{
		on: 'FindItem', every: 2, times: 3, do: {type: 'nonsense'},
	}, {on: 'FindFolder', nth: 1, do: {type: 'drop'}}, {on: 'CreateFolder', nth: 1, do: {type: 'fault', code: 'ErrorInternalServerTransientError', commit: true}}],
	[{on: 'call', nth: 1, do: {type: 'fault', code: 'ErrorInvalidServerVersion'}}],
];

/** The bodies that a server was sent, and its headers' elements, each with the namespaces that the envelope declares. */
const sentTo = ({log}: MicrosoftServer): {readonly operations: Map<string, string[]>; readonly headers: Set<string>} => {
	const [operations, headers] = [new Map<string, string[]>(), new Set<string>()];
	for (const {operation, body} of log) {
		expect(body).toBeDefined();
		const bodies = operations.get(operation) ?? [];
		operations.set(operation, bodies);
		bodies.push(body!);
		const header = /<(?:\w+:)?Header>(?<inside>.*)<\/(?:\w+:)?Header>/sv.exec(body!)!.groups!.inside!;
		for (const [element] of header.matchAll(/<t:(?:RequestServerVersion|ExchangeImpersonation)\b.*?(?:\/>|<\/t:ExchangeImpersonation>)/gsv)) {
			headers.add(element.replace(/^<t:\w+/v, `$& xmlns:t="${ns.types}"`));
		}
	}

	return {operations, headers};
};

/** As the command of that name. */
const verified = async (ends: MicrosoftEnds): Promise<Event[]> => {
	const events: Event[] = [];
	const journal = await openTestJournal(ends.files, '/state', ends.clock);
	const own = microsoftAdapters(ends);
	try {
		const {signal} = new AbortController();
		const [traits] = await Promise.all([own.destination.open(signal), own.source.open(signal)]);
		await verify({
			source: own.source, destination: own.destination, traits, record: journal.record, details: async (folder, uid) => journal.details(folder, uid), choices, signal, tell(event) {
				events.push(event);
			},
		});
	} finally {
		await own.close();
		await journal.close();
	}

	return events;
};

/** As the command of that name: writes nothing. */
const planned = async (ends: MicrosoftEnds): Promise<void> => {
	const journal = await openTestJournal(new ForgetfulFiles(), '/plan', ends.clock);
	const own = microsoftAdapters(ends);
	try {
		await startMigration({
			source: own.source, roads: roadOf(own.destination), journal, clock: ends.clock, random: Math.random, choices, control: new Control(), tell: () => undefined, dryRun: true, run: {id: 'plan', version: '0.0.0', command: 'plan'},
		}).ended;
	} finally {
		await own.close();
		await journal.close();
	}
};

/** Looks for many messages at once, as after a night without a network. */
const looked = async (ends: MicrosoftEnds): Promise<void> => {
	const own = microsoftAdapters(ends);
	try {
		await own.destination.open(never);
		const folder = await own.destination.prepare(['Clients', 'ACME'], never);
		const unsure = Array.from({length: 25}, (_, index) => unsureOf({...delivery('never sent', {uid: index + 1}), stamp: `"<${index}>&'`}, folder));
		expect(await own.destination.look(folder.path, unsure, () => false, never)).toEqual(unsure.map(() => undefined));
	} finally {
		await own.close();
	}
};

test.skipIf(!schemaAvailable)('every request of a plan, a migration, a verification and an adoption, through faults and throttles too, is what Microsoft\'s schema allows', async () => {
	const bodies = new Map<string, string[]>();
	const headers = new Set<string>();
	const keep = (server: MicrosoftServer): void => {
		const sent = sentTo(server);
		for (const [operation, some] of sent.operations) {
			bodies.set(operation, [...bodies.get(operation) ?? [], ...some]);
		}

		for (const header of sent.headers) {
			headers.add(header);
		}
	};

	const ends = await startMicrosoftEnds([...smallMailbox(), ...hardFolders], {destination: {limits: {page: 7, pageWithRestriction: 3}}});
	ends.destination.keepBodies = true;
	await planned(ends);
	const ran = await migrateToMicrosoft(ends);
	expect(ran).toMatchObject({outcome: 'complete', progress: {messages: {delivered: smallCount + hardCount}}});
	expect(destinationContents(ends.destination)).toEqual(sourceContents(ends.source));
	const findings = await verified(ends);
	expect(findings.filter(({type}) => type === 'verify.finding')).toEqual([]);

	await looked(ends);

	// Without a journal, over stamps; then over what bears none, near-duplicates of which have to be read.
	const lost = {...ends, files: new ForgetfulFiles()};
	expect(await migrateToMicrosoft(lost)).toMatchObject({outcome: 'complete', progress: {messages: {alreadyThere: smallCount + hardCount}}});
	const {items} = ends.destination.mailbox();
	for (const item of items) {
		for (const key of [...item.properties.keys()].filter(key => key.endsWith('/aw2ms365'))) {
			item.properties.delete(key);
		}
	}

	const unstamped = {...ends, files: new ForgetfulFiles()};
	expect(await migrateToMicrosoft(unstamped)).toMatchObject({outcome: 'complete', progress: {messages: {remaining: 0, refused: 0}}});
	await verified(unstamped);
	keep(ends.destination);
	await ends.close();

	for (const rules of faults) {
		/* eslint-disable no-await-in-loop -- one after another */
		const hurt = await startMicrosoftEnds([...smallMailbox(), ...hardFolders], {destination: {rules}});
		hurt.destination.keepBodies = true;
		const {outcome, failure} = await migrateToMicrosoft(hurt);
		expect({
			rules, outcome, failure, struck: new Set(hurt.destination.struck.map(({rule}) => rule)).size,
		}).toEqual({
			rules, outcome: 'complete', failure: undefined, struck: rules.length,
		});
		keep(hurt.destination);
		await hurt.close();
		/* eslint-enable no-await-in-loop */
	}

	// All that the program can ask was asked.
	expect([...bodies.keys()].sort()).toEqual(['CreateFolder', 'CreateItem', 'FindFolder', 'FindItem', 'GetFolder', 'GetItem']);
	expect(bodies.get('FindItem')!.some(body => body.includes('<t:Or>'))).toBe(true);
	expect(bodies.get('CreateItem')!.some(body => body.includes('IsReadReceiptRequested'))).toBe(true);
	expect(headers.size).toBeGreaterThan(2);
	await expectValid([...bodies.values()].flat());
	await expectValid([...headers]);
	// The check can fail.
	await expect(expectValid([[...headers][0]!.replace('t:', 't:No')])).rejects.toThrow();
}, 120_000);
