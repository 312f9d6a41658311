import {type Operation} from './ews-call.js';
import {createItem} from './ews-create-item.js';
import {findItem} from './ews-find-item.js';
import {
	createFolder, deleteFolder, findFolder, getFolder,
} from './ews-folders.js';
import {getItem} from './ews-get-item.js';
import {deleteItem, moveItem} from './ews-move-delete.js';
import {type OperationName} from './ews-request.js';
import {updateItem} from './ews-update-item.js';
import {type XmlElement} from './xml-tree.js';

/* eslint-disable @typescript-eslint/naming-convention -- names of operations */
export const operationsByName: Readonly<Record<OperationName, Operation>> = {
	GetFolder: getFolder,
	FindFolder: findFolder,
	CreateFolder: createFolder,
	DeleteFolder: deleteFolder,
	FindItem: findItem,
	GetItem: getItem,
	CreateItem: createItem,
	UpdateItem: updateItem,
	MoveItem: moveItem,
	DeleteItem: deleteItem,
};
/* eslint-enable @typescript-eslint/naming-convention */

const reading = new Set(['GetFolder', 'FindFolder', 'FindItem', 'GetItem']);

/** Names that a fault rule may know an operation by. */
export const namesOf = (operation: string): string[] => [operation, reading.has(operation) ? 'find' : 'write', 'call'];

const lists = new Set(['Items', 'ItemIds', 'ItemChanges', 'Folders', 'FolderIds', 'ParentFolderIds']);
const places = new Set(['SavedItemFolderId', 'ParentFolderId', 'ParentFolderIds', 'ToFolderId', 'FolderIds']);

/** How many items or folders a call is about. */
export const countOf = ({children}: XmlElement): number => {
	const list = children.findLast(({name}) => lists.has(name));
	return list?.children.length ?? 0;
};

/** The first id of a folder that a call names. */
export const folderIdOf = ({children}: XmlElement): string | undefined => children.find(({name}) => places.has(name))?.children[0]?.attributes.get('Id');
