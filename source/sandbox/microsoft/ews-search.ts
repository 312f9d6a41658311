import {pathOf, type Path} from './ews-paths.js';
import {CallRefused, ItemRefused} from './ews-refusals.js';
import {parseDateTime} from './property-key.js';
import {childOf, isTrue, type XmlElement} from './xml-tree.js';

/** A field's text and how to compare it. */
export type FieldValue = {readonly kind: 'text' | 'number' | 'date' | 'boolean'; readonly text: string | undefined};

type Reader<Subject> = (subject: Subject, path: Path) => FieldValue;

const mostNodes = 255;

const countNodes = (element: XmlElement): number => {
	let count = 1;
	for (const child of element.children) {
		count += countNodes(child);
	}

	return count;
};

/** As the store compares: texts without case, so that a client has to look twice. */
const comparable = ({kind, text}: FieldValue): string | number | undefined => {
	if (text === undefined) {
		return undefined;
	}

	switch (kind) {
		case 'number': {
			return Number(text);
		}

		case 'date': {
			return parseDateTime(text);
		}

		case 'boolean': {
			return Number(isTrue(text));
		}

		case 'text': {
			return text.toLowerCase();
		}
	}
};

type Comparable = ReturnType<typeof comparable>;

/** Negative, 0 or positive; absent values come first. */
const compareValues = (one: Comparable, other: Comparable): number => {
	if (one === undefined || other === undefined) {
		return Number(one !== undefined) - Number(other !== undefined);
	}

	return one < other ? -1 : Number(one > other);
};

/** As {@link compareValues}, of fields. */
export const compareFields = (a: FieldValue, b: FieldValue): number => compareValues(comparable(a), comparable(b));

const tests: Readonly<Record<string, (order: number) => boolean>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- names of elements */
	IsEqualTo: order => order === 0,
	IsNotEqualTo: order => order !== 0,
	IsGreaterThan: order => order > 0,
	IsGreaterThanOrEqualTo: order => order >= 0,
	IsLessThan: order => order < 0,
	IsLessThanOrEqualTo: order => order <= 0,
	/* eslint-enable @typescript-eslint/naming-convention */
};

type Predicate<Subject> = (subject: Subject) => boolean;

const compile = <Subject>(element: XmlElement, read: Reader<Subject>): Predicate<Subject> => {
	switch (element.name) {
		case 'And': {
			const parts = element.children.map(child => compile(child, read));
			return subject => parts.every(part => part(subject));
		}

		case 'Or': {
			const parts = element.children.map(child => compile(child, read));
			return subject => parts.some(part => part(subject));
		}

		case 'Not': {
			const part = compile(element.children[0]!, read);
			return subject => !part(subject);
		}

		case 'Exists': {
			const path = pathOf(element.children[0]!);
			return subject => read(subject, path).text !== undefined;
		}

		default: {
			const test = tests[element.name];
			const [left, right] = element.children;
			const constant = childOf(right, 'Constant')?.attributes.get('Value');
			if (!test || !left || !right) {
				throw new CallRefused('ErrorInvalidRequest', {text: `The stand-in does not search by ${element.name}.`});
			}

			const path = pathOf(left);
			const other = constant === undefined ? pathOf(right.children[0]!) : undefined;
			return subject => {
				const value = read(subject, path);
				const operand = other ? read(subject, other) : {kind: value.kind, text: constant};
				if (value.text === undefined) {
					return element.name === 'IsNotEqualTo';
				}

				return test(compareFields(value, operand));
			};
		}
	}
};

/** What a Restriction says of a subject. @throws ItemRefused ErrorRestrictionTooComplex; CallRefused */
export const predicateOf = <Subject>(restriction: XmlElement | undefined, read: Reader<Subject>): Predicate<Subject> | undefined => {
	if (!restriction) {
		return undefined;
	}

	if (countNodes(restriction) > mostNodes) {
		throw new ItemRefused('ErrorRestrictionTooComplex');
	}

	return compile(restriction.children[0]!, read);
};

/** Sorts as SortOrder says; what it does not tell apart stays as it was. */
export const sortBy = <Subject>(subjects: Subject[], order: XmlElement, read: Reader<Subject>): Subject[] => {
	const keys = order.children.map(field => ({path: pathOf(field.children[0]!), sign: field.attributes.get('Order') === 'Descending' ? -1 : 1}));
	// Each value is read once: a folder may hold many thousands.
	const rows = subjects.map(subject => ({subject, values: keys.map(({path}) => comparable(read(subject, path)))}));
	rows.sort((a, b) => {
		for (const [index, {sign}] of keys.entries()) {
			const result = compareValues(a.values[index], b.values[index]) * sign;
			if (result !== 0) {
				return result;
			}
		}

		return 0;
	});
	return rows.map(({subject}) => subject);
};
