import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {
	attachmentNamesOf, decodedSubject, envelopeHash, envelopeOf, normalMessageId, normalSubject, sameMail, senderOf,
} from '../../source/mailbox/envelope.js';
import {parseMime} from '../../source/sandbox/microsoft/mime-in.js';
import {writeMime} from '../../source/sandbox/microsoft/mime-out.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const raw = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const sentAt = (date: string): number | undefined => envelopeOf(bytesOf(`Date: ${date}\r\n\r\n`)).sentAt;
const seconds = (iso: string): number => Date.parse(iso) / 1000;

describe('an envelope is read from the header alone', () => {
	const whole = {messageId: '<a@b>', subject: 'Hello', sentAt: seconds('2020-02-03T00:00:00Z')};

	test.each([
		['plain', 'Message-ID: <a@b>\r\nSubject: Hello\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\n\r\nSubject: body'],
		['with bare line feeds', 'Message-ID: <a@b>\nSubject: Hello\nDate: Mon, 3 Feb 2020 00:00:00 +0000\n\nSubject: body'],
		['with line ends of two CR', 'Message-ID: <a@b>\r\r\nSubject: Hello\r\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\r\n\r\r\nSubject: body'],
		['folded', 'Message-ID:\r\n <a@b>\r\nSubject:\r\n\tHello\r\nDate: Mon,\r\n 3 Feb 2020\r\n 00:00:00 +0000\r\n\r\n'],
		['in any case, blanks before the colon', 'MESSAGE-ID : <a@b>\r\nsubject\t:Hello\r\nDATE:3 Feb 2020 00:00 GMT\r\n\r\n'],
		['behind lines that are no fields', 'From nobody Mon\r\nnonsense\r\nMessage-ID: <a@b>\r\nSubject: Hello\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\n\r\n'],
		['the first of a repeated field', 'Message-ID: <a@b>\r\nSubject: Hello\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\nSubject: other\r\nMessage-ID: <c@d>\r\nDate: Tue, 4 Feb 2020 00:00:00 +0000\r\n\r\n'],
		['behind 200 kB of other fields', `${'Received: from a by b\r\n'.repeat(9000)}Message-ID: <a@b>\r\nSubject: Hello\r\nDate: Mon, 3 Feb 2020 00:00:00 +0000\r\n\r\n`],
	])('%s', (_, text) => {
		expect(envelopeOf(bytesOf(text))).toEqual(whole);
	});

	test('in a part of a larger buffer', () => {
		const buffer = bytesOf('Subject: before\r\nSubject: Hello\r\n\r\nafter');
		expect(envelopeOf(buffer.subarray(17, 33))).toEqual({messageId: '', subject: 'Hello'});
	});

	test.each([['nothing', ''], ['a body only', '\r\nSubject: body'], ['a field in a folded one', 'X: a\r\n Subject: no\r\n\r\n']])('nothing is made up of %s', (_, text) => {
		expect(envelopeOf(bytesOf(text))).toEqual({messageId: '', subject: ''});
	});
});

describe('a date is an instant', () => {
	test.each([
		['Mon, 3 Feb 2020 10:00:00 +0200', '2020-02-03T08:00:00Z'],
		['3 Feb 2020 10:00:00 -0130', '2020-02-03T11:30:00Z'],
		['Mon,  03 FEB 2020 10:00 +0000', '2020-02-03T10:00:00Z'],
		['Wed, 9 Mar 2011 11:19:45 +0000 (GMT)', '2011-03-09T11:19:45Z'],
		[String.raw`Wed, (day) 9 Mar 2011 (a (nested\) one)) 11 : 19 : 45 -0000`, '2011-03-09T11:19:45Z'],
		['Sun, 21 Mar 93 23:56:48 PST', '1993-03-22T07:56:48Z'],
		['21 Mar 49 00:00:00 Z', '2049-03-21T00:00:00Z'],
		['21 Mar 103 00:00:00 UT', '2003-03-21T00:00:00Z'],
		['29 Feb 2000 23:59:59 +1400', '2000-02-29T09:59:59Z'],
	])('%s', (text, iso) => {
		expect(sentAt(text)).toBe(seconds(iso));
	});

	test.each([
		'Whenever',
		'',
		'2009-09-09 09:09:09 +0900',
		'Thu Jan  1 00:00:10 1970',
		'Mon, 3 Feb 2020 10:00:00',
		'Mon, 3 Feb 2020 10:00:00 CET',
		'Mon, 30 Feb 2020 10:00:00 +0000',
		'Mon, 3 Feb 2020 24:00:00 +0000',
		'Mon, 3 Feb 2020 10:60:00 +0000',
		'Mon, 3 Feb 2020 10:00:60 +0000',
		'Mon, 3 Feb 2020 10:00:00 +0099',
		'Mon, 3 Feb 2020 10:00:00 +9900',
		'Mon, 0 Feb 2020 10:00:00 +0000',
		'Mon, 3 Foo 2020 10:00:00 +0000',
		'Mon, 3 Feb 0020 10:00:00 +0000',
		'Tue, 7 Apr 2026 10:00:t <a@b>',
		'Mon, 3 Feb 2020 10:00:00 +0000 trailing',
		'(',
		'(((',
	])('%s is broken, not guessed', text => {
		expect(sentAt(text)).toBeUndefined();
	});
});

