import {Buffer} from 'node:buffer';
import PostalMime, {type Address, type Mailbox} from 'postal-mime';
import {describe, expect, test} from 'vitest';
import {itemOf, type JsonItem} from '../../source/destinations/graph-json-item.js';
import {requestsOf} from '../../source/destinations/graph-json-request.js';
import {corpus, corpusAvailable} from '../dovecot/corpus.js';

const received = Date.UTC(2019, 2, 1, 8, 15);

const made = (text: string | Uint8Array, flags: readonly string[] = []): JsonItem => {
	const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
	return itemOf({bytes, flags, fingerprint: {hash: '', size: bytes.length, receivedAt: received}}, 'the stamp');
};

const property = ({message}: JsonItem, id: string) => message.singleValueExtendedProperties?.find(one => one.id === id)?.value;
const head = 'From: Ana <ana@example.org>\r\nSubject: s\r\nDate: Fri, 1 Mar 2019 08:14:55 +0000\r\nMIME-Version: 1.0\r\n';
const multi = (type: string, ...parts: readonly string[]): string => `${head}Content-Type: multipart/${type}; boundary=b\r\n\r\n${parts.map(part => `--b\r\n${part}\r\n`).join('')}--b--\r\n`;

describe('what a header becomes', () => {
	test('sender and recipients with their names, those of groups too, the identifiers, the header as text', () => {
		const item = made([
			'From: =?utf-8?q?Ana_M=C3=BCller?= <ana@example.org>',
			'Sender: office@example.org',
			'To: "Doe, John" <john@example.org>, team: a@example.org, b@example.org;',
			'To: second@example.org',
			'Cc: undisclosed-recipients:;',
			'Bcc: hidden@example.org',
			'Reply-To: Reply <reply@example.org>',
			'Subject: =?iso-8859-1?q?Gr=FC=DFe?=',
			'Message-ID: <1@example.org>',
			'In-Reply-To: <0@example.org>',
			'References: <a@example.org>\r\n <0@example.org>',
			'Date: Fri, 1 Mar 2019 09:14:55 +0100',
			'X-Priority: 1 (Highest)',
			'List-Id: <list.example.org>',
			'',
			'text',
		].join('\r\n'));
		expect(item.message).toMatchObject({
			from: {emailAddress: {name: 'Ana Müller', address: 'ana@example.org'}},
			sender: {emailAddress: {address: 'office@example.org'}},
			toRecipients: [{emailAddress: {name: 'Doe, John', address: 'john@example.org'}}, ...['a', 'b', 'second'].map(name => ({emailAddress: {address: `${name}@example.org`}}))],
			ccRecipients: [],
			bccRecipients: [{emailAddress: {address: 'hidden@example.org'}}],
			replyTo: [{emailAddress: {name: 'Reply', address: 'reply@example.org'}}],
			subject: 'Grüße', internetMessageId: '<1@example.org>', importance: 'high', isReadReceiptRequested: false, isRead: false,
		});
		expect(property(item, 'String 0x1042')).toBe('<0@example.org>');
		expect(property(item, 'String 0x1039')).toBe('<a@example.org> <0@example.org>');
		expect(property(item, 'SystemTime 0x0E06')).toBe('2019-03-01T08:15:00Z');
		expect(property(item, 'SystemTime 0x0039')).toBe('2019-03-01T08:14:55Z');
		expect(property(item, 'String 0x007D')).toContain('\r\nList-Id: <list.example.org>\r\n');
		expect(item.lost).toEqual(['mime', 'headers:2']);
	});

	test('a list of recipients longer than any field that is compared is whole', () => {
		const all = Array.from({length: 900}, (_, index) => `person.number.${index}@example.org`);
		expect(made(`To: ${all.join(',\r\n ')}\r\n\r\n`).message.toRecipients?.map(({emailAddress}) => emailAddress?.address)).toEqual(all);
	});

	test('a subject of more than 255 characters is cut where no character is torn, and told', () => {
		const {message, lost} = made(`Subject: =?utf-8?b?${Buffer.from(`${'x'.repeat(254)}📬`).toString('base64')}?=\r\n\r\n`);
		expect(message.subject).toBe('x'.repeat(254));
		expect(lost).toContain('subject');
	});

	test('a read message that asks for a receipt asks for none any more', () => {
		const {message} = made(`${head}Disposition-Notification-To: a@example.org\r\n\r\ntext`, [String.raw`\Seen`]);
		expect(message).toMatchObject({isRead: true, isReadReceiptRequested: false});
	});

	test('where the date cannot be read the received date is the sent date', () => {
		expect(property(made('Date: yesterday\r\n\r\n'), 'SystemTime 0x0039')).toBe('2019-03-01T08:15:00Z');
	});
});

