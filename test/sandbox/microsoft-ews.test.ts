/* eslint-disable @stylistic/max-len -- requests and what they are answered stand together */
import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type FolderSeed} from '../../source/sandbox/microsoft/mailbox.js';
import {complaintsOf, schemaAvailable} from '../protocols/ews-schema.js';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {
	address, call, codes, createFolder, createItem, elements, exchange, extended, field, findFolder, findItem, folderId, getFolder, getItem, idsOf, inbox, mail, message, newFolder, post, serve, signIn, soap, stampField, stampSet, tag, texts,
} from './microsoft-client.js';

const top = '<t:DistinguishedFolderId Id="msgfolderroot"/>';
const view = (most: number, offset: number, kind = 'Item'): string => `<m:IndexedPage${kind}View MaxEntriesReturned="${most}" Offset="${offset}" BasePoint="Beginning"/>`;
const equals = (path: string, value: string): string => `<t:IsEqualTo>${path}<t:FieldURIOrConstant><t:Constant Value="${value}"/></t:FieldURIOrConstant></t:IsEqualTo>`;
const seeds = (count: number, path = ['Old']): FolderSeed[] => [{path, folderClass: 'IPF.Note', items: Array.from({length: count}, (_, index) => ({mime: mail(`m${index}`), receivedAt: Date.UTC(2020, 0, 1) + (index * 1000)}))}];

/** Of a harmless call with that token. */
const statusOf = async (server: MicrosoftServer, token: string): Promise<number> => {
	const {status} = await call(server, getFolder(inbox), {token});
	return status;
};

describe('who may call', () => {
	test('without a token there is 401 with the challenge and nothing else; an expired token is told apart', async () => {
		const server = await serve();
		const bare = await exchange(server, {method: 'POST', path: '/EWS/Exchange.asmx', headers: {'content-type': 'text/xml'}}, soap(getFolder(inbox)));
		expect([bare.status, bare.body, bare.headers['x-ms-diagnostics']]).toEqual([401, '', undefined]);
		expect(bare.headers['www-authenticate']).toContain('",Basic Realm=""');
		const token = await signIn(server);
		expect(await statusOf(server, token)).toBe(200);
		server.login.expireAll();
		const expired = await call(server, getFolder(inbox), {token});
		expect([expired.status, expired.body]).toEqual([401, '']);
		expect(expired.headers['x-ms-diagnostics']).toContain('expired');
		expect(await statusOf(server, await signIn(server))).toBe(200);
	});

	test('a token for Graph, or without full_access_as_app, does not open EWS', async () => {
		const tenant = '11111111-2222-4333-8444-555555555555';
		const server = await serve({
			apps: [{
				tenant, clientId: 'with', secret: 'secret', roles: ['full_access_as_app'],
			}, {
				tenant, clientId: 'without', secret: 'secret', roles: [],
			}],
		});
		const graph = await call(server, getFolder(inbox), {token: await signIn(server, {resource: 'https://graph.microsoft.com', clientId: 'with'})});
		expect(graph.status).toBe(401);
		const roleless = await call(server, getFolder(inbox), {token: await signIn(server, {clientId: 'without'})});
		expect([roleless.status, roleless.body]).toEqual([403, '']);
		expect(roleless.headers['x-ms-diagnostics']).toMatch(/^2000008;/v);
	});

	test('an app must impersonate a mailbox that is there and lets it', async () => {
		const server = await serve();
		expect(codes(await call(server, getFolder(inbox), {impersonate: false}))).toEqual(['ErrorImpersonationFailed']);
		const missing = await call(server, getFolder(inbox), {impersonate: 'nobody@example.org'});
		expect([missing.status, codes(missing), texts(missing.body, 'Value')]).toEqual([500, ['ErrorNonExistentMailbox'], ['nobody@example.org']]);
		expect(missing.body).not.toContain('s:Header');
		const denied = await serve({user: {impersonation: false}});
		expect(codes(await call(denied, getFolder(inbox)))).toEqual(['ErrorImpersonateUserDenied']);
		const closed = await serve({user: {closed: true}});
		const empty = await call(closed, getFolder(inbox));
		expect([empty.status, empty.body, empty.headers['x-ms-diagnostics']]).toEqual([403, '', undefined]);
	});

	test('aliases and other spellings of an address mean the same mailbox', async () => {
		const server = await serve({user: {aliases: ['b@example.org']}});
		expect(codes(await call(server, getFolder(inbox), {impersonate: 'B@Example.org'}))).toEqual(['NoError']);
	});
});

