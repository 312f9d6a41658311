import {inBatch} from './ews-batch.js';
import {type Operation} from './ews-call.js';
import {itemOf, targetFolder} from './ews-ids.js';
import {itemIdXml} from './ews-item-shape.js';
import {childOf, textOfChild} from './xml-tree.js';

/** MoveItem: the item has another id afterwards (lesson 24). */
export const moveItem: Operation = async call => {
	const {element} = call.request;
	return inBatch(call, childOf(element, 'ItemIds')!.children, id => {
		const folder = targetFolder(call, childOf(element, 'ToFolderId')!, 'ErrorFolderNotFound');
		const moved = call.mailbox.move(itemOf(call, id), folder);
		return textOfChild(element, 'ReturnNewItemIds')?.trim() === 'false' ? '<m:Items/>' : itemIdXml(moved, call);
	});
};

/** DeleteItem: for good, or into Deleted Items; the answer has no container (lesson 18). */
export const deleteItem: Operation = async call => {
	const {element} = call.request;
	return inBatch(call, childOf(element, 'ItemIds')!.children, id => {
		const item = itemOf(call, id);
		if (element.attributes.get('DeleteType') === 'MoveToDeletedItems') {
			call.mailbox.move(item, call.mailbox.distinguished('deleteditems')!);
		} else {
			call.mailbox.delete(item);
		}

		return '';
	});
};
