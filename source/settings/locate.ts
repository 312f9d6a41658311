import path from 'node:path';
import {type Problem, SettingsError} from './problem.js';
import {resolvePath} from './paths.js';

type World = {readonly home: string; readonly stateDirectory: string; readonly readFile: (path: string) => Promise<Uint8Array>};

/** Where the configuration lies unless one is named. */
export const defaultFile = (stateDirectory: string): string => path.join(stateDirectory, 'config.yaml');

/** Where the earlier tool of this name kept its own. */
export const predecessorsFile = (home: string): string => path.join(home, '.aw2ms365', 'config.yaml');

const decode = (file: string, bytes: Uint8Array): string => {
	try {
		return new TextDecoder('utf8', {fatal: true}).decode(bytes);
	} catch {
		throw new SettingsError([{file, key: '', expected: 'text in UTF-8 (save the file anew in that encoding)'}]);
	}
};

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as {code?: string}).code ?? '');

/**
The configuration's path and text: the file named, else ours, else the earlier tool's.

@throws settings-invalid
*/
export const locate = async (named: string | undefined, {home, stateDirectory, readFile}: World): Promise<{readonly file: string; readonly text: string; readonly isPredecessors: boolean}> => {
	const fail = (file: string, expected: string, found?: string): never => {
		const problem: Problem = {
			file, key: '', expected, ...(found !== undefined && {found}),
		};
		throw new SettingsError([problem]);
	};

	const ours = named === undefined ? defaultFile(stateDirectory) : resolvePath(named, {home, base: '.'}) ?? fail(named, 'a path without another user\'s ~');
	const candidates = named === undefined ? [ours, predecessorsFile(home)] : [ours];
	for (const file of candidates) {
		try {
			// eslint-disable-next-line no-await-in-loop -- The second only where there is no first.
			const bytes = await readFile(file);
			return {file, text: decode(file, bytes), isPredecessors: file !== ours};
		} catch (error) {
			if (error instanceof SettingsError) {
				throw error;
			}

			if (!isAbsent(error)) {
				fail(file, 'a file that can be read', (error as {code?: string}).code);
			}
		}
	}

	return fail(ours, 'a configuration ("aw2ms365 init --non-interactive" writes one to fill in)', 'no such file');
};
