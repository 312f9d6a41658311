import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import libmime from 'libmime';
import PostalMime from 'postal-mime';
import {describe, expect, test} from 'vitest';
import {type Content} from '../../source/sandbox/microsoft/content.js';
import {parseMime} from '../../source/sandbox/microsoft/mime-in.js';
import {writeMime} from '../../source/sandbox/microsoft/mime-out.js';
import {seededRandom} from '../../source/sandbox/random.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';

const receivedAt = Date.UTC(2019, 2, 1, 8, 15);
const rebuild = (content: Content): Uint8Array => writeMime(content, {receivedAt, random: seededRandom(7).next});
const bytesOf = (...lines: readonly string[]): Uint8Array => Buffer.from(lines.join('\r\n'), 'latin1');
const parse = async (...lines: readonly string[]): Promise<Content> => parseMime(bytesOf(...lines));
const textFrom = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');
const lines = (text: string | undefined): string | undefined => text?.replaceAll('\r\n', '\n');

/** All of a message that must survive, without what the store adds where there was nothing. */
type Kept = Record<string, unknown> & {readonly attachments: ReadonlyArray<Record<string, unknown>>};

const kept = ({headers: _, text, html, signed, attachments, ...rest}: Content): Kept => ({
	...rest,
	text: lines(text),
	html: lines(html),
	signed: signed && digest(signed),
	attachments: attachments.map(({bytes, embedded, ...attachment}) => ({...attachment, ...(embedded ? {embedded: kept(embedded)} : {bytes: digest(bytes)})})),
});

/** Leaves out of `after` what `before` did not have and a store makes up. */
const without = (after: Kept, before: Kept): Kept => ({
	...after,
	text: before.text === undefined ? undefined : after.text,
	html: before.html === undefined ? undefined : after.html,
	...(before.sentAt === undefined && {sentAt: undefined}),
	attachments: after.attachments.map((attachment, index) => attachment.embedded
		? {...attachment, embedded: without(attachment.embedded as Kept, before.attachments[index]!.embedded as Kept)}
		: attachment),
});

const headerOf = (bytes: Uint8Array): string => textFrom(bytes).split(/\r?\n\r?\n/v, 1)[0]!;

/** The first field of that name, read without any code of ours; latin1. */
const fieldIn = (bytes: Uint8Array, name: string): string => new RegExp(`(?:^|\\n)${name}[\\t ]*:(?<value>[^\\n]*(?:\\n[\\t ][^\\n]*)*)`, 'iv').exec(headerOf(bytes))?.groups?.value!.replaceAll(/\s+/gv, ' ').trim() ?? '';

