/* eslint-disable unicorn/no-await-expression-member -- of most answers one member is looked at */
/* eslint-disable @typescript-eslint/no-unsafe-assignment -- matchers are any */
/* eslint-disable @stylistic/max-len -- requests stand on one line */
/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {realClock} from '../../source/mailbox/clock.js';
import {type Item} from '../../source/sandbox/microsoft/item.js';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {
	base64, graph, graphApp, immutable, jsonMessage, pages, patch, post, serveGraph, stampId, user, type GraphRaw,
} from './graph-client.js';
import {
	address, app, call, createItem, inbox, mail, message, signIn,
} from './microsoft-client.js';

const codeOf = ({status, json}: Pick<GraphRaw, 'status' | 'json'>): string => `${status} ${(json.error)?.code ?? ''}`;
const items = (server: MicrosoftServer): readonly Item[] => server.mailbox().items;
const bySubject = (server: MicrosoftServer, subject: string): Item => items(server).find(item => item.subject === subject)!;
const made = async (server: MicrosoftServer, json: unknown, folder = 'inbox'): Promise<string> => {
	const answer = await post(server, `${user}/mailFolders/${folder}/messages`, json);
	expect(answer.status).toBe(201);
	return answer.json.id;
};

describe('who may', () => {
	test('401: no token, a wrong one, one for Exchange, one that ran out', async () => {
		const server = await serveGraph();
		const inboxPath = `${user}/mailFolders/inbox`;
		const exchange = await signIn(server, {resource: 'https://outlook.office365.com'});
		for (const token of [false, 'nonsense', exchange] as const) {
			const answer = await graph(server, inboxPath, {token}); // eslint-disable-line no-await-in-loop
			expect([codeOf(answer), answer.headers['www-authenticate']]).toEqual(['401 InvalidAuthenticationToken', expect.stringContaining('00000003-0000-0000-c000-000000000000')]);
		}

		expect((await graph(server, inboxPath)).status).toBe(200);
		server.login.expireAll();
		expect((await graph(server, inboxPath)).json.error.message).toBe('Access token has expired or is not yet valid.');
	});

	test('a token tells the roles of its own service only', async () => {
		const server = await serveGraph({apps: [{...app, roles: ['full_access_as_app', 'Mail.ReadWrite']}]});
		const claims = async (resource: string): Promise<unknown> => (JSON.parse(Buffer.from((await signIn(server, {resource})).split('.')[1]!, 'base64url').toString('utf8')) as {roles: unknown}).roles;
		expect([await claims('https://graph.microsoft.com'), await claims('https://outlook.office365.com')]).toEqual([['Mail.ReadWrite'], ['full_access_as_app']]);
	});

	test('without the role 403 ErrorAccessDenied; with Mail.ReadWrite alone everything but importMime', async () => {
		const none = await serveGraph({apps: [{...app, roles: []}]});
		expect(codeOf(await graph(none, `${user}/mailFolders`))).toBe('403 ErrorAccessDenied');
		const plain = await serveGraph({apps: [{...app, roles: ['Mail.ReadWrite']}]});
		expect((await post(plain, `${user}/mailFolders`, {displayName: 'A'})).status).toBe(201);
		expect(codeOf(await graph(plain, `${user}/mailFolders/inbox/importMime`, {method: 'POST', version: 'beta', text: base64(mail('a'))}))).toBe('403 ErrorAccessDenied');
		expect(codeOf(await graph(plain, user))).toBe('403 Authorization_RequestDenied');
	});

	test('RBAC grants work without a role in the token, for the mailboxes in their scope', async () => {
		const server = await serveGraph({
			apps: [{...app, roles: []}], tenant: {rbac: [{clientId: app.clientId, role: 'Mail.ReadWrite', mailboxes: [address]}]}, users: [{address}, {address: 'b@example.org'}],
		} as Parameters<typeof serveGraph>[0]);
		expect((await graph(server, `${user}/mailFolders/inbox`)).status).toBe(200);
		expect(codeOf(await graph(server, '/users/b@example.org/mailFolders/inbox'))).toBe('403 ErrorAccessDenied');
	});

	test('a user by id, address or alias; unknown, unlicensed and out of reach', async () => {
		const server = await serveGraph({user: {aliases: ['alias@example.org']}});
		const {json} = await graph(server, `${user}?$select=id,userPrincipalName,mail`);
		expect(json).toEqual({
			'@odata.context': `${server.origin}/v1.0/$metadata#users(id,userPrincipalName,mail)/$entity`, id: expect.stringMatching(/^[\da-f\-]{36}$/v), userPrincipalName: address, mail: address,
		});
		for (const key of [json.id, 'ALIAS@example.org']) {
			expect((await graph(server, `/users/${key}/mailFolders/inbox`)).status).toBe(200); // eslint-disable-line no-await-in-loop
		}

		expect(codeOf(await graph(server, '/users/x@example.org/mailFolders'))).toBe('404 ErrorInvalidUser');
		expect(codeOf(await graph(server, '/me/messages'))).toBe('400 BadRequest');
		const unlicensed = await serveGraph({user: {graph: 'no-mailbox'}});
		expect(codeOf(await graph(unlicensed, `${user}/mailFolders`))).toBe('404 MailboxNotEnabledForRESTAPI');
		const denied = await serveGraph({user: {graph: 'denied'}});
		expect(codeOf(await graph(denied, `${user}/mailFolders`))).toBe('403 ErrorAccessDenied');
	});
});

