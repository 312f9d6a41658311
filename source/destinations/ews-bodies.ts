import {Buffer} from 'node:buffer';
import {sameSecond, secondOf} from '../mailbox/identity.js';
import {chain, escapeXml} from '../protocols/ews-xml.js';
import {type ItemStates} from './ews-states.js';

/**
Every request body that is sent, as the operation element of messages.xsd; the envelope around it declares the
prefixes `m:` and `t:`. Order of elements and attributes is the schema's: servers answer anything else with
ErrorSchemaValidation.
*/

/** A property of ours, or a MAPI property by its tag (microsoft-365.md 2.2). */
export type Property = {readonly path: string};

const tagged = (tag: string, type: 'Integer' | 'SystemTime'): Property => ({path: `<t:ExtendedFieldURI PropertyTag="${tag}" PropertyType="${type}"/>`});

/** PidTagMessageFlags: bit 1 read, bit 8 unsent. Only at creation can a message be kept from being a draft. */
const messageFlags = tagged('0x0E07', 'Integer');
/** PidTagMessageDeliveryTime: the received date. */
const deliveryTime = tagged('0x0E06', 'SystemTime');
/** PidTagClientSubmitTime: the sent date. */
const submitTime = tagged('0x0039', 'SystemTime');
/** PidTagFlagStatus: 2 for follow-up. */
const flagStatus = tagged('0x1090', 'Integer');
/** PidTagLastVerbExecuted: 102 to 104. */
const lastVerb = tagged('0x1081', 'Integer');
/** PidTagIconIndex: the arrow that Outlook shows. */
const iconIndex = tagged('0x1080', 'Integer');
/** One fixed name: named properties are a limited resource of a mailbox, and never given back. */
export const stampProperty = {set: '7e0f3a52-6b1c-4d2b-9a86-2f1f5a0c9d34', name: 'aw2ms365'} as const;
const stamp: Property = {path: `<t:ExtendedFieldURI PropertySetId="${stampProperty.set}" PropertyName="${stampProperty.name}" PropertyType="String"/>`};

/** Largest page of a folder, and of a search with a restriction (microsoft-365.md 2.6). */
export const pageSize = {listing: 1000, search: 250} as const;

/** Most stamps in one search. */
export const mostStamps = 20;

const field = (uri: string): string => `<t:FieldURI FieldURI="${uri}"/>`;

const folderId = (id: string): string => `<t:FolderId Id="${escapeXml(id)}"/>`;

/** Where a mailbox's folders begin. */
const top = '<t:DistinguishedFolderId Id="msgfolderroot"/>';

const shape = (kind: 'Folder' | 'Item', properties: readonly string[], more = ''): string =>
	`<m:${kind}Shape><t:BaseShape>IdOnly</t:BaseShape>${more}${properties.length > 0 ? `<t:AdditionalProperties>${properties.join('')}</t:AdditionalProperties>` : ''}</m:${kind}Shape>`;

const folderProperties = ['folder:ParentFolderId', 'folder:FolderClass', 'folder:DisplayName'].map(uri => field(uri));

/** Folders by distinguished id, with their names; one answer for each. */
export const getDistinguishedFolders = (ids: readonly string[]): string =>
	`<m:GetFolder>${shape('Folder', folderProperties)}<m:FolderIds>${ids.map(id => `<t:DistinguishedFolderId Id="${escapeXml(id)}"/>`).join('')}</m:FolderIds></m:GetFolder>`;

/** A folder by its id. */
export const getFolder = (id: string): string => `<m:GetFolder>${shape('Folder', folderProperties)}<m:FolderIds>${folderId(id)}</m:FolderIds></m:GetFolder>`;

/** All folders at and below the top of the mailbox's mail, a page of them. */
export const findFolders = (offset: number): string => `<m:FindFolder Traversal="Deep">${shape('Folder', folderProperties)}`
	+ `<m:IndexedPageFolderView MaxEntriesReturned="${pageSize.listing}" Offset="${offset}" BasePoint="Beginning"/>`
	+ `<m:ParentFolderIds>${top}</m:ParentFolderIds></m:FindFolder>`;

/**
A folder for mail. Without a class it would keep none.

@param parent undefined: at the top
*/
export const createFolder = (parent: string | undefined, name: string): string => `<m:CreateFolder><m:ParentFolderId>${parent === undefined ? top : folderId(parent)}</m:ParentFolderId>`
	+ `<m:Folders><t:Folder><t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>${escapeXml(name)}</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>`;

/** The earliest and latest instants that Exchange can write, in milliseconds since 1970. */
const earliest = -11_644_473_600_000;
const latest = 253_402_300_799_000;

/** The received date that is stored for one at the source: in whole seconds, and within what Exchange can write. */
export const storableDate = (time: number): number => Math.min(latest, Math.max(earliest, secondOf(time) * 1000));

