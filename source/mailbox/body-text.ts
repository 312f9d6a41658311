import {createHash} from 'node:crypto';
import {htmlText} from './html-text.js';
import {type Certainty, decodedOf, readingsOf} from './leaf-text.js';
import {type Leaf, leavesOf} from './mime-leaves.js';
import {
	type Forms, formsOf, lettersOf, wordsOf,
} from './text-forms.js';

/** One way to read a text leaf. */
type Version = {
	readonly forms: Forms;
	readonly certainty: Certainty;
	readonly cut: boolean;
	/** Plain text, or what is left of HTML without its tags. */
	readonly text: string;
	/** Of HTML: what a plain form may add to the text. */
	readonly additions?: {readonly attributes: string; readonly items: number};
};

type Text = {readonly leaf: Leaf; readonly html: boolean; readonly versions: readonly Version[]};

/** Messages in messages in messages are compared so deep, and so many pairs of them. */
const deepest = 6;
const mostPairs = 2000;
/** So many texts are compared one with another; further ones only where they are equal. */
const mostTexts = 40;

const isText = ({type, embedded}: Leaf): boolean => !embedded && /^text\/(?:plain|html|enriched|richtext)$/v.test(type);
const isHtml = ({type}: Leaf): boolean => type !== 'text/plain';

const textOfLeaf = (leaf: Leaf): Text => ({
	leaf, html: isHtml(leaf), versions: readingsOf(leaf).map(({text, certainty, cut}) => {
		if (!isHtml(leaf)) {
			return {
				forms: formsOf(text), certainty, cut, text,
			};
		}

		const {text: words, links, attributes, items} = htmlText(text);
		const forms = formsOf(words);
		return {
			forms: {...forms, strict: `${forms.strict} ${formsOf(links).ascii}`}, certainty, cut, text: words, additions: {attributes, items},
		};
	}),
});

const equal = (a: string, b: string, cut: boolean): boolean => {
	const length = Math.min(a.length, b.length);
	return a === b || (cut && length > 0 && a.slice(0, length) === b.slice(0, length));
};

/** A link is written behind its words in plain text: `words <https://…>`, or in brackets. */
const withoutLinks = (text: string): string => text.replaceAll(/[<\[](?:https?|mailto|ftp|cid|tel):[^<>\[\]]{0,4000}[>\]]/giv, ' ');

const isAlike = (source: Version, copy: Version, sameKind: boolean): boolean => {
	const cut = source.cut || copy.cut;
	const [from, to] = [source.forms, copy.forms];
	if (sameKind && equal(from.strict, to.strict, cut)) {
		return true;
	}

	if ((!sameKind || source.certainty !== 'sure' || copy.certainty !== 'sure') && equal(from.letters, to.letters, cut)) {
		return true;
	}

	// Nothing of it that all programs read alike: then its other signs must do, and they differ.
	const isUnsteady = source.certainty === 'ascii' || copy.certainty === 'ascii' || to.unreadable > from.unreadable;
	return isUnsteady && equal(from.ascii, to.ascii, cut);
};

const alike = (source: Text, copy: Text): boolean => source.versions.some(from => copy.versions.some(to => isAlike(from, to, source.html === copy.html)));

/** Whether a plain text may have been made of an HTML one: it has no word that is not in that, links and numbers of lists apart. */
const isMadeOf = (plain: Version, html: Version, whole: boolean): boolean => {
	const {attributes = '', items = 0} = html.additions ?? {};
	if (lettersOf(withoutLinks(plain.text)) === html.forms.letters) {
		return true;
	}

	const [there, have, more] = [wordsOf(plain.text), wordsOf(html.text), wordsOf(attributes)];
	for (const [word, count] of there) {
		const isNumber = /^\d{1,4}$/v.test(word) && Number(word) > 0 && Number(word) <= items;
		if (!isNumber && count > (have.get(word) ?? 0) + ((more.get(word) ?? 0) * 2)) {
			return false;
		}
	}

	return !whole || [...have].every(([word, count]) => count <= (there.get(word) ?? 0));
};

const madeOf = (plain: Text, html: Text, whole: boolean): boolean => plain.versions.some(text => html.versions.some(from => isMadeOf(text, from, whole)));

