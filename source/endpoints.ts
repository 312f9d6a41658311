import {Buffer} from 'node:buffer';
import {type Clock} from './mailbox/clock.js';
import {FailureError} from './mailbox/failure.js';
import {type MailDestination, type Transport} from './mailbox/destination.js';
import {type Road, transports} from './mailbox/road.js';
import {type MailSource, type Notice} from './mailbox/source.js';
import {type Account} from './mailbox/mailbox.js';
import {type AccessSource, appTokens} from './credentials/app-tokens.js';
import {imapSource} from './sources/imap.js';
import {ewsDestination} from './destinations/ews.js';
import {graphDestination} from './destinations/graph.js';
import {graphJsonDestination} from './destinations/graph-json.js';
import {type GraphFindings} from './destinations/graph-probe.js';
import {GraphGate} from './destinations/graph-traits.js';
import {imapDestination} from './destinations/imap.js';
import {type Settings} from './settings.js';

export {type GraphFindings} from './destinations/graph-probe.js';

/** What adapters need of the world. */
export type Surroundings = {
	readonly clock: Clock;
	readonly random: () => number;
	readonly notice: (notice: Notice) => void;
	/** Whether this account has signed in before, in an earlier run: then a refusal may be a passing one (design, rule 16). */
	readonly hasSignedInBefore?: boolean;
	/** When to look for unsure messages after a loss, in milliseconds; by the road if absent. */
	readonly looks?: readonly [number, number];
	/** Opening a destination changes nothing there at all. */
	readonly isReadOnly?: boolean;
	/** Opening a destination may put a probe message there, where only that tells whether it is open. */
	readonly probe?: boolean;
	/** What an earlier probe has shown: then there is none. */
	readonly graphFindings?: GraphFindings | undefined;
	readonly onGraphFindings?: (findings: GraphFindings) => void;
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

/** Where it cannot sleep, a refused secret that may be too new is not waited for. */
type TokenSurroundings = {readonly clock: Pick<Clock, 'now'> & Partial<Pick<Clock, 'sleep'>>; readonly notice: Surroundings['notice']};

type TokenSource = (fresh?: boolean, signal?: AbortSignal) => Promise<string>;

const tokensOf = ({destination}: Settings, {clock, notice}: TokenSurroundings): (host: string) => AccessSource => {
	const {tenantId, clientId, cloud, certificate} = destination;
	return appTokens({
		tenantId: tenantId!, clientId: clientId!, cloud, clock, notice,
		...(certificate
			? {certificate: {bytes: Buffer.from(certificate.reveal(), 'base64'), passphrase: destination.certificatePassphrase?.reveal()}}
			: {clientSecret: need(destination.clientSecret, 'the application\'s secret', 'destination.clientSecret', 'AW2MS365_CLIENT_SECRET')}),
	});
};

const asText = (source: AccessSource): TokenSource => async (fresh, signal) => {
	const {accessToken} = await source(fresh, signal);
	return accessToken;
};

const passwordServer = ({destination}: Settings, surroundings: Surroundings): MailDestination => {
	const imap = destination.imap!;
	const password = need(imap.password, 'the destination\'s password', 'destination.imap.password', 'AW2MS365_DESTINATION_PASSWORD');
	return imapDestination({
		...surroundings, host: imap.host, port: imap.port, tls: imap.tls, user: imap.user,
		...(imap.ca && {ca: imap.ca}), credential: async () => ({password}),
	});
};

/** The roads into the destination that the settings allow, in the order in which they are tried; the only place that knows every adapter. */
export const roadsOf = (settings: Settings, surroundings: Surroundings): Road[] => {
	const {destination} = settings;
	if (destination.imap) {
		return [{transport: 'imap', destination: () => passwordServer(settings, surroundings)}];
	}

	const {cloud, mailbox, transport} = destination;
	const access = tokensOf(settings, surroundings);
	const token = (host: string): TokenSource => asText(access(host));
	// Of several roads, it may have been another one that signed in.
	const around = {...surroundings, ...(transport === 'auto' && {hasSignedInBefore: false})};
	const common = {...around, mailbox, ...(cloud.ca && {ca: cloud.ca})};
	// The service's limits are those of the application and the mailbox, by whatever road.
	const gate = new GraphGate(surroundings.clock);
	const graph = {
		...common, host: cloud.graph, token: token(cloud.graph), gate, findings: surroundings.graphFindings, onFindings: surroundings.onGraphFindings,
	};
	const destinations: Readonly<Record<Transport, () => MailDestination>> = {
		ews: () => ewsDestination({...common, host: cloud.ews, token: token(cloud.ews)}),
		imap: () => imapDestination({
			...around, host: cloud.imap.host, port: cloud.imap.port, tls: true, user: mailbox, ...(cloud.ca && {ca: cloud.ca}),
			credential: access(cloud.imap.host),
		}),
		graph: () => graphDestination(graph),
		// Nobody opens it for deliveries without consent: the engine asks for that.
		'graph-json': () => graphJsonDestination({...graph, allowLoss: true}),
	};
	const wanted = transport === 'auto' ? transports.filter(one => cloud.graph !== '' || !one.startsWith('graph')) : [transport];
	return wanted.map(one => ({transport: one, destination: destinations[one]}));
};

/** A service of the tenant that the application signs in to, and how. */
export type SignIn = {readonly resource: 'exchange' | 'graph'; readonly host: string; readonly token: TokenSource};

/** What tokens a migration by these settings may need; none where the destination is a server with a password. */
export const signInsOf = (settings: Settings, surroundings: TokenSurroundings): SignIn[] => {
	const {imap, cloud} = settings.destination;
	if (imap) {
		return [];
	}

	const access = tokensOf(settings, surroundings);
	const token = (host: string): TokenSource => asText(access(host));
	return [
		{resource: 'exchange' as const, host: cloud.ews},
		...(cloud.graph === '' ? [] : [{resource: 'graph' as const, host: cloud.graph}]),
	].map(one => ({...one, token: token(one.host)}));
};
