/* eslint-disable @stylistic/max-len -- XML stands on one line, as it is sent */
import {createHash} from 'node:crypto';
import {Buffer} from 'node:buffer';
import {type Address} from './content.js';
import {htmlBody, textBody} from './ews-body.js';
import {element, escapeAttribute, escapeText} from './ews-envelope.js';
import {changeKeyStub, objectKinds} from './entry-ids.js';
import {type Item} from './item.js';
import {type Mailbox} from './mailbox.js';
import {dateText} from './property-key.js';

/** How an item is shown. */
export type View = {
	readonly mailbox: Mailbox;
	/** FindItem shows no body and no recipient lists, and cuts texts (lesson 27). */
	readonly find: boolean;
	readonly bodyType: 'HTML' | 'Text';
	/** Base64 of its MIME, where it was asked for. */
	readonly mime?: string;
	/** As elements. */
	readonly extended: string;
	/** Hurts the texts (lesson 32). */
	readonly spoil?: string;
};

type Field = readonly [name: string, uri: string, render: (item: Item, view: View) => string];

const boolean = (name: string, value: boolean): string => `<t:${name}>${value}</t:${name}>`;
const date = (name: string, time: number): string => `<t:${name}>${dateText(time)}</t:${name}>`;
const optional = (name: string, text: string | undefined): string => text === undefined || text === '' ? '' : element(name, text);
/** FindItem gives the first 255 characters of a text. */
const cut = (text: string, {find}: View): string => find ? text.slice(0, 255) : text;

/** FindItem knows names only. */
const mailboxXml = ({name, address}: Address, {find}: View): string => {
	const shown = name === '' ? address : name;
	return `<t:Mailbox>${element('Name', shown)}${find || address === '' ? '' : `${element('EmailAddress', address)}<t:RoutingType>SMTP</t:RoutingType><t:MailboxType>OneOff</t:MailboxType>`}</t:Mailbox>`;
};

const one = (name: string, address: Address | undefined, view: View): string => address ? `<t:${name}>${mailboxXml(address, view)}</t:${name}>` : '';
const several = (name: string, addresses: readonly Address[], view: View): string => view.find || addresses.length === 0 ? '' : `<t:${name}>${addresses.map(address => mailboxXml(address, view)).join('')}</t:${name}>`;
const displayed = (addresses: readonly Address[]): string => addresses.map(({name, address}) => name === '' ? address : name).join('; ');

const topicOf = (subject: string): string => subject.replace(/^(?:\s*(?:re|fwd?|aw|wg)\s*:\s*)+/iv, '');
const conversation = (item: Item): Uint8Array => createHash('md5').update(topicOf(item.subject)).digest();
const conversationIndex = (item: Item): string => Buffer.concat([Uint8Array.of(1, 1, 0xDC, 0x19, 0xD9, 0x65), conversation(item)]).toString('base64');

const attachmentsXml = (item: Item): string => {
	const {attachments} = item.content;
	const parts = attachments.map(({name, contentType, contentId, inline, bytes, embedded}, index) => {
		const tag = embedded ? 'ItemAttachment' : 'FileAttachment';
		const id = `${item.id.slice(0, -4)}AAB${Buffer.from([index + 1, 0, 0]).toString('base64')}`;
		return `<t:${tag}><t:AttachmentId Id="${escapeAttribute(id)}"/>${element('Name', name)}${optional('ContentType', contentType)}${optional('ContentId', contentId)}<t:Size>${bytes.length}</t:Size>${date('LastModifiedTime', item.createdAt)}${boolean('IsInline', inline)}</t:${tag}>`;
	});
	return parts.length === 0 ? '' : `<t:Attachments>${parts.join('')}</t:Attachments>`;
};

const headersXml = (item: Item): string => {
	const unfolded = item.content.headers.replaceAll(/\r?\n(?=[ \t])/gv, '');
	const headers = unfolded.split(/\r?\n/v).flatMap(line => {
		const {name, value} = /^(?<name>[!-9;-~]+):[ \t]*(?<value>.*)$/v.exec(line)?.groups ?? {};
		return name === undefined ? [] : [`<t:InternetMessageHeader HeaderName="${escapeAttribute(name)}">${escapeText(value!)}</t:InternetMessageHeader>`];
	});
	return headers.length === 0 ? '' : `<t:InternetMessageHeaders>${headers.join('')}</t:InternetMessageHeaders>`;
};

