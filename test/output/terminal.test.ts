import {expect, test} from 'vitest';
import {wrapLine} from '../../source/output/terminal.js';

test('a long line breaks between words, indented under its beginning', () => {
	expect(wrapLine('! Archive UID 7: The destination does not take a message of this size.', 40)).toBe('! Archive UID 7: The destination does\n  not take a message of this size.');
	expect(wrapLine('  Next    aw2ms365 plan       shows what would happen', 40)).toBe('  Next    aw2ms365 plan       shows what\n    would happen');
});

test('short lines, data and very narrow screens are left alone', () => {
	for (const [text, columns] of [['short', 80], [`{"type":"summary","words":"${'long '.repeat(30)}"}`, 80], ['word '.repeat(30), 10]] as const) {
		expect(wrapLine(text, columns)).toBe(text);
	}
});

test('a word longer than the line stands alone and whole', () => {
	const word = 'x'.repeat(60);
	expect(wrapLine(`see ${word} there`, 40)).toBe(`see\n  ${word}\n  there`);
});
