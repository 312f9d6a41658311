import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {createServer} from 'node:https';
import {type AddressInfo} from 'node:net';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, onTestFinished, test} from 'vitest';
import {microsoftTokens} from '../../source/credentials/microsoft.js';
import {makeCertificates} from '../../source/sandbox/certificate.js';
import {Login, type LoginOptions} from '../../source/sandbox/microsoft/login.js';
import {loginErrors} from '../../source/sandbox/microsoft/login-errors.js';
import {failureFrom} from '../protocols/surroundings.js';

const recorded = fileURLToPath(new URL('../../../shared/recorded/login/', import.meta.url));
const tenant = '11111111-2222-3333-4444-555555555555';
const app = {
	tenant, clientId: '99999999-2222-3333-4444-555555555555', secret: 'planted~secret+/=&', roles: ['full_access_as_app'],
};

const loginWith = (options: Partial<LoginOptions> = {}) => new Login({
	apps: [app], clock: Date, origin: 'https://localhost:1234', resourceHosts: ['outlook.office365.com'], ...options,
});

type Json = Record<string, unknown> & {error_codes?: number[]; error?: string; error_description?: string; access_token?: string};

/* eslint-disable @typescript-eslint/naming-convention -- the names of OAuth 2.0 */
const fields = (more: Record<string, string> = {}) => ({
	grant_type: 'client_credentials', client_id: app.clientId, client_secret: app.secret, scope: 'https://outlook.office365.com/.default', ...more,
});
/* eslint-enable @typescript-eslint/naming-convention */

const ask = (login: Login, form: Record<string, string> = fields(), {method = 'POST', tenant: asked = tenant, headers = {}}: {method?: string; tenant?: string; headers?: Record<string, string>} = {}) => {
	const answer = login.answer({
		method, url: `/${asked}/oauth2/v2.0/token`, headers: {'content-type': 'application/x-www-form-urlencoded;charset=utf-8', ...headers}, body: new URLSearchParams(form).toString(),
	});
	return {...answer, json: JSON.parse(answer.body) as Json};
};

const tokenOf = (login: Login): string => ask(login).json.access_token!;
const get = (login: Login, url: string) => {
	const answer = login.answer({
		method: 'GET', url, headers: {}, body: '',
	});
	return {...answer, json: JSON.parse(answer.body) as Json};
};

test('a right secret gets a token that names app, tenant, permissions and resource, and is good until it runs out', () => {
	let now = 1_800_000_000_000;
	const login = loginWith({clock: {now: () => now}});
	const {status, json, headers} = ask(login);
	expect(status).toBe(200);
	expect(Object.keys(json)).toEqual(['token_type', 'expires_in', 'ext_expires_in', 'access_token']);
	expect(json.expires_in).toBe(3599);
	expect(headers).toMatchObject({'Cache-Control': 'no-store, no-cache', 'Content-Type': 'application/json; charset=utf-8'});
	const token = json.access_token!;
	const parts = token.split('.');
	expect(parts).toHaveLength(3);
	expect(JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8'))).toMatchObject({
		aud: 'https://outlook.office365.com', appid: app.clientId, tid: tenant, roles: app.roles, exp: 1_800_003_599,
	});
	expect(login.check(token)).toMatchObject({
		ok: true, clientId: app.clientId, roles: app.roles, audience: 'https://outlook.office365.com',
	});
	expect(login.check(token, 'graph.microsoft.com')).toEqual({ok: false, reason: 'audience'});
	expect(login.check(`${token}x`)).toEqual({ok: false, reason: 'invalid'});
	now += 3_598_000;
	expect(login.check(token).ok).toBe(true);
	now += 1000;
	expect(login.check(token)).toEqual({ok: false, reason: 'expired'});
});

test('tokens can be made to live shorter, and all of them be ended at once', () => {
	const login = loginWith();
	login.change({lifetime: 60});
	const {json} = ask(login);
	expect(json.expires_in).toBe(60);
	login.expireAll();
	expect(login.check(json.access_token!)).toEqual({ok: false, reason: 'expired'});
	expect(login.check(tokenOf(login)).ok).toBe(true);
	expect(login.given).toBe(2);
});