describe.skipIf(!corpusAvailable)('the corpus through the store', () => {
	const messages = corpusAvailable ? [...corpus('hard'), ...corpus('lists')] : [];

	test('no message comes back byte-equal, yet all that counts does, and a second time changes nothing', async () => {
		expect(messages.length).toBeGreaterThan(400);
		let equal = 0;
		for (const {name, bytes} of messages) {
			const first = await parseMime(bytes); // eslint-disable-line no-await-in-loop -- one after another
			const once = rebuild(first);
			equal += Buffer.compare(once, bytes) === 0 ? 1 : 0;
			const second = await parseMime(once); // eslint-disable-line no-await-in-loop -- one after another
			expect(without(kept(second), kept(first)), name).toEqual(kept(first));
			const third = await parseMime(rebuild(second)); // eslint-disable-line no-await-in-loop -- one after another
			expect(kept(third), name).toEqual(kept(second));
			expect(headerOf(once), name).not.toMatch(/^(?:received|list-[a-z]+|x-mailer|return-path):/imv);
		}

		expect(equal).toBe(0);
	});

	test('other readers find the same in the rebuilt message', async () => {
		let attachments = 0;
		let subjects = 0;
		for (const {name, bytes} of messages) {
			const content = await parseMime(bytes); // eslint-disable-line no-await-in-loop -- one after another
			const once = rebuild(content);
			for (const field of ['message-id', 'references']) {
				expect(fieldIn(once, field), name).toBe(fieldIn(bytes, field));
			}

			// Raw bytes above ASCII are read differently by each reader.
			const subject = fieldIn(bytes, 'subject');
			if (/^[\t -~]*$/v.test(subject)) {
				expect(libmime.decodeWords(fieldIn(once, 'subject')).replaceAll(/\s+/gv, ' ').trim(), name).toBe(libmime.decodeWords(subject).replaceAll(/\s+/gv, ' ').trim());
				subjects++;
			}

			const [before, after] = await Promise.all([PostalMime.parse(bytes), PostalMime.parse(once)]); // eslint-disable-line no-await-in-loop -- one after another
			const addresses = (email: typeof before) => [email.from, ...email.to ?? [], ...email.cc ?? [], ...email.bcc ?? [], ...email.replyTo ?? []].flatMap(entry => entry?.group?.map(({address}) => address) ?? [entry?.address]).filter(Boolean);
			expect(addresses(after), name).toEqual(addresses(before));
			if (content.sentAt !== undefined && /^\d{4}-/v.test(before.date ?? '')) {
				expect(after.date, name).toBe(before.date);
			}

			// That reader does not know uuencode, opens inner messages, and leaves line ends and the last of them to taste.
			const files = (email: typeof before) => email.attachments.filter(({mimeType}) => !mimeType.startsWith('message/')).map(({content}) =>
				digest(Buffer.from(textFrom(new Uint8Array(content as ArrayBuffer)).replaceAll('\r\n', '\n').replace(/\n+$/v, ''), 'latin1')));
			if (!/x-uuencode|\.\.\. base64-encoded/iv.test(textFrom(bytes)) && !content.signed && !content.attachments.some(({embedded}) => embedded)) {
				expect(files(after), name).toEqual(expect.arrayContaining(files(before)));
				attachments += files(before).length;
			}
		}

		expect(subjects).toBeGreaterThan(350);
		expect(attachments).toBeGreaterThan(50);
	});
});

