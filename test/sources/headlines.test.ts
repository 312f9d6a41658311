import {afterEach, expect, test} from 'vitest';
import {realClock} from '../../source/mailbox/clock.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {imapSource} from '../../source/sources/imap.js';
import {mail} from '../sandbox/stage.js';
import {never} from '../protocols/surroundings.js';

const open: Array<{close(): Promise<void>}> = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map(async one => one.close()));
});

test('subject and sender of a few messages come without their bodies, in commands of bounded length, decoded; a message that is gone is left out', async () => {
	const messages = Array.from({length: 250}, (_, index) => ({bytes: mail(`=?utf-8?Q?M=C3=BCll_${index + 1}?=\r\nFrom: Bo <bo@old.example>`, 'x'.repeat(100_000))}));
	const server = await ImapServer.start({clock: realClock(), users: [{name: 'a@example.org', password: 'p', mailbox: {folders: [{path: ['INBOX'], messages}]}}]});
	const source = imapSource({
		host: server.host, port: server.port, tls: false, user: 'a@example.org', clock: realClock(), random: () => 0.5, credential: async () => ({password: 'p'}), notice: () => undefined,
	});
	open.push(source, server);
	await source.open(never);
	// Every second one, so that no ranges help.
	const uids = Array.from({length: 125}, (_, index) => (index * 2) + 1);
	const headlines = await source.headlines!(['INBOX'], [...uids, 999], never);
	expect([...headlines.keys()].sort((a, b) => a - b)).toEqual(uids);
	expect(headlines.get(3)).toEqual({subject: 'Müll 3', from: 'Bo <bo@old.example>'});
	const fetches = server.log.map(({command}) => command).filter(command => command.startsWith('UID FETCH'));
	expect(fetches).toHaveLength(2);
	expect(Math.max(...fetches.map(command => command.length))).toBeLessThan(1000);
	expect(fetches.join('\n')).not.toMatch(/BODY\.PEEK\[\]|BODYSTRUCTURE/v);
	expect(server.errors).toEqual([]);
});
