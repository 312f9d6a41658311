import {Buffer} from 'node:buffer';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {
	address, exchange, serve, signIn, stampSet, app, type RawAnswer,
} from './microsoft-client.js';

/** Members of answers that tests read; which of them there are, the answer decides. */
export type GraphJson = Readonly<Partial<Record<`@odata.${string}`, string>>> & {
	readonly id: string;
	readonly error: {readonly code: string; readonly message: string; readonly innerError?: Readonly<Record<string, string>>};
	readonly value: readonly GraphJson[];
	readonly displayName: string;
	readonly subject: string;
	readonly isDraft: boolean;
	readonly isRead: boolean;
	readonly isInline: boolean;
	readonly changeKey: string;
	readonly createdDateTime: string;
	readonly receivedDateTime: string;
	readonly contentId: string | undefined;
	readonly contentType: string;
	readonly uploadUrl: string;
	readonly expirationDateTime: string;
	readonly nextExpectedRanges: readonly string[];
	readonly responses: ReadonlyArray<{readonly id: string; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: GraphJson}>;
};

export type GraphRaw = RawAnswer & {readonly json: GraphJson};

type Asked = {
	readonly method?: string;
	readonly json?: unknown;
	readonly text?: string;
	readonly bytes?: Uint8Array;
	readonly headers?: Readonly<Record<string, string>>;
	readonly token?: string | false;
	readonly version?: 'v1.0' | 'beta';
};

const tokens = new WeakMap<MicrosoftServer, Promise<string>>();

export const graphToken = async (server: MicrosoftServer): Promise<string> => {
	const token = tokens.get(server) ?? signIn(server, {resource: 'https://graph.microsoft.com'});
	tokens.set(server, token);
	return token;
};

export const graphApp = {...app, roles: ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All', 'User.Read.All']};

/** The stand-in, with an app that has Graph's permissions. */
export const serveGraph = async (stage: Parameters<typeof serve>[0] = {}): Promise<MicrosoftServer> => serve({apps: [graphApp], ...stage});

/** One request to Graph: a path below the version or a whole address. @throws when the connection ends before the whole answer came */
export const graph = async (server: MicrosoftServer, path: string, {method = 'GET', json, text, bytes, headers = {}, token, version = 'v1.0'}: Asked = {}): Promise<GraphRaw> => {
	const body = json === undefined ? text ?? bytes : JSON.stringify(json);
	const answer = await exchange(server, {
		method,
		path: path.startsWith('https:') ? path.slice(server.origin.length) : `/${version}${path}`,
		headers: {
			...(token !== false && {authorization: `Bearer ${token ?? await graphToken(server)}`}),
			...(json !== undefined && {'content-type': 'application/json'}),
			...(text !== undefined && {'content-type': 'text/plain'}),
			...(body !== undefined && {'content-length': String(Buffer.byteLength(body))}),
			...headers,
		},
	}, body);
	const isJson = (answer.headers['content-type'] ?? '').startsWith('application/json');
	return {...answer, json: JSON.parse(isJson ? answer.body : '{}') as GraphJson};
};

export const user = `/users/${address}`;
export const stampId = `String {${stampSet}} Name aw2ms365`;
export const immutable = {prefer: 'IdType="ImmutableId"'};

/** A message in JSON, no draft, received 2019-03-01 08:15. */
export const jsonMessage = (subject: string, more: Readonly<Record<string, unknown>> = {}, properties: ReadonlyArray<{readonly id: string; readonly value: string}> = []) => ({
	subject,
	body: {contentType: 'text', content: 'Hello'},
	from: {emailAddress: {name: 'Ann', address: 'ann@example.org'}},
	toRecipients: [{emailAddress: {name: 'Bob', address: 'bob@example.org'}}],
	internetMessageId: `<${subject.replaceAll(/\W/gv, '.')}@example.org>`,
	singleValueExtendedProperties: [
		{id: 'Integer 0x0E07', value: '1'}, {id: 'SystemTime 0x0E06', value: '2019-03-01T08:15:00Z'}, {id: 'SystemTime 0x0039', value: '2019-03-01T08:14:55Z'}, ...properties,
	],
	...more,
});

/** MIME as text/plain bodies have it. */
export const base64 = (mime: string | Uint8Array): string => Buffer.from(mime).toString('base64');

export const post = async (server: MicrosoftServer, path: string, json: unknown, more: Asked = {}): Promise<GraphRaw> => graph(server, path, {method: 'POST', json, ...more});
export const patch = async (server: MicrosoftServer, path: string, json: unknown, more: Asked = {}): Promise<GraphRaw> => graph(server, path, {method: 'PATCH', json, ...more});

/** Every entry of a list, page by page. */
export const pages = async (server: MicrosoftServer, path: string, more: Asked = {}): Promise<{readonly values: GraphJson[]; readonly pages: number; readonly delta: string | undefined}> => {
	const values: GraphJson[] = [];
	let next: string | undefined = path;
	let count = 0;
	let delta: string | undefined;
	while (next !== undefined) {
		const {json}: GraphRaw = await graph(server, next, more); // eslint-disable-line no-await-in-loop -- one page names the next
		values.push(...json.value);
		count++;
		delta = json['@odata.deltaLink'];
		next = json['@odata.nextLink'];
	}

	return {values, pages: count, delta};
};
