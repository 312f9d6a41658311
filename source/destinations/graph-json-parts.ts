import {Buffer} from 'node:buffer';
import {isFormOf} from '../mailbox/body-text.js';
import {normalSubject, decodedSubject} from '../mailbox/envelope.js';
import {readingsOf} from '../mailbox/leaf-text.js';
import {type Leaf} from '../mailbox/mime-leaves.js';
import {contentOf} from './graph-json-bytes.js';
import {oneLine, plainText, shortened} from './graph-json-text.js';

/** An attachment as it will be there. */
export type Part = {
	readonly name: string;
	readonly contentType: string;
	readonly bytes: Uint8Array;
	/** Without angle brackets. */
	readonly contentId?: string;
	/** The HTML shows it; what is not shown must be seen among the attachments. */
	readonly isInline: boolean;
};

export type Body = {readonly contentType: 'html' | 'text'; readonly content: string};

export type Parts = {
	readonly body: Body | undefined;
	readonly attachments: readonly Part[];
	/** Something of it may be read in two ways. */
	readonly doubt: boolean;
	/** A text of which another form was taken as the body. */
	readonly sisters: number;
};

/** A body in a creation request; a longer one becomes an attachment. In bytes of UTF-8. */
const longestBody = 2_000_000;

const isText = ({type, embedded, attached, names}: Leaf): boolean => !embedded && !attached && names.length === 0 && /^text\/(?:plain|html)$/v.test(type);

