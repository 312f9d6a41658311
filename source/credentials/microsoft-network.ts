import {HttpsClient} from '../protocols/https.js';

type Options = {readonly headers?: Record<string, string>; readonly body?: string};

type Answer<T> = {headers: Record<string, string>; body: T; status: number};

/** What msal asks of a network (its INetworkModule). */
export type MicrosoftNetwork = {
	sendGetRequestAsync<T>(url: string, options?: Options, timeout?: number): Promise<Answer<T>>;
	sendPostRequestAsync<T>(url: string, options?: Options): Promise<Answer<T>>;
};

/** Answers of the sign-in service have a few kilobytes. */
const longest = 1024 * 1024;

const never = new AbortController().signal;

/**
The way of all our HTTPS for msal, whose own client takes no certificate authority and no proxy.

@param patience milliseconds for everything
@param signal that of the moment, which ends a request
@throws HttpTrouble where no answer came
*/
export const httpsNetwork = ({ca, patience = 60_000, signal = () => undefined}: {
	readonly ca?: string | undefined; readonly patience?: number; readonly signal?: () => AbortSignal | undefined;
}): MicrosoftNetwork => {
	const send = async <T>(method: 'GET' | 'POST', url: string, {headers = {}, body}: Options = {}): Promise<Answer<T>> => {
		const {origin, pathname, search} = new URL(url);
		// Tokens are asked for about once an hour: nothing is kept open.
		const client = new HttpsClient({origin, ca, limits: {longest}});
		try {
			const {status, headers: answered, bytes} = await client.request({
				method, path: `${pathname}${search}`, headers, body,
			}, {signal: signal() ?? never, deadline: patience});
			return {
				status,
				headers: Object.fromEntries(Object.entries(answered).map(([name, value]) => [name, String(value)])),
				body: parse<T>(bytes, status),
			};
		} finally {
			await client.close();
		}
	};

	return {
		sendGetRequestAsync: async <T>(url: string, options?: Options) => send<T>('GET', url, options),
		sendPostRequestAsync: async <T>(url: string, options?: Options) => send<T>('POST', url, options),
	};
};

const parse = <T>(bytes: Uint8Array, status: number): T => {
	try {
		return JSON.parse(new TextDecoder().decode(bytes)) as T;
	} catch {
		throw new Error(`status ${status} without JSON`);
	}
};
