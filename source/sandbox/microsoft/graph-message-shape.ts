import {createHash} from 'node:crypto';
import {Buffer} from 'node:buffer';
import {type Address} from './content.js';
import {htmlBody, textBody} from './ews-body.js';
import {attachmentsJson} from './graph-attachment-shape.js';
import {type GraphCall} from './graph-call.js';
import {badQuery, badRequest} from './graph-errors.js';
import {graphId} from './graph-ids.js';
import {propertyOfId, readProperty, type GraphProperty} from './graph-properties.js';
import {type Expand, type GraphQuery} from './graph-query.js';
import {objectKinds} from './entry-ids.js';
import {type Item} from './item.js';
import {dateText} from './property-key.js';

/** `undefined` is left out. */
type Field = readonly [name: string, of: (item: Item, call: GraphCall) => unknown, onlySelected?: true];

const recipient = ({name, address}: Address) => ({emailAddress: {name: name === '' ? address : name, address}});
const recipients = (addresses: readonly Address[]) => addresses.map(address => recipient(address));

const topicOf = (subject: string): string => subject.replace(/^(?:\s*(?:re|fwd?|aw|wg)\s*:\s*)+/iv, '');
const conversation = (item: Item): Uint8Array => createHash('md5').update(topicOf(item.subject)).digest();

export const changeKeyOf = (item: Item, {mailbox}: GraphCall): string => mailbox.ids.changeKey(objectKinds[item.kind], item.change);
export const etagOf = (item: Item, call: GraphCall): string => `W/"${changeKeyOf(item, call)}"`;

const types: Readonly<Partial<Record<Item['kind'], readonly [type: string, meeting: string]>>> = {
	meetingRequest: ['#microsoft.graph.eventMessageRequest', 'meetingRequest'],
	meetingResponse: ['#microsoft.graph.eventMessageResponse', 'meetingAccepted'],
	meetingCancellation: ['#microsoft.graph.eventMessage', 'meetingCancelled'],
};

/** Left out for what never travelled (lesson 47). */
const headersOf = ({content, isDraft}: Item): unknown => {
	const unfolded = content.headers.replaceAll(/\r?\n(?=[ \t])/gv, '');
	const headers = unfolded.split(/\r?\n/v).flatMap(line => {
		const {name, value} = /^(?<name>[!-9;-~]+):[ \t]*(?<value>.*)$/v.exec(line)?.groups ?? {};
		return name === undefined ? [] : [{name, value}];
	});
	return isDraft || headers.length === 0 ? undefined : headers;
};

const bodyOf = (item: Item, call: GraphCall) => {
	const {content} = item;
	const wantsText = /outlook\.body-content-type\s*=\s*"?text/iv.test(call.parts.headers.prefer ?? '');
	return content.html === undefined || wantsText ? {contentType: 'text', content: textBody(content)} : {contentType: 'html', content: htmlBody(content)};
};

const flagOf = (item: Item) => ({flagStatus: ['notFlagged', 'complete', 'flagged'][Number(item.properties.get('0x1090')?.value ?? 0)] ?? 'notFlagged'});

