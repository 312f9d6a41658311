import {
	chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {
	afterEach, beforeEach, describe, expect, test,
} from 'vitest';
import {ensureStateDirectory, stateDirectory, writePrivateFile} from '../../source/settings.js';

let base = '';
beforeEach(async () => {
	base = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-state-'));
});
afterEach(async () => {
	await rm(base, {recursive: true, force: true});
});

const homeAt = (directory: string) => Object.fromEntries([['AW2MS365_HOME', directory]]);

const modeOf = async (file: string) => {
	const {mode} = await stat(file);
	// eslint-disable-next-line no-bitwise -- Modes are bits.
	return mode & 0o777;
};

test('AW2MS365_HOME names the directory, ~ expanded', async () => {
	expect(await stateDirectory(homeAt('~/x'), '/home/a')).toBe('/home/a/x');
	expect(await stateDirectory(homeAt('/y'), '/home/a')).toBe('/y');
	await expect(stateDirectory(homeAt('~bob/x'), '/home/a')).rejects.toThrow('another user');
});

describe.skipIf(process.platform === 'win32')('modes', () => {
	test.runIf(process.platform === 'linux')('without it conf chooses, and looking there makes nothing', async () => {
		const before = process.env.XDG_CONFIG_HOME;
		process.env.XDG_CONFIG_HOME = base;
		try {
			const chosen = await stateDirectory({});
			expect(chosen).toBe(path.join(base, 'aw2ms365'));
			expect(await readdir(base)).toEqual([]);
			await ensureStateDirectory(chosen, '/home/a');
			expect(await modeOf(chosen)).toBe(0o700);
		} finally {
			process.env.XDG_CONFIG_HOME = before;
			if (before === undefined) {
				delete process.env.XDG_CONFIG_HOME;
			}
		}
	});

	test('a directory is made for its owner alone, whatever the umask', async () => {
		const directory = path.join(base, 'a', 'b');
		await ensureStateDirectory(directory);
		expect(await modeOf(directory)).toBe(0o700);
		expect(await modeOf(path.join(base, 'a'))).toBe(0o700);
	});

	test('one that others may look into is narrowed, what is in it stays', async () => {
		const directory = path.join(base, 'wide');
		await mkdir(directory);
		await chmod(directory, 0o755);
		await writeFile(path.join(directory, 'kept'), 'x');
		await ensureStateDirectory(directory);
		expect(await modeOf(directory)).toBe(0o700);
		expect(await readdir(directory)).toEqual(['kept']);
		const link = path.join(base, 'link');
		await symlink(directory, link);
		await ensureStateDirectory(link);
	});

	test('a shared directory and the home directory are refused and left as they are', async () => {
		const shared = path.join(base, 'shared');
		await mkdir(shared);
		await chmod(shared, 0o1777);
		await expect(ensureStateDirectory(shared)).rejects.toThrow('not a directory of its own');
		expect(await modeOf(shared)).toBe(0o777);
		await chmod(base, 0o755);
		await expect(ensureStateDirectory(base, base)).rejects.toThrow('not a directory of its own');
		expect(await modeOf(base)).toBe(0o755);
	});

	test('a file is written whole, for its owner alone, over a wider one too', async () => {
		const file = path.join(base, 'config.yaml');
		await writeFile(file, 'old', {mode: 0o644});
		await writePrivateFile(file, 'new');
		expect(await readFile(file, 'utf8')).toBe('new');
		expect(await modeOf(file)).toBe(0o600);
		expect(await readdir(base)).toEqual(['config.yaml']);
	});
});

test('where nothing can be made or written, that is said, with code 6', async () => {
	const file = path.join(base, 'file');
	await writeFile(file, '');
	await expect(ensureStateDirectory(path.join(file, 'below'))).rejects.toMatchObject({failure: {code: 'journal-unwritable'}});
	await expect(writePrivateFile(path.join(base, 'absent', 'x'), 'y')).rejects.toMatchObject({failure: {code: 'journal-unwritable'}});
	await expect(writePrivateFile(path.join(base, 'absent', 'x'), 'y')).rejects.toThrow('ENOENT');
});
