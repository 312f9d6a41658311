import {element, escapeText} from './ews-envelope.js';
import {changeKeyStub, objectKinds} from './entry-ids.js';
import {effectiveRights} from './ews-item-fields.js';
import {extendedProperties, pathOf, type Path} from './ews-paths.js';
import {type FieldValue} from './ews-search.js';
import {type Folder} from './folder.js';
import {type Mailbox} from './mailbox.js';
import {childOf, textOfChild, type XmlElement} from './xml-tree.js';

const shapes: Readonly<Record<string, readonly string[]>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- names of shapes */
	IdOnly: ['FolderId'],
	Default: ['FolderId', 'DisplayName', 'TotalCount', 'ChildFolderCount', 'UnreadCount'],
	AllProperties: ['FolderId', 'ParentFolderId', 'FolderClass', 'DisplayName', 'TotalCount', 'ChildFolderCount', 'EffectiveRights', 'UnreadCount'],
	/* eslint-enable @typescript-eslint/naming-convention */
};

/* eslint-disable @typescript-eslint/naming-convention -- tags */
/** Properties of a folder by tag. */
const tagged: Readonly<Record<string, readonly [type: string, of: (folder: Folder) => string | undefined]>> = {
	'0x3001': ['String', folder => folder.name],
	'0x3602': ['Integer', folder => String(folder.items.size)],
	'0x3613': ['String', folder => folder.folderClass],
	'0x10f4': ['Boolean', folder => String(folder.folderClass === 'IPF.Configuration')],
};
/* eslint-enable @typescript-eslint/naming-convention */

/** How many classes of folders have an element of their own. */
export const folderElement = ({folderClass = '', role}: Folder): string => {
	if (folderClass.startsWith('IPF.Appointment')) {
		return 'CalendarFolder';
	}

	if (folderClass.startsWith('IPF.Contact')) {
		return 'ContactsFolder';
	}

	return folderClass.startsWith('IPF.Task') ? 'TasksFolder' : (role === 'todosearch' ? 'SearchFolder' : 'Folder');
};

/** A whole mailbox's roots count what is below them. */
const idXml = (mailbox: Mailbox, folder: Folder): string => `<t:FolderId Id="${folder.id}" ChangeKey="${mailbox.folderChangeKey(folder)}"/>`;

/** Elements in the order of lesson 13: never FolderClass before ParentFolderId; FolderClass is missing where there is none (lesson 14). */
export const folderXml = (mailbox: Mailbox, folder: Folder, request: XmlElement): string => {
	const shape = childOf(request, 'FolderShape');
	const paths: Path[] = childOf(shape, 'AdditionalProperties')?.children.map(child => pathOf(child)) ?? [];
	const names = new Set([...shapes[textOfChild(shape, 'BaseShape')!] ?? [], ...paths.flatMap(path => 'uri' in path ? [path.uri.replace('folder:', '')] : [])]);
	const name = folderElement(folder);
	const counts = name !== 'CalendarFolder' && name !== 'ContactsFolder';
	const parts: ReadonlyArray<readonly [string, string]> = [
		['FolderId', idXml(mailbox, folder)],
		['ParentFolderId', folder.parent ? `<t:ParentFolderId Id="${folder.parent.id}" ChangeKey="${changeKeyStub(objectKinds.folder)}"/>` : ''],
		['FolderClass', folder.folderClass === undefined ? '' : element('FolderClass', folder.folderClass)],
		['DisplayName', element('DisplayName', folder.name)],
		['TotalCount', `<t:TotalCount>${folder.items.size}</t:TotalCount>`],
		['ChildFolderCount', `<t:ChildFolderCount>${folder.children.length}</t:ChildFolderCount>`],
		['', extendedProperties(paths, (key, type) => tagged[key]?.[0] === type ? tagged[key][1](folder) : undefined, escapeText)],
		['EffectiveRights', effectiveRights(6)],
		['DistinguishedFolderId', folder.role === undefined ? '' : element('DistinguishedFolderId', folder.role)],
		['UnreadCount', counts ? `<t:UnreadCount>${folder.unread}</t:UnreadCount>` : ''],
	];
	return `<t:${name}>${parts.map(([part, xml]) => part === '' || names.has(part) ? xml : '').join('')}</t:${name}>`;
};

/** All that CreateFolder tells (lesson 17). */
export const folderIdXml = (mailbox: Mailbox, folder: Folder): string => {
	const name = folderElement(folder);
	return `<m:Folders><t:${name}>${idXml(mailbox, folder)}</t:${name}></m:Folders>`;
};

export const readFolderField = (folder: Folder, path: Path): FieldValue => {
	if ('key' in path) {
		return {kind: path.type === 'Integer' ? 'number' : (path.type === 'Boolean' ? 'boolean' : 'text'), text: tagged[path.key]?.[1](folder)};
	}

	switch (path.uri) {
		case 'folder:DisplayName': {
			return {kind: 'text', text: folder.name};
		}

		case 'folder:FolderClass': {
			return {kind: 'text', text: folder.folderClass};
		}

		case 'folder:TotalCount': {
			return {kind: 'number', text: String(folder.items.size)};
		}

		default: {
			return {kind: 'text', text: undefined};
		}
	}
};
