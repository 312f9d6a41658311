import {escapeText} from './ews-envelope.js';
import {
	elementNames, itemFields, notInFind, shapeFields, type View,
} from './ews-item-fields.js';
import {extendedProperties, pathOf, type Path} from './ews-paths.js';
import {ItemRefused} from './ews-refusals.js';
import {changeKeyStub, objectKinds} from './entry-ids.js';
import {propertyOf} from './item-properties.js';
import {type Item} from './item.js';
import {
	childOf, isTrue, textOfChild, type XmlElement,
} from './xml-tree.js';

/** What an ItemShape asks for. */
export type Shape = {
	readonly names: ReadonlySet<string>;
	readonly paths: readonly Path[];
	readonly wantsMime: boolean;
	readonly bodyType: View['bodyType'];
};

/** @throws ItemRefused ErrorInvalidPropertyRequest for what FindItem does not give, ErrorInvalidPropertyForOperation for folder fields */
export const shapeOf = (request: XmlElement, find: boolean): Shape => {
	const shape = childOf(request, 'ItemShape');
	const names = shapeFields(textOfChild(shape, 'BaseShape')!, find);
	const paths = childOf(shape, 'AdditionalProperties')?.children.map(child => pathOf(child)) ?? [];
	for (const path of paths) {
		if ('uri' in path) {
			const name = itemFields.find(([, uri]) => uri === path.uri)?.[0];
			if (path.uri.startsWith('folder:')) {
				throw new ItemRefused('ErrorInvalidPropertyForOperation');
			}

			if (name !== undefined && find && notInFind.has(name)) {
				throw new ItemRefused('ErrorInvalidPropertyRequest');
			}

			names.add(name ?? '');
		} else {
			names.add('ExtendedProperty');
		}
	}

	const wantsMime = isTrue(textOfChild(shape, 'IncludeMimeContent')) || names.has('MimeContent');
	if (wantsMime && find) {
		throw new ItemRefused('ErrorInvalidPropertyRequest');
	}

	if (wantsMime) {
		names.add('MimeContent');
	}

	return {
		names, paths, wantsMime, bodyType: textOfChild(shape, 'BodyType') === 'Text' ? 'Text' : 'HTML',
	};
};

/** An item as an element, its parts in the order of the schema (lesson 13). */
export const itemXml = (item: Item, {names, paths, bodyType}: Shape, view: Omit<View, 'extended' | 'bodyType'>): string => {
	const {find} = view;
	const valueOf = (key: string, type: string): string | undefined => {
		const value = propertyOf(item, key, type);
		return find && type === 'String' ? value?.slice(0, 255) : value;
	};

	const whole: View = {...view, bodyType, extended: names.has('ExtendedProperty') ? extendedProperties(paths, valueOf, escapeText) : ''};
	let content = '';
	for (const [name, , render] of itemFields) {
		if (names.has(name)) {
			content += render(item, whole);
		}
	}

	const element = elementNames[item.kind];
	return `<t:${element}>${content}</t:${element}>`;
};

/** All that CreateItem, MoveItem and their like tell (lesson 23). */
export const itemIdXml = (item: Item, view: Pick<View, 'mailbox'>, stub = false): string => {
	const kind = objectKinds[item.kind];
	const element = elementNames[item.kind];
	const changeKey = stub ? changeKeyStub(kind) : view.mailbox.ids.changeKey(kind, item.change);
	return `<m:Items><t:${element}><t:ItemId Id="${item.id}" ChangeKey="${changeKey}"/></t:${element}></m:Items>`;
};