describe('folders', () => {
	test('the first level in pages of ten, mail folders alone, hidden ones when asked', async () => {
		const server = await serveGraph();
		const first = await graph(server, `${user}/mailFolders`);
		expect(first.json.value.map(({displayName}) => displayName)).toEqual(['Archive', 'Conversation History', 'Deleted Items', 'Drafts', 'Inbox', 'Junk Email', 'Outbox', 'Sent Items']);
		for (let index = 0; index < 15; index++) {
			server.mailbox().ensureFolder([`Folder ${String(index).padStart(2, '0')}`], 'IPF.Note');
		}

		const all = await pages(server, `${user}/mailFolders`);
		expect([all.pages, all.values.length]).toEqual([3, 23]);
		expect((await graph(server, `${user}/mailFolders?$top=100&top=2&includeHiddenFolders=true`)).json.value).toHaveLength(24);
		expect((await graph(server, `${user}/mailFolders?$top=9999&$select=displayName&$filter=displayName eq 'folder 03'`.replaceAll(' ', '%20'))).json.value).toEqual([{id: expect.any(String), displayName: 'Folder 03'}]);
	});

	test('well-known names, whatever the language; wellKnownName in beta only', async () => {
		const server = await serveGraph({user: {mailbox: {names: {sentitems: 'Gesendete Elemente', Archive: 'Archiv'}}}});
		expect((await graph(server, `${user}/mailFolders/SentItems`)).json.displayName).toBe('Gesendete Elemente');
		expect((await graph(server, `${user}/mailFolders/archive`, {version: 'beta'})).json).toMatchObject({displayName: 'Archiv', wellKnownName: 'archive'});
		expect(codeOf(await graph(server, `${user}/mailFolders/inbox?$select=wellKnownName`))).toBe('400 RequestBroker--ParseUri');
		expect(codeOf(await graph(server, `${user}/mailFolders/clutter`))).toBe('404 ErrorFolderNotFound');
		expect(codeOf(await graph(server, `${user}/mailFolders/nonsense`))).toBe('400 ErrorInvalidIdMalformed');
	});

	test('created for mail, hidden if asked; the same name in Exchange\'s eyes is 409', async () => {
		const server = await serveGraph();
		const parent = await post(server, `${user}/mailFolders`, {displayName: 'Proj\u00E9ct'});
		expect(parent.headers.location).toBe(`${server.origin}/v1.0/users('${address}')/mailFolders('${parent.json.id}')`);
		expect(parent.body).toContain(String.raw`Proj\u00e9ct`);
		const child = await post(server, `${user}/mailFolders/${parent.json.id}/childFolders`, {displayName: 'Work', isHidden: true});
		expect(child.json).toMatchObject({parentFolderId: parent.json.id, isHidden: true});
		expect(codeOf(await post(server, `${user}/mailFolders`, {displayName: 'projE\u0301ct. '}))).toBe('409 ErrorFolderExists');
		expect((await graph(server, `${user}/mailFolders/${parent.json.id}?$expand=childFolders`)).json).toMatchObject({childFolderCount: 1, childFolders: []});
		expect((await graph(server, `${user}/mailFolders/${parent.json.id}/childFolders?includeHiddenFolders=true`)).json.value).toHaveLength(1);
		expect(server.mailbox().folder(['Proj\u00E9ct', 'Work']).folderClass).toBe('IPF.Note');
		expect(codeOf(await post(server, `${user}/mailFolders`, {displayName: 'X', colour: 'red'}))).toBe('400 BadRequest');
		expect(codeOf(await graph(server, `${user}/mailFolders/inbox`, {method: 'DELETE'}))).toBe('403 ErrorDeleteDistinguishedFolder');
		expect((await graph(server, `${user}/mailFolders/${parent.json.id}`, {method: 'DELETE'})).status).toBe(204);
		expect(codeOf(await graph(server, `${user}/mailFolders/${child.json.id}`))).toBe('404 ErrorItemNotFound');
	});
});

