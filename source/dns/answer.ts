import {plainName} from './domain.js';

/** Why a question was not answered. NXDOMAIN and an empty answer are answers. */
export type Setback = 'timeout' | 'servfail' | 'refused' | 'unreachable' | 'nonsense';

/**
One server's answer to one question. `no-name` is NXDOMAIN; `no-data`: the name exists without such a record (RFC 2308).
Values: of MX `0 host`, of TXT its strings joined (RFC 7208, 3.3), of CNAME the name.
*/
export type Answer =
	| {readonly status: 'found'; readonly values: readonly string[]}
	| {readonly status: 'absent'; readonly why: 'no-name' | 'no-data'}
	| {readonly status: 'failed'; readonly why: Setback};

/** An answer with who gave it. `isZones`: one of the zone's own name servers, which say what is published, not what is remembered. */
export type View = {readonly server: string; readonly isZones: boolean; readonly answer: Answer};

export const setbackWords: Readonly<Record<Setback, string>> = {
	timeout: 'did not answer in time', servfail: 'could not find out (SERVFAIL; often broken DNSSEC or name servers that do not answer)',
	refused: 'refused to answer', unreachable: 'could not be reached', nonsense: 'answered something that cannot be understood',
};

/**
What holds where servers differ: what the zone's own servers say. Where these have nothing but a resolver has (a name
below is delegated to others, or leads elsewhere), the resolver's answer; a server that failed does not count beside one that answered.
*/
export const judge = (views: readonly View[]): Answer => {
	const rank = ({isZones, answer}: View): number => ({found: 0, absent: 2, failed: 4})[answer.status] + (isZones ? 0 : 1);
	return [...views].sort((a, b) => rank(a) - rank(b))[0]?.answer ?? {status: 'failed', why: 'unreachable'};
};

const keyOf = (answer: Answer): string => answer.status === 'found' ? JSON.stringify(answer.values.map(value => plainName(value)).sort()) : answer.status;

export const showAnswer = (answer: Answer): string => {
	switch (answer.status) {
		case 'found': {
			return answer.values.map(value => `"${value}"`).join(', ');
		}

		case 'absent': {
			return answer.why === 'no-name' ? 'no such name' : 'no such record';
		}

		case 'failed': {
			return setbackWords[answer.why];
		}
	}
};

/** Where others still, or already, say something else than what holds. */
export const disagreements = (views: readonly View[]): string[] => {
	const held = judge(views);
	if (held.status === 'failed') {
		return [];
	}

	return views.filter(({answer}) => answer.status !== 'failed' && keyOf(answer) !== keyOf(held)).map(({server, isZones, answer}) => `${isZones ? `The zone's own name server ${server}` : server} says otherwise: ${showAnswer(answer)}.`);
};
