import {describe, expect, test} from 'vitest';
import {parseArguments} from '../../source/commands/arguments.js';
import {FailureError} from '../../source/mailbox/failure.js';
import {exitCodes} from '../../source/output/exit-code.js';

/** What is said of a command line that cannot be carried out. */
const objection = (line: string): string => {
	try {
		parseArguments(line.split(' '));
	} catch (error) {
		if (error instanceof FailureError && error.failure.code === 'usage-invalid') {
			return error.failure.detail!;
		}

		throw error;
	}

	return '';
};

describe('a command line', () => {
	test.each([
		['migrat', 'there is no command "migrat"; did you mean "migrate"'],
		['entirely-wrong', 'there is no command "entirely-wrong"'],
		['plan --jsn', 'there is no option --jsn; did you mean --json'],
		['plan --stop-on-hangp', 'there is no option --stop-on-hangp; did you mean --stop-on-hangup'],
		['plan -x', 'there is no option -x'],
		['plan --xy', 'there is no option --xy'],
		['retry --uid seven', '--uid takes a whole number above 0'],
		['retry --uid 0', '--uid takes a whole number above 0'],
		['plan one.yaml two.yaml', 'name one configuration file'],
		['plan one.yaml --config two.yaml', 'name one configuration file'],
		['dns one.yaml --config two.yaml', 'name one domain'],
		['dns contoso.com fabrikam.com', 'name one domain'],
	])('"%s" is answered with what is wrong and what may be meant', (line, words) => {
		expect(objection(line)).toBe(words);
	});

	test.each(['dns --resolver', 'dns contoso.com --resolver= --check', 'dns --cloud', 'retry --folder', 'retry --folder --uid 3', 'retry --folder= --json', 'retry --uid', 'retry --code=', 'plan --config'])('"%s" lacks a value, and is not taken for "all of them"', line => {
		expect(objection(line)).toMatch(/^--\w+ needs a value$/);
	});

	test.each(['migrate', 'plan --no-color --no-input --plain', 'retry --folder Inbox --folder A/B --uid 3 --uid=4 --code message-refused', 'verify --strict my.yaml', 'migrate --stop-on-hangup --dry-run --verbose --json'])('"%s" is taken', line => {
		expect(objection(line)).toBe('');
	});

	test('gives each option its place', () => {
		expect(parseArguments(['retry', 'my.yaml', '--folder', 'A/B', '--folder', 'C', '--uid', '3', '--unsure'])).toMatchObject({
			command: 'retry', file: 'my.yaml', folder: ['A/B', 'C'], uid: [3], unsure: true, json: false,
		});
	});

	test.each([
		['dns contoso.com', {domain: 'contoso.com', check: false, resolver: []}],
		['dns ana@contoso.com --check --resolver 127.0.0.1:53 --resolver=::1 --cloud dod', {
			domain: 'ana@contoso.com', check: true, resolver: ['127.0.0.1:53', '::1'], cloud: 'dod',
		}],
		['dns contoso.com --config my.yaml', {domain: 'contoso.com', file: 'my.yaml'}],
		['dns my.yaml', {file: 'my.yaml'}],
		['dns ./contoso.com', {file: './contoso.com'}],
		['dns', {check: false}],
	])('"%s" tells a domain from a configuration', (line, wanted) => {
		expect({domain: 'none', file: 'none', ...parseArguments(line.split(' '))}).toMatchObject({domain: 'none', file: 'none', ...wanted});
	});

	test.each([['-h'], ['--help'], ['help'], ['migrate', '-h'], []])('%s %s asks for help', (...argv) => {
		expect(parseArguments(argv)).toHaveProperty('help');
	});

	test('no line of the help is wider than 80 columns, and each exit code is told in full', () => {
		const {help} = parseArguments(['--help']) as {readonly help: string};
		expect(help.split('\n').filter(line => line.length > 80)).toEqual([]);
		const words = help.replaceAll(/\s+/gv, ' ');
		for (const [code, meaning] of Object.entries(exitCodes)) {
			expect(words).toContain(` ${code} ${meaning} `.trimEnd());
		}
	});
});
