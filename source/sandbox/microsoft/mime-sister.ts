const entities: Readonly<Record<string, string>> = {
	amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00A0',
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
	return text.replaceAll(/&(?<name>amp|lt|gt|quot|nbsp);/gv, (_, name: string) => entities[name]!).trim().replaceAll('\n', '\r\n');
};