describe('requests are held against the schema', () => {
	const wrong: ReadonlyArray<readonly [string, string]> = [
		['elements of an item in the wrong order', createItem(inbox, '<t:Message><t:IsRead>true</t:IsRead><t:Subject>x</t:Subject></t:Message>')],
		['MimeContent behind an extended property', createItem(inbox, `<t:Message>${extended(tag('0x0E07', 'Integer'), '1')}<t:MimeContent>QQ==</t:MimeContent></t:Message>`)],
		['a folder\'s name before its class', createFolder(top, '<t:Folder><t:DisplayName>x</t:DisplayName><t:FolderClass>IPF.Note</t:FolderClass></t:Folder>')],
		['an unknown distinguished folder', getFolder('<t:DistinguishedFolderId Id="archive"/>')],
		['a missing attribute', '<m:FindItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>'],
		['an attribute that is none', '<m:GetFolder Foo="1"><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>'],
		['an unknown field', findItem(inbox, {fields: field('item:InternetMessageId')})],
		['a tag that is no number', findItem(inbox, {fields: tag('stamp', 'String')})],
		['a truth that is none', createItem(inbox, message(mail('x'), {after: '<t:IsRead>yes</t:IsRead>'}))],
		['no items', '<m:CreateItem MessageDisposition="SaveOnly"><m:Items/></m:CreateItem>'],
		['paging after the restriction', `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:Restriction>${equals(field('message:IsRead'), 'true')}</m:Restriction>${view(1, 0)}<m:ParentFolderIds>${inbox}</m:ParentFolderIds></m:FindItem>`],
		['the wrong namespace', '<t:GetFolder/>'],
	];

	test.each(wrong)('%s', async (_, operation) => {
		const server = await serve();
		const answer = await call(server, operation);
		expect([answer.status, codes(answer)]).toEqual([500, ['ErrorSchemaValidation']]);
		expect(texts(answer.body, 'Message')).toEqual(['The request failed schema validation.']);
		expect(texts(answer.body, 'faultstring')[0]).toBe(`The request failed schema validation: ${texts(answer.body, 'Violation')[0]}`);
		expect(server.mailbox().items).toEqual([]);
	});

	test.skipIf(!schemaAvailable)('Microsoft\'s own schema finds the same faults', async () => {
		for (const [name, operation] of wrong) {
			expect([name, await complaintsOf([operation])]).not.toEqual([name, '']); // eslint-disable-line no-await-in-loop
		}
	});

	test('what is no well-formed XML 1.0 is refused too: a broken tag, a forbidden reference, a document type, bytes that are no UTF-8', async () => {
		const server = await serve();
		const good = soap(getFolder(inbox));
		for (const body of [good.replace('</s:Body>', ''), good.replace('<t:BaseShape>Default', '<t:BaseShape>&#x1;Default'), good.replace('?>', '?><!DOCTYPE x [<!ENTITY y "z">]>'), Buffer.concat([Buffer.from(good), Uint8Array.of(0xFF)])]) {
			expect(codes(await post(server, body))).toEqual(['ErrorSchemaValidation']); // eslint-disable-line no-await-in-loop
		}
	});

	test('a server\'s own version name is no request version', async () => {
		const server = await serve();
		expect(codes(await call(server, getFolder(inbox), {version: 'V2018_01_08'}))).toEqual(['ErrorInvalidRequest']);
	});
});

