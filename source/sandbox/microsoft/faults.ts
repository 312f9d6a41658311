import {RuleDice, type StrikeOf} from '../fault-dice.js';
import {type Random} from '../random.js';

/** What goes wrong. All plain data; times in milliseconds on the server's clock. */
export type Fault =
	/** Nothing is carried out and the connection closed; with `on: 'request'` before the body is read. */
	| {readonly type: 'drop'}
	/** Carried out, then the connection is closed instead of an answer. */
	| {readonly type: 'commit-then-drop'}
	/** The connection is closed, and the call carried out so much later. */
	| {readonly type: 'drop-then-commit'; readonly milliseconds: number}
	/** Carried out; the connection is closed once so many bytes of the answer's body left. */
	| {readonly type: 'drop-mid-answer'; readonly bytes: number}
	/** Never answered. With `commit` it is carried out first. */
	| {readonly type: 'stall'; readonly commit?: boolean}
	/** Carried out later; with `commit` at once, and only the answer comes later. */
	| {readonly type: 'delay'; readonly milliseconds: number; readonly commit?: boolean}
	/**
	A SOAP fault of a throttle, `ErrorServerBusy` if no code is given. `milliseconds` absent: no BackOffMilliseconds. With `hold`,
	every matching call gets it, with what is left, until that time has passed.
	*/
	| {readonly type: 'busy'; readonly milliseconds?: number; readonly code?: string; readonly hold?: boolean}
	/** A SOAP fault for the whole call, with that HTTP status (500 if absent; 200 is seen too); `commit`: carried out all the same. */
	| {readonly type: 'fault'; readonly code: string; readonly text?: string; readonly status?: 200 | 500; readonly commit?: boolean}
	/** One item (by index from 0; all if absent) gets this error inside HTTP 200; `stored`: it is done all the same. */
	| {readonly type: 'item'; readonly index?: number; readonly code: string; readonly text?: string; readonly stored?: boolean}
	/** Busy inside HTTP 200, the wait only in the text (lesson 34); that item or all. */
	| {readonly type: 'busy-item'; readonly index?: number; readonly milliseconds: number}
	/** After so many items one fails (ErrorMailboxStoreUnavailable if no code is given) and those behind it get ErrorBatchProcessingStopped. */
	| {readonly type: 'batch-stop'; readonly after: number; readonly code?: string; readonly text?: string}
	/** After so many items nothing more is done, and the connection closed; with `code` that SOAP fault comes instead. What is done stays. */
	| {readonly type: 'give-up'; readonly after: number; readonly code?: string}
	/** All tokens given so far are expired from now on; the call gets 401. */
	| {readonly type: 'expire'}
	/** 403 with nothing in it: EWS is closed for tenant, app or mailbox (lesson 11). */
	| {readonly type: 'closed'}
	/** 403 with x-ms-diagnostics 2000008. */
	| {readonly type: 'scope'}
	/** Any answer of HTTP; `close` ends the connection after it, `commit`: carried out all the same. */
	| {readonly type: 'http'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string; readonly close?: boolean; readonly commit?: boolean}
	/** 200 with something that is no SOAP. */
	| {readonly type: 'nonsense'; readonly body?: string; readonly commit?: boolean}
	/** Texts in the answer hold a character reference that XML 1.0 forbids (lesson 32). */
	| {readonly type: 'forbidden-characters'}
	/** Space for all the mailbox holds and no more: its quota becomes what is in it. */
	| {readonly type: 'fill'}
	/** The item that carries a named property is refused: ErrorQuotaExceeded "Cannot get ID from name." (reference 2.6). */
	| {readonly type: 'names-used-up'}
	/** The folder named is deleted just before. */
	| {readonly type: 'delete-folder'}
	/** The mailbox is missing (ErrorNonExistentMailbox). */
	| {readonly type: 'no-mailbox'}
	/** ErrorImpersonateUserDenied. */
	| {readonly type: 'denied'};

/**
When it goes wrong. `on` is an operation (`CreateItem`, …), or `call` (any operation), `write` (those that change something),
`find` (the others), `unanchored` (a call whose X-AnchorMailbox is not the mailbox impersonated), `request` (any HTTP request for EWS, before its body is read), or `login` (any HTTP request for the
sign-in service).
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
	/** Only calls that name this folder first. */
	readonly folder?: readonly string[];
	/** Only calls for this mailbox. */
	readonly user?: string;
	/** Only calls of at least so many items. */
	readonly items?: number;
	/** Only calls that carry a message whose MIME holds this text. */
	readonly holds?: string;
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
	readonly items?: number;
	/** Whether it carries a message with this text in its MIME. */
	readonly holds?: (text: string) => boolean;
};

export type Strike = StrikeOf<FaultRule>;

const matches = (rule: FaultRule, event: FaultEvent): boolean =>
	event.names.includes(rule.on)
	&& (rule.user === undefined || rule.user.toLowerCase() === event.user?.toLowerCase())
	&& (rule.items === undefined || (event.items ?? 0) >= rule.items)
	&& (rule.holds === undefined || event.holds?.(rule.holds) === true)
	&& (rule.folder === undefined || (event.folder !== undefined && JSON.stringify(rule.folder) === JSON.stringify(event.folder)));

/** Decides what goes wrong; the same plan, seed and course of events give the same faults. */
export class FaultDice extends RuleDice<FaultRule, FaultEvent> {
	constructor({rules}: FaultPlan, random: Random, now: () => number) {
		super(rules, {
			random, now, matches, heldFor: fault => fault.type === 'busy' && fault.hold ? fault.milliseconds ?? 0 : 0,
		});
	}
}
