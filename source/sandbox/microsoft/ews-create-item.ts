import {Buffer} from 'node:buffer';
import {inBatch} from './ews-batch.js';
import {type Call, type Operation} from './ews-call.js';
import {contentOfFields} from './ews-fields-in.js';
import {targetFolder} from './ews-ids.js';
import {itemIdXml} from './ews-item-shape.js';
import {pathOf} from './ews-paths.js';
import {CallRefused, ItemRefused} from './ews-refusals.js';
import {type Folder} from './folder.js';
import {isComputed} from './item-properties.js';
import {type Item, type NewItem, type PropertyValue} from './item.js';
import {parseMime} from './mime-in.js';
import {type Refusal} from './options.js';
import {parseDateTime, storedValue} from './property-key.js';
import {
	childOf, isTrue, textOfChild, type XmlElement,
} from './xml-tree.js';

/** Elements that only the server sets. */
const readOnly = new Set([
	'ItemId',
	'ParentFolderId',
	'DateTimeReceived',
	'Size',
	'IsSubmitted',
	'IsDraft',
	'IsFromMe',
	'IsResend',
	'IsUnmodified',
	'InternetMessageHeaders',
	'DateTimeSent',
	'DateTimeCreated',
	'ResponseObjects',
	'DisplayCc',
	'DisplayTo',
	'DisplayBcc',
	'HasAttachments',
	'EffectiveRights',
	'LastModifiedName',
	'LastModifiedTime',
	'IsAssociated',
	'WebClientReadFormQueryString',
	'WebClientEditFormQueryString',
	'ConversationId',
	'ConversationIndex',
	'ConversationTopic',
	'ReceivedBy',
	'ReceivedRepresenting',
]);

/** Looks for what does not belong: one expression for all of it would run out of stack on tens of megabytes. */
const isBase64 = (text: string): boolean => {
	const end = text.trimEnd();
	const padding = end.indexOf('=');
	return !/[^\d\s+\/=A-Za-z]/v.test(end) && (padding === -1 || /^={1,2}$/v.test(end.slice(padding)));
};

/** @throws ItemRefused for base64 that is none, and for nothing at all */
const mimeOf = (element: XmlElement): Uint8Array | undefined => {
	const text = textOfChild(element, 'MimeContent');
	if (text === undefined) {
		return undefined;
	}

	if (!isBase64(text)) {
		throw new ItemRefused('ErrorMimeContentInvalidBase64String');
	}

	const bytes = Buffer.from(text, 'base64');
	if (bytes.length === 0) {
		throw new ItemRefused('ErrorMimeContentInvalid');
	}

	return bytes;
};

/** Value of an ExtendedProperty. @throws ItemRefused ErrorInvalidExtendedPropertyValue; CallRefused */
export const extendedValue = (element: XmlElement): {readonly key: string; readonly value: PropertyValue} => {
	const path = pathOf(element.children[0]!);
	if (!('key' in path)) {
		throw new CallRefused('ErrorInvalidExtendedProperty');
	}

	const value = storedValue(path.type, textOfChild(element, 'Value') ?? '');
	if (value === undefined) {
		throw new ItemRefused('ErrorInvalidExtendedPropertyValue');
	}

	return {key: path.key, value: {type: path.type, value}};
};

/** Properties that make the item's own state. */
const states = {flags: '0x0e07', receivedAt: '0x0e06', sentAt: '0x0039'} as const;

const statesOf = (properties: ReadonlyMap<string, PropertyValue>): Pick<NewItem, keyof typeof states> => {
	const flags = properties.get(states.flags);
	const time = (key: string): number | undefined => {
		const property = properties.get(key);
		return property?.type === 'SystemTime' ? parseDateTime(property.value) : undefined;
	};

	return {flags: flags?.type === 'Integer' ? Number(flags.value) : undefined, receivedAt: time(states.receivedAt), sentAt: time(states.sentAt)};
};

const headerLines = (mime: Uint8Array): string[] => {
	const text = Buffer.from(mime.buffer, mime.byteOffset, Math.min(mime.length, 65_536)).toString('latin1');
	return text.split(/\r?\n\r?\n/v, 1)[0]!.replaceAll(/\r?\n(?=[ \t])/gv, '').toLowerCase().split(/\r?\n/v);
};

