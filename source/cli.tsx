#!/usr/bin/env node
import {createRequire} from 'node:module';
import process from 'node:process';

/** The version, answered before anything heavy loads. */
export const {version} = (createRequire(import.meta.url)('../package.json') as {version: string});

if (process.argv.slice(2).includes('--version')) {
	process.stdout.write(`${version}\n`);
} else {
	const {main} = await import('./commands/main.js');
	// Set, not exited with: what stands in a slow pipe is still to be written.
	process.exitCode = await main(process.argv.slice(2), version);
}
