import {Buffer} from 'node:buffer';
import {createServer, type Server} from 'node:http';
import {connect, type AddressInfo} from 'node:net';
import {
	describe, expect, test, vi,
} from 'vitest';
import {CallFailure, type EwsOptions, EwsSession} from '../../source/protocols/ews-soap.js';
import {type Notice} from '../../source/mailbox/source.js';
import {makeCertificates} from '../../source/sandbox/certificate.js';
import {failureFrom, never, PatientClock} from './surroundings.js';
import {
	answerOf, faultOf, type Reply, refusal, scriptedEws, success,
} from './scripted-ews.js';

const fine: Reply = {body: answerOf(success)};
const fault = (code: string, xml = ''): Reply => ({status: 500, body: faultOf(code, 'No.', xml)});
const body = '<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>';
const read = {body, signal: never};
const write = {body, signal: never, writes: true};

const sessionTo = (server: {readonly host: string; readonly ca: string}, more: Partial<EwsOptions> = {}) => {
	const clock = new PatientClock();
	const notices: Notice[] = [];
	const lines: Array<Record<string, unknown>> = [];
	const fresh: boolean[] = [];
	const session = new EwsSession({
		host: server.host,
		ca: server.ca,
		mailbox: 'a@contoso.com',
		async token(again = false) {
			fresh.push(again);
			return again ? 'fresh-token' : 'planted-token';
		},
		clock,
		random: () => 0.5,
		notice(notice) {
			notices.push(notice);
		},
		log(line) {
			lines.push(line);
		},
		...more,
	});
	return {
		session, clock, notices, lines, fresh,
		async [Symbol.asyncDispose]() {
			await session.close();
		},
	};
};

describe('what is sent', () => {
	test('headers and envelope as Exchange Online wants them, with a length', async () => {
		await using server = await scriptedEws([{...fine, headers: {'set-cookie': 'exchangecookie=1; path=/'}}, fine]);
		await using one = sessionTo(server);
		const [message] = await one.session.call(write);
		expect(message!.code).toBe('NoError');
		await one.session.call(write);
		const [{headers, path, body: sent}, again] = server.asked as [typeof server.asked[0], typeof server.asked[0]];
		expect(path).toBe('/EWS/Exchange.asmx');
		expect(headers).toMatchObject({
			authorization: 'Bearer planted-token',
			'content-type': 'text/xml; charset=utf-8',
			'content-length': String(Buffer.byteLength(sent)),
			'x-anchormailbox': 'a@contoso.com',
			'return-client-request-id': 'true',
			'user-agent': 'aw2ms365',
		});
		expect(headers['client-request-id']).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
		expect(headers['transfer-encoding']).toBeUndefined();
		expect(sent).toContain('<t:RequestServerVersion Version="Exchange2013_SP1"/><t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>a@contoso.com</t:PrimarySmtpAddress>');
		expect(sent).toContain(`<s:Body>${body}</s:Body>`);
		expect(again.headers.cookie).toBeUndefined();
		expect(again.connection).toBeLessThan(2);
	});

	test('five megabytes arrive as they were sent', async () => {
		await using server = await scriptedEws([fine]);
		await using one = sessionTo(server);
		const content = 'ä'.repeat(2_500_000);
		await one.session.call({...write, body: `<m:CreateItem>${content}</m:CreateItem>`});
		expect(server.asked[0]!.body).toContain(`<m:CreateItem>${content}</m:CreateItem>`);
		expect(server.asked[0]!.headers['content-length']).toBe(String(Buffer.byteLength(server.asked[0]!.body)));
	});
});

