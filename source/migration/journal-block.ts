import {Buffer} from 'node:buffer';
import {crc32} from 'node:zlib';

/**
The frame around a group of facts that was written at once:

	4 bytes   mark
	4 bytes   length of the payload
	6 bytes   how many bytes of the file were durable (fsync) when this was written
	4 bytes   CRC-32 over the seed of the file, the position of the block, the above and the payload
	payload

The durable length is what tells a torn tail from damage: whatever lies below it was on disk once. Seed
and position keep blocks of another file, or of another place in this one, from passing for ours.
*/
export const blockHead = 18;

export const mark = Buffer.from([0xF7, 0x4A, 0x42, 0x0A]);

/** A longer payload is not a block. One fact is never that long. */
export const maxPayload = 16 * 1024 * 1024;

export type Block = {
	/** Position in the file. */
	readonly offset: number;
	readonly durable: number;
	readonly payload: Uint8Array;
};

const checksum = (bytes: Uint8Array, offset: number, seed: number): number => {
	const place = Buffer.allocUnsafe(8);
	place.writeDoubleBE(offset, 0);
	return crc32(bytes.subarray(blockHead), crc32(bytes.subarray(0, blockHead - 4), crc32(place, seed)));
};

/** Fills in the head of a block: `bytes` is head and payload, `offset` its position in the file. */
export const sealBlock = (bytes: Uint8Array, offset: number, durable: number, seed: number): void => {
	const head = Buffer.from(bytes.buffer, bytes.byteOffset, blockHead);
	mark.copy(head, 0);
	head.writeUInt32BE(bytes.length - blockHead, 4);
	head.writeUIntBE(durable, 8, 6);
	head.writeUInt32BE(checksum(bytes, offset, seed), 14);
};

/** How long the block that starts at `at` claims to be, head included; undefined if none starts there. Needs `blockHead` bytes. */
export const blockLength = (bytes: Uint8Array, at: number): number | undefined => {
	const head = Buffer.from(bytes.buffer, bytes.byteOffset + at, blockHead);
	if (!head.subarray(0, 4).equals(mark)) {
		return undefined;
	}

	const length = head.readUInt32BE(4);
	return length > maxPayload ? undefined : blockHead + length;
};

/** Takes a whole block (head and payload, as long as it claims) apart, or undefined if its checksum is wrong. */
export const openBlock = (bytes: Uint8Array, offset: number, seed: number): Block | undefined => {
	const head = Buffer.from(bytes.buffer, bytes.byteOffset, blockHead);
	return head.readUInt32BE(14) === checksum(bytes, offset, seed)
		? {offset, durable: head.readUIntBE(8, 6), payload: bytes.subarray(blockHead)}
		: undefined;
};
