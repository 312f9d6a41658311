import {Buffer} from 'node:buffer';
import {setMaxListeners} from 'node:events';
import {inspect} from 'node:util';
import {describe, expect, test} from 'vitest';
import {type Notice} from '../../source/mailbox/source.js';
import {GraphFailure, type GraphOptions, GraphSession} from '../../source/protocols/graph-http.js';
import {GraphGate} from '../../source/protocols/graph-gate.js';
import {
	failureFrom, gather, never, PatientClock,
} from './surroundings.js';
import {type Asked, type Reply, scriptedEws} from './scripted-ews.js';

// As many wait for it as there are requests.
setMaxListeners(0, never);

const jsonType = 'application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; charset=utf-8';
const reply = (status: number, json?: unknown, headers: Record<string, string> = {}): Reply => ({status, headers: {'content-type': jsonType, ...headers}, body: json === undefined ? '' : JSON.stringify(json)});
const refusal = (status: number, code: string, message = 'No.', headers = {}): Reply => reply(status, {error: {code, message}}, headers);
const fine = reply(200, {id: 'AAMk'});

const sessionTo = (server: {readonly host: string; readonly ca: string}, more: Partial<GraphOptions> = {}) => {
	const clock = new PatientClock();
	const notices: Notice[] = [];
	const lines: Array<Record<string, unknown>> = [];
	const fresh: boolean[] = [];
	const session = new GraphSession({
		host: server.host,
		ca: server.ca,
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

const read = {
	method: 'GET', path: '/users/a@contoso.com/mailFolders/inbox', writes: false, signal: never,
} as const;
const write = {
	method: 'POST', path: '/users/a@contoso.com/mailFolders/AAMk/messages', json: {subject: 'ä'}, writes: true, signal: never,
} as const;

describe('what is sent', () => {
	test('a token, an id of its own, the wish for ids that stay, JSON in UTF-8 with its length; v1.0 or beta', async () => {
		await using server = await scriptedEws([fine]);
		await using one = sessionTo(server);
		expect(await one.session.call(write)).toMatchObject({status: 200, json: {id: 'AAMk'}});
		await one.session.call({...read, beta: true, headers: {prefer: 'outlook.body-content-type="text"'}});
		const [sent, second] = server.asked as [Asked, Asked];
		expect(sent).toMatchObject({method: 'POST', path: '/v1.0/users/a@contoso.com/mailFolders/AAMk/messages', body: '{"subject":"ä"}'});
		expect(sent.headers).toMatchObject({
			authorization: 'Bearer planted-token', 'content-type': 'application/json', 'content-length': '16', prefer: 'IdType="ImmutableId"', 'user-agent': 'aw2ms365',
		});
		expect(sent.headers['client-request-id']).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
		expect(second).toMatchObject({method: 'GET', path: '/beta/users/a@contoso.com/mailFolders/inbox', body: ''});
		expect(second.headers.prefer).toBe('IdType="ImmutableId", outlook.body-content-type="text"');
		expect(second.headers).not.toHaveProperty('content-length');
		expect(second.headers).not.toHaveProperty('content-type');
	});

	test('text, bytes and none; a folder name that is not ASCII', async () => {
		await using server = await scriptedEws([fine, fine, reply(204), fine, fine]);
		await using one = sessionTo(server);
		await one.session.call({
			...write, json: undefined, text: 'U3ViamVjdA==', contentType: 'text/plain',
		});
		await one.session.call({
			...write, json: undefined, method: 'PUT', bytes: Uint8Array.of(65, 66), contentType: 'application/octet-stream', headers: {'Content-Range': 'bytes 0-1/2'},
		});
		expect(await one.session.call({...write, json: undefined, method: 'DELETE'})).toMatchObject({status: 204});
		await one.session.call({...read, path: '/users/a@contoso.com/mailFolders?$filter=displayName eq \'Entwürfe%20\''});
		await one.session.call({...write, json: undefined});
		expect(server.asked[4]!.headers).toMatchObject({'content-length': '0'});
		expect(server.asked.slice(0, 4).map(({method, body, headers}) => [method, body, headers['content-type'], headers['content-range']])).toEqual([
			['POST', 'U3ViamVjdA==', 'text/plain', undefined],
			['PUT', 'AB', 'application/octet-stream', 'bytes 0-1/2'],
			['DELETE', '', undefined, undefined],
			['GET', '', undefined, undefined],
		]);
		expect(server.asked[3]!.path).toBe('/v1.0/users/a@contoso.com/mailFolders?$filter=displayName%20eq%20\'Entw%C3%BCrfe%20\'');
	});

	test('$value comes as bytes, whatever its type', async () => {
		await using server = await scriptedEws([{headers: {'content-type': 'text/plain'}, body: 'From: a\r\n\r\n\u00E4'}]);
		await using one = sessionTo(server);
		const {bytes, json} = await one.session.call({...read, path: '/users/a/messages/b/$value'});
		expect(Buffer.from(bytes!).toString()).toBe('From: a\r\n\r\n\u00E4');
		expect(json).toBeUndefined();
	});

	test('a token goes to no other host, however the address came', async () => {
		await using server = await scriptedEws([fine]);
		await using one = sessionTo(server);
		for (const path of ['https://evil.example/v1.0/users', `https://${server.host}.evil.example/v1.0`, `https://${server.host}@evil.example/`, `http://${server.host}/v1.0/users`, 'users', '//evil.example']) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			const found = path === '//evil.example' ? undefined : await failureFrom(one.session.call({...read, path}));
			expect(found?.code ?? 'server-nonsense', path).toBe('server-nonsense');
		}

		expect(server.asked).toEqual([]);
	});

	test('an upload goes to its own host, without a token, and its address is in no error and no log', async () => {
		await using server = await scriptedEws([fine]);
		const forbidden = refusal(403, 'AccessDenied', 'authtoken=planted-key is wrong');
		await using upload = await scriptedEws([reply(202, {nextExpectedRanges: ['2-']}), forbidden, 'close', refusal(500, 'x', 'authtoken=planted-key'), refusal(400, 'x', 'https://a.example/b?authtoken=planted-key')]);
		await using one = sessionTo(server, {ca: `${server.ca}${upload.ca}`});
		const put = {
			method: 'PUT', path: `https://${upload.host}/api/v2.0/AttachmentSessions('A')?authtoken=planted-key`, bytes: Uint8Array.of(1, 2), contentType: 'application/octet-stream', anonymous: true, writes: true, signal: never,
		} as const;
		expect(await one.session.call(put)).toMatchObject({json: {nextExpectedRanges: ['2-']}});
		expect(upload.asked[0]!.path).toBe('/api/v2.0/AttachmentSessions(\'A\')?authtoken=planted-key');
		expect(upload.asked[0]!.headers).not.toHaveProperty('authorization');
		const failures = [];
		for (let count = 0; count < 4; count++) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			failures.push(await failureFrom(one.session.call(put)));
		}

		expect(failures.map(({code, outcome}) => [code, outcome])).toEqual([['server-unavailable', 'not stored'], ['connection-lost', 'unknown'], ['server-unavailable', 'unknown'], ['message-refused', 'not stored']]);
		expect(server.asked).toEqual([]);
		expect(one.fresh).toEqual([]);
		const told = inspect([failures, one.lines, one.notices], {depth: 20, showHidden: true});
		expect(told).not.toMatch(/planted-key/v);
	});

	test('no token is in an error or a log, even where the answer repeats it', async () => {
		await using server = await scriptedEws([refusal(403, 'ErrorAccessDenied', 'Bearer planted-token, eyJhbGciOiJSUzI1NiJ9.eyJyb2xlcyI6W119.c2ln')]);
		await using one = sessionTo(server);
		const failure = await failureFrom(one.session.call(write));
		expect(inspect([failure, one.lines, one.notices], {depth: 20, showHidden: true})).not.toMatch(/planted-token|eyJ/v);
		expect(one.lines).toHaveLength(1);
	});
});

describe('sign-in', () => {
	test('401 is answered with a fresh token, once for all that heard it, and only the log tells', async () => {
		await using server = await scriptedEws(({headers}) => headers.authorization === 'Bearer fresh-token' ? fine : refusal(401, 'InvalidAuthenticationToken'));
		await using one = sessionTo(server);
		await Promise.all([1, 2, 3].map(async () => one.session.call(write)));
		expect(one.fresh.filter(Boolean)).toHaveLength(1);
		expect(server.asked).toHaveLength(6);
		expect(one.notices).toEqual([]);
		expect(one.lines.map(({status}) => status)).toEqual([401, 401, 401]);
	});

	test('401 with a fresh token is a refusal, and nothing was stored', async () => {
		await using server = await scriptedEws([refusal(401, 'InvalidAuthenticationToken')]);
		await using one = sessionTo(server);
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'sign-in-refused', outcome: 'not stored', reach: 'run'});
		expect(server.asked).toHaveLength(2);
	});

	test('where no token can be had, nothing was sent', async () => {
		await using server = await scriptedEws([fine]);
		await using one = sessionTo(server, {
			async token() {
				throw new Error('no token');
			},
		});
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'bug', outcome: 'not stored'});
		expect(server.asked).toEqual([]);
	});
});

