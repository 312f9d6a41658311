import {Resolver} from 'node:dns/promises';
import {type Answer, type Setback, type View} from './answer.js';
import {plainName} from './domain.js';

/** A name server: how it is called in what we say, and `address:port`. */
export type Server = {readonly name: string; readonly address: string; readonly isZones: boolean};

export type Kind = 'MX' | 'TXT' | 'CNAME' | 'NS' | 'addresses';

/** Milliseconds for the first try, tries, and milliseconds after which a question is given up whatever the library thinks. */
export type Patience = {readonly timeout: number; readonly tries: number; readonly deadline: number};

export const usualPatience: Patience = {timeout: 2000, tries: 2, deadline: 6000};

const setbacks: Readonly<Record<string, Setback>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- The library's codes. */
	ETIMEOUT: 'timeout', ECANCELLED: 'timeout', ESERVFAIL: 'servfail', EREFUSED: 'refused', ENOTIMP: 'refused', ECONNREFUSED: 'unreachable', EOF: 'unreachable',
	/* eslint-enable @typescript-eslint/naming-convention */
};

const answerOf = (error: unknown): Answer => {
	const code = (error as {code?: string}).code ?? '';
	if (code === 'ENOTFOUND' || code === 'ENODATA') {
		return {status: 'absent', why: code === 'ENOTFOUND' ? 'no-name' : 'no-data'};
	}

	return {status: 'failed', why: setbacks[code] ?? 'nonsense'};
};

const valuesOf = async (resolver: Resolver, name: string, kind: Kind): Promise<string[]> => {
	switch (kind) {
		case 'MX': {
			const records = await resolver.resolveMx(name);
			// A null MX (RFC 7505) is the root's name, which is told as ''.
			return records.sort((a, b) => a.priority - b.priority).map(({priority, exchange}) => `${priority} ${plainName(exchange) || '.'}`);
		}

		case 'TXT': {
			const records = await resolver.resolveTxt(name);
			return records.map(strings => strings.join(''));
		}

		case 'CNAME': {
			const names = await resolver.resolveCname(name);
			return names.map(target => plainName(target));
		}

		case 'NS': {
			const names = await resolver.resolveNs(name);
			return names.map(target => plainName(target));
		}

		case 'addresses': {
			try {
				return await resolver.resolve4(name);
			} catch (error) {
				if ((error as {code?: string}).code !== 'ENODATA') {
					throw error;
				}

				return resolver.resolve6(name);
			}
		}
	}
};

/** Asks one server one question. Never throws for what a server does. @throws the signal's reason when aborted */
export const ask = async ({address}: Pick<Server, 'address'>, name: string, kind: Kind, {patience, signal}: {readonly patience: Patience; readonly signal: AbortSignal}): Promise<Answer> => {
	signal.throwIfAborted();
	const resolver = new Resolver({timeout: patience.timeout, tries: patience.tries});
	const cancel = () => {
		resolver.cancel();
	};

	const timer = setTimeout(cancel, patience.deadline);
	signal.addEventListener('abort', cancel);
	try {
		resolver.setServers([address]);
		return {status: 'found', values: await valuesOf(resolver, name, kind)};
	} catch (error) {
		signal.throwIfAborted();
		return answerOf(error);
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', cancel);
	}
};

/** The same question to several servers at once. */
export const askAll = async (servers: readonly Server[], name: string, kind: Kind, options: Parameters<typeof ask>[3]): Promise<View[]> => Promise.all(servers.map(async server => ({
	server: server.name, isZones: server.isZones, answer: await ask(server, name, kind, options),
})));
