import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {fingerprintKey, hashOf} from '../../source/mailbox/identity.js';

const receivedAt = Date.UTC(2024, 1, 29, 12, 0, 5);

describe('a fingerprint', () => {
	test('hashes the bytes as they are: SHA-256 in base64url, 43 characters', () => {
		expect(hashOf(Buffer.from(''))).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
		expect(hashOf(Buffer.from('abc'))).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
		expect(hashOf(Buffer.from('a\r\n'))).not.toBe(hashOf(Buffer.from('a\n')));
		expect(hashOf(new Uint8Array([0xFF]))).not.toBe(hashOf(new Uint8Array([0xFE])));
		expect(hashOf(Buffer.from('xabcx').subarray(1, 4))).toBe(hashOf(Buffer.from('abc')));
	});

	test('is equal for the same bytes in the same second, whatever the milliseconds', () => {
		const one = {hash: hashOf(Buffer.from('a')), size: 1, receivedAt};
		expect(fingerprintKey({...one, receivedAt: receivedAt + 999})).toBe(fingerprintKey(one));
	});

	test.each([{hash: 'other'}, {size: 2}, {receivedAt: receivedAt + 1000}, {receivedAt: receivedAt - 1000}, {receivedAt: -receivedAt}])('differs by %j', other => {
		const one = {hash: hashOf(Buffer.from('a')), size: 1, receivedAt};
		expect(fingerprintKey({...one, ...other})).not.toBe(fingerprintKey(one));
	});

	test('cannot run its parts together', () => {
		expect(fingerprintKey({hash: 'a', size: 11, receivedAt: 1000})).not.toBe(fingerprintKey({hash: 'a', size: 1, receivedAt: 11_000}));
	});
});
