import {constants} from 'node:fs';
import {
	mkdir, open, rename, unlink, type FileHandle,
} from 'node:fs/promises';
import process from 'node:process';

/** An open file of the journal. Positions and lengths in bytes. Errors are those of node:fs, with `code`. */
export type OpenFile = {
	size(): Promise<number>;
	/** Fewer bytes than asked only at the end of the file. */
	read(position: number, length: number): Promise<Uint8Array>;
	/** Writes all bytes behind the end. After an error any part of them may be there. */
	append(bytes: Uint8Array): Promise<void>;
	/** What was appended or truncated before the call survives a power cut once this resolves (fsync). */
	sync(): Promise<void>;
	truncate(size: number): Promise<void>;
	close(): Promise<void>;
};

/** The few operations on files that the journal is built on: real ones here, forgetful ones in the tests. */
export type Files = {
	/** With its parents, for the owner only. Nothing happens if it is there. */
	makeDirectory(path: string): Promise<void>;
	/** `read` and `write` resolve to undefined where there is no such file; `create` makes a new one (EEXIST), for the owner only. Symbolic links are not followed. */
	open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile | undefined>;
	/** Replaces `to` in one step. */
	rename(from: string, to: string): Promise<void>;
	/** Nothing happens if it is not there. */
	remove(path: string): Promise<void>;
	/** Names created, renamed or removed in it before the call survive a power cut once this resolves. */
	syncDirectory(path: string): Promise<void>;
};

/** The code of a system error (`ENOSPC`, …), or undefined for other errors. */
export const systemCode = (error: unknown): string | undefined =>
	error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const broken = (code: string, message: string) => Object.assign(new Error(`${code}: ${message}`), {code});

class RealFile implements OpenFile {
	readonly #handle: FileHandle;
	readonly #links: number;
	#end: number;

	constructor(handle: FileHandle, size: number, links: number) {
		this.#handle = handle;
		this.#end = size;
		this.#links = links;
	}

	async size(): Promise<number> {
		const {size} = await this.#handle.stat();
		return size;
	}

	async read(position: number, length: number): Promise<Uint8Array> {
		const bytes = new Uint8Array(length);
		let had = 0;
		while (had < length) {
			// eslint-disable-next-line no-await-in-loop -- a short read is continued where it stopped
			const {bytesRead} = await this.#handle.read(bytes, had, length - had, position + had);
			if (bytesRead === 0) {
				break;
			}

			had += bytesRead;
		}

		return bytes.subarray(0, had);
	}

	/** Writes by position, not with O_APPEND: Windows refuses to truncate a file opened for appending. */
	async append(bytes: Uint8Array): Promise<void> {
		let written = 0;
		while (written < bytes.length) {
			// eslint-disable-next-line no-await-in-loop -- a disk that fills up writes a part, and refuses the next
			const result = await this.#handle.write(bytes, written, bytes.length - written, this.#end);
			written += result.bytesWritten;
			this.#end += result.bytesWritten;
		}
	}

	async sync(): Promise<void> {
		await this.#handle.sync();
		// What is durable in a file without a name, or in one that somebody else writes too, is no record.
		const {size, nlink} = await this.#handle.stat();
		if (nlink === 0 && this.#links > 0) {
			throw broken('ENOENT', 'the file was removed while it was open');
		}

		if (size !== this.#end) {
			throw broken('EBUSY', 'another process changes the file');
		}
	}

	async truncate(size: number): Promise<void> {
		await this.#handle.truncate(size);
		this.#end = size;
	}

	async close(): Promise<void> {
		await this.#handle.close();
	}
}

const noFollow = (constants as {O_NOFOLLOW?: number}).O_NOFOLLOW ?? 0;
const nonBlocking = (constants as {O_NONBLOCK?: number}).O_NONBLOCK ?? 0;
const modes = {
	read: constants.O_RDONLY + noFollow + nonBlocking,
	write: constants.O_RDWR + noFollow + nonBlocking,
	create: constants.O_RDWR + constants.O_CREAT + constants.O_EXCL + noFollow,
};

/** The machine's files. */
export const realFiles: Files = {
	async makeDirectory(path) {
		await mkdir(path, {recursive: true, mode: 0o700});
	},
	async open(path, mode) {
		let handle: FileHandle;
		try {
			handle = await open(path, modes[mode], 0o600);
		} catch (error) {
			if (mode !== 'create' && systemCode(error) === 'ENOENT') {
				return undefined;
			}

			throw error;
		}

		try {
			const status = await handle.stat();
			if (!status.isFile()) {
				throw broken('EINVAL', `not a regular file, open '${path}'`);
			}

			if (mode === 'write' && process.platform !== 'win32' && status.mode % 0o100 !== 0) {
				await handle.chmod(0o600);
			}

			return new RealFile(handle, status.size, status.nlink);
		} catch (error) {
			await handle.close();
			throw error;
		}
	},
	async rename(from, to) {
		await rename(from, to);
	},
	async remove(path) {
		try {
			await unlink(path);
		} catch (error) {
			if (systemCode(error) !== 'ENOENT') {
				throw error;
			}
		}
	},
	async syncDirectory(path) {
		// Windows keeps names by itself and cannot open a directory as a file.
		if (process.platform === 'win32') {
			return;
		}

		const handle = await open(path, constants.O_RDONLY);
		try {
			await handle.sync();
		} catch (error) {
			// Some network file systems know no fsync of directories.
			if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? '')) {
				throw error;
			}
		} finally {
			await handle.close();
		}
	},
};
