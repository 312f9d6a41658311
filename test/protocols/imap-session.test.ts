import {afterEach, expect, test} from 'vitest';
import {imapSource} from '../../source/sources/imap.js';
import {realClock} from '../../source/mailbox/clock.js';
import {startDovecot, dovecotAvailable} from '../dovecot/dovecot.js';
import {freePort} from '../dovecot/free-port.js';
import {startScriptedImap, type ScriptedImap, type ScriptedOptions} from './scripted-imap.js';
import {failureFrom, never, surroundings} from './surroundings.js';

const servers: ScriptedImap[] = [];

const start = async (options: ScriptedOptions): Promise<ScriptedImap> => {
	const server = await startScriptedImap(options);
	servers.push(server);
	return server;
};

afterEach(async () => {
	await Promise.all(servers.splice(0).map(async server => server.stop()));
});

/** A server that answers the first sign-ins so, then lets in. */
const refusing = async (...answers: string[]) => start({
	script({tag, name}, {send, number}) {
		const answer = name === 'LOGIN' ? answers[number - 1] : undefined;
		if (answer === undefined) {
			return 'default';
		}

		send(`${tag} ${answer}`);
	},
});

const temporary = 'NO [UNAVAILABLE] Temporary authentication failure. [2026-08-03 06:00:06] planted-secret';

test('a plain refusal ends the first sign-in at once, without the server\'s words', async () => {
	const server = await refusing('NO [AUTHENTICATIONFAILED] no such password: planted-secret', 'OK');
	const {options, clock, notices} = surroundings(server);
	const lines: Array<Record<string, unknown>> = [];
	const source = imapSource({...options, log: line => lines.push(line)});
	const failure = await failureFrom(source.open(never));
	expect(failure).toMatchObject({code: 'sign-in-refused', detail: 'code AUTHENTICATIONFAILED'});
	expect(server.connections()).toBe(1);
	expect(clock.waits).toEqual([]);
	const error = failure.error as Error;
	expect(JSON.stringify([failure, notices, lines, error.message, error.stack, String(error.cause)])).not.toMatch(/planted-secret|no such password/v);
});

test('a "temporary" refusal is tried three times within two minutes, then it is a refusal', async () => {
	const server = await refusing(temporary, temporary, temporary, 'OK');
	const {options, clock} = surroundings(server);
	expect(await failureFrom(imapSource(options).open(never))).toMatchObject({code: 'sign-in-refused-temporarily'});
	expect(server.connections()).toBe(3);
	expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(120_000);
});

test('the third try may succeed', async () => {
	const server = await refusing(temporary, 'NO temporary failure');
	const {options} = surroundings(server);
	const source = imapSource(options);
	await source.open(never);
	await source.close();
});

test('an account that has signed in before waits out the same refusal', async () => {
	const server = await refusing(...Array.from({length: 12}, () => temporary));
	const {options, notices} = surroundings(server);
	const source = imapSource({...options, hasSignedInBefore: true});
	await source.open(never);
	expect(server.connections()).toBe(13);
	expect(notices.filter(({type}) => type === 'reconnecting')).toHaveLength(12);
	await source.close();
});

test('refused beside other connections, it goes on with fewer', async () => {
	const server = await start({
		script({tag, name, rest}, {send, number}) {
			if (name === 'LOGIN' && number > 1) {
				send(`${tag} ${temporary}`);
				return;
			}

			if (name === 'EXAMINE' && rest.includes('INBOX')) {
				return 'default';
			}

			return 'default';
		},
	});
	const {options, notices} = surroundings(server);
	const source = imapSource({...options, connections: 2});
	await source.open(never);
	const [a, b] = await Promise.all([source.list(['INBOX'], never), source.list(['INBOX'], never)]);
	expect([a.length, b.length]).toEqual([0, 0]);
	expect(notices.map(({type}) => type)).toContain('fewer-connections');
	expect(source.connections).toBe(1);
	await source.close();
});

test('a good sign-in without a mailbox is a refusal with its own words', async () => {
	for (const order of ['bad', 'bye']) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const server = await start({
			script({tag, name}, {send}) {
				if (name === 'NAMESPACE' || name === 'LIST') {
					send(...(order === 'bye' ? ['* BYE Connection closed. 14'] : []), `${tag} BAD User is authenticated but not connected.`);
					return;
				}

				return 'default';
			},
		});
		const {options} = surroundings(server);
		// eslint-disable-next-line no-await-in-loop -- one after another
		const failure = await failureFrom(imapSource(options).open(never));
		expect(failure.code).toBe('sign-in-refused');
		expect(failure.detail).toContain('not connected');
	}
});

test('nobody there is told after a few tries', async () => {
	const {options, clock} = surroundings({host: '127.0.0.1', port: await freePort()});
	expect(await failureFrom(imapSource(options).open(never))).toMatchObject({code: 'host-unreachable', detail: 'ECONNREFUSED'});
	expect(clock.waits).toHaveLength(3);
	expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(30_000);
});