describe('a server of another version', () => {
	test.each(['ErrorInvalidServerVersion', 'ErrorInvalidRequest', 'ErrorIncorrectSchemaVersion'])('%s to the very first call leads to a lower version, which stays', async code => {
		await using server = await scriptedEws(({body: asked}) => asked.includes('"Exchange2013_SP1"') ? fault(code) : fine);
		await using one = sessionTo(server);
		await one.session.call(write);
		await one.session.call(write);
		expect(server.asked.map(({body: asked}) => /Version="(?<version>\w+)"/.exec(asked)!.groups!.version)).toEqual(['Exchange2013_SP1', 'Exchange2010_SP2', 'Exchange2010_SP2']);
	});

	test('several first calls at once agree on one', async () => {
		await using server = await scriptedEws(({body: asked}) => asked.includes('"Exchange2013_SP1"') ? fault('ErrorInvalidServerVersion') : fine);
		await using one = sessionTo(server);
		await Promise.all([1, 2, 3, 4].map(async () => one.session.call(write)));
		expect(server.asked.some(({body: asked}) => asked.includes('Exchange2007_SP1'))).toBe(false);
	});

	test('a server that takes none is told of once all were tried', async () => {
		await using server = await scriptedEws([fault('ErrorInvalidServerVersion')]);
		await using one = sessionTo(server);
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'bug', outcome: 'not stored'});
		expect(server.asked).toHaveLength(3);
	});

	test('after a good answer ErrorInvalidRequest is about the request', async () => {
		await using server = await scriptedEws([fine, fault('ErrorInvalidRequest')]);
		await using one = sessionTo(server);
		await one.session.call(write);
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'message-refused', outcome: 'not stored'});
		expect(server.asked).toHaveLength(2);
	});
});

describe('sign-in', () => {
	test('401 is answered with a fresh token, once for all calls that heard it', async () => {
		await using server = await scriptedEws(({headers}) => headers.authorization === 'Bearer fresh-token' ? fine : {status: 401, headers: {'www-authenticate': 'Bearer client_id="x",Basic Realm=""'}});
		await using one = sessionTo(server);
		await Promise.all([1, 2, 3].map(async () => one.session.call(write)));
		expect(one.fresh.filter(Boolean)).toHaveLength(1);
		const tokens = server.asked.map(({headers}) => headers.authorization);
		expect(tokens.filter(token => token === 'Bearer planted-token')).toHaveLength(3);
		expect(tokens.filter(token => token === 'Bearer fresh-token')).toHaveLength(3);
	});

	test('401 with a fresh token is a refusal', async () => {
		await using server = await scriptedEws([{status: 401}]);
		await using one = sessionTo(server);
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'sign-in-refused', outcome: 'not stored', reach: 'run'});
		expect(await failureFrom(one.session.persist(read))).toMatchObject({code: 'sign-in-refused'});
		expect(server.asked).toHaveLength(4);
	});

	test('who stops while a token is waited for is not kept waiting', async () => {
		await using server = await scriptedEws([fine]);
		await using one = sessionTo(server, {token: async () => Promise.race<string>([])});
		const stop = new AbortController();
		const call = failureFrom(one.session.call({...write, signal: stop.signal}));
		const reason = new Error('enough');
		stop.abort(reason);
		expect(await call).toEqual({error: reason});
	});

	test('where no token can be had, nothing was sent', async () => {
		await using server = await scriptedEws([fine]);
		await using one = sessionTo(server, {
			async token() {
				throw new Error('no token');
			},
		});
		const {error, outcome} = await failureFrom(one.session.call(write));
		expect(error).toBeInstanceOf(CallFailure);
		expect(outcome).toBe('not stored');
		expect(server.asked).toHaveLength(0);
	});

	test('no token ever reaches the log', async () => {
		await using server = await scriptedEws([{status: 401, headers: {'x-ms-diagnostics': '2000001;reason="expired"'}}, fault('ErrorServerBusy'), 'close']);
		await using one = sessionTo(server);
		await failureFrom(one.session.call(write));
		await failureFrom(one.session.call(write));
		expect(one.lines.length).toBeGreaterThan(1);
		expect(JSON.stringify(one.lines)).not.toMatch(/planted-token|fresh-token/);
	});
});

