import {describe, expect, test} from 'vitest';
import {lastLine, problemsOfSummary} from './checker.js';

const counts = {
	total: 10, delivered: 4, alreadyThere: 3, excluded: 1, refused: 1, vanished: 0, remaining: 1, lossy: 0, unsure: 1,
};

const line = (messages: Record<string, unknown>, folders?: unknown): string => JSON.stringify({
	v: 1, type: 'summary', messages, folders,
});

describe('the check of a summary', () => {
	test('is content when the total is the sum of the six fates, in the whole and per folder', () => {
		expect(problemsOfSummary(line(counts))).toEqual([]);
		expect(problemsOfSummary(line(counts, [{path: ['A'], messages: counts}]))).toEqual([]);
		expect(problemsOfSummary(line(counts, [{path: ['A'], ...counts}]))).toEqual([]);
	});

	test('finds a message that was counted nowhere, twice, or in no folder', () => {
		expect(problemsOfSummary(line({...counts, total: 11}))).toEqual(['all: total is 11, its parts make 10']);
		expect(problemsOfSummary(line({...counts, unsure: 2}))).toHaveLength(1);
		expect(problemsOfSummary(line(counts, [{messages: {...counts, total: 9, delivered: 3}}]))).toEqual([
			'total: the folders make 9, the whole says 10',
			'delivered: the folders make 3, the whole says 4',
		]);
	});

	test('finds a count that is missing or no count', () => {
		expect(problemsOfSummary(line({...counts, refused: undefined}))).toHaveLength(1);
		expect(problemsOfSummary(line({...counts, refused: '1'}))).toHaveLength(1);
		expect(problemsOfSummary('{"type":"progress"}')).toHaveLength(1);
	});

	test('reads the last line of an output that may or may not end with a line end', () => {
		expect(lastLine('{"a":1}\n{"b":2}\n')).toBe('{"b":2}');
		expect(lastLine('{"a":1}\n{"b":2}')).toBe('{"b":2}');
	});
});
