import {type Call, type Operation} from './ews-call.js';
import {errorMessage, successMessage} from './ews-envelope.js';
import {folderOf} from './ews-ids.js';
import {itemXml, shapeOf} from './ews-item-shape.js';
import {type Path} from './ews-paths.js';
import {pageOf} from './ews-paging.js';
import {refusalOf} from './ews-refusals.js';
import {predicateOf, sortBy, type FieldValue} from './ews-search.js';
import {propertyOf} from './item-properties.js';
import {type Item} from './item.js';
import {dateText} from './property-key.js';
import {childOf, type XmlElement} from './xml-tree.js';

/* eslint-disable @typescript-eslint/naming-convention -- names of fields and types */
const fields: Readonly<Record<string, readonly [FieldValue['kind'], (item: Item) => string | undefined]>> = {
	'item:ItemClass': ['text', item => item.itemClass],
	'item:Subject': ['text', item => item.subject],
	'item:DateTimeReceived': ['date', item => dateText(item.receivedAt)],
	'item:DateTimeSent': ['date', item => dateText(item.sentAt)],
	'item:DateTimeCreated': ['date', item => dateText(item.createdAt)],
	'item:LastModifiedTime': ['date', item => dateText(item.modifiedAt)],
	'item:Size': ['number', item => String(item.size)],
	'item:HasAttachments': ['boolean', item => String(item.hasAttachments)],
	'item:Importance': ['text', item => item.importance],
	'item:InReplyTo': ['text', item => item.content.inReplyTo],
	'item:IsDraft': ['boolean', item => String(item.isDraft)],
	'item:IsSubmitted': ['boolean', item => String(item.isSubmitted)],
	'message:InternetMessageId': ['text', item => item.messageId],
	'message:IsRead': ['boolean', item => String(item.isRead)],
	'message:References': ['text', item => item.content.references],
};

const kinds: Readonly<Record<string, FieldValue['kind']>> = {
	Integer: 'number', Short: 'number', Long: 'number', SystemTime: 'date', Boolean: 'boolean',
};
/* eslint-enable @typescript-eslint/naming-convention */

const readField = (item: Item, path: Path): FieldValue => {
	if ('key' in path) {
		return {kind: kinds[path.type] ?? 'text', text: propertyOf(item, path.key, path.type)};
	}

	const [kind, of] = fields[path.uri] ?? ['text', () => undefined];
	return {kind, text: of(item)};
};

/** Newest first, where nothing else was asked for. */
const newestFirst = (a: Item, b: Item): number => b.receivedAt - a.receivedAt || b.createdAt - a.createdAt;

const find = (call: Call, parent: XmlElement): string => {
	const {request: {element, operation}, host: {limits, random}, mailbox, trouble} = call;
	const shape = shapeOf(element, true);
	const folder = folderOf(call, parent, 'ErrorItemNotFound');
	const restriction = childOf(element, 'Restriction');
	const predicate = predicateOf(restriction, readField);
	const order = childOf(element, 'SortOrder');
	const shallow = element.attributes.get('Traversal') === 'Shallow';
	const items = shallow ? [...folder.items.values()].reverse().filter(item => predicate?.(item) ?? true) : [];
	const sorted = order ? sortBy(items, order, readField) : items.sort(newestFirst);
	const {entries, attributes} = pageOf(sorted, childOf(element, 'IndexedPageItemView'), {
		cap: restriction ? limits.pageWithRestriction ?? 250 : limits.page ?? 1000, short: limits.shortPages ?? 0.1, random,
	});
	const content = entries.map((item, index) => itemXml(item, shape, {mailbox, find: true, spoil: index === 0 ? trouble.spoil : undefined})).join('');
	return successMessage(operation, `<m:RootFolder ${attributes}>${content === '' ? '<t:Items/>' : `<t:Items>${content}</t:Items>`}</m:RootFolder>`);
};

/** FindItem: one response message for each folder asked. */
export const findItem: Operation = async call => {
	const messages: string[] = [];
	for (const [index, parent] of childOf(call.request.element, 'ParentFolderIds')!.children.entries()) {
		await call.spend(); // eslint-disable-line no-await-in-loop -- one after the other, as the servers do
		const trouble = call.trouble.of(index);
		try {
			messages.push(trouble ? errorMessage('FindItem', trouble.refused, '') : find(call, parent));
		} catch (error) {
			messages.push(errorMessage('FindItem', refusalOf(error), ''));
		}
	}

	return messages;
};