describe('folders', () => {
	test('every mailbox has its default folders, with classes that are no mail and one without', async () => {
		const server = await serve();
		const id = idsOf(await call(server, createFolder(top, newFolder('Plain', ''), newFolder('Proper'))), 'FolderId')[0]!;
		const {body} = await call(server, findFolder(top));
		expect(texts(body, 'DisplayName')).toEqual(expect.arrayContaining(['Archive', 'Birthdays', 'Calendar', 'Contacts', 'Inbox', 'Sent Items']));
		expect(texts(body, 'FolderClass')).toEqual(expect.arrayContaining(['IPF.Note', 'IPF.Appointment.Birthday', 'IPF.Contact.MOC.QuickContacts']));
		expect([elements(body, 'CalendarFolder').length, elements(body, 'ContactsFolder').length > 3]).toEqual([2, true]);
		const plain = await call(server, getFolder(folderId(id), 'AllProperties'));
		expect(plain.body).not.toContain('FolderClass');
		expect(plain.body).toMatch(/<t:FolderId [^>]+\/><t:ParentFolderId Id="[^"]+" ChangeKey="AQAAAA=="\/><t:DisplayName>/v);
	});

	test('names equal in Exchange\'s eyes are one folder: case, composition, trailing blanks and dots', async () => {
		const server = await serve();
		const names = ['Größe', 'GRÖSSE'.replace('SS', 'ß'), 'Gro\u0308ße', 'größe .', 'Grösse'];
		const answer = await call(server, createFolder(top, ...names.map(name => newFolder(name))));
		expect(codes(answer)).toEqual(['NoError', 'ErrorFolderExists', 'ErrorFolderExists', 'ErrorFolderExists', 'NoError']);
		expect(answer.body).toContain('<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey><m:Folders/>');
		expect(codes(await call(server, createFolder(top, newFolder('INBOX'), newFolder('a/b'))))).toEqual(['ErrorFolderExists', 'NoError']);
	});

	test('Deep goes through the tree page by page, Shallow shows one level', async () => {
		const server = await serve({user: {folders: [{path: ['A', 'B', 'C']}, {path: ['A', 'D']}]}});
		const [a] = idsOf(await call(server, findFolder(top, {traversal: 'Shallow', shape: 'IdOnly', view: view(1, 0, 'Folder')})), 'FolderId');
		const deep = await call(server, findFolder(folderId(a!), {view: view(2, 0, 'Folder')}));
		expect(texts(deep.body, 'DisplayName')).toEqual(['B', 'C']);
		expect(deep.body).toContain('<m:RootFolder IndexedPagingOffset="2" TotalItemsInView="3" IncludesLastItemInRange="false">');
		const rest = await call(server, findFolder(folderId(a!), {view: view(2, 2, 'Folder')}));
		expect(texts(rest.body, 'DisplayName')).toEqual(['D']);
		expect(rest.body).toContain('<m:RootFolder IndexedPagingOffset="3" TotalItemsInView="3" IncludesLastItemInRange="true">');
		const shallow = await call(server, findFolder(folderId(a!), {traversal: 'Shallow'}));
		expect(texts(shallow.body, 'DisplayName')).toEqual(['B', 'D']);
		expect(shallow.body).toContain('<m:RootFolder TotalItemsInView="2" IncludesLastItemInRange="true">');
	});

	test('codes of a folder that is not there, never was one, or is an item', async () => {
		const server = await serve({user: {folders: seeds(1)}});
		const {id} = server.mailbox().folder(['Old']);
		const item = server.mailbox().items[0]!.id;
		const remove = (folder: string): string => `<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>${folder}</m:FolderIds></m:DeleteFolder>`;
		expect(codes(await call(server, remove(folderId(id) + inbox)))).toEqual(['NoError', 'ErrorDeleteDistinguishedFolder']);
		expect(codes(await call(server, getFolder(folderId(id))))).toEqual(['ErrorItemNotFound']);
		expect(codes(await call(server, createFolder(folderId(id), newFolder('x'))))).toEqual(['ErrorParentFolderNotFound']);
		expect(codes(await call(server, createFolder(folderId('nonsense'), newFolder('x'))))).toEqual(['ErrorInvalidIdMalformed']);
		expect(codes(await call(server, createItem(folderId(id), message(mail('x')))))).toEqual(['ErrorFolderNotFound']);
		expect(codes(await call(server, getFolder(folderId(item))))).toEqual(['ErrorCannotUseItemIdForFolderId']);
		expect(codes(await call(server, getItem([item])))).toEqual(['ErrorItemNotFound']);
	});
});