describe('a write whose answer did not come is unknown, one that never left is not', () => {
	test.each<[Reply, string]>([
		['close', 'connection-lost'],
		['cut', 'connection-lost'],
		['nonsense', 'connection-lost'],
		[{status: 502, body: '<html>Bad gateway</html>'}, 'server-unavailable'],
		[{body: '<html>Welcome</html>'}, 'server-nonsense'],
	])('%j', async (reply, code) => {
		await using server = await scriptedEws([fine, reply]);
		await using one = sessionTo(server);
		await one.session.call(write);
		expect(await failureFrom(one.session.call(write))).toMatchObject({code, outcome: 'unknown', error: {soapFault: false}});
		expect(await failureFrom(one.session.call({...write, writes: false}))).toMatchObject({code, outcome: 'not stored'});
		// Never sent again by itself.
		expect(server.asked).toHaveLength(3);
	});

	test('no answer within the deadline', async () => {
		await using server = await scriptedEws(['hang']);
		await using one = sessionTo(server);
		vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
		try {
			const writing = failureFrom(one.session.call({...write, deadline: 5000}));
			await server.received(1);
			vi.advanceTimersByTime(5000);
			expect(await writing).toMatchObject({code: 'connection-lost', outcome: 'unknown', detail: `${server.host}: no answer within 5 s`});
		} finally {
			vi.useRealTimers();
		}
	});

	test('an answer that falls silent', async () => {
		await using server = await scriptedEws(['stall']);
		await using one = sessionTo(server, {http: {limits: {silence: 200}}});
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'connection-lost', outcome: 'unknown', detail: `${server.host}: the server fell silent`});
	});

	test('an answer without end is cut off', async () => {
		await using server = await scriptedEws([{body: answerOf(refusal('ErrorItemSave', 'x'.repeat(100_000)))}]);
		await using one = sessionTo(server, {http: {limits: {longest: 50_000}}});
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'server-nonsense', outcome: 'unknown'});
	});

	test('a stop while the answer is awaited leaves a write unknown and ends a read', async () => {
		await using server = await scriptedEws(['hang']);
		await using one = sessionTo(server);
		const stop = new AbortController();
		const writing = failureFrom(one.session.call({...write, signal: stop.signal}));
		const reading = failureFrom(one.session.persist({...read, signal: stop.signal}));
		await server.received(2);
		stop.abort(new Error('stopped by hand'));
		expect(await writing).toMatchObject({code: 'connection-lost', outcome: 'unknown'});
		expect(await reading).toMatchObject({error: {message: 'stopped by hand'}});
		expect(await failureFrom(one.session.call({...write, signal: stop.signal}))).toMatchObject({error: {message: 'stopped by hand'}});
		expect(server.asked).toHaveLength(2);
	});

	test('closing the session ends what is under way', async () => {
		await using server = await scriptedEws(['hang']);
		await using one = sessionTo(server);
		const writing = failureFrom(one.session.call(write));
		await server.received(1);
		await one.session.close();
		expect(await writing).toMatchObject({code: 'connection-lost', outcome: 'unknown'});
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'connection-lost', outcome: 'not stored'});
	});

	test('a host that is not there, before and after it once was', async () => {
		const {host, ca} = await (async () => {
			await using server = await scriptedEws([fine]);
			return server;
		})();
		await using one = sessionTo({host, ca});
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'host-unreachable', outcome: 'not stored', detail: `${host}: ECONNREFUSED`});
		const server = await scriptedEws([fine]);
		await using two = sessionTo(server);
		await two.session.call(write);
		await server[Symbol.asyncDispose]();
		const lost = await failureFrom(two.session.call(write));
		expect(lost.code).toBe('connection-lost');
		expect(await failureFrom(two.session.call(write))).toMatchObject({code: 'connection-lost', outcome: 'not stored'});
	});

	test('a certificate of nobody we know', async () => {
		await using server = await scriptedEws([fine]);
		await using one = sessionTo({host: server.host, ca: makeCertificates().ca});
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'tls-refused', outcome: 'not stored', reach: 'run'});
		await using two = sessionTo({host: server.host, ca: ''});
		expect(await failureFrom(two.session.persist(read))).toMatchObject({code: 'tls-refused'});
		expect(server.asked).toHaveLength(0);
	});

	test('a port without TLS', async () => {
		const plain = createServer().listen(0, '127.0.0.1');
		await new Promise(resolve => {
			plain.once('listening', resolve);
		});
		await using one = sessionTo({host: `127.0.0.1:${(plain.address() as AddressInfo).port}`, ca: ''});
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'host-unreachable', outcome: 'not stored'});
		plain.closeAllConnections();
		plain.close();
	});
});

