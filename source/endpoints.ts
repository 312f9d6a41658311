import {Buffer} from 'node:buffer';
import {type Clock} from './mailbox/clock.js';
import {FailureError} from './mailbox/failure.js';
import {type MailDestination} from './mailbox/destination.js';
import {type MailSource, type Notice} from './mailbox/source.js';
import {type Account} from './mailbox/mailbox.js';
import {imapSource} from './sources/imap.js';
import {ewsDestination} from './destinations/ews.js';
import {imapDestination} from './destinations/imap.js';
import {type Settings} from './settings.js';

/** What adapters need of the world. */
export type Surroundings = {
	readonly clock: Clock;
	readonly random: () => number;
	readonly notice: (notice: Notice) => void;
	/** Whether this account has signed in before, in an earlier run: then a refusal may be a passing one (design, rule 16). */
	readonly hasSignedInBefore?: boolean;
	/** When to look for unsure messages after a loss, in milliseconds; by the road if absent. */
	readonly looks?: readonly [number, number];
};

/** Both accounts as the settings name them, without connecting. A mailbox of Microsoft 365 is the same by whatever road: so is its journal. */
export const accountsOf = ({source, destination}: Settings): {readonly source: Account; readonly destination: Account} => ({
	source: {host: source.host, port: source.port, user: source.user},
	destination: destination.imap
		? {host: destination.imap.host, port: destination.imap.port, user: destination.imap.user}
		: {host: destination.cloud.imap.host, port: destination.cloud.imap.port, user: destination.mailbox},
});

const need = (value: {reveal(): string} | undefined, what: string, key: string, variable: string): string => {
	if (!value) {
		throw new FailureError('settings-invalid', {detail: `${what} is missing: set ${variable} or ${variable}_FILE, or ${key} in the configuration`});
	}

	return value.reveal();
};

/** A live source for the settings. Nothing connects before `open`. */
export const openSource = ({source}: Settings, surroundings: Surroundings): MailSource => {
	const password = need(source.password, 'the source\'s password', 'source.password', 'AW2MS365_SOURCE_PASSWORD');
	return imapSource({
		...surroundings, host: source.host, port: source.port, tls: source.tls, user: source.user,
		...(source.ca && {ca: source.ca}), credential: async () => ({password}),
	});
};

/** A live destination for the settings; the only place that knows every adapter. */
export const openDestination = ({destination}: Settings, surroundings: Surroundings): MailDestination => {
	if (destination.imap) {
		const {imap} = destination;
		const password = need(imap.password, 'the destination\'s password', 'destination.imap.password', 'AW2MS365_DESTINATION_PASSWORD');
		return imapDestination({
			...surroundings, host: imap.host, port: imap.port, tls: imap.tls, user: imap.user,
			...(imap.ca && {ca: imap.ca}), credential: async () => ({password}),
		});
	}

	const {
		tenantId, clientId, cloud, mailbox, transport, certificate,
	} = destination;
	const certificatePassphrase = destination.certificatePassphrase?.reveal();
	const clientSecret = certificate ? undefined : need(destination.clientSecret, 'the application\'s secret', 'destination.clientSecret', 'AW2MS365_CLIENT_SECRET');
	const host = transport === 'ews' ? cloud.ews : cloud.imap.host;
	let tokens: ((fresh?: boolean) => Promise<string>) | undefined;
	const token = async (fresh?: boolean): Promise<string> => {
		if (!tokens) {
			// Loaded only where a tenant is signed in to: it is heavy.
			const {tokensFor} = await import('./credentials/microsoft.js');
			tokens = tokensFor(host, {
				tenantId: tenantId!, clientId: clientId!, clientSecret, cloud, clock: surroundings.clock, notice: surroundings.notice,
				...(certificate && {certificate: {bytes: Buffer.from(certificate.reveal(), 'base64'), passphrase: certificatePassphrase}}),
			});
		}

		return tokens(fresh);
	};

	if (transport === 'ews') {
		return ewsDestination({
			...surroundings, host, mailbox, ...(cloud.ca && {ca: cloud.ca}), token,
		});
	}

	return imapDestination({
		...surroundings, host, port: cloud.imap.port, tls: true, user: mailbox, ...(cloud.ca && {ca: cloud.ca}),
		credential: async () => ({accessToken: await token()}),
	});
};
