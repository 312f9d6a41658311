// Builds dist/, also where npm installs the program globally from a git address: npm 11 then makes the install
// inside the fresh clone a global one as well, so that the compiler is not there and the clone's node_modules is
// still being written. What is needed is therefore installed, and built, in a copy.
import {spawnSync} from 'node:child_process';
import {
	cpSync, existsSync, mkdtempSync, rmSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const run = (command, parameters, options) => {
	const {status, error} = spawnSync(command, parameters, {stdio: 'inherit', ...options});
	if (error || status !== 0) {
		throw error ?? new Error(`${command} ${parameters.join(' ')} ended with ${status}`);
	}
};

const build = folder => {
	run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {cwd: folder});
};

if (existsSync('node_modules/typescript/bin/tsc')) {
	build('.');
} else {
	const copy = mkdtempSync(path.join(os.tmpdir(), 'aw2ms365-build-'));
	try {
		for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'source']) {
			if (existsSync(name)) {
				cpSync(name, path.join(copy, name), {recursive: true});
			}
		}

		const isGlobal = name => /^npm_config_(?:global|location|prefix|local_prefix)$/i.test(name);
		const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isGlobal(name)));
		run('npm', ['install', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'], {cwd: copy, env: environment, shell: process.platform === 'win32'});
		build(copy);
		cpSync(path.join(copy, 'dist'), 'dist', {recursive: true});
	} finally {
		rmSync(copy, {recursive: true, force: true});
	}
}