describe('what is created', () => {
	test('the answer holds an ItemId for each message in order and nothing else; the store has the bytes that came', async () => {
		const server = await serve();
		const mimes = ['one', 'two', 'three'].map(name => mail(name));
		const answer = await call(server, createItem(inbox, ...mimes.map(mime => message(mime, {properties: extended(stampField, `stamp-of-${mime.length}`)}))));
		const ids = idsOf(answer);
		expect(answer.body.match(/<m:Items><t:Message><t:ItemId Id="[^"]+" ChangeKey="CQAA[^"]{36}"\/><\/t:Message><\/m:Items>/gv)).toHaveLength(3);
		expect(new Set(ids).size).toBe(3);
		for (const id of ids) {
			expect(id).toMatch(/^A[AQ]Mk[\w+\/]+=*$/v);
			expect(Math.abs(id.length - 152)).toBeLessThanOrEqual(8);
		}

		const folder = server.mailbox().snapshot().find(({path}) => path[0] === 'Inbox');
		expect(folder!.items.map(({id, received, stamp}) => [id, Buffer.from(received!).toString(), stamp])).toEqual(mimes.map((mime, index) => [ids[index], mime, `stamp-of-${mime.length}`]));
	});

	test('without 0x0E07 it is a draft, without 0x0E06 it is received now, and neither can be mended afterwards: the unsent bit stays', async () => {
		const server = await serve({clock: {now: () => Date.UTC(2026, 10, 23, 12), sleep: async () => undefined}});
		const answer = await call(server, createItem(inbox, message(mail('draft'), {properties: ''}), message(mail('mail'))));
		const ids = idsOf(answer);
		const update = ids.map(id => `<t:ItemChange><t:ItemId Id="${id}"/><t:Updates><t:SetItemField>${tag('0x0E07', 'Integer')}<t:Message>${extended(tag('0x0E07', 'Integer'), '1')}</t:Message></t:SetItemField></t:Updates></t:ItemChange>`).join('');
		expect(codes(await call(server, `<m:UpdateItem ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly"><m:ItemChanges>${update}</m:ItemChanges></m:UpdateItem>`))).toEqual(['NoError', 'NoError']);
		const read = await call(server, getItem(ids, {shape: 'AllProperties', fields: tag('0x0E07', 'Integer') + tag('0x0E06', 'SystemTime')}));
		expect(texts(read.body, 'IsDraft')).toEqual(['true', 'false']);
		expect(texts(read.body, 'DateTimeReceived')).toEqual(['2026-11-23T12:00:00Z', '2019-03-01T08:15:00Z']);
		expect(texts(read.body, 'DateTimeSent')).toEqual(['2019-03-01T08:14:55Z', '2019-03-01T08:14:55Z']);
		expect(texts(read.body, 'DateTimeCreated')).toEqual(['2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z']);
		// Tags come back in their shortest form, flags with computed bits.
		expect(read.body).toContain('<t:ExtendedFieldURI PropertyTag="0xe07" PropertyType="Integer"/><t:Value>1033</t:Value>');
		expect(read.body).toContain('<t:ExtendedFieldURI PropertyTag="0xe07" PropertyType="Integer"/><t:Value>1025</t:Value>');
	});

	test('IsRead governs the read state, whatever 0x0E07 says', async () => {
		const server = await serve();
		const flagged = (flags: string, after: string): string => message(mail('x'), {properties: extended(tag('0x0E07', 'Integer'), flags), after});
		await call(server, createItem(inbox, flagged('1', '<t:IsRead>false</t:IsRead>'), flagged('0', '<t:IsRead>true</t:IsRead>'), flagged('1', ''), flagged('0', '')));
		expect(server.mailbox().items.map(({isRead}) => isRead)).toEqual([false, true, true, false]);
	});

	test('a request for a receipt is answered when the message is created read or marked read, unless it was cleared', async () => {
		const server = await serve();
		const asking = (name: string): string => mail(name, 'Disposition-Notification-To: ann@example.org\r\n');
		const read = '<t:IsRead>true</t:IsRead>';
		await call(server, createItem(inbox, message(asking('a'), {after: read}), message(asking('b'), {after: `<t:IsReadReceiptRequested>false</t:IsReadReceiptRequested>${read}`}), message(asking('c'))));
		expect(server.mailbox().receipts).toEqual(['<a@example.org>']);
	});

	test('an invitation is no t:Message, a message without Message-ID gets one, and MIME is made anew on reading', async () => {
		const server = await serve();
		const invitation = 'From: a@example.org\r\nSubject: Lunch\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20200101T120000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
		const answer = await call(server, createItem(inbox, message(invitation), message(mail('x'))));
		expect(answer.body).toMatch(/<t:MeetingRequest><t:ItemId Id="[^"]+" ChangeKey="CwAA/v);
		const read = await call(server, getItem(idsOf(answer), {mime: true, fields: field('message:InternetMessageId')}));
		expect(texts(read.body, 'InternetMessageId')[0]).toMatch(/^<.+PROD\.OUTLOOK\.COM>$/v);
		const mime = Buffer.from(texts(read.body, 'MimeContent')[1]!, 'base64').toString();
		expect(mime).not.toBe(mail('x'));
		expect(mime).toContain('Hello');
		expect(read.body).toMatch(/<t:Message><t:MimeContent CharacterSet="UTF-8">[^<]+<\/t:MimeContent><t:ItemId /v);
	});

	test('properties come back by the name they were given, and only in the type they have', async () => {
		const server = await serve();
		const named = `<t:ExtendedFieldURI PropertySetId="${stampSet.toUpperCase()}" PropertyName="aw2ms365" PropertyType="String"/>`;
		const answer = await call(server, createItem(inbox, message(mail('x'), {properties: extended(named, 'abc.&amp;') + extended(tag('0x1090', 'Integer'), '2')})));
		const read = await call(server, getItem(idsOf(answer), {fields: stampField + tag('0x1090', 'Integer') + tag('0x1090', 'String') + tag('0x1081', 'Integer')}));
		expect(texts(read.body, 'Value')).toEqual(['abc.&', '2']);
		expect(read.body).toContain(`<t:ExtendedFieldURI PropertySetId="${stampSet}" PropertyName="aw2ms365" PropertyType="String"/>`);
	});

	test('errors of one item leave the others alone; those of the mailbox stop the batch', async () => {
		const server = await serve({refusals: [{header: {name: 'Subject', holds: 'POISON'}, code: 'ErrorItemSave'}], limits: {messageBytes: 100_000}});
		const bad = await call(server, createItem(
			inbox,
			message(mail('good')),
			message(mail('some poison here')),
			'<t:Message><t:MimeContent>???</t:MimeContent></t:Message>',
			'<t:Message><t:MimeContent></t:MimeContent></t:Message>',
			message(mail('x'), {properties: extended(tag('0x0E06', 'SystemTime'), 'yesterday')}),
			'<t:Message><t:IsDraft>false</t:IsDraft></t:Message>',
			message('x'.repeat(100_001)),
			message(mail('good again')),
		));
		expect(codes(bad)).toEqual(['NoError', 'ErrorItemSave', 'ErrorMimeContentInvalidBase64String', 'ErrorMimeContentInvalid', 'ErrorInvalidExtendedPropertyValue', 'ErrorInvalidPropertySet', 'ErrorMessageSizeExceeded', 'NoError']);
		expect(server.mailbox().items.map(({subject}) => subject)).toEqual(['good', 'good again']);
		server.mailbox().quotaBytes = server.mailbox().size + 2500;
		const full = await call(server, createItem(inbox, message(mail('fits')), message(mail('does not')), message(mail('not tried'))));
		expect(codes(full)).toEqual(['NoError', 'ErrorQuotaExceeded', 'ErrorBatchProcessingStopped']);
		expect(elements(full.body, 'CreateItemResponseMessage').map(element => element.getAttribute('ResponseClass'))).toEqual(['Success', 'Error', 'Warning']);
	});

	test('one item may fault its whole call, of which nothing is stored then; even inside HTTP 200', async () => {
		const server = await serve({refusals: [{header: {name: 'Subject', holds: 'poison'}, code: 'ErrorInternalServerError', wholeCall: 200}]});
		const answer = await call(server, createItem(inbox, message(mail('good')), message(mail('poison'))));
		expect([answer.status, codes(answer), elements(answer.body, 'Fault').length]).toEqual([200, ['ErrorInternalServerError'], 1]);
		expect(server.mailbox().items).toEqual([]);
	});

	test('a message of 30 MB is taken and read back', async () => {
		const server = await serve();
		const large = mail('large') + `${'x'.repeat(76)}\r\n`.repeat(400_000);
		const answer = await call(server, createItem(inbox, message(large)));
		expect(codes(answer)).toEqual(['NoError']);
		expect(Buffer.from(server.mailbox().items[0]!.received!).equals(Buffer.from(large))).toBe(true);
		const read = await call(server, getItem(idsOf(answer), {mime: true}));
		expect(read.body.length).toBeGreaterThan(large.length);
	});

	test('without SavedItemFolderId it lies in Drafts, without MessageDisposition nowhere', async () => {
		const server = await serve();
		expect(codes(await call(server, createItem(inbox, message(mail('x'))).replace(/<m:SavedItemFolderId>.*<\/m:SavedItemFolderId>/v, '')))).toEqual(['NoError']);
		expect(codes(await call(server, createItem(inbox, message(mail('x'))).replace(' MessageDisposition="SaveOnly"', '')))).toEqual(['ErrorMessageDispositionRequired']);
		expect(server.mailbox().items.map(({folder}) => folder.path)).toEqual([['Drafts']]);
	});
});