/** In recorded order. */
const fields: readonly Field[] = [
	['@odata.type', item => types[item.kind]?.[0]],
	['@odata.etag', (item, call) => etagOf(item, call)],
	['id', (item, call) => call.idOf(item)],
	['createdDateTime', item => dateText(item.createdAt)],
	['lastModifiedDateTime', item => dateText(item.modifiedAt)],
	['changeKey', (item, call) => changeKeyOf(item, call)],
	['categories', item => item.categories],
	['receivedDateTime', item => dateText(item.receivedAt)],
	['sentDateTime', item => dateText(item.sentAt)],
	['hasAttachments', item => item.hasAttachments],
	['internetMessageId', item => item.messageId],
	['subject', item => item.subject],
	['bodyPreview', item => textBody(item.content).trim().slice(0, 255)],
	['importance', item => item.importance.toLowerCase()],
	['parentFolderId', item => graphId(item.folder.id)],
	['conversationId', (item, {mailbox}) => graphId(mailbox.ids.conversation(conversation(item)))],
	['conversationIndex', item => Buffer.concat([Uint8Array.of(1, 1, 0xDC, 0x19, 0xD9, 0x65), conversation(item)]).toString('base64')],
	// Null on what arrived (lesson 48).
	['isDeliveryReceiptRequested', item => item.isDraft ? false : null],
	['isReadReceiptRequested', item => item.wantsReceipt],
	['isRead', item => item.isRead],
	['isDraft', item => item.isDraft],
	['webLink', item => `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(item.id)}&exvsurl=1&viewmodel=ReadMessageItem`],
	['inferenceClassification', () => 'focused'],
	['internetMessageHeaders', headersOf, true],
	['meetingMessageType', item => types[item.kind]?.[1]],
	['body', bodyOf],
	['sender', ({content: {sender, from}}) => (sender ?? from) && recipient((sender ?? from)!)],
	['from', ({content: {from}}) => from && recipient(from)],
	['toRecipients', ({content: {to}}) => recipients(to)],
	['ccRecipients', ({content: {cc}}) => recipients(cc)],
	['bccRecipients', ({content: {bcc}}) => recipients(bcc)],
	['replyTo', ({content: {replyTo}}) => recipients(replyTo)],
	['uniqueBody', bodyOf, true],
	['flag', flagOf],
];
const byName = new Map(fields.map(field => [field[0].toLowerCase(), field]));

const fieldOf = (name: string): Field => {
	const field = byName.get(name.toLowerCase());
	if (!field || name.startsWith('@')) {
		throw badQuery(`Could not find a property named '${name}' on type 'microsoft.graph.message'.`);
	}

	return field;
};

/** A value for `$filter` and `$orderby`. @throws GraphRefused for a name that is none */
export const readMessageField = (item: Item, path: readonly string[], call: GraphCall): unknown => {
	let value = fieldOf(path[0]!)[1](item, call);
	for (const name of path.slice(1)) {
		value = (value as Record<string, unknown> | undefined)?.[name];
	}

	return value;
};

/** The properties of `$expand=singleValueExtendedProperties($filter=id eq '…' or id eq '…')`. @throws GraphRefused */
export const expandedProperties = ({options}: Expand): GraphProperty[] => {
	const filter = options.get('$filter');
	const ids = [...(filter ?? '').matchAll(/\bid\s+eq\s+'(?<id>(?:[^']|'')*)'/giv)].map(({groups}) => groups!.id!.replaceAll('\'\'', '\''));
	if (ids.length === 0) {
		throw badRequest('Expand of extended properties needs a filter on id.');
	}

	return ids.map(id => propertyOfId(id));
};

const expanded = (item: Item, expand: Expand, call: GraphCall): Record<string, unknown> => {
	switch (expand.name) {
		case 'attachments': {
			return {attachments: attachmentsJson(item, call)};
		}

		case 'singleValueExtendedProperties': {
			const found = expandedProperties(expand).flatMap(property => {
				const value = readProperty(item, property);
				return value === undefined ? [] : [{id: property.id, value}];
			});
			return found.length === 0 ? {} : {singleValueExtendedProperties: found};
		}

		default: {
			throw badQuery(`Could not find a property named '${expand.name}' on type 'microsoft.graph.message'.`);
		}
	}
};

/** A message as JSON. @throws GraphRefused for names that are none */
export const messageJson = (item: Item, call: GraphCall, asked?: Pick<GraphQuery, 'select' | 'expand'>): Record<string, unknown> => {
	const {select, expand = []} = asked ?? {};
	for (const name of select ?? []) {
		fieldOf(name);
	}

	const wanted = select && new Set(['@odata.type', '@odata.etag', 'id', ...select.map(name => name.toLowerCase())]);
	const shown = fields.filter(([name, , onlySelected]) => wanted === undefined ? !onlySelected : wanted.has(name.toLowerCase()));
	const json: Record<string, unknown> = {};
	for (const [name, of] of shown) {
		const value = of(item, call);
		if (value !== undefined) {
			json[name] = value;
		}
	}

	for (const one of expand) {
		Object.assign(json, expanded(item, one, call));
	}

	return json;
};
