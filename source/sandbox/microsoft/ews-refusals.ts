import {type Refused} from './ews-envelope.js';
import {StoreRefusal} from './mailbox.js';

/** The words that Exchange Online has for a code: recorded where there is a recording, else those of its documentation. */
const texts: Readonly<Record<string, string>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- codes of EWS */
	ErrorAccessDenied: 'Access is denied. Check credentials and try again.',
	ErrorBatchProcessingStopped: 'Request processing stopped because of an error that occurred while processing a previous item.',
	ErrorCannotUseFolderIdForItemId: 'The Id used as the itemId is a folderId.',
	ErrorCannotUseItemIdForFolderId: 'The Id used as the folderId is an itemId.',
	ErrorChangeKeyRequired: 'A valid change key is required for this operation.',
	ErrorChangeKeyRequiredForWriteOperations: 'You must pass a valid change key for write operations.',
	ErrorDeleteDistinguishedFolder: 'Distinguished folders cannot be deleted.',
	ErrorExceededConnectionCount: 'You have exceeded the available concurrent connections for your account.  Try again once your other requests have completed.',
	ErrorFolderExists: 'A folder with the specified name already exists.',
	ErrorFolderNotFound: 'The specified folder could not be found in the store.',
	ErrorFolderSave: 'The folder could not be saved.',
	ErrorImpersonateUserDenied: 'The account does not have permission to impersonate the requested user.',
	ErrorImpersonationFailed: 'ExchangeImpersonation SOAP header must be present for this type of OAuth token.',
	ErrorIncorrectUpdatePropertyCount: 'An object within a change description must contain one and only one property to modify.',
	ErrorInternalServerError: 'An internal server error occurred. The operation failed.',
	ErrorInternalServerTransientError: 'An internal server error occurred. Try again later.',
	ErrorInvalidChangeKey: 'The change key is invalid.',
	ErrorInvalidExtendedProperty: 'The extended property attribute combination is invalid.',
	ErrorInvalidExtendedPropertyValue: 'The extended property value is invalid.',
	ErrorInvalidFolderTypeForOperation: 'The folder type is invalid for this operation.',
	ErrorInvalidIdMalformed: 'Id is malformed.',
	ErrorInvalidIndexedPagingParameters: 'Offset is invalid.',
	ErrorInvalidPagingMaxRows: 'The specified value for MaxEntriesReturned is invalid.',
	ErrorInvalidPropertyRequest: 'The property can not be used with this type of query.',
	ErrorInvalidPropertyForOperation: 'Property is not valid for this object type.',
	ErrorInvalidPropertySet: 'Set action is invalid for property.',
	ErrorInvalidRequest: 'The request is invalid.',
	ErrorIrresolvableConflict: 'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.',
	ErrorItemNotFound: 'The specified object was not found in the store., The process failed to get the correct properties.',
	ErrorItemSave: 'An error occurred while saving the item.',
	ErrorMailboxStoreUnavailable: 'The mailbox database is temporarily unavailable.',
	ErrorMessageDispositionRequired: 'For requests that include a message item, a valid MessageDisposition must be specified.',
	ErrorMessageSizeExceeded: 'The message exceeds the maximum supported size.',
	ErrorMimeContentConversionFailed: 'MIME content conversion failed.',
	ErrorMimeContentInvalid: 'The MIME content is invalid.',
	ErrorMimeContentInvalidBase64String: 'MIME content has an invalid Base64 string.',
	ErrorMoveCopyFailed: 'The move or copy operation failed.',
	ErrorNoFolderClassOverride: 'The folder class cannot be overridden for this folder type.',
	ErrorNonExistentMailbox: 'The SMTP address has no mailbox associated with it.',
	ErrorParentFolderNotFound: 'The specified parent folder could not be found.',
	ErrorQuotaExceeded: 'The mailbox has exceeded its quota.',
	ErrorRestrictionTooComplex: 'The restriction is too complex. Too many nodes in the restriction tree.',
	ErrorSchemaValidation: 'The request failed schema validation.',
	ErrorServerBusy: 'The server cannot service this request right now. Try again later.',
	ErrorTimeoutExpired: 'The request timed out.',
	ErrorTooManyObjectsOpened: 'Too many concurrent connections opened., Cannot open mailbox.',
	/* eslint-enable @typescript-eslint/naming-convention */
};

export const textOf = (code: string): string => texts[code] ?? 'An internal server error occurred. The operation failed.';

/** An item is refused, inside HTTP 200. */
export class ItemRefused extends Error {
	readonly refused: Refused;

	constructor(code: string, {text = textOf(code), detail}: Partial<Refused> = {}) {
		super(text);
		this.refused = {code, text, detail};
	}
}

/** The whole call is refused, by a SOAP fault. */
export class CallRefused extends Error {
	readonly refused: Refused & {readonly long?: string};
	readonly status: number;

	constructor(code: string, {text = textOf(code), detail, long, status = 500}: Partial<Refused> & {readonly long?: string; readonly status?: number} = {}) {
		super(long ?? text);
		this.refused = {
			code, text, detail, long,
		};
		this.status = status;
	}
}

/** The fault for what the schema does not allow: the long text in faultstring and Violation (lesson 5). */
export const schemaViolation = (violation: string, {line, column}: {readonly line: number; readonly column: number}): CallRefused =>
	new CallRefused('ErrorSchemaValidation', {
		long: `The request failed schema validation: ${violation}`,
		detail: {elements: {LineNumber: String(line), LinePosition: String(column), Violation: violation}}, // eslint-disable-line @typescript-eslint/naming-convention -- names of elements
	});

/** Errors after which the rest of a batch is not tried (reference 2.3). */
export const stopsBatch = (code: string): boolean => [
	'ErrorAccessDenied',
	'ErrorAccountDisabled',
	'ErrorADUnavailable',
	'ErrorConnectionFailed',
	'ErrorMailboxStoreUnavailable',
	'ErrorMailboxMoveInProgress',
	'ErrorQuotaExceeded',
	'ErrorInsufficientResources',
	'ErrorPasswordExpired',
].includes(code);

/** The refusal that an error means; the error again where it is a bug of the sandbox. */
export const refusalOf = (error: unknown, gone = 'ErrorFolderNotFound'): Refused => {
	if (error instanceof ItemRefused) {
		return error.refused;
	}

	if (error instanceof StoreRefusal) {
		const code = {
			exists: 'ErrorFolderExists', quota: 'ErrorQuotaExceeded', 'default-folder': 'ErrorDeleteDistinguishedFolder', gone, 'into-itself': 'ErrorMoveCopyFailed',
		}[error.reason];
		return {code, text: textOf(code)};
	}

	throw error;
};
