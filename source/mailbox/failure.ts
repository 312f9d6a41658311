import {inspect} from 'node:util';
import {cleanText} from './clean.js';

/**
Every failure there is: code, reach, when to try again, outcome, words and next step.

One table; servers' codes are mapped into it by the file of each protocol. Text in `sentence` and
`next` is for an administrator; `{detail}` is never needed to understand it.
*/

/** How far a failure reaches. */
export type Reach = 'message' | 'folder' | 'mailbox' | 'run';

/** When trying again makes sense: at once, after something changed by itself or by a person, or not at all. */
export type Retry = 'now' | 'later' | 'never';

/** Whether the destination may hold what was being delivered. Only `not stored` may be sent again unasked. */
export type Outcome = 'not stored' | 'unknown';

type Row = {
	readonly reach: Reach;
	readonly retry: Retry;
	readonly outcome: Outcome;
	/** Exit code a run ends with when this is what stopped it or is left over. */
	readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 11;
	/** What happened and why. */
	readonly sentence: string;
	/** What to do next; `<clientId>`, `<tenantId>` and `<mailbox>` stand for the person's own (see `nextStep`). */
	readonly next: string;
};

/** How an application gets into a mailbox over IMAP (microsoft-365.md 5.1). */
const imapAccess = 'In Exchange Online PowerShell, make the application known: New-ServicePrincipal -AppId <clientId> -ObjectId <object id> -DisplayName aw2ms365, where the object id is that of Entra ID > Enterprise applications, not that of App registrations; '
	+ 'then give it the mailbox: Add-MailboxPermission -Identity \'<mailbox>\' -User (Get-ServicePrincipal | Where-Object AppId -eq \'<clientId>\').Identity -AccessRights FullAccess. '
	+ 'It takes minutes to hours until that counts. Then run the same command again: it carries on.';

