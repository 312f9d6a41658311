import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {createServer as createProxy} from 'node:http';
import {createServer, type Server} from 'node:https';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type AddressInfo} from 'node:net';
import {fileURLToPath} from 'node:url';
import {
	afterAll, beforeAll, expect, test, vi,
} from 'vitest';
import {tokensFor, microsoftTokens} from '../../source/credentials/microsoft.js';
import {type MicrosoftNetwork} from '../../source/credentials/microsoft-network.js';
import {makeCertificate} from '../dovecot/certificate.js';
import {failureFrom} from '../protocols/surroundings.js';

const recorded = fileURLToPath(new URL('../../../shared/recorded/login/', import.meta.url));
const app = {
	tenantId: '11111111-2222-3333-4444-555555555555', clientId: '99999999-2222-3333-4444-555555555555', clientSecret: 'planted-secret', login: 'https://login.microsoftonline.com', resource: 'https://outlook.office365.com',
};

/* eslint-disable @typescript-eslint/naming-convention, @eslint-community/eslint-comments/disable-enable-pair -- the names of OAuth 2.0, down to the end */
const discovery = (origin: string, tenant: string) => ({
	token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
	issuer: `${origin}/${tenant}/v2.0`,
	authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
	jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
});

/** The sign-in service: answers discovery, and each token request from the list. */
const service = (answers: Array<{status: number; body: Record<string, unknown>} | Error>) => {
	const requests: Array<{url: string; body: string}> = [];
	const network: MicrosoftNetwork = {
		async sendGetRequestAsync<T>(url: string) {
			requests.push({url, body: ''});
			const {origin} = new URL(url);
			return {status: 200, headers: {}, body: discovery(origin, app.tenantId) as T};
		},
		async sendPostRequestAsync<T>(url: string, options: {body?: string} = {}) {
			requests.push({url, body: options.body ?? ''});
			const answer = answers.shift()!;
			if (answer instanceof Error) {
				throw answer;
			}

			return {status: answer.status, headers: {}, body: answer.body as T};
		},
	};
	return {network, requests, posts: () => requests.filter(({body}) => body !== '')};
};

const token = (text: string) => ({
	status: 200, body: {
		token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: text,
	},
});

test('a token that a server refused is renewed at once, and once for all lanes that were refused', async () => {
	const {network, posts} = service([token('first'), token('second'), token('third')]);
	let now = Date.now();
	const tokens = microsoftTokens({...app, network, clock: {now: () => now}});
	expect(await tokens()).toMatchObject({accessToken: 'first'});
	now += 20_000;
	expect(await Promise.all([tokens(true), tokens(true), tokens()])).toMatchObject([{accessToken: 'second'}, {accessToken: 'second'}, expect.anything()]);
	now += 1000;
	expect(await tokens(true)).toMatchObject({accessToken: 'second'});
	expect(posts()).toHaveLength(2);
	now += 20_000;
	expect(await tokens(true)).toMatchObject({accessToken: 'third'});
});

test('one request serves all callers, and the token is renewed five minutes before it runs out', async () => {
	const {network, posts} = service([token('first'), token('second')]);
	let now = Date.now();
	const tokens = microsoftTokens({...app, network, clock: {now: () => now}});
	expect(await Promise.all([tokens(), tokens(), tokens()])).toMatchObject([{accessToken: 'first'}, {accessToken: 'first'}, {accessToken: 'first'}]);
	now += 3_290_000;
	expect(await tokens()).toMatchObject({accessToken: 'first'});
	expect(posts()).toHaveLength(1);
	now += 20_000;
	expect(await tokens()).toMatchObject({accessToken: 'second'});
	expect(posts()).toHaveLength(2);
	expect(decodeURIComponent(posts()[0]!.body)).toContain('scope=https://outlook.office365.com/.default');
	expect(posts()[0]!.url).toContain(app.tenantId);
});

test('a token of a few minutes is used for half of its life, and tells when it ends', async () => {
	const short = (text: string) => ({status: 200, body: {...token(text).body, expires_in: 180, ext_expires_in: 180}});
	const {network, posts} = service([short('first'), short('second')]);
	const since = Date.now();
	let now = since;
	const tokens = microsoftTokens({...app, network, clock: {now: () => now}});
	const {expires} = await tokens();
	expect(expires).toBeGreaterThan(since + 170_000);
	// Msal counts in whole seconds.
	expect(expires).toBeLessThanOrEqual(since + 181_000);
	now += 80_000;
	expect(await tokens()).toMatchObject({accessToken: 'first'});
	expect(posts()).toHaveLength(1);
	now += 20_000;
	expect(await tokens()).toMatchObject({accessToken: 'second'});
});

