import {describe, expect, test} from 'vitest';
import {cleanText} from '../../source/mailbox/clean.js';

describe('text of strangers becomes one visible line', () => {
	test.each([
		['an escape sequence cannot reach the terminal', 'a\u001B[2Jb', 'a�[2Jb'],
		['C1 controls neither', 'a\u009B2Jb', 'a�2Jb'],
		['NUL and DEL are shown', 'a\u0000b\u007F', 'a�b�'],
		['lines become one', 'one\r\n\ttwo\nthree', 'one two three'],
		['other line breaks are shown', 'a\u2028b\u2029c\u0085d\u000Be', 'a�b�c�d�e'],
		['direction cannot be turned', 'invoice\u202Efdp.exe', 'invoice�fdp.exe'],
		['isolates neither', '\u2066a\u2069', '�a�'],
		['what cannot be seen is seen', 'pay\u200Bpal\u00ADx\uFEFF', 'pay�pal�x�'],
		['lone surrogates are shown', 'a\uD83Db\uDC00', 'a�b�'],
		['private use is shown', 'a\uE000', 'a�'],
		['invisible tags are shown', 'a\u{E0041}', 'a�'],
		['blanks around are dropped', '  a b \n', 'a b'],
		['nothing stays nothing', '', ''],
	])('%s', (_, text, wanted) => {
		expect(cleanText(text)).toBe(wanted);
	});

	test.each([
		['a joined emoji', '👩\u200D💻'],
		['with skin tone', '🧑🏽\u200D🚀'],
		['with a variation selector', '❤\uFE0F\u200D🔥'],
		['a family', '👨\u200D👩\u200D👧'],
		['Persian', 'می\u200Cخواهم'],
		['Devanagari', 'क्\u200Dष'],
		['Hebrew and Arabic', 'שלום مرحبا'],
		['Japanese', '仕事・重要'],
		['combining marks', 'Zu\u0308rich'],
	])('%s stays as it was written', (_, text) => {
		expect(cleanText(text)).toBe(text);
	});

	test.each([
		['between Latin letters', 'pay\u200Dpal', 'pay�pal'],
		['at the end', '👩\u200D', '👩�'],
		['doubled', '👩\u200D\u200D💻', '👩��💻'],
		['alone', '\u200D', '�'],
	])('a joiner %s is shown', (_, text, wanted) => {
		expect(cleanText(text)).toBe(wanted);
	});
});

describe('long text', () => {
	test('is cut to the length asked for, and says so', () => {
		expect(cleanText('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`);
		expect(cleanText('x'.repeat(300))).toBe('x'.repeat(300));
		expect(cleanText('abcdef', 4)).toBe('abc…');
	});

	test('is cut neither through a character nor behind a joiner', () => {
		expect(cleanText('ab😀cd', 4)).toBe('ab…');
		expect(cleanText('👩\u200D💻 and more', 4)).toBe('👩…');
	});

	test('of any kind comes out clean: a second cleaning changes nothing', () => {
		// Every 37th code point, in pairs with what could join or turn it.
		for (let point = 0; point <= 0x10_FF_FF; point += 37) {
			const text = `x${String.fromCodePoint(point)}\u200D${String.fromCodePoint(point)}\u202E\u001B`;
			const clean = cleanText(text);
			expect(clean).not.toMatch(/\p{Cc}|[\u202A-\u202E\u2066-\u2069]/v);
			expect(clean.isWellFormed()).toBe(true);
			expect(cleanText(clean)).toBe(clean);
		}
	});
});
