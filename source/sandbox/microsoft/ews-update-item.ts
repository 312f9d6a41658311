import {inBatch} from './ews-batch.js';
import {type Call, type Operation} from './ews-call.js';
import {counterOfChangeKey} from './entry-ids.js';
import {extendedValue} from './ews-create-item.js';
import {itemOf} from './ews-ids.js';
import {itemIdXml} from './ews-item-shape.js';
import {pathOf} from './ews-paths.js';
import {CallRefused, ItemRefused} from './ews-refusals.js';
import {isComputed} from './item-properties.js';
import {messageFlags, type Item} from './item.js';
import {parseDateTime} from './property-key.js';
import {childOf, isTrue, type XmlElement} from './xml-tree.js';

/** The one property inside the item of a SetItemField. @throws ItemRefused ErrorIncorrectUpdatePropertyCount */
const onlyProperty = (update: XmlElement): XmlElement => {
	const [property, ...more] = update.children[1]!.children;
	if (!property || more.length > 0) {
		throw new ItemRefused('ErrorIncorrectUpdatePropertyCount');
	}

	return property;
};

const setExtended = (call: Call, item: Item, property: XmlElement): void => {
	const {key, value} = extendedValue(property);
	switch (key) {
		case '0x0e07': {
		// The read bit only: the unsent bit is settable at creation alone, and a later try is ignored without a word (reference 2.2).
			call.mailbox.markRead(item, Number(value.value) % 2 === messageFlags.read, true);

			break;
		}

		case '0x0e06': {
			item.receivedAt = parseDateTime(value.value) ?? item.receivedAt;

			break;
		}

		case '0x0039': {
			item.sentAt = parseDateTime(value.value) ?? item.sentAt;

			break;
		}

		default: {if (!isComputed(key)) {
			item.properties.set(key, value);
		}
		}
	}
};

/** @returns whether only the read state changed */
const setField = (call: Call, item: Item, update: XmlElement): boolean => {
	const path = pathOf(update.children[0]!);
	const property = onlyProperty(update);
	if ('key' in path) {
		setExtended(call, item, property);
		return false;
	}

	if (property.name !== path.uri.split(':')[1]) {
		throw new ItemRefused('ErrorUpdatePropertyMismatch', {text: 'The property in the change description does not match the path.'});
	}

	switch (path.uri) {
		case 'message:IsRead': {
			call.mailbox.markRead(item, isTrue(property.text), isTrue(call.request.element.attributes.get('SuppressReadReceipts')));
			return true;
		}

		case 'message:IsReadReceiptRequested': {
			item.wantsReceipt = isTrue(property.text);
			return false;
		}

		case 'item:Categories': {
			item.categories = property.children.map(({text}) => text);
			return false;
		}

		case 'item:Importance': {
			item.importance = property.text as Item['importance'];
			return false;
		}

		default: {
			throw new ItemRefused('ErrorInvalidPropertySet');
		}
	}
};

const checkChangeKey = (call: Call, item: Item, id: XmlElement): void => {
	const resolution = call.request.element.attributes.get('ConflictResolution');
	const changeKey = id.attributes.get('ChangeKey');
	if (resolution === 'AlwaysOverwrite') {
		return;
	}

	if (changeKey === undefined) {
		throw new ItemRefused('ErrorChangeKeyRequiredForWriteOperations');
	}

	if (resolution === 'NeverOverwrite' && counterOfChangeKey(changeKey) !== item.change) {
		throw new ItemRefused('ErrorIrresolvableConflict');
	}
};

/** UpdateItem; where only the read state changes, the answer has the stub of a ChangeKey (lesson 22). */
export const updateItem: Operation = async call => inBatch(call, childOf(call.request.element, 'ItemChanges')!.children, change => {
	const id = change.children[0]!;
	const item = itemOf(call, id);
	if (!call.request.element.attributes.has('MessageDisposition')) {
		throw new ItemRefused('ErrorMessageDispositionRequired');
	}

	checkChangeKey(call, item, id);
	let readStateOnly = true;
	for (const update of childOf(change, 'Updates')!.children) {
		if (update.name === 'SetItemField') {
			readStateOnly = setField(call, item, update) && readStateOnly;
		} else if (update.name === 'DeleteItemField') {
			const path = pathOf(update.children[0]!);
			if (!('key' in path)) {
				throw new ItemRefused('ErrorInvalidPropertyDelete', {text: 'Delete action is not supported for this property.'});
			}

			item.properties.delete(path.key);
			readStateOnly = false;
		} else {
			throw new CallRefused('ErrorInvalidRequest', {text: 'The stand-in does not append.'});
		}
	}

	call.mailbox.touch(item);
	return `${itemIdXml(item, call, readStateOnly)}<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>`;
});
