import {
	type Failure, type FailureCode, FailureError, type Outcome, type Reach,
} from '../mailbox/failure.js';
import {cleanText} from '../mailbox/clean.js';

export type CodeContext = {
	/** The server's words. */
	readonly text?: string | undefined;
	/** Milliseconds the server asked us to wait. */
	readonly wait?: number | undefined;
	/** The call was to store something. */
	readonly writes: boolean;
	/** The code came for the whole call (a SOAP fault), not for one item of it. */
	readonly atCall: boolean;
};

/** Names in lower case, as Node gives them. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

type Meaning = {
	readonly code: FailureCode;
	/** What it is where nothing was to be stored. */
	readonly reading?: FailureCode;
	/** Where it cannot be excluded that something was stored: nowhere if absent. */
	readonly doubt?: 'for the call' | 'always';
	readonly reach?: Reach;
	/** As an item's code: that item alone may be the reason. */
	readonly itemReach?: Reach;
};

/** ResponseCodes (messages.xsd, ResponseCodeType; microsoft-365.md 2.4), by what they mean to us. */
const meanings: ReadonlyArray<readonly [Meaning, string]> = [
	[{code: 'throttled'}, 'ErrorServerBusy ErrorExceededConnectionCount ErrorExceededFindCountLimit ErrorTooManyObjectsOpened'],
	// A batch is ended after a minute, in the middle of what it does.
	[{code: 'throttled', doubt: 'always'}, 'ErrorTimeoutExpired'],
	[{code: 'server-unavailable', doubt: 'for the call'}, `ErrorMailboxStoreUnavailable ErrorMailboxMoveInProgress ErrorInsufficientResources ErrorNotEnoughMemory
		ErrorADUnavailable ErrorADOperation ErrorNoRespondingCASInDestinationSite ErrorIrresolvableConflict ErrorStaleObject ErrorChangeKeyRequiredForWriteOperations
		ErrorNoApplicableProxyCASServersAvailable ErrorServiceDiscoveryFailed ErrorProxyServiceDiscoveryFailed ErrorCrossSiteRequest`],
	[{code: 'server-unavailable'}, 'ErrorBatchProcessingStopped'],
	// The store or the way to it went away while it was written: the item may be there.
	[{code: 'server-unavailable', doubt: 'always'}, `ErrorConnectionFailed ErrorMailboxFailover ErrorProxyRequestProcessingFailed ErrorProxyCallFailed ErrorProxySoapException
		ErrorInternalServerTransientError`],
	[{code: 'server-unavailable', doubt: 'always', itemReach: 'message'}, 'ErrorInternalServerError'],
	[{code: 'connection-lost', doubt: 'always'}, 'ErrorClientDisconnected ErrorRequestAborted'],
	[{code: 'message-too-large'}, 'ErrorMessageSizeExceeded ErrorDataSizeLimitExceeded ErrorRequestStreamTooBig'],
	[{code: 'message-refused', reading: 'message-unreadable'}, `ErrorMimeContentInvalid ErrorMimeContentInvalidBase64String ErrorMimeContentConversionFailed
		ErrorContentConversionFailed ErrorItemCorrupt ErrorCorruptData ErrorAttachmentNestLevelLimitExceeded ErrorItemSave ErrorItemSavePropertyError
		ErrorInvalidExtendedPropertyValue ErrorItemPropertyRequestFailed ErrorPropertyValidationFailure ErrorVirusDetected ErrorVirusMessageDeleted`],
	[{code: 'folder-gone'}, `ErrorFolderNotFound ErrorItemNotFound ErrorParentFolderNotFound ErrorSavedItemFolderNotFound ErrorToFolderNotFound ErrorSyncFolderNotFound
		ErrorInvalidFolderId ErrorInvalidId ErrorInvalidIdEmpty ErrorInvalidIdMalformed ErrorInvalidIdXml ErrorInvalidIdMonikerTooLong ErrorInvalidIdStoreObjectIdTooLong`],
	[{code: 'folder-not-creatable'}, `ErrorFolderExists ErrorFolderSave ErrorFolderSaveFailed ErrorFolderSavePropertyError ErrorFolderCorrupt ErrorNoFolderClassOverride
		ErrorInvalidFolderTypeForOperation ErrorInvalidParentFolder ErrorCreateSubfolderAccessDenied ErrorDuplicateInputFolderNames`],
	[{code: 'destination-full'}, 'ErrorQuotaExceeded ErrorIndividualMailboxLimitReached'],
	[{code: 'destination-full', reach: 'folder'}, 'ErrorMessagePerFolderCountReceiveQuotaExceeded'],
	[{code: 'mailbox-not-found'}, `ErrorNonExistentMailbox ErrorNonPrimarySmtpAddress ErrorInvalidSmtpAddress ErrorInvalidMailbox ErrorCannotFindUser
		ErrorMissingExchangePrincipal ErrorMailRecipientNotFound`],
	[{code: 'permission-missing'}, `ErrorAccessDenied ErrorCreateItemAccessDenied ErrorImpersonateUserDenied ErrorImpersonationDenied ErrorImpersonationFailed
		ErrorTokenSerializationDenied ErrorCallerIsInvalidADAccount`],
	[{code: 'mailbox-refused'}, 'ErrorAccountDisabled ErrorInvalidLicense ErrorMailboxConfiguration ErrorMailboxLogonFailed ErrorWrongServerVersion ErrorPasswordChangeRequired ErrorPasswordExpired'],
	[{code: 'ews-closed'}, 'ErrorOrganizationAccessBlocked'],
	// What we sent is wrong; in a delivery it may be the message that made it so.
	[{code: 'message-refused', reading: 'bug'}, 'ErrorSchemaValidation ErrorInvalidRequest ErrorInvalidArgument ErrorMissingArgument ErrorInvalidPropertyRequest ErrorRequiredPropertyMissing'],
	[{code: 'bug'}, `ErrorMessageDispositionRequired ErrorMissingEmailAddress ErrorInvalidExtendedProperty ErrorInvalidPropertySet ErrorInvalidExchangeImpersonationHeaderData
		ErrorDuplicateSOAPHeader ErrorInvalidServerVersion ErrorIncorrectSchemaVersion ErrorInvalidSchemaVersionForMailboxVersion`],
];

