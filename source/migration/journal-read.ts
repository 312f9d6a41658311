import {type Fact} from './facts.js';
import {blockHead} from './journal-block.js';
import {FactDecoder} from './journal-decoder.js';
import {damaged} from './journal-failure.js';
import {type OpenFile} from './journal-file.js';
import {readBlocks} from './journal-scan.js';

/** Facts that were read together, the position of each, where the last block ended and how much it says was durable. In bytes. */
export type Batch = {
	readonly facts: ReadonlyArray<{readonly fact: Fact; readonly offset: number}>;
	readonly end: number;
	readonly durable: number;
};

/**
All facts in the good blocks from `from` to `size`, in order; `words` is filled with the words among them.
@throws FailureError journal-damaged where a block is whole but makes no sense
*/
export async function * streamFacts(file: OpenFile, path: string, {from, size, seed, words = []}: {
	readonly from: number; readonly size: number; readonly seed: number; readonly words?: string[];
}): AsyncGenerator<Batch, void> {
	const decoder = new FactDecoder(words);
	for await (const blocks of readBlocks(file, from, size, seed)) {
		const facts: Array<{fact: Fact; offset: number}> = [];
		for (const {payload, offset} of blocks) {
			try {
				decoder.feed(payload);
				for (let fact = decoder.next(); fact; fact = decoder.next()) {
					facts.push({fact, offset: offset + blockHead + decoder.start});
				}
			} catch (error) {
				throw damaged(path, offset, (error as Error).message);
			}
		}

		const {offset, payload, durable} = blocks.at(-1)!;
		yield {facts, end: offset + blockHead + payload.length, durable};
	}
}

/** The fact at a position that is known to be one's start; undefined where nothing readable lies there. */
export const decodeAt = async (file: OpenFile, offset: number, words: string[]): Promise<Fact | undefined> => {
	// A packed fact takes some hundred bytes; only what a server said at length takes more.
	for (const length of [512, 65_536, 17_825_792]) {
		// eslint-disable-next-line no-await-in-loop -- the longer read only where the shorter was not enough
		const bytes = await file.read(offset, length);
		const decoder = new FactDecoder([...words]);
		decoder.feed(bytes);
		try {
			return decoder.next();
		} catch {
			if (bytes.length < length) {
				return undefined;
			}
		}
	}

	return undefined;
};
