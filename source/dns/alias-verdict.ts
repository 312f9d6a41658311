import {
	type Check, checkOf, type Judgement, missing,
} from './check.js';
import {type CloudName, clouds} from './clouds.js';
import {type Domain, isWithin} from './domain.js';
import {resembles} from './mx-verdict.js';
import {type Alias} from './published.js';

const shown = (chain: readonly string[]): string => chain.join(' → ');

/** What stands under a name that should be an alias and is none. */
const withoutAlias = ({end}: Alias, finding: Judgement['finding'], words: string): Judgement | undefined => end.status === 'found'
	? {
		verdict: 'differs', finding, words: `${words} A proxy at the DNS host does that too: switch it off for this name.`, published: end.values,
	}
	: undefined;

/** DKIM (defender-docs, email-authentication-dkim-configure): the alias of one selector. */
export const checkDkim = (domain: Domain, alias: Alias, selector: 1 | 2, cloudName: CloudName): Check => checkOf(alias, () => {
	const {chain, end} = alias;
	const target = chain.find(name => clouds[cloudName].dkim.some(parent => isWithin(name, parent)));
	if (chain.length === 0) {
		return withoutAlias(alias, 'dkim-no-alias', 'There is a text where the alias (CNAME) to Microsoft\'s key should be.') ?? missing('The alias to Microsoft\'s key is not there.');
	}

	const published = [shown(chain)];
	if (target === undefined) {
		return {
			verdict: 'differs', finding: 'dkim-elsewhere', words: `It leads to ${chain.at(-1)!}, not to ${clouds[cloudName].title}.`, published,
		};
	}

	if (!target.startsWith(`selector${selector}-`)) {
		return {
			verdict: 'differs', finding: 'dkim-swapped', words: `It leads to ${target}, which is not the key of selector${selector}.`, published,
		};
	}

	const key = end.status === 'found' && end.values.some(text => /\bp=\S/v.test(text));
	const notes = key || end.status === 'failed' ? [] : ['There is no key at its end yet: Microsoft puts it there when signing is switched on, the second one with the first change of keys.'];
	if (!resembles(target.slice('selector1-'.length).split('.')[0]!, domain)) {
		return {
			verdict: 'unknown', finding: 'dkim-doubtful', words: `${target} does not look like this domain's own name: compare it with what Microsoft shows.`, published, notes,
		};
	}

	return {
		verdict: 'ok', finding: 'dkim-good', words: `It leads to Microsoft's key${key ? ', which is there' : ''}.`, published, notes,
	};
});

export const checkAutodiscover = (alias: Alias, cloudName: CloudName): Check => checkOf(alias, () => {
	const wanted = clouds[cloudName].autodiscover;
	const {chain} = alias;
	if (chain.length === 0) {
		return withoutAlias(alias, 'autodiscover-no-alias', 'There is an address where an alias (CNAME) should be.') ?? missing('Outlook finds no mailbox by this name.');
	}

	const published = [shown(chain)];
	if (chain.includes(wanted)) {
		return {
			verdict: 'ok', finding: 'autodiscover-good', words: 'Outlook finds Microsoft 365.', published,
		};
	}

	return chain.some(name => isWithin(name, 'awsapps.com'))
		? {
			verdict: 'differs', finding: 'autodiscover-workmail', words: 'Still WorkMail: Outlook finds the old mailbox.', published,
		}
		: {
			verdict: 'differs', finding: 'autodiscover-elsewhere', words: `It leads to ${chain.at(-1)!}, not to ${wanted}.`, published,
		};
});
