import {setMaxListeners} from 'node:events';
import {type Answer, judge, type View} from './answer.js';
import {type Domain, upwards} from './domain.js';
import {
	askAll, type Kind, type Patience, type Server, usualPatience,
} from './lookup.js';
import {type ServerOptions, serversFor} from './servers.js';
import {isSpf, leadsTo, type SpfRecords} from './spf.js';

/** What all servers said to one question. */
export type Looked = {readonly name: string; readonly views: readonly View[]};

/** A name that may be an alias: each name it leads to, and what lies at the end (its texts, or its addresses). */
export type Alias = Looked & {readonly chain: readonly string[]; readonly end: Answer};

/** Everything of a domain that bears on its mail. */
export type Published = {
	readonly mx: Looked;
	/** The addresses of each mail exchanger. */
	readonly exchangers: ReadonlyMap<string, Answer>;
	/** At the domain itself: verification and SPF. */
	readonly texts: Looked;
	/** What the SPF records lead to. */
	readonly included: SpfRecords;
	readonly selectors: readonly [Alias, Alias];
	readonly autodiscover: Alias;
	readonly dmarc: Looked;
	/** The policy of a domain above, which holds where there is none here (RFC 7489, 6.6.3). */
	readonly dmarcAbove?: {readonly name: string; readonly text: string};
};

export type LookUpOptions = {
	/** Name servers a person named. */
	readonly resolvers: readonly string[];
	readonly signal: AbortSignal;
	readonly zonePort?: number;
	readonly usual?: ServerOptions['usual'];
	readonly patience?: Patience;
};

const longestChain = 8;
const mostIncludes = 40;

export const isDmarc = (text: string): boolean => /^v\s*=\s*DMARC1\s*(?:;|$)/v.test(text);

class Asking {
	readonly #resolvers: readonly Server[];
	readonly #zone: readonly Server[];
	readonly #options: {readonly patience: Patience; readonly signal: AbortSignal};

	constructor(resolvers: readonly Server[], zone: readonly Server[], options: {readonly patience: Patience; readonly signal: AbortSignal}) {
		this.#resolvers = resolvers;
		this.#zone = zone;
		this.#options = options;
	}

	/** Everybody, the zone's own servers included: for names of the domain only. */
	async everybody(name: string, kind: Kind): Promise<Looked> {
		return {name, views: await askAll([...this.#zone, ...this.#resolvers], name, kind, this.#options)};
	}

	/** For names of others. */
	async resolvers(name: string, kind: Kind): Promise<Answer> {
		return judge(await askAll(this.#resolvers, name, kind, this.#options));
	}

	/** Follows a name to its end (RFC 1034, 3.6.2), with what is there. */
	async alias(name: string, kind: Kind): Promise<Alias> {
		const looked = await this.everybody(name, 'CNAME');
		const chain: string[] = [];
		let held = judge(looked.views);
		while (held.status === 'found' && chain.length < longestChain && !chain.includes(held.values[0]!)) {
			chain.push(held.values[0]!);
			held = await this.resolvers(chain.at(-1)!, 'CNAME'); // eslint-disable-line no-await-in-loop -- Each leads to the next.
		}

		return {...looked, chain, end: await this.resolvers(chain.at(-1) ?? name, kind)};
	}

	/** The records that SPF records lead to, and these lead to. */
	async included(texts: readonly string[]): Promise<SpfRecords> {
		const records = new Map<string, string | undefined>();
		const asked = new Set<string>();
		let next = texts.flatMap(text => leadsTo(text));
		while (next.length > 0 && asked.size < mostIncludes) {
			const names = [...new Set(next)].filter(name => !asked.has(name));
			next = [];
			const answers = await Promise.all(names.map(async name => this.resolvers(name, 'TXT'))); // eslint-disable-line no-await-in-loop -- Each leads to the next.
			for (const [index, answer] of answers.entries()) {
				const name = names[index]!;
				asked.add(name);
				if (answer.status !== 'failed') {
					const found = answer.status === 'found' ? answer.values.filter(text => isSpf(text)) : [];
					const record = found.length === 1 ? found[0] : undefined;
					records.set(name, record);
					next.push(...(record === undefined ? [] : leadsTo(record)));
				}
			}
		}

		return records;
	}

	async dmarcAbove(domain: Domain): Promise<Published['dmarcAbove']> {
		for (const above of upwards(domain).slice(1)) {
			const name = `_dmarc.${above}`;
			const answer = await this.resolvers(name, 'TXT'); // eslint-disable-line no-await-in-loop -- The nearest counts.
			const text = answer.status === 'found' ? answer.values.find(value => isDmarc(value)) : undefined;
			if (text !== undefined) {
				return {name, text};
			}
		}

		return undefined;
	}
}

/**
Looks up what is published for the mail of a domain. Nothing is changed anywhere.

@throws host-unreachable where no name server answers at all
*/
export const lookUp = async (domain: Domain, {resolvers: named, signal, zonePort, usual, patience = usualPatience}: LookUpOptions): Promise<Published> => {
	// Many questions listen to one signal; the caller's is not ours to tell that.
	const stopping = AbortSignal.any([signal]);
	setMaxListeners(0, stopping);
	const options = {patience, signal: stopping};
	const {resolvers, zone} = await serversFor(domain, {
		named, ...options, ...(zonePort !== undefined && {zonePort}), ...(usual && {usual}),
	});
	const asking = new Asking(resolvers, zone, options);
	const [mx, texts, first, second, autodiscover, dmarc] = await Promise.all([
		asking.everybody(domain, 'MX'),
		asking.everybody(domain, 'TXT'),
		asking.alias(`selector1._domainkey.${domain}`, 'TXT'),
		asking.alias(`selector2._domainkey.${domain}`, 'TXT'),
		asking.alias(`autodiscover.${domain}`, 'addresses'),
		asking.everybody(`_dmarc.${domain}`, 'TXT'),
	]);
	const exchangerNames = exchangersOf(judge(mx.views)).filter(name => name !== '.');
	const text = judge(texts.views);
	const policy = judge(dmarc.views);
	const [addresses, included, dmarcAbove] = await Promise.all([
		Promise.all(exchangerNames.map(async name => [name, await asking.resolvers(name, 'addresses')] as const)),
		asking.included(text.status === 'found' ? text.values.filter(value => isSpf(value)) : []),
		policy.status === 'failed' || (policy.status === 'found' && policy.values.some(value => isDmarc(value))) ? undefined : asking.dmarcAbove(domain),
	]);
	return {
		mx, exchangers: new Map(addresses), texts, included, selectors: [first, second], autodiscover, dmarc, ...(dmarcAbove && {dmarcAbove}),
	};
};

/** The hosts of an answer to MX, the preferred first. */
export const exchangersOf = (answer: Answer): string[] => answer.status === 'found' ? answer.values.map(value => value.replace(/^\d+ /v, '')) : [];
