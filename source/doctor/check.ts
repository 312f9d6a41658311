import {type Failure, failures} from '../mailbox/failure.js';

/**
Every check there is, in the order in which they are told. Scripts know them by these names: none is ever renamed
(docs/doctor.md).
*/
export const checkIds = [
	'configuration',
	'machine.node',
	'machine.clock',
	'machine.state-directory',
	'source.reach',
	'source.sign-in',
	'source.folders',
	'destination.reach',
	'destination.sign-in',
	'destination.folders',
	'login.reach',
	'login.exchange',
	'login.graph',
	'roles.exchange',
	'roles.graph',
	'road.ews',
	'road.imap',
	'road.graph',
	'road.graph.probe',
	'road.graph-json',
	'mailbox',
	'transport',
] as const;

export type CheckId = typeof checkIds[number];

/** `unknown`: only a probe message would tell. `warning`: a migration goes on all the same. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped' | 'unknown';

export type Check = {
	readonly id: CheckId;
	readonly verdict: Verdict;
	/** What was found, in sentences for people. */
	readonly words: string;
	/** The reason, where there is one in the table of failures. */
	readonly failure?: Failure;
	/** The remedy, the person's own ids filled in; a command stands on a line of its own. */
	readonly next?: string;
};

export const ok = (id: CheckId, words: string): Check => ({id, verdict: 'ok', words});

export const skipped = (id: CheckId, words: string): Check => ({id, verdict: 'skipped', words});

/** It needs what another check did not find. */
export const skippedFor = (id: CheckId, needed: CheckId): Check => skipped(id, `Not looked at: it needs ${needed}.`);

/** At the end of many next steps: there is nothing yet to be carried on. */
const carriesOn = / Then run the same command again: it carries on\.$/v;

/** A failure as a check: failed, or a warning where it keeps nothing from being done. */
export const trouble = (id: CheckId, failure: Failure, {words, next, isNeeded = true}: {readonly words?: string; readonly next?: string; readonly isNeeded?: boolean} = {}): Check => ({
	id, verdict: isNeeded ? 'failed' : 'warning', words: words ?? `${failures[failure.code].sentence}${failure.detail ? ` [${failure.detail}]` : ''}`, failure, ...(next && {next: next.replace(carriesOn, '')}),
});

/** Where several apply, the first counts (design, section 5). */
const precedence = [1, 2, 6, 11, 4, 5, 3] as const;

/** 0: a migration can begin. */
export const exitOf = (checks: readonly Check[]): 0 | typeof precedence[number] => {
	const codes = new Set(checks.filter(({verdict}) => verdict === 'failed').map(({failure}) => failure ? failures[failure.code].exit : 4));
	return precedence.find(code => codes.has(code)) ?? 0;
};