describe('what is found', () => {
	test('newest first, page by page, never more than 1000, or 250 with a restriction', async () => {
		const server = await serve({user: {folders: seeds(30)}, limits: {page: 12, pageWithRestriction: 7}});
		const folder = folderId(server.mailbox().folder(['Old']).id);
		const first = await call(server, findItem(folder, {fields: field('item:Subject'), view: view(1000, 0)}));
		expect(texts(first.body, 'Subject')).toEqual(Array.from({length: 12}, (_, index) => `m${29 - index}`));
		expect(first.body).toContain('<m:RootFolder IndexedPagingOffset="12" TotalItemsInView="30" IncludesLastItemInRange="false">');
		const last = await call(server, findItem(folder, {fields: field('item:Subject'), view: view(12, 24)}));
		expect([texts(last.body, 'Subject').length, last.body.includes('IndexedPagingOffset="30" TotalItemsInView="30" IncludesLastItemInRange="true"')]).toEqual([6, true]);
		const restricted = await call(server, findItem(folder, {search: equals(field('message:IsRead'), 'false'), view: view(1000, 0)}));
		expect([idsOf(restricted).length, restricted.body.includes('IncludesLastItemInRange="false"')]).toEqual([7, true]);
		const sorted = await call(server, findItem(folder, {fields: field('item:Subject'), view: view(2, 0), order: `<t:FieldOrder Order="Ascending">${field('item:DateTimeReceived')}</t:FieldOrder>`}));
		expect(texts(sorted.body, 'Subject')).toEqual(['m0', 'm1']);
	});

	test('the longest pages are those of Exchange Online', async () => {
		const server = await serve({user: {folders: seeds(1001)}});
		const folder = folderId(server.mailbox().folder(['Old']).id);
		const counts: number[] = [];
		for (const search of ['', equals(field('message:IsRead'), 'false')]) {
			counts.push(idsOf(await call(server, findItem(folder, {search, view: view(5000, 0)}))).length); // eslint-disable-line no-await-in-loop
		}

		expect(counts).toEqual([1000, 250]);
	});

	test('short pages come, and a client that follows the offset sees every item once', async () => {
		const server = await serve({user: {folders: seeds(40)}, limits: {shortPages: 0.7}});
		const folder = folderId(server.mailbox().folder(['Old']).id);
		const seen: string[] = [];
		let pages = 0;
		for (let offset = 0, last = false; !last; pages++) {
			const {body} = await call(server, findItem(folder, {view: view(20, offset)})); // eslint-disable-line no-await-in-loop
			const [root] = elements(body, 'RootFolder');
			seen.push(...elements(body, 'ItemId').map(element => element.getAttribute('Id')!));
			offset = Number(root!.getAttribute('IndexedPagingOffset'));
			last = root!.getAttribute('IncludesLastItemInRange') === 'true';
		}

		expect([new Set(seen).size, seen.length, pages > 2]).toEqual([40, 40, true]);
	});

	test('restrictions by stamp, Message-ID and more; texts are equal without case, so that a client has to look twice', async () => {
		const server = await serve();
		const stamped = (name: string): string => message(mail(name), {properties: extended(stampField, `stamp-${name}`) + extended(tag('0x0E07', 'Integer'), '0')});
		await call(server, createItem(inbox, ...['a', 'b', 'c', 'd'].map(name => stamped(name)), message(mail('e'))));
		const found = async (search: string): Promise<string[]> => {
			const answer = await call(server, findItem(inbox, {search, fields: field('item:Subject'), order: `<t:FieldOrder Order="Ascending">${field('item:Subject')}</t:FieldOrder>`}));
			return texts(answer.body, 'Subject');
		};

		expect(await found(`<t:Or>${equals(stampField, 'stamp-a')}${equals(stampField, 'STAMP-C')}${equals(stampField, 'stamp')}</t:Or>`)).toEqual(['a', 'c']);
		expect(await found(equals(field('message:InternetMessageId'), '&lt;e@example.org>'))).toEqual(['e']);
		expect(await found(`<t:And>${equals(field('item:Subject'), 'b')}<t:Exists>${stampField}</t:Exists></t:And>`)).toEqual(['b']);
		expect(await found(`<t:Not><t:Exists>${stampField}</t:Exists></t:Not>`)).toEqual(['e']);
		expect(await found(`<t:IsGreaterThan>${field('item:DateTimeReceived')}<t:FieldURIOrConstant><t:Constant Value="2019-03-01T08:15:00Z"/></t:FieldURIOrConstant></t:IsGreaterThan>`)).toEqual(['a', 'b', 'c', 'd']);
		const many = Array.from({length: 90}, () => equals(stampField, 'x')).join('');
		expect(codes(await call(server, findItem(inbox, {search: `<t:Or>${many}</t:Or>`})))).toEqual(['ErrorRestrictionTooComplex']);
	});

	test('FindItem gives no bodies, no recipient lists and no MIME, and cuts long texts', async () => {
		const server = await serve();
		const answer = await call(server, createItem(inbox, message(mail('x'), {properties: extended(stampField, 'y'.repeat(300))})));
		const all = await call(server, findItem(inbox, {shape: 'AllProperties', fields: stampField}));
		expect(all.body).not.toMatch(/<t:(?:Body|ToRecipients|MimeContent)/v);
		expect([texts(all.body, 'Value')[0]!.length, texts(all.body, 'DisplayTo')]).toEqual([255, ['Bob']]);
		expect(codes(await call(server, findItem(inbox, {fields: field('item:Body')})))).toEqual(['ErrorInvalidPropertyRequest']);
		const whole = await call(server, getItem(idsOf(answer), {shape: 'AllProperties', fields: stampField}));
		expect([texts(whole.body, 'Value')[0]!.length, elements(whole.body, 'ToRecipients').length]).toEqual([300, 1]);
		expect(texts(whole.body, 'Body')[0]).toContain('<html>');
	});
});

