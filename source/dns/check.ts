import {
	type Answer, disagreements, judge, setbackWords, type View,
} from './answer.js';
import {type Looked} from './published.js';

/** How what is published stands to what is wanted. `unknown`: that cannot be told from outside. */
export type Verdict = 'ok' | 'differs' | 'missing' | 'unknown';

/** What exactly was found, in one word for scripts. */
export type Finding =
	| 'lookup-failed' | 'not-published'
	| 'verification-there' | 'verification-gone'
	| 'mx-microsoft-classic' | 'mx-microsoft-new' | 'mx-doubtful' | 'mx-workmail' | 'mx-mixed' | 'mx-other' | 'mx-other-cloud' | 'mx-dangling' | 'mx-null'
	| 'spf-good' | 'spf-double' | 'spf-without-microsoft' | 'spf-without-workmail' | 'spf-too-many-lookups' | 'spf-broken' | 'spf-open'
	| 'dkim-good' | 'dkim-doubtful' | 'dkim-swapped' | 'dkim-elsewhere' | 'dkim-no-alias'
	| 'autodiscover-good' | 'autodiscover-workmail' | 'autodiscover-elsewhere' | 'autodiscover-no-alias'
	| 'dmarc-good' | 'dmarc-above' | 'dmarc-double' | 'dmarc-broken';

export type Check = {
	readonly verdict: Verdict;
	readonly finding: Finding;
	/** One sentence for people. */
	readonly words: string;
	/** What holds, as DNS has it: written by strangers. */
	readonly published: readonly string[];
	/** What to put there instead, where that can be told. */
	readonly suggestion?: string;
	/** What else a person should know. */
	readonly notes: readonly string[];
	readonly answers: readonly View[];
};

/** What a verdict adds to the answers. */
export type Judgement = Pick<Check, 'verdict' | 'finding' | 'words'> & Partial<Pick<Check, 'published' | 'suggestion' | 'notes'>>;

export const missing = (words: string, more: Partial<Judgement> = {}): Judgement => ({
	verdict: 'missing', finding: 'not-published', words, ...more,
});

/** The verdict on one name: told as unknown where nobody answered, else by `decide`, which gets the values that hold (none: absent). */
export const checkOf = (looked: Looked, decide: (values: readonly string[], answer: Answer) => Judgement): Check => {
	const held = judge(looked.views);
	const values = held.status === 'found' ? held.values : [];
	const judgement: Judgement = held.status === 'failed'
		? {verdict: 'unknown', finding: 'lookup-failed', words: `This could not be looked up: ${looked.views.map(({server, answer}) => `${server} ${answer.status === 'failed' ? setbackWords[answer.why] : ''}`).join('; ')}.`}
		: decide(values, held);
	return {
		published: values, ...judgement, notes: [...judgement.notes ?? [], ...disagreements(looked.views)], answers: looked.views,
	};
};