describe('messages', () => {
	test('JSON create: a draft, unless 0x0E07 says otherwise at creation; dates and stamp stay', async () => {
		const server = await serveGraph();
		const plain = await post(server, `${user}/messages`, {subject: 'draft', receivedDateTime: '2001-01-01T00:00:00Z'});
		expect(plain.json).toMatchObject({isDraft: true, isRead: false});
		expect(plain.json.receivedDateTime).not.toBe('2001-01-01T00:00:00Z');
		const id = await made(server, jsonMessage('sent', {flag: {flagStatus: 'flagged'}, categories: ['Blue']}, [{id: stampId, value: 'Abc.1'}, {id: 'String 0x007D', value: 'Received: x\r\nX-Old: y'}]));
		const {json} = await graph(server, `${user}/messages/${id}?$select=internetMessageHeaders,isDraft,isRead,receivedDateTime,sentDateTime,internetMessageId,flag&$expand=singleValueExtendedProperties($filter=${encodeURIComponent(`id eq '${stampId}' or id eq 'LONG 0x0E07' or id eq 'String 0x1035'`)})`);
		expect(json).toMatchObject({
			isDraft: false, isRead: true, receivedDateTime: '2019-03-01T08:15:00Z', sentDateTime: '2019-03-01T08:14:55Z', internetMessageId: '<sent@example.org>', flag: {flagStatus: 'flagged'},
			internetMessageHeaders: [{name: 'Received', value: 'x'}, {name: 'X-Old', value: 'y'}],
			singleValueExtendedProperties: [{id: stampId, value: 'Abc.1'}, {id: 'Long 0xe07', value: '1025'}, {id: 'String 0x1035', value: '<sent@example.org>'}],
		});
		expect(bySubject(server, 'sent').stamp).toBe('Abc.1');
	});

	test('what cannot be changed later stays, without a word', async () => {
		const server = await serveGraph();
		const id = await made(server, {subject: 'draft'});
		const answer = await patch(server, `${user}/messages/${id}`, {
			isDraft: false, receivedDateTime: '2001-01-01T00:00:00Z', singleValueExtendedProperties: [{id: 'Integer 0x0E07', value: '1'}, {id: stampId, value: 'x'}],
		});
		expect([answer.status, answer.json.isDraft, answer.json.isRead, bySubject(server, 'draft').stamp]).toEqual([200, true, true, 'x']);
		const sent = await made(server, jsonMessage('sent'));
		await patch(server, `${user}/messages/${sent}`, {singleValueExtendedProperties: [{id: 'SystemTime 0x0E06', value: '2001-01-01T00:00:00Z'}]});
		expect(bySubject(server, 'sent').receivedAt).toBe(Date.UTC(2019, 2, 1, 8, 15));
		server.graph.patchesDates = true;
		await patch(server, `${user}/messages/${sent}`, {singleValueExtendedProperties: [{id: 'SystemTime 0x0E06', value: '2001-01-01T00:00:00Z'}]});
		expect(bySubject(server, 'sent').receivedAt).toBe(Date.UTC(2001, 0, 1));
	});

	test('PATCH of the read state leaves change key and etag; of others not; If-Match is heeded', async () => {
		const server = await serveGraph();
		const id = await made(server, jsonMessage('a', {isRead: false}));
		const before = (await graph(server, `${user}/messages/${id}`)).json;
		const read = (await patch(server, `${user}/messages/${id}`, {isRead: true})).json;
		expect([read.isRead, read.changeKey, read['@odata.etag']]).toEqual([true, before.changeKey, `W/"${before.changeKey}"`]);
		const flagged = (await patch(server, `${user}/messages/${id}`, {flag: {flagStatus: 'complete'}, categories: ['A'], importance: 'high'})).json;
		expect(flagged).toMatchObject({flag: {flagStatus: 'complete'}, categories: ['A'], importance: 'high'});
		expect(flagged.changeKey).not.toBe(before.changeKey);
		expect(codeOf(await patch(server, `${user}/messages/${id}`, {isRead: false}, {headers: {'if-match': before['@odata.etag']!}}))).toBe('412 ErrorIrresolvableConflict');
		expect(codeOf(await patch(server, `${user}/messages/${id}`, {colour: 'red'}))).toBe('400 RequestBodyRead');
	});

	test('marking read sends the receipt that is asked for, unless that wish was cleared before', async () => {
		const server = await serveGraph();
		const asks = mail('a', 'Disposition-Notification-To: ann@example.org\r\n');
		const first = await graph(server, `${user}/mailFolders/inbox/importMime`, {method: 'POST', version: 'beta', text: base64(asks)});
		await patch(server, `${user}/messages/${first.json.id}`, {isReadReceiptRequested: false});
		await patch(server, `${user}/messages/${first.json.id}`, {isRead: true});
		expect(server.mailbox().receipts).toEqual([]);
		const second = await graph(server, `${user}/mailFolders/inbox/importMime`, {method: 'POST', version: 'beta', text: base64(asks)});
		await patch(server, `${user}/messages/${second.json.id}`, {isReadReceiptRequested: false, isRead: true});
		expect(server.mailbox().receipts).toEqual(['<a@example.org>']);
	});

	test('from 2026-12-31 the text of what is no draft takes Mail-Advanced', async () => {
		const apps = [{...app, roles: ['Mail.ReadWrite']}];
		const [before, after] = [Date.UTC(2026, 10, 23), Date.UTC(2027, 0, 2)].map(now => ({...realClock(), now: () => now}));
		const early = await serveGraph({apps, clock: before});
		expect((await patch(early, `${user}/messages/${await made(early, jsonMessage('a'))}`, {subject: 'b'})).json.subject).toBe('b');
		const late = await serveGraph({apps, clock: after});
		const id = await made(late, jsonMessage('a'));
		expect(codeOf(await patch(late, `${user}/messages/${id}`, {subject: 'b'}))).toBe('403 ErrorAccessDenied');
		expect((await patch(late, `${user}/messages/${id}`, {isRead: true, categories: ['x']})).status).toBe(200);
	});

	test('pages: nextLink to the end, $top 1,000 at most, names without $ ignored, $count and $select', async () => {
		const server = await serveGraph({limits: {shortPages: 0.5}});
		for (let index = 0; index < 30; index++) {
			server.mailbox().create(server.mailbox().distinguished('inbox')!, {
				content: {
					itemClass: 'IPM.Note', subject: `m${index}`, to: [], cc: [], bcc: [], replyTo: [], importance: 'Normal', headers: '', attachments: [], wantsReceipt: false,
				}, flags: 0, receivedAt: index * 1000,
			});
		}

		const all = await pages(server, `${user}/mailFolders/inbox/messages?$select=subject&$top=12&$count=true`);
		expect(all.values.map(({subject}) => subject)).toEqual(Array.from({length: 30}, (_, index) => `m${29 - index}`));
		expect(all.pages).toBeGreaterThan(2);
		expect(Object.keys(all.values[0]!)).toEqual(['@odata.etag', 'id', 'subject']);
		expect(codeOf(await graph(server, `${user}/messages?$top=1001`))).toBe('400 BadRequest');
		expect(codeOf(await graph(server, `${user}/messages?$nonsense=1`))).toBe('400 BadRequest');
		expect(codeOf(await graph(server, `${user}/messages?$select=nonsense`))).toBe('400 RequestBroker--ParseUri');
		expect((await graph(server, `${user}/messages?$orderby=receivedDateTime&top=1000`)).json.value.map(({subject}) => subject).slice(0, 2)).toEqual(['m0', 'm1']);
	});

	test('filters: by Message-ID with what must be escaped, by stamp without case, by folder name; odd ones are refused', async () => {
		const server = await serveGraph();
		await made(server, jsonMessage('o\'one', {internetMessageId: '<a+b\'c&d@example.org>'}, [{id: stampId, value: 'AbC'}]));
		await made(server, jsonMessage('two', {isRead: false}, [{id: stampId, value: 'abc'}]));
		const find = async (filter: string, more = ''): Promise<unknown> => {
			const answer = await graph(server, `${user}/messages?$select=subject&$filter=${encodeURIComponent(filter)}${more}`);
			return answer.status === 200 ? answer.json.value.map(({subject}) => subject).sort() : codeOf(answer);
		};

		const byStamp = `singleValueExtendedProperties/Any(ep: ep/id eq '${stampId}' and ep/value eq 'abc')`;
		expect(await find('internetMessageId eq \'<a+b\'\'c&d@example.org>\'')).toEqual(['o\'one']);
		expect(await find(byStamp)).toEqual(['o\'one', 'two']);
		expect(await find('(isRead eq false AND parentFolderId eq \'inbox\')')).toEqual(['two']);
		expect(await find('receivedDateTime lt 2019-03-01T08:15:01Z and not(startswith(subject,\'o\'))')).toEqual(['two']);
		expect(await find('singleValueExtendedProperties/any(e:e/id eq \'Integer 0x0E07\' and cast(e/value, Edm.Int32) ge 1024)')).toEqual(['o\'one']);
		expect(await find('from/emailAddress/address eq \'ANN@example.org\' and receivedDateTime ge 2020-01-01T00:00:00Z')).toEqual([]);
		expect(await find(byStamp, '&$orderby=receivedDateTime')).toBe('400 InefficientFilter');
		expect(await find('subject is 3')).toBe('400 RequestBroker--ParseUri');
		expect(codeOf(await graph(server, `${user}/messages?$filter=subject%20eq%20'o`))).toBe('400 RequestBroker--ParseUri');
	});

	test('move gives another id, unless ids that survive are asked for; ids never hold + or /', async () => {
		const server = await serveGraph();
		const id = await made(server, jsonMessage('a'));
		const kept = (await graph(server, `${user}/messages/${id}`, {headers: immutable})).json.id;
		const moved = await post(server, `${user}/messages/${id}/move`, {destinationId: 'archive'});
		expect([moved.status, moved.json.id === id, codeOf(await graph(server, `${user}/messages/${id}`))]).toEqual([201, false, '404 ErrorItemNotFound']);
		const again = await post(server, `${user}/messages/${kept}/move`, {destinationId: 'inbox'}, {headers: immutable});
		expect([again.json.id, again.headers['preference-applied']]).toEqual([kept, 'IdType=ImmutableId']);
		for (let index = 0; index < 40; index++) {
			expect(await made(server, {subject: 'x'})).toMatch(/^[\w\-]+=*$/v); // eslint-disable-line no-await-in-loop
		}
	});

	test('delete goes to Deleted Items first, permanentDelete does not; $value only beside the user', async () => {
		const server = await serveGraph();
		const id = await made(server, jsonMessage('a'));
		expect(codeOf(await graph(server, `${user}/mailFolders/inbox/messages/${id}/$value`))).toBe('405 ErrorInvalidRequest');
		const value = await graph(server, `${user}/messages/${id}/$value`);
		expect([value.headers['content-type'], value.body]).toEqual(['text/plain', expect.stringContaining('Subject: a\r\n')]);
		const gone = await graph(server, `${user}/messages/${id}`, {method: 'DELETE'});
		expect([gone.status, gone.headers['content-type'], gone.headers['content-length']]).toEqual([204, undefined, undefined]);
		expect(bySubject(server, 'a').folder.role).toBe('deleteditems');
		const other = await made(server, jsonMessage('b'));
		await graph(server, `${user}/messages/${other}/permanentDelete`, {method: 'POST'});
		expect(items(server)).toHaveLength(1);
	});

	test('one store: what EWS stored is here, and the other way round', async () => {
		const server = await serveGraph({apps: [{...graphApp, roles: [...graphApp.roles, 'full_access_as_app']}]});
		await call(server, createItem(inbox, message(mail('by EWS'))));
		expect((await graph(server, `${user}/mailFolders/inbox/messages`)).json.value).toMatchObject([{subject: 'by EWS', isDraft: false, receivedDateTime: '2019-03-01T08:15:00Z'}]);
	});

	test('a full mailbox, a message that is refused, a name too many', async () => {
		const server = await serveGraph({refusals: [{header: {name: 'subject', holds: 'unwelcome'}, code: 'ErrorItemSave'}], limits: {messageBytes: 20_000}});
		expect(codeOf(await post(server, `${user}/messages`, {subject: 'unwelcome'}))).toBe('400 ErrorItemSave');
		expect(codeOf(await graph(server, `${user}/messages`, {method: 'POST', text: base64(mail('unwelcome'))}))).toBe('400 ErrorItemSave');
		expect(codeOf(await post(server, `${user}/messages`, {subject: 'x', body: {contentType: 'text', content: 'x'.repeat(20_000)}}))).toBe('400 ErrorMessageSizeExceeded');
		server.setFaults({rules: [{on: 'createMessage', nth: 1, do: {type: 'names-used-up'}}, {on: 'createMessage', nth: 2, do: {type: 'fill'}}]});
		expect((await post(server, `${user}/messages`, jsonMessage('x', {}, [{id: stampId, value: 'x'}]))).json.error).toEqual({code: 'ErrorQuotaExceeded', message: 'Cannot get ID from name.'});
		expect(codeOf(await post(server, `${user}/messages`, {subject: 'x'}))).toBe('507 ErrorQuotaExceeded');
	});
});

