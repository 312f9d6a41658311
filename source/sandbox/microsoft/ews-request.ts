import {namespaces} from './ews-envelope.js';
import {CallRefused, schemaViolation} from './ews-refusals.js';
import {checkType} from './ews-schema-check.js';
import {schema} from './ews-schema.js';
import {
	childOf, readXml, textOfChild, type XmlElement,
} from './xml-tree.js';

/** A request that the schema allows. */
export type EwsRequest = {
	readonly operation: string;
	/** The operation's element. */
	readonly element: XmlElement;
	/** The address impersonated, if any. */
	readonly impersonated: string | undefined;
};

export const operations = ['GetFolder', 'FindFolder', 'CreateFolder', 'DeleteFolder', 'FindItem', 'GetItem', 'CreateItem', 'UpdateItem', 'MoveItem', 'DeleteItem'] as const;

export type OperationName = (typeof operations)[number];

/** What may stand as RequestServerVersion: never what a server says of itself, such as V2018_01_08 (lesson 3). */
const versions = new Set(['Exchange2007', 'Exchange2007_SP1', 'Exchange2010', 'Exchange2010_SP1', 'Exchange2010_SP2', 'Exchange2013', 'Exchange2013_SP1', 'Exchange2015', 'Exchange2016']);

const start = {line: 1, column: 1};

/** Reads the body of a POST. @throws CallRefused ErrorSchemaValidation, ErrorInvalidRequest */
export const readRequest = (bytes: Uint8Array): EwsRequest => {
	let root: XmlElement;
	try {
		root = readXml(new TextDecoder('utf8', {fatal: true}).decode(bytes));
	} catch (error) {
		throw schemaViolation(error instanceof Error ? error.message : String(error), start);
	}

	const body = root.name === 'Envelope' && root.namespace === namespaces.soap ? root.children.find(({name, namespace}) => name === 'Body' && namespace === namespaces.soap) : undefined;
	const header = childOf(root, 'Header');
	const [element, ...more] = body?.children ?? [];
	if (!element || more.length > 0 || element.namespace !== namespaces.messages) {
		throw schemaViolation('The request holds no operation.', root);
	}

	const version = childOf(header, 'RequestServerVersion');
	if (version?.namespace === namespaces.types) {
		checkType(version, 'RequestServerVersion');
		if (!versions.has(version.attributes.get('Version')!)) {
			throw new CallRefused('ErrorInvalidRequest');
		}
	}

	const impersonation = childOf(header, 'ExchangeImpersonation');
	if (impersonation) {
		checkType(impersonation, 'ExchangeImpersonation');
	}

	if (!(operations as readonly string[]).includes(element.name) || !schema[element.name]) {
		throw new CallRefused('ErrorInvalidRequest', {text: `The stand-in has no operation ${element.name}.`});
	}

	checkType(element, element.name);
	const sid = childOf(impersonation, 'ConnectingSID');
	return {
		operation: element.name,
		element,
		impersonated: textOfChild(sid, 'PrimarySmtpAddress') ?? textOfChild(sid, 'SmtpAddress') ?? textOfChild(sid, 'PrincipalName'),
	};
};