/** Whether a stored received date is what one at the source becomes. */
export const isStorableDate = (stored: number, receivedAt: number): boolean => sameSecond(stored, storableDate(receivedAt));

const instant = (time: number): string => new Date(storableDate(time)).toISOString().replace('.000Z', 'Z');

export type NewItem = {
	readonly bytes: Uint8Array;
	readonly states: ItemStates;
	/** Milliseconds since 1970. */
	readonly receivedAt: number;
	/** Where the message itself has no date that could be read: milliseconds since 1970. */
	readonly sentAt?: number;
	/** Keeps the store from sending a receipt for it (design, rule 17). */
	readonly clearReceipt: boolean;
	readonly stamp?: string;
};

const extended = ({path}: Property, value: string | number): string => `<t:ExtendedProperty>${path}<t:Value>${escapeXml(String(value))}</t:Value></t:ExtendedProperty>`;

const newItem = ({bytes, states, receivedAt, sentAt, clearReceipt, stamp: value}: NewItem): string => chain([
	'<t:Message><t:MimeContent>',
	Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
	'</t:MimeContent>',
	states.categories.length === 0 ? '' : `<t:Categories>${states.categories.map(name => `<t:String>${escapeXml(name)}</t:String>`).join('')}</t:Categories>`,
	// What governs the read state differs between servers: both are sent, and agree.
	extended(messageFlags, (states.draft ? 8 : 0) + (states.read ? 1 : 0)),
	extended(deliveryTime, instant(receivedAt)),
	sentAt === undefined ? '' : extended(submitTime, instant(sentAt)),
	states.flagged ? extended(flagStatus, 2) : '',
	states.verb ? extended(lastVerb, states.verb === 'answered' ? 102 : 104) + extended(iconIndex, states.verb === 'answered' ? 261 : 262) : '',
	value === undefined ? '' : extended(stamp, value),
	clearReceipt ? '<t:IsReadReceiptRequested>false</t:IsReadReceiptRequested>' : '',
	`<t:IsRead>${String(states.read)}</t:IsRead></t:Message>`,
]);

/** Stores messages into a folder, from their MIME; nothing is sent to anybody. One answer for each, in order. */
export const createItems = (folder: string, items: readonly NewItem[]): string => chain([
	`<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>${folderId(folder)}</m:SavedItemFolderId><m:Items>`,
	...items.map(item => newItem(item)),
	'</m:Items></m:CreateItem>',
]);

const itemProperties = [
	...['item:Subject', 'item:DateTimeReceived', 'item:Size', 'item:IsDraft', 'item:DateTimeSent', 'item:DateTimeCreated', 'message:InternetMessageId', 'message:IsRead'].map(uri => field(uri)),
	...[messageFlags, flagStatus, lastVerb, stamp].map(({path}) => path),
];

const findItems = (folder: string, {offset, most, restriction = '', order = ''}: {readonly offset: number; readonly most: number; readonly restriction?: string; readonly order?: string}): string =>
	`<m:FindItem Traversal="Shallow">${shape('Item', itemProperties)}<m:IndexedPageItemView MaxEntriesReturned="${most}" Offset="${offset}" BasePoint="Beginning"/>`
	+ `${restriction}${order}<m:ParentFolderIds>${folderId(folder)}</m:ParentFolderIds></m:FindItem>`;

/** A page of a folder, oldest first: what arrives meanwhile comes last and shifts nothing. */
export const listItems = (folder: string, offset: number): string => findItems(folder, {
	offset, most: pageSize.listing, order: `<m:SortOrder><t:FieldOrder Order="Ascending">${field('item:DateTimeCreated')}</t:FieldOrder></m:SortOrder>`,
});

/** A page of the items of a folder that bear one of these stamps, at most {@link mostStamps}. */
export const findStamps = (folder: string, stamps: readonly string[], offset: number): string => {
	const equal = stamps.map(value => `<t:IsEqualTo>${stamp.path}<t:FieldURIOrConstant><t:Constant Value="${escapeXml(value)}"/></t:FieldURIOrConstant></t:IsEqualTo>`);
	return findItems(folder, {offset, most: pageSize.search, restriction: `<m:Restriction>${equal.length === 1 ? equal[0]! : `<t:Or>${equal.join('')}</t:Or>`}</m:Restriction>`});
};

/** The content of items as MIME; one answer for each, in order. */
export const getItems = (ids: readonly string[]): string => `<m:GetItem>${shape('Item', [], '<t:IncludeMimeContent>true</t:IncludeMimeContent>')}`
	+ `<m:ItemIds>${ids.map(id => `<t:ItemId Id="${escapeXml(id)}"/>`).join('')}</m:ItemIds></m:GetItem>`;
