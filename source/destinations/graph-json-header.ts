import type {Importance, Message, SingleValueLegacyExtendedProperty} from '@microsoft/microsoft-graph-types';
import {decodedSubject} from '../mailbox/envelope.js';
import {headerBlock, type HeaderBlock, valuesOf} from '../mailbox/header-block.js';
import {decodeWords} from '../mailbox/header-fields.js';
import {recipientsOf} from './graph-json-people.js';
import {oneLine, plainText, shortened} from './graph-json-text.js';

/** What a message's header becomes. */
export type JsonHeader = {
	readonly message: Message;
	readonly properties: readonly SingleValueLegacyExtendedProperty[];
	/** In the words of a delivery. */
	readonly lost: readonly string[];
};

const propertyIds = {
	/** PidTagTransportMessageHeaders. */
	headers: 'String 0x007D',
	/** PidTagInternetReferences. */
	references: 'String 0x1039',
	/** PidTagInReplyToId. */
	inReplyTo: 'String 0x1042',
} as const;

/** Exchange keeps so many UTF-16 units. */
const longestSubject = 255;
/** Of the header as text, and of an identifier; a request takes 4 MB for everything. */
const longestText = 64 * 1024;
const longestIdentifier = 32 * 1024;

/** Fields that are carried, or made anew. */
const carried = new Set([
	'from',
	'sender',
	'to',
	'cc',
	'bcc',
	'reply-to',
	'subject',
	'date',
	'message-id',
	'in-reply-to',
	'references',
	'importance',
	'mime-version',
	'content-type',
	'content-transfer-encoding',
	'content-disposition',
	'content-id',
]);

const importances: ReadonlyArray<readonly [Importance, RegExp]> = [['high', /^(?:high|urgent|[12](?:\D|$))/iv], ['low', /^(?:low|non-urgent|[45](?:\D|$))/iv]];

const importanceOf = (block: HeaderBlock): Importance => {
	const said = ['importance', 'x-priority', 'x-msmail-priority', 'priority'].flatMap(name => valuesOf(block, name)).map(value => value.trim()).find(Boolean) ?? '';
	return importances.find(([, form]) => form.test(said))?.[0] ?? 'normal';
};

/** Message-IDs as they stand; the last ones count where there are too many. */
const identifier = (block: HeaderBlock, name: string): string => {
	const text = oneLine(decodeWords(valuesOf(block, name)[0] ?? ''));
	return text.length <= longestIdentifier ? text : text.slice(-longestIdentifier).replace(/^[^<]*/v, '');
};

const headerText = ({text}: HeaderBlock): string => {
	const plain = plainText(text);
	const cut = plain.slice(0, longestText);
	return cut.length === plain.length ? plain : cut.slice(0, cut.lastIndexOf('\r\n') + 2);
};

/** The header of a message (RFC 5322) in Graph's form (microsoft-365.md 3.3). Never throws. */
export const headerOf = (bytes: Uint8Array): JsonHeader => {
	const block = headerBlock(bytes);
	const people = (name: string) => recipientsOf(valuesOf(block, name));
	const [from, [sender = from[0]]] = [people('from'), people('sender')];
	const subject = oneLine(decodedSubject(bytes));
	const messageId = identifier(block, 'message-id');
	const count = block.fields.filter(({name}) => !carried.has(name.toLowerCase())).length;
	const properties = [
		{id: propertyIds.headers, value: headerText(block)},
		{id: propertyIds.references, value: identifier(block, 'references')},
		{id: propertyIds.inReplyTo, value: identifier(block, 'in-reply-to')},
	];
	return {
		message: {
			subject: shortened(subject, longestSubject),
			...(from[0] && {from: from[0]}),
			...(sender && {sender}),
			toRecipients: people('to'),
			ccRecipients: people('cc'),
			bccRecipients: people('bcc'),
			replyTo: people('reply-to'),
			...(messageId && {internetMessageId: messageId}),
			importance: importanceOf(block),
		},
		properties: properties.filter(({value}) => value !== ''),
		lost: [...(count > 0 ? [`headers:${count}`] : []), ...(subject.length > longestSubject ? ['subject'] : []), ...(from.length > 1 ? ['from'] : [])],
	};
};
