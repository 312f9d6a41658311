import {inBatch} from './ews-batch.js';
import {type Call, type Operation} from './ews-call.js';
import {errorMessage, successMessage} from './ews-envelope.js';
import {folderIdXml, folderXml, readFolderField} from './ews-folder-shape.js';
import {folderOf, targetFolder} from './ews-ids.js';
import {pageOf} from './ews-paging.js';
import {ItemRefused, refusalOf} from './ews-refusals.js';
import {predicateOf} from './ews-search.js';
import {type Folder} from './folder.js';
import {childOf, textOfChild, type XmlElement} from './xml-tree.js';

/** GetFolder: a deleted folder is ErrorItemNotFound (lesson 19). */
export const getFolder: Operation = async call => {
	const {element} = call.request;
	return inBatch(call, childOf(element, 'FolderIds')!.children, id => `<m:Folders>${folderXml(call.mailbox, folderOf(call, id, 'ErrorItemNotFound'), element)}</m:Folders>`);
};

const byName = (a: Folder, b: Folder): number => a.name.localeCompare(b.name, 'en');

function * inOrder(folder: Folder): Generator<Folder> {
	for (const child of [...folder.children].sort(byName)) {
		yield child;
		yield * inOrder(child);
	}
}

const find = (call: Call, parent: XmlElement): string => {
	const {request: {element}, mailbox, host: {limits, random}} = call;
	const folder = folderOf(call, parent, 'ErrorItemNotFound');
	const predicate = predicateOf(childOf(element, 'Restriction'), readFolderField);
	const traversal = element.attributes.get('Traversal');
	const all = traversal === 'Deep' ? [...inOrder(folder)] : (traversal === 'Shallow' ? [...folder.children].sort(byName) : []);
	const {entries, attributes} = pageOf(all.filter(one => predicate?.(one) ?? true), childOf(element, 'IndexedPageFolderView'), {cap: limits.page ?? 1000, short: limits.shortPages ?? 0.1, random});
	const content = entries.map(one => folderXml(mailbox, one, element)).join('');
	return successMessage('FindFolder', `<m:RootFolder ${attributes}>${content === '' ? '<t:Folders/>' : `<t:Folders>${content}</t:Folders>`}</m:RootFolder>`);
};

/** FindFolder: one response message for each folder asked. */
export const findFolder: Operation = async call => {
	const messages: string[] = [];
	for (const [index, parent] of childOf(call.request.element, 'ParentFolderIds')!.children.entries()) {
		await call.spend(); // eslint-disable-line no-await-in-loop -- one after the other, as the servers do
		const trouble = call.trouble.of(index);
		try {
			messages.push(trouble ? errorMessage('FindFolder', trouble.refused, '') : find(call, parent));
		} catch (error) {
			messages.push(errorMessage('FindFolder', refusalOf(error), ''));
		}
	}

	return messages;
};

const longestName = 255;

/** Elements with a class of their own. */
const typed: Readonly<Record<string, string>> = {
	CalendarFolder: 'IPF.Appointment', ContactsFolder: 'IPF.Contact', TasksFolder: 'IPF.Task', // eslint-disable-line @typescript-eslint/naming-convention -- names of elements
};

/** CreateFolder: without FolderClass the folder has none (lesson 14). */
export const createFolder: Operation = async call => {
	const {element} = call.request;
	return inBatch(call, childOf(element, 'Folders')!.children, given => {
		const parent = targetFolder(call, childOf(element, 'ParentFolderId')!, 'ErrorParentFolderNotFound');
		const name = textOfChild(given, 'DisplayName') ?? '';
		const folderClass = textOfChild(given, 'FolderClass');
		if (typed[given.name] !== undefined && folderClass !== undefined) {
			throw new ItemRefused('ErrorNoFolderClassOverride');
		}

		if (name.trim() === '' || name.length > longestName) {
			throw new ItemRefused('ErrorFolderSave');
		}

		return folderIdXml(call.mailbox, call.mailbox.createFolder(parent, name, typed[given.name] ?? folderClass));
	}, 'ErrorParentFolderNotFound');
};

/** DeleteFolder: whatever kind of deletion is asked for, it is gone with all below it. */
export const deleteFolder: Operation = async call => inBatch(call, childOf(call.request.element, 'FolderIds')!.children, id => {
	call.mailbox.deleteFolder(folderOf(call, id, 'ErrorItemNotFound'));
	return '';
});