test('who stops while a token is waited for is not kept waiting', async () => {
	await using server = await scriptedEws([fine]);
	await using one = sessionTo(server, {token: async () => Promise.race<string>([])});
	const stop = new AbortController();
	const calls = [failureFrom(one.session.call({...write, signal: stop.signal})), failureFrom(one.session.persist({...read, signal: stop.signal}))];
	const reason = new Error('enough');
	stop.abort(reason);
	expect(await Promise.all(calls)).toEqual([{error: reason}, {error: reason}]);
	expect(server.asked).toEqual([]);
});

describe('outcomes', () => {
	test.each<[Reply, string, string]>([
		['close', 'connection-lost', 'unknown'],
		['cut', 'connection-lost', 'unknown'],
		['nonsense', 'connection-lost', 'unknown'],
		[refusal(500, 'ErrorInternalServerError'), 'server-unavailable', 'unknown'],
		[refusal(504, 'UnknownError', ''), 'server-unavailable', 'unknown'],
		[refusal(503, 'MailboxInfoStale'), 'server-unavailable', 'unknown'],
		[reply(502), 'server-unavailable', 'unknown'],
		[reply(503, undefined, {'retry-after': '30'}), 'throttled', 'unknown'],
		[reply(509), 'throttled', 'unknown'],
		[reply(507), 'destination-full', 'not stored'],
		[refusal(403, 'ErrorQuotaExceeded'), 'destination-full', 'not stored'],
		[refusal(507, 'ErrorQuotaExceeded'), 'destination-full', 'not stored'],
		[refusal(429, 'ApplicationThrottled'), 'throttled', 'not stored'],
		[reply(413), 'message-too-large', 'not stored'],
		[refusal(400, 'BadRequest', 'The maximum request length supported is 4MB.'), 'message-too-large', 'not stored'],
		[refusal(400, 'ErrorMessageSizeExceeded'), 'message-too-large', 'not stored'],
		[refusal(400, 'ErrorMimeContentInvalidBase64String'), 'message-refused', 'not stored'],
		[refusal(400, 'UnableToDeserializePostBody'), 'message-refused', 'not stored'],
		[refusal(400, 'RequestBroker--ParseUri', 'Resource not found for the segment \'importMime\'.'), 'message-refused', 'not stored'],
		[refusal(409, 'ErrorIrresolvableConflict'), 'server-unavailable', 'not stored'],
		[refusal(409, 'ErrorFolderExists'), 'folder-not-creatable', 'not stored'],
		[refusal(404, 'ErrorItemNotFound'), 'folder-gone', 'not stored'],
		[refusal(404, 'ErrorFolderNotFound'), 'folder-gone', 'not stored'],
		[refusal(404, 'Request_ResourceNotFound'), 'mailbox-not-found', 'not stored'],
		[refusal(404, 'ResourceNotFound'), 'mailbox-refused', 'not stored'],
		[refusal(405, 'ErrorInvalidRequest', 'The OData request is not supported.'), 'message-refused', 'not stored'],
		[refusal(501, 'NotImplemented'), 'server-nonsense', 'not stored'],
		[reply(302, undefined, {location: 'https://portal.example'}), 'server-nonsense', 'not stored'],
		[{headers: {'content-type': 'text/html'}, body: '<p>Welcome to our hotel</p>'}, 'server-nonsense', 'unknown'],
		[{headers: {'content-type': 'application/json'}, body: '{"id":'}, 'server-nonsense', 'unknown'],
	])('%o of a write is %s, %s; of a read nothing was stored', async (scripted, code, outcome) => {
		await using server = await scriptedEws([scripted]);
		await using one = sessionTo(server);
		const failure = await failureFrom(one.session.call(write));
		expect(failure).toMatchObject({code, outcome});
		expect(failure.error).toBeInstanceOf(GraphFailure);
		expect(await failureFrom(one.session.call(read))).toMatchObject({outcome: 'not stored'});
	});

	test('an empty host is told from one that answered before', async () => {
		await using server = await scriptedEws([fine]);
		await using nobody = sessionTo({host: '127.0.0.1:1', ca: server.ca});
		expect(await failureFrom(nobody.session.call(write))).toMatchObject({code: 'host-unreachable', outcome: 'not stored'});
		await using distrustful = sessionTo({host: server.host, ca: ''});
		expect(await failureFrom(distrustful.session.call(write))).toMatchObject({code: 'tls-refused', outcome: 'not stored'});
	});

	test('stopped in the middle of a write, its outcome is unknown; in the middle of a read, or before, it is the reason', async () => {
		await using server = await scriptedEws(['hang']);
		await using one = sessionTo(server);
		const reason = new Error('enough');
		const stop = new AbortController();
		const hanging = [failureFrom(one.session.call({...write, signal: stop.signal})), failureFrom(one.session.call({...read, signal: stop.signal})), failureFrom(one.session.persist({...read, signal: stop.signal}))] as const;
		await server.received(3);
		stop.abort(reason);
		expect(await hanging[0]).toMatchObject({code: 'connection-lost', outcome: 'unknown'});
		expect(await hanging[1]).toEqual({error: reason});
		expect(await hanging[2]).toEqual({error: reason});
		expect(await failureFrom(one.session.call({...write, signal: stop.signal}))).toEqual({error: reason});
		expect(server.asked).toHaveLength(3);
	});

	test('patience has an end', async () => {
		await using server = await scriptedEws(['hang', 'stall']);
		await using one = sessionTo(server, {http: {limits: {silence: 100}}});
		expect(await failureFrom(one.session.call({...write, deadline: 300}))).toMatchObject({code: 'connection-lost', outcome: 'unknown', detail: expect.stringContaining('no answer within') as string});
		expect(await failureFrom(one.session.call(write))).toMatchObject({code: 'connection-lost', outcome: 'unknown'});
	});
});

