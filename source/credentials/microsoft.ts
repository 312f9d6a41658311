import {type Clock} from '../mailbox/clock.js';
import {FailureError} from '../mailbox/failure.js';
import {aadstsFailure} from './microsoft-errors.js';
import {httpsNetwork, type MicrosoftNetwork} from './microsoft-network.js';

/** An app registration and where to ask for its tokens. */
export type MicrosoftApp = {
	readonly tenantId: string;
	readonly clientId: string;
	readonly clientSecret: string;
	/** Origin of the sign-in service, as `https://login.microsoftonline.com`. */
	readonly login: string;
	/** What the token is for, as `https://outlook.office365.com`: see {@link imapResource}. */
	readonly resource: string;
	/** One more certificate authority, PEM, for the sandbox. */
	readonly ca?: string | undefined;
	readonly clock: Pick<Clock, 'now'>;
	/** Stands in for HTTPS in tests. */
	readonly network?: MicrosoftNetwork;
};

/** A token is renewed so long before it runs out, in milliseconds: a sign-in with it must still succeed. */
const margin = 5 * 60_000;

/** The resource whose token opens IMAP on a host: each cloud's own (microsoft-365.md 6.4). */
export const imapResource = (imapHost: string): string => `https://${imapHost}`;

/**
Access tokens of an app (client credentials, scope `/.default`). The token is kept in memory and shared; any
number of callers cause one request. msal-node is loaded at the first call, so that runs with a password never load it.

@throws sign-in-refused (only the AADSTS number and our own words), host-unreachable, tls-refused, server-unavailable
*/
export const microsoftTokens = (app: MicrosoftApp): () => Promise<{readonly accessToken: string}> => {
	let token: {readonly accessToken: string; readonly expires: number} | undefined;
	let request: Promise<{readonly accessToken: string; readonly expires: number}> | undefined;
	let client: Awaited<ReturnType<typeof makeClient>> | undefined;

	const network = remembering(app.network ?? httpsNetwork({ca: app.ca}));
	const renew = async () => {
		network.forget();
		try {
			client ??= await makeClient(app, network);
			const result = await client.acquireTokenByClientCredential({scopes: [`${app.resource}/.default`], skipCache: true});
			if (!result?.accessToken) {
				throw new FailureError('sign-in-refused', {detail: 'the sign-in service gave no token'});
			}

			return {accessToken: result.accessToken, expires: result.expiresOn?.getTime() ?? app.clock.now() + (10 * 60_000)};
		} catch (error) {
			// The next call begins anew: msal would answer it from its memory of this failure for a minute.
			client = undefined;
			throw error instanceof FailureError ? error : aadstsFailure(error, network.lastError());
		}
	};

	return async () => {
		if (token && app.clock.now() < token.expires - margin) {
			return {accessToken: token.accessToken};
		}

		request ??= renew();
		try {
			token = await request;
			return {accessToken: token.accessToken};
		} finally {
			request = undefined;
		}
	};
};

/** A network that knows what went wrong last: msal hides it. */
const remembering = (network: MicrosoftNetwork) => {
	let last: unknown;
	const watch = async <T>(answer: Promise<T>): Promise<T> => {
		try {
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

const makeClient = async ({tenantId, clientId, clientSecret, login}: MicrosoftApp, networkClient: MicrosoftNetwork) => {
	const msal = await import('@azure/msal-node');
	const {origin, host} = new URL(login);
	return new msal.ConfidentialClientApplication({
		auth: {
			clientId, clientSecret, authority: `${origin}/${encodeURIComponent(tenantId)}`, knownAuthorities: [host],
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
	readonly imap: {readonly host: string};
	readonly ca?: string | undefined;
};

/** The token that opens IMAP in a cloud, as text; see {@link microsoftTokens}. */
export const imapToken = ({cloud, ...app}: Omit<MicrosoftApp, 'login' | 'resource' | 'ca'> & {readonly cloud: MicrosoftCloud}): () => Promise<string> => {
	const tokens = microsoftTokens({
		...app, ca: cloud.ca, resource: imapResource(cloud.imap.host), login: cloud.login.includes('://') ? cloud.login : `https://${cloud.login}`,
	});
	return async () => {
		const {accessToken} = await tokens();
		return accessToken;
	};
};
