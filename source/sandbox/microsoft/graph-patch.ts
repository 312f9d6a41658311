/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {type GraphCall, type GraphReply} from './graph-call.js';
import {
	booleanOf, categoriesOf, checkNames, contentOfJson, flagNumber, importanceOf, type Json,
} from './graph-content.js';
import {GraphRefused} from './graph-errors.js';
import {contextKey} from './graph-ids.js';
import {etagOf, messageJson} from './graph-message-shape.js';
import {propertiesIn} from './graph-properties.js';
import {isComputed} from './item-properties.js';
import {messageFlags, type Item, type PropertyValue} from './item.js';
import {parseDateTime} from './property-key.js';

/** From this day, changing these of what is no draft takes Mail-Advanced (reference 3.2). */
const sensitiveFrom = Date.UTC(2026, 11, 31);
const sensitive = ['subject', 'body', 'toRecipients', 'ccRecipients', 'bccRecipients', 'from', 'sender', 'replyTo', 'internetMessageId'] as const;

type Change = (item: Item, value: unknown, call: GraphCall) => void;

/** What one extended property does later; draft state, dates and what the store computes stay as they are, without a word (reference 2.2, 3.1). */
const setProperty = (item: Item, key: string, {type, value}: PropertyValue, call: GraphCall): void => {
	if (key === '0x0e07') {
		call.mailbox.markRead(item, Number(value) % 2 === messageFlags.read, true);
	} else if (key === '0x0029' && type === 'Boolean') {
		item.wantsReceipt = value === 'true';
	} else if ((key === '0x0e06' || key === '0x0039') && (call.manner.patchesDates === true || item.isDraft)) {
		const time = parseDateTime(value);
		item.receivedAt = key === '0x0e06' ? time ?? item.receivedAt : item.receivedAt;
		item.sentAt = key === '0x0039' ? time ?? item.sentAt : item.sentAt;
	} else if (!isComputed(key)) {
		if (key.includes('/') && call.parts.namesUsedUp) {
			throw new GraphRefused('ErrorQuotaExceeded', {text: 'Cannot get ID from name.'});
		}

		item.properties.set(key, {type, value});
	}
};

/** In this order: the receipt goes out unless the wish for it was cleared by a PATCH before the one that marks the message read (design, rule 17). */
const changes: ReadonlyArray<readonly [name: string, change: Change]> = [
	['isRead', (item, value, call) => {
		call.mailbox.markRead(item, booleanOf(value), false);
	}],
	['isReadReceiptRequested', (item, value) => {
		item.wantsReceipt = booleanOf(value);
	}],
	['flag', (item, value) => {
		item.properties.set('0x1090', {type: 'Integer', value: String(flagNumber(value))});
	}],
	['categories', (item, value) => {
		item.categories = categoriesOf(value);
	}],
	['importance', (item, value) => {
		item.importance = importanceOf(value);
	}],
	['singleValueExtendedProperties', (item, value, call) => {
		for (const [key, property] of propertiesIn(value)) {
			setProperty(item, key, property, call);
		}
	}],
];

const setContent = (item: Item, json: Json, call: GraphCall): boolean => {
	const given = Object.fromEntries(sensitive.filter(name => json[name] !== undefined).map(name => [name, json[name]]));
	if (Object.keys(given).length === 0) {
		return false;
	}

	if (!item.isDraft && call.parts.host.clock.now() >= sensitiveFrom) {
		call.need('Mail-Advanced.ReadWrite.All');
	}

	const content = contentOfJson(given, item.content);
	call.mailbox.replaceContent(item, content);
	item.messageId = content.messageId ?? item.messageId;
	return true;
};

/** PATCH of a message: the whole of it comes back, and the read state alone leaves change key, etag and date as they were (lesson 41). @throws GraphRefused */
export const patchMessage = (call: GraphCall, id: string, key?: string): GraphReply => {
	call.need('Mail.ReadWrite');
	const json = call.json();
	checkNames(json);
	const item = call.item(id);
	const match = call.parts.headers['if-match'];
	if (match !== undefined && match !== '*' && match !== etagOf(item, call)) {
		const text = 'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.';
		throw new GraphRefused('ErrorIrresolvableConflict', {status: 412, text});
	}

	let touched = setContent(item, json, call);
	for (const [name, change] of changes) {
		if (json[name] !== undefined) {
			change(item, json[name], call);
			touched ||= name !== 'isRead';
		}
	}

	if (touched) {
		call.mailbox.touch(item);
	}

	return {status: 200, json: {'@odata.context': call.context(`${key === undefined ? 'messages' : `mailFolders${contextKey(key)}/messages`}/$entity`), ...messageJson(item, call)}};
};
