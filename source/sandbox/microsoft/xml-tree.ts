import {DOMParser, type Element, type Node} from '@xmldom/xmldom';

/** An element of a request. */
export type XmlElement = {
	/** Local name. */
	readonly name: string;
	/** URI, or ''. */
	readonly namespace: string;
	readonly attributes: ReadonlyMap<string, string>;
	readonly children: readonly XmlElement[];
	/** Its own text, without that of its children. */
	readonly text: string;
	readonly line: number;
	readonly column: number;
};

const forbidden = /[\u0000-\u0008\v\f\u000E-\u001F\uFFFE\uFFFF]/v; // eslint-disable-line no-control-regex -- these are meant
const reference = /&#(?:x(?<hex>[\da-f]+)|(?<decimal>\d+));/giv;

const isForbidden = (code: number): boolean => code > 0x10_FF_FF || (code >= 0xD8_00 && code < 0xE0_00) || forbidden.test(String.fromCodePoint(code));

const convert = (element: Element): XmlElement => {
	const children: XmlElement[] = [];
	let text = '';
	for (let node: Node | null = element.firstChild; node; node = node.nextSibling) { // eslint-disable-line @typescript-eslint/no-restricted-types -- the DOM says so
		if (node.nodeType === 1) {
			children.push(convert(node as Element));
		} else if (node.nodeType === 3 || node.nodeType === 4) {
			text += node.nodeValue ?? '';
		}
	}

	const attributes = new Map<string, string>();
	for (const attribute of element.attributes) {
		if (attribute.namespaceURI !== 'http://www.w3.org/2000/xmlns/') {
			attributes.set(attribute.name, attribute.value);
		}
	}

	return {
		name: element.localName ?? element.tagName, namespace: element.namespaceURI ?? '', attributes, children, text, line: element.lineNumber ?? 0, column: element.columnNumber ?? 0,
	};
};

/** @throws Error with a reason when it is not well-formed XML 1.0, or has a document type */
export const readXml = (text: string): XmlElement => {
	const bad = forbidden.exec(text);
	if (bad) {
		throw new Error(`'0x${bad[0].codePointAt(0)!.toString(16).padStart(2, '0')}' is an invalid character.`);
	}

	for (const {groups} of text.matchAll(reference)) {
		if (isForbidden(groups!.hex === undefined ? Number(groups!.decimal) : Number.parseInt(groups!.hex, 16))) {
			throw new Error('A character reference names an invalid character.');
		}
	}

	if (text.slice(0, 2000).includes('<!DOCTYPE')) {
		throw new Error('For security reasons DTD is prohibited in this XML document.');
	}

	const document = new DOMParser({
		onError(level, message) {
			// It warns of U+FFFD, which is a character like any other.
			if (level !== 'warning' || !message.startsWith('Unicode replacement character')) {
				throw new Error(`${level}: ${message}`);
			}
		},
	}).parseFromString(text, 'text/xml');
	if (!document.documentElement) {
		throw new Error('Root element is missing.');
	}

	return convert(document.documentElement);
};

/** The first child of that local name. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined => element?.children.find(child => child.name === name);

export const textOfChild = (element: XmlElement | undefined, name: string): string | undefined => childOf(element, name)?.text;

/** Of an xs:boolean. */
export const isTrue = (text: string | undefined): boolean => text !== undefined && ['true', '1'].includes(text.trim());
