import {Buffer} from 'node:buffer';
import {randomUUID} from 'node:crypto';
import {type Clock} from '../../mailbox/clock.js';
import {instanceDiscovery, openidConfiguration} from './login-documents.js';
import {loginErrors, type LoginPlace} from './login-errors.js';
import {
	audienceOf, decodePart, formOf, headerOf, type LoginRequest,
} from './login-request.js';
import {type TokenCheck, Tokens} from './login-tokens.js';
import {rolesInToken} from './tenant.js';

/** An app registration; `tenant` is a GUID or a domain, as a client may spell it. */
export type LoginApp = {
	readonly tenant: string;
	readonly clientId: string;
	readonly secret: string;
	/** Application permissions that an administrator consented to, as `full_access_as_app`. */
	readonly roles: readonly string[];
	/** Milliseconds since 1970. */
	readonly secretExpires?: number;
	readonly disabled?: boolean;
};

export type LoginOptions = {
	readonly apps: readonly LoginApp[];
	readonly clock: Pick<Clock, 'now'>;
	/** Where clients reach this service, as `https://localhost:1234`. */
	readonly origin: string;
	/** `host` or `host:port` of each service that tokens are for. */
	readonly resourceHosts: readonly string[];
	/** How long a token lives, in seconds. */
	readonly lifetime?: number;
	/** The display name that refusals disclose. */
	readonly tenantName?: string;
};

export type {LoginRequest} from './login-request.js';
export type LoginAnswer = {readonly status: number; readonly headers: Readonly<Record<string, string | string[]>>; readonly body: string};

type Refusal = {readonly code: number; readonly parameter?: string};

const guid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iv;
const domain = /^[a-z\d](?:[a-z\d\-]{0,62}\.)+[a-z]{2,63}$/iv;
const dayLong = 'max-age=86400, private';
const never = 'no-store, no-cache';

/**
Stands in for the sign-in service of Entra ID (OAuth 2.0 client credentials with a secret, RFC 6749 4.4): answers have the
form of recorded ones, tokens run out by `clock`. A pure calculation but for the tokens it remembers; a server passes requests in.
*/
export class Login {
	readonly #options: LoginOptions;
	readonly #tokens: Tokens;
	/** AADSTS numbers that the next token requests get, whatever they ask. */
	readonly #injected: number[] = [];
	#lifetime: number;
	#origin: string;
	#answered = 0;

	constructor(options: LoginOptions) {
		this.#options = options;
		this.#tokens = new Tokens(options.clock);
		this.#lifetime = options.lifetime ?? 3599;
		this.#origin = options.origin;
	}

	/** Tokens given out so far. */
	get given(): number {
		return this.#answered;
	}

	/** From now on: `origin` for a server that learns its port when it listens, `lifetime` in seconds. */
	change({origin, lifetime}: Partial<Pick<LoginOptions, 'origin' | 'lifetime'>>): void {
		this.#origin = origin ?? this.#origin;
		this.#lifetime = lifetime ?? this.#lifetime;
	}

	/** The next `times` token requests are refused so. @throws for a number that the table does not hold */
	refuse(code: number, times = 1): void {
		if (!loginErrors[code]) {
			throw new RangeError(`AADSTS${code} is not known here`);
		}

		this.#injected.push(...Array.from({length: times}, () => code));
	}

