import {request} from 'node:https';
import {Buffer} from 'node:buffer';
import {rootCertificates} from 'node:tls';

type Options = {readonly headers?: Record<string, string>; readonly body?: string};

type Answer<T> = {headers: Record<string, string>; body: T; status: number};

/** What msal asks of a network (its INetworkModule). */
export type MicrosoftNetwork = {
	sendGetRequestAsync<T>(url: string, options?: Options, timeout?: number): Promise<Answer<T>>;
	sendPostRequestAsync<T>(url: string, options?: Options): Promise<Answer<T>>;
};

/** Answers of the sign-in service have a few kilobytes. */
const longest = 1024 * 1024;

/** HTTPS with an extra certificate authority, which msal's own client cannot take. Times out after 30 s of silence. */
export const httpsNetwork = ({ca, silence = 30_000}: {readonly ca?: string | undefined; readonly silence?: number}): MicrosoftNetwork => {
	const send = async <T>(method: 'GET' | 'POST', url: string, {headers = {}, body}: Options = {}): Promise<Answer<T>> => new Promise((resolve, reject) => {
		const call = request(url, {
			method,
			headers: {...headers, ...(body !== undefined && {'content-length': String(Buffer.byteLength(body))})},
			minVersion: 'TLSv1.2',
			timeout: silence,
			...(ca && {ca: [...rootCertificates, ca]}),
		}, response => {
			const chunks: Uint8Array[] = [];
			let length = 0;
			response.on('data', (chunk: Uint8Array) => {
				length += chunk.length;
				chunks.push(chunk);
				if (length > longest) {
					call.destroy(new Error('the answer is too long'));
				}
			});
			response.on('error', reject);
			response.on('end', () => {
				try {
					resolve({
						headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
						body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as T,
						status: response.statusCode ?? 0,
					});
				} catch {
					reject(new Error(`status ${response.statusCode} without JSON`));
				}
			});
		});
		call.on('timeout', () => {
			call.destroy(Object.assign(new Error('no answer'), {code: 'ETIMEDOUT'}));
		});
		call.on('error', reject);
		call.end(body);
	});
	return {
		sendGetRequestAsync: async <T>(url: string, options?: Options) => send<T>('GET', url, options),
		sendPostRequestAsync: async <T>(url: string, options?: Options) => send<T>('POST', url, options),
	};
};
