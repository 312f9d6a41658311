import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type Fault, type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type ImapServer} from '../../source/sandbox/imap/server.js';
import {
	appendTo, arrive, ask, enter, eventually, handClock, mail, serve,
} from './stage.js';

const inbox = (server: ImapServer) => server.mailbox().folder(['INBOX']).messages;
const three = [{path: ['INBOX'], messages: ['a', 'b', 'c'].map(subject => ({bytes: mail(subject, 'x'.repeat(200))}))}];
const onAppend = (fault: Fault): FaultRule => ({on: 'append', nth: 1, do: fault});

describe('an APPEND that goes wrong', () => {
	test('drop: nothing is stored, nothing answered', async () => {
		const server = await serve({rules: [onAppend({type: 'drop'})]});
		const client = await enter(server);
		expect(await client.append('INBOX', mail('a'))).toBe('');
		expect(inbox(server)).toHaveLength(0);
		expect(server.log.at(-1)).toMatchObject({command: 'APPEND INBOX', answer: 'none', faults: ['drop']});
		expect(await appendTo(server, mail('a'))).toMatch(/OK/);
	});

	test('drop-mid-literal: the connection is cut while the literal comes, and nothing is stored', async () => {
		const server = await serve({rules: [onAppend({type: 'drop-mid-literal', bytes: 10})]});
		const client = await enter(server);
		client.send('x APPEND INBOX {1000+}\r\n0123456789');
		expect(await client.rest()).toBe('');
		expect(inbox(server)).toHaveLength(0);
	});

	test('commit-then-drop: it is stored, and no answer comes', async () => {
		const server = await serve({rules: [onAppend({type: 'commit-then-drop'})]});
		expect(await appendTo(server, mail('a'))).toBe('');
		expect(inbox(server)).toHaveLength(1);
	});

	test('drop-then-commit: it is stored only when that time has passed on the clock, long after the connection', async () => {
		const clock = handClock();
		const server = await serve({clock, rules: [onAppend({type: 'drop-then-commit', milliseconds: 5000})]});
		expect(await appendTo(server, mail('a'))).toBe('');
		clock.advance(4999);
		const client = await enter(server);
		expect(await client.command('STATUS INBOX (MESSAGES)')).toContain('MESSAGES 0');
		clock.advance(1);
		await server.settled();
		expect(await client.command('STATUS INBOX (MESSAGES)')).toContain('MESSAGES 1');
	});

	test('drop-then-commit: what is not yet committed when the server ends never is', async () => {
		const server = await serve({clock: handClock(), rules: [onAppend({type: 'drop-then-commit', milliseconds: 5000})]});
		await appendTo(server, mail('a'));
		await server.close();
		expect(inbox(server)).toHaveLength(0);
	});

	test.each([false, true])('stall (commit: %s): that connection is dead, a new one works', async commit => {
		const server = await serve({rules: [onAppend({type: 'stall', commit})]});
		const client = await enter(server);
		client.send('x APPEND INBOX {3+}\r\nabc\r\ny NOOP\r\n');
		const other = await enter(server);
		expect(await other.command('NOOP')).toMatch(/OK/);
		await eventually(() => server.struck.length === 1);
		expect(client.received).not.toMatch(/^[xy] /m);
		expect(client.closed).toBe(false);
		expect(inbox(server)).toHaveLength(commit ? 1 : 0);
	});

	test('delay with commit: stored at once, answered when that time has passed', async () => {
		const clock = handClock();
		const server = await serve({clock, rules: [onAppend({type: 'delay', milliseconds: 60_000, commit: true})]});
		const client = await enter(server);
		const answer = client.append('INBOX', mail('a'));
		await eventually(() => clock.sleepers() === 1);
		expect(inbox(server)).toHaveLength(1);
		expect(client.received).not.toContain('APPENDUID');
		clock.advance(60_000);
		expect(await answer).toContain('APPENDUID');
	});

	test('delay without commit: stored and answered only then', async () => {
		const clock = handClock();
		const server = await serve({clock, rules: [onAppend({type: 'delay', milliseconds: 60_000})]});
		const client = await enter(server);
		const answer = client.append('INBOX', mail('a'));
		await eventually(() => clock.sleepers() === 1);
		expect(inbox(server)).toHaveLength(0);
		clock.advance(60_000);
		expect(await answer).toContain('APPENDUID');
	});

	test('alien-tag: the answer bears a word of the message, and no other comes', async () => {
		const server = await serve({
			rules: [{
				on: 'append', nth: 1, times: 2, do: {type: 'alien-tag', commit: true},
			}],
		});
		const client = await enter(server);
		client.send('x APPEND INBOX {13+}\r\n<body class=x\r\n');
		expect(await client.until(/\r\n/)).toBe('<body BAD Command Error. 10\r\n');
		expect(await client.command('NOOP')).toBe('t2 OK NOOP completed.\r\n');
		expect(inbox(server)).toHaveLength(1);
	});

	test('refuse and throttle: in the words given, as NO or BAD, with or without BYE', async () => {
		const server = await serve({
			rules: [
				onAppend({type: 'refuse', code: 'OVERQUOTA', text: 'Full.'}),
				{on: 'append', nth: 2, do: {type: 'throttle', milliseconds: 2000}},
				{
					on: 'append', nth: 3, do: {
						type: 'throttle', milliseconds: 89_117, status: 'BAD', bye: true,
					},
				},
			],
		});
		const client = await enter(server);
		expect(await client.append('INBOX', mail('a'))).toBe('t2 NO [OVERQUOTA] Full.\r\n');
		expect(await client.append('INBOX', mail('a'))).toBe('t3 NO Request is throttled. Suggested Backoff Time: 2000 milliseconds\r\n');
		client.send('x APPEND INBOX {1+}\r\na\r\n');
		expect(await client.rest()).toBe('x BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds\r\n* BYE Connection closed. 14\r\n');
		expect(inbox(server)).toHaveLength(0);
	});

	test('a held throttle answers every append with what is left of it, on any connection, and counts who came early', async () => {
		const clock = handClock();
		const server = await serve({clock, rules: [onAppend({type: 'throttle', milliseconds: 2000, hold: true})]});
		const client = await enter(server);
		expect(await client.append('INBOX', mail('a'))).toContain('Time: 2000 ');
		clock.advance(1500);
		expect(await appendTo(server, mail('a'))).toContain('Time: 500 ');
		expect(server.early).toBe(1);
		clock.advance(500);
		expect(await client.append('INBOX', mail('a'))).toContain('APPENDUID');
		expect(server.early).toBe(1);
	});
});

