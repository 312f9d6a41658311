import {spawnSync} from 'node:child_process';
import path from 'node:path';
import process from 'node:process';

/** Tests that start the program as a process start what the source says now. */
export const setup = (): void => {
	const {status, stdout} = spawnSync(process.execPath, [path.resolve('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {encoding: 'utf8'});
	// 2: built, with type errors. Those are told by `tsc --noEmit`, a step of `npm test` of its own.
	if (status !== 0 && status !== 2) {
		throw new Error(stdout);
	}
};
