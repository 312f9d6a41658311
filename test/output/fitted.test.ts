import {expect, test} from 'vitest';
import {fitted} from '../../source/output/fitted.js';

test('what fits is left as it is, indentation and empty lines too', () => {
	const text = '\nUsage\n  $ a <b> [c]\n\n  one  two   three';
	expect(fitted(text, 18)).toBe(text);
});

test('a line that is too long is broken between words, and goes on below where its text began', () => {
	expect(fitted('  one two three four', 12)).toBe('  one two\n  three four');
	expect(fitted('  --a FILE  one two three', 18)).toBe('  --a FILE  one\n            two\n            three');
	expect(fitted('    3  something or other', 20)).toBe('    3  something or\n       other');
});

test('a word that fits nowhere stays whole', () => {
	expect(fitted('a  incomprehensibilities b', 10)).toBe('a  incomprehensibilities\n   b');
});