const formQuery = ({id}: Item): string => `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(id)}&exvsurl=1&viewmodel=ReadMessageItem`;
const rights = ['CreateAssociated', 'CreateContents', 'CreateHierarchy', 'Delete', 'Modify', 'Read'];
/** `granted` is how many rights, from the last. */
export const effectiveRights = (granted: number): string => `<t:EffectiveRights>${rights.map((right, index) => boolean(right, index >= rights.length - granted)).join('')}</t:EffectiveRights>`;

const flagStatus = (item: Item): string => ['NotFlagged', 'Complete', 'Flagged'][Number(item.properties.get('0x1090')?.value ?? 0)] ?? 'NotFlagged';

/** Elements of an item in the order of the schema; From, recipients and their like are absent, not empty, where there are none (lesson 27). */
export const itemFields: readonly Field[] = [
	['MimeContent', 'item:MimeContent', (_, {mime}) => mime === undefined ? '' : `<t:MimeContent CharacterSet="UTF-8">${mime}</t:MimeContent>`],
	['ItemId', 'item:ItemId', (item, {mailbox}) => `<t:ItemId Id="${item.id}" ChangeKey="${mailbox.ids.changeKey(objectKinds[item.kind], item.change)}"/>`],
	['ParentFolderId', 'item:ParentFolderId', item => `<t:ParentFolderId Id="${item.folder.id}" ChangeKey="${changeKeyStub(objectKinds.folder)}"/>`],
	['ItemClass', 'item:ItemClass', item => element('ItemClass', item.itemClass)],
	['Subject', 'item:Subject', (item, view) => item.subject === '' && !view.spoil ? '' : `<t:Subject>${escapeText(cut(item.subject, view))}${view.spoil ?? ''}</t:Subject>`],
	['Sensitivity', 'item:Sensitivity', () => '<t:Sensitivity>Normal</t:Sensitivity>'],
	['Body', 'item:Body', (item, {bodyType}) => `<t:Body BodyType="${bodyType}">${escapeText(bodyType === 'HTML' ? htmlBody(item.content) : textBody(item.content))}</t:Body>`],
	['Attachments', 'item:Attachments', attachmentsXml],
	['DateTimeReceived', 'item:DateTimeReceived', item => date('DateTimeReceived', item.receivedAt)],
	['Size', 'item:Size', item => `<t:Size>${item.size}</t:Size>`],
	['Categories', 'item:Categories', item => item.categories.length === 0 ? '' : `<t:Categories>${item.categories.map(category => element('String', category)).join('')}</t:Categories>`],
	['Importance', 'item:Importance', item => element('Importance', item.importance)],
	['InReplyTo', 'item:InReplyTo', (item, view) => optional('InReplyTo', item.content.inReplyTo && cut(item.content.inReplyTo, view))],
	['IsSubmitted', 'item:IsSubmitted', item => boolean('IsSubmitted', item.isSubmitted)],
	// A contact reads as a draft whatever it is (lesson 25).
	['IsDraft', 'item:IsDraft', item => boolean('IsDraft', item.isDraft || item.kind === 'contact')],
	['IsFromMe', 'item:IsFromMe', () => boolean('IsFromMe', false)],
	['IsResend', 'item:IsResend', () => boolean('IsResend', false)],
	['IsUnmodified', 'item:IsUnmodified', () => boolean('IsUnmodified', false)],
	['InternetMessageHeaders', 'item:InternetMessageHeaders', headersXml],
	['DateTimeSent', 'item:DateTimeSent', item => date('DateTimeSent', item.sentAt)],
	['DateTimeCreated', 'item:DateTimeCreated', item => date('DateTimeCreated', item.createdAt)],
	['ResponseObjects', 'item:ResponseObjects', () => '<t:ResponseObjects><t:ReplyToItem/><t:ReplyAllToItem/><t:ForwardItem/></t:ResponseObjects>'],
	['ReminderIsSet', 'item:ReminderIsSet', () => boolean('ReminderIsSet', false)],
	['ReminderMinutesBeforeStart', 'item:ReminderMinutesBeforeStart', () => '<t:ReminderMinutesBeforeStart>0</t:ReminderMinutesBeforeStart>'],
	['DisplayCc', 'item:DisplayCc', (item, view) => element('DisplayCc', cut(displayed(item.content.cc), view))],
	['DisplayTo', 'item:DisplayTo', (item, view) => element('DisplayTo', cut(displayed(item.content.to), view))],
	['HasAttachments', 'item:HasAttachments', item => boolean('HasAttachments', item.hasAttachments)],
	['ExtendedProperty', '', (_, {extended}) => extended],
	['Culture', 'item:Culture', () => '<t:Culture>en-US</t:Culture>'],
	['EffectiveRights', 'item:EffectiveRights', () => effectiveRights(3)],
	['LastModifiedName', 'item:LastModifiedName', () => element('LastModifiedName', 'Test User')],
	['LastModifiedTime', 'item:LastModifiedTime', item => date('LastModifiedTime', item.modifiedAt)],
	['IsAssociated', 'item:IsAssociated', () => boolean('IsAssociated', false)],
	['WebClientReadFormQueryString', 'item:WebClientReadFormQueryString', item => element('WebClientReadFormQueryString', formQuery(item))],
	['ConversationId', 'item:ConversationId', (item, {mailbox}) => `<t:ConversationId Id="${mailbox.ids.conversation(conversation(item))}"/>`],
	['Flag', 'item:Flag', item => `<t:Flag>${element('FlagStatus', flagStatus(item))}</t:Flag>`],
	['Sender', 'message:Sender', (item, view) => one('Sender', item.content.sender ?? item.content.from, view)],
	['ToRecipients', 'message:ToRecipients', (item, view) => several('ToRecipients', item.content.to, view)],
	['CcRecipients', 'message:CcRecipients', (item, view) => several('CcRecipients', item.content.cc, view)],
	['BccRecipients', 'message:BccRecipients', (item, view) => several('BccRecipients', item.content.bcc, view)],
	['IsReadReceiptRequested', 'message:IsReadReceiptRequested', item => boolean('IsReadReceiptRequested', item.wantsReceipt)],
	['IsDeliveryReceiptRequested', 'message:IsDeliveryReceiptRequested', () => boolean('IsDeliveryReceiptRequested', false)],
	['ConversationIndex', 'message:ConversationIndex', item => element('ConversationIndex', conversationIndex(item))],
	['ConversationTopic', 'message:ConversationTopic', (item, view) => optional('ConversationTopic', cut(topicOf(item.subject), view))],
	['From', 'message:From', (item, view) => one('From', item.content.from, view)],
	['InternetMessageId', 'message:InternetMessageId', (item, view) => element('InternetMessageId', cut(item.messageId, view))],
	['IsRead', 'message:IsRead', item => boolean('IsRead', item.isRead)],
	['References', 'message:References', (item, view) => optional('References', item.content.references && cut(item.content.references, view))],
	['ReplyTo', 'message:ReplyTo', (item, view) => several('ReplyTo', item.content.replyTo, view)],
];

