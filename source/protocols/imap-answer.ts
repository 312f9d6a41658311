import {FailureError, type FailureCode} from '../mailbox/failure.js';
import {cleanWords} from './imap-words.js';

/** What was asked when the server refused. Sign-in has a file of its own (imap-sign-in). */
export type Phase = 'append' | 'create' | 'open' | 'fetch' | 'store' | 'list';

/** A tagged refusal. */
export type Refusal = {
	readonly phase: Phase;
	readonly status: 'NO' | 'BAD';
	/** Response code in capitals, without what follows it. */
	readonly code?: string | undefined;
	readonly text: string;
	/** An application signed in with a token. */
	readonly byToken?: boolean;
};

/**
Milliseconds out of "Request is throttled. Suggested Backoff Time: 299609 milliseconds", which Exchange
sends as NO and as BAD; 0 where it names none; undefined where the text is something else.
*/
export const throttleWait = (text: string): number | undefined => {
	if (!/request is throttled|throttl(?:ed|ing)/iv.test(text)) {
		return undefined;
	}

	const match = /backoff time[:=\s]*(?<wait>\d{1,9})/iv.exec(text);
	return match ? Number(match.groups!.wait) : 0;
};

/** Exchange lets in and then refuses every command that needs the mailbox (recorded/imap/exo-authenticated-not-connected-2022.txt). */
export const isNotConnected = (text: string): boolean => /user is authenticated but not connected/iv.test(text);

/** The sign-in was good, and the mailbox is not to be had; who signed in with a token has other remedies than a person with a password. */
export const failureOfNotConnected = (byToken = false): FailureError => byToken
	? new FailureError('imap-closed', {detail: 'User is authenticated but not connected'})
	: new FailureError('sign-in-refused', {detail: 'User is authenticated but not connected: the sign-in is good, but this account may not open this mailbox over IMAP'});

/** What a refusal means that has neither a telling code nor telling words. */
const plain: Record<Phase, FailureCode> = {
	append: 'message-refused',
	create: 'folder-not-creatable',
	open: 'folder-unreadable',
	fetch: 'message-unreadable',
	store: 'message-refused',
	list: 'server-unavailable',
};

const transientCodes = new Set(['UNAVAILABLE', 'INUSE', 'SERVERBUG', 'CONTACTADMIN', 'EXPUNGEISSUED']);

const tooLarge = /maximum size of appendable message|(?:message|literal|append)\b.*\b(?:too (?:large|big|long)|exceed)/iv;
const full = /\b(?:over ?quota|quota (?:is )?(?:exceeded|reached)|quota exceeded|exceed\w* (?:the |your |its )?quota|(?:mailbox|mail box) (?:is )?full)\b/iv;

/** Exchange gives no codes: of a folder that is gone it says that an item could not be found. */
const missing = /\b(?:mailbox|folder|requested item)\b.*\b(?:(?:could|can) ?not be found|not found|does(?:n't| not) exist)\b|\bno such (?:mailbox|folder)\b/iv;

const maybeFull = 'Run the same command again later: it carries on. If it stays so, look whether the mailbox is full, of which Exchange says the same: Get-MailboxStatistics \'<mailbox>\' | Format-List TotalItemSize, StorageLimitStatus.';

const codeForRefusal = ({phase, code, text}: Refusal): FailureCode => {
	const writes = phase === 'append' || phase === 'create';
	if (writes && (code === 'OVERQUOTA' || full.test(text))) {
		return 'destination-full';
	}

	if (phase === 'append' && (code === 'TOOBIG' || code === 'LIMIT' || code === 'APPENDLIMIT' || tooLarge.test(text))) {
		return 'message-too-large';
	}

	if (phase === 'append' && (code === 'TRYCREATE' || code === 'NONEXISTENT' || (code === undefined && missing.test(text)))) {
		return 'folder-not-creatable';
	}

	// RFC 5530 and, without any code, Exchange: "NO Server Unavailable. 15".
	if ((code !== undefined && transientCodes.has(code)) || /server unavailable/iv.test(text)) {
		return 'server-unavailable';
	}

	return plain[phase];
};

/** A tagged NO or BAD as a failure (RFC 9051 7.1, RFC 5530, RFC 7889, and Exchange's words). Nothing was stored. */
export const failureOfRefusal = (refusal: Refusal): FailureError => {
	const wait = throttleWait(refusal.text);
	if (wait !== undefined) {
		return new FailureError('throttled', {wait, detail: cleanWords(refusal.text)});
	}

	if (isNotConnected(refusal.text)) {
		return failureOfNotConnected(refusal.byToken);
	}

	const code = codeForRefusal(refusal);
	const words = cleanWords(`${refusal.status}${refusal.code ? ` [${refusal.code}]` : ''} ${refusal.text}`);
	return new FailureError(code, {
		detail: words,
		outcome: 'not stored',
		// "NO Server Unavailable. 15" was seen for a full mailbox too (microsoft-365.md 5.4).
		...(code === 'server-unavailable' && refusal.phase === 'append' && refusal.code === undefined && {next: maybeFull}),
		// The folder went away under us: preparing it again makes it anew.
		...(code === 'folder-not-creatable' && refusal.phase === 'append' && {retry: 'now' as const}),
	});
};
