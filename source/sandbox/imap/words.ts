import {Buffer} from 'node:buffer';
import {type Flavour} from './options.js';

/** What a flavour says where RFC 9051 leaves the words open, and what it announces. */
export type Words = {
	/** Without `* OK `. */
	readonly greeting: string;
	readonly capabilities: {readonly before: readonly string[]; readonly after: readonly string[]};
	/** Capabilities are told unasked, in the greeting and after sign-in. */
	readonly tellsCapabilities: boolean;
	readonly invitation: string;
	readonly idling: string;
	readonly done: (command: string) => string;
	readonly refused: (command: string) => string;
	readonly signOff: string;
	readonly exists: string;
	readonly missing: string;
	readonly notMail: string;
	readonly tryCreate: string;
	readonly tooBig: string;
	readonly unknownCommand: string;
	readonly badArguments: string;
	readonly lineTooLong: string;
	readonly wrongState: string;
	/** Untagged lines before EXISTS or after, and what stands behind response codes. */
	readonly flagsFirst: boolean;
	readonly systemFlags: readonly string[];
	readonly permanentFlags: readonly string[];
	readonly comments: {readonly permanent: string; readonly unseen: string; readonly validity: string; readonly next: string};
	readonly sparingQuotes: boolean;
	readonly inbox: string;
	readonly marks: boolean;
	readonly maxLine: number;
	readonly maxErrors: number;
	/** An answer NO is an error too. */
	readonly countsRefusals: boolean;
};

const dovecotFlags = [String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Deleted`, String.raw`\Seen`, String.raw`\Draft`];
// Order as recorded in exo-select-store-logout-2015.
const exchangeFlags = [String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Deleted`, String.raw`\Draft`, '$MDNSent'];

const workmail: Words = {
	greeting: 'IMAP4rev1 ready.',
	capabilities: {
		before: ['IMAP4rev1', 'SASL-IR', 'LITERAL+', 'ID', 'ENABLE', 'IDLE', 'AUTH=PLAIN', 'AUTH=XOAUTH2'],
		after: ['IMAP4rev1', 'SASL-IR', 'LITERAL+', 'ID', 'ENABLE', 'IDLE', 'NAMESPACE', 'UIDPLUS', 'MOVE', 'UNSELECT', 'CHILDREN', 'LIST-EXTENDED', 'LIST-STATUS', 'SPECIAL-USE', 'STATUS=SIZE'],
	},
	tellsCapabilities: true,
	invitation: 'OK',
	idling: 'idling',
	done: command => `${command} completed.`,
	refused: command => command === 'LOGIN' || command === 'AUTHENTICATE' ? '[AUTHENTICATIONFAILED] Authentication failed.' : `${command} failed.`,
	signOff: 'Logging out',
	exists: '[ALREADYEXISTS] Mailbox already exists',
	missing: '[NONEXISTENT] Mailbox doesn\'t exist',
	notMail: 'Mailbox isn\'t selectable',
	tryCreate: '[TRYCREATE] Mailbox doesn\'t exist',
	tooBig: '[TOOBIG] Maximum message size exceeded',
	unknownCommand: 'Error in IMAP command: Unknown command.',
	badArguments: 'Error in IMAP command: Invalid arguments.',
	lineTooLong: 'Error in IMAP command: Too long argument.',
	wrongState: 'Error in IMAP command: Command not permitted in this state.',
	flagsFirst: true,
	systemFlags: dovecotFlags,
	permanentFlags: [...dovecotFlags, String.raw`\*`],
	comments: {
		permanent: 'Flags permitted.', unseen: 'First unseen.', validity: 'UIDs valid', next: 'Predicted next UID',
	},
	sparingQuotes: false,
	inbox: 'INBOX',
	marks: false,
	maxLine: 65_536,
	maxErrors: 20,
	countsRefusals: false,
};

/** Texts from shared recordings of Exchange Online; where none was recorded (`missing`, `notMail`) in its style. */
const exchange: Words = {
	greeting: `The Microsoft Exchange IMAP4 service is ready. [${Buffer.from('SANDBOX.EXAMPLE.COM', 'utf16le').toString('base64')}]`,
	capabilities: {
		before: ['IMAP4', 'IMAP4rev1', 'AUTH=PLAIN', 'AUTH=XOAUTH2', 'SASL-IR', 'UIDPLUS', 'ID', 'UNSELECT', 'CHILDREN', 'IDLE', 'NAMESPACE', 'LITERAL+'],
		after: [
			'IMAP4',
			'IMAP4rev1',
			'AUTH=PLAIN',
			'AUTH=XOAUTH2',
			'SASL-IR',
			'UIDPLUS',
			'MOVE',
			'ID',
			'UNSELECT',
			'CLIENTACCESSRULES',
			'CLIENTNETWORKPRESENCELOCATION',
			'BACKENDAUTHENTICATE',
			'CHILDREN',
			'IDLE',
			'NAMESPACE',
			'LITERAL+',
		],
	},
	tellsCapabilities: false,
	invitation: 'Ready for additional command text.',
	idling: 'IDLE accepted, awaiting DONE command.',
	done: command => `${command} completed.`,
	refused: command => `${command} failed.`,
	signOff: 'Microsoft Exchange Server 2016 IMAP4 server signing off.',
	exists: 'Mailbox already exists.',
	missing: 'The requested item could not be found.',
	notMail: 'The requested item could not be opened.',
	tryCreate: 'The requested item could not be found.',
	tooBig: 'Maximum size of appendable message has been exceeded',
	unknownCommand: 'Command Error. 10',
	badArguments: 'Command Argument Error. 11',
	lineTooLong: 'Command Error. 10',
	wrongState: 'Command received in Invalid state.',
	flagsFirst: false,
	systemFlags: exchangeFlags,
	permanentFlags: exchangeFlags,
	comments: {
		permanent: 'Permanent flags', unseen: 'Is the first unseen message', validity: 'UIDVALIDITY value', next: 'The next unique identifier value',
	},
	sparingQuotes: true,
	inbox: 'Inbox',
	marks: true,
	maxLine: 10_240,
	maxErrors: 10,
	countsRefusals: true,
};

export const wordsOfFlavour: Readonly<Record<Flavour, Words>> = {workmail, exchange};
