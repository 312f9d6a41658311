import {randomBytes, randomUUID} from 'node:crypto';
import {type Answer} from './http-answer.js';

export type HeaderContext = {
	/** Milliseconds since 1970. */
	readonly now: number;
	/** The operation, where it was understood. */
	readonly handler?: string;
	readonly clientId?: string;
	/** True where the client brought an `exchangecookie` already. */
	readonly hasCookie?: boolean;
	/** `client-request-id`, where the client asked for its return. */
	readonly echo?: string;
};

const httpDate = (time: number): string => new Date(time).toUTCString();
const year = 365 * 86_400_000;
const frontEnd = 'LO6P123CA0012';
const backEnd = 'SB7PPF00SANDBOX.EURP251.PROD.OUTLOOK.COM';

const cookie = ({now, hasCookie}: HeaderContext): Answer['headers'] => {
	const expires = httpDate(now + year).replace(/ (?<month>[A-Z]\w\w) /v, '-$<month>-');
	return hasCookie ? [] : [['Set-Cookie', `exchangecookie=${randomBytes(16).toString('hex')}; expires=${expires}; path=/; secure; HttpOnly`]];
};

/** Headers of a SOAP answer of Exchange Online, names, spelling and order as recorded in 2025 (lessons 8 to 10). */
export const soapHeaders = (status: number, context: HeaderContext): Answer['headers'] => [
	['Cache-Control', 'private'],
	['Transfer-Encoding', 'chunked'],
	['Content-Type', 'text/xml; charset=utf-8'],
	['Server', 'Microsoft-HTTPAPI/2.0'],
	['X-NanoProxy', '1,1'],
	['X-AspNet-Version', '4.0.30319'],
	['Request-Id', randomUUID()],
	...(context.echo === undefined ? [] : [['client-request-id', context.echo]] as const),
	['X-CalculatedFETarget', 'SB7PR01CU001.internal.outlook.com'],
	['MS-CV', `${randomBytes(16).toString('base64').slice(0, 22)}.1.1`],
	['Restrict-Access-Confirm', '1'],
	['X-BeSku', 'WCS7'],
	['X-BackEndHttpStatus', `${status},${status}`],
	['X-CalculatedBETarget', backEnd],
	...(context.handler === undefined ? [] : [['x-EwsHandler', context.handler]] as const),
	['X-FEEFZInfo', 'DUB'],
	['X-FEServer', frontEnd],
	...(context.clientId === undefined ? [] : [['x-ms-appId', context.clientId]] as const),
	['X-Proxy-BackendServerStatus', String(status)],
	['X-Proxy-RoutingCorrectness', '1'],
	['X-RUM-NotUpdateQueriedPath', '1'],
	['X-RUM-NotUpdateQueriedDbCopy', '1'],
	['X-RUM-Validated', '1'],
	['X-FirstHopCafeEFZ', 'LHR'],
	['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
	['NEL', '{"report_to":"NelOfficeUpload1","max_age":7200,"include_subdomains":true,"failure_fraction":1.0,"success_fraction":0.01}'],
	['Report-To', '{"group":"NelOfficeUpload1","max_age":7200,"endpoints":[{"url":"https://exo.nel.measure.office.net/api/report?TenantId=&FrontEnd=Cafe&DestinationEndpoint=LHR&RemoteIP=192.0.2.1&Environment=MT&HttpStatusFrom=BE&ServiceName=EWS&MiraPartnerName="}],"include_subdomains":true}'],
	...cookie(context),
	['Date', httpDate(context.now)],
];

const bare = (status: number, now: number, headers: Answer['headers']): Answer => ({
	status, body: '', headers: [['Content-Length', '0'], ['Server', 'Microsoft-HTTPAPI/2.0'], ...headers, ['Request-Id', randomUUID()], ['X-FEServer', frontEnd], ['Date', httpDate(now)]],
});

/** Two challenges in one header without a blank after the comma, Basic among them although it is off (lesson 12). */
const challenge = 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize",Basic Realm=""';

/** 401 with an empty body; without credentials it says nothing about why (reference 1.4). The diagnostics' numbers are not recorded. */
export const unauthorized = (now: number, diagnostics?: string): Answer =>
	bare(401, now, [...(diagnostics === undefined ? [] : [['x-ms-diagnostics', diagnostics]] as const), ['WWW-Authenticate', challenge]]);

/** The empty 403: EWS is closed for tenant, app or mailbox (lesson 11). */
export const closedForEws = (now: number): Answer => bare(403, now, [['X-Proxy-RoutingCorrectness', '1'], ['X-Proxy-BackendServerStatus', '403'], ['X-BeSku', 'WCS5'], ['X-FirstHopCafeEFZ', 'PNQ']]);

/** The 403 of a token without the role. */
export const scopeMissing = (now: number): Answer =>
	bare(403, now, [['x-ms-diagnostics', '2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"']]);

export const refusedByHttp = (now: number, status: number, headers: Answer['headers'] = [], close = false): Answer => ({...bare(status, now, headers), close});
