/** The one directory that holds configuration, journals and reports: for its owner's eyes only. */
import {randomUUID} from 'node:crypto';
import {
	chmod, lstat, mkdir, open, rename, rm,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {FailureError} from '../mailbox/failure.js';
import {type Environment} from './environment.js';
import {resolvePath} from './paths.js';

/** What `conf` chooses for this system. It would make it at once; whoever writes there does (ensureStateDirectory), and commands that look make nothing. */
const confDirectory = async (): Promise<string> => {
	// eslint-disable-next-line @typescript-eslint/naming-convention -- A class, loaded only where it is needed.
	const {default: Conf} = await import('conf');
	class Looking extends Conf {}
	Object.defineProperty(Looking.prototype, '_ensureDirectory', {value: () => undefined});
	const before = process.umask(0o077);
	try {
		return path.dirname(new Looking({projectName: 'aw2ms365', projectSuffix: ''}).path);
	} finally {
		process.umask(before);
	}
};

/** An absolute path: `AW2MS365_HOME`, else the directory that `conf` chooses. @throws settings-invalid */
export const stateDirectory = async (environment: Environment, home: string = os.homedir()): Promise<string> => {
	const wanted = environment.AW2MS365_HOME;
	if (!wanted) {
		return confDirectory();
	}

	const directory = resolvePath(wanted, {home, base: process.cwd()});
	if (directory === undefined) {
		throw new FailureError('settings-invalid', {detail: 'AW2MS365_HOME names another user\'s ~; write the path in full'});
	}

	return directory;
};

const unwritable = (directory: string, cause: unknown): FailureError =>
	new FailureError('journal-unwritable', {detail: `${directory}: ${(cause as {code?: string}).code ?? 'not usable'}`, cause});

/**
Makes the directory, 0700, parents included, or narrows one that others may look into. Not one that
others share by intent, nor the home directory itself: those are refused.

@throws settings-invalid, journal-unwritable
*/
export const ensureStateDirectory = async (directory: string, home: string = os.homedir()): Promise<void> => {
	try {
		await mkdir(directory, {recursive: true, mode: 0o700});
		const found = await lstat(path.join(directory, '.'));
		const isShared = (found.mode & 0o1000) !== 0 || (process.getuid !== undefined && found.uid !== process.getuid()); // eslint-disable-line no-bitwise -- Modes are bits.
		const isNotOurs = path.resolve(directory) === path.resolve(home) || path.dirname(path.resolve(directory)) === path.resolve(directory);
		const isWide = process.platform !== 'win32' && (found.mode & 0o077) !== 0; // eslint-disable-line no-bitwise -- Modes are bits.
		if (isNotOurs || (isWide && isShared)) {
			throw new FailureError('settings-invalid', {detail: `${directory} is not a directory of its own: name one that only you use in AW2MS365_HOME or options.checkpointDirectory`});
		}

		if (isWide) {
			await chmod(directory, 0o700);
		}
	} catch (error) {
		throw error instanceof FailureError ? error : unwritable(directory, error);
	}
};

const syncDirectory = async (directory: string): Promise<void> => {
	// Windows has no such thing.
	if (process.platform !== 'win32') {
		const handle = await open(directory, 'r');
		try {
			await handle.sync();
		} finally {
			await handle.close();
		}
	}
};

/** Writes a file, 0600, whole or not at all. @throws journal-unwritable */
export const writePrivateFile = async (file: string, content: string | Uint8Array): Promise<void> => {
	const draft = `${file}.${randomUUID()}.tmp`;
	try {
		const handle = await open(draft, 'wx', 0o600);
		try {
			await handle.writeFile(content);
			await handle.sync();
		} finally {
			await handle.close();
		}

		await rename(draft, file);
		await syncDirectory(path.dirname(file));
	} catch (error) {
		try {
			await rm(draft, {force: true});
		} catch {
			// What kept us from writing may keep us from tidying up; the first reason is the one to tell.
		}

		throw unwritable(file, error);
	}
};
