import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {formatDateTime, parseDateTime} from './date-time.js';
import {parseValues} from './imap-values.js';
import {decodeName, encodeName} from './modified-utf7.js';
import {ReplyStream, type RawResponse} from './reply-stream.js';

const responses = (bytes: Uint8Array, chunk: number): RawResponse[] => {
	const all: RawResponse[] = [];
	const stream = new ReplyStream(response => {
		all.push(response);
	});
	for (let at = 0; at < bytes.length; at += chunk) {
		stream.feed(bytes.subarray(at, at + chunk));
	}

	return all;
};

describe('the wire of the checker', () => {
	test('cuts responses alike wherever the packets were cut, line ends and brackets inside literals included', () => {
		const bytes = Buffer.from('* 1 FETCH (UID 4 BODY[] {9}\r\na\r\n)\n{3}\r FLAGS (\\Seen "a\\"b" NIL) X {0}\r\n)\r\nc1 OK done\r\n');
		const whole = responses(bytes, bytes.length);
		expect(whole).toHaveLength(2);
		for (const chunk of [1, 2, 3, 7]) {
			expect(responses(bytes, chunk)).toEqual(whole);
		}

		const body = new Uint8Array(Buffer.from('a\r\n)\n{3}\r'));
		expect(parseValues(whole[0]!)).toEqual(['*', '1', 'FETCH', ['UID', '4', 'BODY[]', body, 'FLAGS', [String.raw`\Seen`, 'a"b', null], 'X', new Uint8Array(0)]]);
	});

	test('folder names survive modified UTF-7', () => {
		for (const [name, wire] of [['Entwürfe', 'Entw&APw-rfe'], ['a & b', 'a &- b'], ['台北', '&U,BTFw-'], ['🎈', '&2DzfiA-']] as const) {
			expect(encodeName(name)).toBe(wire);
			expect(decodeName(wire)).toBe(name);
		}
	});

	test('dates are instants, whatever their zone', () => {
		expect(parseDateTime(' 7-Feb-2024 23:30:00 -0130')).toBe(Date.UTC(2024, 1, 8, 1, 0, 0));
		expect(formatDateTime(Date.UTC(1999, 11, 31, 23, 59, 59))).toBe('"31-Dec-1999 23:59:59 +0000"');
		expect(formatDateTime(Date.UTC(2024, 1, 8))).toBe('" 8-Feb-2024 00:00:00 +0000"');
	});
});
