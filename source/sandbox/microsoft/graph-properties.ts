import {badRequest, GraphRefused} from './graph-errors.js';
import {isComputed, propertyOf} from './item-properties.js';
import {type Item, type PropertyValue} from './item.js';
import {propertyKey, storedValue} from './property-key.js';

/** Types by their lower case, since `LONG` is taken for `Long` (lesson 46). */
const types = new Map([
	'Integer', 'Long', 'Short', 'String', 'SystemTime', 'Boolean', 'Binary', 'Double', 'Float', 'CLSID', 'Currency',
].map(type => [type.toLowerCase(), type]));

const whole = new Set(['Integer', 'Long', 'Short']);

/** An extended property by the name that Graph has for it. */
export type GraphProperty = {
	/** Of `property-key.ts`. */
	readonly key: string;
	readonly type: string;
	/** As Graph spells it in answers: type capitalised, set in lower case, number without leading zeros (lesson 46). */
	readonly id: string;
};

const form = /^(?<type>\w+)\s+(?:(?<tag>0x[\da-f]{1,4})|\{(?<set>[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\}\s+(?:Name\s+(?<name>.+)|Id\s+(?<number>0x[\da-f]{1,8})))$/isv;

/** @throws GraphRefused for what names no property */
export const propertyOfId = (text: string): GraphProperty => {
	const {type = '', tag, set, name, number} = form.exec(text)?.groups ?? {};
	const known = types.get(type.toLowerCase());
	const key = propertyKey({
		tag, set, name, id: number, type,
	});
	if (known === undefined || key === undefined) {
		throw new GraphRefused('ErrorInvalidExtendedProperty', {text: `The extended property attribute combination is invalid. '${text}'`});
	}

	const spelled = tag === undefined
		? `{${set!.toLowerCase()}} ${name === undefined ? `Id 0x${Number(number).toString(16)}` : `Name ${name}`}`
		: `0x${Number(tag).toString(16)}`;
	return {key, type: known, id: `${known} ${spelled}`};
};

/** Its value on an item as text; whole numbers of any width are one type to Graph. */
export const readProperty = (item: Item, {key, type}: GraphProperty): string | undefined => {
	for (const one of whole.has(type) ? whole : [type]) {
		const value = propertyOf(item, key, one);
		if (value !== undefined) {
			return value;
		}
	}

	return undefined;
};

/** `singleValueExtendedProperties` of a body, by key. @throws GraphRefused for what is none */
export const propertiesIn = (given: unknown): Map<string, PropertyValue> => {
	if (!Array.isArray(given)) {
		throw badRequest('Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.');
	}

	return new Map(given.map((one: unknown) => {
		const {id, value} = one as {readonly id?: unknown; readonly value?: unknown};
		if (typeof id !== 'string' || typeof value !== 'string') {
			throw badRequest('Unable to read JSON request payload. A value of an extended property is a string.');
		}

		const {key, type} = propertyOfId(id);
		// The store knows a tag by one type, whatever width it is asked with.
		const kept = whole.has(type) ? 'Integer' : type;
		const stored = storedValue(kept, value);
		if (stored === undefined) {
			throw new GraphRefused('ErrorInvalidExtendedPropertyValue', {text: 'The extended property value is invalid.'});
		}

		return [key, {type: kept, value: stored}] as const;
	}));
};

/** Those that the store keeps as they came. */
export const keptProperties = (properties: ReadonlyMap<string, PropertyValue>): Map<string, PropertyValue> =>
	new Map([...properties].filter(([key]) => !isComputed(key)));
