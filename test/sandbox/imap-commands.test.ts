import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {
	appendTo, arrive, enter, eventually, handClock, mail, serve,
} from './stage.js';

const seen = String.raw`\Seen`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('signing in', () => {
	test('LOGIN, AUTHENTICATE PLAIN and XOAUTH2 open the mailbox, with the initial response or after a "+"', async () => {
		const server = await serve();
		const plain = base64('\0a@example.org\0secret');
		const token = base64('user=a@example.org\u0001auth=Bearer token\u0001\u0001');
		for (const line of ['LOGIN "a@example.org" {6+}\r\nsecret', `AUTHENTICATE PLAIN ${plain}`, `AUTHENTICATE XOAUTH2 ${token}`]) {
			const client = await arrive(server); // eslint-disable-line no-await-in-loop -- one after the other
			expect(await client.command(line)).toMatch(/^t1 OK /); // eslint-disable-line no-await-in-loop -- as above
		}

		const client = await arrive(server);
		client.send('x AUTHENTICATE PLAIN\r\n');
		expect(await client.until(/\r\n/)).toBe('+ \r\n');
		client.send(`${plain}\r\n`);
		expect(await client.until(/\r\n/)).toMatch(/^x OK /);
	});

	test('a wrong password is "temporary" at WorkMail and "failed" at Exchange, and neither password nor token stands in the log', async () => {
		const clock = handClock();
		const workmail = await serve({clock});
		const client = await arrive(workmail);
		expect(await client.command('LOGIN a@example.org wrong')).toBe('t1 NO [UNAVAILABLE] Temporary authentication failure. [2026-08-03 06:00:06]\r\n');
		const exchange = await serve({flavour: 'exchange'});
		const other = await arrive(exchange);
		expect(await other.command('LOGIN a@example.org wrong')).toBe('t1 NO LOGIN failed.\r\n');
		expect(await other.command(`AUTHENTICATE XOAUTH2 ${base64('user=a@example.org\u0001auth=Bearer old\u0001\u0001')}`)).toBe('t2 NO AUTHENTICATE failed.\r\n');
		expect(JSON.stringify([...workmail.log, ...exchange.log])).not.toMatch(/wrong|secret|old/);
	});

	test('a connection beyond the limit is refused as recorded, and one that ends makes room', async () => {
		const server = await serve({clock: handClock(), limits: {maxConnections: 1}});
		const first = await enter(server);
		const second = await arrive(server);
		expect(await second.command('LOGIN a@example.org secret')).toBe('t1 NO [UNAVAILABLE] Temporary authentication failure. [2026-08-03 06:00:06]\r\n');
		await first.command('LOGOUT');
		await first.rest();
		expect(await second.command('LOGIN a@example.org secret')).toMatch(/^t2 OK/);
	});

	test('a token without access to the mailbox signs in and then gets BAD, BAD, BYE', async () => {
		const server = await serve({flavour: 'exchange', users: [{name: 'a@example.org', password: 'secret', connected: false}]});
		const client = await enter(server);
		expect(await client.command('CAPABILITY')).toContain('OK CAPABILITY completed.');
		expect(await client.command('LIST "" "*"')).toBe('t3 BAD User is authenticated but not connected.\r\n');
		client.send('x SELECT INBOX\r\n');
		expect(await client.rest()).toBe('x BAD User is authenticated but not connected.\r\n* BYE Connection closed. 14\r\n');
	});
});

