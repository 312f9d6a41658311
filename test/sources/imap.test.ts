import {Buffer} from 'node:buffer';
import process from 'node:process';
import {afterEach, expect, test} from 'vitest';
import {imapSource} from '../../source/sources/imap.js';
import {
	inbox, message, startScriptedImap, type ScriptedImap, type ScriptedMessage, type ScriptedOptions,
} from '../protocols/scripted-imap.js';
import {
	failureFrom, gather, never, surroundings,
} from '../protocols/surroundings.js';

const closers: Array<() => Promise<void>> = [];

afterEach(async () => {
	for (const close of closers.splice(0)) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		await close();
	}
});

const start = async (options: ScriptedOptions, timing = {}) => {
	const server = await startScriptedImap(options);
	const {options: common, ...rest} = surroundings(server, timing);
	const source = imapSource(common);
	closers.push(async () => source.close(), async () => server.stop());
	return {server, source, ...rest};
};

const many = (count: number, text = (uid: number) => `Subject: ${uid}\r\n\r\n${'x'.repeat(uid % 50)}\r\n`): ScriptedMessage[] => Array.from({length: count}, (_, index) => message((index * 2) + 1, text((index * 2) + 1)));

const wanted = (messages: readonly ScriptedMessage[]) => messages.map(({uid, bytes, size}) => ({uid, size: size ?? bytes.length}));

const readAll = async ({source}: {source: ReturnType<typeof imapSource>}, messages: readonly ScriptedMessage[], signal = never) => gather(source.read(['INBOX'], '7', wanted(messages), signal));

const expectAll = (results: Awaited<ReturnType<typeof readAll>>, messages: readonly ScriptedMessage[]) => {
	expect(results.map(result => 'bytes' in result ? [result.uid, Buffer.from(result.bytes).toString('latin1')] : result)).toEqual(messages.map(({uid, bytes}) => [uid, Buffer.from(bytes).toString('latin1')]));
};