/** Whether a plain text says nothing that the HTML beside it does not say: a store that keeps HTML makes it anew. */
export const isFormOf = (plain: Leaf, html: Leaf): boolean => {
	const [text, from] = [textOfLeaf(plain), textOfLeaf(html)];
	return alike(text, from) || madeOf(text, from, false);
};

/** Several texts as one, where a store writes them into one body. */
const joined = (texts: readonly Text[]): Text | undefined => texts.length < 2 || texts.length > mostTexts
	? undefined
	: {
		leaf: texts[0]!.leaf, html: false, versions: [{
			forms: formsOf(texts.map(({versions}) => versions[0]!.text).join(' ')), certainty: 'letters', cut: false, text: '',
		}],
	};

const isEmpty = ({versions}: Text): boolean => versions.every(({forms}) => forms.letters === '' && forms.strict.trim() === '' && forms.unreadable === 0);

/** The text and the HTML that say the same. */
const areSisters = (one: Text, other: Text): boolean => one.html !== other.html && one.leaf.alternative > 0 && one.leaf.alternative === other.leaf.alternative;

/** Whether a text of the source is not to be found again in the copy. */
const textLost = (source: readonly Leaf[], copy: readonly Leaf[]): boolean => {
	const wanted = source.filter(leaf => isText(leaf)).map(leaf => textOfLeaf(leaf)).filter(text => !isEmpty(text));
	const there = copy.filter(leaf => isText(leaf)).map(leaf => textOfLeaf(leaf)).filter(text => !isEmpty(text));
	const strict = new Set(there.flatMap(({html, versions}) => versions.map(({forms}) => `${html ? 'html' : 'text'} ${forms.strict}`)));
	const isThere = ({html, versions}: Text): boolean => versions.some(({forms}) => strict.has(`${html ? 'html' : 'text'} ${forms.strict}`));
	const some = there.slice(0, mostTexts);
	const bodies = some.filter(({leaf}) => leaf.names.length === 0 && !leaf.attached);
	const [plain, html] = [bodies.filter(text => !text.html), bodies.filter(text => text.html)];
	// An attached file that two decoders may read in two ways is no body.
	const missing = wanted.filter(text => !isThere(text) && !(text.leaf.names.length > 0 && !decodedOf(text.leaf).clean));
	const found = new Set(wanted.filter(text => !missing.includes(text)));
	/** One kind for the other only where the copy's own of that kind says the same. */
	const stands = (text: Text, other: Text): boolean => text.html === other.html
		|| some.filter(own => areSisters(own, other)).every(own => alike(own, other) || (other.html && madeOf(own, other, false)));
	const lost = missing.slice(0, mostTexts).filter(text => {
		const match = some.some(other => alike(text, other) && stands(text, other));
		if (match) {
			found.add(text);
		}

		return !match;
	});
	if (lost.length === 0) {
		return missing.length > mostTexts;
	}

	const whole = joined(wanted.filter(({leaf, html: marked}) => !marked && leaf.names.length === 0));
	if (whole && lost.every(text => !text.html) && some.some(other => alike(whole, other))) {
		return false;
	}

	return lost.some(text => {
		const sisters = wanted.filter(other => areSisters(other, text));
		if (!text.html) {
			// Exchange keeps the HTML of the two, and makes the plain text anew.
			return !sisters.some(sister => found.has(sister) && (plain.length === 0 || plain.some(other => madeOf(other, sister, false))));
		}

		// A store of plain text only.
		const isPlainOnly = html.every(other => plain.some(own => alike(own, other)));
		return !isPlainOnly || !(sisters.some(sister => found.has(sister)) || plain.some(other => madeOf(other, text, true)));
	});
};

/** What stores take apart, convert or sign anew: its bytes say nothing. */
const converted = /^(?:multipart\/.*|message\/.*|text\/rfc822-headers|application\/(?:ms-tnef|vnd\.ms-tnef|applefile|mac-binhex40|x-?pkcs7-signature|pkcs7-signature|pgp-signature))$/v;

/** A leaf's bytes without line ends and blanks, which some stores change in what is text. */
const contentOf = (leaf: Leaf): {readonly key: string; readonly clean: boolean} => {
	const {bytes, clean, cut} = decodedOf(leaf);
	const kept = bytes.filter(byte => byte > 0x20);
	return {key: kept.length === 0 ? '' : createHash('sha256').update(kept).digest('base64'), clean: clean && !cut};
};

