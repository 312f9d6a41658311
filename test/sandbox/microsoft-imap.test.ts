/* eslint-disable unicorn/no-await-expression-member -- of most answers one member is looked at */
/* eslint-disable @stylistic/max-len -- requests stand on one line */
import {Buffer} from 'node:buffer';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {ImapFlow} from 'imapflow';
import {
	afterEach, describe, expect, test,
} from 'vitest';
import {type Item} from '../../source/sandbox/microsoft/item.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {realClock} from '../../source/mailbox/clock.js';
import {seededRandom} from '../../source/sandbox/random.js';
import {
	graph, immutable, jsonMessage, patch, post, user,
} from './graph-client.js';
import {
	address, app, call, certificates, codes, createFolder, createItem, extended, findFolder, folderId, getItem, idsOf, inbox, mail, message, newFolder, serve, signIn, stampField, tag, texts,
} from './microsoft-client.js';
import {RawClient} from './raw-client.js';
import {eventually} from './stage.js';

const clients: RawClient[] = [];
afterEach(() => {
	for (const client of clients.splice(0)) {
		client.close();
	}
});

const imapApp = {...app, roles: ['full_access_as_app', 'IMAP.AccessAsApp', 'Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All']};
type Stage = Parameters<typeof serve>[0];
const open = async (stage: Stage = {}): Promise<MicrosoftServer> => serve({apps: [imapApp], imap: {}, ...stage});
const tokenOf = async (server: MicrosoftServer): Promise<string> => signIn(server, {resource: 'https://outlook.office365.com'});
const xoauth2 = (name: string, token: string): string => `AUTHENTICATE XOAUTH2 ${Buffer.from(`user=${name}\u0001auth=Bearer ${token}\u0001\u0001`).toString('base64')}`;
/** Commands are not told of in a log: a token is of another length each time. */
const lastLine = (answer: string): string => answer.trimEnd().split('\r\n').at(-1)!.replace(/^t\d+ /v, '');

const arrive = async (server: MicrosoftServer): Promise<RawClient> => {
	const client = await RawClient.open(server.imap.port, certificates.ca);
	clients.push(client);
	await client.greeting();
	return client;
};

/** Signed in by XOAUTH2, with a folder open. */
const enter = async (server: MicrosoftServer, folder?: string): Promise<RawClient> => {
	const client = await arrive(server);
	expect(lastLine(await client.command(xoauth2(address, await tokenOf(server))))).toBe('OK AUTHENTICATE completed.');
	if (folder !== undefined) {
		expect(lastLine(await client.command(`SELECT ${folder}`))).toBe('OK [READ-WRITE] SELECT completed.');
	}

	return client;
};

const flow = async (server: MicrosoftServer): Promise<ImapFlow> => {
	const client = new ImapFlow({
		host: 'localhost', servername: 'localhost', port: server.imap.port, secure: true, tls: {ca: certificates.ca}, logger: false, auth: {user: address, accessToken: await tokenOf(server)},
	});
	await client.connect();
	return client;
};

const linesOf = (answer: string): string[] => answer.trimEnd().split('\r\n').filter(line => line.startsWith('* '));
const item = (server: MicrosoftServer, subject: string): Item => server.mailbox().items.find(one => one.subject === subject)!;
const seed = async (server: MicrosoftServer, folder: readonly string[], ...subjects: readonly string[]): Promise<void> => {
	server.mailbox().ensureFolder(folder, 'IPF.Note');
	for (const subject of subjects) {
		await server.mailbox().add(folder, {mime: mail(subject)}); // eslint-disable-line no-await-in-loop -- in order
	}
};

const uidsIn = (answer: string): number[] => [...answer.matchAll(/UID (?<uid>\d+)/gv)].map(({groups}) => Number(groups!.uid));
const received = '"01-Mar-2019 08:15:00 +0000"';

