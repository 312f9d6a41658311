/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {type Fault} from '../../source/sandbox/microsoft/faults.js';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {
	base64, graph, graphApp, jsonMessage, pages, patch, post, serveGraph, user, type GraphRaw,
} from './graph-client.js';
import {app, mail} from './microsoft-client.js';
import {readHttp} from './recorded-form.js';

const recorded = path.resolve('../shared/recorded/graph');
const isThere = existsSync(recorded);
const read = (file: string): string => readFileSync(path.join(recorded, file), 'utf8');

type Stage = Parameters<typeof serveGraph>[0];

/** What a text is, as far as the form goes. */
const textForm = (name: string, text: string): string => {
	if (name === 'code' || name === '@odata.type' || (name === 'id' && /^[A-Z][a-z]+ /v.test(text))) {
		return text;
	}

	if (name === 'message') {
		return text.replaceAll(/'[^']*'/gv, '\'x\'');
	}

	if (/^\d{4}-\d\d-\d\dT[\d:.]+Z?$/v.test(text)) {
		return text.replaceAll(/\d/gv, '0');
	}

	const bare = text.replaceAll(/^https:\/\/127\.0\.0\.1:\d+/gv, 'https://graph.microsoft.com').replaceAll(/A[AQ]Mk[\w\-%\/+]+=*/gv, 'id').replaceAll(/[a-z]+(?:@|%40)example\.(?:org|com)/gv, 'user');
	return bare.startsWith('https:') || bare.startsWith('W/') ? bare.replaceAll(/"[^"]+"/gv, '"key"') : (bare === 'id' ? 'id' : 'text');
};

/** The form of an answer: names in order, kinds of values, codes and messages of errors; members of one form count once. */
const formOf = (value: unknown, name = ''): unknown => {
	if (typeof value === 'string') {
		return textForm(name, value);
	}

	if (Array.isArray(value)) {
		const forms = value.map(one => JSON.stringify(formOf(one)));
		return [...new Set(forms)].sort();
	}

	return typeof value === 'object' && value !== null ? Object.entries(value).map(([key, member]) => [key, formOf(member, key)]) : (value === null ? null : typeof value);
};

const json = (file: string): unknown => JSON.parse(file.endsWith('.http') ? readHttp(read(file)).body : read(file));
const headerNames = (names: readonly string[]): string[] => names.map(name => name.toLowerCase());
const namesOf = ({rawHeaders}: GraphRaw): string[] => headerNames(rawHeaders.filter((_, index) => index % 2 === 0));

const draft = {
	subject: 'MAIL_SUBJECT', body: {contentType: 'text', content: 'Test email'}, from: {emailAddress: {address: 'from@example.com'}}, toRecipients: [{emailAddress: {address: 'test@example.com'}}],
};
const made = async (server: MicrosoftServer, below: string, body: unknown): Promise<string> => {
	const {json: {id}} = await post(server, `${user}/${below}`, body);
	return id;
};

const folder = async (server: MicrosoftServer): Promise<string> => made(server, 'mailFolders', {displayName: 'FOLDER_NAME'});
const message = async (server: MicrosoftServer): Promise<string> => made(server, `mailFolders/${await folder(server)}/messages`, draft);
const inbox = async (server: MicrosoftServer): Promise<GraphRaw> => graph(server, `${user}/mailFolders/inbox`);
const struck = (fault: Fault) => async (server: MicrosoftServer): Promise<GraphRaw> => {
	server.setFaults({rules: [{on: 'graph', nth: 1, do: fault}]});
	return inbox(server);
};

const property = '$expand=singleValueExtendedProperties($filter=id%20eq%20\'LONG%200x0E08\')&$select=internetMessageHeaders';

type Scenario = {readonly stage?: Stage; readonly run: (server: MicrosoftServer) => Promise<GraphRaw>};