const extensions = new Map([
	['text/plain', '.txt'],
	['text/html', '.htm'],
	['text/calendar', '.ics'],
	['image/jpeg', '.jpg'],
	['image/png', '.png'],
	['image/gif', '.gif'],
	['application/pdf', '.pdf'],
	['application/pkcs7-mime', '.p7m'],
	['application/x-pkcs7-mime', '.p7m'],
	['application/pkcs7-signature', '.p7s'],
	['application/pgp-signature', '.asc'],
]);
const mediaType = /^[\w!#$.+^\-]{1,100}\/[\w!#$.+^\-]{1,100}$/v;

const isBlank = (leaf: Leaf): boolean => contentOf(leaf).bytes.every(byte => byte <= 0x20);

const isPlain = (bytes: Uint8Array): boolean => bytes.every(byte => byte < 0x7F && byte !== 0x1B);

/** The leaf that the body is made of, and others that say the same. */
const bodyOf = (leaves: readonly Leaf[]): {readonly own?: Leaf; readonly sisters: readonly Leaf[]} => {
	// A message of one text that bears a name is that text all the same.
	const [only] = leaves;
	const texts = leaves.length === 1 && !only!.attached && !only!.embedded && /^text\/(?:plain|html)$/v.test(only!.type) ? leaves : leaves.filter(leaf => isText(leaf));
	const first = texts.find(leaf => !isBlank(leaf)) ?? texts[0];
	if (!first) {
		return {sisters: []};
	}

	const family = first.alternative > 0 ? texts.filter(({alternative}) => alternative === first.alternative) : [first];
	const own = family.find(leaf => leaf.type === 'text/html' && !isBlank(leaf)) ?? first;
	// One of each kind is shown by any program; what comes after is more text, and what says something else is no form of it.
	const sister = family.find(leaf => leaf.type !== own.type && (isBlank(leaf) || isFormOf(leaf, own)));
	const blank = texts.filter(leaf => leaf !== own && leaf !== sister && isBlank(leaf));
	return {own, sisters: [...(sister ? [sister] : []), ...blank]};
};

/** Undecodable, or in a charset that two programs read in two ways. */
const isDoubtful = (leaf: Leaf): boolean => {
	const [reading] = readingsOf(leaf);
	return reading!.certainty === 'ascii' || reading!.text.includes('\uFFFD');
};

const textIn = (leaf: Leaf): string => plainText(readingsOf(leaf)[0]!.text).replace(/^\uFEFF/v, '');

const nameOf = ({names, type, embedded, body}: Leaf, number: number, bytes: Uint8Array): string => {
	const given = shortened(oneLine(names[0] ?? ''), 240);
	const unnamed = `ATT${String(number).padStart(5, '0')}`;
	if (!embedded) {
		return given || `${unnamed}${extensions.get(type) ?? (type.startsWith('message/') || type.startsWith('text/') ? '.txt' : '.dat')}`;
	}

	const subject = body.length > 0 && normalSubject(decodedSubject(bytes)) ? shortened(oneLine(decodedSubject(bytes)).replaceAll(/[\s\/\\:*?"<>\|]+/gv, ' ').trim(), 100) : '';
	const name = given || subject || unnamed;
	return /\.eml$/iv.test(name) ? name : `${name}.eml`;
};

/** By its name in MIME. */
// eslint-disable-next-line unicorn/text-encoding-identifier-case -- IANA's name
const utf8 = 'utf-8';

/** Text that people read as part of the message: in UTF-8, with its mark where it needs one. Anything else keeps its bytes. */
const bytesFor = (leaf: Leaf): {readonly bytes: Uint8Array; readonly charset: string; readonly clean: boolean} => {
	const {bytes, clean} = contentOf(leaf);
	if (isText(leaf) && !isPlain(bytes)) {
		const [reading] = readingsOf(leaf);
		if (!reading!.cut) {
			return {bytes: Buffer.from(`\uFEFF${textIn(leaf)}`), charset: utf8, clean: clean && !isDoubtful(leaf)};
		}
	}

	return {bytes, charset: leaf.charset, clean};
};

/** Whether HTML (in lower case) has a link to a part (RFC 2392). */
const isShown = (html: string, id: string): boolean => {
	const link = `cid:${id}`;
	for (let at = html.indexOf(link); at !== -1; at = html.indexOf(link, at + 1)) {
		if (/^[^\w.@\-]?$/v.test(html.slice(at + link.length, at + link.length + 1))) {
			return true;
		}
	}

	return false;
};

const partOf = (leaf: Leaf, number: number, html: string): Part & {readonly clean: boolean} => {
	const {bytes, charset, clean} = bytesFor(leaf);
	const type = mediaType.test(leaf.type) ? leaf.type : 'application/octet-stream';
	const contentId = shortened(oneLine(leaf.contentId), 255);
	return {
		name: nameOf(leaf, number, bytes),
		contentType: type.startsWith('text/') && /^[\w.:+\-]{1,40}$/v.test(charset) ? `${type}; charset=${charset}` : type,
		bytes, clean,
		...(contentId !== '' && {contentId}),
		isInline: contentId !== '' && !leaf.embedded && [contentId, encodeURIComponent(contentId)].some(id => isShown(html, id.toLowerCase())),
	};
};

/**
The leaves of a message as a store with one body takes them: the first text is the body, in HTML where it has such a form; everything
else is an attachment, messages as `.eml` with their bytes. Never throws.
*/
export const partsOf = (leaves: readonly Leaf[]): Parts => {
	const {own, sisters} = bodyOf(leaves);
	const text = own && contentOf(own).bytes.length <= longestBody ? textIn(own) : undefined;
	const body: Body | undefined = own && text !== undefined && Buffer.byteLength(text) <= longestBody ? {contentType: own.type === 'text/html' ? 'html' : 'text', content: text} : undefined;
	const html = body?.contentType === 'html' ? body.content.toLowerCase() : '';
	const others = leaves.filter(leaf => !(leaf === own && body) && !sisters.includes(leaf));
	const attachments = others.map((leaf, index) => partOf(leaf, index + 1, html));
	const isUnclean = own !== undefined && body !== undefined && (!contentOf(own).clean || isDoubtful(own));
	return {
		body, sisters: sisters.filter(leaf => !isBlank(leaf)).length,
		attachments: attachments.map(({clean, ...part}) => part),
		doubt: isUnclean || attachments.some(({clean}) => !clean),
	};
};