test('an app without consent gets a token without roles, as the service gives it', () => {
	const token = tokenOf(loginWith({apps: [{...app, roles: []}]}));
	expect(JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8'))).not.toHaveProperty('roles');
});

/* eslint-disable @typescript-eslint/naming-convention -- the names of OAuth 2.0 */
test.each([
	['a wrong secret', 7_000_215, 401, 'invalid_client', {client_secret: 'wrong'}],
	['no secret', 7_000_218, 401, 'invalid_client', {client_secret: ''}],
	['an assertion', 700_027, 401, 'invalid_client', {client_assertion: 'a.b.c'}],
	['an unknown app', 700_016, 400, 'unauthorized_client', {client_id: tenant}],
	['a scope without /.default', 1_002_012, 400, 'invalid_scope', {scope: 'user.read'}],
	['a scope that is no resource', 70_011, 400, 'invalid_scope', {scope: 'user.read/.default'}],
	['an unknown resource', 500_011, 400, 'invalid_resource', {scope: 'https://graph.microsoft.com/user.read/.default'}],
	['no scope', 900_144, 400, 'invalid_request', {scope: ''}],
	['another grant', 70_003, 400, 'unsupported_grant_type', {grant_type: 'password'}],
])('%s is refused with AADSTS%d', (_, code, status, error, more) => {
	const answer = ask(loginWith(), fields(more));
	expect(answer).toMatchObject({status, json: {error, error_codes: [code]}});
	expect(answer.json.error_description).toMatch(new RegExp(`^AADSTS${code}: .* Trace ID: ${String(answer.json.trace_id)} Correlation ID: `, 'v'));
	expect(answer.headers['x-ms-request-id']).toBe(answer.json.trace_id);
	expect(answer.body).not.toContain(app.secret);
});
/* eslint-enable @typescript-eslint/naming-convention */

test('unknown and malformed tenants, expired secrets, disabled apps and other methods are refused', () => {
	const login = loginWith();
	expect(ask(login, fields(), {tenant: '22222222-2222-3333-4444-555555555555'}).json.error_codes).toEqual([90_002]);
	expect(ask(login, fields(), {tenant: 'elsewhere.example'}).json.error_codes).toEqual([90_002]);
	expect(ask(login, fields(), {tenant: 'invalid_tenant'}).json.error_codes).toEqual([900_023]);
	expect(ask(login, fields(), {method: 'GET'}).json.error_codes).toEqual([900_561]);
	expect(ask(login, fields(), {headers: {'content-type': 'application/json'}}).json.error_codes).toEqual([900_144]);
	expect(ask(loginWith({apps: [{...app, secretExpires: 1}]})).json.error_codes).toEqual([7_000_222]);
	expect(ask(loginWith({apps: [{...app, disabled: true}]})).json.error_codes).toEqual([7_000_112]);
});

test('id and secret are also taken as Basic', () => {
	const {client_id: _id, client_secret: _secret, ...form} = fields();
	const authorization = `Basic ${Buffer.from(`${encodeURIComponent(app.clientId)}:${encodeURIComponent(app.secret)}`).toString('base64')}`;
	expect(ask(loginWith(), form, {headers: {authorization}}).status).toBe(200);
});

test('every refusal of the table can be injected, so many times and no more', () => {
	const login = loginWith();
	for (const code of Object.keys(loginErrors).map(Number)) {
		login.refuse(code, 2);
		expect([ask(login), ask(login)].map(({json}) => json.error_codes)).toEqual([[code], [code]]);
		expect(ask(login).status).toBe(200);
	}

	expect(() => {
		login.refuse(1);
	}).toThrow(RangeError);
	login.refuse(90_033);
	expect(ask(login)).toMatchObject({status: 503, json: {error: 'temporarily_unavailable'}});
	login.refuse(53_003);
	expect(JSON.parse(ask(login).json.claims as string)).toHaveProperty('access_token');
});

test('discovery names this service\'s own endpoints; an unknown tenant is refused there already, for a day', () => {
	const login = loginWith();
	const {status, json} = get(login, `/${tenant}/v2.0/.well-known/openid-configuration`);
	expect([status, json.token_endpoint, json.issuer]).toEqual([200, `https://localhost:1234/${tenant}/oauth2/v2.0/token`, `https://localhost:1234/${tenant}/v2.0`]);
	const refused = get(login, '/elsewhere.example/v2.0/.well-known/openid-configuration');
	expect([refused.status, refused.headers['Cache-Control'], refused.json.error, refused.json.error_codes]).toEqual([400, 'max-age=86400, private', 'invalid_tenant', [90_002]]);
	const discovery = get(login, `/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(`https://localhost:1234/${tenant}/oauth2/v2.0/authorize`)}`);
	expect(discovery.json.tenant_discovery_endpoint).toBe(`https://localhost:1234/${tenant}/v2.0/.well-known/openid-configuration`);
	expect(get(login, '/common/discovery/instance').json.error_codes).toEqual([50_049]);
	expect(login.answer({
		method: 'GET', url: '/', headers: {}, body: '',
	}).status).toBe(404);
	expect(login.answer({
		method: 'GET', url: '/%E0%A4/%', headers: {}, body: '',
	}).status).toBe(404);
});

const bodyOf = (text: string): Json => JSON.parse(text.slice(text.indexOf('{"'))) as Json;
const headersOf = (text: string): string[] => text.includes('HTTP/1.1')
	? [...new Set(text.slice(0, text.includes('\n\n') ? text.indexOf('\n\n') : text.indexOf('\r\n\r\n')).split(/\r?\n/v).slice(1).map(line => line.split(':', 1)[0]!))]
	: [];

/** Ids, times and names that differ each time. */
const masked = (text: string): string => text.replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/giv, 'ID').replaceAll(/'[^']*'/gv, '\'\'').replaceAll(/\d{4}-\d\d-\d\d[\d :T.]+Z/gv, 'TIME').replaceAll(/(?:tenant named |scope |principal named )(?!input|value|\/)[^\s.]\S*?(?: Tenant)?(?=[. ]? )/gv, 'NAME');

