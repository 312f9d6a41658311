import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {headlineOf} from '../../source/mailbox/headline.js';

const of = (text: string) => headlineOf(Buffer.from(text));

describe('subject and sender are read', () => {
	test.each([
		['plain', 'Subject: Hello\r\nFrom: Ana <ana@old.example>\r\n\r\nbody', {subject: 'Hello', from: 'Ana <ana@old.example>'}],
		['in any case and without blanks', 'SUBJECT:Hello\r\nfrom:a@b\r\n\r\n', {subject: 'Hello', from: 'a@b'}],
		['with a blank before the colon', 'Subject : Hello\r\n\r\n', {subject: 'Hello'}],
		['folded', 'Subject: one\r\n two\r\n\tthree\r\nFrom: a@b\r\n\r\n', {subject: 'one  two three', from: 'a@b'}],
		['folded before the first word', 'Subject:\r\n Hello\r\n\r\n', {subject: 'Hello'}],
		['as encoded words', 'Subject: =?UTF-8?B?WsO8cmljaA==?= =?utf-8?q?_und_Gen=C3=A8ve?=\r\n\r\n', {subject: 'Zürich und Genève'}],
		['as encoded words across folds, the blank between them not part of the text', 'Subject: =?utf-8?Q?Z=C3=BC?=\r\n =?utf-8?Q?rich?=\r\n\r\n', {subject: 'Zürich'}],
		['in other charsets', 'Subject: =?iso-8859-1?Q?caf=E9?= =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=\r\n\r\n', {subject: 'café日本'}],
		['as raw UTF-8', 'Subject: Zürich\r\n\r\n', {subject: 'Zürich'}],
		['with bare line feeds', 'Subject: Hello\nFrom: a@b\n\nSubject: body', {subject: 'Hello', from: 'a@b'}],
		['with bare returns', 'Subject: Hello\rFrom: a@b\r\rSubject: body', {subject: 'Hello', from: 'a@b'}],
		['when the header is all there is', 'From: a@b\r\nSubject: Hello', {subject: 'Hello', from: 'a@b'}],
	])('%s', (_, text, wanted) => {
		const {subject, ...rest} = of(text);
		expect({...rest, ...(subject !== undefined && {subject: subject.replaceAll(/ +/g, ' ')})}).toEqual(JSON.parse(JSON.stringify(wanted).replaceAll(/ +/g, ' ')));
	});

	test('in a part of a larger buffer', () => {
		const whole = Buffer.from('Subject: before\r\nSubject: Hello\r\n\r\nafter');
		expect(headlineOf(whole.subarray(17, 33))).toEqual({subject: 'Hello'});
	});
});

describe('nothing is made up', () => {
	test.each([
		['no header at all', '\r\nSubject: body\r\n'],
		['no header, bare line feed', '\nSubject: body\n'],
		['nothing', ''],
		['a body only', 'Hello there\r\n\r\nSubject: body'],
		['an empty field', 'Subject:\r\nFrom: \r\n\r\n'],
		['another field that ends alike', 'X-Subject: no\r\nThread-Subject: no\r\n\r\n'],
		['a field inside a folded one', 'X-Note: a\r\n Subject: no\r\n\r\n'],
		['a field behind a line separator', 'X-Note: a\u2028Subject: no\r\n\r\n'],
	])('of %s', (_, text) => {
		expect(of(text)).toEqual({});
	});
});

describe('a hostile header', () => {
	test('cannot turn the terminal or the direction, encoded or not', () => {
		expect(of(`Subject: =?utf-8?B?${Buffer.from('a\u001B]0;x\u0007\u202Eb\nc').toString('base64')}?= \u001B[31m\r\n\r\n`).subject).toBe('a�]0;x��b c �[31m');
	});

	test.each([
		['a charset nobody knows', 'Subject: =?x-nobody?B?AAAA?=\r\n\r\n'],
		['broken base64', 'Subject: =?utf-8?B?%%%%?=\r\n\r\n'],
		['a broken escape', 'Subject: =?utf-8?Q?=ZZ=C3?=\r\n\r\n'],
		['an unended word', 'Subject: =?utf-8?Q?abc\r\n\r\n'],
		['NULs', 'Subject: a\u0000b\r\n\r\n'],
		['bytes that are no UTF-8', 'Subject: \u00FF\r\n\r\n'],
	])('with %s is told as well as it can be', (_, text) => {
		expect(headlineOf(Buffer.from(text, 'latin1')).subject).toEqual(expect.any(String));
	});

	test('is cut to 200 characters', () => {
		expect(of(`Subject: ${'x'.repeat(5000)}\r\n\r\n`).subject).toHaveLength(200);
	});

	// Not timed: what grew with the square of 20 MB would not end within the time-out of a test.
	test.each([
		['one line', () => `Subject: ${'x'.repeat(20_000_000)}`],
		['encoded words', () => `Subject: ${'=?utf-8?Q?a?= '.repeat(1_500_000)}`],
		['beginnings of encoded words', () => `Subject: ${'=?utf-8?Q?'.repeat(2_000_000)}`],
		['folds', () => `Subject: a${'\r\n b'.repeat(5_000_000)}`],
		['colons and blanks', () => `Subject${' '.repeat(10_000_000)}${':'.repeat(10_000_000)}`],
		['another field before', () => `X: ${'x'.repeat(20_000_000)}\r\nSubject: too far`],
		['fields of that name', () => 'Subject: a\r\n'.repeat(1_700_000)],
	])('of 20 MB (%s) is read in bounded time', (_, make) => {
		expect(headlineOf(Buffer.from(make())).subject?.length ?? 0).toBeLessThanOrEqual(200);
	});
});
