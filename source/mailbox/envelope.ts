import {isUtf8} from 'node:buffer';
import {createHash} from 'node:crypto';
import {attachmentsOf} from './attachments.js';
import {lostContent} from './body-text.js';
import {decodeWords, readHeader, textOf} from './header-fields.js';
import {type Leaf} from './mime-leaves.js';
import {firstAddress} from './sender.js';
import {sentSeconds} from './sent-date.js';

export {attachmentNamesOf} from './attachments.js';

/**
The part of a message's header that survives where a store rebuilds MIME (Exchange), in a normal form that
both sides can be brought to: a source message by its bytes, a stored one by what the store says of it.
*/
export type Envelope = {
	/** Message-ID without blanks around it or inside; '' where there is none. */
	readonly messageId: string;
	/** Decoded subject in normal form (see {@link normalSubject}). */
	readonly subject: string;
	/** `Date` as an instant in whole seconds since 1970 UTC; undefined where it is missing or broken. */
	readonly sentAt?: number;
};

/** Exchange keeps so many UTF-16 units of a subject; a cut at its end must not reach what is compared. */
const storedSubject = 255;
const compared = 128;

/** White space, and what stores replace or drop: controls, format characters, lone surrogates, and the `?` or U+FFFD put in their place. */
const unsteady = /[\p{C}\p{Z}\uFFFD?]/gv;

const steady = (text: string, longest: number): string => [...text.normalize('NFC').replaceAll(unsteady, '')].slice(0, longest).join('');

/**
A decoded subject in the form that is compared and never shown: NFC, without white space, controls, U+FFFD and `?`,
the first 128 characters of the first 255 (so much Exchange keeps).
*/
export const normalSubject = (text: string): string => steady(text.replaceAll(/\s+/gv, ' ').trim().normalize('NFC').slice(0, storedSubject), compared);

/**
A Message-ID in the form that is compared: encoded words decoded, in angle brackets, only printable ASCII, no blanks
and no `?` (which stands for what a store could not write), at most 255 characters; '' where nothing is left.
*/
export const normalMessageId = (text: string): string => {
	const plain = decodeWords(text).replaceAll(/[^!->@-~]/gv, '');
	const start = plain.indexOf('<');
	const end = plain.indexOf('>', start + 1);
	const inside = (start === -1 ? plain : plain.slice(start + 1, end === -1 ? undefined : end)).replaceAll(/[<>]/gv, '').slice(0, 253);
	return inside && `<${inside}>`;
};

const fieldsOf = (bytes: Uint8Array) => readHeader(bytes, ['message-id', 'subject', 'date', 'from']).fields;

type Fields = ReturnType<typeof fieldsOf>;

const envelopeIn = (fields: Fields): Envelope => {
	const sentAt = sentSeconds(textOf(fields.get('date')));
	return {
		messageId: normalMessageId(textOf(fields.get('message-id'))),
		subject: normalSubject(decodeWords(textOf(fields.get('subject')))),
		...(sentAt !== undefined && {sentAt}),
	};
};

/** What a message's header says (RFC 5322; the first of a repeated field counts). Reads the header only, at most 1 MiB of it; never throws. */
export const envelopeOf = (bytes: Uint8Array): Envelope => envelopeIn(fieldsOf(bytes));

/** The subject as a store would decode it (RFC 2047; raw UTF-8, else windows-1252), unfolded and trimmed, otherwise as it stands: not cleaned for display. */
export const decodedSubject = (bytes: Uint8Array): string => decodeWords(textOf(readHeader(bytes, ['subject']).fields.get('subject'))).trim();

/** The addr-spec of `From` in lower case (the first, where there are several), or ''. */
export const senderOf = (bytes: Uint8Array): string => firstAddress(textOf(readHeader(bytes, ['from']).fields.get('from')));

