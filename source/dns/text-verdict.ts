import {judge} from './answer.js';
import {type Check, checkOf, missing} from './check.js';
import {type CloudName, clouds} from './clouds.js';
import {type Domain, isWithin} from './domain.js';
import {whereMailGoes} from './mx-verdict.js';
import {isDmarc, type Published} from './published.js';

const toMicrosoft = ({selectors}: Published, cloudName: CloudName): boolean => selectors.some(({chain}) => chain.some(name => clouds[cloudName].dkim.some(parent => isWithin(name, parent))));

/** Whose the record is cannot be seen; and once the domain was verified it may go. */
export const checkVerification = (published: Published, cloudName: CloudName): Check => checkOf(published.texts, values => {
	const found = values.filter(text => /^MS=ms\d+$/iv.test(text.trim()));
	if (found.length > 0) {
		return {
			verdict: 'ok', finding: 'verification-there', words: 'A verification record is there. Whether it is your tenant\'s only Microsoft can say.', published: found,
		};
	}

	return toMicrosoft(published, cloudName) || whereMailGoes(published, cloudName) === 'microsoft'
		? {
			verdict: 'unknown', finding: 'verification-gone', words: 'It is not there. That does no harm once the domain was verified, as other records suggest.', published: [],
		}
		: missing('There is no verification record.', {published: []});
});

const tagsOf = (text: string): Map<string, string> => new Map(text.split(';').map(part => part.split('=')).map(([name, ...value]) => [name!.trim().toLowerCase(), value.join('=').trim()]));

const policies = new Set(['none', 'quarantine', 'reject']);

/** DMARC (RFC 7489, 6.3): any policy that can be read is a policy; which one is for its owner to choose. */
export const checkDmarc = (domain: Domain, published: Published, cloudName: CloudName): Check => checkOf(published.dmarc, values => {
	const records = values.filter(text => isDmarc(text));
	const {dmarcAbove} = published;
	if (records.length === 0) {
		return dmarcAbove
			? {
				verdict: 'ok', finding: 'dmarc-above', words: `There is none of its own: that of ${dmarcAbove.name} holds for it too.`, published: [dmarcAbove.text],
			}
			: missing(values.length > 0 ? 'What is there is no DMARC policy.' : 'There is no DMARC policy.');
	}

	if (records.length > 1) {
		return {
			verdict: 'differs', finding: 'dmarc-double', words: `There are ${records.length} policies: none counts. Keep one.`, published: records,
		};
	}

	const policy = tagsOf(records[0]!).get('p')?.toLowerCase() ?? '';
	if (!policies.has(policy)) {
		return {
			verdict: 'differs', finding: 'dmarc-broken', words: 'It does not say p=none, p=quarantine or p=reject: receivers pass over it.', published: records,
		};
	}

	return {
		verdict: 'ok', finding: 'dmarc-good', words: `There is a policy: p=${policy}.`, published: records,
		notes: policy === 'none' || toMicrosoft(published, cloudName) || published.selectors.some(({views}) => judge(views).status === 'failed')
			? []
			: [`p=${policy} holds already: before people send from Microsoft 365, SPF and DKIM for ${domain} must be right, or their mail is ${policy === 'reject' ? 'refused' : 'taken for junk'}.`],
	};
});