describe('answers in the recorded form (Exchange)', () => {
	test('greeting, capabilities before and after sign-in, SELECT, STORE and LOGOUT', async () => {
		const server = await serve({
			flavour: 'exchange', folders: [{
				path: ['INBOX'], uidValidity: 14, uidNext: 4490, messages: [{bytes: mail('one')}],
			}],
		});
		const client = await arrive(server);
		expect(client.received).toMatch(/^\* OK The Microsoft Exchange IMAP4 service is ready\. \[[A-Za-z\d+/=]+]\r\n$/);
		expect(await client.command('CAPABILITY')).toBe([
			'* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+',
			't1 OK CAPABILITY completed.\r\n',
		].join('\r\n'));
		expect(await client.command('LOGIN a@example.org secret')).toBe('t2 OK LOGIN completed.\r\n');
		expect(await client.command('CAPABILITY')).toContain('UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN');
		expect(await client.command('NAMESPACE')).toBe('* NAMESPACE (("" "/")) NIL NIL\r\nt4 OK NAMESPACE completed.\r\n');
		expect(await client.command('SELECT "INBOX"')).toBe([
			'* 1 EXISTS',
			'* 0 RECENT',
			String.raw`* FLAGS (\Seen \Answered \Flagged \Deleted \Draft $MDNSent)`,
			String.raw`* OK [PERMANENTFLAGS (\Seen \Answered \Flagged \Deleted \Draft $MDNSent)] Permanent flags`,
			'* OK [UNSEEN 1] Is the first unseen message',
			'* OK [UIDVALIDITY 14] UIDVALIDITY value',
			'* OK [UIDNEXT 4491] The next unique identifier value',
			't5 OK [READ-WRITE] SELECT completed.\r\n',
		].join('\r\n'));
		expect(await client.command(String.raw`UID STORE 4490 +FLAGS.SILENT (\Seen)`)).toBe('t6 OK STORE completed.\r\n');
		expect(await client.command('CREATE INBOX')).toBe('t7 NO Mailbox already exists.\r\n');
		expect(await client.append('INBOX', 'Subject: x\r\n\r\n')).toBe('* 2 EXISTS\r\n* 0 RECENT\r\nt8 OK [APPENDUID 14 4491] APPEND completed.\r\n');
		expect(await client.command('FETCH 1 ()')).toBe('t9 BAD Command Argument Error. 11\r\n');
		expect(await client.command('LOGOUT')).toBe('* BYE Microsoft Exchange Server 2016 IMAP4 server signing off.\r\nt10 OK LOGOUT completed.\r\n');
	});

	test('LIST shows Inbox, bare names where it can, marks, roles without the capability, and no folder with the delimiter in its name', async () => {
		const server = await serve({
			flavour: 'exchange', folders: [
				{path: ['INBOX'], messages: [{bytes: mail('x')}]},
				{path: ['Sent Items'], role: 'sent'},
				{path: ['Attività']},
				{path: ['a/b']},
				{path: ['Da\tOggetto']},
				{path: ['Calendar'], kind: 'not-mail'},
			],
		});
		const client = await enter(server);
		expect(await client.command('LIST "" "*"')).toBe([
			String.raw`* LIST (\Marked \HasNoChildren) "/" Inbox`,
			String.raw`* LIST (\HasNoChildren \Sent) "/" "Sent Items"`,
			String.raw`* LIST (\HasNoChildren) "/" Attivit&AOA-`,
			String.raw`* LIST (\HasNoChildren) "/" ${'Da\tOggetto'}`,
			String.raw`* LIST (\HasNoChildren) "/" Calendar`,
			't2 OK LIST completed.\r\n',
		].join('\r\n'));
		expect(await client.command('EXAMINE Calendar')).toMatch(/^t3 NO /);
	});
});

