import {escapeAttribute} from './ews-envelope.js';
import {CallRefused} from './ews-refusals.js';
import {propertyKey} from './property-key.js';
import {type XmlElement} from './xml-tree.js';

/** A field of an item or folder as a request names it. */
export type Path =
	| {readonly uri: string}
	| {readonly key: string; readonly type: string; /** The ExtendedFieldURI as the server spells it. */ readonly echo: string};

/** A tag comes back in its shortest form and lower case, `0xe07` (reference 2.8). */
const echoOf = (element: XmlElement): string => {
	const attributes = [...element.attributes].map(([name, value]) => {
		const shown = name === 'PropertyTag' ? `0x${Number(value).toString(16)}` : (name === 'PropertySetId' ? value.toLowerCase() : value);
		return ` ${name}="${escapeAttribute(shown)}"`;
	});
	return `<t:ExtendedFieldURI${attributes.join('')}/>`;
};

/** @throws CallRefused ErrorInvalidExtendedProperty for attributes that do not go together */
export const pathOf = (element: XmlElement): Path => {
	if (element.name === 'FieldURI') {
		return {uri: element.attributes.get('FieldURI')!};
	}

	if (element.name !== 'ExtendedFieldURI') {
		throw new CallRefused('ErrorInvalidRequest', {text: `The stand-in does not know ${element.name}.`});
	}

	const {attributes} = element;
	const type = attributes.get('PropertyType')!;
	const key = propertyKey({
		tag: attributes.get('PropertyTag'),
		set: attributes.get('PropertySetId'),
		distinguishedSet: attributes.get('DistinguishedPropertySetId'),
		name: attributes.get('PropertyName'),
		id: attributes.get('PropertyId'),
		type,
	});
	if (key === undefined) {
		throw new CallRefused('ErrorInvalidExtendedProperty');
	}

	return {key, type, echo: echoOf(element)};
};

/** The extended properties among them that a reader finds, as elements. */
export const extendedProperties = (paths: readonly Path[], valueOf: (key: string, type: string) => string | undefined, escape: (text: string) => string): string => {
	let xml = '';
	for (const path of paths) {
		const value = 'key' in path ? valueOf(path.key, path.type) : undefined;
		if ('key' in path && value !== undefined) {
			xml += `<t:ExtendedProperty>${path.echo}<t:Value>${escape(value)}</t:Value></t:ExtendedProperty>`;
		}
	}

	return xml;
};
