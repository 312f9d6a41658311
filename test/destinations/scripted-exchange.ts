import {Buffer} from 'node:buffer';
import {
	all, child, descendant, escapeXml, ns, parseXml, type Node,
} from '../../source/protocols/ews-xml.js';
import {
	envelopeOf, faultOf, scriptedEws, type Reply,
} from '../protocols/scripted-ews.js';

/**
A small mailbox behind EWS, for answers that can be scripted: `script` sees each call first, and may let it be carried out and
still answer otherwise, or not at all. It answers what the adapter asks and no more; the stand-in is another matter.
*/

export type ScriptedItem = {
	readonly id: string;
	readonly bytes: Uint8Array;
	readonly read: boolean;
	readonly receivedAt: string;
	readonly stamp?: string;
	/** Extended properties by tag in capitals, as `0x0E07`. */
	readonly properties: ReadonlyMap<string, string>;
	readonly receiptCleared: boolean;
	/** What stands in listings besides. */
	readonly more?: string;
	readonly element?: string;
	/** In bytes, as listed, if it is not the length. */
	readonly size?: number;
};

export type ScriptedFolder = {
	readonly id: string;
	readonly parent: string;
	readonly name: string;
	readonly folderClass?: string;
	readonly distinguished?: string;
	readonly items: ScriptedItem[];
};

export type Operation = {
	/** As `CreateItem`. */
	readonly name: string;
	readonly node: Node;
	/** Items or ids in it. */
	readonly count: number;
	/** How many of this name came before. */
	readonly before: number;
	/** Carries it out. @returns the answer */
	readonly answer: () => Reply;
	readonly has: (text: string) => boolean;
};

export type ItemVerdict = {readonly code: string; readonly text?: string; readonly responseClass?: string};

export type ScriptedExchange = Awaited<ReturnType<typeof startExchange>>;

export const folder = (name: string, more: Partial<ScriptedFolder> = {}): ScriptedFolder => ({
	id: `id-${name}`, parent: 'root', name, folderClass: 'IPF.Note', items: [], ...more,
});

export const usualFolders = (): ScriptedFolder[] => [
	folder('Posteingang', {distinguished: 'inbox'}),
	folder('Entwürfe', {distinguished: 'drafts'}),
	folder('Gesendete Elemente', {distinguished: 'sentitems'}),
	folder('Gelöschte Elemente', {distinguished: 'deleteditems'}),
	folder('Junk-E-Mail', {distinguished: 'junkemail'}),
	folder('Postausgang', {distinguished: 'outbox'}),
	folder('Kalender', {folderClass: 'IPF.Appointment'}),
	folder('Archiv'),
];

export const storedItem = (id: string, more: Partial<ScriptedItem> = {}): ScriptedItem => ({
	id, bytes: Buffer.from(`Subject: ${id}\r\n\r\n`), read: false, receivedAt: '2020-02-02T03:04:05Z', properties: new Map(), receiptCleared: false, ...more,
});

export const errorMessage = (operation: string, {code, text = 'No.', responseClass = 'Error'}: ItemVerdict, container = ''): string =>
	`<m:${operation}ResponseMessage ResponseClass="${responseClass}"><m:MessageText>${escapeXml(text)}</m:MessageText><m:ResponseCode>${code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>${container}</m:${operation}ResponseMessage>`;

const success = (operation: string, inside: string): string => `<m:${operation}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>${inside}</m:${operation}ResponseMessage>`;

export const answerOf = (operation: string, messages: readonly string[]): Reply => ({body: envelopeOf(`<m:${operation}Response xmlns:m="${ns.messages}" xmlns:t="${ns.types}"><m:ResponseMessages>${messages.join('')}</m:ResponseMessages></m:${operation}Response>`)});

export const fault = (code: string, text?: string, status = 500): Reply => ({status, body: faultOf(code, text)});

const folderXml = ({id, parent, name, folderClass}: ScriptedFolder): string => `<t:Folder><t:FolderId Id="${id}" ChangeKey="AQ=="/><t:ParentFolderId Id="${parent}" ChangeKey="AQAAAA=="/>`
	+ `${folderClass === undefined ? '' : `<t:FolderClass>${folderClass}</t:FolderClass>`}<t:DisplayName>${escapeXml(name)}</t:DisplayName></t:Folder>`;

