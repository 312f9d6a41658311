/* eslint-disable @stylistic/max-len -- XML stands on one line */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {type Fault} from '../../source/sandbox/microsoft/faults.js';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {
	call, createFolder, createItem, exchange, extended, field, findFolder, findItem, folderId, getFolder, getItem, idsOf, inbox, newFolder, serve, soap, stampField, tag, texts, type RawAnswer,
} from './microsoft-client.js';
import {formOf, readHttp} from './recorded-form.js';

const recorded = path.resolve('../shared/recorded/ews');
const isThere = existsSync(recorded);
const read = (file: string): string => readFileSync(path.join(recorded, file), 'utf8');
const bodyOf = (file: string): string => file.endsWith('.http') ? readHttp(read(file)).body : read(file).trim();

const top = '<t:DistinguishedFolderId Id="msgfolderroot"/>';
const view = (most: number, offset: number): string => `<m:IndexedPageFolderView MaxEntriesReturned="${most}" Offset="${offset}" BasePoint="Beginning"/>`;

/** As the recorded messages were made: by fields, no MIME, no people. */
const plain = (isRead: boolean): string => `<t:Message><t:Subject>Test Message</t:Subject><t:Body BodyType="HTML">Test Draft Body</t:Body>${extended(tag('0x0E07', 'Integer'), '1')}<t:IsRead>${isRead}</t:IsRead></t:Message>`;

type Scenario = (server: MicrosoftServer) => Promise<RawAnswer>;

const made = async (server: MicrosoftServer, count = 1): Promise<string[]> => idsOf(await call(server, createItem(inbox, ...Array.from({length: count}, (_, index) => plain(index % 2 > 0)))));
const folders = async (server: MicrosoftServer, ...names: readonly string[]): Promise<string[]> => idsOf(await call(server, createFolder(inbox, ...names.map(name => newFolder(name, name === 'Test' ? 'IPF.Note' : '')))), 'FolderId');
const update = (id: string, change: string): string => `<m:UpdateItem ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange><t:ItemId Id="${id}"/><t:Updates><t:SetItemField>${change}</t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`;
const deletion = (kind: string, ids: string): string => `<m:Delete${kind} DeleteType="HardDelete"><m:${kind}Ids>${ids}</m:${kind}Ids></m:Delete${kind}>`;
const struck = (fault: Fault): Scenario => async server => {
	server.setFaults({rules: [{on: 'call', nth: 1, do: fault}]});
	return call(server, getFolder(inbox));
};

const oneFolder = async (server: MicrosoftServer, name: string): Promise<string> => {
	const [id] = await folders(server, name);
	return id!;
};

const oneItem = async (server: MicrosoftServer): Promise<string> => {
	const [id] = await made(server);
	return id!;
};

const itemId = (id: string): string => `<t:ItemId Id="${id}"/>`;

const deleted = async (server: MicrosoftServer): Promise<string> => {
	const id = await oneFolder(server, 'Gone');
	await call(server, deletion('Folder', folderId(id)));
	return id;
};

const createsFolder: Scenario = async server => call(server, createFolder(inbox, newFolder('FOLDER_NAME')));
const findsAll: Scenario = async server => {
	await made(server, 2);
	return call(server, findItem(inbox, {shape: 'AllProperties'}));
};

const pages = (offset: number): Scenario => async server => {
	await folders(server, 'Deep 1', 'Deep 2', 'Deep 3', 'Deep 4', 'Deep 5');
	return call(server, findFolder(inbox, {view: view(2, offset)}));
};

const notFound: Scenario = async server => {
	const id = await oneItem(server);
	await call(server, deletion('Item', itemId(id)));
	return call(server, deletion('Item', itemId(id)));
};

