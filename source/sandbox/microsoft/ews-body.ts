import {type Content} from './content.js';

const head = '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">';

const fromText = (text: string): string => `${head}</head><body>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/\r?\n/gv, '<br>\r\n')}</body></html>`;

/** The body as a whole HTML document, even of one bare line (lesson 29). */
export const htmlBody = ({html, text = ''}: Content): string => {
	if (html === undefined) {
		return fromText(text);
	}

	return /<html[\s>]/iv.test(html) ? html : `${head}</head><body>${html}</body></html>`;
};

export const textBody = ({text, html = ''}: Content): string => text ?? html.replaceAll(/<[^>]*>/gv, '');
