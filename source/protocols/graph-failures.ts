import {type Failure, type FailureCode, FailureError} from '../mailbox/failure.js';
import {cleanText} from '../mailbox/clean.js';
import {
	type AnswerHeaders, failureOfCode, firstOf, waitOfHeaders,
} from './ews-failures.js';

/** Graph's error object (microsoft-365.md 3.9). */
export type GraphError = {
	/** As stated; absent where the body has none. */
	readonly code?: string;
	/** Inner codes, the outermost first. */
	readonly innerCodes: readonly string[];
	readonly message: string;
};

export type FailureContext = {
	/** The request was to store something. */
	readonly writes: boolean;
	/** To an address that is its own key: a refusal means that it is used up. */
	readonly anonymous?: boolean | undefined;
};

type Words = {readonly code?: unknown; readonly message?: unknown; readonly innerError?: unknown; readonly innererror?: unknown};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** From `{"error":{code,message,innerError}}`, or the inner object alone, as some gateways answer. */
export const errorOf = (json: unknown): GraphError => {
	let words: unknown = isObject(json) && isObject(json.error) ? json.error : json;
	const message = isObject(words) && typeof words.message === 'string' ? words.message : '';
	const codes: string[] = [];
	for (let depth = 0; isObject(words) && depth < 5; depth++) {
		const {code, innerError, innererror}: Words = words;
		if (typeof code === 'string' && code !== '') {
			codes.push(code.slice(0, 100));
		}

		words = innerError ?? innererror;
	}

	const [code, ...innerCodes] = codes;
	return {innerCodes, message, ...(code !== undefined && {code})};
};

