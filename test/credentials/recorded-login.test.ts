import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {inspect} from 'node:util';
import {describe, expect, test} from 'vitest';
import {microsoftTokens} from '../../source/credentials/microsoft.js';
import {type MicrosoftNetwork} from '../../source/credentials/microsoft-network.js';
import {failureFrom, PatientClock} from '../protocols/surroundings.js';

const folder = path.resolve('../shared/recorded/login');
const files = existsSync(folder) ? readdirSync(folder) : [];

const app = {
	tenantId: '12345678-1234-1234-1234-123456789012', clientId: '99999999-2222-3333-4444-555555555555', clientSecret: 'planted~secret', login: 'https://login.microsoftonline.com', resource: 'https://graph.microsoft.com',
};

/** Msal knows the endpoints of Microsoft's own by heart, and asks others. */
const unknownLogin = 'https://login.contoso.example';

/** Where msal meets the answer. */
type Place = 'discovery' | 'token';

/** What an answer comes to: a part of the cause and of the remedy, or the token. */
type Row = {readonly place?: Place; readonly number?: number; readonly cause?: RegExp; readonly remedy?: RegExp; readonly token?: string; readonly unused?: true};

const refused = (number: number, cause: RegExp, remedy: RegExp, place: Place = 'token'): Row => ({
	place, number, cause, remedy,
});

/** Written by hand from INDEX.md, LESSONS.md 51 to 57 and the files. */
const table: Readonly<Record<string, Row>> = {
	// Which hosts there are is known from the settings: msal is not to ask.
	'discovery-instance-200.json': {unused: true},
	'error-1002012-2023.json': refused(1_002_012, /scope/v, /destination\.cloud/v),
	'error-500011-2023.json': refused(500_011, /does not know the service/v, /destination\.cloud/v),
	'error-50034-400.http': refused(50_034, /does not know this account/v, /Application \(client\) ID/v),
	'error-53003-2025.json': refused(53_003, /Conditional Access/v, /Conditional Access/v),
	'error-700016-2026.json': refused(700_016, /client id is unknown in this tenant/v, /not the object ID/v),
	'error-7000215-401.http': refused(7_000_215, /client secret is wrong/v, /all of the Value/v),
	'error-7000215-new-wording.json': refused(7_000_215, /client secret is wrong/v, /all of the Value/v),
	'error-7000222-2020.json': refused(7_000_222, /expired/v, /make a new one/v),
	'error-7000222-2026.json': refused(7_000_222, /expired/v, /or use a certificate/v),
	'error-700024-2023.json': refused(700_024, /clock is wrong \(the service's says 2023-12-11T23:52:19Z\)/v, /Set the clock/v),
	'error-700027-401.http': refused(700_027, /certificate/v, /upload the certificate of destination\.certificate without its key/v),
	'error-70011-2023.json': refused(70_011, /scope/v, /destination\.cloud/v),
	'error-90002-2021.http': refused(90_002, /tenant was not found/v, /Directory \(tenant\) ID/v),
	'error-90002-2023.json': refused(90_002, /tenant was not found/v, /Directory \(tenant\) ID/v),
	'error-90002-openid-config-2021.http': refused(90_002, /tenant was not found/v, /Directory \(tenant\) ID/v, 'discovery'),
	'error-900023-2023.json': refused(900_023, /malformed/v, /verified domain/v),
	'openid-configuration-200.http': {place: 'discovery', token: 'A_TOKEN'},
	'token-200.http': {place: 'token', token: 'ACCESS_TOKEN'},
};

type Recorded = {readonly status: number; readonly headers: Record<string, string>; readonly body: Record<string, unknown>};

/** The status that goes with a body which was kept alone (LESSONS 52). */
const statusOf = ({error}: Record<string, unknown>): number => error === undefined ? 200 : (error === 'invalid_client' ? 401 : 400);

const read = (file: string): Recorded => {
	const text = readFileSync(path.join(folder, file), 'utf8');
	const body = JSON.parse(text.slice(text.indexOf('{"'))) as Record<string, unknown>;
	return {status: file.endsWith('.http') ? Number(/^HTTP\/1\.1 (?<status>\d+)/v.exec(text)!.groups!.status) : statusOf(body), headers: {'content-type': 'application/json; charset=utf-8'}, body};
};

/* eslint-disable @typescript-eslint/naming-convention, @eslint-community/eslint-comments/disable-enable-pair -- the names of OAuth 2.0, down to the end */
const serviceWith = (place: Place, answer: Recorded) => {
	const asked: string[] = [];
	const own = `https://login.microsoftonline.com/${app.tenantId}`;
	const discovery: Recorded = {
		status: 200, headers: {}, body: {
			token_endpoint: `${own}/oauth2/v2.0/token`, issuer: `${own}/v2.0`, authorization_endpoint: `${own}/oauth2/v2.0/authorize`, jwks_uri: `${own}/discovery/v2.0/keys`,
		},
	};
	const token: Recorded = {status: 200, headers: {}, body: {token_type: 'Bearer', expires_in: 3599, access_token: 'A_TOKEN'}};
	const network: MicrosoftNetwork = {
		async sendGetRequestAsync<T>(url: string) {
			asked.push(url);
			return (place === 'discovery' ? answer : discovery) as unknown as {headers: Record<string, string>; body: T; status: number};
		},
		async sendPostRequestAsync<T>(url: string) {
			asked.push(url);
			return (place === 'token' ? answer : token) as unknown as {headers: Record<string, string>; body: T; status: number};
		},
	};
	return {network, asked};
};

describe.skipIf(files.length === 0)('every recorded answer of the sign-in service is understood as a person understood it', () => {
	test('there is a row for every file, and a file for every row', () => {
		expect(Object.keys(table).sort()).toEqual(files.sort());
	});

	test.each(Object.entries(table).filter(([, {unused}]) => !unused))('%s', async (file, {place, number, cause, remedy, token}) => {
		const answer = read(file);
		const {network, asked} = serviceWith(place!, answer);
		const clock = new PatientClock();
		const promise = microsoftTokens({
			...app, ...(place === 'discovery' && {login: unknownLogin}), network, clock,
		})();
		if (token !== undefined) {
			expect(await promise).toMatchObject({accessToken: token});
			expect(asked.filter(url => url.includes('discovery/instance'))).toEqual([]);
			return;
		}

		const {code, detail, next, error} = await failureFrom(promise);
		expect(code).toBe('sign-in-refused');
		expect(detail).toMatch(new RegExp(`^AADSTS${number}: `, 'v'));
		expect(detail).toMatch(cause!);
		expect(next).toMatch(remedy!);
		expect(next).not.toMatch(/<\w+>/v);
		// The service's words name tenants, applications and thumbprints.
		const description = (answer.body.error_description as string).slice(0, 60).replace(/^AADSTS\d+: /v, '');
		const told = `${(error as Error).message}\n${inspect({detail, next})}`;
		expect(told).not.toContain(description);
		expect(told).not.toMatch(/TENANT_NAME|APP_ID|8CA6895C|Trace|planted/v);
	});

	test('the token endpoint of the recorded configuration is the one that is asked', async () => {
		const {network, asked} = serviceWith('discovery', read('openid-configuration-200.http'));
		await microsoftTokens({
			...app, login: unknownLogin, network, clock: new PatientClock(),
		})();
		expect(asked[0]).toMatch(/openid-configuration/v);
		expect(asked.at(-1)).toMatch(/^https:\/\/login\.microsoftonline\.com\/[^\/]+\/oauth2\/v2\.0\/token/v);
	});
});
