import {Buffer} from 'node:buffer';
import {type OpenFile} from './journal-file.js';
import {
	blockHead, blockLength, mark, openBlock, type Block,
} from './journal-block.js';

const chunk = 1024 * 1024;

/**
The good blocks of a file from `from` on, in order, many at a time, and none after the first that is not
good. Reads no further than `size`.
*/
export async function * readBlocks(file: OpenFile, from: number, size: number, seed: number): AsyncGenerator<Block[], void> {
	let position = from;
	let wanted = chunk;
	while (position + blockHead <= size) {
		// eslint-disable-next-line no-await-in-loop -- a file is read in order
		const bytes = await file.read(position, Math.min(wanted, size - position));
		const {blocks, length, next} = takeBlocks(bytes, position, seed);
		if (blocks.length > 0) {
			yield blocks;
		}

		// Nothing more can come of a bad block, of one that reaches beyond the end, or of a file that has become shorter.
		if (next === undefined || position + length + next > size || (length === 0 && next <= bytes.length) || (bytes.length < wanted && position + bytes.length < size)) {
			return;
		}

		position += length;
		wanted = Math.max(chunk, next);
	}
}

/** Whole blocks at the start of `bytes`, their length together, and how many bytes the one behind them needs (undefined: it is bad). */
const takeBlocks = (bytes: Uint8Array, position: number, seed: number): {blocks: Block[]; length: number; next: number | undefined} => {
	const blocks: Block[] = [];
	let at = 0;
	while (at + blockHead <= bytes.length) {
		const length = blockLength(bytes, at);
		if (length === undefined || at + length > bytes.length) {
			return {blocks, length: at, next: length};
		}

		const block = openBlock(bytes.subarray(at, at + length), position + at, seed);
		if (!block) {
			return {blocks, length: at, next: undefined};
		}

		blocks.push(block);
		at += length;
	}

	return {blocks, length: at, next: blockHead};
};

/**
Looks behind a bad place for a good block that was written after that place had become durable.
@returns the position of such a block: the place is damaged; undefined: it is a torn tail
*/
export const provenDurable = async (file: OpenFile, bad: number, size: number, seed: number): Promise<number | undefined> => {
	for (let position = bad; position + blockHead <= size; position += chunk) {
		// eslint-disable-next-line no-await-in-loop -- a file is searched in order
		const bytes = await file.read(position, Math.min(chunk + mark.length - 1, size - position));
		const window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
		for (let at = window.indexOf(mark); at !== -1; at = window.indexOf(mark, at + 1)) {
			// eslint-disable-next-line no-await-in-loop -- as above
			const block = await blockAt(file, position + at, size, seed);
			if (block && block.durable > bad) {
				return block.offset;
			}
		}
	}

	return undefined;
};

const blockAt = async (file: OpenFile, offset: number, size: number, seed: number): Promise<Block | undefined> => {
	if (offset + blockHead > size) {
		return undefined;
	}

	const length = blockLength(await file.read(offset, blockHead), 0);
	if (length === undefined || offset + length > size) {
		return undefined;
	}

	return openBlock(await file.read(offset, length), offset, seed);
};