describe('MIME', () => {
	const importing = async (server: MicrosoftServer, mime: string, version: 'v1.0' | 'beta' = 'beta', folder = 'inbox') => graph(server, `${user}/mailFolders/${folder}/importMime`, {method: 'POST', version, text: base64(mime)});
	const travelled = mail('a', 'Received: from x by y; Fri, 01 Mar 2019 08:20:00 +0000\r\n');

	test('create is always a draft in Drafts, received now; below a folder it is refused', async () => {
		const server = await serveGraph();
		const answer = await graph(server, `${user}/messages`, {method: 'POST', text: base64(mail('a'))});
		expect(answer.json).toMatchObject({isDraft: true, sentDateTime: '2019-03-01T08:14:55Z', internetMessageId: '<a@example.org>'});
		expect(bySubject(server, 'a').folder.role).toBe('drafts');
		expect(Math.abs(bySubject(server, 'a').receivedAt - Date.now())).toBeLessThan(60_000);
		expect(codeOf(await graph(server, `${user}/mailFolders/inbox/messages`, {method: 'POST', text: base64(mail('a'))}))).toBe('400 UnableToDeserializePostBody');
		expect(codeOf(await graph(server, `${user}/messages`, {method: 'POST', text: '%%%'}))).toBe('400 ErrorMimeContentInvalidBase64String');
		server.graph.losesMimeOver = 100;
		expect([(await graph(server, `${user}/messages`, {method: 'POST', text: base64(mail('b'))})).status, items(server).length]).toEqual([200, 1]);
	});

	test('importMime: no draft, in beta only unless told otherwise; date and read state as told', async () => {
		const server = await serveGraph();
		expect((await importing(server, travelled, 'v1.0')).json.error).toMatchObject({code: 'BadRequest', message: 'Resource not found for the segment \'importMime\'.', innerError: expect.any(Object)});
		const first = (await importing(server, travelled)).json;
		expect([first.isDraft, first.isRead, first.receivedDateTime === first.createdDateTime]).toEqual([false, false, true]);
		const other = await serveGraph({graph: {importMime: {v1: true, receivedDate: 'received', isRead: true}}});
		expect((await importing(other, travelled, 'v1.0')).json).toMatchObject({isDraft: false, isRead: true, receivedDateTime: '2019-03-01T08:20:00Z'});
		expect((await importing(other, mail('b'), 'v1.0')).json.receivedDateTime).toBe('2019-03-01T08:14:55Z');
		const missing = await serveGraph({graph: {importMime: {missing: true}}});
		expect(codeOf(await importing(missing, travelled))).toBe('400 BadRequest');
	});

	test('4 MiB of body and no more, 413 or 400', async () => {
		const server = await serveGraph();
		const sized = (bytes: number): string => mail('large').padEnd(bytes - 1, 'x\r\n'.repeat(20)) + '\n';
		const fits = 4_194_304 / 4 * 3;
		expect((await importing(server, sized(fits))).status).toBe(201);
		const over = await importing(server, sized(fits + 3));
		expect([over.status, over.json.error.message]).toEqual([413, 'The maximum request length supported is 4MB.']);
		server.graph.oversize = 400;
		expect((await importing(server, sized(fits + 3))).status).toBe(400);
		expect(items(server)).toHaveLength(1);
	});
});

