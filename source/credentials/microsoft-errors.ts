import {FailureError} from '../mailbox/failure.js';

/**
What AADSTS codes mean for an administrator (microsoft-365.md 6.3). The service's own texts are not passed on:
they name the tenant (700016) and the certificate's thumbprint (700027).
*/
const meanings = new Map([
	['7000215', 'the client secret is wrong; often its Secret ID was pasted instead of its Value'],
	['7000222', 'the client secret has expired'],
	['700016', 'the client id is unknown in this tenant; check client id, tenant and cloud'],
	['7000112', 'the app is disabled in this tenant'],
	['7000218', 'no client secret was sent'],
	['90002', 'the tenant was not found; check the tenant id and the cloud'],
	['900023', 'the tenant id is malformed: a GUID or a verified domain is needed'],
	['65001', 'an administrator has not consented to the app\'s permissions'],
	['90094', 'an administrator has not consented to the app\'s permissions'],
	['650052', 'the app lacks the permission for Office 365 Exchange Online, or the tenant lacks a licence for it'],
	['650056', 'the app lacks the permission for Office 365 Exchange Online'],
	['650057', 'the app lacks the permission for Office 365 Exchange Online'],
	['500011', 'the tenant does not know the resource; check the cloud'],
	['70011', 'the scope is not valid for this cloud'],
	['1002012', 'the scope is not valid for this cloud'],
	['53003', 'a Conditional Access policy keeps the app out'],
	['530032', 'a Conditional Access policy keeps the app out'],
	['90038', 'the tenant belongs to another national cloud'],
	['900382', 'the tenant belongs to another national cloud'],
]);

/** Failures of the service itself, which pass. */
const transient = new Set(['90033', '90006', '90012', '90024', '90055']);

const certificateCode = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/v;
const networkCode = /^(?:E[A-Z]{3,20}|ERR_SSL_[A-Z_]+|EPROTO)$/v;

const numberOf = (error: unknown): string | undefined => {
	const {errorNo, errorMessage, message} = error as {errorNo?: unknown; errorMessage?: unknown; message?: unknown};
	const text = [errorNo, errorMessage, message].filter(part => typeof part === 'string' || typeof part === 'number').join(' ');
	return /AADSTS(?<code>\d{4,10})/v.exec(text)?.groups!.code ?? /^\d{4,10}$/v.exec(String(errorNo))?.[0];
};

/** A code of Node's, wherever msal has wrapped it. */
const systemCode = (error: unknown, depth = 0): string | undefined => {
	if (typeof error !== 'object' || error === null || depth > 4) {
		return undefined;
	}

	const {code, cause, error: inner} = error as {code?: unknown; cause?: unknown; error?: unknown};
	return typeof code === 'string' && (certificateCode.test(code) || networkCode.test(code)) ? code : systemCode(cause, depth + 1) ?? systemCode(inner, depth + 1);
};

/** What msal threw as a failure: the AADSTS number with our words, or that the service was not reached. */
export const aadstsFailure = (error: unknown, networkError?: unknown): FailureError => {
	const number = numberOf(error);
	if (number !== undefined) {
		return transient.has(number)
			? new FailureError('server-unavailable', {detail: `sign-in service: AADSTS${number}`})
			: new FailureError('sign-in-refused', {detail: meanings.has(number) ? `AADSTS${number}: ${meanings.get(number)!}` : `AADSTS${number}`});
	}

	const system = systemCode(networkError) ?? systemCode(error);
	if (system !== undefined && certificateCode.test(system)) {
		return new FailureError('tls-refused', {detail: `sign-in service: ${system}`});
	}

	return new FailureError('host-unreachable', {detail: system ? `sign-in service: ${system}` : 'the sign-in service gave no usable answer'});
};
