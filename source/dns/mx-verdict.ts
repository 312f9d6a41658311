import {judge} from './answer.js';
import {type Check, checkOf, missing} from './check.js';
import {type CloudDns, type CloudName, clouds} from './clouds.js';
import {type Domain, isWithin} from './domain.js';
import {exchangersOf, type Published} from './published.js';

type Host = 'workmail' | 'classic' | 'new' | 'other-cloud' | 'other';

const hostKind = (name: string, cloud: CloudDns): Host => {
	// WorkMail takes in mail through Amazon SES: its only names.
	if (/^inbound-smtp\.[a-z0-9\-]+\.amazonaws\.com$/v.test(name)) {
		return 'workmail';
	}

	if (isWithin(name, cloud.mailExchanger.classic)) {
		return 'classic';
	}

	if (isWithin(name, 'mx.microsoft')) {
		return 'new';
	}

	return Object.values(clouds).some(({mailExchanger}) => isWithin(name, mailExchanger.classic)) ? 'other-cloud' : 'other';
};

/** Where mail to the domain goes today. */
export const whereMailGoes = (published: Published, cloudName: CloudName): 'workmail' | 'mixed' | 'microsoft' | 'other' | 'unknown' => {
	const held = judge(published.mx.views);
	const kinds = new Set(exchangersOf(held).map(name => hostKind(name, clouds[cloudName])));
	if (held.status === 'failed') {
		return 'unknown';
	}

	const isMicrosoft = kinds.has('classic') || kinds.has('new');
	if (kinds.has('workmail')) {
		return isMicrosoft ? 'mixed' : 'workmail';
	}

	return isMicrosoft ? 'microsoft' : 'other';
};

const bare = (text: string): string => text.replaceAll(/[^a-z0-9]/gv, '');

/**
Microsoft makes the name from the domain, but not by one rule (hyphens go, long names are cut, letters are added): whether
it is this domain's can be doubted, never proved.
*/
export const resembles = (label: string, domain: Domain): boolean => domain.includes('xn--') || bare(label).startsWith(bare(domain).slice(0, 16));

const list = (names: readonly string[]): string => names.join(', ');

export const checkMx = (domain: Domain, published: Published, cloudName: CloudName): Check => checkOf(published.mx, (_, answer) => {
	const cloud = clouds[cloudName];
	const hosts = exchangersOf(answer).map(name => ({name, kind: hostKind(name, cloud)}));
	const of = (...kinds: Host[]) => hosts.filter(({kind}) => kinds.includes(kind)).map(({name}) => name);
	const microsoft = of('classic', 'new');
	const others = hosts.map(({name}) => name).filter(name => !microsoft.includes(name));
	const workmail = of('workmail');
	const dangling = microsoft.filter(name => published.exchangers.get(name)?.status === 'absent');
	if (hosts.length === 0) {
		return missing('Nobody is named to take mail for this domain.');
	}

	if (hosts.some(({name}) => name === '.')) {
		return {verdict: 'differs', finding: 'mx-null', words: 'The domain declares that it takes no mail at all (RFC 7505).'};
	}

	if (dangling.length > 0) {
		return {verdict: 'differs', finding: 'mx-dangling', words: `There is no server called ${list(dangling)}: mail cannot be delivered there. Take the name that Microsoft shows.`};
	}

	if (microsoft.length > 0 && others.length > 0) {
		return {verdict: 'differs', finding: 'mx-mixed', words: `Mixed: mail may go to Microsoft 365 or to ${list(others)}. Remove what is not Microsoft's${workmail.length > 0 ? ', or some mail still lands in WorkMail' : ''}.`};
	}

	if (workmail.length > 0) {
		return {verdict: 'differs', finding: 'mx-workmail', words: `Still WorkMail: mail goes to ${list(workmail)}.`};
	}

	if (of('other-cloud').length > 0) {
		return {verdict: 'differs', finding: 'mx-other-cloud', words: `Mail goes to another Microsoft cloud (${list(of('other-cloud'))}) than ${cloud.title}.`};
	}

	if (microsoft.length === 0) {
		return {verdict: 'unknown', finding: 'mx-other', words: `Other: mail goes to ${list(others)}, neither WorkMail nor Microsoft 365. Right for a filter or gateway that hands it on to Microsoft; else it must change.`};
	}

	const form = microsoft.length === of('new').length ? 'new' : 'classic';
	if (!microsoft.every(name => resembles(name.split('.')[0]!, domain))) {
		return {verdict: 'unknown', finding: 'mx-doubtful', words: `Mail goes to Microsoft 365, but ${list(microsoft)} does not look like this domain's own name: compare it with what Microsoft shows.`};
	}

	return {
		verdict: 'ok', finding: `mx-microsoft-${form}`, words: `Mail goes to Microsoft 365 (${form} name).`,
		notes: of('classic').length > 0 && of('new').length > 0 ? ['Both the classic and the new name are there, as while DNSSEC is being set up; the classic one goes in the end.'] : [],
	};
});
