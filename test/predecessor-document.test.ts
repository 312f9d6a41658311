import {existsSync, readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';

/** The table of defects: `| number | defect | guards |`. */
const rows = readFileSync('docs/predecessor.md', 'utf8').split('\n')
	.map(line => /^\| (?<number>\d+) \| (?<defect>[^\|]+) \| (?<guards>[^\|]+) \|$/v.exec(line)?.groups)
	.filter(row => row !== undefined)
	.map(({number, defect, guards}) => ({number: Number(number), defect: defect!, guards: guards!}));

/** `file`: title; several are parted by a line break. */
const guardsOf = (cell: string): ReadonlyArray<{readonly file: string; readonly title: string}> => cell.split('<br>').flatMap(part => {
	const found = /`(?<file>test\/[^`]+\.test\.ts)`: (?<title>.+)$/v.exec(part.trim())?.groups;
	return found ? [{file: found.file!, title: found.title!}] : [];
});

/** Whether a test or a group of tests in a file has a title, in whatever quotes, or one that is made up as it runs and holds it. */
const hasTitle = (text: string, title: string): boolean => {
	const titles = text.matchAll(/\b(?:test|describe|sceneTest)(?:\.\w+(?:\([^\n]*\))?)*\(\s*(?:String\.raw)?(?:'(?<single>(?:[^'\\]|\\.)*)'|`(?<template>[^`]*)`)|\]\)\('(?<each>(?:[^'\\]|\\.)*)'/gv);
	return [...titles].some(({groups}) => {
		const plain = (groups!.single ?? groups!.each)?.replaceAll(/\\(?<sign>.)/gv, '$<sign>');
		return plain === title || (groups!.template?.includes(title) ?? false);
	});
};

describe('docs/predecessor.md', () => {
	test('has each of the 36 defects once, in order', () => {
		expect(rows.map(({number}) => number)).toEqual(Array.from({length: 36}, (_, index) => index + 1));
	});

	test.each(rows)('$number ($defect) is guarded by tests that exist, or says why it cannot occur', ({guards}) => {
		expect(guardsOf(guards).length > 0 || guards.startsWith('Cannot occur: '), guards).toBe(true);
		expect(guards).not.toContain('TODO');
		for (const {file, title} of guardsOf(guards)) {
			expect(existsSync(file), file).toBe(true);
			expect(hasTitle(readFileSync(file, 'utf8'), title), `${file} has a test "${title}"`).toBe(true);
		}
	});

	test('would notice a title that is gone', () => {
		const text = 'test(\'it\\\'s there\', () => {});\ntest.each([1])(\'of %d\', () => {});\ntest(`${count} rounds`, () => {});\nexpect(\'something else\');'; // eslint-disable-line no-template-curly-in-string -- the text of a test
		expect(['it\'s there', 'of %d', 'rounds', 'something else', 'it\'s'].map(title => hasTitle(text, title))).toEqual([true, true, true, false, false]);
	});
});