export const failures = {
	// Messages
	'message-too-large': {
		reach: 'message', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The destination does not take a message of this size.',
		next: 'Raise the limit at the destination (in Exchange Online PowerShell: Set-Mailbox \'<mailbox>\' -MaxReceiveSize 150MB -MaxSendSize 150MB), then run "aw2ms365 retry".',
	},
	'message-over-limit': {
		reach: 'message', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The message is larger than options.maxMessageSize in the configuration.',
		next: 'Raise options.maxMessageSize if the destination takes more (Exchange Online: Set-Mailbox \'<mailbox>\' -MaxReceiveSize 150MB -MaxSendSize 150MB first, which is its most), then run "aw2ms365 retry".',
	},
	'message-refused': {
		reach: 'message', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The destination refused this message.',
		next: 'The server\'s words say why; "aw2ms365 retry" tries it again.',
	},
	'message-loses': {
		reach: 'message', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The only way that is open for this message would not carry all of it.',
		next: 'Open a better way ("aw2ms365 doctor" says how), or allow the loss with options.allowLoss: true; then run "aw2ms365 retry".',
	},
	'message-asks-receipt': {
		reach: 'message', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The message asks for a receipt, which Microsoft 365 would send to its sender on this way.',
		next: 'Open a better way ("aw2ms365 doctor" says how), then run "aw2ms365 retry"; or move it by hand.',
	},
	'message-line-too-long': {
		reach: 'message', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'A line of this message is longer than the destination takes over IMAP.',
		next: 'Open another way into the mailbox ("aw2ms365 doctor" says how): only IMAP stumbles over long lines. Then run "aw2ms365 retry"; where the message may be there, it looks first.',
	},
	'message-unreadable': {
		reach: 'message', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The source lists this message but does not hand it out.',
		next: 'Open it in WorkMail; if it opens there, run "aw2ms365 retry".',
	},
	'message-incomplete': {
		reach: 'message', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The source sent fewer bytes than it announced, repeatedly.',
		next: 'Run "aw2ms365 retry"; if it stays so, save the message by hand from WorkMail.',
	},
	'delivery-unknown': {
		reach: 'message', retry: 'later', outcome: 'unknown', exit: 3,
		sentence: 'The connection was lost after the message was sent, and the destination cannot be searched for it.',
		next: 'Run the same command again: it looks first. "aw2ms365 retry --unsure" sends it again, and may store it twice.',
	},
	// Folders
	'folder-unreadable': {
		reach: 'folder', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The source does not open this folder. It may hold no mail, or the server is busy.',
		next: 'The other folders go on. Run the same command again later.',
	},
	'folder-not-creatable': {
		reach: 'folder', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The destination did not create this folder.',
		next: 'Give it another name with options.folderMap, then run the same command again.',
	},
	'folder-gone': {
		reach: 'folder', retry: 'now', outcome: 'not stored', exit: 3,
		sentence: 'The destination no longer has this folder.',
		next: 'Nothing to do: it is looked for, and made, again.',
	},
	// Mailboxes
	'destination-full': {
		reach: 'mailbox', retry: 'later', outcome: 'not stored', exit: 3,
		sentence: 'The destination mailbox is full.',
		next: 'Make room or raise its quota, then run the same command again: it carries on.',
	},
	throttled: {
		reach: 'mailbox', retry: 'now', outcome: 'not stored', exit: 5,
		sentence: 'The server asked us to slow down.',
		next: 'Nothing to do: the run waits as long as the server asked, and goes on.',
	},
	'connection-lost': {
		reach: 'mailbox', retry: 'now', outcome: 'unknown', exit: 5,
		sentence: 'The connection to the server was lost.',
		next: 'Run the same command again: it carries on where it stopped.',
	},
	'server-unavailable': {
		reach: 'mailbox', retry: 'now', outcome: 'not stored', exit: 5,
		sentence: 'The server says that it is unavailable at the moment.',
		next: 'Run the same command again later: it carries on.',
	},
	'server-nonsense': {
		reach: 'mailbox', retry: 'now', outcome: 'unknown', exit: 5,
		sentence: 'The server answered something that cannot be understood.',
		next: 'Check host and port, or destination.cloud; if they are right, and no proxy or firewall answers in its place, run the same command again later.',
	},
	// Runs
	'sign-in-refused': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'Sign-in was refused.',
		next: 'Check source.user and source.password, or those of destination.imap. A new password takes up to a minute to reach IMAP; access rules and a limit on connections are refused in the same way.',
	},
	'sign-in-refused-temporarily': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'Sign-in was refused three times with a "temporary" failure. WorkMail says so for a wrong password, for one set less than a minute ago, and when too many connections are open.',
		next: 'Check the password, wait a minute if it is new, close other mail programs, then run the same command again.',
	},
	'ews-closed': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'Microsoft 365 keeps this application out of EWS: it is switched off for the organisation, for this mailbox, or the application is not on the list of those that may.',
		next: 'In Exchange Online PowerShell: (Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy).EwsAllowedAppIDs shows the list. Set-OrganizationConfig -EwsAllowedAppIDs \'<the ids there>,<clientId>\' adds this one, Set-OrganizationConfig -EwsEnabled $true opens EWS until 2027-04-01, Get-CASMailbox \'<mailbox>\' | Format-List EwsEnabled must not say False; it takes up to a day. Then run the same command again: it carries on. Or open another way: "aw2ms365 doctor" says which there are.',
	},
	'imap-sign-in-refused': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'Microsoft 365 gave the application a token, and its IMAP does not take it.',
		next: `Check destination.mailbox, which is <mailbox>. In Entra ID, give the application <clientId> the application permission IMAP.AccessAsApp of Office 365 Exchange Online and grant admin consent. ${imapAccess}`,
	},
	'imap-closed': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'Microsoft 365 let the application sign in over IMAP, but not into this mailbox.',
		next: `In Exchange Online PowerShell, Get-CASMailbox '<mailbox>' | Format-List ImapEnabled must say True; if not: Set-CASMailbox '<mailbox>' -ImapEnabled $true. It must be a mailbox in Exchange Online, by its primary address. ${imapAccess}`,
	},
	'permission-missing': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'The application may not act for this mailbox.',
		next: 'In Entra ID, give the application <clientId> the application permission full_access_as_app of Office 365 Exchange Online and grant admin consent, or in Exchange the role "Application EWS.AccessAsApp" with a scope that holds <mailbox>; it takes up to two hours. Then run the same command again: it carries on.',
	},
	'mailbox-not-found': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'Microsoft 365 knows no such mailbox.',
		next: 'Check destination.mailbox, which is <mailbox>: it must be the primary address, no alias, of a mailbox in Exchange Online. A new mailbox takes some minutes to appear.',
	},
	'mailbox-refused': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'Microsoft 365 does not open this mailbox: its account, licence or configuration stands in the way.',
		next: 'Check in the Microsoft 365 admin center that <mailbox> is enabled and has an Exchange Online licence, then run the same command again: it carries on.',
	},
	'no-road': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'None of the ways into Microsoft 365 is open for this application and mailbox.',
		next: 'Run "aw2ms365 doctor": it says of each what keeps it shut and how to open it. Then run the same command again: it carries on.',
	},
	'loss-not-allowed': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 2,
		sentence: 'The only way into Microsoft 365 that is open would not carry all of each message, and nobody has allowed that.',
		next: 'Open a better way ("aw2ms365 doctor" says how), or allow the loss with options.allowLoss: true or --allow-loss; then run the same command again.',
	},
	'clock-wrong': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 4,
		sentence: 'This machine\'s clock is wrong.',
		next: 'Set it, by NTP for instance (timedatectl set-ntp true): tokens and certificates are refused at a wrong time.',
	},
	'host-unreachable': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 5,
		sentence: 'The server could not be reached.',
		next: 'Check host, port and network, then run the same command again.',
	},
	'tls-refused': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 5,
		sentence: 'The server\'s certificate could not be verified.',
		next: 'Check the host name; if the server, or a proxy that looks into TLS, uses a private authority, name its certificate with "ca" (source.ca, destination.cloud.ca).',
	},
	'journal-damaged': {
		reach: 'run', retry: 'never', outcome: 'not stored', exit: 6,
		sentence: 'The journal of this mailbox is damaged in the middle.',
		next: 'The file was left as it is. Restore it from a backup, or move it away: the next run then finds by content what is already at the destination.',
	},
	'journal-foreign': {
		reach: 'run', retry: 'never', outcome: 'not stored', exit: 6,
		sentence: 'The journal was written by a newer version of this program, or for other accounts.',
		next: 'Use the version that wrote it, or give this migration a directory of its own with options.checkpointDirectory.',
	},
	'journal-unwritable': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 6,
		sentence: 'This machine cannot keep the record of the migration.',
		next: 'Free disk space or make the directory writable, then run the same command again. Nothing was sent that is not on record.',
	},
	'output-unwritable': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 6,
		sentence: 'The output of this program cannot be written.',
		next: 'Free disk space or send the output elsewhere, then run the same command again: it carries on.',
	},
	'state-locked': {
		reach: 'run', retry: 'later', outcome: 'not stored', exit: 11,
		sentence: 'Another run holds this mailbox.',
		next: 'Wait for it to end or stop it.',
	},
	'settings-invalid': {
		reach: 'run', retry: 'never', outcome: 'not stored', exit: 2,
		sentence: 'The configuration cannot be used.',
		next: 'Mend the lines named and run the same command again.',
	},
	'usage-invalid': {
		reach: 'run', retry: 'never', outcome: 'not stored', exit: 2,
		sentence: 'The command cannot be carried out as it was given.',
		next: '"aw2ms365 --help" shows commands and options.',
	},
	bug: {
		reach: 'run', retry: 'never', outcome: 'unknown', exit: 1,
		sentence: 'The program met something it did not expect. This is a bug.',
		next: 'Run the same command again: what is on record stays. Please report the text below.',
	},
} as const satisfies Record<string, Row>;