describe('folders', () => {
	test('LIST answers the delimiter, "%" stops at it and "*" does not', async () => {
		const server = await serve({delimiter: '.', folders: [{path: ['A', 'B', 'C']}, {path: ['仕事 & co']}]});
		const client = await enter(server);
		expect(await client.command('LIST "" ""')).toContain(String.raw`* LIST (\Noselect) "." ""`);
		expect(await client.command('LIST "" "%"')).toBe([
			String.raw`* LIST (\HasNoChildren) "." INBOX`,
			String.raw`* LIST (\Noselect \HasChildren) "." A`,
			String.raw`* LIST (\HasNoChildren) "." "&TtVOiw- &- co"`,
			't3 OK LIST completed.\r\n',
		].join('\r\n'));
		expect(await client.command('LIST "A." "*"')).toMatch(/"\." A\.B\r\n.*"\." A\.B\.C\r\nt4 OK/s);
		expect(await client.command('LIST "" (inbox "A.%") RETURN (STATUS (MESSAGES UIDNEXT))')).toMatch(/INBOX\r\n\* STATUS INBOX \(MESSAGES 0 UIDNEXT 1\)\r\n.*A\.B\r\n/s);
	});

	test('CREATE makes the folders above, RENAME moves those below, DELETE keeps those below, SUBSCRIBE shows in LSUB', async () => {
		const server = await serve();
		const client = await enter(server);
		const paths = () => server.mailbox().folders.map(folder => folder.path.join('>'));
		expect(await client.command('CREATE "A/B &- c/D"')).toMatch(/OK/);
		expect(await client.command('CREATE a')).toMatch(/OK/);
		expect(await client.command('CREATE A')).toMatch(/NO \[ALREADYEXISTS]/);
		expect(paths()).toEqual(['INBOX', 'A', 'a', 'A>B & c', 'A>B & c>D']);
		expect(await client.command('RENAME "A/B &- c" Z')).toMatch(/OK/);
		expect(await client.command('DELETE Z')).toMatch(/OK/);
		expect(await client.command('SELECT Z')).toMatch(/NO/);
		expect(paths()).toEqual(['INBOX', 'A', 'a', 'Z', 'Z>D']);
		expect(await client.command('DELETE INBOX')).toMatch(/NO/);
		await client.command('SUBSCRIBE Z/D');
		expect(await client.command('LSUB "" "*"')).toMatch(/^\* LSUB \(\\HasNoChildren\) "\/" INBOX\r\n\* LSUB \(\\HasNoChildren\) "\/" Z\/D\r\nt\d+ OK/);
	});

	test('names that only this server holds equal are refused as existing: case, composition, trailing blank and dot', async () => {
		const server = await serve({namesIgnoreCase: true, namesNormalise: true, folders: [{path: ['Acmé']}]});
		const client = await enter(server);
		for (const name of ['ACM&AMk-', 'Acme&AwE-', '"Acm&AOk- "', 'Acm&AOk-.']) {
			// eslint-disable-next-line no-await-in-loop -- one after the other
			expect(await client.command(`CREATE ${name}`), name).toMatch(/NO \[ALREADYEXISTS]/);
		}
	});

	test('names that are too long, too deep or hold a forbidden character are refused', async () => {
		const server = await serve({namesForbidden: ':', namesMaxBytes: 10, namesMaxDepth: 2});
		const client = await enter(server);
		for (const name of ['a:b', 'elevenbytes', 'a/b/c']) {
			// eslint-disable-next-line no-await-in-loop -- one after the other
			expect(await client.command(`CREATE ${name}`), name).toMatch(/NO \[CANNOT]/);
		}

		expect(server.mailbox().folders).toHaveLength(1);
	});

	test('STATUS counts', async () => {
		const server = await serve({folders: [{path: ['A'], uidValidity: 9, messages: [{bytes: mail('x')}, {bytes: mail('y'), flags: [seen]}]}]});
		const client = await enter(server);
		expect(await client.command('STATUS A (MESSAGES UIDNEXT UIDVALIDITY UNSEEN SIZE)')).toBe('* STATUS A (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 9 UNSEEN 1 SIZE 32)\r\nt2 OK STATUS completed.\r\n');
		expect(await client.command('STATUS nowhere (MESSAGES)')).toMatch(/NO \[NONEXISTENT]/);
	});

	test('UIDs through the whole mailbox and one UIDVALIDITY for ever, as WorkMail was seen to number', async () => {
		const server = await serve({numbering: {uids: 'mailbox', uidValidity: 'constant'}, folders: [{path: ['A']}, {path: ['B']}]});
		const client = await enter(server);
		const answers = [await client.append('A', 'x'), await client.append('B', 'x'), await client.append('A', 'x')];
		expect(answers.map(answer => /APPENDUID [\d ]+/.exec(answer)?.[0])).toEqual(['APPENDUID 1 1', 'APPENDUID 1 2', 'APPENDUID 1 3']);
	});
});

