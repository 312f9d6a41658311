import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {
	type Answer, CallFailure, readAnswer, type ResponseMessage,
} from '../../source/protocols/ews-answer.js';
import {escapeXml, type Node} from '../../source/protocols/ews-xml.js';
import {answerOf, refusal} from './scripted-ews.js';

const folder = path.resolve('../shared/recorded/ews');
const files = existsSync(folder) ? readdirSync(folder) : [];

/** What an answer comes to when the call was to store something. */
type Row = {
	readonly outcome: 'success' | 'not stored' | 'unknown';
	/** Of the failure table. */
	readonly failure?: string;
	/** One for each response message, or that of the fault. */
	readonly codes?: readonly string[];
	/** The ends of the item and folder ids, in order, with their lengths. */
	readonly ids?: readonly string[];
	/** Milliseconds. */
	readonly wait?: number;
	readonly reach?: string;
};

const fine = (ids: readonly string[], messages = 1): Row => ({outcome: 'success', codes: Array.from({length: messages}, () => 'NoError'), ids});
const bad = (failure: string, code: string, more: Partial<Row> = {}): Row => ({
	outcome: 'not stored', failure, codes: [code], ids: [], ...more,
});
const refused = (failure: string, more: Partial<Row> = {}): Row => ({
	outcome: 'not stored', failure, codes: [], ids: [], ...more,
});