/** Answers of Exchange Online, whose form is the whole of it. */
const online: Readonly<Record<string, Scenario>> = {
	'exo2025-createitem-message.http': async server => call(server, createItem(inbox, plain(true))),
	'exo2025-getitem-message.xml': async server => call(server, getItem(await made(server), {shape: 'AllProperties'})),
	'exo2025-moveitem.xml': async server => call(server, `<m:MoveItem><m:ToFolderId>${top}</m:ToFolderId><m:ItemIds>${itemId(await oneItem(server))}</m:ItemIds></m:MoveItem>`),
	'exo2025-deleteitem.http': async server => call(server, deletion('Item', itemId(await oneItem(server)))),
	'exo2020-createfolder-five.xml': async server => call(server, createFolder(inbox, ...['1', '2', '3', '4', '5'].map(name => newFolder(`Deep ${name}`)))),
	'exo2020-deleteitem-notfound.xml': notFound,
	'exo2020-findfolder-page1.xml': pages(0),
	'exo2020-findfolder-page3.xml': pages(4),
	'exo2020-finditem-messages.xml': findsAll,
	'exo2020-getfolder-inbox.http': async server => call(server, getFolder(inbox)),
	'exo2020-updateitem-message.xml': async server => call(server, update(await oneItem(server), `${field('message:IsRead')}<t:Message><t:IsRead>true</t:IsRead></t:Message>`)),
	'exo2021-fault-serverbusy.xml': struck({type: 'busy', milliseconds: 178_510}),
	'exo2019-fault-impersonate-denied.xml': struck({type: 'denied'}),
	'ex2019-fault-invalid-request.xml': async server => call(server, getFolder(inbox), {version: 'Exchange2019'}),
	'ex2010-fault-schema.http': async server => call(server, createFolder('<t:DistinguishedFolderId Id="invalidparentid"/>', newFolder('x'))),
};

/** Answers of servers on premises: the response element alone, since their envelope differs (lesson 2), and their words (lesson 33). */
const onPremises: Readonly<Record<string, Scenario>> = {
	'ex2010-createfolder.http': createsFolder,
	async 'ex2010-createfolder-exists.http'(server) {
		await createsFolder(server);
		return createsFolder(server);
	},
	'ex2010-createfolder-idmalformed.http': async server => call(server, createFolder(folderId('invalid'), newFolder('x'))),
	'ex2010-createfolder-parentnotfound.http': async server => call(server, createFolder(folderId(await deleted(server)), newFolder('x'))),
	'ex2010-createitem.xml': async server => call(server, createItem(inbox, plain(true))),
	'ex2019-createitem-ten.http': async server => call(server, createItem(inbox, ...Array.from({length: 10}, () => plain(true)))),
	'ex2010-deletefolder-distinguished.http': async server => call(server, deletion('Folder', inbox)),
	'ex2010-deletefolder-hard.http': async server => call(server, deletion('Folder', folderId(await oneFolder(server, 'x')))),
	'ex2010-deleteitem-notfound.xml': notFound,
	async 'ex2010-findfolder-one.xml'(server) {
		await folders(server, 'Not Processed', 'Processed', 'Test');
		return call(server, findFolder(inbox, {traversal: 'Shallow'}));
	},
	'ex2010-finditem-empty.xml': async server => call(server, findItem(inbox)),
	'ex2010-finditem-message.xml': findsAll,
	'ex2010-getfolder-deleted.http': async server => call(server, getFolder(folderId(await deleted(server)))),
	'ex2010-getfolder-inbox.http': async server => call(server, getFolder(inbox)),
	'ex2010-updateitem.xml': async server => call(server, update(await oneItem(server), `${stampField}<t:Message>${extended(stampField, 'x')}</t:Message>`)),
};

const otherwise: Readonly<Record<string, string>> = {
	'exo-401-bearer-challenge.http': 'below',
	'exo-403-scope.http': 'below',
	'exo-throttle-texts.txt': 'below',
	'exo2014-fault-nonexistent-mailbox-zh.xml': 'below',
	'exo2022-503-retry-after.http': 'below',
	'exo2023-403-empty.http': 'below',
	'exo2023-401-basic.http': 'the same 401 without the Bearer challenge',
	'exo2016-invalid-characters-edited.xml': 'an appointment, edited; the references are tested with faults',
	'exo2020-finditem-contacts-page1.xml': 'contacts are not stored; its paging is that of folders',
	'ex2019-finditem-international.xml': 'an appointment',
	'ex2019-getitem-contact.xml': 'contacts are not stored',
	'ex2019-getitem-recurring.xml': 'appointments are not stored',
	'ex2007-createfolder-nomailbox.http': 'another kind of server',
	'ex2007-fault-schema.http': 'another kind of server',
	'ex2010-401-ntlm-negotiate.http': 'another way to sign in',
	'ex2010-movefolder-samename.http': 'no such operation here',
	'ex2010-syncfolderitems-last.xml': 'no such operation here',
	'ex2010-syncfolderitems-more.xml': 'no such operation here',
	'exo2020-syncfolderitems-create.xml': 'no such operation here',
	'exo2020-syncfolderitems-empty.xml': 'no such operation here',
	'exo2020-autodiscover-200.http': 'no such operation here',
	'workmail2026-fault-invalid-server-version.http': 'another kind of server',
};

