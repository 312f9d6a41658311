/** Names of HTML 4 for U+00A0 to U+00FF, in order. */
const latin1Names = [
	'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo',
	'frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve',
	'Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute',
	'ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml',
].join(' ');

const entities = new Map<string, string>([
	...latin1Names.split(' ').map((name, index): [string, string] => [name, String.fromCodePoint(0xA0 + index)]),
	['amp', '&'],
	['lt', '<'],
	['gt', '>'],
	['quot', '"'],
	['apos', '\''],
	['hellip', '…'],
	['ndash', '–'],
	['mdash', '—'],
	['lsquo', '‘'],
	['rsquo', '’'],
	['sbquo', '‚'],
	['ldquo', '“'],
	['rdquo', '”'],
	['bdquo', '„'],
	['lsaquo', '‹'],
	['rsaquo', '›'],
	['bull', '•'],
	['euro', '€'],
	['trade', '™'],
	['ensp', ' '],
	['emsp', ' '],
	['thinsp', ' '],
	['zwnj', ''],
	['zwj', ''],
	['lrm', ''],
	['rlm', ''],
	['dagger', '†'],
	['permil', '‰'],
	['OElig', 'Œ'],
	['oelig', 'œ'],
	['Scaron', 'Š'],
	['scaron', 'š'],
	['Yuml', 'Ÿ'],
	['minus', '−'],
	['larr', '←'],
	['rarr', '→'],
]);

const numbered = (text: string): string | undefined => {
	const number = /^#x/iv.test(text) ? Number.parseInt(text.slice(2), 16) : Number.parseInt(text.slice(1), 10);
	return number > 0 && number <= 0x10_FF_FF ? String.fromCodePoint(number) : undefined;
};

/** Character references of HTML 4 and XML; others stay as they are. */
const decodeReferences = (text: string): string => text.replaceAll(/&(?<name>#\d{1,7}|#x[\dA-F]{1,6}|[a-z][a-z\d]{1,7});?/giv, (whole, name: string) => (name.startsWith('#') ? numbered(name) : entities.get(name)) ?? whole);

const attribute = /(?:href|src|alt|title)\s*=\s*(?<value>"[^"]*"|'[^']*'|[^\s"'>]+)/giv;
const hiding = /^(?:style|script|title)$/v;

export type HtmlText = {
	/** Text nodes in order; blanks where tags of blocks stood, nothing where others did. */
	readonly text: string;
	/** Where links lead to. */
	readonly links: string;
	/** Everything in attributes that a plain form may show. */
	readonly attributes: string;
	/** Items of lists, which a plain form may number. */
	readonly items: number;
};

const inline = /^\/?(?:a|abbr|acronym|b|big|cite|code|em|font|i|ins|del|kbd|label|q|s|small|span|strike|strong|sub|sup|tt|u|o:p|st1:\w+)$/v;

/**
The words of an HTML document: what is in comments, in style, script and title is left out where these are closed.
Not a parser: both sides are read in the same way. Linear; never throws.
*/
export const htmlText = (html: string): HtmlText => {
	const texts: string[] = [];
	const links: string[] = [];
	const attributes: string[] = [];
	let items = 0;
	let at = 0;
	/** Endings that are not found once are not looked for again. */
	const none = new Set<string>();
	const after = (ending: string, from: number): number => {
		if (none.has(ending)) {
			return -1;
		}

		const pattern = new RegExp(ending, 'giv');
		pattern.lastIndex = from;
		const found = pattern.exec(html);
		if (!found) {
			none.add(ending);
		}

		return found ? pattern.lastIndex : -1;
	};

	while (at < html.length) {
		const open = html.indexOf('<', at);
		texts.push(html.slice(at, open === -1 ? undefined : open));
		if (open === -1) {
			break;
		}

		const comment = html.startsWith('<!--', open) ? after('-->', open + 4) : -1;
		const end = comment === -1 ? (/[!\/?A-Za-z]/v.test(html[open + 1] ?? '') ? after('>', open + 1) : -1) : comment;
		if (comment !== -1 || end === -1) {
			texts.push(end === -1 ? '<' : '');
			at = end === -1 ? open + 1 : end;
			continue;
		}

		const tag = html.slice(open + 1, end - 1);
		const name = /^\/?[\w:]{1,20}/v.exec(tag)?.[0].toLowerCase() ?? '';
		at = end;
		if (hiding.test(name)) {
			const close = after(`</${name}\\s*>`, end);
			at = close === -1 ? end : close;
		}

		items += name === 'li' ? 1 : 0;
		texts.push(inline.test(name) ? '' : ' ');
		if (/^(?:a|area|img)$/v.test(name)) {
			for (const match of tag.matchAll(attribute)) {
				const value = decodeReferences(match.groups!.value!.replaceAll(/^["']|["']$/gv, ''));
				attributes.push(value);
				if (match[0].slice(0, 4).toLowerCase() === 'href' && /^\s*(?:https?|mailto):/iv.test(value)) {
					links.push(value);
				}
			}
		}
	}

	return {
		text: decodeReferences(texts.join('')), links: links.join(' '), attributes: attributes.join(' '), items,
	};
};