test('who stops is not kept waiting for a secret that may be too new; the wait goes on for others, and ends with the last', async () => {
	const refused = {status: 401, body: {error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.', error_codes: [7_000_215]}};
	const {network, posts} = service([refused, refused, token('good')]);
	const sleeps: Array<{readonly signal: AbortSignal | undefined; readonly wake: () => void}> = [];
	let heard: (() => void) | undefined;
	const asleep = async () => new Promise<void>(resolve => {
		heard = resolve;
	});
	const clock = {
		now: () => Date.UTC(2026, 10, 23),
		sleep: async (_: number, signal?: AbortSignal) => new Promise<void>((resolve, reject) => {
			signal?.addEventListener('abort', () => {
				reject(signal.reason as Error);
			});
			sleeps.push({signal, wake: resolve});
			heard?.();
		}),
	};
	const tokens = microsoftTokens({...app, network, clock});
	const [one, other] = [new AbortController(), new AbortController()];
	const reason = new Error('enough');
	let waiting = asleep();
	const calls = [failureFrom(tokens(false, one.signal)), failureFrom(tokens(false, other.signal))] as const;
	await waiting;
	one.abort(reason);
	expect(await calls[0]).toEqual({error: reason});
	expect(sleeps[0]!.signal?.aborted).toBe(false);
	waiting = asleep();
	sleeps[0]!.wake();
	await waiting;
	other.abort(reason);
	expect(await calls[1]).toEqual({error: reason});
	expect(sleeps[1]!.signal?.aborted).toBe(true);
	expect(await failureFrom(tokens(false, one.signal))).toEqual({error: reason});
	expect(posts()).toHaveLength(2);
	expect(await tokens()).toMatchObject({accessToken: 'good'});
});

test('a refusal tells the AADSTS number and our words, never the service\'s', async () => {
	const {network} = service([{status: 401, body: {error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided for Contoso Secret Works. Trace ID: x', error_codes: [7_000_215]}}]);
	const failure = await failureFrom(microsoftTokens({...app, network, clock: Date})());
	expect(failure).toMatchObject({code: 'sign-in-refused', detail: expect.stringMatching(/^AADSTS7000215: the client secret is wrong/v) as string});
	const error = failure.error as Error;
	expect(`${error.message}${error.stack}${String(error.cause)}${JSON.stringify(error)}`).not.toMatch(/Contoso|planted-secret|Trace/v);
});

test.skipIf(!existsSync(recorded))('every recorded refusal is told by its number, and none by its text', async () => {
	const files = readdirSync(recorded).filter(name => name.startsWith('error-'));
	expect(files.length).toBeGreaterThan(10);
	for (const file of files) {
		const text = readFileSync(path.join(recorded, file), 'utf8');
		const body = JSON.parse(text.slice(text.indexOf('{"'))) as {error_codes?: number[]; error_description?: string};
		const {network} = service([{status: 400, body}]);
		// eslint-disable-next-line no-await-in-loop -- one after another
		const failure = await failureFrom(microsoftTokens({...app, network, clock: Date})());
		expect(failure.code, file).toBe('sign-in-refused');
		expect(failure.detail, file).toMatch(new RegExp(`^AADSTS${body.error_codes![0]}(?::|$)`, 'v'));
		expect(failure.detail).not.toContain(body.error_description!.slice(15, 40));
	}
});

const known = [
	7_000_215, 7_000_222, 700_016, 700_024, 700_027, 700_030, 7_000_112, 7_000_218, 90_002, 900_023, 65_001, 90_094, 650_052, 650_056, 650_057, 500_011, 70_011, 1_002_012, 50_034, 50_076, 50_079, 53_003, 530_032, 90_038, 900_382,
];

test.each(known)('AADSTS%i says what is wrong and what to do, with the ids of the configuration', async code => {
	const {network} = service([{status: 400, body: {error: 'x', error_description: `AADSTS${code}: words`, error_codes: [code]}}]);
	const {detail, next} = await failureFrom(microsoftTokens({...app, network, clock: Date})());
	expect(detail).toMatch(new RegExp(`^AADSTS${code}: [a-z].+`, 'v'));
	expect(next).toMatch(/^[A-Za-z].*\. Then run the same command again: it carries on\.$/v);
	expect(next).not.toMatch(/<|planted-secret|words/v);
});

test.each([90_033, 90_006, 90_012, 90_024, 90_055])('AADSTS%i passes, and is worth another try', async code => {
	const {network} = service([{status: 503, body: {error: 'x', error_description: `AADSTS${code}: words`, error_codes: [code]}}]);
	expect(await failureFrom(microsoftTokens({...app, network, clock: Date})())).toMatchObject({code: 'server-unavailable', retry: 'now', outcome: 'not stored'});
});

test('a number that nobody knows is told with where to look it up', async () => {
	const {network} = service([{status: 400, body: {error: 'x', error_description: 'AADSTS999999: words', error_codes: [999_999]}}]);
	expect(await failureFrom(microsoftTokens({...app, network, clock: Date})())).toMatchObject({code: 'sign-in-refused', detail: 'AADSTS999999', next: expect.stringContaining(app.clientId) as string});
});

test('a service that is away or busy is said to be, and the next call asks again', async () => {
	const {network} = service([Object.assign(new Error('getaddrinfo'), {code: 'ENOTFOUND'}), {status: 503, body: {error: 'x', error_description: 'AADSTS90033: transient', error_codes: [90_033]}}, token('late')]);
	const tokens = microsoftTokens({...app, network, clock: Date});
	expect(await failureFrom(tokens())).toMatchObject({code: 'host-unreachable'});
	expect(await failureFrom(tokens())).toMatchObject({code: 'server-unavailable'});
	expect(await tokens()).toMatchObject({accessToken: 'late'});
});

let directory: string;
let server: Server;
let ca: string;

beforeAll(async () => {
	directory = await mkdtemp(path.join(tmpdir(), 'aw2ms365-login-'));
	const {caFile} = await makeCertificate(directory);
	ca = await readFile(caFile, 'utf8');
	const [key, cert] = await Promise.all(['server.key', 'server.pem'].map(async name => readFile(path.join(directory, name))));
	server = createServer({key, cert}, (request, response) => {
		const {port} = server.address() as AddressInfo;
		response.setHeader('content-type', 'application/json; charset=utf-8');
		request.resume();
		request.on('end', () => {
			response.end(JSON.stringify(request.method === 'GET' ? discovery(`https://localhost:${port}`, app.tenantId) : token('over https').body));
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
});

afterAll(async () => {
	server.closeAllConnections();
	server.close();
	await rm(directory, {recursive: true, force: true});
});

test('a sign-in service of one\'s own, with its own authority, is asked over verified HTTPS', async () => {
	const {port} = server.address() as AddressInfo;
	const {tenantId, clientId, clientSecret} = app;
	const common = {
		tenantId, clientId, clientSecret, clock: Date,
	};
	const cloud = {login: `https://localhost:${port}`};
	expect(await tokensFor('outlook.example', {...common, cloud: {...cloud, ca}})()).toBe('over https');
	expect(await failureFrom(tokensFor('outlook.example', {...common, cloud})())).toMatchObject({code: 'tls-refused'});
	expect(await failureFrom(tokensFor('outlook.example', {...common, cloud: {...cloud, login: 'https://localhost:1', ca}})())).toMatchObject({code: 'host-unreachable', detail: expect.stringContaining('ECONNREFUSED') as string});
});

test('a proxy of the environment is used for what is not this machine, and named without its password when it refuses', async () => {
	const asked: string[] = [];
	const proxy = createProxy();
	proxy.on('connect', (request, socket) => {
		asked.push(request.url ?? '');
		socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
	});
	proxy.listen(0, '127.0.0.1');
	await once(proxy, 'listening');
	vi.stubEnv('HTTPS_PROXY', `http://user:planted-proxy@127.0.0.1:${(proxy.address() as AddressInfo).port}`);
	try {
		const {tenantId, clientId, clientSecret} = app;
		const failure = await failureFrom(tokensFor('outlook.invalid', {
			tenantId, clientId, clientSecret, clock: Date, cloud: {login: 'login.invalid'},
		})());
		expect(failure).toMatchObject({code: 'host-unreachable', detail: 'sign-in service login.invalid: the proxy answered 407', next: expect.stringContaining('HTTPS_PROXY') as string});
		expect(`${(failure.error as Error).message}${JSON.stringify(failure)}`).not.toMatch(/planted/v);
		expect(asked).toEqual(['login.invalid:443']);
	} finally {
		vi.unstubAllEnvs();
		proxy.close();
	}
});

test('importing the file does not load msal', () => {
	const source = readFileSync(new URL('../../source/credentials/microsoft.ts', import.meta.url), 'utf8');
	expect(source).not.toMatch(/^import (?!type)[^;]*@azure/mv);
	expect(source).toContain('await import(\'@azure/msal-node\')');
});