describe('a subject is decoded as stores decode it', () => {
	test.each([
		['adjacent words, the blank between them no part of the text', raw('Subject: =?utf-8?Q?Z=C3=BC?=\r\n =?utf-8?Q?rich?=\r\n\r\n'), 'Zürich'],
		['a character torn over two words', raw('Subject: =?utf-8?B?Wg==?= =?utf-8?Q?=C3?= =?utf-8?Q?=BC?=\r\n\r\n'), 'Zü'],
		['words beside plain text', raw('Subject: a =?utf-8?Q?b?= c\r\n\r\n'), 'a b c'],
		['raw UTF-8', bytesOf('Subject: Zürich\r\n\r\n'), 'Zürich'],
		['raw windows-1252', raw('Subject: Z\u00FCrich \u0080\r\n\r\n'), 'Zürich €'],
		['raw bytes inside an encoded word', raw('Subject: =?iso-8859-1?Q?Fr\u00F6sche?= \u00F6\r\n\r\n'), 'Frösche ö'],
		['ISO-2022-JP', raw('Subject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=\r\n\r\n'), '日本'],
	])('%s', (_, message, wanted) => {
		expect(decodedSubject(message)).toBe(wanted);
	});
});

describe('two forms of one subject compare equal', () => {
	const hostile = 'Re: a\u0001b\u0007c   \td \u202Ee\u200B f';
	test.each([
		['control characters come back as ?', hostile, hostile.replaceAll('\u0001', '?').replaceAll('\u0007', '?')],
		['controls come back as U+FFFD', hostile, hostile.replaceAll(/\p{C}/gv, '\uFFFD')],
		['controls are dropped', hostile, hostile.replaceAll(/\p{Cc}/gv, '')],
		['runs of blanks are one blank', hostile, hostile.replaceAll(/\s+/gv, ' ')],
		['composed and not', 'Zu\u0308rich', 'Z\u00FCrich'],
		['a lone surrogate', 'a\uD800b', 'a?b'],
		['cut after 255 characters', 'wörd '.repeat(200), 'wörd '.repeat(200).slice(0, 255)],
		['cut in the middle of a pair', '😀'.repeat(200), '😀'.repeat(200).slice(0, 255)],
		['cut, with many controls', 'ab\u0001'.repeat(300), 'ab?'.repeat(300).slice(0, 255)],
		['nothing but what is replaced', '\u0001\u0002', '??'],
	])('%s', (_, before, after) => {
		expect(normalSubject(after)).toBe(normalSubject(before));
	});

	test('other subjects do not', () => {
		const forms = ['Hello', 'hello', 'Hello!', 'Hallo', '日本', '日', '', 'Re: Hello', `${'x'.repeat(100)}1`, `${'x'.repeat(100)}2`].map(text => normalSubject(text));
		expect(new Set(forms).size).toBe(forms.length);
	});

	test('the form is its own form', () => {
		expect(normalSubject(normalSubject(hostile))).toBe(normalSubject(hostile));
	});
});

test.each([
	[' <a@b> ', '<a@b>'],
	['<a@\r\n b>', '<a@b>'],
	['a@b', '<a@b>'],
	['<a@b> (comment)', '<a@b>'],
	['<a@b', '<a@b>'],
	['<a\u00FC?@b>', '<a@b>'],
	['<A@b>', '<A@b>'],
	['=?utf-8?Q?=3Ca=40b=3E?=', '<a@b>'],
	['', ''],
	['<>', ''],
	['\u0000', ''],
	[`<${'x'.repeat(400)}@b>`, `<${'x'.repeat(253)}>`],
])('the Message-ID %j is compared as %s', (text, wanted) => {
	expect(normalMessageId(text)).toBe(wanted);
	expect(normalMessageId(wanted)).toBe(wanted);
});