export type FailureCode = keyof typeof failures;

/** A failure as data: what events and the journal carry. */
export type Failure = {
	readonly code: FailureCode;
	readonly reach: Reach;
	readonly retry: Retry;
	readonly outcome: Outcome;
	/** The server's or system's own words, cleaned; never from the sign-in phase. */
	readonly detail?: string;
	/** Milliseconds the server asked us to wait, 0 included; absent where it named none. */
	readonly wait?: number;
	/** What to do next, where more is known than the code says. */
	readonly next?: string;
};

/** Whom a next step may name. */
export type Names = {readonly clientId?: string | undefined; readonly tenantId?: string | undefined; readonly mailbox?: string | undefined};

/** A text with a person's own ids in it; what is not known stays as it is. */
export const fillNames = (text: string, names: Names): string => text.replaceAll(/<(?<name>clientId|tenantId|mailbox)>/gv, (placeholder, ...found) => {
	const {name} = found.at(-1) as {readonly name: keyof Names};
	return names[name] ? cleanText(names[name], 320) : placeholder;
});

/** What to do about a failure. */
export const nextStep = ({code, next}: Pick<Failure, 'code' | 'next'>, names: Names): string => fillNames(next ?? failures[code].next, names);

/** A failure on its way up. `cause` keeps the original error. */
export class FailureError extends Error {
	readonly failure: Failure;

	constructor(code: FailureCode, more: Partial<Omit<Failure, 'code'>> & {readonly cause?: unknown} = {}) {
		const row = failures[code];
		super(more.detail ? `${row.sentence} (${more.detail})` : row.sentence, {cause: more.cause});
		this.name = 'FailureError';
		this.failure = {
			code,
			reach: more.reach ?? row.reach,
			retry: more.retry ?? row.retry,
			outcome: more.outcome ?? row.outcome,
			...(more.detail && {detail: more.detail}),
			...(more.wait !== undefined && {wait: more.wait}),
			...(more.next !== undefined && {next: more.next}),
		};
	}
}

/** Words of a thrown value that is not ours: they may quote what a stranger wrote. */
const wordsOf = (error: unknown): string => {
	if (error instanceof Error) {
		return cleanText(`${error.name}: ${error.message}`, 1000);
	}

	return cleanText(typeof error === 'string' ? error : inspect(error, {depth: 0}), 1000);
};

/** Any thrown value as a failure; what is not one of ours is a bug. */
export const failureOf = (error: unknown): Failure => error instanceof FailureError
	? error.failure
	: new FailureError('bug', {detail: wordsOf(error), cause: error}).failure;
