import {Buffer} from 'node:buffer';
import {type Content} from './content.js';
import {dateOf} from './mime-date.js';
import {
	addressesOf, longestText, rawText, textOf, type Field,
} from './mime-fields.js';
import {type Gathered, Gathering} from './mime-gather.js';
import {fieldOf, type Part, partOf} from './mime-parts.js';

/** Messages within messages are opened so deep, deeper ones stay files. */
const deepestEmbedded = 32;

const pkcs7 = /^application\/(?:x-)?pkcs7-mime$/v;

/** Unfolded, without control characters and blanks around; undefined where nothing is left. */
const identifier = (fields: readonly Field[], name: string): string | undefined =>
	// eslint-disable-next-line no-control-regex -- they are what is left out
	rawText((fieldOf(fields, name) ?? '').slice(0, longestText)).replaceAll(/[\u0000-\u001F\u007F]+/gv, ' ').replaceAll(/ {2,}/gv, ' ').trim() || undefined;

const importanceOf = (fields: readonly Field[]): Content['importance'] => {
	const said = ['importance', 'x-priority', 'x-msmail-priority', 'priority'].map(name => (fieldOf(fields, name) ?? '').trim().toLowerCase()).find(value => value !== '') ?? '';
	return /^(?:high|urgent|[12])/v.test(said) ? 'High' : (/^(?:low|non-urgent|[45])/v.test(said) ? 'Low' : 'Normal');
};

const answers: Readonly<Record<string, string>> = {accepted: 'Pos', declined: 'Neg', tentative: 'Tent'};

/** The item class (MS-OXCMAIL 2.2.3, MS-OXCICAL for meetings). */
const classOf = (root: Part, {calendar, attachments}: Gathered): string => {
	if (root.type.value === 'multipart/signed' && root.parts.length > 0) {
		return 'IPM.Note.SMIME.MultipartSigned';
	}

	if (pkcs7.test(root.type.value)) {
		return 'IPM.Note.SMIME';
	}

	if (calendar) {
		const answer = /PARTSTAT=(?<answer>ACCEPTED|DECLINED|TENTATIVE)/iv.exec(calendar.text)?.groups!.answer?.toLowerCase();
		return calendar.method === 'REQUEST' ? 'IPM.Schedule.Meeting.Request' : (calendar.method === 'CANCEL' ? 'IPM.Schedule.Meeting.Canceled' : `IPM.Schedule.Meeting.Resp.${answers[answer ?? ''] ?? 'Tent'}`);
	}

	const failed = root.type.value === 'multipart/report' && attachments.some(({contentType, bytes}) =>
		contentType === 'message/delivery-status' && /^action:\s*failed/imv.test(Buffer.from(bytes).toString('latin1')));
	return failed ? 'REPORT.IPM.Note.NDR' : 'IPM.Note';
};

/** What says how the body is to be read, and the body: enough for a signature to be checked again. */
const wholeOf = (root: Part): Uint8Array => {
	let about = false;
	const header = root.block.split('\n').map(line => line.endsWith('\r') ? line.slice(0, -1) : line).filter(line => {
		about = /^[\t ]/v.test(line) ? about : /^content-(?:type|transfer-encoding|disposition|id)[\t ]*:/iv.test(line);
		return about;
	}).join('\r\n');
	const start = root.raw.length - root.body.length;
	return Buffer.concat([Buffer.from(`${header}\r\n\r\n`, 'latin1'), root.raw.subarray(start)]);
};

const contentOf = (bytes: Uint8Array, depth: number): Content => {
	const root = partOf(bytes);
	const {fields} = root;
	const gathering = new Gathering(inner => depth < deepestEmbedded ? contentOf(inner, depth + 1) : undefined);
	const opaque = pkcs7.test(root.type.value);
	const isSigned = root.type.value === 'multipart/signed' && root.parts.length > 0;
	if (!opaque) {
		gathering.add(isSigned ? root.parts[0]! : root);
	}

	const {gathered} = gathering;
	// A header's raw bytes have no character set of their own: the first one that any part names is the best guess.
	const charset = root.type.parameters.get('charset') ?? root.parts[0]?.type.parameters.get('charset');
	const addresses = (name: string) => addressesOf(fields.filter(field => field.name === name).map(({value}) => value).join(', '), charset);
	const [from] = addresses('from');
	const [sender] = addresses('sender');
	const messageId = identifier(fields, 'message-id');
	const inReplyTo = identifier(fields, 'in-reply-to');
	const references = identifier(fields, 'references');
	const sentAt = dateOf(fieldOf(fields, 'date') ?? '');
	return {
		itemClass: classOf(root, gathered),
		subject: textOf(fieldOf(fields, 'subject') ?? '', charset),
		...(from && {from}),
		...(sender && {sender}),
		to: addresses('to'),
		cc: addresses('cc'),
		bcc: addresses('bcc'),
		replyTo: addresses('reply-to'),
		...(messageId !== undefined && {messageId}),
		...(inReplyTo !== undefined && {inReplyTo}),
		...(references !== undefined && {references}),
		...(sentAt !== undefined && {sentAt}),
		importance: importanceOf(fields),
		headers: rawText(root.block).replace(/\r?\n$/v, ''),
		...(gathered.text !== undefined && {text: gathered.text}),
		...(gathered.html !== undefined && {html: gathered.html}),
		attachments: isSigned || opaque ? [] : gathered.attachments,
		wantsReceipt: ['disposition-notification-to', 'return-receipt-to', 'x-confirm-reading-to'].some(name => fieldOf(fields, name)?.trim()),
		...((isSigned || opaque) && {signed: wholeOf(root)}),
	};
};

/** The properties of a message, as a store that keeps no MIME has them. Never throws for bad mail: what cannot be read is left out. */
export const readMime = (bytes: Uint8Array): Content => contentOf(bytes, 0);

/** The same for those who wait for it. */
export const parseMime = async (bytes: Uint8Array): Promise<Content> => readMime(bytes);