describe('an envelope hash', () => {
	const envelope = {messageId: '<a@b>', subject: 'Hello', sentAt: 1000};

	test('is 12 characters and tells envelopes apart', () => {
		const hashes = [envelope, {...envelope, messageId: '<c@d>'}, {...envelope, subject: 'Hallo'}, {...envelope, sentAt: 1001}, {...envelope, messageId: ''}].map(each => envelopeHash(each, 5));
		expect(hashes[0]).toMatch(/^[\w\-]{12}$/v);
		expect(new Set(hashes).size).toBe(hashes.length);
	});

	test('has the second it was received where the date is broken', () => {
		const {sentAt: _, ...broken} = envelope;
		expect(envelopeHash(broken, 1_000_999)).toBe(envelopeHash(envelope, 0));
		expect(envelopeHash(broken, 999_999)).not.toBe(envelopeHash(envelope, 0));
	});

	test('does not depend on how 8-bit text was read, where a Message-ID tells the message', () => {
		expect(envelopeHash({...envelope, subject: normalSubject('Die Frösche')}, 0)).toBe(envelopeHash({...envelope, subject: normalSubject('Die Fr\uFFFDsche')}, 0));
		expect(envelopeHash({...envelope, messageId: '', subject: normalSubject('日本')}, 0)).not.toBe(envelopeHash({...envelope, messageId: '', subject: normalSubject('日')}, 0));
	});
});

describe('the sender is an address alone', () => {
	test.each([
		['Ana <Ana@Old.example>', 'ana@old.example'],
		['ana@old.example', 'ana@old.example'],
		['ana@old.example (Ana, at home)', 'ana@old.example'],
		['"Ana <x@y>, at @home" <ana@old.example>', 'ana@old.example'],
		[String.raw`"An\"a" <ana@old.example>, b@c`, 'ana@old.example'],
		['=?utf-8?Q?a,b?= <ana@old.example>', 'ana@old.example'],
		['<@relay,@other:ana@old.example>', 'ana@old.example'],
		['Group: ana@old.example, b@c;', 'ana@old.example'],
		['"j.doe"@old.example', 'j.doe@old.example'],
		['<ana @ old.example>', 'ana@old.example'],
		['undisclosed:;', ''],
		['MAILER-DAEMON', ''],
		['<>', ''],
		['', ''],
		['anä@old.example', ''],
	])('%s', (text, wanted) => {
		expect(senderOf(bytesOf(`From: ${text}\r\n\r\n`))).toBe(wanted);
	});
});

const part = (headers: string, body = 'x'): string => `--b\r\n${headers}\r\n\r\n${body}\r\n`;
const mixed = (...parts: string[]): Uint8Array => bytesOf(`Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n${parts.join('')}--b--\r\nepilogue\r\n`);
const file = (name: string): string => part(`Content-Type: application/pdf\r\nContent-Disposition: attachment; ${name}`);