describe('refusals', () => {
	test('405 and close, as other servers answer what is too large', async () => {
		await using server = await scriptedEws([{status: 405, close: true}, fine]);
		await using one = sessionTo(server);
		expect(await failureFrom(one.session.call({...write, body: 'x'.repeat(3_000_000)}))).toMatchObject({code: 'message-too-large', outcome: 'not stored', error: {status: 405, soapFault: false}});
		await one.session.call(write);
		expect(server.asked.map(({connection}) => connection)).toEqual([0, 1]);
	});

	test('a fault inside HTTP 200 says that the server is done with the call', async () => {
		await using server = await scriptedEws([fine, {status: 200, body: faultOf('ErrorSchemaValidation')}]);
		await using one = sessionTo(server);
		await one.session.call(write);
		expect(await failureFrom(one.session.call(write))).toMatchObject({error: {soapFault: true, responseCode: 'ErrorSchemaValidation', status: 200}});
	});

	test('a stated wait holds every call back, an item\'s too', async () => {
		await using server = await scriptedEws([
			fault('ErrorServerBusy', '<t:Value Name="BackOffMilliseconds">178510</t:Value>'),
			{body: answerOf(success, refusal('ErrorServerBusy', 'Suggested backoff time 5000 ms.'))},
			fine,
		]);
		await using one = sessionTo(server);
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'throttled', outcome: 'not stored', wait: 178_510});
		await one.session.call(write);
		expect(one.clock.waits).toEqual([178_510]);
		await one.session.call(write);
		expect(one.clock.waits).toEqual([178_510, 5000]);
		one.session.park(700);
		one.session.park(300);
		await one.session.call(write);
		expect(one.clock.waits).toEqual([178_510, 5000, 700]);
	});
});

describe('reads persist', () => {
	test('through losses, throttles and transient faults, telling so', async () => {
		await using server = await scriptedEws([
			fine,
			'close',
			fault('ErrorServerBusy', '<t:Value Name="BackOffMilliseconds">0</t:Value>'),
			fault('ErrorMailboxStoreUnavailable'),
			{body: answerOf(success, refusal('ErrorServerBusy', 'Suggested backoff time 5000 ms.'))},
			{status: 503, headers: {'retry-after': '30'}},
			fine,
		]);
		await using one = sessionTo(server);
		await one.session.persist(read);
		const messages = await one.session.persist(read);
		expect(messages).toHaveLength(1);
		expect(server.asked).toHaveLength(7);
		expect(one.notices.map(({type, wait, code, side}) => [type, wait, code, side])).toEqual([
			['reconnecting', 750, 'connection-lost', 'destination'],
			['throttled', 1000, 'throttled', 'destination'],
			['waiting', 3000, 'server-unavailable', 'destination'],
			['throttled', 5000, 'throttled', 'destination'],
			['throttled', 30_000, 'throttled', 'destination'],
			['connected', undefined, undefined, 'destination'],
		]);
		expect(one.clock.waits).toEqual([750, 1000, 3000, 5000, 30_000]);
	});

	test('a trouble of one item is handed on, not repeated', async () => {
		await using server = await scriptedEws([{body: answerOf(success, refusal('ErrorMimeContentConversionFailed'), refusal('ErrorInternalServerError'))}]);
		await using one = sessionTo(server);
		const messages = await one.session.persist(read);
		expect(messages.map(({failure}) => failure?.code)).toEqual([undefined, 'message-unreadable', 'server-unavailable']);
		expect(server.asked).toHaveLength(1);
	});

	test('a host that never answers is given up after four tries', async () => {
		await using server = await scriptedEws(['close']);
		await using one = sessionTo(server);
		expect(await failureFrom(one.session.persist(read))).toMatchObject({code: 'connection-lost'});
		expect(server.asked).toHaveLength(4);
		expect(one.clock.waits).toEqual([2000, 5000, 15_000]);
	});

	test('a call that always brings the server down is given up', async () => {
		await using server = await scriptedEws([fine, fault('ErrorInternalServerError')]);
		await using one = sessionTo(server);
		await one.session.persist(read);
		expect(await failureFrom(one.session.persist(read))).toMatchObject({code: 'server-unavailable', outcome: 'not stored'});
		expect(server.asked).toHaveLength(7);
	});

	test.each([['ews-closed', {status: 403}], ['permission-missing', fault('ErrorImpersonateUserDenied')], ['mailbox-not-found', fault('ErrorNonExistentMailbox')]] as Array<[string, Reply]>)('%s is told at once', async (code, reply) => {
		await using server = await scriptedEws([reply]);
		await using one = sessionTo(server);
		expect(await failureFrom(one.session.persist(read))).toMatchObject({code});
		expect(server.asked).toHaveLength(1);
		expect(one.notices).toEqual([]);
	});
});

