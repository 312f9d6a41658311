import {getServers, lookup} from 'node:dns/promises';
import {isIP} from 'node:net';
import {FailureError} from '../mailbox/failure.js';
import {judge, showAnswer, type View} from './answer.js';
import {type Domain, upwards} from './domain.js';
import {askAll, type Patience, type Server} from './lookup.js';

/** Resolvers of two operators who have nothing to do with each other: what both say has spread. */
const publicResolvers = ['1.1.1.1:53', '8.8.8.8:53'];

/** `host`, `host:port`, `[address]:port`, or a bare IPv6 address; undefined for anything else. */
export const parseServer = (text: string): {readonly host: string; readonly port: number} | undefined => {
	if (isIP(text) === 6) {
		return {host: text, port: 53};
	}

	const {host, address, port} = /^(?:\[(?<address>[^\]]+)\]|(?<host>[^\s:\/\[\]]+))(?::(?<port>\d{1,5}))?$/v.exec(text)?.groups ?? {};
	const number = port === undefined ? 53 : Number(port);
	if (number < 1 || number > 65_535 || (address !== undefined && isIP(address) !== 6)) {
		return undefined;
	}

	const name = host ?? address;
	return name === undefined ? undefined : {host: name, port: number};
};

const withPort = (address: string, port: number): string => isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;

/** Servers that a person named. @throws usage-invalid for one that is none, host-unreachable for a name without address */
const namedServers = async (texts: readonly string[]): Promise<Server[]> => Promise.all(texts.map(async text => {
	const parsed = parseServer(text);
	if (!parsed) {
		throw new FailureError('usage-invalid', {detail: `"${text}" is no name server: host, or host:port`});
	}

	const {host, port} = parsed;
	try {
		const {address} = isIP(host) > 0 ? {address: host} : await lookup(host);
		return {name: text, address: withPort(address, port), isZones: false};
	} catch (error) {
		throw new FailureError('host-unreachable', {detail: `the name server ${text} has no address`, cause: error});
	}
}));

type Options = {readonly patience: Patience; readonly signal: AbortSignal};

/** The zone's own name servers, three at most; none where they cannot be found out. */
const zoneServers = async (domain: Domain, resolvers: readonly Server[], {port, ...options}: Options & {readonly port: number}): Promise<Server[]> => {
	for (const apex of upwards(domain)) {
		const held = judge(await askAll(resolvers, apex, 'NS', options)); // eslint-disable-line no-await-in-loop -- From the domain up, until a zone begins.
		if (held.status === 'failed') {
			// Servers of a zone above would only say that they know nothing.
			return [];
		}

		if (held.status === 'found') {
			const names = [...held.values].sort().slice(0, 3);
			// eslint-disable-next-line no-await-in-loop -- Once.
			const found = await Promise.all(names.map(async (name): Promise<Server[]> => {
				const addresses = judge(await askAll(resolvers, name, 'addresses', options));
				return addresses.status === 'found' ? [{name, address: withPort(addresses.values[0]!, port), isZones: true}] : [];
			}));
			return found.flat();
		}
	}

	return [];
};

const silent = ({answer}: View): boolean => answer.status === 'failed' && (answer.why === 'timeout' || answer.why === 'unreachable');

export type ServerOptions = Options & {
	/** Only these are asked, as a person wrote them; none: the usual ones. */
	readonly named: readonly string[];
	/** Who is asked where nobody was named: public resolvers, and this machine's own where those are out of reach. `address:port`. */
	readonly usual?: {readonly open: readonly string[]; readonly own: readonly string[]};
	/** Where the zone's own servers listen; they are not asked where resolvers were named, unless this is given (tests). */
	readonly zonePort?: number;
};

/**
Whom to ask about a domain: resolvers, which say what has spread, and the zone's own name servers, which say what is published.

@throws host-unreachable where no resolver answers at all
*/
export const serversFor = async (domain: Domain, {named, usual = {open: publicResolvers, own: getServers()}, zonePort = named.length === 0 ? 53 : undefined, ...options}: ServerOptions): Promise<{readonly resolvers: readonly Server[]; readonly zone: readonly Server[]}> => {
	const probe = async (servers: readonly Server[]) => {
		const views = await askAll(servers, domain, 'NS', options);
		return {answering: servers.filter((_, index) => !silent(views[index]!)), views};
	};

	const first = named.length > 0 ? await namedServers(named) : usual.open.map(address => ({name: address.replace(/:53$/v, ''), address, isZones: false}));
	let {answering: resolvers, views} = await probe(first);
	if (resolvers.length === 0 && named.length === 0) {
		const own = usual.own.map(address => ({name: `this machine's resolver ${address}`, address, isZones: false}));
		const again = await probe(own);
		resolvers = again.answering;
		views = [...views, ...again.views];
	}

	if (resolvers.length === 0) {
		throw new FailureError('host-unreachable', {detail: `no name server answers: ${views.map(({server, answer}) => `${server} ${showAnswer(answer)}`).join('; ')}. --resolver names another`});
	}

	return {resolvers, zone: zonePort === undefined ? [] : await zoneServers(domain, resolvers, {port: zonePort, ...options})};
};

