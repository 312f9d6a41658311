import {schemaViolation} from './ews-refusals.js';
import {namespaces} from './ews-envelope.js';
import {
	enumerations, fieldNames, otherFieldPrefixes, schema, type ElementType,
} from './ews-schema.js';
import {parseDateTime} from './property-key.js';
import {type XmlElement} from './xml-tree.js';

type Choice = {readonly namespace: string; readonly name: string; readonly type: string};
/** One place of a sequence. */
type Particle = {readonly choices: readonly Choice[]; readonly least: number; readonly most: number};

const uris: Readonly<Record<string, string>> = {t: namespaces.types, m: namespaces.messages};

const parseParticle = (source: string): Particle => {
	const {body, occurs} = /^\(?(?<body>[^\(\)]*?)\)?(?<occurs>[?*+]?)$/v.exec(source)!.groups!;
	return {
		choices: body!.split('|').map(choice => {
			const [qualified, type] = choice.split('=');
			const [prefix, name] = qualified!.split(':');
			return {namespace: uris[prefix!]!, name: name!, type: type ?? name!};
		}),
		least: occurs === '?' || occurs === '*' ? 0 : 1,
		most: occurs === '*' || occurs === '+' ? Number.POSITIVE_INFINITY : 1,
	};
};

const parsed = new Map<string, readonly Particle[]>();

const particlesOf = (name: string, {content = ''}: ElementType): readonly Particle[] => {
	let particles = parsed.get(name);
	if (!particles) {
		particles = content === '' ? [] : content.split(' ').map(source => parseParticle(source));
		parsed.set(name, particles);
	}

	return particles;
};

const knownField = (uri: string): boolean => {
	const [prefix = '', name = ''] = uri.split(':');
	return fieldNames[prefix]?.includes(name) ?? (otherFieldPrefixes.includes(prefix) && name !== '');
};

/** Why a text is no value of a simple type; undefined where it is one. */
const faultOf = (type: string, text: string): string | undefined => {
	switch (type) {
		case 'string': {
			return undefined;
		}

		case 'boolean': {
			return /^\s*(?:true|false|0|1)\s*$/v.test(text) ? undefined : `The string '${text}' is not a valid Boolean value.`;
		}

		case 'int': {
			return /^\s*[+\-]?\d{1,10}\s*$/v.test(text) ? undefined : `The string '${text}' is not a valid Int32 value.`;
		}

		case 'dateTime': {
			return parseDateTime(text.trim()) === undefined ? `The string '${text}' is not a valid DateTime value.` : undefined;
		}

		case 'GuidType': {
			return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iv.test(text) ? undefined : 'The Pattern constraint failed.';
		}

		case 'PropertyTagType': {
			return /^(?:0x[\da-f]{1,4}|\d{1,5})$/iv.test(text) ? undefined : 'The Pattern constraint failed.';
		}

		case 'UnindexedFieldURIType': {
			return knownField(text) ? undefined : 'The Enumeration constraint failed.';
		}

		default: {
			return enumerations[type]?.includes(text) ? undefined : 'The Enumeration constraint failed.';
		}
	}
};

const datatype = (type: string): string => /^[a-z]/v.test(type) ? `${namespaces.xsd}:${type}` : `${namespaces.types}:${type}`;

const checkAttributes = (element: XmlElement, {attributes = {}}: ElementType): void => {
	for (const [name, value] of element.attributes) {
		if (name.includes(':')) {
			continue;
		}

		const type = attributes[name]?.replace('!', '');
		if (type === undefined) {
			throw schemaViolation(`The '${name}' attribute is not declared.`, element);
		}

		const fault = faultOf(type, value);
		if (fault !== undefined) {
			throw schemaViolation(`The '${name}' attribute is invalid - The value '${value}' is invalid according to its datatype '${datatype(type)}' - ${fault}`, element);
		}
	}

	for (const [name, type] of Object.entries(attributes)) {
		if (type.endsWith('!') && !element.attributes.has(name)) {
			throw schemaViolation(`The required attribute '${name}' is missing.`, element);
		}
	}
};

const expectedFrom = (particles: readonly Particle[]): string => {
	const names: string[] = [];
	for (const {choices, least} of particles) {
		names.push(...choices.map(({name}) => name));
		if (least > 0) {
			break;
		}
	}

	return names.length === 0 ? '' : ` List of possible elements expected: '${names.join(', ')}'.`;
};

const inNamespace = ({name, namespace}: XmlElement): string => `'${name}' in namespace '${namespace}'`;

const checkChildren = (element: XmlElement, particles: readonly Particle[]): void => {
	let place = 0;
	let count = 0;
	for (const child of element.children) {
		for (;;) {
			const particle = particles[place];
			const choice = particle && count < particle.most ? particle.choices.find(({name, namespace}) => name === child.name && namespace === child.namespace) : undefined;
			if (choice) {
				count++;
				checkType(child, choice.type);
				break;
			}

			if (!particle || count < particle.least) {
				throw schemaViolation(`The element ${inNamespace(element)} has invalid child element ${inNamespace(child)}.${expectedFrom(particles.slice(place))}`, child);
			}

			place++;
			count = 0;
		}
	}

	const missing = particles.slice(place).find(({least}, index) => least > (index === 0 ? count : 0));
	if (missing) {
		throw schemaViolation(`The element ${inNamespace(element)} has incomplete content.${expectedFrom([missing])}`, element);
	}
};

/** Holds an element against a type of the schema. @throws CallRefused ErrorSchemaValidation, in Exchange's words */
export const checkType = (element: XmlElement, type: string): void => {
	if (type === 'any') {
		return;
	}

	const complex = schema[type];
	const simple = complex ? complex.text : type;
	if (complex) {
		checkAttributes(element, complex);
		if (!complex.text) {
			checkChildren(element, particlesOf(type, complex));
			if (element.text.trim() !== '') {
				throw schemaViolation(`The element ${inNamespace(element)} cannot contain text.${expectedFrom(particlesOf(type, complex))}`, element);
			}
		}
	}

	if (simple !== undefined) {
		const fault = element.children.length > 0 ? 'The element cannot contain child elements.' : faultOf(simple, element.text);
		if (fault !== undefined) {
			const invalid = `The '${element.namespace}:${element.name}' element is invalid`;
			throw schemaViolation(`${invalid} - The value '${element.text}' is invalid according to its datatype '${datatype(simple)}' - ${fault}`, element);
		}
	}
};
