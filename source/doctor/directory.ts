import {
	access, constants, stat, statfs,
} from 'node:fs/promises';
import path from 'node:path';
import {type DirectoryFinding} from './findings.js';

/** The directory itself, or the nearest above it that is there. */
const nearest = async (directory: string): Promise<string> => {
	try {
		await stat(directory);
		return directory;
	} catch (error) {
		const parent = path.dirname(directory);
		return (error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== directory ? nearest(parent) : directory;
	}
};

const freeIn = async (directory: string): Promise<number | undefined> => {
	try {
		const {bavail, bsize} = await statfs(directory);
		return bavail * bsize;
	} catch {
		return undefined;
	}
};

/** Looks at where the journal would lie, and makes nothing. */
export const lookAtDirectory = async (directory: string): Promise<DirectoryFinding> => {
	const there = await nearest(directory);
	const free = await freeIn(there);
	const found = {path: directory, ...(free !== undefined && {free})};
	try {
		const {isDirectory} = await (async () => {
			const entry = await stat(there);
			return {isDirectory: entry.isDirectory()};
		})();
		if (!isDirectory) {
			return {...found, state: 'no directory'};
		}

		// eslint-disable-next-line no-bitwise -- Modes are bits.
		await access(there, constants.W_OK | constants.X_OK);
		return {...found, state: there === directory ? 'writable' : 'absent'};
	} catch {
		return {...found, state: 'unwritable'};
	}
};
