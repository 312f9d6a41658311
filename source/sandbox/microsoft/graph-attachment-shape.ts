/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {Buffer} from 'node:buffer';
import {type Attachment} from './content.js';
import {type GraphCall} from './graph-call.js';
import {graphId, storeId} from './graph-ids.js';
import {GraphRefused} from './graph-errors.js';
import {type Item} from './item.js';
import {dateText} from './property-key.js';

/** Its own end to the message's id; by its place. */
const endOf = (index: number): string => `AABIAEAB${Buffer.from([0xA0, Math.floor(index / 256), index % 256]).toString('base64')}`;

export const attachmentId = (item: Item, index: number, call: GraphCall): string => `${call.idOf(item).replace(/=+$/v, '')}${graphId(endOf(index))}`;

/** @throws GraphRefused where there is none of that id */
export const attachmentAt = (item: Item, id: string): {readonly attachment: Attachment; readonly index: number} => {
	const end = storeId(id).slice(-12);
	const index = item.content.attachments.findIndex((_, at) => endOf(at) === end);
	if (index === -1) {
		throw new GraphRefused('ErrorItemNotFound');
	}

	return {attachment: item.content.attachments[index]!, index};
};

/** An attachment as JSON; an attached message has no content type (lesson 48). */
export const attachmentJson = (item: Item, index: number, call: GraphCall): Record<string, unknown> => {
	const {name, contentType, contentId, inline, bytes, embedded} = item.content.attachments[index]!;
	const common = {
		id: attachmentId(item, index, call), lastModifiedDateTime: dateText(item.modifiedAt), name, contentType: embedded ? null : contentType, size: bytes.length + 158, isInline: inline,
	};
	return embedded
		? {'@odata.type': '#microsoft.graph.itemAttachment', ...common}
		: {
			'@odata.type': '#microsoft.graph.fileAttachment', '@odata.mediaContentType': contentType, ...common, contentId: contentId ?? null, contentLocation: null, contentBytes: Buffer.from(bytes).toString('base64'),
		};
};

export const attachmentsJson = (item: Item, call: GraphCall): Array<Record<string, unknown>> => item.content.attachments.map((_, index) => attachmentJson(item, index, call));
