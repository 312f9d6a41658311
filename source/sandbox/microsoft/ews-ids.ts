import {type Call} from './ews-call.js';
import {counterOfChangeKey, kindOfId} from './entry-ids.js';
import {ItemRefused} from './ews-refusals.js';
import {type Folder} from './folder.js';
import {type Item} from './item.js';
import {childOf, textOfChild, type XmlElement} from './xml-tree.js';

const checkChangeKey = (element: XmlElement): void => {
	const changeKey = element.attributes.get('ChangeKey');
	if (changeKey !== undefined && counterOfChangeKey(changeKey) === undefined) {
		throw new ItemRefused('ErrorInvalidChangeKey');
	}
};

/** The folder that a FolderId or DistinguishedFolderId names. @throws ItemRefused, `gone` where it is well-formed but names none */
export const folderOf = ({mailbox, addresses}: Call, element: XmlElement, gone: string): Folder => {
	const id = element.attributes.get('Id')!;
	if (element.name === 'DistinguishedFolderId') {
		const address = textOfChild(childOf(element, 'Mailbox'), 'EmailAddress');
		if (address !== undefined && !addresses.includes(address.toLowerCase())) {
			throw new ItemRefused('ErrorAccessDenied');
		}

		const folder = mailbox.distinguished(id);
		if (!folder) {
			throw new ItemRefused('ErrorFolderNotFound');
		}

		return folder;
	}

	const kind = kindOfId(id);
	if (kind !== 'folder') {
		throw new ItemRefused(kind === 'item' ? 'ErrorCannotUseItemIdForFolderId' : 'ErrorInvalidIdMalformed');
	}

	checkChangeKey(element);
	const folder = mailbox.folderById(id);
	if (!folder) {
		throw new ItemRefused(gone);
	}

	return folder;
};

/** The folder of a ToFolderId, ParentFolderId or SavedItemFolderId. */
export const targetFolder = (call: Call, element: XmlElement, gone: string): Folder => folderOf(call, element.children[0]!, gone);

/** The item that an ItemId names; a moved one is not found by its old id. @throws ItemRefused */
export const itemOf = ({mailbox}: Call, element: XmlElement): Item => {
	const id = element.attributes.get('Id')!;
	const kind = kindOfId(id);
	if (kind !== 'item') {
		throw new ItemRefused(kind === 'folder' ? 'ErrorCannotUseFolderIdForItemId' : 'ErrorInvalidIdMalformed');
	}

	checkChangeKey(element);
	const item = mailbox.item(id);
	if (!item) {
		throw new ItemRefused('ErrorItemNotFound');
	}

	return item;
};