describe('what a store makes of a message', () => {
	test('a subject is decoded onto one line; control characters become question marks', async () => {
		const subject = async (...value: readonly string[]) => (await parse(...value, 'Content-Type: text/plain; charset=iso-8859-1', '', 'x')).subject; // eslint-disable-line unicorn/no-await-expression-member -- short
		expect(await subject('Subject: =?utf-8?B?w7ZsIA==?=', ' =?iso-8859-1?q?f=FCr?= alle')).toBe('öl für alle');
		expect(await subject('Subject: a\u0001b\u0000c\td')).toBe('a?b?c d');
		expect(await subject('Subject: =?utf-8?q?a=0D=0AX-Evil:_1?=')).toBe('a??X-Evil: 1');
		expect(await subject('Subject: Fr\u00F6sche')).toBe('Frösche');
		expect(await subject(`Subject: ${Buffer.from('Frösche').toString('latin1')}`)).toBe('Frösche');
		expect(await subject('Subject: =?iso-8859-1?q?Fr\u00F6sche?=')).toBe('Frösche');
		expect(await subject('Subject: =?utf-8?q?broken')).toBe('=?utf-8?q?broken');
	});

	test('nothing in a property can break out of its field when it is written', async () => {
		const content = await parse('Subject: =?utf-8?q?a=0D=0AX-Evil:_1?=', 'From: =?utf-8?q?b=0D=0AX-Evil:_2?= <a@b.example>', 'Message-ID: <a\u0000\u000Bb@c>', '', 'x');
		expect(headerOf(rebuild(content))).not.toMatch(/^x-evil/imv);
		expect(kept(await parseMime(rebuild(content)))).toMatchObject({subject: content.subject, from: content.from, messageId: content.messageId});
	});

	test('a text-only body gains an HTML sister, an HTML one a text; encodings and boundaries are new', async () => {
		const once = textFrom(rebuild(await parse('Subject: s', 'Content-Transfer-Encoding: 7bit', '', 'a < b', 'caf=E9')));
		expect(once).toMatch(/multipart\/alternative;\r\n\tboundary="_000_[\dA-F]{24}sandbox_"/v);
		expect(once).toContain('quoted-printable');
		expect(once).toContain('caf=3DE9');
		const [, sister = ''] = /text\/html.*?\r\n\r\n(?<html>.*)/sv.exec(once) ?? [];
		expect(sister.replaceAll('=\r\n', '')).toContain('a &lt; b<br>');
		const {text} = await parseMime(rebuild(await parse('Content-Type: text/html', '', '<style>p{}</style><p>Hello&nbsp;<b>you</b></p><p>&amp; me</p>')));
		expect(lines(text)).toBe('Hello\u00A0you\n& me');
	});

	test('the date is written in UTC; where there is none, or none that can be read, the received date stands in', async () => {
		const dateIn = async (date: string) => fieldIn(rebuild(await parse(`Date: ${date}`, '', 'x')), 'date');
		expect(await dateIn('Fri, 1 Mar 2019 10:00:00 +0530 (IST)')).toBe('Fri, 01 Mar 2019 04:30:00 +0000');
		expect(await dateIn('1 Mar 99 10:00 PST')).toBe('Mon, 01 Mar 1999 18:00:00 +0000');
		expect(await dateIn('Whenever')).toBe('Fri, 01 Mar 2019 08:15:00 +0000');
		expect(await dateIn('31 Mar 0019 10:00:00 +0000')).toBe('Fri, 01 Mar 2019 08:15:00 +0000');
	});

	test('names of people and files come back in any script, however they were written', async () => {
		const content = await parse(
			String.raw`From: "O'Brien, \"Pat\"" <pat@example.org>`,
			'To: =?utf-8?B?5bGx55Sw?= <yamada@example.jp>, group: a@example.org, "B, C" <b@example.org>;',
			'Content-Type: multipart/mixed; boundary=x',
			'',
			'--x',
			'Content-Type: application/pdf; name="=?utf-8?Q?=C3=BCbel.pdf?="',
			'Content-Transfer-Encoding: base64',
			'',
			'JVBERg==',
			'--x',
			'Content-Type: application/octet-stream',
			'Content-Disposition: attachment; filename*0*=utf-8\'\'%E5%B1%B1; filename*1="; a.bin"',
			'',
			'\u0000\u00FF',
			'--x--',
		);
		expect(content.from).toEqual({name: 'O\'Brien, "Pat"', address: 'pat@example.org'});
		expect(content.to).toEqual([{name: '山田', address: 'yamada@example.jp'}, {name: '', address: 'a@example.org'}, {name: 'B, C', address: 'b@example.org'}]);
		expect(content.attachments.map(({name, contentType, bytes}) => [name, contentType, textFrom(bytes)])).toEqual([
			['übel.pdf', 'application/pdf', '%PDF'], ['山; a.bin', 'application/octet-stream', '\u0000\u00FF'],
		]);
		const again = await parseMime(rebuild(content));
		expect([again.to[0], again.attachments]).toEqual([content.to[0], content.attachments]);
		expect(fieldIn(rebuild(content), 'to')).toMatch(/^=\?utf-8\?B\?/v);
	});

	test('what people call long survives: subjects, file names, references', async () => {
		const subject = 'ü'.repeat(200);
		const references = Array.from({length: 100}, (_, index) => `<${index}@example.org>`).join(' ');
		const name = `${'長い'.repeat(50)}.txt`;
		const content: Content = {
			...await parse('Subject: x', '', 'y'), subject, references, attachments: [{
				name, contentType: 'text/plain', inline: false, bytes: Buffer.from('z'),
			}],
		};
		const once = rebuild(content);
		expect(await parseMime(once)).toMatchObject({subject, references, attachments: [{name}]});
		expect(Math.max(...textFrom(once).split('\r\n').map(line => line.length))).toBeLessThan(200);
	});

	test('each kind of message gets its class', async () => {
		const calendar = (method: string, more = '') => [`Content-Type: text/calendar; method=${method}; charset=utf-8`, '', 'BEGIN:VCALENDAR', `METHOD:${method}`, more, 'END:VCALENDAR'];
		const classOf = async (...parts: readonly string[]) => {
			const content = await parse(...parts);
			const again = await parseMime(rebuild(content));
			expect(again.itemClass).toBe(content.itemClass);
			const files = ({attachments}: Content) => attachments.map(({name, contentType, bytes, embedded}) => [name, contentType, embedded?.subject ?? textFrom(bytes)]);
			expect(files(again)).toEqual(files(content));
			return content.itemClass;
		};

		const alternative = (...inner: readonly string[]) => ['Content-Type: multipart/alternative; boundary=b', '', '--b', '', 'text', '--b', ...inner, '--b--'];
		const report = (action: string) => ['Content-Type: multipart/report; report-type=delivery-status; boundary=b', '', '--b', '', 'sorry', '--b', 'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; x', '', `Action: ${action}`, '--b', 'Content-Type: message/rfc822', '', 'Subject: lost', '', 'x', '--b--'];
		expect(await classOf('', 'x')).toBe('IPM.Note');
		expect(await classOf(...alternative(...calendar('REQUEST')))).toBe('IPM.Schedule.Meeting.Request');
		expect(await classOf(...calendar('cancel'))).toBe('IPM.Schedule.Meeting.Canceled');
		expect(await classOf(...calendar('REPLY', 'ATTENDEE;PARTSTAT=DECLINED:mailto:a@example.org'))).toBe('IPM.Schedule.Meeting.Resp.Neg');
		expect(await classOf(...calendar('PUBLISH'))).toBe('IPM.Note');
		expect(await classOf(...report('failed'))).toBe('REPORT.IPM.Note.NDR');
		expect(await classOf(...report('delayed'))).toBe('IPM.Note');
		expect(await classOf('Content-Type: application/x-pkcs7-mime; smime-type=enveloped-data', 'Content-Transfer-Encoding: base64', '', 'AAAA')).toBe('IPM.Note.SMIME');
	});

	test('a signed message keeps every byte that its signature is over', async () => {
		const body = ['--b', 'Content-Type: text/plain; charset=utf-8', '', 'signed  ', 'From me', '', '--b', 'Content-Type: application/pgp-signature; name=signature.asc', '', 'abc', '--b--', ''];
		const content = await parse('Received: by x', 'Subject: s', 'Content-Type: multipart/signed; micalg=pgp-sha1;', '\tprotocol="application/pgp-signature"; boundary=b', 'MIME-Version: 1.0', '', ...body);
		expect(content).toMatchObject({itemClass: 'IPM.Note.SMIME.MultipartSigned', text: 'signed  \r\nFrom me\r\n'});
		const once = textFrom(rebuild(content));
		expect(once).toMatch(/\r\nContent-Type: multipart\/signed; micalg=pgp-sha1;\r\n\tprotocol="application\/pgp-signature"; boundary=b\r\n\r\n--b/v);
		expect(once.endsWith(body.join('\r\n'))).toBe(true);
		expect(once).not.toContain('Received');
	});

	test('inline images, inner messages and later texts become attachments of their kind', async () => {
		const content = await parse(
			'Content-Type: multipart/mixed; boundary=o',
			'',
			'--o',
			'Content-Type: multipart/related; boundary=r',
			'',
			'--r',
			'Content-Type: text/html',
			'',
			'<img src="cid:i@x">',
			'--r',
			'Content-Type: image/png',
			'Content-ID: <i@x>',
			'Content-Transfer-Encoding: base64',
			'',
			'AAEC',
			'--r--',
			'--o',
			'Content-Type: message/rfc822',
			'',
			'Subject: inner',
			'Date: 1 Jan 2001 00:00:00 +0000',
			'',
			'within',
			'--o',
			'Content-Type: text/plain',
			'',
			'a list\'s footer',
			'--o--',
		);
		expect(content.attachments).toMatchObject([
			{name: 'ATT00001.png', contentId: 'i@x', inline: true},
			{name: 'inner', contentType: 'message/rfc822', embedded: {subject: 'inner', sentAt: 978_307_200_000, text: 'within'}},
			{name: 'ATT00003.txt', inline: false},
		]);
		const once = textFrom(rebuild(content));
		expect([...once.matchAll(/multipart\/[a-z]+(?=;\r\n)/gv)].map(([type]) => type)).toEqual(['multipart/mixed', 'multipart/related', 'multipart/alternative', 'multipart/alternative']);
		expect(await parseMime(rebuild(content))).toMatchObject({attachments: [{contentId: 'i@x', inline: true}, {embedded: {subject: 'inner', text: 'within'}}, {name: 'ATT00003.txt'}]});
	});

	test('importance and requests for receipts are kept as properties', async () => {
		const content = await parse('From: a@example.org', 'X-Priority: 1 (Highest)', 'Return-Receipt-To: a@example.org', '', 'x');
		expect(content).toMatchObject({importance: 'High', wantsReceipt: true});
		expect(await parseMime(rebuild(content))).toMatchObject({importance: 'High', wantsReceipt: true});
		expect(await parse('Subject: x', '', 'y')).toMatchObject({importance: 'Normal', wantsReceipt: false});
	});

	test('the raw header block is kept as it came', async () => {
		const header = ['Received: from x', '\tby y', 'X-Own: 1', 'Subject: =?utf-8?q?a?='];
		expect(await parse(...header, '', 'x')).toMatchObject({headers: header.join('\r\n')});
	});

	test('bare line feeds end lines too, and belong to the delimiter after them', async () => {
		const content = await parseMime(Buffer.from('Subject: s\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\nx\ny\n\n--b\nContent-Type: image/png\n\n\u0000\n\n--b--\nepilogue'));
		expect([content.subject, content.text, content.attachments.map(({bytes}) => textFrom(bytes))]).toEqual(['s', 'x\ny\n', ['\u0000\n']]);
	});

	test('boundaries differ even where the randomness is none', async () => {
		const content = await parse('Content-Type: multipart/mixed; boundary=o', '', '--o', '', 'x', '--o', 'Content-Type: message/rfc822', '', 'Subject: inner', '', 'within', '--o--');
		const again = await parseMime(writeMime(content, {receivedAt, random: () => 0.5}));
		expect(again).toMatchObject({text: 'x', attachments: [{embedded: {subject: 'inner', text: 'within'}}]});
	});
});