const meaningOf = new Map(meanings.flatMap(([meaning, codes]) => codes.split(/\s+/v).map(code => [code, meaning] as const)));

const unknownFault: Meaning = {code: 'message-refused', reading: 'server-nonsense', doubt: 'always'};
const unknownRefusal: Meaning = {code: 'message-refused', reading: 'message-unreadable'};

/**
Named properties used up (microsoft-365.md 2.6): comes as ErrorQuotaExceeded although the mailbox has room. The
only text that is ever read for its meaning, as no code tells the two apart.
*/
export const isOutOfNames = (code: string, text: string): boolean => code === 'ErrorQuotaExceeded' && /cannot get id from name/iv.test(text);

/** A day: longer waits are taken for nonsense. */
const longestWait = 86_400_000;

const wholeWait = (milliseconds: number): number | undefined => Number.isFinite(milliseconds) && milliseconds >= 0 && milliseconds <= longestWait ? Math.ceil(milliseconds) : undefined;

/** Milliseconds from "Suggested backoff time 5000 ms.", as items that are throttled say it. */
export const waitOfText = (text: string): number | undefined => {
	const match = /backoff time[:=\s]*(?<wait>\d{1,9}(?:\.\d+)?)/iv.exec(text);
	return match ? wholeWait(Number(match.groups!.wait)) : undefined;
};

/** Milliseconds from BackOffMilliseconds, a text that came with it first. */
export const waitOfValue = (value: string): number | undefined => /^\s*\d+(?:\.\d+)?\s*$/v.test(value) ? wholeWait(Number(value)) : undefined;

export const firstOf = (headers: AnswerHeaders, name: string): string | undefined => {
	const value = headers[name];
	return typeof value === 'string' ? value : value?.[0];
};

/** Milliseconds from Retry-After (RFC 9110 10.2.3): seconds, for Microsoft with decimals, or a date, counted from the answer's own. */
export const waitOfHeaders = (headers: AnswerHeaders): number | undefined => {
	const text = firstOf(headers, 'retry-after')?.trim() ?? '';
	if (/^\d+(?:\.\d+)?$/v.test(text)) {
		return wholeWait(Number(text) * 1000);
	}

	const wait = Date.parse(text) - Date.parse(firstOf(headers, 'date') ?? '');
	return Number.isNaN(wait) ? undefined : wholeWait(Math.max(0, wait));
};

