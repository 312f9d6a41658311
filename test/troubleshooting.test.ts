import {describe, expect, test} from 'vitest';
import {aadsts} from '../source/credentials/microsoft-errors.js';
import {troubleshootingPage, troubleshootingRows} from './troubleshooting-page.js';

describe('docs/troubleshooting.md', () => {
	test('is what the table of failures says (else: npx vitest run test/troubleshooting.test.ts --update)', async () => {
		await expect(troubleshootingPage()).toMatchFileSnapshot('../docs/troubleshooting.md');
	});

	const page = troubleshootingPage();
	const entries = new Map(page.split(/^### /mv).slice(1).map(text => [/^`(?<code>[^`]+)`/v.exec(text)!.groups!.code!, text] as const));

	test.each(troubleshootingRows)('$code is found by its sentence, and has a next step, what is safe and whether to run again', ({code}) => {
		expect(page).toContain(`[${code}](#${code})`);
		const entry = entries.get(code)!;
		expect(entry).toMatch(/^- \*\*Do:\*\* \S.{10,}/mv);
		expect(entry).toMatch(/^- \*\*Safe:\*\* \S.{10,}/mv);
		expect(entry).toMatch(/^- \*\*Run it again\?\*\* \S.+ Exit code \d+\.$/mv);
	});

	test('has each AADSTS number that is known, with a next step', () => {
		const numbers = [...aadsts.meanings.keys(), ...aadsts.transient];
		const lines = page.split('\n').filter(line => line.startsWith('- **AADSTS'));
		expect(numbers.filter(number => !lines.some(line => line.includes(`AADSTS${number}`)))).toEqual([]);
		expect(lines.filter(line => !/\*Do:\* \S/v.test(line))).toEqual([]);
	});

	test('has no placeholder that Markdown would swallow as HTML', () => {
		const plain = page.replaceAll(/`[^`\n]*`/gv, '');
		expect(plain.match(/(?<!\\)<[^>]*>/gv)).toBeNull();
		expect(plain).not.toMatch(/[\u0000]/v); // eslint-disable-line no-control-regex -- what marks code while the page is made
	});
});