/** What may open something has no place in words: keys in addresses (uploadUrl, importUrl) and tokens. */
export const withoutSecrets = (text: string): string => text
	.replaceAll(/(?<address>https?:\/\/[^\s"'<>?]*)\?[^\s"<>]*/giv, '$<address>?…')
	.replaceAll(/\bauthtoken=[^\s"\u0026]+/giv, 'authtoken=…')
	.replaceAll(/\bBearer\s+[\w.~+\/\-]+=*/giv, 'Bearer …')
	.replaceAll(/\beyJ[\w\-]{8,}(?:\.[\w\-]*){0,4}/gv, '…');

const again = 'Then run the same command again: it carries on.';
const permissionStep = [
	'In Entra ID, give the application <clientId> the application permission Mail.ReadWrite of Microsoft Graph (for importMime Mail-Advanced.ReadWrite.All, too) and grant admin consent,',
	`or in Exchange the role "Application Mail.ReadWrite" with a scope that holds <mailbox>; it takes up to two hours. ${again}`,
].join(' ');
const tokenStep = `The application <clientId> got its token, but Microsoft Graph does not take it. Check this machine's clock, and that destination.cloud is that of the tenant <tenantId>. ${again}`;
const addressStep = `Microsoft Graph is not at this address: check destination.cloud, and that no proxy or firewall answers in its place. ${again}`;
const sizeStep = 'Microsoft Graph takes about 4 MB in one request. Another way takes more ("aw2ms365 doctor" says which are open; destination.transport: auto takes them by itself); then run "aw2ms365 retry".';

type Meaning = {
	readonly code: FailureCode;
	/** What it is where nothing was to be stored. */
	readonly reading?: FailureCode;
	readonly more?: Partial<Failure>;
	/** With a status of 500 and more it is still certain that nothing was stored. */
	readonly certain?: boolean;
};

/** Graph's own codes; those of Exchange (`Error…`) mean what they mean in EWS, unless they are here. */
const meanings: ReadonlyArray<readonly [Meaning, string]> = [
	[{code: 'sign-in-refused', more: {next: tokenStep}}, 'InvalidAuthenticationToken AuthenticationError unauthenticated'],
	[
		{code: 'permission-missing', more: {next: permissionStep}},
		'ErrorAccessDenied Authorization_RequestDenied AccessDenied accessDenied Forbidden Authorization_IdentityNotFound ErrorCreateItemAccessDenied ErrorImpersonationDenied',
	],
	[{code: 'mailbox-refused'}, 'MailboxNotEnabledForRESTAPI MailboxNotSupportedForRESTAPI ResourceNotFound ErrorAccountSuspend ErrorAccountSuspendShowTierUpgrade'],
	[{code: 'mailbox-not-found'}, 'ErrorInvalidUser Request_ResourceNotFound UserNotFound ErrorExternalUserNotFound'],
	[{code: 'folder-gone'}, 'itemNotFound ErrorInvalidReferenceItem'],
	[{code: 'throttled'}, 'ApplicationThrottled TooManyRequests activityLimitReached RequestThrottled ErrorServerBusy ErrorTooManyObjectsOpened ErrorExceededConnectionCount'],
	[{code: 'server-unavailable'}, 'MailboxInfoStale generalException serviceNotAvailable ServiceUnavailable ErrorIrresolvableConflict'],
	[{code: 'message-refused', reading: 'bug'}, 'ErrorMimeContentInvalidBase64String UnableToDeserializePostBody InvalidInternetMessageHeader InvalidInternetMessageHeaderCollection'],
	[{code: 'message-too-large', more: {next: sizeStep}}, 'RequestBodyTooLarge ErrorRequestEntityTooLarge'],
	[{code: 'destination-full', certain: true}, 'quotaLimitReached insufficientStorage'],
	[{code: 'server-nonsense', reading: 'bug', more: {retry: 'later'}}, 'InefficientFilter'],
];

const meaningOf = new Map(meanings.flatMap(([meaning, codes]) => codes.split(' ').map(code => [code, meaning] as const)));

/** By status alone, where no code says more. */
const meaningOfStatus = (status: number): Meaning => {
	switch (status) {
		case 401: {
			return {code: 'sign-in-refused', more: {next: tokenStep}};
		}

		case 403: {
			return {code: 'permission-missing', more: {next: permissionStep}};
		}

		case 413: {
			return {code: 'message-too-large', reading: 'bug', more: {next: sizeStep}};
		}

		// A gone session or change token, too (410).
		case 409:
		case 410:
		case 412:
		case 423:
		case 424: {
			return {code: 'server-unavailable'};
		}

		case 429:
		case 509: {
			return {code: 'throttled'};
		}

		case 507: {
			return {code: 'destination-full', certain: true};
		}

		// Exchange says of what it does not like in a message that the request is bad.
		case 400:
		case 422: {
			return {code: 'message-refused', reading: 'server-nonsense', more: {retry: 'later'}};
		}

		default: {
			return status >= 500 && status !== 501 ? {code: 'server-unavailable'} : {code: 'server-nonsense', certain: true, more: {retry: 'later', next: addressStep}};
		}
	}
};

/** An address that is its own key is no longer one. */
const usedUp = new Set([401, 403, 404, 410]);

/** The one text that is read for its meaning: no code of its own is known for it (microsoft-365.md 3.4). */
const isTooLong = (status: number, message: string): boolean => status === 400 && /maximum request length/iv.test(message);

/**
An answer that is no success, by its codes and status (microsoft-365.md 3.9). Answers below 500 say that nothing was stored; above, that is
not known, unless they say that there is no room.
*/
export const failureOfGraph = (status: number, headers: AnswerHeaders, error: GraphError, {writes, anonymous}: FailureContext): Failure => {
	const fallback = firstOf(headers, 'x-caserrorcode');
	const code = error.code ?? fallback;
	const stated = [code, ...error.innerCodes].filter(one => one !== undefined);
	const wait = waitOfHeaders(headers);
	const name = code === undefined ? '' : ` ${cleanText(code, 80)}`;
	// What an address that is its own key answers may repeat it.
	const words = anonymous ? '' : cleanText(withoutSecrets(error.message.slice(0, 1200)));
	const detail = `HTTP ${status}${name}${words && `: ${words}`}`;
	const of = ({code: meant, reading, more, certain}: Meaning): Failure => {
		const ours = writes ? meant : reading ?? meant;
		const isWaiting = status >= 500 && wait !== undefined && ours === 'server-unavailable';
		return new FailureError(isWaiting ? 'throttled' : ours, {
			detail, ...more, ...(wait !== undefined && {wait}), outcome: writes && status >= 500 && !certain ? 'unknown' : 'not stored',
		}).failure;
	};

	if (isTooLong(status, error.message)) {
		return of({code: 'message-too-large', more: {next: sizeStep}});
	}

	if (anonymous && usedUp.has(status)) {
		return of({code: 'server-unavailable'});
	}

	const own = stated.map(one => meaningOf.get(one)).find(Boolean);
	if (own) {
		return of(own);
	}

	const exchange = stated.find(one => /^Error[A-Z]\w+$/v.test(one));
	if (exchange !== undefined && status >= 400 && status < 500 && status !== 429) {
		const {code: ours, ...more} = failureOfCode(exchange, {
			text: words, wait, writes, atCall: false,
		});
		return {code: ours, ...more, detail};
	}

	return of(meaningOfStatus(status));
};
