import {execFile} from 'node:child_process';
import {createPublicKey, verify, X509Certificate} from 'node:crypto';
import {
	mkdtemp, readFile, rm, writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {inspect, promisify} from 'node:util';
import {Buffer} from 'node:buffer';
import {
	afterAll, beforeAll, describe, expect, test,
} from 'vitest';
import {readCertificate} from '../../source/credentials/certificate.js';
import {microsoftTokens, resourceOf, tokensFor} from '../../source/credentials/microsoft.js';
import {rolesIn} from '../../source/credentials/roles.js';
import {type MicrosoftNetwork} from '../../source/credentials/microsoft-network.js';
import {type Notice} from '../../source/mailbox/source.js';
import {clouds} from '../../source/settings/hosts.js';
import {failureFrom, PatientClock} from '../protocols/surroundings.js';

const run = promisify(execFile);
const passphrase = 'planted gehéim';

let directory: string;
const file = async (name: string): Promise<Uint8Array> => readFile(path.join(directory, name));

beforeAll(async () => {
	directory = await mkdtemp(path.join(tmpdir(), 'aw2ms365-certificate-'));
	const openssl = async (...words: string[]) => run('openssl', words, {cwd: directory});
	await writeFile(path.join(directory, 'empty.cnf'), '[req]\ndistinguished_name = name\n[name]\n');
	const make = async (name: string, ...key: string[]) => openssl('req', '-x509', '-config', 'empty.cnf', '-newkey', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.crt`, '-days', '30', '-subj', `/CN=${name}`);
	await Promise.all([make('app', 'rsa:2048'), make('other', 'rsa:2048'), make('curve', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1')]);
	const pfx = async (name: string, ...more: string[]) => openssl('pkcs12', '-export', '-inkey', 'app.key', '-in', 'app.crt', '-certfile', 'other.crt', '-out', name, ...more);
	await Promise.all([
		openssl('pkcs8', '-topk8', '-in', 'app.key', '-out', 'enciphered.key', '-passout', `pass:${passphrase}`),
		openssl('rsa', '-in', 'app.key', '-out', 'traditional.key', '-traditional'),
		pfx('modern.pfx', '-passout', `pass:${passphrase}`),
		pfx('triple.pfx', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1', '-passout', `pass:${passphrase}`),
		pfx('open.pfx', '-passout', 'pass:'),
		pfx('unenciphered.pfx', '-keypbe', 'NONE', '-certpbe', 'NONE', '-passout', `pass:${passphrase}`),
		pfx('old.pfx', '-legacy', '-passout', `pass:${passphrase}`),
	]);
	const join = async (name: string, ...parts: string[]) => writeFile(path.join(directory, name), Buffer.concat(await Promise.all(parts.map(async part => file(part)))));
	await Promise.all([
		join('plain.pem', 'app.key', 'app.crt'),
		join('traditional.pem', 'app.crt', 'traditional.key'),
		join('chain.pem', 'other.crt', 'app.crt', 'app.key'),
		join('enciphered.pem', 'app.crt', 'enciphered.key'),
		join('strangers.pem', 'other.crt', 'app.key'),
		join('curve.pem', 'curve.crt', 'curve.key'),
	]);
});

afterAll(async () => {
	await rm(directory, {recursive: true, force: true});
});

describe('a certificate of the application', () => {
	test.each<[string, string?]>([['plain.pem'], ['traditional.pem'], ['chain.pem'], ['enciphered.pem', passphrase], ['modern.pfx', passphrase], ['triple.pfx', passphrase], ['open.pfx'], ['unenciphered.pfx', passphrase]])('is read from %s', async (name, secret) => {
		const {privateKey, thumbprintSha256, expires} = readCertificate({bytes: await file(name), passphrase: secret});
		const certificate = new X509Certificate(await file('app.crt'));
		expect(thumbprintSha256).toBe(certificate.fingerprint256.replaceAll(':', ''));
		expect(privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/v);
		expect(createPublicKey(privateKey).equals(certificate.publicKey)).toBe(true);
		expect(expires).toBe(Date.parse(certificate.validTo));
	});

	test.each<[string, string | undefined, RegExp, RegExp]>([
		['enciphered.pem', undefined, /wants a passphrase/v, /AW2MS365_CERTIFICATE_PASSPHRASE/v],
		['enciphered.pem', 'planted wrong', /passphrase does not open its private key/v, /certificatePassphrase/v],
		['modern.pfx', undefined, /PFX file wants a passphrase/v, /certificatePassphrase/v],
		['modern.pfx', 'planted wrong', /passphrase does not open the PFX/v, /certificatePassphrase/v],
		['old.pfx', passphrase, /too old/v, /AES256/v],
		['strangers.pem', undefined, /do not belong together/v, /key that the certificate was made with/v],
		['app.key', undefined, /no certificate in the PEM/v, /into one file/v],
		['app.crt', undefined, /no private key in the PEM/v, /into one file/v],
		['curve.pem', undefined, /no RSA key/v, /2048/v],
		['empty.cnf', undefined, /neither PEM nor a PFX/v, /openssl pkcs12/v],
	])('%s with passphrase %s is told what is wrong with it, and nothing of what is in it', async (name, secret, what, next) => {
		const bytes = await file(name);
		const failure = await failureFrom((async () => readCertificate({bytes, passphrase: secret}))());
		expect(failure).toMatchObject({code: 'settings-invalid', detail: expect.stringMatching(what) as string, next: expect.stringMatching(next) as string});
		expect(inspect(failure, {depth: 9})).not.toMatch(/planted|PRIVATE KEY-----/v);
	});

	test('cut short anywhere, a PFX is refused and nothing else happens', async () => {
		const bytes = await file('modern.pfx');
		for (let length = 0; length < bytes.length; length += 97) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			expect(await failureFrom((async () => readCertificate({bytes: bytes.subarray(0, length), passphrase}))())).toMatchObject({code: 'settings-invalid'});
		}
	});
});

/* eslint-disable @typescript-eslint/naming-convention, @eslint-community/eslint-comments/disable-enable-pair -- the names of OAuth 2.0, down to the end */
const app = {tenantId: '12345678-1234-1234-1234-123456789012', clientId: '99999999-2222-3333-4444-555555555555'};

/** A sign-in service that answers with these numbers one after another, 0 and what follows being tokens. */
const serviceOf = (refusals: readonly number[]) => {
	const posts: Array<{readonly url: string; readonly form: URLSearchParams}> = [];
	const left = [...refusals];
	const network: MicrosoftNetwork = {
		async sendGetRequestAsync<T>(url: string) {
			const own = url.replace(/\/v2\.0\/\.well-known.*$/v, '');
			const body: unknown = {
				token_endpoint: `${own}/oauth2/v2.0/token`, issuer: `${own}/v2.0`, authorization_endpoint: `${own}/oauth2/v2.0/authorize`, jwks_uri: `${own}/discovery/v2.0/keys`,
			};
			return {status: 200, headers: {}, body: body as T};
		},
		async sendPostRequestAsync<T>(url: string, options: {body?: string} = {}) {
			posts.push({url, form: new URLSearchParams(options.body)});
			const number = left.shift() ?? 0;
			const body: unknown = number === 0
				? {token_type: 'Bearer', expires_in: 3599, access_token: `token ${posts.length}`}
				: {error: 'invalid_client', error_description: `AADSTS${number}: words of the service`, error_codes: [number]};
			return {status: number === 0 ? 200 : 401, headers: {}, body: body as T};
		},
	};
	return {network, posts};
};

test('a certificate signs the application in: an assertion that its public key verifies, named by its SHA-256 thumbprint, and no secret', async () => {
	const {network, posts} = serviceOf([]);
	const tokens = microsoftTokens({
		...app, clientSecret: 'planted-secret', certificate: {bytes: await file('modern.pfx'), passphrase}, login: 'https://login.microsoftonline.com', resource: 'https://graph.microsoft.com', network, clock: new PatientClock(),
	});
	expect(await tokens()).toMatchObject({accessToken: 'token 1'});
	const {form, url} = posts[0]!;
	expect(form.get('client_secret')).toBeNull();
	expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
	const [head, claims, signature] = form.get('client_assertion')!.split('.') as [string, string, string];
	const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, string>;
	const certificate = new X509Certificate(await file('app.crt'));
	expect(header.alg).toBe('PS256');
	expect(Buffer.from(header['x5t#S256']!, 'base64url').toString('hex').toUpperCase()).toBe(certificate.fingerprint256.replaceAll(':', ''));
	const key = {key: certificate.publicKey, padding: 6, saltLength: 32};
	expect(verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
	expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({iss: app.clientId, sub: app.clientId, aud: url.replace(/\?.*$/v, '')});
});

describe('AADSTS7000215', () => {
	const secretOf = (clientSecret: string, refusals: readonly number[]) => {
		const clock = new PatientClock();
		const notices: Notice[] = [];
		const {network, posts} = serviceOf(refusals);
		const tokens = microsoftTokens({
			...app, clientSecret, login: 'https://login.microsoftonline.com', resource: 'https://graph.microsoft.com', network, clock, notice(notice) {
				notices.push(notice);
			},
		});
		return {
			tokens, clock, notices, posts,
		};
	};

	const wrong = Array.from({length: 100}, () => 7_000_215);

	test('a secret that the service does not know yet is tried for two minutes, which is told, and then works', async () => {
		const {tokens, notices, posts} = secretOf('Abc~new', wrong.slice(0, 3));
		expect(await tokens()).toMatchObject({accessToken: 'token 4'});
		expect(posts).toHaveLength(4);
		expect(notices).toHaveLength(3);
		expect(notices[0]).toMatchObject({
			type: 'waiting', side: 'destination', wait: 15_000, code: 'sign-in-refused', detail: expect.stringContaining('a new one takes up to two minutes') as string,
		});
	});

	test('after that it is wrong, and not merely new', async () => {
		const {tokens, clock} = secretOf('Abc~wrong', wrong);
		const since = clock.now();
		expect(await failureFrom(tokens())).toMatchObject({code: 'sign-in-refused', detail: expect.stringMatching(/tried for two minutes, so it is not merely too new/v) as string, next: expect.stringContaining(app.clientId) as string});
		expect(clock.now() - since).toBe(120_000);
	});

	test.each(['0a1b2c3d-0000-1111-2222-333344445555', ' 0A1B2C3D-0000-1111-2222-333344445555\n'])('a Secret ID in its place is told at once', async secret => {
		const {tokens, clock} = secretOf(secret, wrong);
		expect(await failureFrom(tokens())).toMatchObject({detail: expect.stringContaining('form of a Secret ID') as string, next: expect.stringContaining('Copy the Value, not the Secret ID') as string});
		expect(clock.waits).toEqual([]);
	});

	test('a secret that worked before was removed: told at once', async () => {
		const {tokens, clock} = secretOf('Abc~good', [0, 7_000_215]);
		await tokens();
		await clock.sleep(3_600_000);
		clock.waits.length = 0;
		expect(await failureFrom(tokens())).toMatchObject({detail: expect.stringContaining('was accepted before') as string});
		expect(clock.waits).toEqual([]);
	});

	test('other refusals are not waited for', async () => {
		const {tokens, clock} = secretOf('Abc~wrong', [7_000_222]);
		expect(await failureFrom(tokens())).toMatchObject({detail: expect.stringMatching(/^AADSTS7000222/v) as string});
		expect(clock.waits).toEqual([]);
	});
});

test.each(Object.entries(clouds))('in the cloud %s tokens are asked for at its login, one for each of its hosts', async (_, cloud) => {
	const {network, posts} = serviceOf([]);
	const common = {
		...app, clientSecret: 's', cloud, clock: new PatientClock(), network,
	};
	for (const host of [cloud.graph, cloud.ews, cloud.imap.host]) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		await tokensFor(host, common)();
		const {url, form} = posts.at(-1)!;
		expect(new URL(url).host).toBe(cloud.login);
		expect(form.get('scope')!.split(' ')).toContain(`${resourceOf(host)}/.default`);
		expect(resourceOf(host)).toBe(`https://${host}`);
	}
});

describe('roles in a token', () => {
	const tokenOf = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

	test.each<[string, readonly string[] | undefined]>([
		[tokenOf({roles: ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All']}), ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All']],
		[tokenOf({roles: ['full_access_as_app', 7]}), ['full_access_as_app']],
		[tokenOf({aud: 'x'}), []],
		[tokenOf({roles: 'Mail.ReadWrite'}), undefined],
		[tokenOf(null), undefined],
		['EwBgA8l6BAAU', undefined],
		['a.!!!.b', undefined],
		['', undefined],
	])('%s', (token, roles) => {
		expect(rolesIn(token)).toEqual(roles);
	});
});
