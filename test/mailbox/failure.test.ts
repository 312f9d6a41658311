import {describe, expect, test} from 'vitest';
import {commandNames} from '../../source/commands/arguments.js';
import {
	FailureError, failureOf, failures, type FailureCode,
} from '../../source/mailbox/failure.js';

const codes = Object.keys(failures) as FailureCode[];

describe('the table of failures', () => {
	test.each(codes)('%s says what happened and what to do, in whole sentences', code => {
		const {sentence, next} = failures[code];
		expect(sentence).toMatch(/^[A-Z].*\.$/v);
		expect(next).toMatch(/^["A-Z].*\.$/v);
		expect(`${sentence}${next}`).not.toMatch(/[\p{Cc}\p{Cf}]/v);
	});

	test.each(codes)('%s fits its reach: what ends a message or a folder leaves exit code 3', code => {
		const {reach, exit} = failures[code];
		if (reach === 'message' || reach === 'folder') {
			expect(exit).toBe(3);
		}
	});

	test('names only commands and options that there are', () => {
		const words = codes.flatMap(code => [...failures[code].next.matchAll(/aw2ms365 (?<command>--help|[a-z]+)/gv)].map(match => match.groups!.command));
		expect(words).toContain('retry');
		expect(words.filter(word => !(['--help', ...commandNames] as readonly string[]).includes(word!))).toEqual([]);
	});
});

describe('a failure on its way up', () => {
	test('carries the row of the table', () => {
		expect(new FailureError('message-refused').failure).toEqual({
			code: 'message-refused', reach: 'message', retry: 'later', outcome: 'not stored',
		});
	});

	test('may know better than the table, and a wait of 0 is a wait', () => {
		expect(new FailureError('throttled', {
			reach: 'folder', retry: 'later', outcome: 'unknown', detail: 'NO slow', wait: 0,
		}).failure).toEqual({
			code: 'throttled', reach: 'folder', retry: 'later', outcome: 'unknown', detail: 'NO slow', wait: 0,
		});
	});

	test('keeps its cause and its words', () => {
		const cause = new Error('ENOSPC');
		const error = new FailureError('journal-unwritable', {detail: 'ENOSPC', cause});
		expect(error.cause).toBe(cause);
		expect(error.message).toBe('This machine cannot keep the record of the migration. (ENOSPC)');
	});

	test('is plain data, without its cause', () => {
		const {failure} = new FailureError('throttled', {wait: 5, cause: new Error('x')});
		expect(JSON.stringify(failure)).toBe('{"code":"throttled","reach":"mailbox","retry":"now","outcome":"not stored","wait":5}');
	});

	test.each([
		['an error', new TypeError('x is not a function'), 'TypeError: x is not a function'],
		['a text', 'boom', 'boom'],
		['nothing', undefined, 'undefined'],
		['a symbol', Symbol('s'), 'Symbol(s)'],
		['words of a stranger', new Error('bad \u001B[2J\nline'), 'Error: bad �[2J line'],
		['an object without a text', Object.create(null), '[Object: null prototype] {}'],
	])('%s that nobody expected is a bug, of which nothing is known', (_, thrown: unknown, detail) => {
		expect(failureOf(thrown)).toMatchObject({
			code: 'bug', outcome: 'unknown', reach: 'run', detail,
		});
	});

	test('one of ours stays what it is', () => {
		const error = new FailureError('state-locked');
		expect(failureOf(error)).toBe(error.failure);
	});
});