/** Written by hand from INDEX.md, LESSONS.md and the files. */
const table: Readonly<Record<string, Row>> = {
	'ex2007-createfolder-nomailbox.http': bad('mailbox-not-found', 'ErrorNonExistentMailbox', {reach: 'run'}),
	'ex2007-fault-schema.http': bad('message-refused', 'ErrorSchemaValidation', {reach: 'message'}),
	'ex2010-401-ntlm-negotiate.http': refused('sign-in-refused', {reach: 'run'}),
	'ex2010-createfolder-exists.http': bad('folder-not-creatable', 'ErrorFolderExists', {reach: 'folder'}),
	'ex2010-createfolder-idmalformed.http': bad('folder-gone', 'ErrorInvalidIdMalformed', {reach: 'folder'}),
	'ex2010-createfolder-parentnotfound.http': bad('folder-gone', 'ErrorParentFolderNotFound', {reach: 'folder'}),
	'ex2010-createfolder.http': fine(['AACqkvK4AAA= 120']),
	'ex2010-createitem.xml': fine(['AAAGaOomAAA= 152']),
	'ex2010-deletefolder-distinguished.http': bad('message-refused', 'ErrorDeleteDistinguishedFolder', {reach: 'message'}),
	'ex2010-deletefolder-hard.http': fine([]),
	'ex2010-deleteitem-notfound.xml': bad('folder-gone', 'ErrorItemNotFound', {reach: 'folder'}),
	'ex2010-fault-schema.http': bad('message-refused', 'ErrorSchemaValidation', {reach: 'message'}),
	'ex2010-findfolder-one.xml': fine(['AAAGaNLZAAA= 120', 'AAAGaNLYAAA= 120', 'AAAGaNLhAAA= 120']),
	'ex2010-finditem-empty.xml': fine([]),
	'ex2010-finditem-message.xml': fine(['AABppCGOAAA= 152']),
	'ex2010-getfolder-deleted.http': bad('folder-gone', 'ErrorItemNotFound', {reach: 'folder'}),
	'ex2010-getfolder-inbox.http': fine(['AAIBDAAAAA== 120']),
	'ex2010-movefolder-samename.http': bad('message-refused', 'ErrorMoveCopyFailed'),
	'ex2010-syncfolderitems-last.xml': fine(['AAAGaQlWAAA= 152']),
	'ex2010-syncfolderitems-more.xml': fine([
		'AAAACtpAAA= 152',
		'AAAACtqAAA= 152',
		'AAAACt8AAA= 152',
		'AAAACt9AAA= 152',
		'AAAACt+AAA= 152',
		'AAAACt/AAA= 152',
		'AAAACuAAAA= 152',
		'AAAACuBAAA= 152',
		'AAAACuCAAA= 152',
		'AAAACuDAAA= 152',
	]),
	'ex2010-updateitem.xml': fine(['AABppBm9AAA= 152']),
	'ex2019-createitem-ten.http': fine([
		'AAAzNpGyAAA= 152',
		'AAAzNpGzAAA= 152',
		'AAAzNpG0AAA= 152',
		'AAAzNpG1AAA= 152',
		'AAAzNpG2AAA= 152',
		'AAAzNpG3AAA= 152',
		'AAAzNpG4AAA= 152',
		'AAAzNpG5AAA= 152',
		'AAAzNpG6AAA= 152',
		'AAAzNpG7AAA= 152',
	], 10),
	// Not on the first call: there it is a question of the version (ews-session.test.ts).
	'ex2019-fault-invalid-request.xml': bad('message-refused', 'ErrorInvalidRequest'),
	'ex2019-finditem-international.xml': fine(['AAAzNocqAAA= 152']),
	'ex2019-getitem-contact.xml': fine(['AAAzNpGwAAA= 152']),
	'ex2019-getitem-recurring.xml': fine(['AAAzNocrAAA= 152', 'MzaHKwAAEA== 168', 'MzaHKwAAEA== 168']),
	'exo-401-bearer-challenge.http': refused('sign-in-refused', {reach: 'run'}),
	'exo-403-scope.http': refused('permission-missing', {reach: 'run'}),
	'exo2014-fault-nonexistent-mailbox-zh.xml': bad('mailbox-not-found', 'ErrorNonExistentMailbox', {reach: 'run'}),
	'exo2016-invalid-characters-edited.xml': fine([' 0']),
	'exo2019-fault-impersonate-denied.xml': bad('permission-missing', 'ErrorImpersonateUserDenied', {reach: 'run'}),
	// Not SOAP: no question of ours has such an answer.
	'exo2020-autodiscover-200.http': refused('server-nonsense', {outcome: 'unknown', reach: 'mailbox'}),
	'exo2020-createfolder-five.xml': fine(['EfVEdwAAAA== 120', 'EfVEeAAAAA== 120', 'EfVEeQAAAA== 120', 'EfVEegAAAA== 120', 'EfVEewAAAA== 120'], 5),
	'exo2020-deleteitem-notfound.xml': bad('folder-gone', 'ErrorItemNotFound'),
	'exo2020-findfolder-page1.xml': fine(['EfVEdwAAAA== 120', 'EfVEeAAAAA== 120']),
	'exo2020-findfolder-page3.xml': fine(['EfVEewAAAA== 120']),
	'exo2020-finditem-contacts-page1.xml': fine(['EfWm7wAAAA== 152', 'EfWm7gAAAA== 152']),
	'exo2020-finditem-messages.xml': fine(['EfW2kgAAAA== 152', 'EfW2kQAAAA== 152']),
	'exo2020-getfolder-inbox.http': fine(['AAgEMAAAA 116']),
	'exo2020-syncfolderitems-create.xml': fine(['AAER9crVAAA= 152']),
	'exo2020-syncfolderitems-empty.xml': fine([]),
	'exo2020-updateitem-message.xml': fine(['EfW2kwAAAA== 152']),
	'exo2021-fault-serverbusy.xml': bad('throttled', 'ErrorServerBusy', {wait: 178_510, reach: 'mailbox'}),
	'exo2022-503-retry-after.http': refused('throttled', {outcome: 'unknown', wait: 30_000, reach: 'mailbox'}),
	'exo2023-401-basic.http': refused('sign-in-refused', {reach: 'run'}),
	'exo2023-403-empty.http': refused('ews-closed', {reach: 'run'}),
	'exo2025-createitem-message.http': fine(['ASpIo13AAA= 152']),
	'exo2025-deleteitem.http': fine([]),
	'exo2025-getitem-message.xml': fine(['ASpIpFhAAA= 152']),
	'exo2025-moveitem.xml': fine(['ASpIpFhAAA= 152']),
	'workmail2026-fault-invalid-server-version.http': bad('bug', 'ErrorInvalidServerVersion', {reach: 'run'}),
};

/** The texts of `exo-throttle-texts.txt`, by the words they begin with: the envelope of an item around them is ours. */
const texts: Readonly<Record<string, Row & {readonly code: string}>> = {
	'The server cannot service this request right now.': {
		code: 'ErrorServerBusy', outcome: 'not stored', failure: 'throttled', wait: 5000, reach: 'mailbox',
	},
	'You have exceeded the available concurrent connections': {
		code: 'ErrorExceededConnectionCount', outcome: 'not stored', failure: 'throttled', wait: 0, reach: 'mailbox',
	},
	'Too many concurrent connections opened.': {
		code: 'ErrorTooManyObjectsOpened', outcome: 'not stored', failure: 'throttled', reach: 'mailbox',
	},
	'An internal server error occurred. Try again later.': {
		code: 'ErrorInternalServerTransientError', outcome: 'unknown', failure: 'server-unavailable', reach: 'mailbox',
	},
	'Cannot get ID from name.': {
		code: 'ErrorQuotaExceeded', outcome: 'not stored', failure: 'message-refused', reach: 'message',
	},
	'MIME content conversion failed.': {
		code: 'ErrorMimeContentConversionFailed', outcome: 'not stored', failure: 'message-refused', reach: 'message',
	},
};

