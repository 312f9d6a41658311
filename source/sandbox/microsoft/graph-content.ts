
import {Buffer} from 'node:buffer';
import {type Address, type Attachment, type Content} from './content.js';
import {badRequest, GraphRefused} from './graph-errors.js';
import {graphDefaults} from './graph-options.js';

/** Bodies of requests, before anything is known of them. */
export type Json = Readonly<Record<string, unknown>>;

/** What a message may hold in a body; others do not exist. Those of the last group are ignored without a word (reference 3.3). */
const messageNames = new Set([
	'subject',
	'body',
	'from',
	'sender',
	'toRecipients',
	'ccRecipients',
	'bccRecipients',
	'replyTo',
	'internetMessageId',
	'internetMessageHeaders',
	'attachments',
	'isRead',
	'flag',
	'categories',
	'importance',
	'isReadReceiptRequested',
	'isDeliveryReceiptRequested',
	'inferenceClassification',
	'singleValueExtendedProperties',
	'id',
	'changeKey',
	'createdDateTime',
	'lastModifiedDateTime',
	'receivedDateTime',
	'sentDateTime',
	'hasAttachments',
	'bodyPreview',
	'parentFolderId',
	'conversationId',
	'conversationIndex',
	'isDraft',
	'webLink',
	'uniqueBody',
]);

export const badPayload = (): GraphRefused => badRequest('Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.');

/** @throws GraphRefused for a property that messages do not have */
export const checkNames = (json: Json): void => {
	for (const name of Object.keys(json)) {
		if (!messageNames.has(name) && !name.includes('@')) {
			throw new GraphRefused('RequestBodyRead', {text: `The property '${name}' does not exist on type 'microsoft.graph.message'. Make sure to only use property names that are defined by the type.`, hasInner: true});
		}
	}
};

const textOf = (value: unknown): string => {
	if (typeof value !== 'string') {
		throw badPayload();
	}

	return value;
};

const addressOf = (given: unknown): Address => {
	const {address, name} = (given as {emailAddress?: Record<string, unknown>} | undefined)?.emailAddress ?? {};
	const known = address === undefined || address === null ? '' : textOf(address);
	return {name: name === undefined || name === null ? known : textOf(name), address: known};
};

const addressesOf = (given: unknown): Address[] => {
	if (given !== undefined && !Array.isArray(given)) {
		throw badPayload();
	}

	return (given as unknown[] | undefined)?.map(one => addressOf(one)) ?? [];
};

const longestHeaders = 5;
const longestHeader = 995;

/** Names begin with `x-`, five at most (reference 3.3). */
const headersOf = (given: unknown): string => {
	if (given === undefined) {
		return '';
	}

	if (!Array.isArray(given) || given.length > longestHeaders) {
		throw new GraphRefused('InvalidInternetMessageHeaderCollection', {text: 'Maximum number of headers in one message should be less than or equal to 5.'});
	}

	return (given as Json[]).map(({name, value}) => {
		if (!/^x-/iv.test(textOf(name)) || textOf(value).length > longestHeader) {
			throw new GraphRefused('InvalidInternetMessageHeader', {text: `The internet message header name '${textOf(name)}' should start with 'x-' or 'X-'.`});
		}

		return `${textOf(name)}: ${textOf(value)}`;
	}).join('\r\n');
};

const base64 = (text: string): Uint8Array => {
	if (/[^\d+\/=A-Za-z\-_]/v.test(text)) {
		throw badPayload();
	}

	return Buffer.from(text, 'base64');
};

const nothing: Content = {
	itemClass: 'IPM.Note', subject: '', to: [], cc: [], bcc: [], replyTo: [], importance: 'Normal', headers: '', attachments: [], wantsReceipt: false,
};

