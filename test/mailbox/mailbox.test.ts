import {expect, test} from 'vitest';
import {
	isWithin, parsePath, pathKey, pathOfKey, samePath, showPath,
} from '../../source/mailbox/mailbox.js';

const odd = [['a'], ['a', 'b'], ['a/b', 'c'], ['a\\', 'b'], [String.raw`\/`], [String.raw`a\/b`], ['//', '\\\\'], ['with "quotes"', 'tab\t'], ['日本語', '\u{1F468}\u200D\u{1F469}'], [' '], ['\uD800']];

test('a path shown and parsed is the same path, whatever stands in its names', () => {
	for (const path of odd) {
		expect(parsePath(showPath(path))).toEqual(path);
		expect(pathOfKey(pathKey(path))).toEqual(path);
	}
});

test('different paths are shown differently', () => {
	expect(new Set(odd.map(path => showPath(path))).size).toBe(odd.length);
	expect(showPath(['a/b'])).toBe(String.raw`a\/b`);
	expect(showPath(['a', 'b'])).toBe('a/b');
});

test('slashes too many do no harm', () => {
	expect(parsePath('/a//b/')).toEqual(['a', 'b']);
	expect(parsePath('')).toEqual([]);
	expect(parsePath('a\\')).toEqual(['a\\']);
});

test('a folder lies within itself and those above it, not in one whose name begins alike', () => {
	expect(isWithin(['a', 'b'], ['a'])).toBe(true);
	expect(isWithin(['a'], ['a'])).toBe(true);
	expect(isWithin(['ab'], ['a'])).toBe(false);
	expect(isWithin(['a'], ['a', 'b'])).toBe(false);
	expect(samePath(['a'], ['a', 'b'])).toBe(false);
	expect(samePath(['a', 'b'], ['a', 'b'])).toBe(true);
});