const propertyXml = (tag: string, value: string): string => `<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="${tag.toLowerCase().replace('0x0', '0x')}" PropertyType="Integer"/><t:Value>${value}</t:Value></t:ExtendedProperty>`;

const stampXml = (stamp: string): string => `<t:ExtendedProperty><t:ExtendedFieldURI PropertySetId="7E0F3A52-6B1C-4D2B-9A86-2F1F5A0C9D34" PropertyName="aw2ms365" PropertyType="String"/><t:Value>${escapeXml(stamp)}</t:Value></t:ExtendedProperty>`;

const itemXml = ({id, bytes, read, receivedAt, stamp, properties, more = '', element = 'Message', size}: ScriptedItem): string => `<t:${element}><t:ItemId Id="${id}" ChangeKey="CQ=="/>${more}<t:DateTimeReceived>${receivedAt}</t:DateTimeReceived><t:Size>${size ?? bytes.length}</t:Size>`
	+ `${[...properties].filter(([tag]) => tag !== '0x0E06' && tag !== '0x0039').map(([tag, value]) => propertyXml(tag, value)).join('')}${stamp === undefined ? '' : stampXml(stamp)}`
	+ `<t:IsRead>${String(read)}</t:IsRead></t:${element}>`;

/** Starts it on loopback; `await using`. */
export const startExchange = async ({folders = usualFolders(), script = () => undefined, verdict = () => undefined, pages = 1000, equal = (a, b) => a.toLowerCase() === b.toLowerCase()}: {
	readonly folders?: ScriptedFolder[];
	/** Undefined: carried out and answered as usual. */
	readonly script?: (operation: Operation) => Reply | undefined;
	/** For one item of CreateItem: undefined to store it. */
	readonly verdict?: (item: ScriptedItem, position: number) => ItemVerdict | undefined;
	/** So many entries at most in any page. */
	readonly pages?: number;
	/** Which folder names are one. */
	readonly equal?: (a: string, b: string) => boolean;
} = {}) => {
	const calls: string[] = [];
	const bodies: string[] = [];
	const counts = new Map<string, number>();
	let made = 0;

	const newItem = (message: Node): ScriptedItem => {
		const properties = new Map<string, string>();
		let stamp: string | undefined;
		for (const property of all(message, 'ExtendedProperty')) {
			const tag = child(property, 'ExtendedFieldURI')!.attribute('PropertyTag');
			const value = child(property, 'Value')!.text;
			if (tag === undefined) {
				stamp = value;
			} else {
				properties.set(tag, value);
			}
		}

		return {
			id: `item-${++made}`, bytes: Buffer.from(child(message, 'MimeContent')!.text, 'base64'), read: child(message, 'IsRead')!.text === 'true', receivedAt: properties.get('0x0E06')!,
			properties, receiptCleared: child(message, 'IsReadReceiptRequested')?.text === 'false', ...(stamp !== undefined && {stamp}),
		};
	};

	const folderOf = (reference: Node): ScriptedFolder | undefined => folders.find(({id, distinguished}) => reference.name === 'FolderId' ? id === reference.attribute('Id') : distinguished === reference.attribute('Id'));

	const page = (node: Node, container: string, entries: readonly string[]): string => {
		const view = node.children.find(({name}) => name.startsWith('IndexedPage'))!;
		const offset = Number(view.attribute('Offset'));
		const end = Math.min(entries.length, offset + Math.min(pages, Number(view.attribute('MaxEntriesReturned'))));
		return `<m:RootFolder IndexedPagingOffset="${end}" TotalItemsInView="${entries.length}" IncludesLastItemInRange="${String(end >= entries.length)}"><t:${container}>${entries.slice(offset, end).join('')}</t:${container}></m:RootFolder>`;
	};

	const operations = {
		getFolder: (node: Node): string[] => child(node, 'FolderIds')!.children.map(reference => {
			const found = folderOf(reference);
			return found ? success('GetFolder', `<m:Folders>${folderXml(found)}</m:Folders>`) : errorMessage('GetFolder', {code: reference.name === 'FolderId' ? 'ErrorItemNotFound' : 'ErrorFolderNotFound'}, '<m:Folders/>');
		}),
		findFolder: (node: Node): string[] => [success('FindFolder', page(node, 'Folders', folders.map(one => folderXml(one))))],
		createFolder(node: Node): string[] {
			const reference = child(node, 'ParentFolderId')!.children[0]!;
			const parent = reference.name === 'FolderId' ? folderOf(reference)?.id : 'root';
			const name = descendant(node, 'DisplayName')!.text.replace(/[\s.]+$/v, '');
			if (parent === undefined) {
				return [errorMessage('CreateFolder', {code: 'ErrorParentFolderNotFound'}, '<m:Folders/>')];
			}

			if (folders.some(one => one.parent === parent && equal(one.name, name))) {
				return [errorMessage('CreateFolder', {code: 'ErrorFolderExists'}, '<m:Folders/>')];
			}

			const one = folder(name, {id: `made-${++made}`, parent});
			folders.push(one);
			return [success('CreateFolder', `<m:Folders><t:Folder><t:FolderId Id="${one.id}" ChangeKey="AQ=="/></t:Folder></m:Folders>`)];
		},
		createItem(node: Node): string[] {
			const into = folderOf(child(node, 'SavedItemFolderId')!.children[0]!);
			return child(node, 'Items')!.children.map((message, position) => {
				const item = newItem(message);
				const refused = into ? verdict(item, position) : {code: 'ErrorFolderNotFound'};
				if (refused) {
					return errorMessage('CreateItem', refused, '<m:Items/>');
				}

				into!.items.push(item);
				return success('CreateItem', `<m:Items><t:Message><t:ItemId Id="${item.id}" ChangeKey="CQ=="/></t:Message></m:Items>`);
			});
		},
		findItem(node: Node): string[] {
			const from = folderOf(child(node, 'ParentFolderIds')!.children[0]!);
			if (!from) {
				return [errorMessage('FindItem', {code: 'ErrorItemNotFound'})];
			}

			const restriction = child(node, 'Restriction');
			const collect = (at: Node): string[] => at.name === 'Constant' ? [at.attribute('Value')!] : at.children.flatMap(one => collect(one));
			const stamps = restriction && new Set(collect(restriction));
			return [success('FindItem', page(node, 'Items', from.items.filter(({stamp}) => !stamps || (stamp !== undefined && stamps.has(stamp))).map(item => itemXml(item))))];
		},
		getItem: (node: Node): string[] => child(node, 'ItemIds')!.children.map(reference => {
			const item = folders.flatMap(({items}) => items).find(({id}) => id === reference.attribute('Id'));
			return item
				? success('GetItem', `<m:Items><t:Message><t:MimeContent CharacterSet="UTF-8">${Buffer.from(item.bytes).toString('base64')}</t:MimeContent><t:ItemId Id="${item.id}" ChangeKey="CQ=="/></t:Message></m:Items>`)
				: errorMessage('GetItem', {code: 'ErrorItemNotFound'}, '<m:Items/>');
		}),
	};

	const server = await scriptedEws(({body}) => {
		bodies.push(body);
		const node = child(parseXml(body), 'Body', ns.soap)!.children[0]!;
		const {name} = node;
		const count = (child(node, 'Items') ?? child(node, 'ItemIds'))?.children.length ?? 1;
		calls.push(name === 'CreateItem' || name === 'GetItem' ? `${name} ${count}` : name);
		const before = counts.get(name) ?? 0;
		counts.set(name, before + 1);
		const answer = (): Reply => answerOf(name, operations[(name[0]!.toLowerCase() + name.slice(1)) as keyof typeof operations](node));
		return script({
			name, node, count, before, answer, has: text => body.includes(escapeXml(text)),
		}) ?? answer();
	});
	return {
		server, folders, calls, bodies,
		folder: (name: string): ScriptedFolder => folders.find(one => one.name === name)!,
		/** Calls of one kind. */
		callsOf: (name: string): string[] => calls.filter(call => call.startsWith(name)),
	};
};
