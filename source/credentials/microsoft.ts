import {type Clock} from '../mailbox/clock.js';
import {FailureError} from '../mailbox/failure.js';
import {type Notice} from '../mailbox/source.js';
import {orAborted} from '../protocols/or-aborted.js';
import {type CertificateFile, readCertificate} from './certificate.js';
import {aadstsFailure, mayBeNew} from './microsoft-errors.js';
import {httpsNetwork, type MicrosoftNetwork} from './microsoft-network.js';

/** An app registration and where to ask for its tokens. */
export type MicrosoftApp = {
	readonly tenantId: string;
	readonly clientId: string;
	/** Or a certificate. */
	readonly clientSecret?: string | undefined;
	/** Used instead of a secret where there are both. */
	readonly certificate?: CertificateFile | undefined;
	/** Origin of the sign-in service, as `https://login.microsoftonline.com`. */
	readonly login: string;
	/** What the token is for, as `https://outlook.office365.com`: see {@link resourceOf}. */
	readonly resource: string;
	/** One more certificate authority, PEM, for the sandbox. */
	readonly ca?: string | undefined;
	/** Where it can sleep, a secret that may be too new is waited for. */
	readonly clock: Pick<Clock, 'now'> & Partial<Pick<Clock, 'sleep'>>;
	/** Hears of that wait. */
	readonly notice?: ((notice: Notice) => void) | undefined;
	/** Stands in for HTTPS in tests. */
	readonly network?: MicrosoftNetwork;
};

/** A token is renewed so long before it runs out, in milliseconds, but not in the first half of a short life: a sign-in with it must still succeed. */
const margin = 5 * 60_000;

/** A token that a server refused is renewed, but not again within so many milliseconds: many lanes are refused at once. */
const freshEnough = 2000;

/** How long a secret that the service does not know may be too new, and how often it is tried meanwhile, in milliseconds. */
const newSecret = {patience: 120_000, pause: 15_000};

export type AccessToken = {
	readonly accessToken: string;
	/** When it runs out, by the clock. */
	readonly expires: number;
};

/** The resource whose token opens a host's service, IMAP, EWS or Graph: each cloud's own (microsoft-365.md 6.4). */
export const resourceOf = (host: string): string => `https://${host}`;

/**
Access tokens of an app (client credentials, scope `/.default`). The token is kept in memory and shared; any
number of callers cause one request. msal-node is loaded at the first call, so that runs with a password never load it.
`fresh` asks for a new one, because the server refused the last; `signal` ends the caller's wait at once, and the waiting altogether when
nobody is left who wants the token.

@throws sign-in-refused (only the AADSTS number and our own words), host-unreachable, tls-refused, server-unavailable; settings-invalid for a certificate; `signal.reason` when aborted
*/
export const microsoftTokens = (app: MicrosoftApp): (fresh?: boolean, signal?: AbortSignal) => Promise<AccessToken> => {
	type Token = AccessToken & {readonly renewAt: number; readonly since: number};
	type Request = {readonly token: Promise<Token>; readonly stop: AbortController; waiting: number};
	let token: Token | undefined;
	let request: Request | undefined;
	/** Ends what is under way now. */
	let stopping: AbortSignal | undefined;
	let client: Awaited<ReturnType<typeof makeClient>> | undefined;
	const secret = app.certificate ? undefined : app.clientSecret;

	const network = remembering(app.network ?? httpsNetwork({ca: app.ca, signal: () => stopping}));
	const ask = async (wasWaitedFor: boolean): Promise<Token> => {
		network.forget();
		try {
			client ??= await makeClient(app, network);
			const result = await client.acquireTokenByClientCredential({scopes: [`${app.resource}/.default`], skipCache: true});
			if (!result?.accessToken) {
				throw new FailureError('sign-in-refused', {detail: 'the sign-in service gave no token'});
			}

			// Msal counts by the machine's clock, we by the one passed in.
			const now = app.clock.now();
			const life = result.expiresOn ? result.expiresOn.getTime() - Date.now() : 10 * 60_000;
			return {
				accessToken: result.accessToken, expires: now + life, renewAt: now + life - Math.min(margin, life / 2), since: now,
			};
		} catch (error) {
			// The next call begins anew: msal would answer it from its memory of this failure for a minute.
			client = undefined;
			throw error instanceof FailureError
				? error
				: aadstsFailure(error, {
					network: network.lastError(), host: new URL(app.login).host, names: {tenantId: app.tenantId, clientId: app.clientId}, proof: {secret, hasWorked: token !== undefined, wasWaitedFor},
				});
		}
	};

	const renew = async (stop: AbortSignal): Promise<Token> => {
		const since = app.clock.now();
		for (;;) {
			const waited = app.clock.now() - since;
			try {
				// eslint-disable-next-line no-await-in-loop -- one try after another
				return await ask(waited >= newSecret.patience);
			} catch (error) {
				if (!app.clock.sleep || waited >= newSecret.patience || !(error instanceof FailureError) || !mayBeNew(error, {secret, hasWorked: token !== undefined})) {
					throw error;
				}

				const {code, detail} = error.failure;
				app.notice?.({
					type: 'waiting', side: 'destination', wait: newSecret.pause, code, detail: `${detail!}; a new one takes up to two minutes, so it is tried again`,
				});
				// eslint-disable-next-line no-await-in-loop -- one try after another
				await app.clock.sleep(newSecret.pause, stop);
			}
		}
	};

	const settle = async (stop: AbortSignal): Promise<Token> => {
		try {
			token = await renew(stop);
			return token;
		} finally {
			if (stopping === stop) {
				request = undefined;
			}
		}
	};

	const begin = (): Request => {
		const stop = new AbortController();
		stopping = stop.signal;
		return {stop, waiting: 0, token: settle(stop.signal)};
	};

	return async (fresh = false, signal = undefined) => {
		signal?.throwIfAborted();
		const now = app.clock.now();
		if (token && now < token.renewAt && !(fresh && now >= token.since + freshEnough)) {
			return token;
		}

		request ??= begin();
		const asked = request;
		asked.waiting++;
		try {
			return await (signal ? orAborted(asked.token, signal) : asked.token);
		} finally {
			asked.waiting--;
			if (asked.waiting === 0 && signal?.aborted) {
				request = request === asked ? undefined : request;
				asked.stop.abort(signal.reason);
			}
		}
	};
};