describe('a FETCH that goes wrong', () => {
	test('drop-mid-literal: so many bytes of the content leave, then the connection is closed', async () => {
		const server = await serve({folders: three, rules: [{on: 'read', uid: 2, do: {type: 'drop-mid-literal', bytes: 12}}]});
		const client = await enter(server, 'EXAMINE INBOX');
		expect(await client.command('UID FETCH 1 BODY.PEEK[]')).toMatch(/OK/);
		expect(await client.command('UID FETCH 1:3 BODY.PEEK[]')).toMatch(/\* 2 FETCH \(UID 2 BODY\[] {\d+}\r\nSubject: b\r\n$/);
	});

	test('truncate: the literal is announced shorter, or RFC822.SIZE differs', async () => {
		const server = await serve({
			folders: three, rules: [
				{on: 'read', uid: 2, do: {type: 'truncate', what: 'literal', by: 10}},
				{on: 'listing', uid: 3, do: {type: 'truncate', what: 'size', by: -7}},
			],
		});
		const client = await enter(server, 'EXAMINE INBOX');
		const {size} = inbox(server)[0]!;
		const bodies = await client.command('UID FETCH 1:3 (RFC822.SIZE BODY.PEEK[])');
		expect([...bodies.matchAll(/RFC822\.SIZE (\d+) BODY\[] {(\d+)}/g)].map(match => [Number(match[1]), Number(match[2])])).toEqual([[size, size], [size, size - 10], [size, size]]);
		const listing = await client.command('UID FETCH 1:3 (RFC822.SIZE)');
		expect([...listing.matchAll(/RFC822\.SIZE (\d+)/g)].map(match => Number(match[1]))).toEqual([size, size, size - 7]);
	});

	test('vanish: the message is gone just before, and is not answered', async () => {
		const server = await serve({
			folders: three, rules: [{
				on: 'read', nth: 1, uid: 2, do: {type: 'vanish'},
			}],
		});
		const client = await enter(server, 'EXAMINE INBOX');
		const answer = await client.command('UID FETCH 1:3 BODY.PEEK[HEADER]');
		expect(answer).toContain('(UID 2');
		const gone = await client.command('UID FETCH 2 BODY.PEEK[]');
		expect(gone).toBe('* 2 EXPUNGE\r\nt4 OK FETCH completed.\r\n');
		expect(inbox(server).map(message => message.uid)).toEqual([1, 3]);
	});

	test.each(['keep', 'flip'] as const)('recreate (%s): the folder opened is another one', async uidValidity => {
		const server = await serve({
			folders: [{path: ['A'], uidValidity: 1, messages: [{bytes: mail('a')}, {bytes: mail('b')}]}],
			rules: [{
				on: 'examine', nth: 2, folder: ['A'], do: {
					type: 'recreate', uidValidity, restartUids: true, contents: 'reversed',
				},
			}],
		});
		const client = await enter(server, 'EXAMINE A');
		const answer = await client.command('EXAMINE A');
		expect(answer.includes('[UIDVALIDITY 1]')).toBe(uidValidity === 'keep');
		expect(await client.command('UID FETCH 1 BODY.PEEK[HEADER]')).toContain('Subject: b');
	});
});

describe('anything that goes wrong', () => {
	test('connections: dropped, refused, silent or spoken to in nonsense before the greeting', async () => {
		const server = await serve({
			rules: [
				{on: 'connect', nth: 1, do: {type: 'drop'}},
				{on: 'connect', nth: 2, do: {type: 'bye', text: 'Too busy'}},
				{on: 'connect', nth: 3, do: {type: 'nonsense'}},
			],
		});
		const [dropped, refused, babbled] = [await arrive(server), await arrive(server), await arrive(server)];
		expect(await dropped.rest()).toBe('');
		expect(refused.received).toBe('* BYE Too busy\r\n');
		await babbled.rest();
		expect(babbled.received).not.toMatch(/^\* OK .*ready/);
		expect(babbled.received.length).toBeGreaterThan(100);
		expect(await ask(server, 'NOOP')).toMatch(/OK/);
	});

	test('bye, nonsense and refusal of sign-in, folder and command', async () => {
		const server = await serve({
			rules: [
				{on: 'login', nth: 1, do: {type: 'refuse', code: 'UNAVAILABLE', text: 'Temporary authentication failure. [x]'}},
				{on: 'open', folder: ['A'], do: {type: 'refuse', text: 'Server Unavailable. 15'}},
				{on: 'list', nth: 1, do: {type: 'nonsense', bytes: 50}},
				{on: 'command', nth: 8, do: {type: 'bye'}},
			],
			folders: [{path: ['A']}, {path: ['B']}],
		});
		const client = await arrive(server);
		expect(await client.command('LOGIN a@example.org secret')).toBe('t1 NO [UNAVAILABLE] Temporary authentication failure. [x]\r\n');
		expect(await client.command('LOGIN a@example.org secret')).toMatch(/OK/);
		expect(await client.command('EXAMINE A')).toBe('t3 NO Server Unavailable. 15\r\n');
		expect(await client.command('SELECT A')).toBe('t4 NO Server Unavailable. 15\r\n');
		expect(await client.command('EXAMINE B')).toMatch(/OK/);
		client.send('x LIST "" "*"\r\n');
		await eventually(() => server.struck.length === 4);
		const answer = await client.command('NOOP');
		expect(answer).not.toMatch(/x OK/);
		expect(answer.length).toBeGreaterThan(50);
		client.send('y NOOP\r\n');
		expect(await client.rest()).toBe('* BYE Connection closed. 14\r\n');
	});

	test('bytes: the connection is cut after so many, wherever that is, for each connection anew', async () => {
		const server = await serve({
			folders: three, rules: [{
				on: 'bytes', after: 900, times: 2, do: {type: 'drop'},
			}],
		});
		for (let round = 0; round < 2; round++) {
			const client = await enter(server, 'EXAMINE INBOX'); // eslint-disable-line no-await-in-loop -- one after the other
			client.send('x UID FETCH 1:3 BODY.PEEK[]\r\n');
			await client.rest(); // eslint-disable-line no-await-in-loop -- as above
			expect(client.received.length).toBeLessThan(900);
			expect(client.received).not.toContain('x OK');
		}

		const client = await enter(server, 'EXAMINE INBOX');
		expect(await client.command('UID FETCH 1:3 BODY.PEEK[]')).toMatch(/OK/);
	});

	test('dropAllConnections ends them, and the counters tell how many there were', async () => {
		const server = await serve();
		const clients = [await enter(server), await enter(server)];
		expect(server.counters.connections).toEqual({now: 2, peak: 2, ever: 2});
		server.dropAllConnections();
		await Promise.all(clients.map(async client => client.rest()));
		await eventually(() => server.counters.connections.now === 0);
		expect(Object.entries(server.counters.commands)).toEqual([['LOGIN', 2]]);
		expect(await ask(server, 'NOOP')).toMatch(/OK/);
	});
});

describe('a plan', () => {
	test('is data, and its seed repeats it', async () => {
		const plan = {
			seed: 7, rules: [{on: 'noop', chance: 0.5, do: {type: 'refuse'}}, {
				on: 'noop', every: 4, times: 2, do: {type: 'refuse', text: 'fourth'},
			}],
		} as const;
		const run = async (): Promise<string> => {
			const server = await serve();
			const text = JSON.stringify(plan);
			server.setFaults(JSON.parse(text) as typeof plan);
			const client = await enter(server);
			let answers = '';
			for (let round = 0; round < 16; round++) {
				answers += /t\d+ (\w+)/.exec(await client.command('NOOP'))![1]!; // eslint-disable-line no-await-in-loop -- one after the other
			}

			expect(server.struck.filter(({rule}) => rule.every)).toHaveLength(2);
			return answers;
		};

		const [first, second] = [await run(), await run()];
		expect(first).toBe(second);
		expect(first).toMatch(/OK/);
		expect(first).toMatch(/NO/);
	});

	test('an nth rule counts each command once, also with its literal', async () => {
		const server = await serve({rules: [{on: 'append', nth: 2, do: {type: 'refuse', text: 'second'}}, {on: 'login', nth: 2, do: {type: 'refuse', text: 'second login'}}]});
		const client = await arrive(server);
		expect(await client.command('LOGIN {13+}\r\na@example.org {6+}\r\nsecret')).toMatch(/OK/);
		expect(await client.append('{5+}\r\nINBOX', Buffer.from('x'))).toMatch(/OK/);
		expect(await client.append('{5+}\r\nINBOX', Buffer.from('x'), true)).toBe('t3 NO second\r\n');
		expect(await client.append('INBOX', Buffer.from('x'))).toMatch(/OK/);
	});
});