test('a host lost later is waited for as long as patience lasts, then the connection is lost', async () => {
	const server = await start({});
	const {options, clock} = surroundings(server, {patience: 7_200_000});
	const source = imapSource(options);
	await source.open(never);
	await source.folders(never);
	await server.stop();
	servers.length = 0;
	expect(await failureFrom(source.list(['INBOX'], never))).toMatchObject({code: 'connection-lost'});
	expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(7_200_000);
	await source.close();
});

test('a greeting that never comes, and a server that falls silent during sign-in, have deadlines', async () => {
	for (const raw of [() => undefined, (socket: {write(text: string): void}) => {
		socket.write('* OK hello\r\n');
	}]) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const server = await start({raw});
		const {options} = surroundings(server, {greeting: 100, silence: 100});
		// eslint-disable-next-line no-await-in-loop -- one after another
		expect(await failureFrom(imapSource(options).open(never))).toMatchObject({code: 'host-unreachable'});
	}
});

test('a stopped run stops waiting', async () => {
	const server = await start({raw: () => undefined});
	const {options} = surroundings(server);
	const controller = new AbortController();
	const opening = imapSource({...options, clock: realClock()}).open(controller.signal);
	setImmediate(() => {
		controller.abort(new Error('stop'));
	});
	await expect(opening).rejects.toThrow('stop');
});

test('who stops while a token is waited for is not kept waiting, and whoever fetches it is told', async () => {
	const server = await start({});
	const {options} = surroundings(server);
	const stop = new AbortController();
	let tell: ((signal: AbortSignal) => void) | undefined;
	const asked = new Promise<AbortSignal>(resolve => {
		tell = resolve;
	});
	const source = imapSource({
		...options, async credential(_fresh, signal) {
			tell!(signal);
			return Promise.race<{accessToken: string}>([]);
		},
	});
	const opening = failureFrom(source.open(stop.signal));
	const told = await asked;
	const reason = new Error('enough');
	stop.abort(reason);
	expect(await opening).toEqual({error: reason});
	expect(told.aborted).toBe(true);
	expect(server.connections()).toBe(0);
});

test('a connection is not begun anything with in the last minutes of its token', async () => {
	const server = await start({});
	const {options, clock} = surroundings(server);
	const source = imapSource({...options, connections: 1, credential: async () => ({password: 'good for an hour', expires: clock.now() + 3_600_000})});
	await source.open(never);
	await clock.sleep(3_400_000);
	await source.folders(never);
	expect(server.connections()).toBe(1);
	await clock.sleep(100_000);
	await source.folders(never);
	expect(server.connections()).toBe(2);
	await source.close();
});

test('a throttled command is told at once, everyone waits as long as the server asked, and it goes on', async () => {
	let throttles = 2;
	const server = await start({
		script({tag, name}, {send}) {
			if (name === 'EXAMINE' && throttles-- > 0) {
				send(`${tag} ${throttles === 0 ? 'BAD' : 'NO'} Request is throttled. Suggested Backoff Time: 299609 milliseconds`, ...(throttles === 0 ? ['* BYE Connection closed. 14'] : []));
				return;
			}

			return 'default';
		},
	});
	const {options, clock, notices} = surroundings(server);
	const source = imapSource(options);
	await source.open(never);
	await source.list(['INBOX'], never);
	expect(notices.filter(({type}) => type === 'throttled').map(({wait}) => wait)).toEqual([299_609, 299_609]);
	expect(clock.waits.filter(wait => wait >= 299_000)).toHaveLength(2);
	await source.close();
});

test('a throttle of nothing, repeated, waits longer each time', async () => {
	let throttles = 5;
	const server = await start({
		script({tag, name}, {send}) {
			if (name === 'EXAMINE' && throttles-- > 0) {
				send(`${tag} NO Request is throttled. Suggested Backoff Time: 0 milliseconds`);
				return;
			}

			return 'default';
		},
	});
	const {options, notices} = surroundings(server);
	const source = imapSource(options);
	await source.list(['INBOX'], never);
	expect(notices.filter(({type}) => type === 'throttled').map(({wait}) => wait)).toEqual([1000, 2000, 4000, 8000, 16_000]);
	await source.close();
});

test.skipIf(!dovecotAvailable)('a certificate that does not verify is refused, one of a named authority is taken', async () => {
	const dovecot = await startDovecot({tls: true});
	const {options} = surroundings({host: 'localhost', port: dovecot.tlsPort!});
	const credential = async () => ({password: dovecot.password});
	expect(await failureFrom(imapSource({
		...options, tls: true, user: dovecot.user, credential,
	}).open(never))).toMatchObject({code: 'tls-refused'});
	const {readFile} = await import('node:fs/promises');
	const source = imapSource({
		...options, tls: true, user: dovecot.user, credential, ca: await readFile(dovecot.caFile!, 'utf8'),
	});
	await source.open(never);
	await source.close();
	await dovecot.stop();
});
