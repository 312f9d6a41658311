/* eslint-disable @stylistic/max-len -- XML stands on one line */
import {Buffer} from 'node:buffer';
import {request as httpsRequest, Agent, type RequestOptions} from 'node:https';
import {type IncomingHttpHeaders} from 'node:http';
import {DOMParser, type Element} from '@xmldom/xmldom';
import {afterAll, afterEach, expect} from 'vitest';
import {realClock} from '../../source/mailbox/clock.js';
import {makeCertificates, type Certificates} from '../../source/sandbox/certificate.js';
import {type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {type MicrosoftServerOptions, type User} from '../../source/sandbox/microsoft/options.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';

export const certificates: Certificates = makeCertificates();
const agent = new Agent({keepAlive: true, maxSockets: 20});
const servers: MicrosoftServer[] = [];

afterEach(async () => {
	for (const server of servers.splice(0)) {
		await server.close(); // eslint-disable-line no-await-in-loop -- one after the other
		expect(server.errors).toEqual([]);
	}
});

afterAll(() => {
	agent.destroy();
});

export const tenant = '11111111-2222-4333-8444-555555555555';
export const app = {
	tenant, clientId: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee', secret: 'secret', roles: ['full_access_as_app'],
};
export const address = 'a@example.org';

type Stage = Partial<Omit<MicrosoftServerOptions, 'faults' | 'users'>> & {readonly user?: Partial<User>; readonly rules?: readonly FaultRule[]};

/** A server with one user and one app; ended after the test, which fails if it met an error of its own. Pages are never short unless asked for. */
export const serve = async ({user, rules = [], limits, ...options}: Stage = {}): Promise<MicrosoftServer> => {
	const server = await MicrosoftServer.start({
		clock: realClock(), users: [{address, ...user}], apps: [app], tls: certificates, faults: {rules}, limits: {shortPages: 0, ...limits}, ...options,
	});
	servers.push(server);
	return server;
};

export type RawAnswer = {readonly status: number; readonly headers: IncomingHttpHeaders; /** Name and value by turns, as they came. */ readonly rawHeaders: string[]; readonly body: string};

/** One request of HTTPS. @throws when the connection ends before the whole answer came */
export const exchange = async (server: MicrosoftServer, options: RequestOptions, body?: string | Uint8Array): Promise<RawAnswer> => new Promise((resolve, reject) => {
	const request = httpsRequest({
		host: '127.0.0.1', port: server.port, ca: certificates.ca, agent, ...options,
	}, response => {
		const chunks: Uint8Array[] = [];
		response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
		response.on('error', reject);
		response.on('end', () => {
			const {statusCode = 0, headers, rawHeaders} = response;
			resolve({
				status: statusCode, headers, rawHeaders, body: Buffer.concat(chunks).toString('utf8'),
			});
		});
	});
	request.on('error', reject);
	request.end(body);
});

/** An access token for EWS. */
export const signIn = async (server: MicrosoftServer, {resource = server.origin, clientId = app.clientId}: {readonly resource?: string; readonly clientId?: string} = {}): Promise<string> => {
	const form = new URLSearchParams([['client_id', clientId], ['client_secret', 'secret'], ['grant_type', 'client_credentials'], ['scope', `${resource}/.default`]]);
	const {body} = await exchange(server, {method: 'POST', path: `/${tenant}/oauth2/v2.0/token`, headers: {'content-type': 'application/x-www-form-urlencoded'}}, form.toString());
	return (JSON.parse(body) as {access_token: string}).access_token;
};

const namespaces = 'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"';

type Manner = {readonly token?: string; readonly impersonate?: string | false; readonly version?: string; readonly headers?: Record<string, string | undefined>};

export const soap = (operation: string, {impersonate = address, version = 'Exchange2013_SP1'}: Manner = {}): string =>
	`<?xml version="1.0" encoding="utf-8"?><s:Envelope ${namespaces}><s:Header><t:RequestServerVersion Version="${version}"/>${impersonate === false ? '' : `<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>${impersonate}</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`}</s:Header><s:Body>${operation}</s:Body></s:Envelope>`;

const tokens = new WeakMap<MicrosoftServer, Promise<string>>();

const tokenFor = async (server: MicrosoftServer): Promise<string> => {
	const token = tokens.get(server) ?? signIn(server);
	tokens.set(server, token);
	return token;
};

/** Any body to EWS with a good token. */
export const post = async (server: MicrosoftServer, body: string | Uint8Array, {token, headers}: Manner = {}): Promise<RawAnswer> => exchange(server, {
	method: 'POST',
	path: '/EWS/Exchange.asmx',
	headers: Object.fromEntries(Object.entries({
		'content-type': 'text/xml; charset=utf-8', authorization: `Bearer ${token ?? await tokenFor(server)}`, 'content-length': String(Buffer.byteLength(body)), ...headers,
	}).filter(([, value]) => value !== undefined)),
}, body);

/** One operation of EWS. */
export const call = async (server: MicrosoftServer, operation: string, manner: Manner = {}): Promise<RawAnswer> => post(server, soap(operation, manner), manner);

export const parse = (text: string): Element => new DOMParser({
	onError(level, message) {
		if (level !== 'warning') {
			throw new Error(message);
		}
	},
}).parseFromString(text, 'text/xml').documentElement!;

/** All elements of that local name. */
export const elements = (body: string, name: string): Element[] => [...parse(body).getElementsByTagNameNS('*', name)];
export const texts = (body: string, name: string): string[] => elements(body, name).map(({textContent}) => textContent ?? '');
/** The response codes of an answer, in order. */
export const codes = (answer: RawAnswer): string[] => texts(answer.body, 'ResponseCode');
export const idsOf = (answer: RawAnswer, name = 'ItemId'): string[] => elements(answer.body, name).map(element => element.getAttribute('Id')!);

export const inbox = '<t:DistinguishedFolderId Id="inbox"/>';
export const folderId = (id: string): string => `<t:FolderId Id="${id}"/>`;
export const stampSet = '7e0f3a52-6b1c-4d2b-9a86-2f1f5a0c9d34';
export const stampField = `<t:ExtendedFieldURI PropertySetId="${stampSet}" PropertyName="aw2ms365" PropertyType="String"/>`;
export const extended = (field: string, value: string): string => `<t:ExtendedProperty>${field}<t:Value>${value}</t:Value></t:ExtendedProperty>`;
export const tag = (number: string, type: string): string => `<t:ExtendedFieldURI PropertyTag="${number}" PropertyType="${type}"/>`;

export const mail = (subject: string, more = ''): string => `From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: ${subject}\r\nDate: Fri, 01 Mar 2019 08:14:55 +0000\r\nMessage-ID: <${subject.replaceAll(/\W/gv, '.')}@example.org>\r\n${more}MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n`;

/** A message for CreateItem: not a draft, received 2019-03-01 08:15, unread; `properties` and `after` stand before and after. */
export const message = (mime: string | Uint8Array, {properties, after = '<t:IsRead>false</t:IsRead>'}: {readonly properties?: string; readonly after?: string} = {}): string =>
	`<t:Message><t:MimeContent>${Buffer.from(mime).toString('base64')}</t:MimeContent>${properties ?? extended(tag('0x0E07', 'Integer'), '0') + extended(tag('0x0E06', 'SystemTime'), '2019-03-01T08:15:00Z')}${after}</t:Message>`;

export const createItem = (folder: string, ...items: readonly string[]): string => `<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>${folder}</m:SavedItemFolderId><m:Items>${items.join('')}</m:Items></m:CreateItem>`;
export const findItem = (folder: string, {shape = 'IdOnly', fields = '', view = '', search = '', order = ''} = {}): string => `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>${shape}</t:BaseShape>${fields && `<t:AdditionalProperties>${fields}</t:AdditionalProperties>`}</m:ItemShape>${view}${search && `<m:Restriction>${search}</m:Restriction>`}${order && `<m:SortOrder>${order}</m:SortOrder>`}<m:ParentFolderIds>${folder}</m:ParentFolderIds></m:FindItem>`;
export const getItem = (ids: readonly string[], {shape = 'IdOnly', mime = false, fields = ''} = {}): string => `<m:GetItem><m:ItemShape><t:BaseShape>${shape}</t:BaseShape>${mime ? '<t:IncludeMimeContent>true</t:IncludeMimeContent>' : ''}${fields && `<t:AdditionalProperties>${fields}</t:AdditionalProperties>`}</m:ItemShape><m:ItemIds>${ids.map(id => `<t:ItemId Id="${id}"/>`).join('')}</m:ItemIds></m:GetItem>`;
export const findFolder = (folder: string, {traversal = 'Deep', shape = 'AllProperties', view = '', fields = ''} = {}): string => `<m:FindFolder Traversal="${traversal}"><m:FolderShape><t:BaseShape>${shape}</t:BaseShape>${fields && `<t:AdditionalProperties>${fields}</t:AdditionalProperties>`}</m:FolderShape>${view}<m:ParentFolderIds>${folder}</m:ParentFolderIds></m:FindFolder>`;
export const getFolder = (folder: string, shape = 'Default'): string => `<m:GetFolder><m:FolderShape><t:BaseShape>${shape}</t:BaseShape></m:FolderShape><m:FolderIds>${folder}</m:FolderIds></m:GetFolder>`;
export const newFolder = (name: string, folderClass = 'IPF.Note'): string => `<t:Folder>${folderClass && `<t:FolderClass>${folderClass}</t:FolderClass>`}<t:DisplayName>${name}</t:DisplayName></t:Folder>`;
export const createFolder = (parent: string, ...folders: readonly string[]): string => `<m:CreateFolder><m:ParentFolderId>${parent}</m:ParentFolderId><m:Folders>${folders.join('')}</m:Folders></m:CreateFolder>`;
export const field = (uri: string): string => `<t:FieldURI FieldURI="${uri}"/>`;
