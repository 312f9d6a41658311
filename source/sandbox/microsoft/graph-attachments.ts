/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {attachmentAt, attachmentJson, attachmentsJson} from './graph-attachment-shape.js';
import {type GraphCall, type GraphReply} from './graph-call.js';
import {attachmentOf} from './graph-content.js';
import {GraphRefused} from './graph-errors.js';
import {contextKey, graphId, keyOf} from './graph-ids.js';
import {readQuery} from './graph-query.js';
import {type Attachment} from './content.js';
import {type Item} from './item.js';
import {writeMime} from './mime-out.js';

const contextOf = (call: GraphCall, id: string): string => call.context(`messages${contextKey(id)}/attachments`);

/** All of each, content too, unless `$select` asks for less. */
export const listAttachments = (call: GraphCall, id: string): GraphReply => {
	const {select} = readQuery(call.parts.query);
	const wanted = select && new Set(['@odata.type', '@odata.mediaContentType', 'id', ...select]);
	const shown = (json: Record<string, unknown>) => wanted ? Object.fromEntries(Object.entries(json).filter(([name]) => wanted.has(name))) : json;
	return {status: 200, json: {'@odata.context': contextOf(call, id), value: attachmentsJson(call.item(id), call).map(json => shown(json))}};
};

export const getAttachment = (call: GraphCall, id: string, attachment: string): GraphReply => {
	const item = call.item(id);
	return {status: 200, json: {'@odata.context': `${contextOf(call, id)}/$entity`, ...attachmentJson(item, attachmentAt(item, attachment).index, call)}};
};

/** Its bytes; of an attached message, its MIME made anew. */
export const getAttachmentBytes = (call: GraphCall, id: string, key: string): GraphReply => {
	const item = call.item(id);
	const {attachment} = attachmentAt(item, key);
	const {random} = call.parts.host;
	return attachment.embedded
		? {status: 200, contentType: 'text/plain', bytes: writeMime(attachment.embedded, {receivedAt: item.receivedAt, random: () => random.next()})}
		: {status: 200, contentType: attachment.contentType, bytes: attachment.bytes};
};

/** @throws GraphRefused where the message grows too large; StoreRefusal `quota` */
export const attach = (call: GraphCall, item: Item, attachment: Attachment): number => {
	const {messageBytes = Number.POSITIVE_INFINITY} = call.parts.host.limits;
	const attachments = [...item.content.attachments, attachment];
	if (attachments.reduce((sum, {bytes}) => sum + bytes.length, item.received?.length ?? 0) > messageBytes) {
		throw new GraphRefused('ErrorMessageSizeExceeded');
	}

	call.mailbox.replaceContent(item, {...item.content, attachments});
	return attachments.length - 1;
};

/** One that fits into the request; to what is no draft as well (reference 3.5). */
export const addAttachment = (call: GraphCall, id: string): GraphReply => {
	call.need('Mail.ReadWrite');
	const item = call.item(id);
	const json = attachmentJson(item, attach(call, item, attachmentOf(call.json())), call);
	return {
		status: 201, location: call.location(`messages${keyOf(graphId(item.id))}/attachments${keyOf(String(json.id))}`), json: {'@odata.context': `${contextOf(call, id)}/$entity`, ...json},
	};
};

export const deleteAttachment = (call: GraphCall, id: string, key: string): GraphReply => {
	call.need('Mail.ReadWrite');
	const item = call.item(id);
	const {index} = attachmentAt(item, key);
	call.mailbox.replaceContent(item, {...item.content, attachments: item.content.attachments.filter((_, at) => at !== index)});
	return {status: 204};
};