/** Answers whose form, headers included, is the whole of it. */
const whole: Readonly<Record<string, Scenario>> = {
	'mailfolder-create-201.http': {run: async server => post(server, `${user}/mailFolders`, {displayName: 'FOLDER_NAME'})},
	'mailfolder-create-aqmk-parent-201.http': {run: async server => post(server, `${user}/mailFolders`, {displayName: 'FOLDER_NAME'})},
	'childfolder-create-201.http': {run: async server => post(server, `${user}/mailFolders/${await folder(server)}/childFolders`, {displayName: 'dead-end'})},
	'message-create-201.http': {run: async server => post(server, `${user}/mailFolders/${await folder(server)}/messages`, draft)},
	'message-patch-isread-200.http': {run: async server => patch(server, `${user}/messages/${await message(server)}`, {isRead: true})},
	'message-extended-property-200.http': {run: async server => graph(server, `${user}/messages/${await message(server)}?$select=internetMessageHeaders&${property.split('&')[0]!}`)},
	'message-internet-headers-200.http': {
		async run(server) {
			const {json: {id}} = await graph(server, `${user}/mailFolders/inbox/importMime`, {method: 'POST', version: 'beta', text: base64(mail('x', 'Received: a\r\n'))});
			return graph(server, `${user}/messages/${id}?${property}`);
		},
	},
	'messages-list-count-200.http': {
		async run(server) {
			const id = await folder(server);
			await post(server, `${user}/mailFolders/${id}/messages`, draft);
			return graph(server, `${user}/messages?$count=true&$filter=${encodeURIComponent(`(isRead eq false AND parentFolderId eq '${id}')`)}&$orderby=receivedDateTime%20ASC&$select=id&top=1000`);
		},
	},
	'mailfolders-german-expand-200.http': {
		stage: {
			user: {
				mailbox: {
					names: {
						inbox: 'Posteingang', sentitems: 'Gesendete Elemente', drafts: 'Entw\u00FCrfe', conversationhistory: 'Verlauf der Unterhaltung',
					},
				},
			},
		},
		async run(server) {
			const id = await folder(server);
			await post(server, `${user}/mailFolders/${id}/childFolders`, {displayName: 'dead-end'});
			await post(server, `${user}/mailFolders/conversationhistory/childFolders`, {displayName: 'Team Chat', isHidden: true});
			return graph(server, `${user}/mailFolders?$expand=childFolders($top=9999)&$top=9999`);
		},
	},
};

/** Errors: their status and body; of their headers those that were published. */
const errors: Readonly<Record<string, Scenario & {readonly status: number}>> = {
	'error-401-expired.http': {
		status: 401, async run(server) {
			await inbox(server);
			server.login.expireAll();
			return inbox(server);
		},
	},
	'error-403-access-denied.json': {status: 403, stage: {apps: [{...app, roles: []}]}, run: inbox},
	'error-403-forbidden-empty-message.json': {status: 403, run: struck({type: 'closed'})},
	'error-403-request-denied.http': {status: 403, stage: {apps: [{...graphApp, roles: ['Mail.ReadWrite']}]}, run: async server => graph(server, user)},
	'error-404-invalid-user.http': {status: 404, run: async server => graph(server, '/users/user@example.com/mailFolders')},
	'error-404-item-not-found.json': {
		status: 404, async run(server) {
			const id = await message(server);
			await graph(server, `${user}/messages/${id}/permanentDelete`, {method: 'POST'});
			return graph(server, `${user}/messages/${id}`);
		},
	},
	'error-404-mailbox-not-enabled.json': {status: 404, stage: {user: {graph: 'no-mailbox'}}, run: inbox},
	'error-409-folder-exists.json': {
		status: 409, async run(server) {
			await folder(server);
			return post(server, `${user}/mailFolders`, {displayName: 'folder_name'});
		},
	},
	'error-429-mailbox-concurrency.json': {status: 429, stage: {graph: {budget: {concurrent: 0}}}, run: inbox},
	'error-503-mailbox-info-stale.json': {status: 503, run: struck({type: 'fault', code: 'MailboxInfoStale'})},
	'outlook-rest-error-429-no-hint.json': {status: 429, run: struck({type: 'busy', code: 'ErrorTooManyObjectsOpened'})},
};