describe('names of attachments', () => {
	test.each([
		['plain, sorted', mixed(file('filename="b.pdf"'), file('filename=a.pdf')), ['a.pdf', 'b.pdf']],
		['encoded words (RFC 2047)', mixed(file('filename="=?utf-8?Q?Z=C3=BC?=\r\n =?utf-8?Q?rich.pdf?="')), ['Zürich.pdf']],
		['RFC 2231', mixed(file('filename*0*=utf-8\'\'Z%C3%BC;\r\n filename*1*=rich;\r\n filename*2=.pdf')), ['Zürich.pdf']],
		['RFC 2231 before the plain form', mixed(file('filename="Z.pdf"; filename*=utf-8\'\'Z%C3%BC.pdf')), ['Zü.pdf']],
		['raw UTF-8', mixed(file('filename="Zürich.pdf"')), ['Zürich.pdf']],
		['of Content-Type', mixed(part('Content-Type: image/png; name="a.png"')), ['a.png']],
		['with blanks and semicolons', mixed(file('filename=" a; b (1).pdf"')), ['a; b (1).pdf']],
		['none of parts without a name', mixed(part('Content-Type: image/png'), part('')), []],
		['of a message that is one attachment', bytesOf('Content-Type: application/pdf; name=a.pdf\r\n\r\nx'), ['a.pdf']],
		['twice where it is there twice', mixed(file('filename=a'), file('filename=a')), ['a', 'a']],
		['that are keys of every object', mixed(file('filename=__proto__'), part('Content-Type: image/png; constructor=x')), ['__proto__']],
	])('%s', (_, message, names) => {
		expect(attachmentNamesOf(message)).toEqual(names);
	});

	test('in nested multiparts, which may close late, never, or at the end of the outer one', () => {
		const inner = (closing: string): string => part('Content-Type: multipart/related; boundary="in ner"', `--in ner\r\nContent-Type: image/png; name=in.png\r\n\r\nx\r\n${closing}`);
		for (const closing of ['--in ner--\r\n', '', '--in ner  \r\n']) {
			expect(attachmentNamesOf(mixed(inner(closing), file('filename=out.pdf')))).toEqual(['in.png', 'out.pdf']);
		}
	});

	test('a message in a message is one attachment and is not entered', () => {
		const inside = 'Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: image/png; name=hidden.png\r\n\r\nx\r\n--c--\r\n';
		expect(attachmentNamesOf(mixed(part('Content-Type: message/rfc822', inside), file('filename=a.pdf')))).toEqual(['a.pdf', 'message/rfc822']);
		expect(attachmentNamesOf(mixed(part('Content-Type: message/rfc822; name=b.eml', inside)))).toEqual(['b.eml']);
		expect(attachmentNamesOf(bytesOf(`Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n${inside}--d\r\nContent-Type: text/plain\r\n\r\nx\r\n--d--`))).toEqual(['message/rfc822']);
	});

	test('with bare line feeds, without preamble, without an empty line in a part', () => {
		expect(attachmentNamesOf(bytesOf('Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png; name=1.png\n--b\nContent-Type: image/png; name=2.png\n\nx'))).toEqual(['1.png', '2.png']);
	});

	test('a line that only begins like the delimiter is content', () => {
		expect(attachmentNamesOf(mixed(part('Content-Type: text/plain', '--bb\r\nContent-Type: image/png; name=no.png\r\n\r\nx'), file('filename=a')))).toEqual(['a']);
	});
});

describe('a source message and its rebuilt copy', () => {
	const head = 'Message-ID: <a@b>\r\nDate: Mon, 3 Feb 2020 10:00:00 +0200\r\nFrom: Ana <Ana@old.example>\r\nSubject: =?utf-8?Q?Z=C3=BC=01rich?=\r\n';
	const text = part('Content-Type: text/plain; name="note.txt"');
	const message = (header: string, ...parts: string[]): Uint8Array => bytesOf(`${header}Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join('')}--b--\r\n`);
	const source = message(head, text, file('filename="=?utf-8?Q?Z=C3=BC:_1.pdf?="'), part('Content-Type: message/rfc822; name=mail.eml'), part('Content-Type: text/calendar; method=REQUEST; name=invite.ics'));
	const rebuilt = 'From: "Ana" <ana@OLD.example>\r\nSubject: =?utf-8?B?WsO8P3JpY2g=?=\r\nMessage-ID:\r\n <a@b>\r\nDate: Mon, 3 Feb 2020 08:00:00 +0000\r\n';
	const rebuiltParts = [part('Content-Type: text/html'), part('Content-Type: application/pdf; name*=utf-8\'\'Z%C3%BC__1.pdf'), part('Content-Type: message/rfc822')];

	test('are the same mail where all that is unlike is what Exchange does to it', () => {
		expect(sameMail(source, message(rebuilt, ...rebuiltParts))).toEqual([]);
	});

	test.each([
		['message-id', rebuilt.replace('<a@b>', '<c@d>')],
		['date', rebuilt.replace('08:00:00', '08:00:01')],
		['date', rebuilt.replace(/Date:.*\r\n/v, '')],
		['sender', rebuilt.replace('OLD', 'other')],
		['subject', rebuilt.replace('WsO8P3JpY2g=', 'WsO8P3JpY2gh')],
	])('differ in %s', (difference, header) => {
		expect(sameMail(source, message(header, ...rebuiltParts))).toEqual([difference]);
	});

	test.each([0, 1, 2])('differ in attachments when one is missing, in text when the text is, not when the text has lost its name (part %i)', missing => {
		expect(sameMail(source, message(rebuilt, ...rebuiltParts.filter((_, index) => index !== missing)))).toEqual([missing === 0 ? 'text' : 'attachments']);
	});

	test('of two equal attachments both are wanted', () => {
		expect(sameMail(message(head, file('filename=a'), file('filename=a')), message(head, file('filename=a')))).toEqual(['attachments']);
	});

	test('what the source lacks or has broken is no difference', () => {
		const broken = raw('Date: Whenever\r\nFrom: nobody\r\nSubject: Fr\u00F6sche \u001B$B\r\nMessage-ID: broken\r\n\r\n');
		expect(sameMail(broken, message(rebuilt))).toEqual([]);
		expect(sameMail(bytesOf('\r\n'), message(rebuilt, ...rebuiltParts))).toEqual([]);
	});
});

