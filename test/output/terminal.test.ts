import {expect, test} from 'vitest';
import {naming, wrapLine} from '../../source/output/terminal.js';

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

test('suggested commands are about the configuration that was named; lines of data stay as they are', () => {
	const reword = naming('ana & ben.yaml');
	expect(reword('Run "aw2ms365 retry --code bug", or aw2ms365 failures.')).toBe('Run "aw2ms365 retry \'ana & ben.yaml\' --code bug", or aw2ms365 failures \'ana & ben.yaml\'.');
	expect(reword('aw2ms365 dns')).toBe('aw2ms365 dns');
	expect(reword('{"next":"aw2ms365 retry"}')).toBe('{"next":"aw2ms365 retry"}');
	expect(naming('$1.yaml')('aw2ms365 plan')).toBe('aw2ms365 plan \'$1.yaml\'');
	expect(naming(undefined)('aw2ms365 plan')).toBe('aw2ms365 plan');
});