const responseOf = (xml: string): string => /<m:\w+Response .*<\/m:\w+Response>/sv.exec(xml)![0];

/** The form on premises is that of the element, without where namespaces are declared, what kind of item it is, and the words. */
const element = (xml: string): string => formOf(responseOf(xml)
	.replaceAll(/ xmlns:\w+="[^"]*"/gv, '')
	.replaceAll(/t:(?:CalendarItem|Contact)(?=[\s>])/gv, 't:Message')
	.replaceAll(/ChangeKey="(?:DwAA|EQAA)/gv, 'ChangeKey="CQAA')
	.replaceAll(/<m:MessageText>[^<]+/gv, '<m:MessageText>words'));

describe.skipIf(!isThere)('answers have the recorded form', () => {
	test.each(Object.keys(online))('%s', async file => {
		const server = await serve();
		const {body, status} = await online[file]!(server);
		expect(formOf(body)).toBe(formOf(bodyOf(file)));
		if (file.endsWith('.http')) {
			expect(status).toBe(readHttp(read(file)).status);
		}
	});

	test.each(Object.keys(onPremises))('%s', async file => {
		const server = await serve();
		const {body} = await onPremises[file]!(server);
		expect(element(body)).toBe(element(bodyOf(file)));
	});

	test('faults are equal to the last byte', async () => {
		for (const file of ['exo2021-fault-serverbusy.xml', 'exo2019-fault-impersonate-denied.xml', 'ex2019-fault-invalid-request.xml']) {
			const server = await serve(); // eslint-disable-line no-await-in-loop
			const {body} = await online[file]!(server); // eslint-disable-line no-await-in-loop
			expect(body).toBe(bodyOf(file));
		}
	});

	test('the fault of a missing mailbox differs in its language only', async () => {
		const server = await serve();
		const {body} = await call(server, getFolder(inbox), {impersonate: 'user@example.com'});
		const file = bodyOf('exo2014-fault-nonexistent-mailbox-zh.xml').replaceAll('SMTP 地址没有与其关联的邮箱。', 'The SMTP address has no mailbox associated with it.').replace('zh-CN', 'en-US');
		expect(body).toBe(file);
	});

	test('the words of throttles', async () => {
		const words = read('exo-throttle-texts.txt');
		const server = await serve({rules: [{on: 'call', nth: 1, do: {type: 'busy-item', milliseconds: 5000}}, {on: 'call', nth: 2, do: {type: 'busy', code: 'ErrorExceededConnectionCount', milliseconds: 0}}]});
		const inside = await call(server, getFolder(inbox));
		const connections = await call(server, getFolder(inbox));
		expect([inside.status, connections.status]).toEqual([200, 500]);
		for (const text of [...texts(inside.body, 'MessageText'), ...texts(connections.body, 'Message'), ...texts(connections.body, 'Value').filter(value => value.includes(' '))]) {
			expect(words).toContain(text);
		}
	});

	test.each(['exo2025-createitem-message.http', 'exo2025-deleteitem.http'])('headers of %s: names, spelling and order, and values that do not change', async file => {
		const server = await serve();
		const {rawHeaders} = await online[file]!(server);
		const ours = Array.from({length: rawHeaders.length / 2}, (_, index) => [rawHeaders[index * 2]!, rawHeaders[(index * 2) + 1]!] as const);
		const {headers} = readHttp(read(file));
		// Only the first answer sets the cookie: the agent of these tests keeps none, so that each is the first.
		expect(ours.map(([name]) => name)).toEqual(headers.map(([name]) => name));
		const values = new Map(ours);
		const changing = new Set(['Request-Id', 'X-CalculatedFETarget', 'MS-CV', 'X-CalculatedBETarget', 'x-ms-appId', 'Set-Cookie', 'Date']);
		for (const [name, value] of headers.filter(([name]) => !changing.has(name))) {
			expect([name, values.get(name)]).toEqual([name, value]);
		}

		expect(values.get('Set-Cookie')).toMatch(/^exchangecookie=[\da-f]{32}; expires=\w{3}, \d\d-\w{3}-\d{4} \d\d:\d\d:\d\d GMT; path=\/; secure; HttpOnly$/v);
		expect(values.get('Request-Id')).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/v);
	});

	test('401 and 403 say what was recorded, with nothing in them', async () => {
		const server = await serve({rules: [{on: 'call', nth: 1, do: {type: 'scope'}}, {on: 'call', nth: 2, do: {type: 'closed'}}, {on: 'call', nth: 3, do: {type: 'http', status: 503, headers: {'Retry-After': '30'}}}]});
		const expected = (file: string, name: string): string => readHttp(read(file)).headers.find(([key]) => key.toLowerCase() === name)![1];
		const bare = await exchange(server, {method: 'POST', path: '/EWS/Exchange.asmx', headers: {'content-type': 'text/xml'}}, soap(getFolder(inbox)));
		expect([bare.status, bare.body, bare.headers['www-authenticate']]).toEqual([401, '', expected('exo-401-bearer-challenge.http', 'www-authenticate')]);
		const scope = await call(server, getFolder(inbox));
		expect([scope.status, scope.body, scope.headers['x-ms-diagnostics'], scope.headers['content-length']]).toEqual([403, '', expected('exo-403-scope.http', 'x-ms-diagnostics'), '0']);
		const closed = await call(server, getFolder(inbox));
		expect([closed.status, closed.body, closed.headers['x-ms-diagnostics'], closed.headers['content-length'], closed.headers['x-proxy-backendserverstatus']]).toEqual([403, '', undefined, '0', '403']);
		const unavailable = await call(server, getFolder(inbox));
		expect([unavailable.status, unavailable.headers['retry-after']]).toEqual([503, expected('exo2022-503-retry-after.http', 'retry-after')]);
	});

	test('every recorded file is compared, or it is said why not', () => {
		expect(readdirSync(recorded).sort()).toEqual([...Object.keys(online), ...Object.keys(onPremises), ...Object.keys(otherwise)].sort());
	});
});

