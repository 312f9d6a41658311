import {Buffer} from 'node:buffer';
import {randomBytes, randomUUID} from 'node:crypto';
import {type Clock} from '../../mailbox/clock.js';

/** Whom a token was given to, and for what. */
export type Grant = {readonly tenant: string; readonly clientId: string; readonly roles: readonly string[]; /** As `https://outlook.office365.com`. */ readonly audience: string};

export type TokenCheck =
	| {readonly ok: true; readonly clientId: string; readonly tenant: string; readonly roles: readonly string[]; readonly audience: string}
	| {readonly ok: false; readonly reason: 'expired' | 'invalid' | 'audience'};

const part = (value: Record<string, unknown>): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The access tokens that were given out: to read like a JWT of an app (version 1.0 claims), good because they are remembered here. */
export class Tokens {
	readonly #given = new Map<string, Grant & {expires: number}>();
	readonly #clock: Pick<Clock, 'now'>;

	constructor(clock: Pick<Clock, 'now'>) {
		this.#clock = clock;
	}

	/** @param lifetime in seconds */
	issue(grant: Grant, lifetime: number): string {
		const now = Math.floor(this.#clock.now() / 1000);
		const object = randomUUID();
		// The service starts a token five minutes early, and counts its life from the answer.
		const token = [
			part({
				typ: 'JWT', nonce: randomBytes(24).toString('base64url'), alg: 'RS256', x5t: 'c2FuZGJveC1rZXktb2YtYXcybXMzNjU', kid: 'c2FuZGJveC1rZXktb2YtYXcybXMzNjU',
			}),
			/* eslint-disable @typescript-eslint/naming-convention -- claims have the service's names */
			part({
				aud: grant.audience,
				iss: `https://sts.windows.net/${grant.tenant}/`,
				iat: now - 300,
				nbf: now - 300,
				exp: now + lifetime,
				aio: randomBytes(24).toString('base64'),
				app_displayname: 'aw2ms365',
				appid: grant.clientId,
				appidacr: '1',
				idp: `https://sts.windows.net/${grant.tenant}/`,
				idtyp: 'app',
				oid: object,
				// Left out, not empty, where no permission was consented to.
				...(grant.roles.length > 0 && {roles: grant.roles}),
				sub: object,
				tid: grant.tenant,
				uti: randomBytes(16).toString('base64url'),
				ver: '1.0',
			}),
			/* eslint-enable @typescript-eslint/naming-convention */
			randomBytes(256).toString('base64url'),
		].join('.');
		this.#given.set(token, {...grant, expires: (now + lifetime) * 1000});
		return token;
	}

	check(token: string): TokenCheck {
		const given = this.#given.get(token);
		if (!given) {
			return {ok: false, reason: 'invalid'};
		}

		const {expires, ...grant} = given;
		return this.#clock.now() < expires ? {ok: true, ...grant} : {ok: false, reason: 'expired'};
	}

	expireAll(): void {
		for (const given of this.#given.values()) {
			given.expires = -Infinity;
		}
	}
}