describe('throttling', () => {
	test.each<[string | undefined, number, number]>([['7', 7000, 7000], ['0.249', 1000, 249], ['0', 1000, 0], [undefined, 10_000, -1]])('Retry-After %s parks every request for %i ms', async (header, parked, wait) => {
		await using server = await scriptedEws([refusal(429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.', header === undefined ? {} : {'retry-after': header}), fine]);
		await using one = sessionTo(server);
		const failure = await failureFrom(one.session.call(write));
		expect(failure.wait ?? -1).toBe(wait);
		const since = one.clock.now();
		await one.session.call(read);
		expect(one.clock.now() - since).toBe(parked);
		expect(one.notices.map(({type, wait: told}) => [type, told])).toEqual([['throttled', parked]]);
	});

	test('throttles that repeat, however short the wait they name, are waited out longer and longer, and told once each', async () => {
		await using server = await scriptedEws((_, position) => position < 5 ? refusal(429, 'ApplicationThrottled', '', {'retry-after': '1'}) : fine);
		await using one = sessionTo(server);
		await one.session.persist(read);
		expect(one.notices.map(({type, wait}) => [type, wait])).toEqual([['throttled', 1000], ['throttled', 2000], ['throttled', 4000], ['throttled', 8000], ['throttled', 16_000], ['connected', undefined]]);
	});

	test('sessions that share a gate share its park and its four places', async () => {
		await using server = await scriptedEws([refusal(429, 'ApplicationThrottled', '', {'retry-after': '60'}), fine]);
		const clock = new PatientClock();
		const gate = new GraphGate(clock);
		await using one = sessionTo(server, {clock, gate});
		await using other = sessionTo(server, {clock, gate});
		await failureFrom(one.session.call(write));
		const since = clock.now();
		await other.session.call(write);
		expect(clock.now() - since).toBe(60_000);
	});

	test('no more than four are under way', async () => {
		let underWay = 0;
		let most = 0;
		const arrived: Array<() => void> = [];
		await using server = await scriptedEws(async () => {
			most = Math.max(most, ++underWay);
			await new Promise<void>(resolve => {
				arrived.push(resolve);
				if (arrived.length === 4) {
					for (const free of arrived.splice(0)) {
						free();
					}
				}
			});
			underWay--;
			return fine;
		});
		await using one = sessionTo(server);
		await Promise.all(Array.from({length: 12}, async () => one.session.call(write)));
		expect(most).toBe(4);
	});
});

describe('reads', () => {
	test('are tried again after what passes, and told of', async () => {
		await using server = await scriptedEws([fine, 'close', refusal(503, 'MailboxInfoStale'), reply(502), fine]);
		await using one = sessionTo(server);
		await one.session.persist(read);
		expect(await one.session.persist(read)).toMatchObject({json: {id: 'AAMk'}});
		expect(one.notices.map(({type, code}) => [type, code])).toEqual([['reconnecting', 'connection-lost'], ['waiting', 'server-unavailable'], ['waiting', 'server-unavailable'], ['connected', undefined]]);
	});

	test.each([[400, 'InefficientFilter', 'bug'], [404, 'ErrorItemNotFound', 'folder-gone'], [403, 'ErrorAccessDenied', 'permission-missing'], [404, 'MailboxNotEnabledForRESTAPI', 'mailbox-refused']])('are not after %i %s', async (status, code, ours) => {
		await using server = await scriptedEws([refusal(status, code)]);
		await using one = sessionTo(server);
		const {error, ...failure} = await failureFrom(one.session.persist(read));
		expect(failure.code).toBe(ours);
		expect(error).toMatchObject({status, code});
		expect(server.asked).toHaveLength(1);
	});

	test('wait for a mailbox that is being moved, in the end some minutes at a time', async () => {
		await using server = await scriptedEws((_, position) => position > 0 && position <= 12 ? refusal(503, 'MailboxInfoStale') : fine);
		await using one = sessionTo(server);
		await one.session.persist(read);
		const since = one.clock.now();
		expect(await one.session.persist(read)).toMatchObject({json: {id: 'AAMk'}});
		expect(one.clock.now() - since).toBeGreaterThan(15 * 60_000);
		const waits = one.notices.map(({wait}) => wait).filter(wait => wait !== undefined);
		expect(waits).toHaveLength(12);
		expect(waits).toEqual([...waits].sort((a, b) => a - b));
		expect(waits.at(-1)).toBeLessThanOrEqual(300_000);
	});

	test('give up on a request that makes the service stumble', async () => {
		await using server = await scriptedEws([fine, refusal(500, 'generalException')]);
		await using one = sessionTo(server);
		await one.session.persist(read);
		expect(await failureFrom(one.session.persist(read))).toMatchObject({code: 'server-unavailable'});
		expect(server.asked.length).toBeLessThan(10);
	});
});

/* eslint-disable @typescript-eslint/naming-convention, @eslint-community/eslint-comments/disable-enable-pair -- the names of OData, down to the end */
describe('pages', () => {
	test('are followed by nextLink to the letter, and the last one\'s deltaLink is handed over', async () => {
		const next = (host: string): string => `https://${host}/v1.0/me/messages?$expand=attachments&$orderby=createdDateTime&$skip=156&x=%3D'b'`;
		await using server = await scriptedEws(({headers}, position) => position === 0
			? reply(200, {value: [1, 2], '@odata.nextLink': next(headers.host!)})
			: reply(200, {value: [3], '@odata.deltaLink': 'https://graph.example/delta'}));
		await using one = sessionTo(server);
		const items = one.session.pages<number>('/me/messages?$top=2', never, {headers: {prefer: 'odata.maxpagesize=2'}});
		const found: number[] = [];
		for (let step = await items.next(); ; step = await items.next()) { // eslint-disable-line no-await-in-loop -- one after another
			if (step.done) {
				expect(step.value).toBe('https://graph.example/delta');
				break;
			}

			found.push(step.value);
		}

		expect(found).toEqual([1, 2, 3]);
		expect(`https://${server.host}${server.asked[1]!.path}`).toBe(next(server.host));
		expect(server.asked.map(({headers}) => headers.prefer)).toEqual(['IdType="ImmutableId", odata.maxpagesize=2', 'IdType="ImmutableId", odata.maxpagesize=2']);
	});

	test.each<[string, (host: string) => unknown]>([
		['names itself as the next', host => ({value: [], '@odata.nextLink': `https://${host}/v1.0/loop`})],
		['names another host', () => ({value: [], '@odata.nextLink': 'https://evil.example/v1.0/x'})],
		['is no list', () => ({id: 'AAMk'})],
	])('a page that %s ends it', async (_, page) => {
		await using server = await scriptedEws(({headers}) => reply(200, page(headers.host!)));
		await using one = sessionTo(server);
		expect(await failureFrom(gather(one.session.pages('/users', never)))).toMatchObject({code: 'server-nonsense', outcome: 'not stored'});
		expect(server.asked.length).toBeLessThan(3);
	});
});

describe('a batch', () => {
	const patch = (id: number, more = {}) => ({
		method: 'PATCH', path: `/users/a/messages/${id}`, json: {isRead: true}, writes: true, signal: never, ...more,
	} as const);
	type Item = {readonly id: string; readonly url: string; readonly headers: Record<string, string>; readonly method: string; readonly body: unknown};
	const itemsOf = ({body}: Asked): Item[] => (JSON.parse(body) as {requests: Item[]}).requests;

	test('tells of each item in the order of the requests, whatever the order of the answers', async () => {
		await using server = await scriptedEws([reply(200, {
			responses: [
				{
					id: '3', status: 404, headers: {}, body: {error: {code: 'ErrorItemNotFound', message: ''}},
				},
				{
					id: '1', status: 200, headers: {'Content-Type': 'application/json'}, body: {id: 'one'},
				},
				{id: '2', status: 504, body: {error: {code: 'UnknownError', message: ''}}},
				{
					id: '5', status: 204, headers: null, body: null,
				},
			],
		})]);
		await using one = sessionTo(server);
		const answers = await one.session.batch([patch(1), patch(2), patch(3), patch(4), {...patch(5), method: 'DELETE', json: undefined}]);
		expect(server.asked[0]).toMatchObject({method: 'POST', path: '/v1.0/$batch'});
		expect(itemsOf(server.asked[0]!)[0]).toEqual({
			id: '1', method: 'PATCH', url: '/users/a/messages/1', headers: {prefer: 'IdType="ImmutableId"', 'content-type': 'application/json'}, body: {isRead: true},
		});
		expect(itemsOf(server.asked[0]!)[4]).not.toHaveProperty('body');
		expect(answers.map(answer => answer instanceof GraphFailure ? [answer.failure.code, answer.failure.outcome] : [answer.status, answer.json])).toEqual([
			[200, {id: 'one'}], ['server-unavailable', 'unknown'], ['folder-gone', 'not stored'], ['server-nonsense', 'unknown'], [204, undefined],
		]);
	});

	test('sends its throttled items again, and no others, after the longest wait they name', async () => {
		await using server = await scriptedEws((asked, position) => reply(200, {
			responses: itemsOf(asked).map(({id, url}) => position === 0 && /[13]$/.test(url)
				? {
					id, status: 429, headers: {'retry-after': url.endsWith('1') ? '0.249' : '12'}, body: {error: {code: 'ApplicationThrottled', message: ''}},
				}
				: {id, status: 200, body: {url}}),
		}));
		await using one = sessionTo(server);
		const since = one.clock.now();
		const answers = await one.session.batch([patch(0), patch(1), patch(2), patch(3)]);
		expect(answers.map(answer => (answer as {json: {url: string}}).json.url)).toEqual([0, 1, 2, 3].map(at => `/users/a/messages/${at}`));
		expect(server.asked.map(asked => itemsOf(asked).length)).toEqual([4, 2]);
		expect(one.clock.now() - since).toBeGreaterThanOrEqual(12_000);
	});

	test('is sent again where the whole of it is throttled, and gives up in the end', async () => {
		await using server = await scriptedEws((_, position) => position === 0
			? refusal(429, 'TooManyRequests', '', {'retry-after': '1'})
			: reply(200, {
				responses: [{
					id: '1', status: 429, headers: {}, body: {},
				}],
			}));
		await using one = sessionTo(server);
		const [answer] = await one.session.batch([patch(0)]);
		expect(answer).toMatchObject({failure: {code: 'throttled', outcome: 'not stored'}});
		expect(server.asked.length).toBeLessThan(10);
		expect(one.notices.map(({wait}) => wait)).toEqual([1000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
	});

	test('that was lost is in doubt for what it was to store', async () => {
		await using server = await scriptedEws(['close']);
		await using one = sessionTo(server);
		expect(await failureFrom(one.session.batch([patch(0), {...read, path: '/users/a'}]))).toMatchObject({code: 'connection-lost', outcome: 'unknown'});
		expect(await failureFrom(one.session.batch([{...read, path: '/users/a'}]))).toMatchObject({code: 'connection-lost', outcome: 'not stored'});
	});

	test('takes 20, of one version, and no MIME', async () => {
		await using server = await scriptedEws([fine]);
		await using one = sessionTo(server);
		expect(await one.session.batch([])).toEqual([]);
		await expect(one.session.batch(Array.from({length: 21}, (_, at) => patch(at)))).rejects.toThrow(TypeError);
		await expect(one.session.batch([patch(0), patch(1, {beta: true})])).rejects.toThrow(TypeError);
		await expect(one.session.batch([patch(0, {text: 'x', json: undefined})])).rejects.toThrow(TypeError);
		expect(server.asked).toEqual([]);
	});
});
