import {execFileSync} from 'node:child_process';
import path from 'node:path';
import process from 'node:process';

/** Tests that start the program as a process start what the source says today. */
export const setup = (): void => {
	execFileSync(process.execPath, [path.resolve('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {stdio: 'inherit'});
};