describe('a proxy', () => {
	/** CONNECT (RFC 9110 9.3.6), and a list of where it was asked to go. */
	const proxyTo = async (port: number, status = 200) => {
		const tunnels: string[] = [];
		const passwords: Array<string | undefined> = [];
		const server: Server = createServer();
		server.on('connect', (request, socket) => {
			tunnels.push(request.url!);
			passwords.push(request.headers['proxy-authorization']);
			socket.on('error', () => undefined);
			if (status !== 200) {
				socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
				return;
			}

			const target = connect(port, '127.0.0.1', () => {
				socket.write('HTTP/1.1 200 OK\r\n\r\n');
				target.pipe(socket).pipe(target);
			});
			target.on('error', () => socket.destroy());
			socket.on('close', () => target.destroy());
		});
		await new Promise<void>(resolve => {
			server.listen(0, '127.0.0.1', resolve);
		});
		return {
			tunnels, passwords, url: `http://user:planted-secret@127.0.0.1:${(server.address() as AddressInfo).port}`,
			async [Symbol.asyncDispose]() {
				server.closeAllConnections();
				await new Promise(resolve => {
					server.close(resolve);
				});
			},
		};
	};

	test('is used, with its password, and the certificate of the host behind it is verified', async () => {
		await using server = await scriptedEws([fine]);
		await using proxy = await proxyTo(server.port);
		await using one = sessionTo({host: `localhost:${server.port}`, ca: server.ca}, {http: {proxy: {httpsProxy: proxy.url, noProxy: ''}}});
		await one.session.call(write);
		expect(proxy.tunnels).toEqual([`localhost:${server.port}`]);
		expect(proxy.passwords).toEqual([`Basic ${Buffer.from('user:planted-secret').toString('base64')}`]);
		expect(server.asked[0]!.headers['proxy-authorization']).toBeUndefined();
		await using two = sessionTo({host: `localhost:${server.port}`, ca: makeCertificates().ca}, {http: {proxy: {httpsProxy: proxy.url, noProxy: ''}}});
		expect(await failureFrom(two.session.call(write))).toMatchObject({code: 'tls-refused', outcome: 'not stored'});
	});

	test('is passed by for hosts of NO_PROXY', async () => {
		await using server = await scriptedEws([fine]);
		await using proxy = await proxyTo(server.port);
		await using one = sessionTo({host: `localhost:${server.port}`, ca: server.ca}, {http: {proxy: {httpsProxy: proxy.url, noProxy: 'example.org,localhost'}}});
		await one.session.call(write);
		expect(proxy.tunnels).toEqual([]);
	});

	test('of the environment is not used towards this machine, but towards others', async () => {
		vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1');
		vi.stubEnv('https_proxy', 'http://127.0.0.1:1');
		vi.stubEnv('NO_PROXY', '');
		vi.stubEnv('no_proxy', '');
		try {
			await using server = await scriptedEws([fine]);
			await using one = sessionTo(server);
			await one.session.call(write);
			await using two = sessionTo({host: 'ews.invalid', ca: server.ca});
			expect(await failureFrom(two.session.call(write))).toMatchObject({code: 'host-unreachable', detail: 'ews.invalid: ECONNREFUSED', outcome: 'not stored'});
		} finally {
			vi.unstubAllEnvs();
		}
	});

	test('that refuses is named, its password is not', async () => {
		await using server = await scriptedEws([fine]);
		await using proxy = await proxyTo(server.port, 407);
		await using one = sessionTo({host: `localhost:${server.port}`, ca: server.ca}, {http: {proxy: {httpsProxy: proxy.url, noProxy: ''}}});
		const {error, ...failure} = await failureFrom(one.session.call(write));
		expect(failure).toMatchObject({code: 'host-unreachable', outcome: 'not stored', detail: `localhost:${server.port}: the proxy answered 407`});
		expect(JSON.stringify(one.lines) + (error as Error).message).not.toContain('planted-secret');
	});

	test('that is not there, or is no address, is a host that cannot be reached', async () => {
		await using server = await scriptedEws([fine]);
		for (const httpsProxy of ['http://127.0.0.1:1', 'no address']) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			await using one = sessionTo(server, {http: {proxy: {httpsProxy, noProxy: ''}}});
			// eslint-disable-next-line no-await-in-loop -- one after another
			expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'host-unreachable', outcome: 'not stored'});
		}
	});
});