test('the source is never changed: only EXAMINE and BODY.PEEK, no SELECT, STORE or LSUB', async () => {
	const messages = many(5);
	const world = await start({folders: [inbox(messages)]});
	await world.source.open(never);
	await world.source.folders(never);
	await world.source.list(['INBOX'], never);
	expectAll(await readAll(world, messages), messages);
	await world.source.confirmGone(['INBOX'], [1, 2], never);
	expect([...new Set(world.server.received.map(line => line.replace(/^(?<name>UID \S+|\S+).*$/v, '$<name>')))].sort()).toEqual(['CAPABILITY', 'EXAMINE', 'LIST', 'LOGIN', 'NAMESPACE', 'UID FETCH', 'LOGOUT'].filter(name => world.server.received.some(line => line.startsWith(name))).sort());
	expect(world.server.received.join('\n')).not.toMatch(/SELECT|STORE|LSUB|SUBSCRIBE|BODY\[|EXPUNGE|APPEND/v);
	expect(world.server.received.filter(line => line.includes('BODY'))).toEqual(['UID FETCH 1,3,5,7,9 (UID INTERNALDATE BODY.PEEK[])']);
});

test('a listing tells UIDs, sizes, dates and flags of everything, what was repeated once', async () => {
	const messages = [message(3, 'a', {flags: [String.raw`\SEEN`, String.raw`\Recent`, '$X']}), message(9, 'bb', {date: ' 1-Jan-1969 00:00:00 -0100'})];
	const {source} = await start({
		folders: [inbox(messages)],
		script({name, rest}, {send}) {
			if (name === 'UID FETCH' && rest.includes('RFC822.SIZE')) {
				send(String.raw`* 1 FETCH (FLAGS (\Deleted))`, String.raw`* 1 FETCH (UID 3 RFC822.SIZE 1 INTERNALDATE "17-Jul-2020 02:44:25 +0000" FLAGS (\Answered))`);
			}

			return 'default';
		},
	});
	const listing = await source.list(['INBOX'], never);
	expect(listing).toMatchObject({generation: '7', uidNext: 10});
	expect([...listing]).toEqual([
		{
			uid: 3, size: 1, receivedAt: Date.UTC(2020, 6, 17, 2, 44, 25), flags: ['$X', String.raw`\Seen`],
		},
		{
			uid: 9, size: 2, receivedAt: Date.UTC(1969, 0, 1, 1), flags: [],
		},
	]);
});

test('lines left out of a listing are asked for again, and a missing received date is made up the same each time', async () => {
	const messages = many(10);
	messages[4] = message(9, 'Date: Mon, 1 Jan 2001 00:00:00 +0000\r\n\r\n', {date: ''});
	messages[5] = message(11, 'no date', {date: ''});
	let listings = 0;
	const {source} = await start({
		folders: [inbox(messages)],
		script({name, tag, rest}, {send}) {
			if (name === 'UID FETCH' && rest.includes('HEADER.FIELDS')) {
				send('* 5 FETCH (UID 9 BODY[HEADER.FIELDS (DATE)] {40}', 'Date: Mon, 1 Jan 2001 00:00:00 +0000', '', ')', `${tag} OK done`);
				return;
			}

			if (name === 'UID FETCH' && listings++ % 2 === 0) {
				send('* 1 FETCH (UID 1 RFC822.SIZE 5 INTERNALDATE "17-Jul-2020 02:44:25 +0000" FLAGS ())', `${tag} OK done`);
				return;
			}

			return 'default';
		},
	});
	const first = [...await source.list(['INBOX'], never)];
	expect(first.map(({uid}) => uid)).toEqual(messages.map(({uid}) => uid));
	expect(first[4]!.receivedAt).toBe(Date.UTC(2001, 0, 1));
	expect(first[5]!.receivedAt).toBe(0);
	expect([...await source.list(['INBOX'], never)]).toEqual(first);
});

test('a connection lost in the middle of a listing goes on at the UID where it was lost', async () => {
	const messages = many(50);
	const {source, server, clock} = await start({
		folders: [inbox(messages)],
		script({name, rest}, {send, socket, number}) {
			if (name === 'UID FETCH' && number === 1) {
				send(...messages.slice(0, 20).map(({uid}, index) => `* ${index + 1} FETCH (UID ${uid} RFC822.SIZE ${messages[index]!.bytes.length} INTERNALDATE "17-Jul-2020 02:44:25 +0000" FLAGS ())`));
				socket.destroySoon();
				return;
			}

			return 'default';
		},
	});
	const listing = await source.list(['INBOX'], never);
	expect([...listing].map(({uid}) => uid)).toEqual(messages.map(({uid}) => uid));
	expect(server.received.findLast(line => line.startsWith('UID FETCH'))).toMatch(/^UID FETCH 40:\*/v);
	// A single cut is mended at once.
	expect(clock.waits).toEqual([0]);
});

test('messages come whole, ascending, in few commands, large ones alone', async () => {
	const messages = many(120);
	messages.push(message(1001, 'L'.repeat(5_000_000)), message(1003, 'after'));
	const world = await start({folders: [inbox(messages)]});
	expectAll(await readAll(world, [...messages].reverse()), messages);
	const fetches = world.server.received.filter(line => line.startsWith('UID FETCH'));
	expect(fetches).toHaveLength(5);
	expect(fetches).toContain('UID FETCH 1001 (UID INTERNALDATE BODY.PEEK[])');
});

test('a consumer that stops early leaves nothing behind and the source usable', async () => {
	const messages = many(100, () => 'y'.repeat(10_000));
	const world = await start({folders: [inbox(messages)]});
	for await (const result of world.source.read(['INBOX'], '7', wanted(messages), never)) {
		if (result.uid === 5) {
			break;
		}
	}

	expectAll(await readAll(world, messages), messages);
});

test('messages that are not there any more are gone, in their place, and a server that answers out of turn does not matter', async () => {
	const messages = many(6);
	const world = await start({
		folders: [inbox(messages.filter(({uid}) => uid !== 5))],
		script({name, tag}, {socket, send}) {
			if (name !== 'UID FETCH') {
				return 'default';
			}

			for (const {uid, bytes} of [...messages].reverse().filter(one => one.uid !== 5)) {
				socket.write(`* 9 FETCH (FLAGS (\\Seen))\r\n* 9 FETCH (BODY[] {${bytes.length}}\r\n`);
				socket.write(bytes);
				socket.write(` UID ${uid})\r\n`);
			}

			send(`${tag} OK done`);
		},
	});
	const results = await readAll(world, messages);
	expect(results.map(({uid}) => uid)).toEqual([1, 3, 5, 7, 9, 11]);
	expect(results[2]).toEqual({uid: 5, gone: true});
	expect(results.filter(result => 'bytes' in result)).toHaveLength(5);
});

test('cut again and again, it goes on at the same message and gives nothing twice', async () => {
	const messages = many(60, uid => `${uid} ${'z'.repeat(3000)}`);
	let cuts = 0;
	const world = await start({
		folders: [inbox(messages)],
		script({name, rest}, {socket}) {
			if (name !== 'UID FETCH' || ++cuts > 12) {
				return 'default';
			}

			const first = Number(/^\d+/v.exec(rest)![0]);
			const from = messages.findIndex(({uid}) => uid === first);
			for (const {uid, bytes} of messages.slice(from, from + (cuts % 4))) {
				socket.write(`* 1 FETCH (UID ${uid} BODY[] {${bytes.length}}\r\n`);
				socket.write(bytes);
				socket.write(')\r\n');
			}

			socket.write(`* 1 FETCH (UID ${messages[from + (cuts % 4)]!.uid} BODY[] {3003}\r\nhalf of`);
			if (cuts % 2 === 0) {
				socket.write('* BYE going down\r\n');
			}

			socket.destroySoon();
		},
	});
	expectAll(await readAll(world, messages), messages);
});

test('a server that falls silent in the middle of a message is left, and read on', async () => {
	const messages = many(10);
	let stalls = 2;
	const world = await start({
		folders: [inbox(messages)],
		script({name}, {socket}) {
			if (name === 'UID FETCH' && stalls-- > 0) {
				socket.write('* 1 FETCH (UID 1 BODY[] {10000}\r\nand no more');
				return;
			}

			return 'default';
		},
	}, {silence: 150});
	expectAll(await readAll(world, messages), messages);
	expect(stalls).toBeLessThan(0);
});

test('a slow consumer does not make the connection time out', async () => {
	const messages = many(5, () => 'w'.repeat(300_000));
	const world = await start({folders: [inbox(messages)]}, {silence: 80});
	let count = 0;
	for await (const result of world.source.read(['INBOX'], '7', wanted(messages), never)) {
		expect('bytes' in result).toBe(true);
		count++;
		// Longer than the silence that ends a connection: what is tested is that it does not.
		await new Promise(resolve => {
			setTimeout(resolve, 200);
		});
	}

	expect(count).toBe(5);
	expect(world.server.connections()).toBe(1);
});

test('a message whose FETCH ends every connection is left behind, and the rest go on', async () => {
	const messages = many(20);
	const world = await start({
		folders: [inbox(messages)],
		script({name, rest}, {socket}) {
			const set = rest.split(' ')[0]!.split(',');
			if (name === 'UID FETCH' && set.includes('13')) {
				socket.destroy();
				return;
			}

			return 'default';
		},
	});
	const results = await readAll(world, messages);
	expect(results.filter(result => 'bytes' in result)).toHaveLength(19);
	expect(results.find(({uid}) => uid === 13)).toMatchObject({failure: {code: 'message-unreadable', reach: 'message'}});
});

test('BAD on a list of UIDs falls back to single ones; a message refused alone is a failure of its own', async () => {
	const messages = many(8);
	const world = await start({
		folders: [inbox(messages)],
		script({name, tag, rest}, {send}) {
			if (name === 'UID FETCH' && /^[^ ]*[,:]/v.test(rest)) {
				send(`${tag} BAD Invalid messageset`);
				return;
			}

			if (name === 'UID FETCH' && rest.startsWith('5 ')) {
				send(`${tag} NO cannot read`);
				return;
			}

			return 'default';
		},
	});
	const results = await readAll(world, messages);
	expect(results.map(result => 'bytes' in result)).toEqual([true, true, false, true, true, true, true, true]);
	expect(results[2]).toMatchObject({uid: 5, failure: {code: 'message-unreadable', detail: 'NO cannot read'}});
});

test('a length other than announced is fetched once more: the same twice is delivered, else it is incomplete', async () => {
	const messages = [message(1, 'abc', {size: 5}), message(2, 'ok'), message(3, 'abcdef', {size: 9}), message(4, 'abcdef', {size: 6}), message(5, 'last')];
	let fetches = 0;
	const world = await start({
		folders: [inbox(messages)],
		script({name, rest, tag}, {send}) {
			if (name === 'UID FETCH' && rest.startsWith('3 ')) {
				send('* 3 FETCH (UID 3 BODY[] {2}', 'ab)', `${tag} OK done`);
				return;
			}

			if (name === 'UID FETCH') {
				fetches++;
			}

			return 'default';
		},
	});
	const results = await readAll(world, messages);
	expect(results.map(({uid}) => uid)).toEqual([1, 2, 3, 4, 5]);
	expect(results[0]).toMatchObject({announced: 5, bytes: Buffer.from('abc')});
	expect(results[2]).toMatchObject({failure: {code: 'message-incomplete'}});
	expect(results.filter(result => 'bytes' in result && result.announced === undefined)).toHaveLength(3);
	expect(fetches).toBe(2);
});

test('another generation is never read as the one that was asked for', async () => {
	const messages = many(2);
	const world = await start({folders: [inbox(messages, {uidValidity: 8})]});
	expect(await failureFrom(readAll(world, messages))).toMatchObject({code: 'folder-unreadable', reach: 'folder', detail: 'UIDVALIDITY changed'});
	expect(world.server.received.join('\n')).not.toContain('UID FETCH');
});

test('a refused EXAMINE is tried again for a while, then that folder is unreadable and the others go on', async () => {
	let refusals = 2;
	const world = await start({
		folders: [inbox(many(1)), inbox([], {name: 'Broken'})],
		script({name, tag, rest}, {send}) {
			if (name === 'EXAMINE' && (rest.includes('Broken') || refusals-- > 0)) {
				send(`${tag} NO cannot open`);
				return;
			}

			return 'default';
		},
	});
	expect(await world.source.list(['INBOX'], never)).toHaveLength(1);
	expect(await failureFrom(world.source.list(['Broken'], never))).toMatchObject({code: 'folder-unreadable', reach: 'folder', detail: 'NO cannot open'});
	expect(await world.source.list(['INBOX'], never)).toHaveLength(1);
	expect(await failureFrom(world.source.list(['Nowhere'], never))).toMatchObject({code: 'folder-unreadable'});
});

test('calendars are named as such when they do not open; a folder "Notes" with mail in it is mail; lines that are not quite IMAP are read', async () => {
	const {source} = await start({
		folders: [inbox(), inbox([], {name: 'Calendar'}), inbox([], {name: 'Notes'}), inbox([], {name: 'Sent', attributes: String.raw`\Sent`})],
		script({name, tag, rest}, {send}) {
			if (name === 'EXAMINE' && rest.includes('Calendar')) {
				send(`${tag} NO not a mail folder`);
				return;
			}

			if (name === 'LIST') {
				send('* LIST (\\HasNoChildren) "/" INBOX/Da\tOggetto\tRicevuto');
			}

			return 'default';
		},
	});
	const folders = await source.folders(never);
	expect(folders.map(({path, kind}) => `${path.join('>')} ${kind}`).sort()).toEqual(['Calendar not-mail', 'INBOX mail', 'INBOX>Da\tOggetto\tRicevuto mail', 'Notes mail', 'Sent mail']);
	expect(folders.find(({path}) => path[0] === 'Sent')?.role).toBe('sent');
});

test('vanished is said only over a fresh connection, by a list without the UID', async () => {
	const world = await start({folders: [inbox(many(5))]});
	await world.source.open(never);
	expect(await world.source.confirmGone(['INBOX'], [1, 2, 9, 100], never)).toEqual(new Set([2, 100]));
	expect(world.server.connections()).toBe(2);
});

test('a stop in the middle of a read ends it with the reason', async () => {
	const messages = many(10);
	const world = await start({
		folders: [inbox(messages)],
		script({name}, {socket}) {
			if (name === 'UID FETCH') {
				socket.write('* 1 FETCH (UID 1 BODY[] {10000}\r\nand no more');
				controller.abort(new Error('enough'));
				return;
			}

			return 'default';
		},
	});
	const controller = new AbortController();
	await expect(readAll(world, messages, controller.signal)).rejects.toThrow('enough');
});

test('a literal announced larger than memory allows is refused before it comes, and the rest go on', async () => {
	const messages = many(6);
	const world = await start({
		folders: [inbox(messages)],
		script({name, rest}, {socket}) {
			if (name === 'UID FETCH' && rest.split(' ')[0]!.split(',').includes('5')) {
				socket.write('* 1 FETCH (UID 5 BODY[] {2147483648}\r\n');
				return;
			}

			return 'default';
		},
	});
	const results = await readAll(world, messages);
	expect(results[2]).toMatchObject({uid: 5, failure: {code: 'message-unreadable', detail: expect.stringContaining('2147483648') as string}});
	expect(results.filter(result => 'bytes' in result)).toHaveLength(5);
	const announced = await gather(world.source.read(['INBOX'], '7', [{uid: 3, size: 3_000_000_000}], never));
	expect(announced[0]).toMatchObject({failure: {code: 'message-unreadable'}});
});

test.each([
	['words', 'HTTP/1.1 400 Bad Request\r\n\r\n<html>'],
	['an endless line', 'endless'],
	['an alien tag', 'ZZZ9 OK done\r\n'],
	['our tag with a word that is no status', '{tag} MAYBE later\r\n'],
	['half a line', '* 1 FETCH (UID 1 BODY[] "unfinished\r\n'],
])('a server that answers %s is nonsense, and never a message', async (_, answer) => {
	const messages = many(2);
	const world = await start({
		folders: [inbox(messages)],
		async script({name, tag}, {socket}) {
			if (name !== 'UID FETCH') {
				return 'default';
			}

			if (answer === 'endless') {
				const chunk = Buffer.alloc(1024 * 1024, 0x61);
				for (let index = 0; index < 64 && !socket.destroyed; index++) {
					// eslint-disable-next-line no-await-in-loop -- so that the client can hang up
					await new Promise(resolve => {
						socket.write(chunk, resolve);
					});
				}

				return;
			}

			socket.write(answer.replace('{tag}', tag) + `${tag} OK done\r\n`.repeat(answer.startsWith('*') || answer.startsWith('H') ? 1 : 0));
		},
	}, {patience: 600_000});
	const before = process.memoryUsage().rss;
	const results = await readAll(world, messages);
	expect(results.map(result => 'failure' in result && result.failure.code)).toEqual(['message-unreadable', 'message-unreadable']);
	expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
});

test('a header line of 20 MB is a message like others', async () => {
	const messages = [message(1, `Subject: ${'s'.repeat(20 * 1024 * 1024)}\r\n\r\n`), message(2, 'small')];
	const world = await start({folders: [inbox(messages)]});
	const results = await readAll(world, messages);
	expect(results.map(result => 'bytes' in result ? result.bytes.length : 'none')).toEqual(messages.map(({bytes}) => bytes.length));
});

test('a large message comes in pieces, whatever its length; a server that knows none, or announces wrongly, gives it whole', async () => {
	const lengths = [8 * 1024 * 1024, (8 * 1024 * 1024) + 1, (13 * 1024 * 1024) - 1];
	const messages = lengths.map((length, index) => message(index + 1, 'abcdefg\n'.repeat(Math.ceil(length / 8)).slice(0, length)));
	messages.push(message(4, 'z'.repeat(9_000_000), {size: 9_000_001}), message(5, 'z'.repeat(9_000_000), {size: 8_999_999}));
	for (const answer of ['pieces', 'whole', 'BAD']) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const world = await start({
			folders: [inbox(messages)],
			script({name, tag, rest}, {send, socket}) {
				if (name !== 'UID FETCH' || !rest.includes('<') || answer === 'pieces') {
					return 'default';
				}

				if (answer === 'BAD') {
					send(`${tag} BAD no pieces`);
					return;
				}

				const {uid, bytes} = messages.find(one => rest.startsWith(`${one.uid} `))!;
				socket.write(`* 1 FETCH (UID ${uid} BODY[] {${bytes.length}}\r\n`);
				socket.write(bytes);
				socket.write(`)\r\n${tag} OK done\r\n`);
			},
		});
		// eslint-disable-next-line no-await-in-loop -- one after another
		const results = await readAll(world, messages);
		expect(results.map(result => 'bytes' in result && Buffer.compare(Buffer.from(result.bytes), Buffer.from(messages[result.uid - 1]!.bytes)))).toEqual([0, 0, 0, 0, 0]);
		expect(results.map(result => 'bytes' in result && result.announced)).toEqual([undefined, undefined, undefined, 9_000_001, 8_999_999]);
		expect(world.server.received.filter(line => line.startsWith('UID FETCH 1 '))).toHaveLength(answer === 'pieces' ? 3 : 2);
	}

	const gone = await start({folders: [inbox([])]});
	expect(await gather(gone.source.read(['INBOX'], '7', [{uid: 9, size: 20_000_000}], never))).toEqual([{uid: 9, gone: true}]);
});