/** An attachment as JSON gives it. @throws GraphRefused 413 above what fits into a request */
export const attachmentOf = (json: Json): Attachment => {
	const {name, contentType, contentId, isInline, contentBytes, item} = json;
	if (json['@odata.type'] === '#microsoft.graph.itemAttachment') {
		const embedded = contentOfJson(item as Json, nothing);
		return {
			name: textOf(name), contentType: 'message/rfc822', inline: false, bytes: Buffer.from(embedded.html ?? embedded.text ?? ''), embedded,
		};
	}

	if (json['@odata.type'] !== '#microsoft.graph.fileAttachment') {
		throw badRequest('A type named \'microsoft.graph.attachment\' is abstract: say which attachment it is.');
	}

	const bytes = base64(textOf(contentBytes));
	if (bytes.length > graphDefaults.attachmentBytes) {
		throw new GraphRefused('RequestEntityTooLarge');
	}

	return {
		name: textOf(name), contentType: typeof contentType === 'string' && contentType !== '' ? contentType : 'application/octet-stream', inline: isInline === true, bytes,
		...(typeof contentId === 'string' && contentId !== '' && {contentId: contentId.replaceAll(/^<|>$/gv, '')}),
	};
};

const importances = new Map<unknown, Content['importance']>([['low', 'Low'], ['normal', 'Normal'], ['high', 'High']]);

export const importanceOf = (given: unknown): Content['importance'] => {
	const importance = importances.get(typeof given === 'string' ? given.toLowerCase() : given);
	if (importance === undefined) {
		throw badPayload();
	}

	return importance;
};

const bodyOf = (given: unknown): Pick<Content, 'text' | 'html'> => {
	const {contentType, content} = given as Json;
	const kind = textOf(contentType).toLowerCase();
	if (kind !== 'text' && kind !== 'html') {
		throw badPayload();
	}

	return kind === 'html' ? {html: textOf(content), text: undefined} : {text: textOf(content), html: undefined};
};

/** What a body makes of a message: what it does not name stays as it was. @throws GraphRefused */
export const contentOfJson = (json: Json, before: Content = nothing): Content => {
	checkNames(json);
	const people = Object.fromEntries(([['to', 'toRecipients'], ['cc', 'ccRecipients'], ['bcc', 'bccRecipients'], ['replyTo', 'replyTo']] as const)
		.filter(([, name]) => json[name] !== undefined)
		.map(([own, name]) => [own, addressesOf(json[name])]));
	return {
		...before,
		...people,
		...(json.subject !== undefined && {subject: json.subject === null ? '' : textOf(json.subject)}),
		...(json.body !== undefined && bodyOf(json.body)),
		...(json.from !== undefined && {from: addressOf(json.from)}),
		...(json.sender !== undefined && {sender: addressOf(json.sender)}),
		...(json.internetMessageId !== undefined && {messageId: textOf(json.internetMessageId)}),
		...(json.internetMessageHeaders !== undefined && {headers: headersOf(json.internetMessageHeaders)}),
		...(json.importance !== undefined && {importance: importanceOf(json.importance)}),
		...(json.isReadReceiptRequested !== undefined && {wantsReceipt: json.isReadReceiptRequested === true}),
		...(Array.isArray(json.attachments) && {attachments: (json.attachments as Json[]).map(one => attachmentOf(one))}),
	};
};

const flagNumbers = new Map<unknown, number>([['notFlagged', 0], ['complete', 1], ['flagged', 2]]);

/** PidTagFlagStatus of a `flag`. */
export const flagNumber = (flag: unknown): number => {
	const number = flagNumbers.get((flag as Json | undefined)?.flagStatus);
	if (number === undefined) {
		throw badPayload();
	}

	return number;
};

export const categoriesOf = (given: unknown): string[] => {
	if (!Array.isArray(given)) {
		throw badPayload();
	}

	return given.map(one => textOf(one));
};

export const booleanOf = (given: unknown): boolean => {
	if (typeof given !== 'boolean') {
		throw badPayload();
	}

	return given;
};
