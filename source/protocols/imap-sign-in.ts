import {FailureError} from '../mailbox/failure.js';
import {throttleWait} from './imap-answer.js';
import {WireError} from './imap-wire.js';

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

const refused = (detail?: string): SignInTrouble => ({kind: 'refused', failure: new FailureError('sign-in-refused', detail ? {detail} : {})});

const away = (detail: string): SignInTrouble => ({kind: 'away', failure: new FailureError('host-unreachable', {detail})});

/** Reads what `Wire.connect` threw. */
export const signInTrouble = (error: unknown): SignInTrouble => {
	if (error instanceof FailureError) {
		return {kind: error.failure.code === 'host-unreachable' || error.failure.code === 'server-unavailable' ? 'away' : 'final', failure: error};
	}

	if (error instanceof WireError) {
		const {trouble} = error;
		return trouble.kind === 'refused'
			? ofRefusal(trouble.text, trouble.code)
			: away(trouble.kind === 'lost' ? 'the connection was lost during sign-in' : 'the answer is not IMAP');
	}

	const {
		code = '', authenticationFailed, serverResponseCode, response, responseText, responseStatus, message = '',
	} = error as ConnectError;
	if (isCertificateCode(code)) {
		return {kind: 'final', failure: new FailureError('tls-refused', {detail: code})};
	}

	if (/^No matching authentication|^Unsupported authentication|^Login is disabled/v.test(message)) {
		return refused('the server offers no way to sign in that this program can use');
	}

	if (code === 'InvalidStringValue') {
		return refused('user name or password holds characters that IMAP cannot carry');
	}

	if (authenticationFailed === true || responseStatus === 'NO' || responseStatus === 'BAD') {
		return ofRefusal(typeof response === 'string' ? response : (responseText ?? ''), serverResponseCode?.toUpperCase());
	}

	return away(code === 'EPROTO' || code.startsWith('ERR_SSL_') ? 'no TLS on this port' : (/^[A-Za-z_]{3,40}$/v.test(code) ? code : 'no connection'));
};

const ofRefusal = (text: string, code: string | undefined): SignInTrouble => {
	const wait = throttleWait(text);
	if (wait !== undefined) {
		return {kind: 'throttled', wait, failure: new FailureError('throttled', {wait})};
	}

	if (/authenticated but not connected/iv.test(text)) {
		return refused('User is authenticated but not connected: the sign-in is good, but this account may not open this mailbox over IMAP');
	}

	const shown = code !== undefined && knownCodes.has(code) ? `code ${code}` : undefined;
	const crowded = code === 'LIMIT' || /connection|too many|limit|concurrent/iv.test(text);
	return (code !== undefined && transientCodes.has(code)) || /temporar/iv.test(text)
		? {kind: 'busy', crowded: crowded || code === 'UNAVAILABLE', failure: new FailureError('sign-in-refused-temporarily', shown ? {detail: shown} : {})}
		: {...refused(shown), crowded};
};
