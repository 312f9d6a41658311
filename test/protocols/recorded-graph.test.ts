import {Buffer} from 'node:buffer';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {inspect} from 'node:util';
import {describe, expect, test} from 'vitest';
import {GraphFailure, readBatchItem, readGraphAnswer} from '../../source/protocols/graph-answer.js';
import {GraphSession} from '../../source/protocols/graph-http.js';
import {readPage} from '../../source/protocols/graph-pages.js';
import {type HttpAnswer} from '../../source/protocols/https.js';
import {failureFrom, never, PatientClock} from './surroundings.js';
import {scriptedEws} from './scripted-ews.js';

const folder = path.resolve('../shared/recorded/graph');
const files = existsSync(folder) ? readdirSync(folder) : [];

/** What an answer comes to when the request was to store something. */
type Row = {
	readonly status: number;
	readonly outcome: 'success' | 'not stored' | 'unknown';
	/** Of the failure table. */
	readonly failure?: string;
	/** Graph's own. */
	readonly code?: string;
	readonly reach?: string;
	/** Milliseconds. */
	readonly wait?: number;
	/** What it is where nothing was to be stored, if that is something else. */
	readonly reading?: string;
	/** The id of what is in it, its end. */
	readonly id?: string;
	/** How many items the page has. */
	readonly items?: number;
	/** `$value`. */
	readonly isRaw?: true;
	/** No body at all. */
	readonly isEmpty?: true;
};

const fine = (status: number, more: Partial<Row> = {}): Row => ({status, outcome: 'success', ...more});
const bad = (status: number, failure: string, code: string | undefined, more: Partial<Row> = {}): Row => ({
	status, outcome: 'not stored', failure, ...(code !== undefined && {code}), ...more,
});

/** Written by hand from INDEX.md, LESSONS.md 38 to 50, microsoft-365.md 3.9 and the files. */
const table: Readonly<Record<string, Row>> = {
	'attachments-item-full-metadata.json': fine(200, {items: 1}),
	'childfolder-create-201.http': fine(201, {id: 'LGRAADIJQL6AAA='}),
	'error-401-expired.http': bad(401, 'sign-in-refused', 'InvalidAuthenticationToken', {reach: 'run'}),
	'error-403-access-denied.json': bad(403, 'permission-missing', 'ErrorAccessDenied', {reach: 'run'}),
	'error-403-forbidden-empty-message.json': bad(403, 'permission-missing', 'Forbidden', {reach: 'run'}),
	'error-403-request-denied.http': bad(403, 'permission-missing', 'Authorization_RequestDenied', {reach: 'run'}),
	'error-404-invalid-user.http': bad(404, 'mailbox-not-found', 'ErrorInvalidUser', {reach: 'run'}),
	'error-404-item-not-found.json': bad(404, 'folder-gone', 'ErrorItemNotFound', {reach: 'folder'}),
	'error-404-mailbox-not-enabled.json': bad(404, 'mailbox-refused', 'MailboxNotEnabledForRESTAPI', {reach: 'run'}),
	'error-409-folder-exists.json': bad(409, 'folder-not-creatable', 'ErrorFolderExists', {reach: 'folder'}),
	// Its body was not published: the status and the header have to do.
	'error-429-headers.http': bad(429, 'throttled', undefined, {reach: 'mailbox', wait: 1000}),
	'error-429-mailbox-concurrency.json': bad(429, 'throttled', 'ApplicationThrottled', {reach: 'mailbox'}),
	'error-503-mailbox-info-stale.json': bad(503, 'server-unavailable', 'MailboxInfoStale', {reach: 'mailbox', outcome: 'unknown'}),
	'error-504-empty-message.json': bad(504, 'server-unavailable', 'UnknownError', {reach: 'mailbox', outcome: 'unknown'}),
	'mailfolder-create-201.http': fine(201, {id: 'LGRAADIJQL3AAA='}),
	// `-` and `_` as they are: not base64url.
	'mailfolder-create-aqmk-parent-201.http': fine(201, {id: 'mjijdQ4b-kC0Ddny0AABYgqbAAAA='}),
	'mailfolders-german-expand-200.http': fine(200, {items: 16}),
	'message-create-201.http': fine(201, {id: '-kC0Ddny0AABYgvsVAAA='}),
	'message-delete-204.http': fine(204, {isEmpty: true}),
	'message-extended-property-200.http': fine(200, {id: 'gvsVAAA='}),
	'message-internet-headers-200.http': fine(200, {id: 'guNIAAA='}),
	'message-patch-isread-200.http': fine(200, {id: 'gvsVAAA='}),
	'message-value-200.http': fine(200, {isRaw: true}),
	'messages-list-count-200.http': fine(200, {items: 1}),
	'messages-page-nextlink.json': fine(200, {items: 2}),
	// The reason stands in a header alone.
	'outlook-rest-error-403-user-not-found.http': bad(403, 'mailbox-not-found', undefined, {reach: 'run'}),
	'outlook-rest-error-429-no-hint.json': bad(429, 'throttled', 'ErrorTooManyObjectsOpened', {reach: 'mailbox'}),
	'sendmail-202.http': fine(202, {isEmpty: true}),
	'upload-session-edited.json': fine(201),
};

