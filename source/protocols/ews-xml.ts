import {DOMParser, type Element} from '@xmldom/xmldom';
import {FailureError} from '../mailbox/failure.js';
import {cleanText} from '../mailbox/clean.js';

/** Namespaces of EWS (types.xsd, messages.xsd). Servers choose their own prefixes: compare these. */
export const ns = {
	soap: 'http://schemas.xmlsoap.org/soap/envelope/',
	types: 'http://schemas.microsoft.com/exchange/services/2006/types',
	messages: 'http://schemas.microsoft.com/exchange/services/2006/messages',
	errors: 'http://schemas.microsoft.com/exchange/services/2006/errors',
} as const;

/** An element, read-only. */
export type Node = {
	/** Local. */
	readonly name: string;
	/** URI, or empty. */
	readonly namespace: string;
	/** Elements only. */
	readonly children: readonly Node[];
	/** All text inside, that of children included. */
	readonly text: string;
	/** An attribute that has no namespace. */
	attribute(name: string): string | undefined;
};

/** A parsed element, looked into only as far as somebody asks: an answer can hold a message of many megabytes. */
class ElementNode implements Node {
	readonly name: string;
	readonly namespace: string;
	readonly #element: Element;
	#children: Node[] | undefined;

	constructor(element: Element) {
		this.#element = element;
		this.name = element.localName ?? element.nodeName;
		this.namespace = element.namespaceURI ?? '';
	}

	get children(): readonly Node[] {
		if (!this.#children) {
			this.#children = [];
			for (let child = this.#element.firstChild; child; child = child.nextSibling) {
				if (child.nodeType === 1) {
					this.#children.push(new ElementNode(child as Element));
				}
			}
		}

		return this.#children;
	}

	get text(): string {
		return this.#element.textContent ?? '';
	}

	attribute(name: string): string | undefined {
		return this.#element.getAttribute(name) ?? undefined;
	}
}

/** Whether XML 1.0 (2.2, Char) allows this code point. */
const isAllowed = (point: number): boolean => (point >= 0x20 && point <= 0xD7_FF) || (point >= 0xE0_00 && point <= 0xFF_FD)
	|| (point >= 0x1_00_00 && point <= 0x10_FF_FF) || point === 0x09 || point === 0x0A || point === 0x0D;

// eslint-disable-next-line no-control-regex -- these are what XML forbids
const forbidden = /[\0-\u0008\v\f\u000E-\u001F\p{Cs}\uFFFE\uFFFF]/gv;

/**
Exchange writes what a message holds, characters that XML 1.0 forbids included (`&#x1;`): one such item would
make the whole answer unreadable. They become U+FFFD.
*/
const clean = (text: string): string => (text.includes('&#')
	? text.replaceAll(/&#(?:x(?<hex>[\da-f]{1,8})|(?<decimal>\d{1,10}));/giv, (reference, ...found) => {
		const {hex, decimal} = found.at(-1) as {readonly hex?: string; readonly decimal?: string};
		return isAllowed(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)) ? reference : '\uFFFD';
	})
	: text).replaceAll(forbidden, '\uFFFD');

const nonsense = (reason: string, cause?: unknown): FailureError => new FailureError('server-nonsense', {detail: cleanText(`no XML: ${reason}`), cause});

/**
The root element of a document (XML 1.0, Namespaces in XML).

No document type is taken, so there are no entities beside the five of XML to expand.
@throws FailureError server-nonsense
*/
export const parseXml = (text: string): Node => {
	const parser = new DOMParser({
		locator: false,
		onError(level, message) {
			// Warnings are such as a U+FFFD in the text.
			if (level !== 'warning') {
				throw new Error(message);
			}
		},
	});
	let document: ReturnType<DOMParser['parseFromString']>;
	try {
		document = parser.parseFromString(clean(text), 'text/xml');
	} catch (error) {
		throw nonsense(/^\s*<(?:!doctype\s+)?html\b/iv.test(text) ? 'a page for people' : (text.trim() ? 'something else' : 'nothing'), error);
	}

	if (document.doctype !== null || document.documentElement === null) {
		throw nonsense('a document type');
	}

	return new ElementNode(document.documentElement);
};

/** Whether a node has this name in the given namespace, or else in one of the two of EWS. */
const isCalled = (node: Node, name: string, namespace?: string): boolean => node.name === name
	&& (namespace === undefined ? node.namespace === ns.types || node.namespace === ns.messages : node.namespace === namespace);

/** The first child of that local name; in the types or the messages namespace, unless one is given. */
export const child = (node: Node, name: string, namespace?: string): Node | undefined => node.children.find(one => isCalled(one, name, namespace));

/** All children of that local name in the types or the messages namespace. */
export const all = (node: Node, name: string): Node[] => node.children.filter(one => isCalled(one, name));

/** The first element of that local name below a node, in document order, in the types or the messages namespace. */
export const descendant = (node: Node, name: string): Node | undefined => {
	const open = node.children.toReversed();
	for (let next = open.pop(); next; next = open.pop()) {
		if (isCalled(next, name)) {
			return next;
		}

		open.push(...next.children.toReversed());
	}

	return undefined;
};

const escapes = new Map([['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['"', '&quot;'], ['\'', '&apos;'], ['\t', '&#x9;'], ['\n', '&#xA;'], ['\r', '&#xD;']]);

/** Text for an element or an attribute. Characters that XML 1.0 cannot carry are left out. */
export const escapeXml = (text: string): string => text.replaceAll(forbidden, '').replaceAll(/[&<>"'\t\n\r]/gv, character => escapes.get(character)!);

/** Parts of a document in one, for bodies of many megabytes: unlike `join` this copies nothing until the whole is encoded. */
export const chain = (parts: Iterable<string>): string => {
	let whole = '';
	for (const part of parts) {
		whole += part;
	}

	return whole;
};
