import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {commandNames, parseArguments} from '../source/commands/arguments.js';
import {exitCodes} from '../source/output/exit-code.js';
import {knownKeys} from '../source/settings/schema.js';
import {load} from './settings/load.js';

/** What people read: the readme, and every page of docs but those for developers. */
const pages = ['README.md', ...readdirSync('docs').filter(name => name.endsWith('.md') && name !== 'design.md').map(name => path.join('docs', name))];
const textOf = (page: string): string => readFileSync(page, 'utf8');
const readme = textOf('README.md');

const blocksOf = (page: string, language: string): string[] => [...textOf(page).matchAll(/^(?<indent> *)```(?<language>\w+)\n(?<text>[\s\S]*?)^ *```$/gmv)]
	.filter(({groups}) => groups!.language === language)
	.map(({groups}) => groups!.text!.replaceAll(new RegExp(`^${groups!.indent!}`, 'gmv'), ''));

/** As GitHub names the places of a page. */
const anchorsOf = (page: string): string[] => [...textOf(page).matchAll(/^#+ (?<title>.+)$/gmv)]
	.map(({groups}) => groups!.title!.toLowerCase().replaceAll(/[^\p{L}\p{N} _\-]/gv, '').replaceAll(' ', '-'));

describe.each(pages)('%s', page => {
	test('points to pages and places that there are', () => {
		const text = textOf(page).replaceAll(/^ *```[\s\S]*?^ *```$/gmv, '').replaceAll(/`[^`\n]*`/gv, '');
		for (const {groups} of text.matchAll(/\]\((?<target>[^\)\s]+)\)/gv)) {
			const target = groups!.target!;
			if (!/^[a-z]+:/v.test(target)) {
				const [file, anchor] = target.split('#') as [string, string | undefined];
				const found = file === '' ? page : path.join(path.dirname(page), file);
				expect(existsSync(found), target).toBe(true);
				expect(anchor === undefined || anchorsOf(found).includes(anchor), target).toBe(true);
			}
		}
	});

	test('names only commands and options that there are', () => {
		const lines = [
			...blocksOf(page, 'sh').flatMap(block => [...block.matchAll(/(?:^|&& |\| )aw2ms365 (?<rest>[^\n#\|]*)/gmv)]),
			...textOf(page).replaceAll(/^ *```[\s\S]*?^ *```$/gmv, '').matchAll(/`aw2ms365 (?<rest>[^`]+)`/gv),
		].map(({groups}) => groups!.rest!.trim());
		for (const line of lines.filter(line => line !== '--version')) {
			expect(() => parseArguments(line.split(/\s+/v)), line).not.toThrow();
		}
	});

	test('shows configurations that work', async () => {
		await Promise.all(blocksOf(page, 'yaml').map(async block => expect(load(block)).resolves.toHaveProperty('announcements', [])));
	});
});

describe('the readme', () => {
	test('has each command in its table, and no other', () => {
		const table = /\| command \| does \|\n[\s\S]*?\n\n/v.exec(readme)![0];
		expect([...table.matchAll(/^\| `(?<name>[a-z]+)` \|/gmv)].map(({groups}) => groups!.name)).toEqual([...commandNames]);
	});

	test('has each key of the configuration in its table, and no other', () => {
		const table = /\| key \| means[\s\S]*?\n\n/v.exec(readme)![0];
		const named = new Set([...table.matchAll(/`(?<key>[a-zA-Z]+\.[a-zA-Z]+)`/gv)].map(({groups}) => groups!.key!));
		const known = [...knownKeys].filter(([section]) => ['source', 'destination', 'options'].includes(section)).flatMap(([section, keys]) => keys.map(key => `${section}.${key}`));
		expect([...named].sort()).toEqual(known.sort());
		for (const section of ['destination.imap', 'destination.cloud']) {
			const row = table.split('\n').find(line => line.startsWith(`| \`${section}\``))!;
			expect(knownKeys.get(section)!.filter(key => !row.includes(`\`${key}\``)), section).toEqual([]);
		}
	});

	test('names each exit code', () => {
		const sentence = /^Exit codes: [\s\S]*?\n\n/mv.exec(readme)![0];
		expect(Object.keys(exitCodes).filter(code => !new RegExp(`\\b${code}\\b`, 'v').test(sentence))).toEqual([]);
	});

	test('names each environment variable that the help names', () => {
		const help = parseArguments(['--help']);
		const names = [...('help' in help ? help.help : '').matchAll(/AW2MS365_[A-Z_]+/gv)].map(([name]) => name);
		expect(names.length).toBeGreaterThan(3);
		expect(names.filter(name => !readme.includes(name))).toEqual([]);
	});
});

test('every line that installs names this package, or where its source lies', () => {
	const {name} = JSON.parse(readFileSync('package.json', 'utf8')) as {readonly name: string};
	const targets = pages.flatMap(page => [...textOf(page).matchAll(/\bnpm (?:install|i|add) (?<rest>[^`#\n;,]*)/gv)])
		.flatMap(({groups}) => groups!.rest!.replaceAll(/<[^>]*>/gv, '').trim().split(/\s+/v))
		.filter(word => word !== '' && !word.startsWith('-'));
	expect(targets.length).toBeGreaterThan(0);
	expect(targets.filter(target => target !== '.' && target !== name && !target.startsWith('git+https://'))).toEqual([]);
});
