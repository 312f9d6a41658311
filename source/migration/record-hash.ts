import {hashOf} from '../mailbox/identity.js';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const values = new Uint8Array(128);
for (const [value, char] of [...alphabet].entries()) {
	values[char.codePointAt(0)!] = value;
}

/** How many characters of a hash the record keeps in memory: 60 bits. */
export const prefixLength = 10;

/** Thirty bits of a base64url SHA-256, the first (`part` 0) or the second (1). */
export const prefixPart = (hash: string, part: 0 | 1): number => {
	// What is no SHA-256 is hashed, so that its first characters alone do not decide.
	const text = hash.length === 43 ? hash : hashOf(new TextEncoder().encode(hash));
	let value = 0;
	for (let index = part * 5; index < (part + 1) * 5; index++) {
		// eslint-disable-next-line unicorn/prefer-code-point -- base64url is ASCII, and this runs for every message
		value = (value * 64) + (values[text.charCodeAt(index) % 128] ?? 0);
	}

	return value;
};

/** The ten characters that two parts came from. */
export const prefixText = (part1: number, part2: number): string => {
	let text = '';
	for (const part of [part1, part2]) {
		for (let power = 64 ** 4; power >= 1; power /= 64) {
			text += alphabet[Math.floor(part / power) % 64]!;
		}
	}

	return text;
};

/**
Fifty-three bits of an id, never 0 (cyrb53, public domain). Two ids of a million-message mailbox share one
with a probability of 1 to 18,000; a chosen one meets any of them with 1 to 9,000,000,000. In memory only, never on disk.
*/
export const idHash = (id: string): number => {
	let h1 = 0xDE_AD_BE_EF;
	let h2 = 0x41_C6_CE_57;
	for (let index = 0; index < id.length; index++) {
		// eslint-disable-next-line unicorn/prefer-code-point -- code units, for speed
		const unit = id.charCodeAt(index);
		// eslint-disable-next-line no-bitwise -- a hash
		h1 = Math.imul(h1 ^ unit, 2_654_435_761);
		// eslint-disable-next-line no-bitwise -- a hash
		h2 = Math.imul(h2 ^ unit, 1_597_334_677);
	}

	/* eslint-disable no-bitwise -- a hash */
	h1 = Math.imul(h1 ^ (h1 >>> 16), 2_246_822_507) ^ Math.imul(h2 ^ (h2 >>> 13), 3_266_489_909);
	h2 = Math.imul(h2 ^ (h2 >>> 16), 2_246_822_507) ^ Math.imul(h1 ^ (h1 >>> 13), 3_266_489_909);
	return (4_294_967_296 * (2_097_151 & h2)) + (h1 >>> 0) || 1;
	/* eslint-enable no-bitwise */
};
