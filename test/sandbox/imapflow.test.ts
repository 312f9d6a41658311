import {Buffer} from 'node:buffer';
import {afterEach, expect, test} from 'vitest';
import {ImapFlow} from 'imapflow';
import {realClock} from '../../source/mailbox/clock.js';
import {makeCertificates} from '../../source/sandbox/certificate.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {type Flavour} from '../../source/sandbox/imap/options.js';

const open: ImapServer[] = [];
afterEach(async () => {
	for (const server of open.splice(0)) {
		expect(server.errors).toEqual([]);
		await server.close(); // eslint-disable-line no-await-in-loop -- one after the other
	}
});

const names: Flavour[] = ['workmail', 'exchange'];

test.each(names)('an independent client (imapflow) lists, reads and writes over TLS with the %s flavour', async flavour => {
	const {ca, cert, key} = makeCertificates();
	const first = Buffer.from('Subject: one\r\n\r\nA \0 NUL\r\n');
	const server = await ImapServer.start({
		flavour,
		clock: realClock(),
		tls: {key, cert},
		users: [{
			name: 'a@example.org',
			password: 'secret',
			tokens: ['token'],
			mailbox: {
				folders: [
					{path: ['INBOX'], messages: [{bytes: first, internalDate: Date.UTC(2020, 1, 29, 12, 0, 5), flags: [String.raw`\Seen`]}]},
					{path: ['Sent Items'], role: 'sent'},
					{path: ['Zürich & Genève', '仕事']},
				],
			},
		}],
	});
	open.push(server);
	const client = new ImapFlow({
		host: 'localhost', servername: 'localhost', port: server.port, secure: true, tls: {ca}, logger: false,
		auth: flavour === 'exchange' ? {user: 'a@example.org', accessToken: 'token'} : {user: 'a@example.org', pass: 'secret'},
	});
	await client.connect();
	const folders = await client.list();
	expect(folders.map(folder => [folder.parent, folder.name, folder.specialUse])).toEqual([
		[[], 'INBOX', String.raw`\Inbox`],
		[[], 'Sent Items', String.raw`\Sent`],
		[[], 'Zürich & Genève', undefined],
		[['Zürich & Genève'], '仕事', undefined],
	]);
	await client.mailboxOpen('INBOX', {readOnly: true});
	const message = await client.fetchOne('1', {
		uid: true, flags: true, internalDate: true, size: true, source: true, envelope: true, bodyStructure: true,
	}, {uid: true});
	expect(message && message.source && Buffer.from(message.source)).toEqual(first);
	expect(message).toMatchObject({uid: 1, size: first.length, internalDate: new Date(Date.UTC(2020, 1, 29, 12, 0, 5))});
	const second = Buffer.from('Subject: two\r\n\r\nB\r\n');
	const appended = await client.append('Zürich & Genève/仕事', second, [String.raw`\Seen`], new Date(Date.UTC(2011, 0, 2, 3, 4, 5)));
	const folder = server.mailbox().folder(['Zürich & Genève', '仕事']);
	expect(appended).toMatchObject({uid: 1, uidValidity: BigInt(folder.uidValidity)});
	expect(folder.messages.map(({bytes, flags, internalDate}) => ({bytes: Buffer.from(bytes), flags, internalDate}))).toEqual([
		{bytes: second, flags: [String.raw`\Seen`], internalDate: Date.UTC(2011, 0, 2, 3, 4, 5)},
	]);
	await client.logout();
});
