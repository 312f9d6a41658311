import {fillNames, FailureError, type Names} from '../mailbox/failure.js';
import {failureOfTrouble} from '../protocols/https-failures.js';
import {HttpTrouble} from '../protocols/https.js';

type Meaning = {
	/** What is wrong, as the end of a sentence. */
	readonly cause: string;
	/** What to do; `<clientId>` and `<tenantId>` stand for the person's own. */
	readonly next: string;
};

const again = 'Then run the same command again: it carries on.';
const newSecret = 'make a new one in Entra ID (App registrations, <clientId>, Certificates & secrets) and put its Value, shown once, into destination.clientSecret';
const grant = [
	'In Entra ID (App registrations, <clientId>, API permissions) add the application permission of Office 365 Exchange Online, full_access_as_app for EWS or IMAP.AccessAsApp for IMAP,',
	`or of Microsoft Graph, Mail.ReadWrite and for importMime Mail-Advanced.ReadWrite.All, and press "Grant admin consent". ${again}`,
].join(' ');
const policy: Meaning = {
	cause: 'a Conditional Access policy keeps the application out',
	next: `An administrator leaves the application <clientId> out of the policies for workload identities (Entra ID, Conditional Access). ${again}`,
};
const person: Meaning = {
	cause: 'the service wants a person to prove who they are, which an application cannot',
	next: `Check that destination.clientId, which is <clientId>, is an application with a client secret, and leave it out of the policies that ask for a second factor (Entra ID, Conditional Access). ${again}`,
};
const otherCloud: Meaning = {cause: 'the tenant belongs to another national cloud', next: `Set destination.cloud to the cloud of the tenant <tenantId> (gcc-high, dod or china). ${again}`};
const noPermission: Meaning = {cause: 'the application lacks the permission for this service', next: grant};
const noConsent: Meaning = {cause: 'an administrator has not consented to the application\'s permissions', next: grant};
const wrongScope: Meaning = {cause: 'the scope is not valid for this cloud', next: `Check destination.cloud: its hosts for EWS, IMAP and Graph must be those of the tenant <tenantId>. ${again}`};
const upload = 'in Entra ID (App registrations, <clientId>, Certificates & secrets, Certificates) upload the certificate of destination.certificate without its key (openssl x509 -in certificate.pem -out upload.pem)';
const certificate: Meaning = {
	cause: 'the certificate is not among those of the application, or has expired',
	next: `If it is missing there, ${upload}; it works after a minute or two. ${again}`,
};
const wrongSecret: Meaning = {
	cause: 'the client secret is wrong: of another application, of its Secret ID instead of its Value, or too new',
	next: `Check that destination.clientId, which is <clientId>, is the application that the secret was made for, and that all of the Value was copied. It is shown only once: if it is lost, ${newSecret}. A new one works after a minute or two. ${again}`,
};
const secretId: Meaning = {
	cause: 'the client secret is wrong: what is configured has the form of a Secret ID, not of a Value',
	next: `Copy the Value, not the Secret ID. It is shown only once: if it is lost, ${newSecret}. ${again}`,
};
const oldSecret: Meaning = {
	cause: 'the client secret is wrong: of another application, or not all of its Value; it was tried for two minutes, so it is not merely too new',
	next: wrongSecret.next,
};
const goneSecret: Meaning = {
	cause: 'the client secret is wrong by now: it was accepted before, so it was removed from the application',
	next: `Where nobody can put it back, ${newSecret}. ${again}`,
};

/**
What AADSTS codes mean for an administrator (microsoft-365.md 6.3). The service's own texts are not passed on:
they name the tenant (700016) and the certificate's thumbprint (700027).
*/
const meanings: ReadonlyMap<string, Meaning> = new Map([
	['7000215', wrongSecret],
	['7000222', {cause: 'the client secret has expired', next: `A secret cannot be renewed: ${newSecret}, or use a certificate (destination.certificate). ${again}`}],
	['700016', {cause: 'the client id is unknown in this tenant; check client id, tenant and cloud', next: `destination.clientId, which is <clientId>, must be the Application (client) ID, not the object ID, of an application of the tenant <tenantId> (Entra ID, App registrations, Overview), and destination.cloud that tenant's. ${again}`}],
	['7000112', {cause: 'the application is disabled in this tenant', next: `In Entra ID (Enterprise applications, <clientId>, Properties) set "Enabled for users to sign-in" to Yes. ${again}`}],
	['7000218', {cause: 'no client secret was sent', next: `Put the Value of a client secret of the application <clientId> into destination.clientSecret or AW2MS365_CLIENT_SECRET, or name a certificate (destination.certificate). ${again}`}],
	['90002', {cause: 'the tenant was not found; check the tenant id and the cloud', next: `destination.tenantId, which is <tenantId>, must be the Directory (tenant) ID (Entra ID, Overview) or a verified domain, and destination.cloud that tenant's. ${again}`}],
	['900023', {cause: 'the tenant id is malformed: a GUID or a verified domain is needed', next: `destination.tenantId, which is <tenantId>, must be the Directory (tenant) ID (Entra ID, Overview) or a verified domain. ${again}`}],
	['700024', {cause: 'this machine\'s clock is wrong', next: `Set the clock, by NTP for instance (timedatectl set-ntp true). ${again}`}],
	['700027', certificate],
	['700030', certificate],
	['65001', noConsent],
	['90094', noConsent],
	['650052', {cause: 'the application lacks the permission for this service, or the tenant lacks a licence for it', next: `Check in the Microsoft 365 admin center that the tenant <tenantId> has Exchange Online. ${grant}`}],
	['650056', noPermission],
	['650057', noPermission],
	['500011', {cause: 'the tenant does not know the service that the token is for; check the cloud', next: `Check destination.cloud: its hosts for EWS, IMAP and Graph must be those of the tenant <tenantId>, which must have Exchange Online. ${again}`}],
	['70011', wrongScope],
	['1002012', wrongScope],
	['50034', {cause: 'the tenant does not know this account', next: `destination.clientId, which is <clientId>, must be the Application (client) ID of an application of the tenant <tenantId>. ${again}`}],
	['50076', person],
	['50079', person],
	['53003', policy],
	['530032', policy],
	['90038', otherCloud],
	['900382', otherCloud],
]);

