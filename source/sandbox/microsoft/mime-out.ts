import {Buffer} from 'node:buffer';
import {type Attachment, type Content} from './content.js';
import {dateText} from './mime-date.js';
import {base64Body, textEntity} from './mime-encode.js';
import {htmlOf, plainOf} from './mime-sister.js';
import {
	addressField, identifierField, parameter, textField,
} from './mime-words.js';

type Rebuild = {readonly receivedAt: number; readonly random: () => number};

/** New boundaries in Exchange's form, a number in front so that none is another's, however random the rest is. */
type Boundaries = () => string;

const boundariesOf = (random: () => number): Boundaries => {
	let count = 0;
	return () => {
		const digits = Array.from({length: 24}, () => Math.floor(random() * 16).toString(16).toUpperCase()).join('');
		return `_${String(count++).padStart(3, '0')}_${digits}sandbox_`;
	};
};

type Bytes = string | Uint8Array;

const joined = (pieces: readonly Bytes[]): Uint8Array => Buffer.concat(pieces.map(piece => typeof piece === 'string' ? Buffer.from(piece) : piece));

const multipart = (type: string, parts: ReadonlyArray<readonly Bytes[]>, boundaries: Boundaries): readonly Bytes[] => {
	const boundary = boundaries();
	return [
		`Content-Type: ${type};\r\n\tboundary="${boundary}"\r\n\r\n`,
		...parts.flatMap(part => [`--${boundary}\r\n`, ...part, '\r\n']),
		`--${boundary}--\r\n`,
	];
};

const isMeeting = ({contentType}: Attachment): boolean => contentType.startsWith('text/calendar; method=');

/** Text, HTML (one made of the other where a store has one only) and the meeting. */
const bodyOf = ({text, html, attachments, itemClass}: Content, boundaries: Boundaries): readonly Bytes[] => multipart('multipart/alternative', [
	[textEntity('text/plain', text ?? plainOf(html ?? ''))],
	[textEntity('text/html', html ?? htmlOf(text ?? ''))],
	...(itemClass.startsWith('IPM.Schedule.') ? attachments.filter(attachment => isMeeting(attachment)) : []).map(({contentType, bytes}) =>
		[`Content-Type: text/calendar; charset="utf-8";\r\n\tmethod=${contentType.slice('text/calendar; method='.length)}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Body(bytes)}`]),
], boundaries);

const attachmentOf = (attachment: Attachment, more: Rebuild, boundaries: Boundaries): readonly Bytes[] => {
	const {name, contentType, contentId, inline, bytes, embedded} = attachment;
	const dates = `;\r\n\tcreation-date="${dateText(more.receivedAt)}";\r\n\tmodification-date="${dateText(more.receivedAt)}"`;
	const disposition = `Content-Disposition: ${inline ? 'inline' : 'attachment'}`;
	const id = contentId === undefined ? '' : `Content-ID: <${contentId}>\r\n`;
	if (embedded) {
		return [`Content-Type: message/rfc822\r\n${id}${disposition}${dates}\r\n\r\n`, ...messageOf(embedded, {...more, receivedAt: embedded.sentAt ?? more.receivedAt}, boundaries)];
	}

	const head = `Content-Type: ${contentType}${parameter('name', name)}\r\n${textField('Content-Description', name)}${disposition}${parameter('filename', name)};\r\n\tsize=${bytes.length}${dates}\r\n${id}`;
	// RFC 3464 2.1 allows a report no encoding.
	return contentType === 'message/delivery-status' ? [`${head}\r\n`, bytes] : [`${head}Content-Transfer-Encoding: base64\r\n\r\n${base64Body(bytes)}`];
};

/** Nothing of `Received`, `List-` or `X-` fields is left: a store writes what it has as properties. */
const headerOf = (content: Content, receivedAt: number): string => {
	const {from, sender, to, cc, bcc, replyTo, subject, sentAt, messageId, references, inReplyTo, importance, wantsReceipt} = content;
	const receipt = wantsReceipt ? [from ?? sender ?? {name: '', address: ''}].filter(({address}) => address !== '') : [];
	return [
		addressField('From', from ? [from] : []),
		addressField('Sender', sender ? [sender] : []),
		addressField('To', to),
		addressField('CC', cc),
		addressField('BCC', bcc),
		textField('Subject', subject),
		textField('Thread-Topic', subject.replace(/^(?:(?:re|fwd?|aw|wg):\s*)+/iv, '')),
		importance === 'Normal' ? '' : `Importance: ${importance.toLowerCase()}\r\nX-Priority: ${importance === 'High' ? 1 : 5}\r\n`,
		addressField('Disposition-Notification-To', receipt),
		`Date: ${dateText(sentAt ?? receivedAt)}\r\n`,
		messageId === undefined ? '' : identifierField('Message-ID', messageId),
		references === undefined ? '' : identifierField('References', references),
		inReplyTo === undefined ? '' : identifierField('In-Reply-To', inReplyTo),
		addressField('Reply-To', replyTo),
		'Content-Language: en-US\r\n',
		`X-MS-Has-Attach:${content.attachments.some(({inline}) => !inline) ? ' yes' : ''}\r\n`,
		'X-MS-TNEF-Correlator:\r\n',
		'MIME-Version: 1.0\r\n',
	].join('');
};

const messageOf = (content: Content, more: Rebuild, boundaries: Boundaries): readonly Bytes[] => {
	const header = headerOf(content, more.receivedAt);
	if (content.signed) {
		// MS-OXOSMIME: the outer structure comes back, so that the signature can still be checked.
		return [header, content.signed];
	}

	const meeting = content.itemClass.startsWith('IPM.Schedule.');
	const attachments = content.attachments.filter(attachment => !(meeting && isMeeting(attachment)));
	const written = (wanted: boolean) => attachments.filter(({inline}) => inline === wanted).map(attachment => attachmentOf(attachment, more, boundaries));
	const [inline, others] = [written(true), written(false)];
	const body = bodyOf(content, boundaries);
	const related = inline.length > 0 ? multipart('multipart/related;\r\n\ttype="multipart/alternative"', [body, ...inline], boundaries) : body;
	const outer = content.itemClass === 'REPORT.IPM.Note.NDR' ? 'multipart/report; report-type=delivery-status' : 'multipart/mixed';
	return [header, ...(others.length > 0 ? multipart(outer, [related, ...others], boundaries) : related)];
};

/**
A message of RFC 5322 rebuilt from properties, as Exchange writes one (microsoft-365.md 2.8): never the bytes that came in. Kept are
identifiers, addresses, subject, the sending instant, bodies as text, the bytes of attachments, and signed messages as a whole.
*/
export const writeMime = (content: Content, more: Rebuild): Uint8Array => joined(messageOf(content, more, boundariesOf(more.random)));
