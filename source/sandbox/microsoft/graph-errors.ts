/** Statuses by code; recorded where there is a recording, else those of documents and reports (reference 3.9). */
const statuses: Readonly<Record<string, number>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- codes of Graph */
	ApplicationThrottled: 429,
	Authorization_RequestDenied: 403,
	BadRequest: 400,
	ErrorAccessDenied: 403,
	ErrorDeleteDistinguishedFolder: 403,
	ErrorFolderExists: 409,
	ErrorFolderNotFound: 404,
	ErrorInsufficientResources: 503,
	ErrorInternalServerError: 500,
	ErrorInternalServerTransientError: 503,
	ErrorInvalidUser: 404,
	ErrorIrresolvableConflict: 409,
	ErrorItemNotFound: 404,
	ErrorMailboxMoveInProgress: 503,
	ErrorMailboxStoreUnavailable: 503,
	ErrorQuotaExceeded: 507,
	ErrorServerBusy: 503,
	ErrorTooManyObjectsOpened: 429,
	InvalidAuthenticationToken: 401,
	MailboxInfoStale: 503,
	MailboxNotEnabledForRESTAPI: 404,
	RequestEntityTooLarge: 413,
	Request_ResourceNotFound: 404,
	ResourceNotFound: 404,
	ServiceUnavailable: 503,
	SyncStateNotFound: 410,
	TooManyRequests: 429,
	UnknownError: 504,
	generalException: 500,
	/* eslint-enable @typescript-eslint/naming-convention */
};

const texts: Readonly<Record<string, string>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- codes of Graph */
	Authorization_RequestDenied: 'Insufficient privileges to complete the operation.',
	ErrorAccessDenied: 'Access is denied. Check credentials and try again.',
	ErrorDeleteDistinguishedFolder: 'Distinguished folders cannot be deleted.',
	ErrorFolderExists: 'A folder with the specified name already exists.',
	ErrorFolderNotFound: 'The specified folder could not be found in the store.',
	ErrorInternalServerError: 'An internal server error occurred. The operation failed.',
	ErrorInternalServerTransientError: 'An internal server error occurred. Try again later.',
	ErrorInvalidIdMalformed: 'Id is malformed.',
	ErrorInvalidRequest: 'The OData request is not supported.',
	ErrorItemNotFound: 'The specified object was not found in the store., The process failed to get the correct properties.',
	ErrorItemSave: 'An error occurred while saving the item.',
	ErrorMailboxStoreUnavailable: 'The mailbox database is temporarily unavailable.',
	ErrorMessageSizeExceeded: 'The message exceeds the maximum supported size., Cannot save changes made to an item to store.',
	ErrorMimeContentInvalid: 'The MIME content is invalid.',
	ErrorMimeContentInvalidBase64String: 'MIME content has an invalid Base64 string.',
	ErrorQuotaExceeded: 'The process failed to save the item because the mailbox is over its quota.',
	ErrorServerBusy: 'The server cannot service this request right now. Try again later.',
	ErrorTooManyObjectsOpened: 'Too many concurrent connections opened., The process failed to get the correct properties.',
	InefficientFilter: 'The restriction or sort order is too complex for this operation.',
	MailboxInfoStale: 'Target resource \'00030000-ca28-936b-0000-000000000000\' hosted on database \'8d02d25d-52fe-4702-86ee-78bc22716108\' is currently on backend \'Unknown\'',
	MailboxNotEnabledForRESTAPI: 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
	RequestEntityTooLarge: 'The maximum request length supported is 4MB.',
	UnableToDeserializePostBody: 'were unable to deserialize',
	/* eslint-enable @typescript-eslint/naming-convention */
};

/** Errors of the gateway and the directory carry an innerError, those of the mailbox do not (lesson 49). */
const gateway = new Set([
	'Authorization_RequestDenied', 'BadRequest', 'InvalidAuthenticationToken', 'RequestBroker--ParseUri', 'RequestEntityTooLarge', 'Request_ResourceNotFound', 'UnknownError',
]);

export type RefusalParts = {readonly text?: string; readonly status?: number; readonly wait?: number; readonly hasInner?: boolean};

/** Graph's answer to what it does not do. */
export class GraphRefused extends Error {
	readonly code: string;
	readonly status: number;
	/** Milliseconds to wait, where the answer says so. */
	readonly wait: number | undefined;
	readonly hasInner: boolean;

	constructor(code: string, {text = texts[code] ?? '', status = statuses[code] ?? 400, wait, hasInner = gateway.has(code)}: RefusalParts = {}) {
		super(text);
		this.code = code;
		this.status = status;
		this.wait = wait;
		this.hasInner = hasInner;
	}
}

/** The gateway does not know that part of the address. */
export const noSegment = (segment: string): GraphRefused => new GraphRefused('BadRequest', {text: `Resource not found for the segment '${segment}'.`});

export const badRequest = (text: string): GraphRefused => new GraphRefused('BadRequest', {text});

/** A query that OData does not parse. */
export const badQuery = (text: string): GraphRefused => new GraphRefused('RequestBroker--ParseUri', {text});
