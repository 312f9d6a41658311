/** Letters and marks of scripts that write with joiners: neither those of Europe nor of East Asia. */
const joining = String.raw`[[\p{L}\p{M}]--[\p{scx=Latin}\p{scx=Greek}\p{scx=Cyrillic}\p{scx=Han}\p{scx=Hangul}\p{scx=Hiragana}\p{scx=Katakana}]]`;

/**
Joiners that text cannot be written without: U+200D between two emoji (👩‍💻), and U+200C and U+200D inside words of scripts that
have them (Persian, Devanagari and others). Elsewhere they would only make two names look like one.
*/
const joiner = String.raw`(?<=\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)\u200D(?=\p{Extended_Pictographic})|(?<=${joining})[\u200C\u200D](?=${joining})`;

/** Cc, Cf, Cs, Co, Zl, Zp: controls, bidi and other format characters, lone surrogates, private use, separators. */
const invisible = new RegExp(String.raw`(?!${joiner})[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]`, 'gv');

/**
The one place where text of strangers becomes text for display: subjects, folder names, servers' words.
Visible characters on one line; control, format and bidirectional characters are shown as `�`.

@param longest in UTF-16 units; what is longer ends with `…`
*/
export const cleanText = (text: string, longest = 300): string => {
	const visible = text.replaceAll(/[\t\r\n]+/g, ' ').replaceAll(invisible, '�').trim();
	if (visible.length <= longest) {
		return visible;
	}

	const cut = visible.slice(0, longest - 1);
	return `${(cut.isWellFormed() ? cut : cut.slice(0, -1)).replace(/\u200D$/v, '')}…`;
};
