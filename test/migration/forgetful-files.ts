import {Buffer} from 'node:buffer';
import path from 'node:path';
import {type Fact} from '../../source/migration/facts.js';
import {type Files, type OpenFile} from '../../source/migration/journal-file.js';
import {type Journal} from '../../source/migration/journal.js';

/** What a power cut leaves of bytes that were appended and not synced. */
export type Loss =
	/** Nothing. */
	| 'all'
	/** The first of them, up to anywhere. */
	| 'suffix'
	/** The first of them, and zeros in place of the rest. */
	| 'zeros'
	/** All but some stretch in the middle, which is zeros: later blocks reached the disk and earlier ones did not. */
	| 'early-block'
	/** Nothing is lost: the program was killed, the machine went on. */
	| 'none';

export const losses: readonly Loss[] = ['all', 'suffix', 'zeros', 'early-block', 'none'];

export type Operation = 'append' | 'sync' | 'truncate' | 'rename' | 'remove' | 'create' | 'sync-directory';

/** A seeded source of numbers from 0 up to 1 (mulberry32). */
export const seeded = (seed: number): (() => number) => {
	let state = seed;
	return () => {
		/* eslint-disable no-bitwise -- a generator of random numbers */
		state = (state + 0x6D_2B_79_F5) % 4_294_967_296;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
		/* eslint-enable no-bitwise */
	};
};

type Bytes = ReturnType<typeof Buffer.concat>;

type Inode = {durable: Bytes; current: Bytes; truncatedTo: number | undefined};

const systemError = (code: string, what: string) => Object.assign(new Error(`${code}: ${what}`), {code});

/**
Files in memory that forget, on `crash`, what was not synced: content and names. Can fail on demand, counts
what is done, and tells a hook before and after every operation.
*/
export class ForgetfulFiles implements Files {
	/** How often each operation was carried out. */
	readonly counts: Record<Operation, number> = {
		append: 0, sync: 0, truncate: 0, rename: 0, remove: 0, create: 0, 'sync-directory': 0,
	};

	/** Called around every operation that changes something; may throw, or keep it waiting. */
	hook: ((operation: Operation, path: string, when: 'before' | 'after') => Promise<void> | void) | undefined;
	/** How many more bytes the disk takes; the append that finds it full writes what fits and throws ENOSPC. */
	room = Number.POSITIVE_INFINITY;
	/** Errors by operation: while there is one, the operation throws it. */
	readonly failing = new Map<Operation, string>();

	#names = new Map<string, Inode>();
	#durableNames = new Map<string, Inode>();
	#nameOperations: Array<(names: Map<string, Inode>) => void> = [];
	#boot = 0;

