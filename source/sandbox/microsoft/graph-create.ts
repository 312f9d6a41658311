/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {Buffer} from 'node:buffer';
import {type Content} from './content.js';
import {type GraphCall, type GraphReply} from './graph-call.js';
import {badRequest, GraphRefused, noSegment} from './graph-errors.js';
import {
	booleanOf, categoriesOf, contentOfJson, flagNumber,
} from './graph-content.js';
import {contextKey, keyOf} from './graph-ids.js';
import {messageJson} from './graph-message-shape.js';
import {keptProperties, propertiesIn} from './graph-properties.js';
import {refuseMessage} from './graph-refusal.js';
import {type Folder} from './folder.js';
import {messageFlags, type Item, type PropertyValue} from './item.js';
import {dateOf} from './mime-date.js';
import {parseMime} from './mime-in.js';
import {parseDateTime} from './property-key.js';

const text = (properties: ReadonlyMap<string, PropertyValue>, key: string, type: string): string | undefined => {
	const property = properties.get(key);
	return property?.type === type ? property.value : undefined;
};

const time = (properties: ReadonlyMap<string, PropertyValue>, key: string): number | undefined => parseDateTime(text(properties, key, 'SystemTime') ?? '');

const without = (content: Content): Content => Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined)) as unknown as Content;

/** Properties that are part of the content, settable at creation (reference 3.3). */
const withProperties = (content: Content, properties: ReadonlyMap<string, PropertyValue>): Content => {
	const own = {
		headers: text(properties, '0x007d', 'String'),
		messageId: text(properties, '0x1035', 'String'),
		references: text(properties, '0x1039', 'String'),
		inReplyTo: text(properties, '0x1042', 'String'),
		itemClass: text(properties, '0x001a', 'String'),
	};
	const headers = [own.headers?.trimEnd(), content.headers].filter(Boolean).join('\r\n');
	return without({...content, ...without(own as unknown as Content), headers});
};

const created = (call: GraphCall, item: Item, context: string): GraphReply => ({
	status: 201, location: call.location(`messages${keyOf(call.idOf(item))}`), json: {'@odata.context': call.context(`${context}/$entity`), ...messageJson(item, call)},
});

/** `POST …/messages` with JSON: a draft, unless 0x0E07 says otherwise, now and never again (reference 3.3). @throws GraphRefused */
export const createMessage = (call: GraphCall, key?: string): GraphReply => {
	call.need('Mail.ReadWrite');
	const json = call.json();
	const folder = key === undefined ? call.mailbox.distinguished('drafts')! : call.folder(key);
	const properties = json.singleValueExtendedProperties === undefined ? new Map<string, PropertyValue>() : propertiesIn(json.singleValueExtendedProperties);
	const content = withProperties(contentOfJson(json), properties);
	refuseMessage(call, {
		folder, properties, headers: [content.headers, `Subject: ${content.subject}`, `Message-ID: ${content.messageId ?? ''}`].join('\r\n'), bytes: call.parts.body.length,
	});
	const kept = keptProperties(properties);
	if (json.flag !== undefined && flagNumber(json.flag) > 0) {
		kept.set('0x1090', {type: 'Integer', value: String(flagNumber(json.flag))});
	}

	const flags = text(properties, '0x0e07', 'Integer');
	const item = call.mailbox.create(folder, {
		content,
		flags: flags === undefined ? undefined : Number(flags),
		isRead: json.isRead === undefined ? undefined : booleanOf(json.isRead),
		receivedAt: time(properties, '0x0e06'),
		sentAt: time(properties, '0x0039'),
		categories: json.categories === undefined ? undefined : categoriesOf(json.categories),
		properties: kept,
	});
	return created(call, item, key === undefined ? 'messages' : `mailFolders${contextKey(key)}/messages`);
};

/** The MIME of a text/plain body: base64 of the whole message. @throws GraphRefused */
const mimeIn = (call: GraphCall): Uint8Array => {
	const given = Buffer.from(call.parts.body).toString('latin1').trim();
	const padding = given.indexOf('=');
	if (/[^\d\s+\/=A-Za-z]/v.test(given) || (padding !== -1 && !/^={1,2}$/v.test(given.slice(padding)))) {
		throw new GraphRefused('ErrorMimeContentInvalidBase64String');
	}

	const bytes = Buffer.from(given, 'base64');
	if (bytes.length === 0) {
		throw new GraphRefused('ErrorMimeContentInvalid');
	}

	return bytes;
};

const headersOfMime = (content: Content): string => content.headers;

/** `POST /messages` with MIME: always a draft in Drafts, received now (reference 3.4). @throws GraphRefused */
export const createMime = async (call: GraphCall, key?: string): Promise<GraphReply> => {
	call.need('Mail.ReadWrite');
	if (key !== undefined) {
		throw new GraphRefused('UnableToDeserializePostBody');
	}

	const received = mimeIn(call);
	const folder = call.mailbox.distinguished('drafts')!;
	const content = await parseMime(received);
	refuseMessage(call, {folder, headers: headersOfMime(content), bytes: received.length});
	if (received.length > (call.manner.losesMimeOver ?? Number.POSITIVE_INFINITY)) {
		return {status: 200, json: {'@odata.context': call.context('messages/$entity')}};
	}

	return created(call, call.mailbox.create(folder, {content, received}), 'messages');
};

/** When the topmost Received field says that it arrived (RFC 5321 4.4), else when it was sent. */
const arrival = ({headers, sentAt}: Content): number | undefined => {
	const unfolded = headers.replaceAll(/\r?\n(?=[ \t])/gv, '');
	const field = /^received:(?<value>.*)$/imv.exec(unfolded)?.groups?.value;
	return (field === undefined ? undefined : dateOf(field.slice(field.lastIndexOf(';') + 1))) ?? sentAt;
};

/** `POST …/mailFolders/{id}/importMime`: no draft, in that folder (reference 3.1); all else by `ImportManner`. @throws GraphRefused */
export const importMime = async (call: GraphCall, key: string): Promise<GraphReply> => {
	const {version, inBatch} = call.parts;
	const {importMime: manner = {}, isNationalCloud = false} = call.manner;
	const isThere = version === 'beta' || manner.v1 === true;
	if (manner.missing === true || isNationalCloud || !isThere) {
		throw noSegment('importMime');
	}

	call.need('Mail-Advanced.ReadWrite.All');
	const folder: Folder = call.folder(key);
	if (call.mediaType !== 'text/plain') {
		throw badRequest('The Content-Type of MIME is text/plain.');
	}

	if (inBatch && !manner.inBatch) {
		throw new GraphRefused('UnableToDeserializePostBody');
	}

	const received = mimeIn(call);
	const content = await parseMime(received);
	refuseMessage(call, {folder, headers: headersOfMime(content), bytes: received.length});
	const item = call.mailbox.create(folder, {
		content, received, isRead: manner.isRead ?? false, flags: manner.isDraft ? messageFlags.unsent : 0,
		receivedAt: manner.receivedDate === 'received' ? arrival(content) : undefined,
	});
	return created(call, item, `mailFolders${contextKey(key)}/messages`);
};