describe('what is changed', () => {
	test('UpdateItem of the read state alone returns the stub of a ChangeKey; the next FindItem a full one', async () => {
		const server = await serve();
		const [id] = idsOf(await call(server, createItem(inbox, message(mail('x')))));
		const change = (update: string, resolution = 'AlwaysOverwrite'): string => `<m:UpdateItem ConflictResolution="${resolution}" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange><t:ItemId Id="${id}"/><t:Updates>${update}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`;
		const read = await call(server, change(`<t:SetItemField>${field('message:IsRead')}<t:Message><t:IsRead>true</t:IsRead></t:Message></t:SetItemField>`));
		expect(read.body).toContain('ChangeKey="CQAAAA=="/></t:Message></m:Items><m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>');
		const found = await call(server, findItem(inbox));
		expect(found.body).toMatch(/ChangeKey="CQAAABYA/v);
		expect(server.mailbox().items[0]!.isRead).toBe(true);
		expect(codes(await call(server, change(`<t:SetItemField>${stampField}<t:Message>${extended(stampField, 'new')}</t:Message></t:SetItemField>`)))).toEqual(['NoError']);
		expect(server.mailbox().items[0]!.stamp).toBe('new');
		expect(codes(await call(server, change(`<t:DeleteItemField>${stampField}</t:DeleteItemField>`, 'AutoResolve')))).toEqual(['ErrorChangeKeyRequiredForWriteOperations']);
		expect(codes(await call(server, change(`<t:SetItemField>${field('item:DateTimeReceived')}<t:Message><t:DateTimeReceived>2020-01-01T00:00:00Z</t:DateTimeReceived></t:Message></t:SetItemField>`)))).toEqual(['ErrorInvalidPropertySet']);
	});

	test('a moved item has another id, by its old one it is not found', async () => {
		const server = await serve();
		const [id] = idsOf(await call(server, createItem(inbox, message(mail('x')))));
		const [moved] = idsOf(await call(server, `<m:MoveItem><m:ToFolderId><t:DistinguishedFolderId Id="deleteditems"/></m:ToFolderId><m:ItemIds><t:ItemId Id="${id}"/></m:ItemIds></m:MoveItem>`));
		expect(moved).not.toBe(id);
		expect(codes(await call(server, getItem([id!, moved!])))).toEqual(['ErrorItemNotFound', 'NoError']);
		const gone = await call(server, `<m:DeleteItem DeleteType="HardDelete"><m:ItemIds><t:ItemId Id="${moved}"/><t:ItemId Id="${id}"/></m:ItemIds></m:DeleteItem>`);
		expect(codes(gone)).toEqual(['NoError', 'ErrorItemNotFound']);
		expect(gone.body).not.toContain('<m:Items');
		expect(server.mailbox().items).toEqual([]);
	});

	test('an unknown property name of a named range, and attributes that do not go together, are no properties', async () => {
		const server = await serve();
		for (const uri of [tag('0x8001', 'String'), '<t:ExtendedFieldURI PropertyTag="0x1090" PropertyName="x" PropertyType="String"/>', `<t:ExtendedFieldURI PropertySetId="${stampSet}" PropertyType="String"/>`]) {
			expect(codes(await call(server, findItem(inbox, {fields: uri})))).toEqual(['ErrorInvalidExtendedProperty']); // eslint-disable-line no-await-in-loop
		}
	});
});

test('mailboxes of several users are apart: an id of one is unknown in the other', async () => {
	const server = await serve({users: [{address}, {address: 'b@example.org'}]} as never);
	const [id] = idsOf(await call(server, createItem(inbox, message(mail('x')))));
	expect(codes(await call(server, getItem([id!]), {impersonate: 'b@example.org'}))).toEqual(['ErrorItemNotFound']);
	expect(server.mailbox('b@example.org').items).toEqual([]);
});