test.skipIf(!existsSync(recorded))('answers have the members, order, status, headers and (in today\'s wording) the texts of recorded ones', () => {
	const old = new Set(['error-7000215-401.http', 'error-7000222-2020.json', 'error-90002-2021.http', 'error-90002-openid-config-2021.http', 'error-700027-401.http']);
	let compared = 0;
	for (const file of readdirSync(recorded).filter(name => name.startsWith('error-'))) {
		const text = readFileSync(path.join(recorded, file), 'utf8');
		const theirs = bodyOf(text);
		const login = loginWith();
		login.refuse(theirs.error_codes![0]!);
		const ours = ask(login, fields({scope: theirs.error_codes![0] === 500_011 ? 'https://graph.microsoft.com/user.read/.default' : 'user.read'}));
		const status = /^HTTP\/1\.1 (?<status>\d+)/v.exec(text)?.groups?.status;
		if (status) {
			expect(ours.status, file).toBe(Number(status));
		}

		expect(Object.keys(ours.headers), file).toEqual(expect.arrayContaining(headersOf(text)));
		if (!old.has(file)) {
			expect(Object.keys(ours.json), file).toEqual(Object.keys(theirs));
			expect(ours.json.error, file).toBe(theirs.error);
			expect(masked(ours.json.error_description!), file).toBe(masked(theirs.error_description!.replaceAll('\r\n', ' ')));
			compared++;
		}
	}

	expect(compared).toBeGreaterThan(8);
	const login = loginWith();
	const told = readFileSync(path.join(recorded, 'token-200.http'), 'utf8');
	const token = ask(login);
	expect(Object.keys(token.json)).toEqual(Object.keys(bodyOf(told)));
	expect(Object.keys(token.headers)).toEqual(expect.arrayContaining(headersOf(told)));
	expect(Object.keys(get(login, `/${tenant}/v2.0/.well-known/openid-configuration`).json)).toEqual(Object.keys(bodyOf(readFileSync(path.join(recorded, 'openid-configuration-200.http'), 'utf8'))));
	const discovery = get(login, `/common/discovery/instance?authorization_endpoint=https://localhost:1234/${tenant}/oauth2/v2.0/authorize`).json;
	const theirs = bodyOf(readFileSync(path.join(recorded, 'discovery-instance-200.json'), 'utf8'));
	expect(Object.keys(discovery)).toEqual(Object.keys(theirs));
	expect((discovery.metadata as unknown[]).slice(0, -1)).toEqual(theirs.metadata);
});

/** The service on loopback HTTPS. */
const served = async (login: Login) => {
	const {ca, cert, key} = makeCertificates();
	const server = createServer({cert, key}, async (request, response) => {
		const chunks: Uint8Array[] = [];
		for await (const chunk of request) {
			chunks.push(chunk as Uint8Array);
		}

		const {status, headers, body} = login.answer({
			method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks),
		});
		response.writeHead(status, headers).end(body);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
	login.change({origin});
	return {origin, ca};
};

test('msal, through the program\'s own credentials, gets a token here, gets another when it runs out, and is told why when refused', async () => {
	let shift = 0;
	const clock = {now: () => Date.now() + shift};
	const login = loginWith({clock});
	const {origin, ca} = await served(login);
	const options = {
		tenantId: tenant, clientId: app.clientId, clientSecret: app.secret, login: origin, resource: 'https://outlook.office365.com', ca, clock,
	};
	const tokens = microsoftTokens(options);
	const first = await tokens();
	expect(login.check(first.accessToken, 'outlook.office365.com')).toMatchObject({ok: true, clientId: app.clientId});
	expect(await tokens()).toEqual(first);
	expect(login.given).toBe(1);

	shift = 3_600_000;
	expect(login.check(first.accessToken)).toEqual({ok: false, reason: 'expired'});
	const second = await tokens();
	expect(second.accessToken).not.toBe(first.accessToken);
	expect(login.check(second.accessToken).ok).toBe(true);
	expect(login.given).toBe(2);

	expect(await failureFrom(microsoftTokens({...options, clientSecret: 'wrong'})())).toMatchObject({code: 'sign-in-refused', detail: expect.stringMatching(/^AADSTS7000215/v) as string});
	login.refuse(90_033, 1);
	expect(await failureFrom(microsoftTokens(options)())).toMatchObject({code: 'server-unavailable'});
});

test('an unknown tenant, refused at discovery already, is told by its number, not as a service out of reach', async () => {
	const login = loginWith();
	const {origin, ca} = await served(login);
	const tokens = microsoftTokens({
		tenantId: 'elsewhere.example', clientId: app.clientId, clientSecret: app.secret, login: origin, resource: 'https://outlook.office365.com', ca, clock: Date,
	});
	expect(await failureFrom(tokens())).toMatchObject({code: 'sign-in-refused', detail: expect.stringMatching(/^AADSTS90002/v) as string});
	expect(login.given).toBe(0);
});