	answer(request: LoginRequest): LoginAnswer {
		const {pathname, searchParams} = new URL(request.url, this.#origin);
		const [, tenant = '', ...rest] = pathname.split('/').map(part => decodePart(part));
		switch (rest.join('/')) {
			case 'oauth2/v2.0/token': {
				return this.#token(request, tenant);
			}

			case 'v2.0/.well-known/openid-configuration': {
				const known = this.#tenantOf(tenant);
				return 'code' in known
					? this.#refusal(request, known, {tenant}, dayLong)
					: this.#json(request, {status: 200, value: openidConfiguration(this.#origin, known.tenant), cache: dayLong});
			}

			case 'discovery/instance': {
				return this.#instance(request, searchParams.get('authorization_endpoint') ?? '');
			}

			case 'discovery/v2.0/keys': {
				return this.#json(request, {status: 200, value: {keys: []}, cache: dayLong});
			}

			default: {
				return {status: 404, headers: {'Content-Length': '0', ...this.#always(randomUUID())}, body: ''};
			}
		}
	}

	/** What a bearer token is worth now; `host` is the service that was shown it, where that matters. */
	check(token: string, host?: string): TokenCheck {
		const check = this.#tokens.check(token);
		if (!check.ok) {
			return check;
		}

		const audience = new URL(check.audience).host;
		const fits = host === undefined ? this.#options.resourceHosts.includes(audience) : audience === host.toLowerCase();
		return fits ? check : {ok: false, reason: 'audience'};
	}

	/** Every token given so far is refused as expired from now on. */
	expireAll(): void {
		this.#tokens.expireAll();
	}

	#tenantOf(tenant: string): {readonly tenant: string} | Refusal {
		const app = this.#options.apps.find(app => app.tenant.toLowerCase() === tenant.toLowerCase());
		return app ? {tenant: app.tenant} : {code: guid.test(tenant) || domain.test(tenant) ? 90_002 : 900_023};
	}

	#token(request: LoginRequest, tenant: string): LoginAnswer {
		const form = formOf(request);
		const place = {tenant, clientId: form.get('client_id') ?? '', scope: form.get('scope') ?? ''};
		const grant = this.#grant(request.method, tenant, form);
		if ('code' in grant) {
			return this.#refusal(request, grant, place, never);
		}

		this.#answered++;
		const expires = this.#lifetime;
		/* eslint-disable @typescript-eslint/naming-convention -- RFC 6749 5.1 */
		return this.#json(request, {
			status: 200, cache: never, value: {
				token_type: 'Bearer', expires_in: expires, ext_expires_in: expires, access_token: this.#tokens.issue(grant, expires),
			},
		});
		/* eslint-enable @typescript-eslint/naming-convention */
	}

	/** Whom the request's token is for, or why there is none. */
	#grant(method: string, tenant: string, form: URLSearchParams): Parameters<Tokens['issue']>[0] | Refusal {
		const injected = this.#injected.shift();
		if (injected !== undefined) {
			return {code: injected};
		}

		if (method !== 'POST') {
			return {code: 900_561};
		}

		const known = this.#tenantOf(tenant);
		if ('code' in known) {
			return known;
		}

		const parameter = ['grant_type', 'client_id', 'scope'].find(name => !form.get(name));
		if (parameter) {
			return {code: 900_144, parameter};
		}

		if (form.get('grant_type') !== 'client_credentials') {
			return {code: 70_003};
		}

		const app = this.#options.apps.find(app => app.tenant === known.tenant && app.clientId.toLowerCase() === form.get('client_id')!.toLowerCase());
		if (!app) {
			return {code: 700_016};
		}

		const audience = audienceOf(form.get('scope')!);
		const refused = typeof audience === 'number' ? audience : this.#refusalOf(app, form);
		if (refused !== undefined) {
			return {code: refused};
		}

		return this.#options.resourceHosts.includes(new URL(String(audience)).host)
			? {
				tenant: app.tenant, clientId: app.clientId, roles: rolesInToken(String(audience), app.roles), audience: String(audience),
			}
			: {code: 500_011};
	}

	/** Why this app may not sign in, if so. */
	#refusalOf(app: LoginApp, form: URLSearchParams): number | undefined {
		if (app.disabled) {
			return 7_000_112;
		}

		if (form.has('client_assertion')) {
			return 700_027;
		}

		if (!form.get('client_secret')) {
			return 7_000_218;
		}

		if (form.get('client_secret') !== app.secret) {
			return 7_000_215;
		}

		return app.secretExpires !== undefined && app.secretExpires <= this.#options.clock.now() ? 7_000_222 : undefined;
	}

	#instance(request: LoginRequest, endpoint: string): LoginAnswer {
		if (!URL.canParse(endpoint) || new URL(endpoint).host !== new URL(this.#origin).host) {
			return this.#refusal(request, {code: 50_049}, {}, dayLong);
		}

		const [, tenant = 'common'] = new URL(endpoint).pathname.split('/');
		return this.#json(request, {status: 200, value: instanceDiscovery(this.#origin, tenant), cache: dayLong});
	}

	#refusal(request: LoginRequest, {code, parameter = ''}: Refusal, place: Partial<LoginPlace>, cache: string): LoginAnswer {
		const now = this.#options.clock.now();
		const {status, error, text, errorUri, more} = loginErrors[code]!({
			tenant: '', clientId: '', scope: '', ...place, parameter, now, method: request.method, tenantName: this.#options.tenantName ?? 'Example',
		});
		const trace = randomUUID();
		const correlation = headerOf(request, 'client-request-id') ?? randomUUID();
		const timestamp = new Date(now).toISOString().replace('T', ' ').replace(/\.\d+Z$/v, 'Z');
		/* eslint-disable @typescript-eslint/naming-convention -- the service's names */
		const value = {
			error,
			// Parted by blanks since autumn 2023 (LESSONS 53).
			error_description: `AADSTS${code}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
			error_codes: [code],
			timestamp,
			trace_id: trace,
			correlation_id: correlation,
			...(errorUri !== false && {error_uri: `${this.#origin}/error?code=${code}`}),
			...more,
		};
		/* eslint-enable @typescript-eslint/naming-convention */
		return this.#json(request, {
			status, value, cache, trace, more: code === 50_034 ? {'x-ms-clitelem': '1,50034,0,,'} : (status === 429 ? {'Retry-After': '1'} : {}),
		});
	}

	#json(request: LoginRequest, {status, value, cache, trace = randomUUID(), more = {}}: {status: number; value: unknown; cache: string; trace?: string; more?: Record<string, string>}): LoginAnswer {
		const body = JSON.stringify(value);
		const echo = headerOf(request, 'client-request-id');
		return {
			status,
			headers: {
				'Cache-Control': cache,
				...(cache === never && {Pragma: 'no-cache', Expires: '-1'}), // eslint-disable-line @typescript-eslint/naming-convention -- HTTP
				'Content-Type': 'application/json; charset=utf-8',
				'Content-Length': String(Buffer.byteLength(body)),
				...this.#always(trace),
				...(echo !== undefined && {'client-request-id': echo}),
				...more,
			},
			body,
		};
	}

	#always(trace: string): Record<string, string | string[]> {
		const cookie = 'path=/; secure; HttpOnly; SameSite=None';
		return {
			'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
			'X-Content-Type-Options': 'nosniff',
			// eslint-disable-next-line @typescript-eslint/naming-convention -- HTTP
			P3P: 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
			'x-ms-request-id': trace,
			'x-ms-ests-server': '2.1.14357.8 - EUS ProdSlices',
			'X-XSS-Protection': '0',
			'Set-Cookie': [`fpc=sandbox; ${cookie}`, `x-ms-gateway-slice=estsfd; ${cookie.toLowerCase()}`, `stsservicecookie=estsfd; ${cookie.toLowerCase()}`],
			// eslint-disable-next-line @typescript-eslint/naming-convention -- HTTP
			Date: new Date(this.#options.clock.now()).toUTCString(),
		};
	}
}