const isInDoubt = ({doubt}: Meaning, atCall: boolean): boolean => doubt === 'always' || (doubt === 'for the call' && atCall);

/**
A ResponseCode as a failure. Codes are the same in every language, texts are not.

A code that nobody knows is the item's own trouble; for a whole call its outcome is unknown.
*/
export const failureOfCode = (code: string, {text = '', wait, writes, atCall}: CodeContext): Failure => {
	const words = cleanText(text.slice(0, 1200));
	const name = cleanText(code, 80);
	const more = {detail: words ? `${name}: ${words}` : name, ...(wait !== undefined && {wait})};
	if (isOutOfNames(code, text)) {
		return new FailureError('message-refused', more).failure;
	}

	const meaning = meaningOf.get(code) ?? (atCall ? unknownFault : unknownRefusal);
	const outcome: Outcome = writes && isInDoubt(meaning, atCall) ? 'unknown' : 'not stored';
	const reach = (atCall ? undefined : meaning.itemReach) ?? meaning.reach;
	return new FailureError(writes ? meaning.code : meaning.reading ?? meaning.code, {...more, outcome, ...(reach && {reach})}).failure;
};

const tokenStep = 'The application <clientId> got its token, but Exchange does not take it. Check this machine\'s clock, and that destination.cloud is the cloud of the tenant <tenantId>, then run the same command again: it carries on.';
const addressStep = 'EWS is not at this address: check destination.cloud, and that no proxy or firewall answers in its place. Then run the same command again: it carries on.';
const proxyStep = 'A proxy wants to be signed in to: put user and password into HTTPS_PROXY, or name the host in NO_PROXY. Then run the same command again: it carries on.';

/** The wrong address, a proxy, a redirect: EWS itself was not reached. */
const isTurnedAway = (status: number): boolean => status === 404 || status === 407 || (status >= 300 && status < 400);

/**
An HTTP answer without a SOAP body that says more (microsoft-365.md 1.4, 2.4, 2.8), by status and headers alone: bodies may be empty.

@param writes whether the call was to store something; if not, nothing was
*/
export const failureOfHttp = (status: number, headers: AnswerHeaders, body: string, writes = true): Failure => {
	const of = (code: FailureCode, more: Partial<Failure> = {}): Failure => new FailureError(code, {
		detail: `HTTP ${status}`, ...more, ...(!writes && {outcome: 'not stored' as const}),
	}).failure;
	const diagnostics = firstOf(headers, 'x-ms-diagnostics') ?? '';
	const wait = waitOfHeaders(headers);
	if ((status === 401 || status === 403) && /^\s*2000008\b/v.test(diagnostics)) {
		return of('permission-missing', status === 403 ? {detail: cleanText(`HTTP 403: ${diagnostics}`)} : {});
	}

	switch (status) {
		case 401: {
			return of('sign-in-refused', {next: tokenStep});
		}

		case 403: {
			return of('ews-closed', diagnostics ? {detail: cleanText(`HTTP 403: ${diagnostics}`)} : {});
		}

		// What is too large for Exchange; other servers (and it, for a wrong address) say 405. A call that carries nothing cannot be.
		case 405:
		case 413: {
			return writes ? of('message-too-large') : of('server-nonsense', {retry: 'later'});
		}

		case 429: {
			return of('throttled', {...(wait !== undefined && {wait})});
		}

		default: {
			if (status >= 500) {
				// IIS may hold a call that it answered for.
				return wait === undefined ? of('server-unavailable', {outcome: 'unknown'}) : of('throttled', {wait, outcome: 'unknown'});
			}

			if (isTurnedAway(status)) {
				return of('server-nonsense', {outcome: 'not stored', retry: 'later', next: status === 407 ? proxyStep : addressStep});
			}

			return of('server-nonsense', {detail: body.trim() ? `HTTP ${status}` : `HTTP ${status}, nothing in it`});
		}
	}
};
