import {Buffer} from 'node:buffer';

/**
Bytes of the longest line that Exchange takes over IMAP, its end not counted: what follows in a longer one it may read as
a command (microsoft-365.md 5.4; its MaxCommandSize is 10,240).
*/
export const longestLine = 10_239;

/** The first line that is longer, counted from 1, with its bytes. */
export const overlongLine = (bytes: Uint8Array): {readonly line: number; readonly bytes: number} | undefined => {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let line = 1;
	for (let start = 0; start < buffer.length; line++) {
		const found = buffer.indexOf(0x0A, start);
		const next = found === -1 ? buffer.length : found + 1;
		const end = found === -1 ? buffer.length : found;
		const length = end - start - (end > start && buffer[end - 1] === 0x0D ? 1 : 0);
		if (length > longestLine) {
			return {line, bytes: length};
		}

		start = next;
	}

	return undefined;
};
