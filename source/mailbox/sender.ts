/** An addr-spec that a store cannot but keep: one @, something on both sides, printable ASCII. */
const address = /^[!-?A-~]+@[!-?A-~]+$/v;

/** The text with comments dropped and quoted parts marked, so that what stands in quotes is no syntax. */
const characters = (text: string): Array<readonly [character: string, quoted: boolean]> => {
	const kept: Array<readonly [string, boolean]> = [];
	let depth = 0;
	let quoted = false;
	for (let at = 0; at < text.length; at++) {
		const character = text[at]!;
		if (character === '\\' && (quoted || depth > 0)) {
			at++;
			if (quoted && at < text.length) {
				kept.push([text[at]!, true]);
			}
		} else if (depth > 0) {
			depth += character === '(' ? 1 : (character === ')' ? -1 : 0);
		} else if (character === '"') {
			quoted = !quoted;
		} else if (!quoted && character === '(') {
			depth++;
		} else {
			kept.push([character, quoted]);
		}
	}

	return kept;
};

const plain = (list: ReadonlyArray<readonly [string, boolean]>): string => list.map(([character]) => character).join('').replaceAll(/\s+/gv, '').toLowerCase();

/**
The addr-spec of the first mailbox of an address list (RFC 5322 3.4, groups and 4.4 routes included), in lower case,
quotes of its local part dropped; '' where there is none. In linear time; never throws.
*/
export const firstAddress = (text: string): string => {
	const list = characters(text);
	let start = 0;
	for (let at = 0; at <= list.length; at++) {
		const [character, quoted] = list[at] ?? [',', false];
		if (quoted) {
			continue;
		}

		if (character === '<') {
			const end = list.findIndex(([other, inQuotes], index) => index > at && other === '>' && !inQuotes);
			// A route (`<@a,@b:c@d>`) ends with a colon.
			const inside = plain(list.slice(at + 1, end === -1 ? undefined : end)).replace(/^@.*:/v, '');
			return address.test(inside) ? inside : '';
		}

		if (character === ':') {
			start = at + 1;
		} else if (character === ',' || character === ';') {
			const found = plain(list.slice(start, at));
			if (address.test(found)) {
				return found;
			}

			start = at + 1;
		}
	}

	return '';
};
