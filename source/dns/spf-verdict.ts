import {judge} from './answer.js';
import {
	type Check, checkOf, type Judgement, missing,
} from './check.js';
import {type CloudName, clouds} from './clouds.js';
import {whereMailGoes} from './mx-verdict.js';
import {type Published} from './published.js';
import {workmailInclude} from './records.js';
import {
	allows, brokenIn, isSpf, joined, lookupsOf, type SpfRecords, termsOf, withIncludes,
} from './spf.js';

const mostLookups = 10;

type Situation = {readonly include: string; readonly included: SpfRecords; readonly sendsFromWorkmail: boolean};

const judgeOne = (text: string, {include, included, sendsFromWorkmail}: Situation): Judgement => {
	const [microsoft, workmail] = [include, workmailInclude].map(name => allows(text, name, included)) as [boolean, boolean];
	const lookups = lookupsOf(text, included);
	const broken = brokenIn(text, included);
	const last = termsOf(text).at(-1);
	const lacking = [...(microsoft ? [] : [include]), ...(workmail || !sendsFromWorkmail ? [] : [workmailInclude])];
	const differs = (finding: Judgement['finding'], words: string, more: Partial<Judgement> = {}): Judgement => ({
		verdict: 'differs', finding, words, ...more,
	});

	if (!microsoft) {
		return differs('spf-without-microsoft', `Mail sent from Microsoft 365 is not allowed: include:${include} is not in it${text.toLowerCase().includes(include) ? ' where it counts' : ''}.`, {suggestion: withIncludes(text, lacking)});
	}

	if (lacking.length > 0) {
		return differs('spf-without-workmail', `Mail still comes to WorkMail, and what is sent from there is not allowed: include:${workmailInclude} is not in it.`, {suggestion: withIncludes(text, lacking)});
	}

	if (broken.length > 0) {
		return differs('spf-broken', `It leads to ${broken.join(', ')}, where there is no SPF record, or more than one: receivers take the whole record for an error.`);
	}

	if (lookups > mostLookups) {
		return differs('spf-too-many-lookups', `It takes ${lookups} look-ups, and after ${mostLookups} receivers give up: remove services that no longer send.`);
	}

	if (last?.mechanism === 'all' && last.qualifier === '+') {
		return differs('spf-open', 'It ends in +all: anybody may send in the name of this domain.', {suggestion: text.replace(/\+?all\b.*$/iv, '-all')});
	}

	return {
		verdict: 'ok', finding: 'spf-good', words: `Microsoft 365 may send${workmail ? ', and WorkMail too' : ''}; ${lookups} of ${mostLookups} look-ups.`,
		notes: [
			...(workmail && !sendsFromWorkmail ? [`include:${workmailInclude} can go when nothing is sent through WorkMail or Amazon SES any more.`] : []),
			...(['all', 'redirect'].includes(last?.mechanism ?? '') && last?.qualifier !== '?' ? [] : ['It does not say what becomes of mail from elsewhere: let it end in -all, or ~all.']),
		],
	};
};

export const checkSpf = (published: Published, cloudName: CloudName): Check => {
	const include = clouds[cloudName].spfInclude;
	const sendsFromWorkmail = ['workmail', 'mixed'].includes(whereMailGoes(published, cloudName));
	const held = judge(published.texts.views);
	const records = held.status === 'found' ? held.values.filter(text => isSpf(text)) : [];
	return checkOf(published.texts, () => {
		if (records.length === 0) {
			return missing('There is no SPF record.', {published: [], suggestion: withIncludes('v=spf1 -all', [include, ...(sendsFromWorkmail ? [workmailInclude] : [])])});
		}

		if (records.length > 1) {
			const one = joined(records);
			const lacking = one === undefined || allows(one, include, published.included) ? [] : [include];
			return {
				verdict: 'differs', finding: 'spf-double', words: `There are ${records.length} SPF records: receivers take that for an error, and none counts. Join them into one.`, published: records, ...(one !== undefined && {suggestion: withIncludes(one, lacking)}),
			};
		}

		return {published: records, ...judgeOne(records[0]!, {include, included: published.included, sendsFromWorkmail})};
	});
};