	/** Switches the machine off and on: handles opened before are dead, and of what was not synced is left what `loss` says. */
	crash(loss: Loss, random: () => number): void {
		this.#boot++;
		if (loss !== 'none') {
			const kept = loss === 'all' ? 0 : Math.floor(random() * (this.#nameOperations.length + 1));
			for (const operation of this.#nameOperations.slice(0, kept)) {
				operation(this.#durableNames);
			}

			this.#names = new Map(this.#durableNames);
		}

		this.#durableNames = new Map(this.#names);
		this.#nameOperations = [];
		for (const inode of this.#names.values()) {
			inode.current = left(inode, loss, random);
			inode.durable = inode.current;
			inode.truncatedTo = undefined;
		}
	}

	/** The content of a file as a program would read it now. */
	content(file: string): Bytes {
		return Buffer.from(this.#need(file).current);
	}

	/** Puts content in place of a file's, durably. */
	put(file: string, content: Uint8Array): void {
		const bytes = Buffer.from(content);
		const inode = {durable: bytes, current: bytes, truncatedTo: undefined};
		this.#names.set(file, inode);
		this.#durableNames.set(file, inode);
	}

	paths(): string[] {
		return [...this.#names.keys()];
	}

	async makeDirectory(): Promise<void> {
		// Directories are not kept.
	}

	async open(file: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile | undefined> {
		const boot = this.#boot;
		if (mode === 'create') {
			await this.#do('create', file, boot, () => {
				if (this.#names.has(file)) {
					throw systemError('EEXIST', file);
				}

				const inode = {durable: Buffer.alloc(0), current: Buffer.alloc(0), truncatedTo: undefined};
				this.#name(names => names.set(file, inode));
			});
		}

		const inode = this.#names.get(file);
		if (!inode) {
			return undefined;
		}

		const alive = () => {
			if (boot !== this.#boot) {
				throw systemError('EIO', 'the machine was switched off');
			}
		};

		return {
			async size() {
				alive();
				return inode.current.length;
			},
			async read(position, length) {
				alive();
				return Uint8Array.from(inode.current.subarray(position, position + length));
			},
			append: async bytes => this.#do('append', file, boot, () => {
				const fitting = Math.min(bytes.length, this.room);
				inode.current = Buffer.concat([inode.current, bytes.subarray(0, fitting)]);
				this.room -= fitting;
				if (fitting < bytes.length) {
					throw systemError('ENOSPC', 'no space left on device, write');
				}
			}),
			sync: async () => {
				const {current} = inode;
				await this.#do('sync', file, boot, () => {
					// What was appended since the call is not covered.
					inode.durable = current;
					inode.truncatedTo = undefined;
				});
			},
			truncate: async size => this.#do('truncate', file, boot, () => {
				inode.current = inode.current.subarray(0, size);
				inode.truncatedTo = Math.min(size, inode.truncatedTo ?? size);
			}),
			async close() {
				// Closing writes nothing.
			},
		};
	}

	async rename(from: string, to: string): Promise<void> {
		await this.#do('rename', to, this.#boot, () => {
			const inode = this.#need(from);
			this.#name(names => {
				names.delete(from);
				names.set(to, inode);
			});
		});
	}

	async remove(file: string): Promise<void> {
		await this.#do('remove', file, this.#boot, () => {
			this.#name(names => names.delete(file));
		});
	}

	async syncDirectory(directory: string): Promise<void> {
		await this.#do('sync-directory', directory, this.#boot, () => {
			for (const operation of this.#nameOperations) {
				operation(this.#durableNames);
			}

			this.#nameOperations = [];
		});
	}

	#need(file: string): Inode {
		const inode = this.#names.get(file);
		if (!inode) {
			throw systemError('ENOENT', file);
		}

		return inode;
	}

	#name(operation: (names: Map<string, Inode>) => void): void {
		operation(this.#names);
		this.#nameOperations.push(operation);
	}

	async #do(operation: Operation, file: string, boot: number, effect: () => void): Promise<void> {
		await this.hook?.(operation, path.basename(file), 'before');
		const code = boot === this.#boot ? this.failing.get(operation) : 'EIO';
		if (code) {
			throw systemError(code, `${operation} ${file}`);
		}

		effect();
		this.counts[operation]++;
		await this.hook?.(operation, path.basename(file), 'after');
	}
}

const left = ({durable, current, truncatedTo}: Inode, loss: Loss, random: () => number): Bytes => {
	if (loss === 'none') {
		return current;
	}

	if (loss === 'all' || (truncatedTo !== undefined && random() < 0.5)) {
		return durable;
	}

	const base = Math.min(durable.length, truncatedTo ?? durable.length);
	const fresh = Buffer.from(current.subarray(base));
	const cut = Math.floor(random() * (fresh.length + 1));
	if (loss === 'suffix') {
		return Buffer.concat([current.subarray(0, base), fresh.subarray(0, cut)]);
	}

	const to = loss === 'zeros' ? fresh.length : cut + Math.floor(random() * (fresh.length - cut + 1));
	return Buffer.concat([current.subarray(0, base), fresh.fill(0, cut, to)]);
};

/** Thrown by a journal that was stopped at a cut point, and by all it is asked from then on. */
export class Stopped extends Error {
	override name = 'Stopped';
}

/**
A journal that stops dead before or after its `at`-th fact (from 1), as if the process had been killed there:
that append and all later calls throw {@link Stopped}, and nothing more is written. After a stop wait for `settled`, which
(with `when: 'after'`) has the fact reach the file, as a kill just after its write would; then `crash('none')`
the files, or forgetfully, and open the journal again. `appended` tells how many facts a run that was not stopped came to.
*/
export const cutAt = (journal: Journal, cut: {readonly at: number; readonly when: 'before' | 'after'}): {
	readonly journal: Journal; appended(): number; stopped(): boolean; settled(): Promise<void>;
} => {
	let appended = 0;
	let stopped = false;
	let settling = Promise.resolve();
	const check = () => {
		if (stopped) {
			throw new Stopped(`stopped ${cut.when} fact ${cut.at}`);
		}
	};

	const stop = () => {
		stopped = true;
		settling = journal.flush();
		check();
	};

	return {
		journal: {
			path: journal.path,
			record: journal.record,
			append(fact: Fact) {
				check();
				if (cut.when === 'before' && appended + 1 === cut.at) {
					stop();
				}

				journal.append(fact);
				appended++;
				if (cut.when === 'after' && appended === cut.at) {
					stop();
				}
			},
			async sync() {
				check();
				await journal.sync();
				check();
			},
			async flush() {
				check();
				await journal.flush();
				check();
			},
			async details(folder, uid) {
				check();
				return journal.details(folder, uid);
			},
			facts() {
				check();
				return journal.facts();
			},
			async close() {
				await settling;
				await journal.close();
			},
		},
		appended: () => appended,
		stopped: () => stopped,
		settled: async () => settling,
	};
};