describe('attachments', () => {
	const file = (bytes: number, more = {}) => ({
		'@odata.type': '#microsoft.graph.fileAttachment', name: 'a.bin', contentType: 'application/x-test', contentBytes: Buffer.alloc(bytes, 7).toString('base64'), ...more,
	});

	test('small ones in one POST, at creation too; bytes come back', async () => {
		const server = await serveGraph();
		const id = await made(server, jsonMessage('a', {attachments: [file(10, {isInline: true, contentId: 'cid'})]}));
		const added = await post(server, `${user}/messages/${id}/attachments`, file(1000));
		expect([added.status, added.json.contentType]).toEqual([201, 'application/x-test']);
		const {value} = (await graph(server, `${user}/messages/${id}/attachments`)).json;
		expect(value.map(({isInline, contentId}) => [isInline, contentId])).toEqual([[true, 'cid'], [false, null]]);
		expect((await graph(server, `${user}/messages/${id}/attachments/${added.json.id}/$value`)).body).toBe('\u0007'.repeat(1000));
		expect((await graph(server, `${user}/messages/${id}?$expand=attachments`)).json).toMatchObject({hasAttachments: true, attachments: [{}, {}]});
		await graph(server, `${user}/messages/${id}/attachments/${added.json.id}`, {method: 'DELETE'});
		expect(bySubject(server, 'a').content.attachments).toHaveLength(1);
		expect((await post(server, `${user}/messages/${id}/attachments`, file(3_145_700))).status).toBe(413);
	});

	test('an upload session: pieces in order, no Authorization, the last one answers 201 with Location', async () => {
		const server = await serveGraph();
		const id = await made(server, jsonMessage('a'));
		const session = async (size: number) => post(server, `${user}/messages/${id}/attachments/createUploadSession`, {AttachmentItem: {attachmentType: 'file', name: 'big.bin', size}});
		expect(codeOf(await session(1_000_000))).toBe('400 ErrorAttachmentSizeShouldNotBeLessThanMinimumSize');
		const size = 5_000_000;
		const {json: {uploadUrl, nextExpectedRanges}} = await session(size);
		expect(nextExpectedRanges).toEqual(['0-']);
		const bytes = Buffer.alloc(size, 'abcdefg');
		const put = async (first: number, last: number, token: string | false = false) => graph(server, uploadUrl, {
			method: 'PUT', bytes: bytes.subarray(first, last + 1), token, headers: {'content-range': `bytes ${first}-${last}/${size}`, 'content-type': 'application/octet-stream'},
		});
		expect((await put(0, 999_999, 'x')).status).toBe(401);
		expect((await put(0, 3_276_799)).json.nextExpectedRanges).toEqual(['3276800']);
		expect((await put(0, 3_276_799)).status).toBe(416);
		const last = await put(3_276_800, size - 1);
		expect([last.status, last.headers.location]).toEqual([201, expect.stringContaining('/Attachments(\'')]);
		expect(Buffer.compare(bySubject(server, 'a').content.attachments[0]!.bytes, bytes)).toBe(0);
		expect((await put(0, 9)).status).toBe(404);
		expect(server.mailbox().size).toBe(bySubject(server, 'a').size);
	});
});