describe.skipIf(!corpusAvailable)('third-party mail', () => {
	const all = corpusAvailable ? [...corpus('hard'), ...corpus('lists')] : [];

	test('is the same as itself, whatever its line ends, and few fields of it cannot be read', () => {
		for (const {name, bytes} of all) {
			const unix = Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
			expect([name, sameMail(bytes, unix)]).toEqual([name, []]);
			expect([name, envelopeOf(unix), senderOf(unix), attachmentNamesOf(unix)]).toEqual([name, envelopeOf(bytes), senderOf(bytes), attachmentNamesOf(bytes)]);
		}

		const share = (holds: (bytes: Uint8Array) => unknown): number => all.filter(({bytes}) => holds(bytes)).length / all.length;
		expect(share(bytes => envelopeOf(bytes).sentAt)).toBeGreaterThan(0.8);
		expect(share(bytes => envelopeOf(bytes).messageId)).toBeGreaterThan(0.8);
		expect(share(senderOf)).toBeGreaterThan(0.9);
	});

	test('is found again in what a store that rebuilds MIME makes of it, and is not taken for its neighbour', async () => {
		const receivedAt = 1_600_000_000_000;
		let alike = 0;
		let before: Uint8Array | undefined;
		for (const {name, bytes} of all) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			const content = await parseMime(bytes);
			const copy = writeMime(content, {receivedAt, random: () => 0.5});
			expect([name, sameMail(bytes, copy)]).toEqual([name, []]);
			const envelope = envelopeOf(bytes);
			const stored = {
				messageId: normalMessageId(content.messageId ?? ''), subject: normalSubject(content.subject),
				sentAt: envelope.sentAt === undefined || content.sentAt === undefined ? receivedAt / 1000 : content.sentAt / 1000,
			};
			expect([name, [stored, {...stored, messageId: ''}].map(each => envelopeHash(each, receivedAt))]).toEqual([name, expect.arrayContaining([envelopeHash(envelope, receivedAt)])]);
			alike += before && sameMail(before, copy).length === 0 ? 1 : 0;
			before = bytes;
		}

		expect(alike).toBeLessThan(all.length * 0.1);
	});

	test('has few equal envelopes', () => {
		const hashes = new Set(all.map(({bytes}) => envelopeHash(envelopeOf(bytes), 0)));
		expect(hashes.size).toBeGreaterThan(all.length * 0.8);
	});
});

// Not timed: what grew with the square of 20 MB would not end within the time-out of a test.
describe('hostile mail of 20 MB is read in bounded time', () => {
	const nested = (depth: number): string => Array.from({length: depth}, (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`).join('');

	test.each([
		['one subject', () => `Subject: ${'x'.repeat(20_000_000)}`],
		['encoded words', () => `Subject: ${'=?utf-8?Q?a?= '.repeat(1_500_000)}`],
		['beginnings of encoded words', () => `Subject: ${'=?utf-8?Q?'.repeat(2_000_000)}`],
		['8-bit beginnings of encoded words', () => `Subject: ${'=?\u00FF'.repeat(6_000_000)}`],
		['folds', () => `Subject: a${'\r\n b'.repeat(5_000_000)}`],
		['comments', () => `Date: ${'('.repeat(20_000_000)}`],
		['quotes and angles', () => `From: ${'"<,'.repeat(7_000_000)}`],
		['CRs', () => `Subject: a\n${'\r'.repeat(20_000_000)}`],
		['fields', () => 'Subject: a\r\n'.repeat(1_700_000)],
		['nesting', () => nested(400_000)],
		['delimiters', () => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n'.repeat(4_000_000)}`],
		['parts without an empty line', () => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: image/png; name=a.png\r\n'.repeat(500_000)}`],
		['lines that begin like delimiters', () => `${nested(31)}${'--b'.repeat(6_000_000)}${'\n--'.repeat(700_000)}`],
		['parameters', () => `Content-Type: multipart/mixed; ${'boundary*0=b;'.repeat(1_500_000)}\r\n\r\n`],
	])('%s', (_, make) => {
		const bytes = raw(make());
		expect(envelopeOf(bytes).subject.length).toBeLessThanOrEqual(256);
		expect(decodedSubject(bytes).length).toBeLessThanOrEqual(8192);
		expect(senderOf(bytes)).toBe('');
		expect(attachmentNamesOf(bytes).length).toBeLessThanOrEqual(10_000);
	});
});