/** The first refusal whose conditions all hold. */
const refusalFor = (refusals: readonly Refusal[], mime: Uint8Array, folder: Folder): Refusal | undefined => refusals.find(refusal => {
	const {header, sizeOver} = refusal;
	return (header === undefined || headerLines(mime).some(line => line.startsWith(`${header.name.toLowerCase()}:`) && line.includes(header.holds.toLowerCase())))
		&& (sizeOver === undefined || mime.length > sizeOver)
		&& (refusal.folder === undefined || JSON.stringify(refusal.folder) === JSON.stringify(folder.path));
});

const create = async (call: Call, folder: Folder, element: XmlElement): Promise<Item> => {
	const {host, trouble, mailbox} = call;
	const disposition = call.request.element.attributes.get('MessageDisposition');
	if (disposition === undefined) {
		throw new ItemRefused('ErrorMessageDispositionRequired');
	}

	if (disposition !== 'SaveOnly') {
		// A kind answer would hide letters to strangers.
		throw new ItemRefused('ErrorSendAsDenied', {text: 'The stand-in sends nothing.'});
	}

	if (element.children.some(({name}) => readOnly.has(name))) {
		throw new ItemRefused('ErrorInvalidPropertySet');
	}

	const properties = new Map(element.children.filter(({name}) => name === 'ExtendedProperty').map(child => {
		const {key, value} = extendedValue(child);
		return [key, value] as const;
	}));
	const received = mimeOf(element);
	if (received && received.length > (host.limits.messageBytes ?? Number.POSITIVE_INFINITY)) {
		throw new ItemRefused('ErrorMessageSizeExceeded');
	}

	if (received) {
		const refusal = refusalFor(host.refusals, received, folder);
		if (refusal) {
			throw new ItemRefused(refusal.code, {text: refusal.text});
		}
	}

	if (trouble.namesUsedUp && [...properties.keys()].some(key => key.includes('/'))) {
		throw new ItemRefused('ErrorQuotaExceeded', {text: 'Cannot get ID from name.'});
	}

	const content = contentOfFields(received && await parseMime(received), element);
	const isRead = textOfChild(element, 'IsRead');
	const receipt = textOfChild(element, 'IsReadReceiptRequested');
	return mailbox.create(folder, {
		...statesOf(properties),
		content,
		received,
		isRead: isRead === undefined ? undefined : isTrue(isRead),
		wantsReceipt: receipt === undefined ? undefined : isTrue(receipt),
		categories: childOf(element, 'Categories')?.children.map(({text}) => text),
		properties: new Map([...properties].filter(([key]) => !isComputed(key))),
	});
};

/** One item may fault the whole call, of which nothing is stored then. */
const refuseWhole = (refusals: readonly Refusal[], folder: Folder, elements: readonly XmlElement[]): void => {
	for (const element of elements) {
		const refusal = refusalFor(refusals, Buffer.from(textOfChild(element, 'MimeContent') ?? '', 'base64'), folder);
		if (refusal) {
			throw new CallRefused(refusal.code, {text: refusal.text, status: refusal.wholeCall});
		}
	}
};

/** A folder that is not there is told of each item, not of the call. */
const folderIfThere = (folder: () => Folder): Folder | undefined => {
	try {
		return folder();
	} catch (error) {
		if (error instanceof ItemRefused) {
			return undefined;
		}

		throw error;
	}
};

/** CreateItem: stored, never sent (what asks for it is refused); without SavedItemFolderId in Drafts; the answer tells ItemIds alone. */
export const createItem: Operation = async call => {
	const {element} = call.request;
	const elements = childOf(element, 'Items')!.children;
	if (elements.some(({name}) => name !== 'Message' && name !== 'Item')) {
		throw new CallRefused('ErrorInvalidRequest', {text: 'The stand-in creates messages only.'});
	}

	const target = childOf(element, 'SavedItemFolderId');
	const folder = (): Folder => target ? targetFolder(call, target, 'ErrorFolderNotFound') : call.mailbox.distinguished('drafts')!;
	const whole = call.host.refusals.filter(({wholeCall}) => wholeCall !== undefined);
	const known = whole.length > 0 && folderIfThere(folder);
	if (known) {
		refuseWhole(whole, known, elements);
	}

	return inBatch(call, elements, async item => itemIdXml(await create(call, folder(), item), call));
};