/** A network that knows what went wrong last, a refusal of discovery (an unknown tenant) included: msal hides it. */
const remembering = (network: MicrosoftNetwork) => {
	let last: unknown;
	const watch = async <T extends {readonly body: unknown}>(answer: Promise<T>): Promise<T> => {
		try {
			const {body} = await answer;
			const code = (body as {error_codes?: readonly unknown[]} | undefined)?.error_codes?.[0];
			last = code === undefined ? last : {errorNo: code};
			return await answer;
		} catch (error) {
			last = error;
			throw error;
		}
	};

	return {
		sendGetRequestAsync: async <T>(...request: Parameters<MicrosoftNetwork['sendGetRequestAsync']>) => watch(network.sendGetRequestAsync<T>(...request)),
		sendPostRequestAsync: async <T>(...request: Parameters<MicrosoftNetwork['sendPostRequestAsync']>) => watch(network.sendPostRequestAsync<T>(...request)),
		lastError: () => last,
		forget() {
			last = undefined;
		},
	};
};

/** Of the certificate what msal takes; PEM and PFX are taken apart only where a token is asked for. */
const proofOf = ({clientSecret, certificate}: MicrosoftApp) => {
	if (!certificate) {
		return {clientSecret: clientSecret ?? ''};
	}

	const {privateKey, thumbprintSha256} = readCertificate(certificate);
	return {clientCertificate: {privateKey, thumbprintSha256}};
};

const makeClient = async (app: MicrosoftApp, networkClient: MicrosoftNetwork) => {
	const {tenantId, clientId, login} = app;
	const proof = proofOf(app);
	const msal = await import('@azure/msal-node');
	const {origin, host} = new URL(login);
	return new msal.ConfidentialClientApplication({
		auth: {
			clientId, ...proof, authority: `${origin}/${encodeURIComponent(tenantId)}`, knownAuthorities: [host],
		},
		system: {
			networkClient,
			disableInternalRetries: true,
			loggerOptions: {
				loggerCallback: () => undefined,
				piiLoggingEnabled: false,
			},
		},
	});
};

/** The hosts of a cloud, as the settings name them. */
export type MicrosoftCloud = {
	/** Host or origin of the sign-in service. */
	readonly login: string;
	readonly ca?: string | undefined;
};

type CloudApp = Omit<MicrosoftApp, 'login' | 'resource' | 'ca'> & {readonly cloud: MicrosoftCloud};

/** Tokens that open a host of a cloud; see {@link microsoftTokens}. */
export const accessTo = (host: string, {cloud, ...app}: CloudApp): ReturnType<typeof microsoftTokens> => microsoftTokens({
	...app, ca: cloud.ca, resource: resourceOf(host), login: cloud.login.includes('://') ? cloud.login : `https://${cloud.login}`,
});

/** The same, as text. */
export const tokensFor = (host: string, app: CloudApp): (fresh?: boolean, signal?: AbortSignal) => Promise<string> => {
	const tokens = accessTo(host, app);
	return async (fresh, signal) => {
		const {accessToken} = await tokens(fresh, signal);
		return accessToken;
	};
};
