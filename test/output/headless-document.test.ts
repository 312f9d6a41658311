import {execFileSync, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {exitCodes} from '../../source/output/exit-code.js';
import {lineTypes} from './line-schema.js';
import {variedRuns} from './varied-run.js';

const text = readFileSync('docs/headless.md', 'utf8');
const rows = [...text.matchAll(/^\| (?<first>.+?) \| (?<second>.+) \|$/gmv)].map(({groups}) => [groups!.first!, groups!.second!] as const);

describe('docs/headless.md', () => {
	test('has the exit codes of the program, each with its meaning', () => {
		expect(Object.fromEntries(rows.filter(([first]) => /^\d+$/v.test(first)))).toEqual(exitCodes);
	});

	test('has every type of line, and no other', () => {
		const types = rows.flatMap(([first]) => [...first.matchAll(/`(?<type>[^`]+)`/gv)].map(({groups}) => groups!.type!));
		expect(types.toSorted()).toEqual(lineTypes.map(({type}) => type).toSorted());
	});

	test('names in its examples only lines that there are', () => {
		const named = [...text.matchAll(/\.type == "(?<type>[^"]+)"/gv)].map(({groups}) => groups!.type!);
		expect(lineTypes.map(({type}) => type)).toEqual(expect.arrayContaining(named));
		expect(named.length).toBeGreaterThan(4);
	});

	const hasJq = spawnSync('jq', ['--version']).status === 0;
	test.skipIf(!hasJq)('has examples that give something (needs jq)', async () => {
		const runs = await variedRuns();
		const input = runs.flatMap(({lines}) => lines).join('\n');
		const examples = [...text.matchAll(/\| jq (?<options>(?:-\S+ )+)'(?<program>[^']+)'/gv)].map(({groups}) => ({options: groups!.options!.trim().split(' '), program: groups!.program!}));
		expect(examples.length).toBeGreaterThan(4);
		for (const {options, program} of examples) {
			const output = execFileSync('jq', [...options, program], {input, encoding: 'utf8'});
			expect({program, output: output.trim()}).not.toEqual({program, output: ''});
			expect(output).not.toContain('null');
		}
	});
});