describe('reading', () => {
	const content = Buffer.from('Subject: =?utf-8?q?=C3=A9?=\r\nX-Long: a\r\n b\r\nMessage-ID: <1@example.org>\r\n\r\nbody \0\u00FF\r\n', 'latin1');
	const folders = [{path: ['INBOX'], messages: [{bytes: content, internalDate: Date.UTC(2012, 1, 3, 4, 5, 6), uid: 7}, {bytes: mail('two')}]}];

	test('bytes, NULs included, arrive exactly; BODY[] marks as read, BODY.PEEK[] does not, and EXAMINE never does', async () => {
		const server = await serve({folders});
		const text = content.toString('latin1');
		const client = await enter(server, 'EXAMINE INBOX');
		expect(await client.command('UID FETCH 7 (BODY[])')).toBe(`* 1 FETCH (UID 7 BODY[] {${content.length}}\r\n${text})\r\nt3 OK FETCH completed.\r\n`);
		expect(await client.command(String.raw`UID STORE 7 FLAGS (\Seen)`)).toMatch(/NO \[READ-ONLY]/);
		await client.command('SELECT INBOX');
		await client.command('UID FETCH 7 BODY.PEEK[]');
		expect(server.mailbox().folder(['INBOX']).message(7)?.flags).toEqual([]);
		expect(await client.command('UID FETCH 7 BODY[]')).toContain(String.raw` FLAGS (\Seen))`);
		expect(server.mailbox().folder(['INBOX']).message(7)?.flags).toEqual([seen]);
	});

	test('facts, header fields, text and parts of content', async () => {
		const server = await serve({folders, zoneMinutes: -330});
		const client = await enter(server, 'EXAMINE INBOX');
		expect(await client.command('FETCH 1 (UID RFC822.SIZE INTERNALDATE FLAGS)'))
			.toBe(`* 1 FETCH (UID 7 RFC822.SIZE ${content.length} INTERNALDATE " 2-Feb-2012 22:35:06 -0530" FLAGS ())\r\nt3 OK FETCH completed.\r\n`);
		expect(await client.command('FETCH 1 BODY.PEEK[HEADER.FIELDS (X-Long message-id)]<0.20>'))
			.toBe('* 1 FETCH (BODY[HEADER.FIELDS (X-LONG MESSAGE-ID)]<0> {20}\r\nX-Long: a\r\n b\r\nMessa)\r\nt4 OK FETCH completed.\r\n');
		expect(await client.command('FETCH 1 BODY.PEEK[TEXT]')).toContain('{9}\r\nbody \0\u00FF\r\n)');
		expect(await client.command('FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (Subject X-Long)]')).toContain('{31}\r\nMessage-ID: <1@example.org>\r\n\r\n)');
		expect(await client.command('FETCH 1 ENVELOPE')).toContain('(NIL "=?utf-8?q?=C3=A9?=" NIL NIL NIL NIL NIL NIL NIL "<1@example.org>")');
		expect(await client.command('FETCH 1:* FAST')).toMatch(/^\* 1 FETCH .*\r\n\* 2 FETCH .*\r\nt8 OK/);
	});

	test('a set names ranges in any order, "*" is the last message, and sequence numbers out of range are BAD', async () => {
		const server = await serve({folders});
		const client = await enter(server, 'EXAMINE INBOX');
		expect(await client.command('UID FETCH *:8,7,1:3 UID')).toBe('* 1 FETCH (UID 7)\r\n* 2 FETCH (UID 8)\r\nt3 OK FETCH completed.\r\n');
		expect(await client.command('UID FETCH 100:* UID')).toBe('* 2 FETCH (UID 8)\r\nt4 OK FETCH completed.\r\n');
		expect(await client.command('FETCH 3 UID')).toMatch(/^t5 BAD/);
		expect(await client.command('UID FETCH 100 UID')).toBe('t6 OK FETCH completed.\r\n');
	});

	test('SEARCH answers numbers or UIDs by the common keys', async () => {
		const server = await serve({folders});
		const client = await enter(server, 'EXAMINE INBOX');
		expect(await client.command('UID SEARCH ALL')).toContain('* SEARCH 7 8\r\n');
		expect(await client.command('SEARCH UID 8:* NOT DELETED')).toContain('* SEARCH 2\r\n');
		expect(await client.command('UID SEARCH HEADER message-id <1@')).toContain('* SEARCH 7\r\n');
		expect(await client.command('UID SEARCH OR (SUBJECT two) BEFORE 4-Feb-2012')).toContain('* SEARCH 7 8\r\n');
		expect(await client.command('UID SEARCH LARGER 5000 UNSEEN')).toContain('* SEARCH\r\n');
		expect(await client.command('SEARCH NONSENSE')).toMatch(/^t8 BAD/);
	});

	test('a large folder is listed only as fast as it is read, with content made on demand', async () => {
		let made = 0;
		const messages = Array.from({length: 400}, () => ({
			size: 100_000,
			bytes() {
				made++;
				return new Uint8Array(100_000);
			},
		}));
		const server = await serve({folders: [{path: ['INBOX'], messages}]});
		const client = await enter(server, 'EXAMINE INBOX');
		expect(made).toBe(0);
		client.socket.pause();
		client.send('x FETCH 1:* BODY.PEEK[]\r\n');
		// Another connection's commands prove that time passed for the server.
		const other = await enter(server);
		for (let round = 0; round < 200; round++) {
			await other.command('NOOP'); // eslint-disable-line no-await-in-loop -- one after the other
		}

		expect(made).toBeGreaterThan(0);
		expect(made).toBeLessThan(200);
		client.socket.resume();
		await eventually(() => made === 400);
	});
});

