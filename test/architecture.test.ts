import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';

const root = path.resolve('source');
const files = (readdirSync(root, {recursive: true}) as string[]).filter(file => /\.tsx?$/.test(file)).map(file => file.replaceAll('\\', '/'));

/** `commands/plan.ts` → `commands`; `cli.tsx` → `cli`. */
const roomOf = (file: string): string => file.includes('/') ? file.split('/', 1)[0]! : file.replace(/\.tsx?$/, '');

const importsOf = (file: string): string[] => [...readFileSync(path.join(root, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(match => path.posix.normalize(path.posix.join(path.posix.dirname(file), match[1]!)));

/** Who may know whom (docs/design.md, section 3); everything may use `mailbox`. */
const arrows: Record<string, readonly string[]> = {
	cli: ['commands'],
	commands: ['migration', 'endpoints', 'settings', 'output', 'sandbox', 'screens', 'dns', 'doctor'],
	endpoints: ['sources', 'destinations', 'settings', 'credentials'],
	sources: ['protocols', 'credentials'],
	destinations: ['protocols', 'credentials'],
	protocols: [],
	// For HTTPS.
	credentials: ['protocols'],
	dns: [],
	// HTTPS for the time of the services, and what a token names.
	doctor: ['protocols', 'credentials'],
	migration: [],
	output: ['migration'],
	settings: [],
	sandbox: [],
	mailbox: [],
};

/** Of the engine, faces see events, the fold and commands only. */
const facesMaySee = new Set(['migration/events.js', 'migration/progress.js']);

describe('the arrows between rooms go one way', () => {
	test.each(files)('%s', file => {
		const room = roomOf(file);
		const allowed = new Set([room, 'mailbox', ...arrows[room] ?? []]);
		for (const target of importsOf(file)) {
			expect(allowed, `${file} imports ${target}`).toContain(roomOf(target.replace(/\.js$/, '.ts')));
			if (room === 'output' && target.startsWith('migration/')) {
				expect(facesMaySee, `${file} sees the engine's workings`).toContain(target);
			}
		}
	});

	test('only the demo reaches the sandbox, and the sandbox shares no code with the adapters', () => {
		const reaching = files.filter(file => roomOf(file) !== 'sandbox' && importsOf(file).some(target => target.startsWith('sandbox/')));
		expect(reaching.filter(file => !file.startsWith('commands/demo'))).toEqual([]);
		const packages = files.filter(file => roomOf(file) === 'sandbox').filter(file => readFileSync(path.join(root, file), 'utf8').includes('from \'imapflow\''));
		expect(packages).toEqual([]);
	});
});

describe('files stay small and say what they are', () => {
	test('none is over 500 lines, nine in ten are under 300, the median is under 100', () => {
		const lengths = files.map(file => readFileSync(path.join(root, file), 'utf8').split('\n').length).sort((a, b) => a - b);
		expect(lengths.at(-1)).toBeLessThanOrEqual(500);
		expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThan(300);
		expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(100);
	});

	test('none is called utils, helpers, manager or service', () => {
		expect(files.filter(file => /utils?|helpers?|manager|service/i.test(path.basename(file)))).toEqual([]);
	});
});

test('headless commands load no screen library, and --version loads nothing of ours', () => {
	expect(importsOf('cli.tsx')).toEqual(['commands/main.js']);
	expect(readFileSync(path.join(root, 'cli.tsx'), 'utf8')).toMatch(/await import\('\.\/commands\/main\.js'\)/);
});