describe('the comparison sees a difference', () => {
	const answer = '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="u"><s:Body><m:R ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><t:Message><t:ItemId Id="AAMkAB=" ChangeKey="CQAAAA=="/><t:Size>1</t:Size><t:IsDraft>false</t:IsDraft></t:Message></m:R></s:Body></s:Envelope>';

	test.each([
		['another order', answer.replace('<t:Size>1</t:Size><t:IsDraft>false</t:IsDraft>', '<t:IsDraft>false</t:IsDraft><t:Size>1</t:Size>')],
		['a missing element', answer.replace('<t:Size>1</t:Size>', '')],
		['another prefix', answer.replaceAll('s:', 'soap:')],
		['a line end behind the declaration', answer.replace('?>', '?>\n')],
		['another kind of value', answer.replace('>1<', '>one<')],
		['a full ChangeKey for a stub', answer.replace('CQAAAA==', 'CQAAABYAAACzH/qwpZTUR64kCgQ9LRICAASpMzJf')],
		['a container that was empty', answer.replace('<t:Size>1</t:Size>', '<t:Size/>')],
		['a namespace declared elsewhere', answer.replace('<s:Body>', '<s:Body xmlns:x="y">')],
		['another code', answer.replace('NoError', 'ErrorServerBusy')],
	])('%s', (_, changed) => {
		expect(formOf(changed)).not.toBe(formOf(answer));
	});

	test('but not another id, number or date, nor more items of one form', () => {
		const item = /<t:Message>.*<\/t:Message>/v.exec(answer)![0];
		expect(formOf(answer.replace('AAMkAB=', 'AAMkCD=').replace('>1<', '>2<').replace(item, item + item))).toBe(formOf(answer));
	});
});