describe('who may', () => {
	test('a token with the role, or a grant of Exchange\'s own, opens the mailbox; a password does not', async () => {
		await enter(await open(), 'Inbox');
		const granted = await open({apps: [{...app, roles: []}], tenant: {rbac: [{clientId: app.clientId, role: 'IMAP.AccessAsApp', mailboxes: [address]}]}});
		await enter(granted, 'Inbox');
		const client = await arrive(granted);
		expect(lastLine(await client.command(`LOGIN ${address} secret`))).toBe('NO LOGIN failed.');
	});

	const nowhere: ReadonlyArray<readonly [string, Stage, string]> = [
		['the app lacks the role', {apps: [{...app, roles: ['full_access_as_app']}]}, address],
		['IMAP is switched off for the mailbox', {user: {imap: false}}, address],
		['there is no such mailbox', {}, 'b@example.org'],
	];
	test.each(nowhere)('where %s, signing in works, and nothing is connected', async (_, stage, name) => {
		const server = await open(stage);
		const client = await arrive(server);
		expect(lastLine(await client.command(xoauth2(name, await tokenOf(server))))).toBe('OK AUTHENTICATE completed.');
		expect(lastLine(await client.command('CAPABILITY'))).toBe('OK CAPABILITY completed.');
		expect(lastLine(await client.command('LIST "" "*"'))).toBe('BAD User is authenticated but not connected.');
		expect(await client.command('SELECT INBOX')).toMatch(/BAD User is authenticated but not connected\./v);
		expect(await client.rest()).toBe('* BYE Connection closed. 14\r\n');
	});

	test('a token that is none, ran out or is for Graph is refused', async () => {
		const server = await open();
		const [good, other] = [await tokenOf(server), await signIn(server, {resource: 'https://graph.microsoft.com'})];
		const client = await arrive(server);
		expect(lastLine(await client.command(xoauth2(address, 'nonsense')))).toBe('NO AUTHENTICATE failed.');
		expect(lastLine(await client.command(xoauth2(address, other)))).toBe('NO AUTHENTICATE failed.');
		server.login.expireAll();
		expect(lastLine(await client.command(xoauth2(address, good)))).toBe('NO AUTHENTICATE failed.');
	});
});

describe('folders', () => {
	test('are listed as Exchange lists them: roles by attribute, others without a mark, hidden ones and names with a slash not at all', async () => {
		const server = await open();
		server.mailbox().ensureFolder(['Projects', 'Zürich & more'], 'IPF.Note');
		server.mailbox().ensureFolder(['A/B', 'below'], 'IPF.Note');
		server.mailbox().createFolder(server.mailbox().distinguished('msgfolderroot')!, 'ours', 'IPF.Note', true);
		await seed(server, ['Inbox', 'old'], 'one');
		const lines = linesOf(await (await enter(server)).command('LIST "" "*"'));
		expect(lines.sort()).toEqual([
			String.raw`* LIST (\HasChildren) "/" Inbox`,
			String.raw`* LIST (\HasChildren) "/" Projects`,
			String.raw`* LIST (\HasNoChildren \Drafts) "/" Drafts`,
			String.raw`* LIST (\HasNoChildren \Junk) "/" "Junk Email"`,
			String.raw`* LIST (\HasNoChildren \Sent) "/" "Sent Items"`,
			String.raw`* LIST (\HasNoChildren \Trash) "/" "Deleted Items"`,
			String.raw`* LIST (\HasNoChildren) "/" "Conversation History"`,
			String.raw`* LIST (\HasNoChildren) "/" "Projects/Z&APw-rich &- more"`,
			String.raw`* LIST (\HasNoChildren) "/" Archive`,
			String.raw`* LIST (\HasNoChildren) "/" Calendar`,
			String.raw`* LIST (\HasNoChildren) "/" Contacts`,
			String.raw`* LIST (\HasNoChildren) "/" ExternalContacts`,
			String.raw`* LIST (\HasNoChildren) "/" Journal`,
			String.raw`* LIST (\HasNoChildren) "/" Notes`,
			String.raw`* LIST (\HasNoChildren) "/" Outbox`,
			String.raw`* LIST (\HasNoChildren) "/" Tasks`,
			String.raw`* LIST (\Marked \HasNoChildren) "/" Inbox/old`,
		]);
	});

	test('in another language the inbox is INBOX all the same, and roles stay', async () => {
		const server = await open({user: {mailbox: {names: {inbox: 'Posteingang', sentitems: 'Gesendete Elemente'}}}});
		await seed(server, ['Posteingang'], 'one');
		const client = await flow(server);
		const found = await client.list();
		expect(found.filter(({specialUse}) => specialUse).map(({path, specialUse}) => `${path} ${specialUse}`)).toEqual(expect.arrayContaining([String.raw`INBOX \Inbox`, String.raw`Gesendete Elemente \Sent`]));
		expect(await client.status('INBOX', {messages: true})).toMatchObject({messages: 1});
		await client.logout();
	});

	test('what one door makes, renames or deletes, the others see at once', async () => {
		const server = await open();
		const client = await enter(server);
		const root = '<t:DistinguishedFolderId Id="msgfolderroot"/>';
		const [id] = idsOf(await call(server, createFolder(root, newFolder('by EWS'))), 'FolderId');
		await client.command('CREATE "by EWS/by IMAP"');
		expect(lastLine(await client.command('CREATE "BY ews"'))).toBe('NO Mailbox already exists.');
		const shown = async (): Promise<string[]> => texts((await call(server, findFolder(root))).body, 'DisplayName').filter(name => /by|again/v.test(name)).sort();
		expect(await shown()).toEqual(['by EWS', 'by IMAP']);
		expect(lastLine(await client.command('RENAME "by EWS/by IMAP" again'))).toBe('OK RENAME completed.');
		expect(server.mailbox().folder(['again']).folderClass).toBe('IPF.Note');
		await seed(server, ['again'], 'in it');
		expect(await client.command('STATUS again (MESSAGES)')).toContain('MESSAGES 1');
		await client.command('SELECT "by EWS"');
		expect(codes(await call(server, `<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>${folderId(id!)}</m:FolderIds></m:DeleteFolder>`))).toEqual(['NoError']);
		expect(await client.command('NOOP')).toMatch(/BYE Selected mailbox was deleted/v);
		const other = await enter(server);
		expect(lastLine(await other.command('SELECT "by EWS"'))).toMatch(/^NO /v);
		expect(lastLine(await other.command('DELETE again'))).toBe('OK DELETE completed.');
		expect([await shown(), server.mailbox().items.length]).toEqual([[], 0]);
	});

	test('default folders are neither deleted nor renamed, and Files is reserved', async () => {
		const client = await enter(await open());
		for (const command of ['DELETE Drafts', 'DELETE Calendar', 'RENAME "Sent Items" Sent', 'CREATE Files']) {
			expect(lastLine(await client.command(command)), command).toMatch(/^NO /v); // eslint-disable-line no-await-in-loop -- one after the other
		}
	});
});