/**
12 characters (72 bits) for an envelope. Without `sentAt` the received date stands in, as it is stored as the sent date
then. Beside a Message-ID only the ASCII letters and digits of the subject count: two decoders read raw 8-bit text and
wrong charsets in two ways. A store makes a Message-ID where a message has none: compare such a message with the stored
one's `{...envelope, messageId: ''}`.

@param receivedAt milliseconds since 1970 UTC
*/
export const envelopeHash = (envelope: Envelope, receivedAt: number): string => {
	const {messageId, sentAt = Math.floor(receivedAt / 1000)} = envelope;
	const subject = messageId ? envelope.subject.replaceAll(/[^\dA-Za-z]/gv, '') : envelope.subject;
	// No part can hold a line feed.
	return createHash('sha256').update(`${messageId}\n${subject}\n${sentAt}`).digest('base64url').slice(0, 12);
};

/** Types that a store turns into something of its own, names and all: invitations, TNEF, reports, the Macintosh half of a file. */
const dissolved = /^(?:text\/calendar|application\/(?:ics|ms-tnef|vnd\.ms-tnef|applefile)|message\/.*|text\/rfc822-headers)$/v;

/** A name of which stores change what no file system takes, and may cut the end. */
const normalName = (name: string): string => steady(name.replaceAll(/[_\-\/\\:*"<>\|]/gv, ''), compared).toLowerCase();

/** Whether a store must keep it under its name: a text that is not marked as attached may become the body. */
const mustStay = ({type, attached, embedded}: Leaf): boolean => !embedded && !dissolved.test(type) && (attached || !type.startsWith('text/'));

const attachmentsMissing = (source: readonly Leaf[], copy: readonly Leaf[]): boolean => {
	const left = new Map<string, number>();
	const take = (name: string): boolean => {
		const count = left.get(name) ?? 0;
		left.set(name, count - 1);
		return count > 0;
	};

	for (const {names} of copy) {
		const name = normalName(names[0] ?? '');
		left.set(name, (left.get(name) ?? 0) + 1);
	}

	let matched = 0;
	for (const attachment of source.filter(each => mustStay(each))) {
		const names = attachment.names.map(name => normalName(name)).filter(Boolean);
		if (names.length > 0) {
			if (!names.some(name => (left.get(name) ?? 0) > 0 && take(name))) {
				return true;
			}

			matched++;
		}
	}

	// A message in a message is an attachment there, under whatever name.
	return source.filter(({embedded}) => embedded).length > copy.length - matched;
};

/** Whether two decoders must read a subject alike: no raw bytes of an unknown charset, no escape sequences, nothing undecodable. */
const readable = (field: Uint8Array): boolean => isUtf8(field) && !['\uFFFD', '\u001B'].some(mark => decodeWords(textOf(field)).includes(mark));

/** Whether a Message-ID in normal form is one that every store keeps as it is. */
export const isProperMessageId = (messageId: string): boolean => /^<[^<>@]+@[^<>@]+>$/v.test(messageId);

/**
What of a source message is not found again in its copy in a store that rebuilds MIME: `message-id`, `date`, `sender`,
`subject`, `text`, `attachments` (one is missing, or has other bytes; see {@link lostContent}). Empty where nothing is. What the source lacks or
has in broken form is never a difference, as a store must make something up for it.
*/
export const sameMail = (source: Uint8Array, copy: Uint8Array): string[] => {
	const [from, to] = [fieldsOf(source), fieldsOf(copy)];
	const [wanted, there] = [envelopeIn(from), envelopeIn(to)];
	const sender = firstAddress(textOf(from.get('from')));
	const differences: string[] = [];
	if (wanted.messageId !== there.messageId && isProperMessageId(wanted.messageId)) {
		differences.push('message-id');
	}

	if (wanted.sentAt !== undefined && wanted.sentAt !== there.sentAt) {
		differences.push('date');
	}

	if (sender && sender !== firstAddress(textOf(to.get('from')))) {
		differences.push('sender');
	}

	if (wanted.subject && wanted.subject !== there.subject && readable(from.get('subject')!)) {
		differences.push('subject');
	}

	const content = lostContent(source, copy);
	if (content.includes('text')) {
		differences.push('text');
	}

	if (content.includes('attachments') || attachmentsMissing(attachmentsOf(source), attachmentsOf(copy))) {
		differences.push('attachments');
	}

	return differences;
};