/** For a number that is not in the table. */
const unknownNumber = `Look the number up at https://login.microsoftonline.com/error, and check destination.tenantId (<tenantId>), destination.clientId (<clientId>) and destination.clientSecret. ${again}`;

/** Failures of the service itself, which pass. */
const transient = new Set(['90033', '90006', '90012', '90024', '90055']);

/** What docs/troubleshooting.md is made of; the causes of 7000215 that are told apart beside the first. */
export const aadsts = {
	meanings, wrongSecrets: [secretId, oldSecret, goneSecret], transient, unknownNumber,
} as const;

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

/** What is known of how the application proved who it is. */
export type Proof = {
	/** A secret, unless it is told otherwise. */
	readonly secret?: string | undefined;
	/** It was accepted before. */
	readonly hasWorked?: boolean;
	/** Its refusal was waited out. */
	readonly wasWaitedFor?: boolean;
};

/** The Secret ID beside a secret is a UUID, a Value never is. */
const isSecretId = (secret: string): boolean => /^\s*\{?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\}?\s*$/iv.test(secret);

/** The causes of 7000215, as far as they can be told apart. */
const meaningOfWrongSecret = ({secret = '', hasWorked, wasWaitedFor}: Proof): Meaning => {
	if (isSecretId(secret)) {
		return secretId;
	}

	return hasWorked ? goneSecret : (wasWaitedFor ? oldSecret : wrongSecret);
};

/** Whether a refusal may come from a secret that the service does not know yet: it may take some minutes until it does. */
export const mayBeNew = ({failure}: FailureError, {secret, hasWorked}: Proof): boolean =>
	secret !== undefined && !hasWorked && !isSecretId(secret) && /^AADSTS7000215\b/v.test(failure.detail ?? '');

/** The service's own time, as the text of 700024 has it: a date and nothing else of that text. */
const serviceTime = (error: unknown): string => {
	const {errorMessage, message} = error as {readonly errorMessage?: unknown; readonly message?: unknown};
	const found = /Current time: (?<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})/v.exec(`${String(errorMessage)} ${String(message)}`)?.groups!.time;
	return found ? ` (the service's says ${found}Z)` : '';
};

type Refusal = {readonly error: unknown; readonly place: string; readonly names: Names; readonly proof: Proof};

const failureOfNumber = (number: string, {error, place, names, proof}: Refusal): FailureError => {
	if (transient.has(number)) {
		return new FailureError('server-unavailable', {detail: `${place}: AADSTS${number}`});
	}

	const meaning = number === '7000215' ? meaningOfWrongSecret(proof) : meanings.get(number);
	const more = number === '700024' ? serviceTime(error) : '';
	return new FailureError('sign-in-refused', {detail: meaning ? `AADSTS${number}: ${meaning.cause}${more}` : `AADSTS${number}`, next: fillNames(meaning?.next ?? unknownNumber, names)});
};

/** What msal threw as a failure: the AADSTS number with our words, or that the service was not reached. */
export const aadstsFailure = (error: unknown, {network, host = '', names = {}, proof = {}}: {
	/** What the network threw or was answered, where msal hides it. */
	readonly network?: unknown;
	/** Of the sign-in service. */
	readonly host?: string;
	readonly names?: Names;
	readonly proof?: Proof;
} = {}): FailureError => {
	const place = `sign-in service ${host}`.trim();
	const number = numberOf(error) ?? (network === undefined ? undefined : numberOf(network));
	if (number !== undefined) {
		return failureOfNumber(number, {
			error, place, names, proof,
		});
	}

	if (network instanceof HttpTrouble) {
		const {code, ...more} = failureOfTrouble(network, {host: place, answered: false, inDoubt: false});
		return new FailureError(code === 'tls-refused' ? code : 'host-unreachable', {detail: more.detail!, ...(more.next && {next: more.next})});
	}

	const system = systemCode(network) ?? systemCode(error);
	if (system !== undefined && certificateCode.test(system)) {
		return new FailureError('tls-refused', {detail: `${place}: ${system}`});
	}

	return new FailureError('host-unreachable', {detail: system ? `${place}: ${system}` : `${place}: no usable answer`});
};