describe('hostile input never throws, and what is written of it can be read', () => {
	const nested = (levels: number, type: string) => {
		let inner = ['Content-Type: text/plain', '', 'the core'];
		for (let level = 0; level < levels; level++) {
			inner = type === 'message/rfc822'
				? [`Subject: level ${level}`, 'Content-Type: message/rfc822', '', ...inner]
				: [`Content-Type: ${type}; boundary="b${level}"`, '', `--b${level}`, ...inner, `--b${level}--`];
		}

		return inner;
	};

	test.each([
		['nothing', []],
		['one line end', ['', '']],
		['no header', ['just words', 'and more']],
		['only a header', ['Subject: alone']],
		['NUL and other bytes', ['Subject: a\u0000b\u00FF', 'From: \u0000<\u0000@\u00FF>', '\u0000: \u0001', '', '\u0000\u0001\u007F\u0080\u00FF']],
		['a broken boundary', ['Content-Type: multipart/mixed; boundary="=_=;', '', '--=_=;', 'x']],
		['a boundary that is missing', ['Content-Type: multipart/mixed', '', '--x', '', 'y', '--x--']],
		['an empty boundary', ['Content-Type: multipart/mixed; boundary=""', '', '--', '', 'y', '----']],
		['delimiters alone', ['Content-Type: multipart/mixed; boundary=a', '', '--a', '--a', '--a--']],
		['a multipart signed without parts', ['Content-Type: multipart/signed; boundary=a', '', 'x']],
		['fields without an end', ['Content-Type: text/plain; charset="unclosed (; name=\\', 'To: "a, <b (c', 'Date: (((', 'Content-Disposition: attachment; filename*=x\'%zz; filename*9=a', '', 'x']],
		['unknown character sets', ['Subject: =?nonsense?q?=FF?= =?utf-7?q?+AOQ-?=', 'Content-Type: text/plain; charset=nonsense', '', '\u00E4']],
		['30 multiparts in each other', nested(30, 'multipart/mixed')],
		['30 messages in each other', nested(30, 'message/rfc822')],
		['500 multiparts in each other', nested(500, 'multipart/mixed')],
		['200 messages in each other', nested(200, 'message/rfc822')],
		['20,000 parts', ['Content-Type: multipart/mixed; boundary=a', '', ...Array.from({length: 20_000}, () => '--a\r\n\r\nx'), '--a--']],
		['20,000 fields', [...Array.from({length: 20_000}, (_, index) => `X-${index}: y`), '', 'x']],
		['50,000 recipients', [`To: ${'a@example.org, '.repeat(50_000)}`, '', 'x']],
		['encoded words of nothing', [`Subject: ${'=?utf-8?q??='.repeat(5000)}`, `From: ${'(('.repeat(5000)}`, '', 'x']],
	].map(([name, input]) => ({name: name as string, input: input as string[]})))('$name', async ({input}) => {
		const content = await parse(...input);
		const again = await parseMime(rebuild(content));
		expect({
			subject: again.subject, to: again.to, itemClass: again.itemClass, attachments: again.attachments.length,
		}).toEqual({
			subject: content.subject, to: content.to, itemClass: content.itemClass, attachments: content.attachments.length,
		});
	});

	test('the core of 30 multiparts is still the body', async () => {
		expect(await parse(...nested(30, 'multipart/mixed'))).toMatchObject({text: 'the core', attachments: []});
	});

	test.each([
		['in the body', (long: string) => ['Subject: s', '', long]],
		['in a field', (long: string) => [`Subject: s ${long}`, '', 'x']],
		['of blanks in quoted-printable', () => ['Content-Transfer-Encoding: quoted-printable', '', ' '.repeat(10_000_000)]],
		['of less-than signs in HTML', () => ['Content-Type: text/html', '', '<'.repeat(10_000_000)]],
		['in a file name', (long: string) => [`Content-Type: application/pdf; name="${long}"`, '', 'x']],
	].map(([place, make]) => ({place: place as string, make: make as (long: string) => string[]})))('a line of 10 MB $place', async ({make}) => {
		const content = await parse(...make('0123456789'.repeat(1_000_000)));
		const again = await parseMime(rebuild(content));
		expect(again.subject).toBe(content.subject);
	});

	test('bytes of an attachment survive whatever they are', async () => {
		const bytes = Uint8Array.from({length: 100_000}, (_, index) => index % 256);
		const content: Content = {
			...await parse('', 'x'), attachments: [{
				name: 'all', contentType: 'application/octet-stream', inline: false, bytes,
			}],
		};
		const {attachments: [attachment]} = await parseMime(rebuild(content));
		expect(digest(attachment!.bytes)).toBe(digest(bytes));
	});
});
