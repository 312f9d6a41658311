/** So many characters of a form are compared. */
const longest = 2_000_000;

/** Forms of a text that outlive what stores do to it, from the strictest to the loosest. */
export type Forms = {
	/** Everything but white space, controls, quotation marks, angle brackets (quoting, links) and what stands for the unreadable. */
	readonly strict: string;
	/** Letters, digits, signs of currency, and the points, commas and colons between digits. */
	readonly letters: string;
	/** Of these what is ASCII. */
	readonly ascii: string;
	/** How many signs there are that stand for something unreadable. */
	readonly unreadable: number;
};

const dashes = /[\u2010-\u2015\u2212]/gv;
const dropped = /[\p{C}\p{Z}\s\uFFFD?<>"'`´‘’‚‛“”„«»‹›]+/gv;
const betweenDigits = /(?<=\p{Nd})[.,:\-\/](?=\p{Nd})/gv;

const step = 8192;

/** Where a text may be taken apart: before white space, so that what composes or stands between figures stays together. */
const endOf = (text: string, from: number): number => {
	const space = text.slice(from + step, from + (2 * step)).search(/\s/v);
	const end = from + step + Math.max(space, 0);
	// No surrogates apart.
	return space === -1 && /[\uDC00-\uDFFF]/v.test(text[end] ?? '') ? end + 1 : end;
};

/** Piece by piece: no pattern meets a run that is too long for it, and nothing grows beyond bounds. */
const inPieces = (text: string, form: (piece: string) => string): string => {
	const pieces: string[] = [];
	let length = 0;
	for (let at = 0; at < text.length && length < longest;) {
		const end = endOf(text, at);
		const piece = form(text.slice(at, end).normalize('NFKC'));
		pieces.push(piece);
		length += piece.length;
		at = end;
	}

	return pieces.join('').slice(0, longest);
};

/** The form `letters` of a text. */
export const lettersOf = (text: string): string => inPieces(text, piece => piece.replaceAll(betweenDigits, '\uE000').replaceAll(/[^\p{L}\p{M}\p{N}\p{Sc}\uE000]+/gv, ''));

export const formsOf = (text: string): Forms => {
	const letters = lettersOf(text);
	return {
		strict: inPieces(text, piece => piece.replaceAll(dashes, '-').replaceAll(dropped, '')),
		letters,
		ascii: letters.replaceAll(/[^\dA-Za-z]/gv, ''),
		unreadable: text.match(/[?\uFFFD]/gv)?.length ?? 0,
	};
};

/** Words, in whatever order, with how often each is there. */
export const wordsOf = (text: string): Map<string, number> => {
	const words = new Map<string, number>();
	for (const [word] of inPieces(text, piece => piece.replaceAll(/[^\p{L}\p{M}\p{N}]+/gv, ' ')).matchAll(/\S+/gv)) {
		words.set(word, (words.get(word) ?? 0) + 1);
	}

	return words;
};
