import {RuleDice, type StrikeOf} from '../fault-dice.js';
import {type Random} from '../random.js';

/** What goes wrong. All plain data; times in milliseconds on the server's clock. */
export type Fault =
	/** The command is read (its literal too), not carried out, and the connection closed. */
	| {readonly type: 'drop'}
	/** APPEND: closed once so many bytes of the literal came. FETCH: closed once so many bytes of a message's literal left. */
	| {readonly type: 'drop-mid-literal'; readonly bytes: number}
	/** Nothing more is answered on this connection. With `commit` the command is carried out first. */
	| {readonly type: 'stall'; readonly commit?: boolean}
	/** Carried out later; with `commit` at once, and only the answer comes later. */
	| {readonly type: 'delay'; readonly milliseconds: number; readonly commit?: boolean}
	/** Exchange's back-off. With `hold`, every matching command gets it, with what is left, until that time has passed. */
	| {readonly type: 'throttle'; readonly milliseconds: number; readonly status?: 'NO' | 'BAD'; readonly bye?: boolean; readonly hold?: boolean}
	| {readonly type: 'bye'; readonly text?: string}
	/** Carried out, then the connection is closed instead of an answer. */
	| {readonly type: 'commit-then-drop'}
	/** The connection is closed, and the command carried out so much later. */
	| {readonly type: 'drop-then-commit'; readonly milliseconds: number}
	| {readonly type: 'refuse'; readonly status?: 'NO' | 'BAD'; readonly code?: string; readonly text?: string}
	/** The answer bears a tag that was never sent (lesson 64), and no other answer comes. */
	| {readonly type: 'alien-tag'; readonly tag?: string; readonly text?: string; readonly commit?: boolean}
	/** Random bytes and lines instead of an answer. */
	| {readonly type: 'nonsense'; readonly bytes?: number; readonly commit?: boolean}
	/** FETCH. `literal`: so many bytes fewer are announced and sent. `size`: RFC822.SIZE is off by so much. */
	| {readonly type: 'truncate'; readonly what: 'literal' | 'size'; readonly by: number}
	/** FETCH: the message is gone just before. */
	| {readonly type: 'vanish'}
	/** The folder is deleted and made again just before. */
	| {readonly type: 'recreate'; readonly uidValidity: 'flip' | 'keep'; readonly restartUids?: boolean; readonly contents?: 'same' | 'reversed' | 'empty'};

/**
When it goes wrong. `on` is a command in lower case (`append`, `fetch`, `list`, …; UID forms count as such), or
`command` (any), `login` (LOGIN and AUTHENTICATE), `open` (SELECT and EXAMINE), `read` (FETCH of whole content), `listing`
(any other FETCH), `connect`, or `bytes` (then `after` is needed: the connection is dropped or stalled once
so many bytes went over it in both directions).
*/
export type FaultRule = {
	readonly on: string;
	/** On the n-th match only, from 1; with `times`, on that many from there. */
	readonly nth?: number;
	/** On every n-th match. */
	readonly every?: number;
	/** With this probability. */
	readonly chance?: number;
	/** At most so often. */
	readonly times?: number;
	/** Only in this folder: named by APPEND, SELECT and their like, else the selected one. */
	readonly folder?: readonly string[];
	/** Only FETCH commands that ask for this message; it is the one that vanishes or is cut (else the first). */
	readonly uid?: number;
	readonly user?: string;
	/** For `bytes`. */
	readonly after?: number;
	readonly do: Fault;
};

export type FaultPlan = {
	readonly seed?: number;
	readonly rules: readonly FaultRule[];
};

/** Something that a rule may match. */
export type FaultEvent = {
	readonly names: readonly string[];
	readonly folder?: readonly string[];
	readonly user?: string;
	/** For FETCH: whether it asks for a message. */
	readonly asks?: (uid: number) => boolean;
};

export type Strike = StrikeOf<FaultRule>;

const matches = (rule: FaultRule, event: FaultEvent): boolean =>
	event.names.includes(rule.on)
	&& (rule.user === undefined || rule.user === event.user)
	&& (rule.folder === undefined || (event.folder !== undefined && JSON.stringify(rule.folder) === JSON.stringify(event.folder)))
	&& (rule.uid === undefined || Boolean(event.asks?.(rule.uid)));

/** Decides what goes wrong; the same plan, seed and course of events give the same faults. */
export class FaultDice extends RuleDice<FaultRule, FaultEvent> {
	constructor({rules}: FaultPlan, random: Random, now: () => number) {
		super(rules, {
			random, now, matches, heldFor: fault => fault.type === 'throttle' && fault.hold ? fault.milliseconds : 0,
		});
	}
}