describe('$batch', () => {
	test('each request has its own status, the batch 200; dependencies; 20 at most', async () => {
		const server = await serveGraph();
		const ids = await Promise.all(['a', 'b', 'c'].map(async subject => made(server, jsonMessage(subject, {isRead: false}))));
		const step = (id: string, messageId: string, more = {}) => ({
			id, method: 'PATCH', url: `${user}/messages/${messageId}`, headers: {'Content-Type': 'application/json'}, body: {isRead: true}, ...more,
		});
		const answer = await post(server, '/$batch', {
			requests: [
				...ids.map((id, index) => step(String(index), id)), step('x', `${'A'.repeat(50)}=`), step('y', ids[0]!, {dependsOn: ['x']}), step('n', ids[0]!, {headers: {}}),
			],
		});
		const statuses = Object.fromEntries(answer.json.responses.map(({id, status}) => [id, status]));
		expect([answer.status, statuses]).toEqual([200, {
			0: 200, 1: 200, 2: 200, x: 404, y: 424, n: 400,
		}]);
		expect(items(server).every(({isRead}) => isRead)).toBe(true);
		expect(codeOf(await post(server, '/$batch', {requests: Array.from({length: 21}, (_, index) => step(String(index), ids[0]!))}))).toBe('400 MaximumValueExceeded');
		expect(server.budgets.peak).toBeLessThanOrEqual(4);
	});

	test('a throttle of one request comes with a decimal wait; a lost one as 504; importMime only where told', async () => {
		const server = await serveGraph({rules: [{on: 'batch', do: {type: 'busy-item', index: 0, milliseconds: 249}}, {on: 'getMessage', nth: 1, do: {type: 'drop'}}]});
		const {json} = await post(server, '/$batch', {
			requests: [
				{id: '1', method: 'GET', url: `${user}/mailFolders`}, {id: '2', method: 'GET', url: `${user}/messages/x`}, {
					id: '3', method: 'POST', url: `${user}/mailFolders/inbox/importMime`, headers: {'content-type': 'text/plain'}, body: base64(base64(mail('a'))),
				},
			],
		}, {version: 'beta'});
		const byId = new Map(json.responses.map(response => [response.id, response]));
		expect([...byId.keys()].sort().map(id => [byId.get(id)!.status, byId.get(id)!.body.error.code])).toEqual([[429, 'ApplicationThrottled'], [504, 'UnknownError'], [400, 'UnableToDeserializePostBody']]);
		expect(Object.entries(byId.get('1')!.headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1]).toBe('0.249');
	});
});

test('delta: all that is there, then what changed, moved away or went', async () => {
	const server = await serveGraph();
	const ids: string[] = [];
	for (let index = 0; index < 12; index++) {
		ids.push(await made(server, jsonMessage(`m${index}`, {isRead: false}))); // eslint-disable-line no-await-in-loop
	}

	const first = await pages(server, `${user}/mailFolders/inbox/messages/delta?$select=subject,isRead`, {headers: {prefer: 'odata.maxpagesize=5'}});
	expect([first.pages, first.values.length]).toEqual([3, 12]);
	await patch(server, `${user}/messages/${ids[3]!}`, {isRead: true});
	await post(server, `${user}/messages/${ids[4]!}/move`, {destinationId: 'archive'});
	await made(server, jsonMessage('new'));
	const second = await pages(server, first.delta!);
	expect(second.values).toEqual([
		expect.objectContaining({id: ids[3], isRead: true}), {'@odata.type': '#microsoft.graph.message', id: ids[4], '@removed': {reason: 'deleted'}}, expect.objectContaining({subject: 'new'}),
	]);
	expect((await pages(server, second.delta!)).values).toEqual([]);
	expect(codeOf(await graph(server, `${user}/messages/delta`))).toBe('400 ErrorInvalidIdMalformed');
});
