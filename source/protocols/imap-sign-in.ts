import {FailureError} from '../mailbox/failure.js';
import {failureOfNotConnected, isNotConnected, throttleWait} from './imap-answer.js';
import {afterSignIn, WireError} from './imap-wire.js';

/**
What kept a connection from being ready.

`refused`: the account is not let in; `busy`: the same in words or a code that may pass; `away`: the host was not
reached or hung up; `final`: trying again is of no use. Nothing the server said while signing in is passed on:
it may repeat what was sent.
*/
export type SignInTrouble = {
	readonly kind: 'refused' | 'busy' | 'away' | 'final' | 'throttled';
	readonly failure: FailureError;
	/** Too many connections may be the reason. */
	readonly crowded?: boolean;
	/** Milliseconds the server asked for. */
	readonly wait?: number;
};

type ConnectError = {
	readonly code?: string;
	readonly authenticationFailed?: boolean;
	readonly serverResponseCode?: string;
	/** The server's text. */
	readonly response?: unknown;
	readonly responseText?: string;
	readonly responseStatus?: string;
	readonly message?: string;
	readonly reason?: string;
};

const transientCodes = new Set(['UNAVAILABLE', 'SERVERBUG', 'CONTACTADMIN', 'INUSE', 'LIMIT']);
const knownCodes = new Set([...transientCodes, 'AUTHENTICATIONFAILED', 'AUTHORIZATIONFAILED', 'EXPIRED', 'PRIVACYREQUIRED', 'NOPERM', 'ALERT']);

/** Node's codes for a certificate that does not verify (TLS, X.509). */
const isCertificateCode = (code: string): boolean => /^(?:ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)|CRL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/v.test(code);

const refused = (detail?: string, byToken = false): SignInTrouble => ({kind: 'refused', failure: new FailureError(byToken ? 'imap-sign-in-refused' : 'sign-in-refused', detail ? {detail} : {})});

const away = (detail: string): SignInTrouble => ({kind: 'away', failure: new FailureError('host-unreachable', {detail})});

const ofLoss = ({trouble, byToken}: WireError): SignInTrouble => {
	const {bye = '', reason} = trouble.kind === 'lost' ? trouble : {reason: ''};
	const wait = throttleWait(bye);
	if (wait !== undefined) {
		return {kind: 'throttled', wait, failure: new FailureError('throttled', {wait})};
	}

	if (byToken && reason === afterSignIn) {
		// Exchange may hang up before it says that the mailbox is not to be had (recorded/imap/exo-bye-before-tagged-bad.txt), or for the moment only.
		return {kind: 'away', failure: new FailureError('imap-closed', {detail: afterSignIn})};
	}

	return away(trouble.kind === 'lost' ? 'the connection was lost during sign-in' : 'the answer is not IMAP');
};

/**
Reads what `Wire.connect` threw.

@param byToken an application signed in: what it lacks is not what a person with a password lacks
*/
export const signInTrouble = (error: unknown, byToken = false): SignInTrouble => {
	if (error instanceof FailureError) {
		return {kind: error.failure.code === 'host-unreachable' || error.failure.code === 'server-unavailable' ? 'away' : 'final', failure: error};
	}

	if (error instanceof WireError) {
		const {trouble} = error;
		return trouble.kind === 'refused'
			? ofRefusal(trouble.text, trouble.code, byToken)
			: ofLoss(error);
	}

	const {
		code = '', authenticationFailed, serverResponseCode, response, responseText, responseStatus, message = '',
	} = error as ConnectError;
	if (isCertificateCode(code)) {
		return {kind: 'final', failure: new FailureError('tls-refused', {detail: code})};
	}

	if (/^No matching authentication|^Unsupported authentication|^Login is disabled/v.test(message)) {
		return byToken
			? {kind: 'refused', failure: new FailureError('sign-in-refused', {detail: 'the server takes no tokens (XOAUTH2)', next: 'Check destination.cloud: its IMAP server is none of Microsoft 365, or one behind it answers in its place.'})}
			: refused('the server offers no way to sign in that this program can use');
	}

	if (code === 'InvalidStringValue') {
		return refused('user name or password holds characters that IMAP cannot carry');
	}

	if (authenticationFailed === true || responseStatus === 'NO' || responseStatus === 'BAD') {
		return ofRefusal(typeof response === 'string' ? response : (responseText ?? ''), serverResponseCode?.toUpperCase(), byToken);
	}

	return away(code === 'EPROTO' || code.startsWith('ERR_SSL_') ? 'no TLS on this port' : (/^[A-Za-z_]{3,40}$/v.test(code) ? code : 'no connection'));
};

const ofRefusal = (text: string, code: string | undefined, byToken: boolean): SignInTrouble => {
	const wait = throttleWait(text);
	if (wait !== undefined) {
		return {kind: 'throttled', wait, failure: new FailureError('throttled', {wait})};
	}

	if (isNotConnected(text)) {
		return {kind: 'refused', failure: failureOfNotConnected(byToken)};
	}

	const shown = code !== undefined && knownCodes.has(code) ? `code ${code}` : undefined;
	const crowded = code === 'LIMIT' || /connection|too many|limit|concurrent/iv.test(text);
	return (code !== undefined && transientCodes.has(code)) || /temporar/iv.test(text)
		? {kind: 'busy', crowded: crowded || code === 'UNAVAILABLE', failure: new FailureError('sign-in-refused-temporarily', shown ? {detail: shown} : {})}
		: {...refused(shown, byToken), crowded};
};
