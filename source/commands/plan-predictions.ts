import {cleanText} from '../mailbox/clean.js';
import {type FailureCode, fillNames} from '../mailbox/failure.js';
import {showPath} from '../mailbox/mailbox.js';
import {
	type FolderProgress, mostShown, type Predictions, type Progress,
} from '../migration/progress.js';
import {bytes, count, plural} from '../output/figures.js';

/** As Exchange and the configuration count. */
const megabyte = 1_048_576;

/** Bytes that a mailbox of Exchange Online takes unless its limit was changed, and at most (microsoft-365.md 2.7). */
const usual = 36 * megabyte;
const most = 150 * megabyte;

/** `36 MB`, `45.1 MB`: 1 MB is 1,048,576 bytes, as in the limits that they are compared with. */
const size = (number: number): string => number < megabyte ? bytes(number) : `${(number / megabyte).toFixed(number % megabyte === 0 ? 0 : 1)} MB`;

/** A mailbox in a tenant, which an application opens; else a server with a password. */
const isMicrosoft = ({names}: Progress): boolean => names.clientId !== undefined;

type Cause = {readonly code: FailureCode; readonly found: Predictions; readonly rows: readonly string[]};

const rowsOf = ({path}: FolderProgress, {first}: Predictions): string[] => first.map(({uid, bytes: length, receivedAt, subject}) =>
	`    ${cleanText(showPath(path), 24)}  UID ${uid}  ${size(length)}  ${receivedAt.slice(0, 10)}${subject ? `  ${cleanText(subject, 32)}` : ''}`);

const causesOf = (folders: readonly FolderProgress[]): Cause[] => {
	const causes = new Map<FailureCode, Cause>();
	for (const folder of folders) {
		for (const [code, own] of folder.predictions) {
			const {found, rows} = causes.get(code) ?? {
				found: {
					count: 0, bytes: 0, limit: own.limit, largest: 0, first: [],
				}, rows: [],
			};
			causes.set(code, {
				code, rows: [...rows, ...rowsOf(folder, own)].slice(0, mostShown),
				found: {
					...found, count: found.count + own.count, bytes: found.bytes + own.bytes, largest: Math.max(found.largest, own.largest),
				},
			});
		}
	}

	return [...causes.values()];
};

const number = (amount: number): string => `${count(amount)} ${amount === 1 ? 'is' : 'are'}`;

/** The limit of a mailbox in Exchange Online cannot be read with what this program holds: it is assumed, and said so. */
const limitWords = ({found}: Cause, progress: Progress): string[] => {
	const {limit, largest} = found;
	if (!isMicrosoft(progress)) {
		return [`  ${number(found.count)} larger than options.maxMessageSize (${size(limit)}): raise it if the destination takes more.`];
	}

	const isRaisable = limit < most;
	return [
		limit === usual
			? `  ${number(found.count)} larger than ${size(limit)} (options.maxMessageSize): what a mailbox of Exchange Online takes unless somebody raised it. This is assumed, as no permission of ours lets the limit be read.`
			: `  ${number(found.count)} larger than ${size(limit)}, which options.maxMessageSize says.`,
		...(isRaisable
			? [
				'  To let them pass, say in Exchange Online PowerShell:',
				fillNames('    Set-Mailbox \'<mailbox>\' -MaxReceiveSize 150MB -MaxSendSize 150MB', progress.names),
				'  and in the configuration options.maxMessageSize: 150 MB.',
			]
			: []),
		...(largest > most ? [`  What is larger than ${size(most)}, the most that Exchange Online takes, has to be moved by hand.`] : []),
	];
};

const wordsOf = (cause: Cause, progress: Progress): string[] => cause.code === 'message-too-large'
	? [`  ${number(cause.found.count)} larger than ${size(cause.found.limit)}, the most that ${(progress.road ?? progress.transport).toUpperCase()} takes; ${cause.found.count === 1 ? 'it is' : 'they are'} tried by another way where one is open.`]
	: limitWords(cause, progress);

const changed = new Set(['renamed', 'clash', 'flattened', 'shortened']);

const namesWords = (folders: readonly FolderProgress[]): string[] => {
	const amount = folders.filter(({excluded, reasons}) => excluded === undefined && reasons.some(reason => changed.has(reason))).length;
	return amount === 0 ? [] : ['', `${plural(amount, 'folder')} cannot keep ${amount === 1 ? 'its name or place' : 'their names or places'}, as said above; options.folderMap gives others.`];
};

/** Only reading tells: a listing knows sizes, not lines. */
const linesWords = (progress: Progress): string[] => (progress.road ?? progress.transport) === 'imap' && isMicrosoft(progress)
	? ['', 'Messages with a line of more than 10,239 bytes do not pass into Exchange by IMAP. Which ones is found out when they are read: they are not sent then, but tried by another way that is open.']
	: [];

/** What will not pass as things stand, and why, for people. @param folders in the order of the plan */
export const predictionLines = (progress: Progress, folders: readonly FolderProgress[]): string[] => {
	const causes = causesOf(folders);
	const total = {messages: 0, bytes: 0};
	for (const {found} of causes) {
		total.messages += found.count;
		total.bytes += found.bytes;
	}

	return [
		...(total.messages > 0 ? ['', `${plural(total.messages, 'message')} will not pass as things stand, ${size(total.bytes)}:`] : []),
		...causes.flatMap(cause => {
			const hidden = cause.found.count - cause.rows.length;
			return [...wordsOf(cause, progress), ...cause.rows, ...(hidden > 0 ? [`    … and ${count(hidden)} more; "aw2ms365 plan --json" names each (message.predicted).`] : [])];
		}),
		...namesWords(folders),
		...linesWords(progress),
	];
};
