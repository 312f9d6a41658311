/** What keys demand of each other; everything a single key demands is in the schema. */
import {isLoopback} from './hosts.js';
import {type Value} from './document.js';
import {type SecretKey, missingSecret} from './environment.js';

/** A demand not met: the key's path and what is expected there. */
export type Unmet = {readonly path: readonly string[]; readonly expected: string};

type Section = Readonly<Record<string, Value>>;

export const sectionOf = (value: Value, key: string): Section | undefined => {
	const found = typeof value === 'object' && !Array.isArray(value) ? value[key] : undefined;
	return typeof found === 'object' && !Array.isArray(found) ? found : undefined;
};

const plainText = (section: Section, path: readonly string[]): Unmet[] => {
	const {tls, host} = section;
	const isFar = typeof host !== 'string' || !isLoopback(host.trim().replace(/^\[(.*)\]$/v, '$1'));
	return typeof tls === 'string' && tls.trim().toLowerCase() === 'false' && isFar
		? [{path: [...path, 'tls'], expected: 'true: without TLS mail and password travel readable (false is for 127.0.0.0/8, ::1 and localhost only)'}]
		: [];
};

/** Whether what is named beside the transport is what that transport needs. */
const unfitRoad = (destination: Section, hasPasswordServer: boolean): Unmet[] => {
	const transport = typeof destination.transport === 'string' ? destination.transport.trim() : undefined;
	if (hasPasswordServer) {
		const expected = 'imap, or no section destination.imap: that one is for a server with a password';
		return transport === undefined || transport === 'imap' ? [] : [{path: ['destination', 'transport'], expected}];
	}

	// EWS answers at IMAP's host unless it has one of its own; Graph always has its own.
	const cloud = sectionOf(destination, 'cloud');
	const isNamed = (wanted: string): boolean => !cloud || cloud[wanted] !== undefined || (wanted === 'ews' && cloud.imap !== undefined);
	const wanted = transport === 'imap' || transport === 'ews' ? transport : (transport?.startsWith('graph') ? 'graph' : undefined);
	const isMet = wanted === undefined ? isNamed('ews') || isNamed('graph') : isNamed(wanted);
	return isMet ? [] : [{path: ['destination', 'cloud'], expected: `${wanted ?? 'ews'} with the host's name`}];
};

/** `hasSecret`: whether a secret is known from the environment or not asked for. */
export const unmetRequirements = (value: Value, hasSecret: (key: SecretKey) => boolean): Unmet[] => {
	const unmet: Unmet[] = [];
	const demand = (isMet: boolean, path: readonly string[], expected: string) => {
		if (!isMet) {
			unmet.push({path, expected});
		}
	};

	const source = sectionOf(value, 'source') ?? {};
	demand(source.host !== undefined || source.region !== undefined, ['source', 'host'], 'the IMAP server\'s name, or source.region (us-east-1, us-west-2, eu-west-1)');
	demand(source.host === undefined || source.region === undefined, ['source', 'region'], 'either host or region, not both');
	demand(source.password !== undefined || hasSecret('source.password'), ['source', 'password'], missingSecret('source.password', 'the mailbox\'s password'));
	unmet.push(...plainText(source, ['source']));

	const destination = sectionOf(value, 'destination') ?? {};
	const imap = sectionOf(destination, 'imap');
	unmet.push(...unfitRoad(destination, imap !== undefined));
	if (imap) {
		demand(imap.password !== undefined || hasSecret('destination.imap.password'), ['destination', 'imap', 'password'], missingSecret('destination.imap.password', 'the password'));
		unmet.push(...plainText(imap, ['destination', 'imap']));
	} else if (destination.imap === undefined) {
		// A server with a password may know its users by other names.
		demand(typeof destination.mailbox !== 'string' || /^[^\s@]+@[^\s@]+$/v.test(destination.mailbox.trim()), ['destination', 'mailbox'], 'an e-mail address');
		const {tenantId, clientId, clientSecret, certificate, certificatePassphrase} = destination;
		if (tenantId === undefined && clientId === undefined && clientSecret === undefined && certificate === undefined) {
			demand(false, ['destination'], 'a way to sign in: tenantId, clientId and clientSecret or certificate (Microsoft 365), or a section imap with host, user and password');
		} else {
			demand(tenantId !== undefined, ['destination', 'tenantId'], 'the directory (tenant) ID');
			demand(clientId !== undefined, ['destination', 'clientId'], 'the application (client) ID');
			demand(clientSecret === undefined || certificate === undefined, ['destination', 'certificate'], 'either clientSecret or certificate, not both');
			demand(certificate !== undefined || certificatePassphrase === undefined, ['destination', 'certificatePassphrase'], 'destination.certificate beside it');
			demand(certificate !== undefined || clientSecret !== undefined || hasSecret('destination.clientSecret'), ['destination', 'clientSecret'], missingSecret('destination.clientSecret', 'the application\'s secret'));
		}
	}

	return unmet;
};
