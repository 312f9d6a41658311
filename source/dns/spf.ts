import {plainName} from './domain.js';

/** One directive of an SPF record (RFC 7208, 4.6.1). */
export type Term = {
	/** `+` pass, `-` fail, `~` soft fail, `?` neutral. */
	readonly qualifier: string;
	/** Lower case: `include`, `a`, `mx`, `redirect`, …; */
	readonly mechanism: string;
	/** Behind the colon or equals sign; absent where there is none, or where it holds macros and differs for each message. */
	readonly target?: string;
};

export const isSpf = (text: string): boolean => /^v=spf1(?:$| )/iv.test(text);

/** The directives that count: what stands behind `all` is never looked at, and a redirect beside it neither (RFC 7208, 5.1 and 6.1). */
export const termsOf = (text: string): Term[] => {
	const terms = text.split(/ +/v).slice(1).filter(Boolean).map((word): Term => {
		const {qualifier, mechanism, target} = /^(?<qualifier>[+\-~?])?(?<mechanism>[^:=\/]+)(?:[:=](?<target>[^\/]*))?/v.exec(word)?.groups ?? {};
		return {
			qualifier: qualifier ?? '+', mechanism: (mechanism ?? word).toLowerCase(), ...(target && !target.includes('%') && {target: plainName(target)}),
		};
	});
	const all = terms.findIndex(({mechanism}) => mechanism === 'all');
	const redirects = terms.filter(({mechanism}) => mechanism === 'redirect');
	const before = terms.slice(0, all === -1 ? undefined : all + 1).filter(({mechanism}) => mechanism !== 'redirect');
	return all === -1 ? [...before, ...redirects] : before;
};

/** Names whose own records a record leads to. */
export const leadsTo = (text: string): string[] => termsOf(text).filter(({mechanism, target}) => ['include', 'redirect'].includes(mechanism) && target !== undefined).map(({target}) => target!);

/** SPF records by name; `undefined` where a name has none, or not exactly one; not in it: could not be looked up. */
export type SpfRecords = ReadonlyMap<string, string | undefined>;

const counted = new Set(['include', 'a', 'mx', 'ptr', 'exists', 'redirect']);

/** Look-ups that a receiver makes for a record: more than 10 are an error (RFC 7208, 4.6.4). */
export const lookupsOf = (text: string, records: SpfRecords, above: readonly string[] = []): number => {
	let sum = 0;
	for (const {mechanism, target} of termsOf(text)) {
		sum += counted.has(mechanism) ? 1 : 0;
		const next = target !== undefined && ['include', 'redirect'].includes(mechanism) && !above.includes(target) && above.length < 10 ? records.get(target) : undefined;
		if (next !== undefined) {
			sum += lookupsOf(next, records, [...above, target!]);
		}
	}

	return sum;
};

/** Whether mail of those that `name` stands for passes: by an include with pass, at any depth, or by redirects. */
export const allows = (text: string, name: string, records: SpfRecords, above: readonly string[] = []): boolean => termsOf(text).some(({mechanism, qualifier, target}) => {
	if (target === undefined || qualifier !== '+' || !['include', 'redirect'].includes(mechanism) || above.includes(target) || above.length > 9) {
		return false;
	}

	const next = records.get(target);
	return target === name || (next !== undefined && allows(next, name, records, [...above, target]));
});

/** Names that a record leads to without a usable record there: an error for every receiver (RFC 7208, 5.2). */
export const brokenIn = (text: string, records: SpfRecords): string[] => leadsTo(text).filter(name => records.has(name) && records.get(name) === undefined);

/** The record with more includes, in front of everything else. */
export const withIncludes = (text: string, names: readonly string[]): string => ['v=spf1', ...names.map(name => `include:${name}`), ...text.split(/ +/v).slice(1).filter(Boolean)].join(' ');

/** Several records as one: everything once, with the mildest end of theirs. @returns undefined where they cannot be joined without thought: one hands over to another by redirect */
export const joined = (texts: readonly string[]): string | undefined => {
	const words = texts.flatMap(text => text.split(/ +/v).slice(1).filter(Boolean));
	if (words.some(word => /^redirect=/iv.test(word))) {
		return undefined;
	}

	const ends = new Set(words.filter(word => /^[+\-~?]?all$/iv.test(word)).map(word => word.toLowerCase()));
	const end = ['?all', '~all', '-all'].find(word => ends.has(word)) ?? '-all';
	return ['v=spf1', ...new Set(words.filter(word => !/^[+\-~?]?all$/iv.test(word))), end].join(' ');
};
