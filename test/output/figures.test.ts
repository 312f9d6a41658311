import {expect, test} from 'vitest';
import {
	bytes, count, duration, left, plural, rate,
} from '../../source/output/figures.js';

test.each([
	[0, '0 B'],
	[1, '1 B'],
	[912, '912 B'],
	[999, '999 B'],
	[1000, '1.0 KB'],
	[1500, '1.5 KB'],
	[99_949, '99.9 KB'],
	[99_950, '100 KB'],
	[999_949, '1000 KB'],
	[999_950, '1.0 MB'],
	[32_400_000, '32.4 MB'],
	[1_000_000_000, '1.0 GB'],
	[1_500_000_000_000, '1500 GB'],
])('%d bytes are %s', (number, text) => {
	expect(bytes(number)).toBe(text);
});

test.each([
	[-1, '0 s'],
	[0, '0 s'],
	[0.4, '0 s'],
	[8, '8 s'],
	[59.4, '59 s'],
	[59.6, '1 min 0 s'],
	[61, '1 min 1 s'],
	[599, '9 min 59 s'],
	[600, '10 min'],
	[629, '10 min'],
	[630, '11 min'],
	[3569, '59 min'],
	[3570, '1 h 0 m'],
	[3599, '1 h 0 m'],
	[3600, '1 h 0 m'],
	[10_260, '2 h 51 m'],
	[86_399, '1 d 0 h'],
	[86_400, '1 d 0 h'],
	[273_600, '3 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
	expect(duration(seconds)).toBe(text);
});

test('counts have their thousands apart, and one is not many', () => {
	expect([count(0), count(1234), count(1_234_567)]).toEqual(['0', '1,234', '1,234,567']);
	expect([plural(0, 'message'), plural(1, 'message'), plural(2000, 'message')]).toEqual(['0 messages', '1 message', '2,000 messages']);
});

test('rates are short', () => {
	expect([rate(0), rate(0.04), rate(2), rate(9.94), rate(9.96), rate(10), rate(1234.5)]).toEqual(['0.0', '0.0', '2.0', '9.9', '10.0', '10', '1,235']);
});

test('words are put to the right', () => {
	expect(left('7', 3)).toBe('  7');
	expect(left('1234', 3)).toBe('1234');
});