describe('one mailbox behind all doors', () => {
	test('what EWS writes is told to IMAP at once: rebuilt, dated, with its states, without its stamp', async () => {
		const server = await open();
		const client = await enter(server, 'Inbox');
		const properties = extended(tag('0x0E07', 'Integer'), '1') + extended(tag('0x0E06', 'SystemTime'), '2019-03-01T08:15:00Z') + extended(tag('0x1090', 'Integer'), '2') + extended(tag('0x1081', 'Integer'), '102') + extended(stampField, 'our-stamp-1');
		await call(server, createItem(inbox, message(mail('Über EWS', 'X-Own: kept\r\n'), {properties, after: '<t:IsRead>true</t:IsRead>'})));
		expect(linesOf(await client.command('NOOP'))).toEqual(['* 1 EXISTS', '* 0 RECENT']);
		const answer = await client.command('UID FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])');
		expect(answer).toContain(`FLAGS (\\Seen \\Answered \\Flagged) INTERNALDATE ${received.replace('0', ' ')}`);
		expect(answer).toContain('Message-ID: <');
		expect(answer).not.toMatch(/our-stamp|aw2ms365|X-Own/v);
		const {size, literal} = /RFC822\.SIZE (?<size>\d+) BODY\[\] \{(?<literal>\d+)\}/v.exec(answer)!.groups!;
		expect(size).toBe(literal);
	});

	test('what IMAP writes is there for EWS and Graph: received date, read and draft state, answered', async () => {
		const server = await open();
		const client = await enter(server, 'Drafts');
		const lines = await client.append(String.raw`Inbox (\Seen \Answered \Flagged keyword) ${received}`, mail('read'));
		expect(lastLine(lines)).toMatch(/^OK \[APPENDUID \d+ 1\] APPEND completed\.$/v);
		expect(await client.append(String.raw`Drafts (\Draft) ${received}`, mail('draft'))).toMatch(/^\* 1 EXISTS\r\n\* 0 RECENT\r\nt\d+ OK \[APPENDUID/v);
		await client.append('Drafts', mail('undated'));
		const {value} = (await graph(server, `${user}/messages?$select=subject,isRead,isDraft,receivedDateTime,flag,categories`)).json;
		const shown = value.map(({subject, isRead, isDraft, receivedDateTime}) => ({
			subject, isRead, isDraft, receivedDateTime,
		}));
		expect(shown).toEqual(expect.arrayContaining([
			{
				subject: 'read', isRead: true, isDraft: false, receivedDateTime: '2019-03-01T08:15:00Z',
			},
			{
				subject: 'draft', isRead: false, isDraft: true, receivedDateTime: '2019-03-01T08:15:00Z',
			},
		]));
		expect(Date.now() - item(server, 'undated').receivedAt).toBeLessThan(60_000);
		const read = item(server, 'read');
		expect([read.properties.get('0x1081')?.value, read.categories, Buffer.from(read.received!).toString()]).toEqual(['102', [], mail('read')]);
		expect(texts((await call(server, getItem([read.id], {shape: 'AllProperties'}))).body, 'DateTimeReceived')).toEqual(['2019-03-01T08:15:00Z']);
	});

	test(String.raw`\Flagged of an APPEND is seen by nobody until it is stored; states stored by either door are the other's too`, async () => {
		const server = await open();
		const client = await enter(server);
		await client.append(String.raw`Inbox (\Flagged) ${received}`, mail('one'));
		await client.command('SELECT Inbox');
		const {id} = item(server, 'one');
		const flag = async (): Promise<unknown> => (await graph(server, `${user}/messages/${encodeURIComponent(id.replaceAll('/', '-').replaceAll('+', '_'))}`)).json;
		expect(await flag()).toMatchObject({flag: {flagStatus: 'notFlagged'}, isRead: false});
		expect(await client.command(String.raw`UID STORE 1 +FLAGS (\Flagged \Seen keyword)`)).toContain(String.raw`FLAGS (\Seen \Flagged)`);
		expect(await flag()).toMatchObject({flag: {flagStatus: 'flagged'}, isRead: true});
		await patch(server, `${user}/messages/${encodeURIComponent(id.replaceAll('/', '-').replaceAll('+', '_'))}`, {isRead: false, flag: {flagStatus: 'notFlagged'}});
		expect(await client.command('UID FETCH 1 (FLAGS)')).toContain('FLAGS ()');
		// Nor is a draft made of a message, or a message of a draft.
		expect(await client.command(String.raw`UID STORE 1 +FLAGS.SILENT (\Draft)`)).toMatch(/^t\d+ OK/v);
		expect(await client.command('UID FETCH 1 (FLAGS)')).toContain('FLAGS ()');
	});

	test('marking read by IMAP sends no receipt', async () => {
		const server = await open();
		const client = await enter(server);
		await client.append(String.raw`Inbox (\Seen) ${received}`, mail('one', 'Disposition-Notification-To: ann@example.org\r\n'));
		await client.append('Inbox', mail('two', 'Disposition-Notification-To: ann@example.org\r\n'));
		await client.command('SELECT Inbox');
		await client.command('UID FETCH 2 (BODY[])');
		expect([server.mailbox().items.map(({isRead}) => isRead), server.mailbox().receipts]).toEqual([[true, true], []]);
	});

	test('what Graph moves and deletes leaves its folder and comes into the other under a new UID', async () => {
		const server = await open();
		await seed(server, ['Inbox'], 'a', 'b', 'c');
		const client = await enter(server, 'Inbox');
		const {value} = (await graph(server, `${user}/mailFolders/inbox/messages?$select=subject`)).json;
		const idOf = (subject: string): string => value.find(one => one.subject === subject)!.id;
		expect((await post(server, `${user}/messages/${idOf('a')}/move`, {destinationId: 'archive'})).status).toBe(201);
		expect((await post(server, `${user}/messages/${idOf('b')}/permanentDelete`, {})).status).toBeLessThan(300);
		expect(linesOf(await client.command('NOOP'))).toEqual(['* 2 EXPUNGE', '* 1 EXPUNGE']);
		expect(await client.command('UID SEARCH ALL')).toContain('* SEARCH 3\r\n');
		expect(await client.command('STATUS Archive (MESSAGES UIDNEXT)')).toContain('(MESSAGES 1 UIDNEXT 2)');
	});

	test('COPY and MOVE of IMAP keep what other doors gave the item; a moved one is the same item for Graph', async () => {
		const server = await open();
		await call(server, createItem(inbox, message(mail('one'), {properties: extended(tag('0x0E07', 'Integer'), '0') + extended(stampField, 'stamp-7')})));
		const before = item(server, 'one').immutableId;
		const client = await enter(server, 'Inbox');
		expect(lastLine(await client.command('UID COPY 1 Archive'))).toMatch(/^OK \[COPYUID \d+ 1 1\] COPY completed\.$/v);
		expect(linesOf(await client.command('UID MOVE 1 "Sent Items"'))).toEqual([expect.stringMatching(/^\* OK \[COPYUID \d+ 1 1\] /v), '* 1 EXPUNGE']);
		const stamped = server.mailbox().items.map(one => `${one.folder.name} ${one.stamp} ${one.immutableId === before}`);
		expect(stamped.sort()).toEqual(['Archive stamp-7 false', 'Sent Items stamp-7 true']);
		expect((await graph(server, `${user}/messages/${before.replaceAll('/', '-').replaceAll('+', '_')}`, {headers: immutable})).status).toBe(200);
	});

	test(String.raw`\Deleted is IMAP's own: other doors see the message until it is expunged`, async () => {
		const server = await open();
		await seed(server, ['Inbox'], 'a', 'b');
		const client = await enter(server, 'Inbox');
		await client.command(String.raw`UID STORE 1 +FLAGS (\Deleted)`);
		expect(server.mailbox().items.length).toBe(2);
		expect(linesOf(await client.command('EXPUNGE'))).toEqual(['* 1 EXPUNGE']);
		expect(server.mailbox().items.map(({subject}) => subject)).toEqual(['b']);
	});

	test('who is idle hears of a message that EWS writes', async () => {
		const server = await open();
		const client = await enter(server, 'Inbox');
		client.send('i IDLE\r\n');
		await client.until(/\+ [^\r\n]*\r\n/v);
		await call(server, createItem(inbox, message(mail('one'))));
		expect(await client.until(/EXISTS\r\n/v)).toBe('* 1 EXISTS\r\n');
		client.send('DONE\r\n');
		await client.until(/i OK/v);
	});

	test('a draft whose content Graph changes gets another UID: what a UID names never changes', async () => {
		const server = await open();
		const {json} = await post(server, `${user}/mailFolders/drafts/messages`, {...jsonMessage('first'), singleValueExtendedProperties: []});
		const client = await enter(server, 'Drafts');
		await patch(server, `${user}/messages/${json.id}`, {subject: 'second'});
		expect(linesOf(await client.command('NOOP'))).toEqual(['* 1 EXPUNGE', '* 1 EXISTS', '* 0 RECENT']);
		expect(await client.command('UID FETCH 2 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])')).toContain('Subject: second');
	});
});

describe('numbers', () => {
	test('whatever doors do, a UID names one message for ever and the next is higher', async () => {
		const server = await open();
		const mailbox = server.mailbox();
		const random = seededRandom(5);
		const folders = ['A', 'B', 'C'].map(name => mailbox.ensureFolder([name], 'IPF.Note'));
		const client = await enter(server);
		const named = new Map<string, string>();
		let count = 0;
		for (let step = 0; step < 150; step++) {
			const folder = random.pick(folders);
			const [one] = [...folder.items.values()];
			const what = random.below(5);
			/* eslint-disable no-await-in-loop -- one after the other */
			if (what <= 1 || !one) {
				const subject = `m${count++}`;
				await (what === 0 ? mailbox.add([folder.name], {mime: mail(subject)}) : client.append(folder.name, mail(subject)));
			} else if (what === 2) {
				mailbox.move(one, random.pick(folders));
			} else if (what === 3) {
				mailbox.delete(one);
			} else {
				mailbox.markRead(one, !one.isRead, true);
			}

			await client.command(`EXAMINE ${folder.name}`);
			const shown = await client.command('UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])');
			const pairs = [...shown.matchAll(/UID (?<uid>\d+) .*?Subject: (?<subject>\S+)/gsv)].map(({groups}) => [groups!.uid!, groups!.subject!] as const);
			/* eslint-enable no-await-in-loop */
			expect(pairs.map(([, subject]) => subject).sort()).toEqual([...folder.items.values()].map(({subject}) => subject).sort());
			for (const [uid, subject] of pairs) {
				const key = `${folder.name} ${uid}`;
				expect(named.get(key) ?? subject).toBe(subject);
				named.set(key, subject);
			}
		}

		expect(named.size).toBeGreaterThan(50);
	});

	test('a folder made again under its name has another UIDVALIDITY; a later server of the same mailbox has the same numbers', async () => {
		const server = await open();
		await seed(server, ['A'], 'one', 'two', 'three');
		const client = await enter(server);
		const numbers = async (by: RawClient): Promise<string> => /\(.*\)/v.exec(await by.command('STATUS A (UIDVALIDITY UIDNEXT MESSAGES)'))![0];
		server.mailbox().delete(item(server, 'two'));
		const before = await numbers(client);
		expect(before).toContain('UIDNEXT 4 MESSAGES 2');
		const later = await open({user: {mailbox: server.mailbox()}});
		const other = await enter(later, 'A');
		expect(await numbers(other)).toBe(before);
		expect(uidsIn(await other.command('UID FETCH 1:* (UID)'))).toEqual([1, 3]);
		server.mailbox().deleteFolder(server.mailbox().folder(['A']));
		await seed(server, ['A'], 'new');
		const valid = (text: string): number => Number(/UIDVALIDITY (?<number>\d+)/v.exec(text)!.groups!.number);
		expect(valid(await numbers(await enter(server)))).toBeGreaterThan(valid(before));
	});
});

describe('what is not taken', () => {
	test('a message above the mailbox\'s limit, which can be raised, and one in a full mailbox', async () => {
		const server = await open({imap: {limits: {maxMessageBytes: 500}}});
		const client = await enter(server);
		expect(lastLine(await client.append('Inbox', mail('large', `X-Long: ${'x'.repeat(500)}\r\n`), true))).toBe('NO Maximum size of appendable message has been exceeded');
		server.imap.limits.maxMessageBytes = 5000;
		expect(lastLine(await client.append('Inbox', mail('large', `X-Long: ${'x'.repeat(500)}\r\n`), true))).toMatch(/^OK /v);
		server.mailbox().quotaBytes = server.mailbox().size;
		expect(lastLine(await client.append('Inbox', mail('full')))).toBe('NO Server Unavailable. 15');
		expect(server.mailbox().items.map(({subject}) => subject)).toEqual(['large']);
	});

	test('a line above 10,240 bytes: the answer bears a word of the message as its tag, and nothing is stored', async () => {
		const server = await open();
		const client = await enter(server);
		client.send(`a APPEND Inbox {${mail('x').length + 10_300}+}\r\n${mail('x')}word ${'y'.repeat(10_295)}\r\n`);
		expect(await client.until(/\r\n/v)).toBe('word BAD Command Error. 10\r\n');
		expect(server.mailbox().items).toEqual([]);
	});

	test('an item that is no MIME comes as a message that says so, with a plain OK', async () => {
		const server = await open();
		await seed(server, ['Inbox'], 'hurt');
		item(server, 'hurt').unreadable = true;
		const client = await enter(server, 'Inbox');
		const answer = await client.command('UID FETCH 1 (RFC822.SIZE BODY.PEEK[])');
		expect(answer).toContain('Subject: Retrieval using the IMAP4 protocol failed for the following message:\r\n 81');
		expect(lastLine(answer)).toBe('OK FETCH completed.');
	});
});

describe('faults of either side', () => {
	test('an APPEND whose answer is lost is in the mailbox for EWS', async () => {
		const server = await open({imap: {faults: {rules: [{on: 'append', nth: 1, do: {type: 'commit-then-drop'}}]}}});
		const client = await enter(server);
		expect(await client.append('Inbox', mail('lost'))).toBe('');
		expect(server.mailbox().items.map(({subject}) => subject)).toEqual(['lost']);
		expect(server.imap.struck.length).toBe(1);
	});

	test('an APPEND that is committed later comes later, and settled() waits for it', async () => {
		const server = await open({imap: {faults: {rules: [{on: 'append', nth: 1, do: {type: 'drop-then-commit', milliseconds: 20}}]}}});
		const client = await enter(server);
		await client.append('Inbox', mail('late'));
		await server.settled();
		expect(server.mailbox().items.map(({subject}) => subject)).toEqual(['late']);
	});

	test('a folder that is "made again" gets other numbers, and its items stay what they are', async () => {
		const server = await open({
			imap: {
				faults: {
					rules: [{
						on: 'open', nth: 2, do: {
							type: 'recreate', uidValidity: 'flip', restartUids: true, contents: 'reversed',
						},
					}],
				},
			},
		});
		await seed(server, ['A'], 'one', 'two');
		const ids = server.mailbox().items.map(({id}) => id);
		const client = await enter(server, 'A');
		await client.command('SELECT A');
		const answer = await client.command('UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])');
		expect(answer).toContain('Subject: two');
		expect(server.mailbox().items.map(({id}) => id)).toEqual(ids);
		await seed(server, ['A'], 'three');
		expect(linesOf(await client.command('NOOP'))).toEqual(['* 3 EXISTS', '* 0 RECENT']);
	});

	test('a message that vanishes under FETCH is gone for all', async () => {
		const server = await open({imap: {faults: {rules: [{on: 'fetch', nth: 1, do: {type: 'vanish'}}]}}});
		await seed(server, ['Inbox'], 'one', 'two');
		const client = await enter(server, 'Inbox');
		await client.command('UID FETCH 1:2 (FLAGS)');
		expect(server.mailbox().items.map(({subject}) => subject)).toEqual(['two']);
	});

	test('a folder that EWS\'s fault deletes is gone for IMAP', async () => {
		const server = await open({rules: [{on: 'CreateItem', nth: 1, do: {type: 'delete-folder'}}]});
		server.mailbox().ensureFolder(['A'], 'IPF.Note');
		const {id} = server.mailbox().folder(['A']);
		await call(server, createItem(folderId(id), message(mail('one'))));
		expect(lastLine(await (await enter(server)).command('SELECT A'))).toMatch(/^NO /v);
	});

	test('a token that runs out ends the session as recorded', async () => {
		const server = await open();
		const client = await enter(server, 'Inbox');
		server.login.expireAll();
		expect(await client.command('NOOP')).toBe('* BYE Session invalidated - AccessTokenExpired\r\n');
	});

	test('dropping all connections drops those of IMAP, and closing ends the port', async () => {
		const server = await MicrosoftServer.start({
			clock: realClock(), users: [{address}], apps: [imapApp], tls: certificates, imap: {},
		});
		const client = await enter(server, 'Inbox');
		server.dropAllConnections();
		await eventually(() => client.closed);
		const {port} = server.imap;
		await server.close();
		await expect(RawClient.open(port, certificates.ca)).rejects.toThrow(/ECONNREFUSED/v);
	});
});

const corpus = path.resolve('../shared/corpus');
describe.skipIf(!existsSync(corpus))('every message of the corpus', () => {
	test('appended by an independent client comes back rebuilt: of its announced size, the same each time, with subject and date', async () => {
		const server = await open();
		const client = await flow(server);
		const files = (readdirSync(corpus, {recursive: true}) as string[]).filter(file => file.endsWith('.eml')).sort();
		const stored: string[] = [];
		const date = new Date(Date.UTC(2019, 2, 1, 8, 15));
		for (const file of files) {
			const bytes = readFileSync(path.join(corpus, file));
			if (!bytes.toString('latin1').split('\n').some(line => line.length > 10_240)) {
				expect(await client.append('INBOX', bytes, [String.raw`\Seen`], date)).toMatchObject({uid: stored.length + 1}); // eslint-disable-line no-await-in-loop -- one after the other
				stored.push(file);
			}
		}

		await client.mailboxOpen('INBOX', {readOnly: true});
		const shown: Array<{readonly size: number; readonly source: Uint8Array; readonly internalDate: unknown}> = [];
		for (const round of [1, 2]) {
			// eslint-disable-next-line no-await-in-loop -- twice the same
			for await (const {uid, size, source, internalDate} of client.fetch('1:*', {
				uid: true, size: true, source: true, internalDate: true,
			}, {uid: true})) {
				if (round === 1) {
					shown.push({size: size!, source: source!, internalDate});
				} else {
					expect(Buffer.compare(shown[uid - 1]!.source, source!), stored[uid - 1]).toBe(0);
				}
			}
		}

		expect([stored.length > 400, shown.length]).toEqual([true, stored.length]);
		expect(stored.filter((_, index) => shown[index]!.size !== shown[index]!.source.length)).toEqual([]);
		expect(new Set(shown.map(({internalDate}) => String(internalDate)))).toEqual(new Set([String(date)]));
		expect(server.mailbox().items.filter(({isDraft, isRead}) => isDraft || !isRead)).toEqual([]);
		await client.logout();
	});
});