/** What FindItem never gives (lesson 27), so that asking for it is an error. */
export const notInFind = new Set(['MimeContent', 'Body', 'Attachments', 'InternetMessageHeaders', 'ResponseObjects', 'ToRecipients', 'CcRecipients', 'BccRecipients', 'ReplyTo']);

/** Left out of AllProperties: asked for by name, or of a later schema. */
const byNameOnly = new Set(['MimeContent', 'Flag']);
/** Left out of the AllProperties of FindItem. */
const recordedInGetOnly = new Set(['ReminderIsSet', 'ReminderMinutesBeforeStart']);
const inDefault = new Set(['ItemId', 'Subject', 'Sensitivity', 'Body', 'Attachments', 'Size', 'DateTimeSent', 'DateTimeCreated', 'ResponseObjects', 'HasAttachments', 'ToRecipients', 'CcRecipients', 'From', 'IsRead', 'IsReadReceiptRequested', 'IsDeliveryReceiptRequested']);

/** Names of the elements of a shape. */
export const shapeFields = (shape: string, find: boolean): Set<string> => new Set(itemFields.map(([name]) => name).filter(name => {
	if (shape === 'IdOnly') {
		return name === 'ItemId';
	}

	if (find && (notInFind.has(name) || recordedInGetOnly.has(name))) {
		return false;
	}

	return shape === 'Default' ? inDefault.has(name) : !byNameOnly.has(name);
}));

/** Element names by kind: the created element need not be `t:Message` (reference 2.8). */
export const elementNames: Readonly<Record<keyof typeof objectKinds, string>> = {
	folder: 'Folder', message: 'Message', meetingRequest: 'MeetingRequest', meetingResponse: 'MeetingResponse', meetingCancellation: 'MeetingCancellation', calendar: 'CalendarItem', contact: 'Contact', post: 'PostItem',
};