const elsewhere: Readonly<Record<string, string>> = {
	'attachments-item-full-metadata.json': 'below',
	'error-429-headers.http': 'below',
	'error-504-empty-message.json': 'below',
	'message-delete-204.http': 'below',
	'message-value-200.http': 'below',
	'messages-page-nextlink.json': 'below',
	'outlook-rest-error-403-user-not-found.http': 'below',
	'upload-session-edited.json': 'below',
	'sendmail-202.http': 'nothing is ever sent',
};

describe.skipIf(!isThere)('answers have the recorded form (../shared/recorded/graph)', () => {
	test('every recorded file is compared, or it is said why not', () => {
		expect([...Object.keys(whole), ...Object.keys(errors), ...Object.keys(elsewhere)].sort()).toEqual(readdirSync(recorded).sort());
	});

	test.each(Object.entries(whole))('%s', async (file, {stage, run}) => {
		const server = await serveGraph(stage);
		const answer = await run(server);
		const {status, headers} = readHttp(read(file));
		expect(answer.status).toBe(status);
		expect(namesOf(answer)).toEqual(headerNames(headers.map(([name]) => name)));
		expect(answer.headers['content-type']).toBe(headers.find(([name]) => name === 'Content-Type')?.[1]);
		expect(textForm('', answer.headers.location ?? '')).toBe(textForm('', headers.find(([name]) => name === 'Location')?.[1] ?? ''));
		expect(formOf(answer.json)).toEqual(formOf(json(file)));
	});

	test.each(Object.entries(errors))('%s', async (file, {stage, run, status}) => {
		const answer = await run(await serveGraph(stage));
		expect(answer.status).toBe(status);
		expect(formOf(answer.json)).toEqual(formOf(json(file)));
		if (file.endsWith('.http')) {
			expect(namesOf(answer)).toEqual(expect.arrayContaining(headerNames(readHttp(read(file)).headers.map(([name]) => name).filter(name => name.toLowerCase() !== 'transfer-encoding'))));
		}
	});

	test('error-401-expired.http: the challenge', async () => {
		const answer = await errors['error-401-expired.http']!.run(await serveGraph());
		expect(answer.headers['www-authenticate']).toBe(readHttp(read('error-401-expired.http')).headers.find(([name]) => name === 'www-authenticate')?.[1]);
	});

	test('error-404-invalid-user.http: the request id is not the client\'s own', async () => {
		const own = '6c57f9e6-3cad-48ee-8f7a-d566dc92aca3';
		const answer = await graph(await serveGraph(), '/users/user@example.com/mailFolders', {headers: {'client-request-id': own}});
		expect([answer.headers['client-request-id'], answer.headers['request-id'] === own]).toEqual([own, false]);
	});

	test('error-429-headers.http', async () => {
		const server = await serveGraph({graph: {budget: {concurrent: 0}}});
		const answer = await graph(server, `${user}/messages`, {headers: {prefer: 'IdType="ImmutableId"'}});
		const {headers} = readHttp(read('error-429-headers.http'));
		expect(namesOf(answer)).toEqual(expect.arrayContaining(headers.map(([name]) => name)));
		expect([answer.headers['retry-after'], answer.headers['preference-applied']]).toEqual(['1', 'IdType=ImmutableId']);
	});

	test('error-504-empty-message.json, whose innerError named two ids less then', async () => {
		const answer = await struck({type: 'fault', code: 'UnknownError'})(await serveGraph());
		expect([answer.status, answer.json.error.code, answer.json.error.message]).toEqual([504, 'UnknownError', '']);
		expect(Object.keys(answer.json.error.innerError as Record<string, unknown>)).toEqual(expect.arrayContaining(['request-id', 'date']));
	});

	test('message-delete-204.http', async () => {
		const server = await serveGraph();
		const answer = await graph(server, `${user}/messages/${await message(server)}`, {method: 'DELETE'});
		const {status, headers} = readHttp(read('message-delete-204.http'));
		expect([answer.status, namesOf(answer)]).toEqual([status, headerNames(headers.map(([name]) => name))]);
	});

	test('message-value-200.http: MIME that is made anew, CRLF at every line end', async () => {
		const server = await serveGraph();
		const answer = await graph(server, `${user}/messages/${await message(server)}/$value`);
		const {headers, body} = readHttp(read('message-value-200.http'));
		expect(namesOf(answer)).toEqual(headerNames(headers.map(([name]) => name)));
		expect(answer.headers['content-type']).toBe('text/plain');
		expect(answer.body.replaceAll('\r\n', '')).not.toContain('\n');
		for (const name of ['From', 'To', 'Subject', 'Thread-Topic', 'Date', 'Message-ID', 'Content-Language', 'X-MS-Has-Attach', 'X-MS-TNEF-Correlator', 'MIME-Version']) {
			expect([body, answer.body].every(text => text.includes(`${name}:`))).toBe(true);
		}
	});

	test('messages-page-nextlink.json: members as v1.0 had them in 2020, those of an invitation too; the next page by $skip', async () => {
		const server = await serveGraph({limits: {shortPages: 0}});
		const invitation = 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
		await server.mailbox().add(['Inbox'], {mime: mail('x').replace('text/plain', 'text/calendar; method=REQUEST').replace('Hello\r\n', invitation)});
		await post(server, `${user}/mailFolders/inbox/messages`, jsonMessage('y'));
		const page = await graph(server, `${user}/messages?$expand=attachments&$orderby=createdDateTime&$top=1`);
		const then = json('messages-page-nextlink.json') as {value: Array<Record<string, unknown>>};
		expect(page.json['@odata.nextLink']).toMatch(/\/messages\?\$expand=attachments&\$orderby=createdDateTime&\$top=1&\$skip=1$/v);
		const {values} = await pages(server, `${user}/messages?$expand=attachments&$top=1`);
		const invited = values.find(value => value['@odata.type'] !== undefined)!;
		const plain = values.find(value => value['@odata.type'] === undefined)!;
		expect(Object.keys(invited).filter(name => name !== '@odata.etag' && name !== 'conversationIndex')).toEqual(Object.keys(then.value[0]!));
		expect(Object.keys(plain).filter(name => name !== '@odata.etag' && name !== 'conversationIndex')).toEqual(Object.keys(then.value[1]!).filter(name => name !== '@odata.type'));
	});

	test('attachments-item-full-metadata.json: its members without the metadata that only full metadata has', async () => {
		const server = await serveGraph();
		const inner = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n${mail('inner')}\r\n--b--\r\n`;
		const item = await server.mailbox().add(['Inbox'], {mime: `From: a@example.org\r\nSubject: outer\r\nMIME-Version: 1.0\r\n${inner}`});
		const {json: {value}} = await graph(server, `${user}/messages/${item.id.replaceAll('/', '-').replaceAll('+', '_')}/attachments`);
		const bare = (one: Record<string, unknown>): unknown => formOf(Object.fromEntries(Object.entries(one).filter(([name]) => name === '@odata.type' || !name.includes('@'))));
		expect(bare(value[0]!)).toEqual(bare((json('attachments-item-full-metadata.json') as {value: Array<Record<string, unknown>>}).value[0]!));
	});

	test('outlook-rest-error-403-user-not-found.http: a plan can have it sent', async () => {
		const {status, headers} = readHttp(read('outlook-rest-error-403-user-not-found.http'));
		const server = await serveGraph();
		const answer = await struck({type: 'http', status, headers: Object.fromEntries(headers.filter(([name]) => name !== 'content-length'))})(server);
		expect([answer.status, answer.body, answer.headers['x-caserrorcode']]).toEqual([403, '', 'UserNotFound']);
	});

	test('upload-session-edited.json', async () => {
		const server = await serveGraph();
		const answer = await post(server, `${user}/messages/${await message(server)}/attachments/createUploadSession`, {AttachmentItem: {attachmentType: 'file', name: 'x', size: 4_000_000}});
		const session = json('upload-session-edited.json') as Record<string, unknown>;
		expect(Object.keys(answer.json as Record<string, unknown>)).toEqual(Object.keys(session));
		expect(textForm('', answer.json.expirationDateTime)).toBe(textForm('', String(session.expirationDateTime)));
		expect(new URL(answer.json.uploadUrl).pathname.replaceAll(/\('[^']*'\)/gv, '(x)')).toBe(new URL(String(session.uploadUrl)).pathname.replaceAll(/\('[^']*'\)/gv, '(x)'));
	});
});