const fieldsOfCalendar = /^(?<name>UID|SUMMARY|LOCATION|DTSTART|DTEND|SEQUENCE)[;:](?<rest>.*)$/gimv;

/** What of an appointment (RFC 5545) a store that keeps it as properties gives back. */
const appointmentOf = (leaf: Leaf): Map<string, string> => {
	const text = readingsOf(leaf)[0]!.text.slice(0, 1_000_000).replaceAll(/\r?\n[ \t]/gv, '');
	const fields = new Map<string, string>();
	for (const {groups} of text.slice(Math.max(0, text.search(/^BEGIN:VEVENT/imv))).matchAll(fieldsOfCalendar)) {
		const {name = '', rest = ''} = groups!;
		const value = rest.slice(rest.lastIndexOf(':') + 1).trim();
		// Instants only: a store has its own names of zones.
		if (!fields.has(name.toUpperCase()) && (!name.toUpperCase().startsWith('DT') || value.endsWith('Z'))) {
			fields.set(name.toUpperCase(), formsOf(value.replaceAll('\\', '')).letters);
		}
	}

	return fields;
};

const isAnotherAppointment = (source: Leaf, copies: readonly Leaf[]): boolean => {
	const wanted = appointmentOf(source);
	return copies.length > 0 && copies.every(copy => {
		const there = appointmentOf(copy);
		return [...wanted].some(([name, value]) => there.has(name) && there.get(name) !== value);
	});
};

const attachmentsLost = (source: readonly Leaf[], copy: readonly Leaf[]): boolean => {
	const wanted = source.filter(leaf => !leaf.embedded && !isText(leaf) && !converted.test(leaf.type));
	if (wanted.length === 0) {
		return false;
	}

	const there = new Set(copy.map(leaf => contentOf(leaf).key));
	return wanted.some(leaf => {
		const {key, clean} = contentOf(leaf);
		if (key === '' || !clean || there.has(key)) {
			return false;
		}

		return leaf.type !== 'text/calendar' || isAnotherAppointment(leaf, copy.filter(({type}) => type === 'text/calendar'));
	});
};

const compare = (source: Uint8Array, copy: Uint8Array, depth: number, pairs: {left: number}): Array<'text' | 'attachments'> => {
	const [from, to] = [leavesOf(source), leavesOf(copy)];
	const differences: Array<'text' | 'attachments'> = [];
	if (textLost(from, to) || embeddedLost(from, to, depth, pairs)) {
		differences.push('text');
	}

	if (attachmentsLost(from, to)) {
		differences.push('attachments');
	}

	return differences;
};

/** A message in a message of which there is none in the copy with its content. That there are too few is said of attachments. */
const embeddedLost = (source: readonly Leaf[], copy: readonly Leaf[], depth: number, pairs: {left: number}): boolean => {
	const wanted = source.filter(({embedded}) => embedded);
	const there = copy.filter(({embedded}) => embedded).map(leaf => decodedOf(leaf).bytes);
	const taken = new Set<number>();
	if (wanted.length > there.length || depth >= deepest) {
		return false;
	}

	return wanted.some((leaf, index) => {
		const {bytes} = decodedOf(leaf);
		// In order, mostly.
		const match = [...there.keys()].map(offset => (index + offset) % there.length).find(position =>
			!taken.has(position) && (pairs.left-- <= 0 || compare(bytes, there[position]!, depth + 1, pairs).length === 0));
		if (match !== undefined) {
			taken.add(match);
		}

		return match === undefined;
	});
};

/**
What of a message's content is not found again in its copy in a store that rebuilds MIME (Exchange, gromox): `text`, where
a text is another one; `attachments`, where the bytes of another part are. Texts are compared in forms that outlive other charsets,
encodings, line lengths and quoting signs; plain text with plain text and HTML with HTML where the copy has both, else
one with the other, with links, bullets and numbers that a store writes into the plain form. Where a store made the plain
text of the HTML anew, that must be made of the same words.

What cannot be read for certain (charset, `?` in the copy) is compared by its ASCII letters and digits. What a text of the
source has become when the copy has none that it could be, is a difference: doubt matches nothing. Signatures, TNEF, reports and
what is not cleanly encoded are no differences. Bounded and linear; never throws.
*/
export const lostContent = (source: Uint8Array, copy: Uint8Array): Array<'text' | 'attachments'> => compare(source, copy, 0, {left: mostPairs});
