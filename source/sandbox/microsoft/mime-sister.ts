/** Names of HTML for U+00A0 to U+00FF, in order, and for what word processors write. */
const entities = new Map<string, string>([
	...[
		'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest',
		'Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml',
		'ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig',
		'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml',
		'eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml',
	].join(' ').split(' ').map((name, index): [string, string] => [name, String.fromCodePoint(0xA0 + index)]),
	...[['amp', '&'], ['lt', '<'], ['gt', '>'], ['quot', '"'], ['apos', '\''], ['euro', '€'], ['ndash', '–'], ['mdash', '—']] as const,
	...[['lsquo', '‘'], ['rsquo', '’'], ['ldquo', '“'], ['rdquo', '”'], ['hellip', '…'], ['bull', '•']] as const,
]);

const characterOf = (whole: string, name: string): string => {
	const number = /^#(?:x(?<hex>[\da-f]{1,6})|(?<decimal>\d{1,7}))$/iv.exec(name)?.groups;
	if (!number) {
		return entities.get(name) ?? whole;
	}

	const code = number.hex === undefined ? Number(number.decimal) : Number.parseInt(number.hex, 16);
	return code > 0 && code < 0x11_00_00 && !(code >= 0xD8_00 && code < 0xE0_00) ? String.fromCodePoint(code) : whole;
};

const escapes = new Map([['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['"', '&quot;']]);

/** The HTML form that a store makes of a message that has only text. */
export const htmlOf = (text: string): string => [
	'<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n',
	'<meta name="Generator" content="Microsoft Exchange Server">\r\n<!-- converted from text -->\r\n</head>\r\n<body>\r\n<font size="2"><span style="font-size:11pt;"><div class="PlainText">',
	text.replaceAll(/[&<>"]/gv, character => escapes.get(character)!).replaceAll(/\r?\n/gv, '<br>\r\n'),
	'</div></span></font>\r\n</body>\r\n</html>\r\n',
].join('');

/** The text form of a message that has only HTML: tags left out, lines where blocks end. */
export const plainOf = (html: string): string => {
	let hidden = '';
	const text = html.split('<').map((piece, index) => {
		const end = piece.indexOf('>');
		if (index === 0 || end === -1) {
			return hidden === '' && index === 0 ? piece : '';
		}

		const tag = /^\/?[a-z\d]{1,20}/iv.exec(piece)?.[0].toLowerCase() ?? '';
		if (hidden === '' ? ['style', 'script', 'title'].includes(tag) : tag === `/${hidden}`) {
			hidden = hidden === '' ? tag : '';
			return '';
		}

		const broken = ['br', '/p', '/div', '/tr', '/li', '/h1', '/h2', '/h3'].includes(tag) ? '\n' : '';
		return hidden === '' ? broken + piece.slice(end + 1).replaceAll(/\s+/gv, ' ') : '';
	}).join('');
	return text.replaceAll(/&(?<name>#?\w{1,8});/gv, (whole, name: string) => characterOf(whole, name)).trim().replaceAll('\n', '\r\n');
};