describe('states', () => {
	test('only a draft lacks what makes a message none; keywords are lost', () => {
		expect(property(made(head), 'Integer 0x0E07')).toBe('1');
		const draft = made(head, [String.raw`\Draft`, String.raw`\Flagged`, String.raw`\Answered`, '$Label1']);
		expect(property(draft, 'Integer 0x0E07')).toBeUndefined();
		expect(property(draft, 'Integer 0x1081')).toBe('102');
		expect(draft.message.flag).toEqual({flagStatus: 'flagged'});
		expect(draft.lost).toEqual(['mime', 'keyword:$Label1']);
	});
});

describe('body and attachments', () => {
	test('of two forms the HTML is the body; a text that says something else stays as an attachment', () => {
		const html = 'Content-Type: text/html; charset=utf-8\r\n\r\n<p>Good <b>morning</b></p>';
		expect(made(multi('alternative', 'Content-Type: text/plain\r\n\r\nGood morning', html))).toMatchObject({message: {body: {contentType: 'html'}}, attachments: []});
		expect(made(multi('alternative', 'Content-Type: text/plain\r\n\r\nThe invoice is 5 dollars', html)).attachments.map(({name, bytes}) => [name, Buffer.from(bytes).toString()])).toEqual([['ATT00001.txt', 'The invoice is 5 dollars']]);
	});

	test('further texts of a message are attachments, in UTF-8 where they need more than ASCII', () => {
		const {message, attachments} = made(multi('mixed', '\r\nfirst', 'Content-Type: text/plain; charset=koi8-r\r\n\r\n\u00F0\u00D2\u00C9'));
		expect(message.body).toEqual({contentType: 'text', content: 'first'});
		expect(attachments).toMatchObject([{contentType: 'text/plain; charset=utf-8', isInline: false}]);
		expect(Buffer.from(attachments[0]!.bytes).toString()).toBe('\uFEFFПри');
	});

	test('what the HTML shows is inline, what it does not is seen among the attachments', () => {
		const image = (id: string) => `Content-Type: image/png; name=${id}.png\r\nContent-ID: <${id}@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(id).toString('base64')}`;
		const {attachments} = made(multi('related', 'Content-Type: text/html\r\n\r\n<img src="cid:shown@x">', image('shown'), image('show'), image('other')));
		expect(attachments.map(({name, contentId, isInline, bytes}) => [name, contentId, isInline, Buffer.from(bytes).toString()])).toEqual([
			['shown.png', 'shown@x', true, 'shown'], ['show.png', 'show@x', false, 'show'], ['other.png', 'other@x', false, 'other'],
		]);
	});

	test('a message in a message is a file with its very bytes, named after its subject', () => {
		const inner = 'From: b@example.org\r\nSubject: a/b: c\r\n\r\nline \r\n\ttab\r\n=20';
		const {attachments} = made(multi('mixed', '\r\ntext', `Content-Type: message/rfc822\r\n\r\n${inner}`));
		expect(attachments.map(({name, contentType, bytes}) => [name, contentType, Buffer.from(bytes).toString()])).toEqual([['a b c.eml', 'message/rfc822', inner]]);
	});

	test('the bytes of attachments stay: quoted-printable, 8bit, base64 in pieces', () => {
		const bytes = Buffer.from(Array.from({length: 256}, (_, index) => index));
		const part = (encoding: string, body: string) => `Content-Type: application/octet-stream; name=x\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`;
		const encoded = [...bytes].map(byte => `=${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('').replaceAll(/.{60}/gv, '$&=\r\n');
		const {attachments, lost} = made(multi('mixed', part('quoted-printable', encoded), part('8bit', 'a\nb\r\nc\u00E9'), part('base64', bytes.toString('base64'))));
		expect(attachments.map(one => Buffer.from(one.bytes).toString('latin1'))).toEqual([bytes.toString('latin1'), 'a\nb\r\nc\u00E9', bytes.toString('latin1')]);
		expect(lost).toEqual(['mime']);
		const broken = made(multi('mixed', part('base64', 'YWJj\r\nZA==\r\nZWZn\r\n')));
		expect(Buffer.from(broken.attachments[0]!.bytes).toString()).toBe('abcdefg');
	});
});

describe('what cannot be made anew', () => {
	const doubtful = multi('mixed', '\r\ntext', 'Content-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA!!!!');
	const cases: ReadonlyArray<readonly [name: string, bytes: string, lost: readonly string[]]> = [
		['a signature of S/MIME', multi('signed; protocol="application/pkcs7-signature"', '\r\ntext', 'Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA'), ['signature']],
		['opaque S/MIME, signed', `${head}Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA`, ['signature']],
		['opaque S/MIME, encrypted', `${head}Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA`, ['encrypted']],
		['PGP/MIME, encrypted', multi('encrypted; protocol="application/pgp-encrypted"', 'Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1', 'Content-Type: application/octet-stream\r\n\r\nx'), ['encrypted']],
		['PGP inside a text', `${head}\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n`, ['signature']],
		['an encoding that is broken', doubtful, ['doubt']],
		['a character set that nobody knows', `${head}Content-Type: text/plain; charset=x-unknown\r\n\r\n\u00C3\u0028`, ['doubt']],
	];

	test.each(cases)('%s is told, and brings its original along', (_name, text, lost) => {
		const item = made(text);
		expect(item.lost).toEqual(['mime', ...lost]);
		const {name, contentType, bytes} = item.attachments.at(-1)!;
		expect([name, contentType, Buffer.from(bytes).toString('latin1')]).toEqual(['original.eml', 'message/rfc822', text]);
	});

	test('an invitation is told to be a file', () => {
		expect(made(multi('alternative', '\r\ntext', 'Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR'))).toMatchObject({lost: ['mime', 'meeting'], attachments: [{name: 'ATT00001.ics'}]});
	});
});

describe('how it is laid out into requests', () => {
	const sized = (...sizes: readonly number[]) => multi('mixed', '\r\ntext', ...sizes.map(bytes => `Content-Type: application/octet-stream; name=${bytes}\r\n\r\n${'x'.repeat(bytes)}`));

	test('what fits goes with the creation, in order, below 4 MB; the rest one by one', () => {
		const lay = (...sizes: readonly number[]) => {
			const {creation, rest} = requestsOf(made(sized(...sizes)))!;
			expect(JSON.stringify(creation).length).toBeLessThan(4_000_000);
			return [creation.attachments?.length ?? 0, rest.length];
		};

		expect(lay()).toEqual([0, 0]);
		expect(lay(1000, 2_900_000)).toEqual([2, 0]);
		expect(lay(2_900_000, 200_000, 10)).toEqual([1, 2]);
		expect(lay(5_000_000, 10)).toEqual([0, 2]);
	});

	test('a text that would fill a request is a file', () => {
		const {message, attachments} = made(`${head}\r\n${'word '.repeat(700_000)}`);
		expect(message.body?.content).toBe('');
		expect(attachments.map(({bytes}) => bytes.length)).toEqual([3_500_000]);
	});
});

const flat = (list: Address[] = []): Mailbox[] => list.flatMap(one => one.group ?? [one]);

describe.skipIf(!corpusAvailable)('every message of the corpus, beside what a maintained parser reads', () => {
	const messages = corpusAvailable ? [...corpus('hard'), ...corpus('lists')] : [];
	/** That parser reads raw 8-bit text and windows-1252 in its own way. */
	const readable = (text = ''): boolean => !/[\u0080-\u009F\uFFFD]|ï¿½/v.test(text);

	test('has the same recipients and subject', async () => {
		const differing: string[] = [];
		for (const {name, bytes} of messages) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			const email = await PostalMime.parse(bytes, {forceRfc822Attachments: true});
			const {message} = made(bytes);
			for (const [theirs, ours] of [[email.to, message.toRecipients], [email.cc, message.ccRecipients], [email.bcc, message.bccRecipients], [email.replyTo, message.replyTo]] as const) {
				const [theirText, ourText] = [flat(theirs).map(one => `${one.name.replaceAll(/\s+/gv, ' ').trim()} <${one.address.trim()}>`).join(', '), ours?.map(({emailAddress}) => `${emailAddress?.name ?? ''} <${emailAddress?.address ?? ''}>`).join(', ') ?? ''];
				if (readable(theirText) && theirText !== ourText) {
					differing.push(`${name}: ${theirText} | ${ourText}`);
				}
			}

			if (readable(email.subject) && (email.subject ?? '').replaceAll(/\s+/gv, ' ').trim().slice(0, 255) !== message.subject) {
				differing.push(`${name}: ${email.subject} | ${message.subject}`);
			}
		}

		expect(messages.length).toBeGreaterThan(400);
		expect(differing).toEqual([]);
	});
});