describe('writing', () => {
	test('APPEND keeps bytes, date and permitted flags, by either kind of literal', async () => {
		const server = await serve({permanentFlags: [seen, String.raw`\Flagged`, '$Kept']});
		const client = await enter(server);
		const content = Buffer.from([0, 13, 10, 255, 10, 0]);
		expect(await client.append(String.raw`INBOX (\Seen \Flagged \Draft $kept $Dropped) " 1-Mar-2015 23:00:00 -0200"`, content)).toMatch(/^t2 OK \[APPENDUID \d+ 1] APPEND completed\.\r\n$/);
		expect(await client.append('INBOX', content, true)).toMatch(/APPENDUID \d+ 2]/);
		const [first, second] = server.mailbox().folder(['INBOX']).messages;
		expect(Buffer.from(first!.bytes)).toEqual(content);
		expect(first).toMatchObject({uid: 1, internalDate: Date.UTC(2015, 2, 2, 1), flags: [seen, String.raw`\Flagged`, '$kept']});
		expect(Buffer.from(second!.bytes)).toEqual(content);
		expect(server.counters.appended).toBe(2);
	});

	test(String.raw`Exchange drops \Flagged at APPEND, and a STORE sets it`, async () => {
		const server = await serve({flavour: 'exchange'});
		const client = await enter(server);
		await client.append(String.raw`INBOX (\Seen \Flagged)`, 'x');
		expect(server.mailbox().folder(['INBOX']).messages[0]!.flags).toEqual([seen]);
		await client.command('SELECT INBOX');
		expect(await client.command(String.raw`UID STORE 1 +FLAGS (\Flagged $Key)`)).toContain(String.raw`* 1 FETCH (UID 1 FLAGS (\Seen \Flagged))`);
		expect(await client.command(String.raw`UID STORE 1 -FLAGS (\Seen)`)).toContain(String.raw`FLAGS (\Flagged)`);
	});

	test('what is too big, over quota, without a folder or refused by its content is answered so, and the connection goes on', async () => {
		const server = await serve({
			limits: {maxMessageBytes: 100, quotaBytes: 150}, announceLimit: true,
			refusals: [{header: {name: 'subject', holds: 'lottery'}, code: 'NOPERM', text: 'Blocked.'}, {
				lineOver: 90, status: 'BAD', text: 'Command Error. 10', alienTag: true,
			}],
		});
		const client = await enter(server);
		expect(await client.command('CAPABILITY')).toContain(' APPENDLIMIT=100');
		expect(await client.append('INBOX', 'x'.repeat(101))).toBe('t3 NO [TOOBIG] Maximum message size exceeded\r\n');
		expect(await client.append('INBOX', 'x'.repeat(101), true)).toBe('t4 NO [TOOBIG] Maximum message size exceeded\r\n');
		expect(await client.append('nowhere', 'x')).toMatch(/^t5 NO \[TRYCREATE]/);
		expect(await client.append('INBOX', 'Subject: The\r\n LOTTERY\r\n\r\n')).toBe('t6 NO [NOPERM] Blocked.\r\n');
		expect(await client.append('INBOX', 'x'.repeat(80))).toMatch(/OK/);
		expect(await client.append('INBOX', 'x'.repeat(80))).toMatch(/^t8 NO \[OVERQUOTA]/);
		server.limits.quotaBytes = 1000;
		client.send('t APPEND INBOX {95+}\r\n<body ' + 'y'.repeat(89) + '\r\n');
		expect(await client.until(/\r\n/)).toBe('<body BAD Command Error. 10\r\n');
		expect(server.counters.appended).toBe(1);
		const exchange = await serve({flavour: 'exchange', limits: {maxMessageBytes: 100}});
		expect(await appendTo(exchange, 'x'.repeat(101))).toBe('t2 NO Maximum size of appendable message has been exceeded\r\n');
	});

	test('COPY, MOVE, EXPUNGE, UID EXPUNGE and CLOSE', async () => {
		const server = await serve({folders: [{path: ['INBOX'], messages: ['a', 'b', 'c', 'd'].map(subject => ({bytes: mail(subject)}))}, {path: ['T'], uidValidity: 5}]});
		const client = await enter(server, 'SELECT INBOX');
		const uids = () => server.mailbox().folder(['INBOX']).messages.map(message => message.uid);
		expect(await client.command('UID COPY 1,3:4 T')).toBe('t3 OK [COPYUID 5 1,3:4 1:3] COPY completed.\r\n');
		expect(await client.command('UID MOVE 2 T')).toBe('* OK [COPYUID 5 2 4] Moved UIDs.\r\n* 2 EXPUNGE\r\nt4 OK MOVE completed.\r\n');
		await client.command(String.raw`STORE 1:* +FLAGS.SILENT (\Deleted)`);
		expect(await client.command('UID EXPUNGE 3')).toBe('* 2 EXPUNGE\r\nt6 OK EXPUNGE completed.\r\n');
		expect(uids()).toEqual([1, 4]);
		await client.command(String.raw`UID STORE 4 -FLAGS.SILENT (\Deleted)`);
		expect(await client.command('EXPUNGE')).toBe('* 1 EXPUNGE\r\nt8 OK EXPUNGE completed.\r\n');
		await client.command(String.raw`UID STORE 4 FLAGS.SILENT (\Deleted)`);
		expect(await client.command('CLOSE')).toMatch(/OK/);
		expect(uids()).toEqual([]);
		expect(await client.command('NOOP')).toMatch(/OK/);
		expect(await client.command('UNSELECT')).toMatch(/BAD/);
	});
});