const read = (file: string): Answer => {
	const text = readFileSync(path.join(folder, file), 'utf8');
	if (file.endsWith('.xml')) {
		return {status: text.includes(':Fault>') ? 500 : 200, headers: {}, body: text};
	}

	const [head = '', ...rest] = text.split('\r\n\r\n');
	const [statusLine = '', ...lines] = head.split('\r\n');
	const headers: Record<string, string | string[]> = {};
	for (const line of lines) {
		const name = line.slice(0, line.indexOf(':')).toLowerCase();
		const value = line.slice(line.indexOf(':') + 1).trim();
		headers[name] = name in headers ? [headers[name]!, value].flat() : value;
	}

	return {status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n')};
};

const idsOf = (node: Node): string[] => node.children.flatMap(one => one.name === 'ItemId' || one.name === 'FolderId' || one.name === 'OccurrenceId'
	? [one.attribute('Id')!]
	: idsOf(one));

/** What the client makes of an answer to a write. */
const outcomeOf = (answer: Answer): Row => {
	let messages: readonly ResponseMessage[];
	try {
		messages = readAnswer(answer, {writes: true});
	} catch (error) {
		if (!(error instanceof CallFailure)) {
			throw error;
		}

		const {outcome, code, wait, reach} = error.failure;
		return {
			outcome, failure: code, codes: error.responseCode ? [error.responseCode] : [], ids: [], ...(wait !== undefined && {wait}), reach,
		};
	}

	const failure = messages.find(message => message.failure)?.failure;
	return {
		outcome: failure?.outcome ?? 'success',
		codes: messages.map(({code}) => code),
		ids: messages.flatMap(({node}) => idsOf(node)),
		...(failure && {failure: failure.code, reach: failure.reach, ...(failure.wait !== undefined && {wait: failure.wait})}),
	};
};

describe.skipIf(files.length === 0)('every recorded answer is understood as a person understood it', () => {
	test('there is a row for every file, and a file for every row', () => {
		expect([...Object.keys(table), 'exo-throttle-texts.txt'].sort()).toEqual(files.sort());
	});

	test.each(Object.entries(table))('%s', (file, {ids = [], ...row}) => {
		const {ids: found = [], ...outcome} = outcomeOf(read(file));
		expect(outcome).toMatchObject(row);
		expect(outcome.wait).toBe(row.wait);
		expect(found).toHaveLength(ids.length);
		for (const [at, id] of ids.entries()) {
			const [end, length] = id.split(' ');
			expect(found[at]!.endsWith(end!), found[at]).toBe(true);
			expect(found[at]).toHaveLength(Number(length));
		}
	});

	test.each(Object.keys(table).filter(file => file.includes('fault')))('%s means the same inside HTTP 200', file => {
		const answer = read(file);
		expect(outcomeOf({...answer, status: 200})).toEqual(outcomeOf(answer));
	});

	test('texts of throttling whose envelope was not published', () => {
		const blocks = readFileSync(path.join(folder, 'exo-throttle-texts.txt'), 'utf8').trim().split(/\r?\n\r?\n/v);
		expect(blocks).toHaveLength(Object.keys(texts).length);
		for (const block of blocks) {
			const field = (name: string): string | undefined => new RegExp(`^${name}: (?<value>.*?)\r?$`, 'mv').exec(block)?.groups!.value;
			const text = field('MessageText')!;
			const row = Object.entries(texts).find(([words]) => text.startsWith(words))?.[1];
			expect(row, text).toBeDefined();
			const {code, ...expected} = row!;
			expect(field('ResponseCode') ?? code).toBe(code);
			const words = field('Value Name="ErrorMessage"');
			const xml = words ? `<m:MessageXml><t:Value Name="Policy">MaxConcurrency</t:Value><t:Value Name="ErrorMessage">${words}</t:Value></m:MessageXml>` : '';
			const found = outcomeOf({status: 200, headers: {}, body: answerOf(refusal(code, escapeXml(text), 'Error', xml))});
			expect(found).toMatchObject(expected);
			expect(found.wait).toBe(expected.wait);
		}
	});

	test('one item with characters that XML forbids does not make the whole answer unreadable', () => {
		const [message] = readAnswer(read('exo2016-invalid-characters-edited.xml'), {writes: false});
		expect(message!.node.text).toContain('\uFFFD');
		expect(message!.node.text).toContain('IPM.Appointment');
	});

	test('details are told in the language they came in, after the code', () => {
		try {
			readAnswer(read('exo2014-fault-nonexistent-mailbox-zh.xml'), {writes: true});
		} catch (error) {
			expect((error as CallFailure).failure.detail).toBe('ErrorNonExistentMailbox: SMTP 地址没有与其关联的邮箱。');
			expect((error as CallFailure).soapFault).toBe(true);
			return;
		}

		expect.unreachable();
	});
});
