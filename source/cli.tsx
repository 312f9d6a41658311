#!/usr/bin/env node
import {createRequire} from 'node:module';
import process from 'node:process';
import {setFlagsFromString} from 'node:v8';

/** The version, answered before anything heavy loads. */
export const {version} = (createRequire(import.meta.url)('../package.json') as {version: string});

// A reader that went away (`aw2ms365 --help | head -1`) is no crash. A terminal that hung up is told by its signal.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	if (error.code !== 'EPIPE' && !process.stdout.isTTY) {
		process.exitCode = 6;
	}
});
process.stderr.on('error', () => undefined);

if (process.argv.slice(2).includes('--version')) {
	process.stdout.write(`${version}\n`);
} else {
	// What is read and sent lives outside the heap; a young generation that grows costs 30 MB and saves no time (npm run bench:memory).
	setFlagsFromString('--semi-space-growth-factor=1');
	const {main} = await import('./commands/main.js');
	// Set, not exited with: what stands in a slow pipe is still to be written.
	process.exitCode = await main(process.argv.slice(2), version);
}
