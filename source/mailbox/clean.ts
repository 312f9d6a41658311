/**
The one place where text of strangers becomes text for display: subjects, folder names, servers' words.
Visible characters on one line; control, format and bidirectional characters are shown as `�`.
*/
export const cleanText = (text: string, longest = 300): string => {
	// Cc, Cf, Cs, Co, Zl, Zp: controls, bidi and other format characters, lone surrogates, private use, separators.
	const visible = text.replaceAll(/[\t\r\n]+/g, ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gv, '�').trim();
	if (visible.length <= longest) {
		return visible;
	}

	const cut = visible.slice(0, longest - 1);
	return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
};
