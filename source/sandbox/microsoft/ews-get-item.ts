import {Buffer} from 'node:buffer';
import {inBatch} from './ews-batch.js';
import {type Operation} from './ews-call.js';
import {itemOf} from './ews-ids.js';
import {itemXml, shapeOf} from './ews-item-shape.js';
import {ItemRefused} from './ews-refusals.js';
import {type Item} from './item.js';
import {writeMime} from './mime-out.js';
import {childOf} from './xml-tree.js';

/** GetItem: MIME is made anew from the properties each time, never what came (reference 2.8). */
export const getItem: Operation = async call => {
	const {request: {element}, mailbox, host: {random}, trouble} = call;
	const mimeOf = (item: Item): string => {
		if (item.unreadable) {
			throw new ItemRefused('ErrorMimeContentConversionFailed');
		}

		return Buffer.from(writeMime({...item.content, messageId: item.messageId, sentAt: item.sentAt}, {receivedAt: item.receivedAt, random: () => random.next()})).toString('base64');
	};

	return inBatch(call, childOf(element, 'ItemIds')!.children, id => {
		const shape = shapeOf(element, false);
		const item = itemOf(call, id);
		const mime = shape.wantsMime ? mimeOf(item) : undefined;
		return `<m:Items>${itemXml(item, shape, {
			mailbox, find: false, mime, spoil: trouble.spoil,
		})}</m:Items>`;
	});
};