describe('what another does to the folder', () => {
	test('IDLE tells it at once, and other commands before their answer', async () => {
		const server = await serve({folders: [{path: ['INBOX'], messages: [{bytes: mail('a')}, {bytes: mail('b')}]}]});
		const client = await enter(server, 'SELECT INBOX');
		client.send('i IDLE\r\n');
		await client.until(/\+ idling\r\n/);
		server.mailbox().addMessage(['INBOX'], {bytes: mail('c')});
		expect(await client.until(/RECENT\r\n/)).toBe('* 3 EXISTS\r\n* 0 RECENT\r\n');
		server.mailbox().deleteMessages(['INBOX'], [1]);
		expect(await client.until(/\r\n/)).toBe('* 1 EXPUNGE\r\n');
		client.send('DONE\r\n');
		expect(await client.until(/\r\n/)).toBe('i OK IDLE completed.\r\n');
		server.mailbox().deleteMessages(['INBOX'], [2]);
		expect(await client.command('FETCH 1:* UID')).toBe('* 2 FETCH (UID 3)\r\nt3 OK FETCH completed.\r\n');
		expect(await client.command('NOOP')).toBe('* 1 EXPUNGE\r\nt4 OK NOOP completed.\r\n');
		server.mailbox().deleteFolder(['INBOX']);
		client.send('x NOOP\r\n');
		expect(await client.rest()).toMatch(/^\* BYE /);
	});

	test('a folder made again keeps or changes UIDVALIDITY and UIDs as told', async () => {
		const server = await serve({folders: [{path: ['A'], uidValidity: 3, messages: [{bytes: mail('a')}, {bytes: mail('b')}]}]});
		const box = server.mailbox();
		expect(box.recreateFolder(['A'], {keepUidValidity: true, restartUids: true, messages: [{bytes: mail('z')}]})).toMatchObject({uidValidity: 3, uidNext: 2});
		const flipped = box.recreateFolder(['A']);
		expect(flipped.uidValidity).toBeGreaterThan(3);
		expect(flipped.uidNext).toBe(2);
		expect(flipped.messages).toEqual([]);
	});

	test('HIGHESTMODSEQ grows with every change where it is on', async () => {
		const server = await serve({condStore: true, folders: [{path: ['INBOX'], messages: [{bytes: mail('a')}, {bytes: mail('b')}]}]});
		const client = await enter(server);
		const before = /HIGHESTMODSEQ (\d+)/.exec(await client.command('SELECT INBOX'))![1]!;
		await client.command(String.raw`STORE 2 FLAGS.SILENT (\Seen)`);
		expect(await client.command(`FETCH 1:* (UID MODSEQ) (CHANGEDSINCE ${before})`)).toBe(`* 2 FETCH (UID 2 MODSEQ (${Number(before) + 1}))\r\nt4 OK FETCH completed.\r\n`);
	});
});

