import {type Clock} from '../mailbox/clock.js';
import {type FailureError} from '../mailbox/failure.js';
import {blockHead, maxPayload, sealBlock} from './journal-block.js';
import {FactEncoder} from './journal-codec.js';
import {unwritable} from './journal-failure.js';
import {type OpenFile} from './journal-file.js';
import {type Fact} from './facts.js';

/** A block is closed when it has grown to this many bytes, and its facts are written without being asked. */
const fullBlock = 64 * 1024;

/** Facts lie no longer than this in memory alone, in milliseconds. */
export const writtenWithin = 100;

type Waiter = {readonly kind: 'write' | 'sync'; readonly upTo: number; resolve(): void; reject(error: unknown): void};
type Waiting = {readonly offset: number; readonly bytes: Uint8Array};

/**
Group commit. Facts gather in a block in memory; one pump writes what there is and then syncs once for all who
asked before that write. Who asks during a sync is served by the next. The first error is final: nothing
is called durable after it.
*/
export class JournalWriter {
	readonly #file: OpenFile;
	readonly #path: string;
	readonly #seed: number;
	readonly #clock: Clock;
	readonly #encoder: FactEncoder;
	readonly #closing = new AbortController();
	/** Full blocks not yet written. */
	#blocks: Waiting[] = [];
	/** Where the block starts that is being filled. */
	#open: number;
	#written: number;
	#durable: number;
	/** The largest durable length that a block in the file speaks of. */
	#marked: number;
	#waiters: Waiter[] = [];
	#pump: Promise<void> | undefined;
	#timer = false;
	#failure: FailureError | undefined;

	/** `end`: length of the file, all of it durable; `marked`: what its last block says of that; `words`: those it holds. */
	constructor(file: OpenFile, options: {
		readonly path: string; readonly seed: number; readonly clock: Clock; readonly end: number; readonly marked: number; readonly words: string[];
	}) {
		this.#file = file;
		this.#path = options.path;
		this.#seed = options.seed;
		this.#clock = options.clock;
		this.#open = options.end;
		this.#written = options.end;
		this.#durable = options.end;
		this.#marked = options.marked;
		this.#encoder = new FactEncoder(blockHead, options.words);
	}

	/** Bytes of the file that were written. */
	get written(): number {
		return this.#written;
	}

	/**
	Takes a fact and tells `accept` where it will lie in the file, in bytes. If that throws, or the fact cannot
	be encoded, nothing is written. @throws FailureError journal-unwritable once writing has failed
	*/
	append(fact: Fact, accept: (offset: number) => void): void {
		this.#check();
		const [length, words] = this.#encoder.mark();
		const start = this.#encoder.encode(fact);
		try {
			if (this.#encoder.length > maxPayload) {
				throw new RangeError('the fact is too long for a journal');
			}

			accept(this.#open + start);
		} catch (error) {
			this.#encoder.undo(length, words);
			throw error;
		}

		if (this.#encoder.length >= fullBlock) {
			this.#closeBlock();
			this.#run();
		} else {
			this.#arm();
		}
	}

	/** Resolves when every fact appended before has been written; survives a kill, not a power cut. */
	async flush(): Promise<void> {
		await this.#until('write', this.#written);
	}

	/** Resolves when every fact appended before is durable. */
	async sync(): Promise<void> {
		await this.#until('sync', this.#durable);
	}

	/** Everything durable, and the file saying so of itself, so that damage to its end can be told from a torn tail. */
	async close(): Promise<void> {
		this.#closing.abort();
		const failed = this.#failure;
		try {
			if (!failed) {
				await this.sync();
				await this.#pump;
				if (this.#marked + blockHead < this.#written) {
					this.#blocks.push({offset: this.#open, bytes: this.#encoder.take()});
					this.#open += blockHead;
					await this.sync();
				}
			}
		} finally {
			await this.#pump;
			this.#failure ??= unwritable(this.#path, new Error('the journal is closed'));
			await this.#file.close();
		}

		if (failed) {
			throw failed;
		}
	}

	/** Where the file will end when all that was appended is written. */
	get #end(): number {
		const open = this.#encoder.length;
		return this.#open + (open > blockHead ? open : 0);
	}

	#check(): void {
		if (this.#failure) {
			throw this.#failure;
		}
	}

	async #until(kind: Waiter['kind'], done: number): Promise<void> {
		this.#check();
		const upTo = this.#end;
		if (done >= upTo) {
			return;
		}

		await new Promise<void>((resolve, reject) => {
			this.#waiters.push({
				kind, upTo, resolve, reject,
			});
			this.#run();
		});
	}

	/** Starts the pump unless it runs. */
	#run(): void {
		this.#pump ??= this.#work();
	}

	async #work(): Promise<void> {
		try {
			// Let those who ask in the same breath join the first group.
			await Promise.resolve();
			while (this.#waiters.length > 0 || this.#blocks.length > 0) {
				const waiters = this.#waiters;
				// eslint-disable-next-line no-await-in-loop -- one write and one sync at a time is the point
				await this.#write();
				this.#release('write', this.#written);
				if (waiters.some(waiter => waiter.kind === 'sync' && waiter.upTo > this.#durable)) {
					const upTo = this.#written;
					// eslint-disable-next-line no-await-in-loop -- as above
					await this.#file.sync();
					this.#durable = upTo;
				}

				this.#release('sync', this.#durable);
			}
		} catch (error) {
			this.#fail(unwritable(this.#path, error));
		} finally {
			this.#pump = undefined;
			if (!this.#failure && this.#encoder.length > blockHead) {
				this.#arm();
			}
		}
	}

	async #write(): Promise<void> {
		if (this.#encoder.length > blockHead) {
			this.#closeBlock();
		}

		const blocks = this.#blocks;
		this.#blocks = [];
		for (const {offset, bytes} of blocks) {
			sealBlock(bytes, offset, this.#durable, this.#seed);
			// eslint-disable-next-line no-await-in-loop -- blocks lie behind each other
			await this.#file.append(bytes);
			this.#written = offset + bytes.length;
			this.#marked = this.#durable;
		}
	}

	#closeBlock(): void {
		const bytes = this.#encoder.take();
		this.#blocks.push({offset: this.#open, bytes});
		this.#open += bytes.length;
	}

	#release(kind: Waiter['kind'], upTo: number): void {
		const served = (waiter: Waiter) => waiter.kind === kind && waiter.upTo <= upTo;
		const ready = this.#waiters.filter(waiter => served(waiter));
		this.#waiters = this.#waiters.filter(waiter => !served(waiter));
		for (const waiter of ready) {
			waiter.resolve();
		}
	}

	#fail(failure: FailureError): void {
		this.#failure = failure;
		const waiters = this.#waiters;
		this.#waiters = [];
		this.#blocks = [];
		for (const waiter of waiters) {
			waiter.reject(failure);
		}
	}

	/** Has what lies in memory written soon, if nobody asks before. */
	#arm(): void {
		if (this.#timer || this.#pump) {
			return;
		}

		this.#timer = true;
		void this.#later();
	}

	async #later(): Promise<void> {
		try {
			await this.#clock.sleep(writtenWithin, this.#closing.signal);
		} catch {
			return;
		} finally {
			this.#timer = false;
		}

		try {
			await this.flush();
		} catch {
			// The next append and every waiter are told.
		}
	}
}
