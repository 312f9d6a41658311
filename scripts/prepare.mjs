// Builds dist/, also where npm installs the program globally from a git address: it then tells the install inside
// the fresh clone to be global as well (npm 11), so that the compiler is not there.
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import process from 'node:process';

const run = (command, parameters, environment = process.env) => {
	const {status, error} = spawnSync(command, parameters, {stdio: 'inherit', env: environment, shell: process.platform === 'win32'});
	if (error || status !== 0) {
		process.exitCode = status ?? 1;
		throw error ?? new Error(`${command} ${parameters.join(' ')} ended with ${status}`);
	}
};

if (!existsSync('node_modules/typescript')) {
	const isGlobal = name => /^npm_config_(?:global|location|prefix|local_prefix)$/i.test(name);
	const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isGlobal(name)));
	run('npm', ['install', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--no-save'], environment);
}

run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