const read = (file: string): HttpAnswer => {
	const text = readFileSync(path.join(folder, file), 'utf8');
	if (file.endsWith('.json')) {
		return {status: table[file]!.status, headers: {'content-type': 'application/json'}, bytes: Buffer.from(text)};
	}

	const [head = '', ...rest] = text.split(/\r?\n\r?\n/v);
	const [statusLine = '', ...lines] = head.split(/\r?\n/v);
	const headers = Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
	return {status: Number(statusLine.split(' ')[1]), headers, bytes: Buffer.from(rest.join('\r\n\r\n').trimEnd())};
};

const outcomeOf = (answer: HttpAnswer, writes: boolean, isRaw = false): Partial<Row> & {readonly detail?: string} => {
	try {
		const {status, json, bytes} = readGraphAnswer(answer, {writes, isRaw});
		return {status, outcome: 'success', ...(json === undefined && bytes === undefined && {isEmpty: true})};
	} catch (error) {
		if (!(error instanceof GraphFailure)) {
			throw error;
		}

		const {outcome, code: failure, wait, reach, detail} = error.failure;
		return {
			status: error.status!, outcome, failure, ...(error.code !== undefined && {code: error.code}), reach, ...(wait !== undefined && {wait}), ...(detail && {detail}),
		};
	}
};

describe.skipIf(files.length === 0)('every recorded answer of Graph is understood as a person understood it', () => {
	test('there is a row for every file, and a file for every row', () => {
		expect(Object.keys(table).sort()).toEqual(files.sort());
	});

	test.each(Object.entries(table))('%s', (file, {id, items, isRaw, reading, ...row}) => {
		const answer = read(file);
		const {detail, ...found} = outcomeOf(answer, true, isRaw);
		expect(found).toEqual(row);
		if (row.failure !== undefined) {
			expect(detail).toMatch(new RegExp(`^HTTP ${row.status}(?: \\w+)?(?:: .+)?$`, 'v'));
			expect(outcomeOf(answer, false)).toMatchObject({outcome: 'not stored', failure: reading ?? row.failure});
			return;
		}

		const read200 = readGraphAnswer(answer, {writes: true, isRaw});
		if (id !== undefined) {
			expect((read200.json as {id: string}).id.endsWith(id)).toBe(true);
		}

		if (items !== undefined) {
			expect(readPage(read200, new Set()).value).toHaveLength(items);
		}
	});

	test.each(Object.keys(table).filter(file => table[file]!.code !== undefined))('%s means the same inside a batch', file => {
		const answer = read(file);
		const item = readBatchItem({
			id: '1', status: answer.status, headers: answer.headers, body: JSON.parse(Buffer.from(answer.bytes).toString()) as unknown,
		}, {writes: true});
		expect(item).toBeInstanceOf(GraphFailure);
		const {failure} = item as GraphFailure;
		expect([failure.code, failure.outcome]).toEqual([table[file]!.failure, table[file]!.outcome]);
	});

	test('MIME comes as it was, byte for byte', () => {
		const {bytes} = readGraphAnswer(read('message-value-200.http'), {writes: false, isRaw: true});
		expect(Buffer.from(bytes!).toString()).toMatch(/^From: "from@example\.com".*\nMessage-ID:\r?\n\t<BE1P281MB/sv);
	});

	test('the inner object of an error alone means the same', () => {
		const answer = read('error-404-mailbox-not-enabled.json');
		const {error} = JSON.parse(Buffer.from(answer.bytes).toString()) as {error: unknown};
		expect(outcomeOf({...answer, bytes: Buffer.from(JSON.stringify(error))}, true)).toMatchObject({failure: 'mailbox-refused', code: 'MailboxNotEnabledForRESTAPI'});
	});

	test('a recorded page leads to the next by its link as it is, the key of a recorded upload is not told', async () => {
		const upload = JSON.parse(Buffer.from(read('upload-session-edited.json').bytes).toString()) as {uploadUrl: string};
		const page = Buffer.from(read('messages-page-nextlink.json').bytes).toString();
		const lines: unknown[] = [];
		await using server = await scriptedEws(({headers, path: asked}) => {
			if (asked.includes('authtoken=')) {
				return {status: 403, headers: {'content-type': 'application/json'}, body: JSON.stringify({error: {code: 'ErrorAccessDenied', message: upload.uploadUrl}})};
			}

			return {headers: {'content-type': 'application/json'}, body: asked.includes('$skip') ? '{"value":[]}' : page.replaceAll('graph.microsoft.com', headers.host!)};
		});
		const session = new GraphSession({
			host: server.host, ca: server.ca, token: async () => 'planted-token', clock: new PatientClock(), random: () => 0.5, notice: notice => lines.push(notice), log: line => lines.push(line),
		});
		const messages: unknown[] = [];
		for await (const message of session.pages('/me/messages?$expand=attachments', never)) {
			messages.push(message);
		}

		expect(messages).toHaveLength(2);
		expect(server.asked[1]!.path).toBe('/v1.0/me/messages?$expand=attachments&$orderby=createdDateTime&$skip=156');
		const failure = await failureFrom(session.call({
			method: 'PUT', path: upload.uploadUrl.replace('outlook.office.com', server.host), bytes: Uint8Array.of(1), contentType: 'application/octet-stream', anonymous: true, writes: true, signal: never,
		}));
		expect(failure).toMatchObject({code: 'server-unavailable', outcome: 'not stored'});
		expect(server.asked[2]!.path).toContain('authtoken=abc12345');
		expect(inspect([failure, lines], {depth: 9, showHidden: true})).not.toMatch(/abc12345|planted-token/v);
		await session.close();
	});
});