describe('hidden capabilities', () => {
	test('without UIDPLUS no UID is told, without LITERAL+ its literals are not understood, without roles none is shown', async () => {
		const server = await serve({capabilities: {hide: ['UIDPLUS', 'LITERAL+', 'SPECIAL-USE', 'MOVE'], add: ['X-OWN']}, showRoles: false, folders: [{path: ['S'], role: 'sent'}]});
		const client = await enter(server, 'SELECT INBOX');
		const capabilities = await client.command('CAPABILITY');
		expect(capabilities).not.toMatch(/UIDPLUS|LITERAL|SPECIAL-USE|MOVE/);
		expect(capabilities).toContain(' X-OWN');
		expect(await client.command('LIST "" S')).toContain(String.raw`* LIST (\HasNoChildren) "/" S`);
		expect(await client.append('INBOX', 'x', true)).toBe('* 1 EXISTS\r\n* 0 RECENT\r\nt5 OK APPEND completed.\r\n');
		client.send('x APPEND INBOX {1+}\r\n');
		expect(await client.until(/\r\n/)).toMatch(/^x BAD/);
		expect(await client.command('UID EXPUNGE 1')).toMatch(/BAD/);
		expect(await client.command('UID MOVE 1 S')).toMatch(/BAD/);
	});
});

describe('hostile clients', () => {
	test('no bytes bring the server down, and others are served meanwhile', async () => {
		const server = await serve({maxErrors: 1000});
		const client = await arrive(server);
		const hostile = [
			'\r\n',
			' \r\n',
			'\0\u00FF\u0001\r\n',
			'a\r\n',
			'a \r\n',
			'* OK\r\n',
			'+ x\r\n',
			'{5}\r\n',
			'a LOGIN {99999999999999}\r\n',
			'a LOGIN {9999999999}\r\n',
			'a LOGIN {4000000}\r\n',
			`a LOGIN ${'('.repeat(5000)}\r\n`,
			`a ${'x'.repeat(500_000)}\r\n`,
			'a LOGIN "unclosed\r\n',
			'a FETCH 1:* BODY[\r\n',
			'a AUTHENTICATE PLAIN AAAA\r\n',
			'a AUTHENTICATE PLAIN *\r\n',
			'a UID\r\n',
			'a UID UID FETCH 1 UID\r\n',
		];
		for (const bytes of hostile) {
			client.send(bytes);
			await client.until(/\r\n/); // eslint-disable-line no-await-in-loop -- one after the other
		}

		await client.command('LOGIN a@example.org secret');
		await client.command('SELECT INBOX');
		const words = [
			`LIST "" "${'*%'.repeat(400)}x"`,
			`LIST "" "${'*a'.repeat(400)}"`,
			`UID SEARCH ${'NOT '.repeat(5000)}ALL`,
			'SEARCH OR',
			`UID FETCH ${'1:*,'.repeat(5000)}1 UID`,
			'FETCH 0 UID',
			'FETCH 4294967296000 UID',
			'FETCH 1 BODY[9.MIME]',
			'APPEND',
			'APPEND INBOX',
			'APPEND INBOX (',
			'APPEND INBOX () "x" {1+}\r\ny',
			'STORE 1',
			'STORE 1 FLAGS',
			'COPY',
			'CREATE ""',
			'CREATE "&bad"',
			'CREATE "//"',
			'RENAME INBOX',
			'STATUS INBOX ((()))',
			'LIST () () ()',
			'LIST "" (()) RETURN ((()))',
			'ID (',
			'ENABLE',
			'SELECT (x)',
		];
		for (const line of words) {
			expect(await client.command(line), line.slice(0, 60)).toMatch(/t\d+ (?:BAD|NO|OK)|\* BAD/); // eslint-disable-line no-await-in-loop -- one after the other
		}

		client.send('a APPEND INBOX {1000000+}\r\nhalf');
		client.close();
		const other = await enter(server);
		expect(await other.command('NOOP')).toMatch(/OK/);
		expect(server.mailbox().folders).toHaveLength(1);
		expect(server.mailbox().folder(['INBOX']).messages).toHaveLength(0);
	});

	test('too many errors end the connection as Exchange does', async () => {
		const server = await serve({flavour: 'exchange'});
		const client = await arrive(server);
		client.send('x NONSENSE\r\n'.repeat(20));
		expect(await client.rest()).toBe(`${'x BAD Command Error. 10\r\n'.repeat(10)}* BYE Connection closed. 14\r\n`);
	});
});
