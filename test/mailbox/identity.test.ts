import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {storableDate} from '../../source/destinations/ews-bodies.js';
import {
	fingerprintKey, hashOf, sameSecond, secondOf,
} from '../../source/mailbox/identity.js';
import {writableDate} from '../../source/protocols/imap-date.js';

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

describe('the second of a received date', () => {
	test.each([0, 1, 1000, -1000, -62_135_596_800_000, receivedAt, 253_402_300_799_000])('%d: all of its milliseconds lie in it, those of its neighbours do not', time => {
		const start = secondOf(time) * 1000;
		expect([start, start + 1, start + 999].every(other => sameSecond(other, start))).toBe(true);
		expect([start - 1, start + 1000].some(other => sameSecond(other, start))).toBe(false);
	});

	test('of whole seconds, the only dates that source and stores tell, it is the quotient, rounded whichever way', () => {
		for (const second of [-62_135_596_800, -86_401, -2, -1, 0, 1, 86_401, 253_402_300_799]) {
			expect(secondOf(second * 1000)).toBe(second);
			expect(secondOf(second * 1000)).toBe(Math.trunc((second * 1000) / 1000));
		}
	});

	test('before 1970 too it is the one that the roads store', () => {
		for (const time of [-1, -999, -1500, -86_400_001]) {
			expect(sameSecond(time, writableDate(time))).toBe(true);
			expect(sameSecond(time, storableDate(time))).toBe(true);
		}
	});

	test('of no date is none', () => {
		expect(sameSecond(Number.NaN, Number.NaN)).toBe(false);
	});
});
