import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {Listing} from '../../source/mailbox/listing.js';
import {type MailSource} from '../../source/mailbox/source.js';
import {fakeSource, newStore} from '../migration/fake-ends.js';

/** Any number of messages of a length in bytes; their content is made where it is asked for, so that none of it lies in memory. */
export type Made = {readonly count: number; readonly size: number};

const receivedAt = Date.UTC(2020, 0, 1);

const line = `${'QUJD'.repeat(19)}\r\n`;
let filling = Buffer.from(line);

/** Base64 of a length, as far as that is no less than nothing; made once. */
const fillingOf = (length: number): Uint8Array => {
	if (filling.length < length) {
		filling = Buffer.from(line.repeat(Math.ceil(length / line.length)));
	}

	return filling.subarray(0, Math.max(0, length));
};

/** What is long of it is an attachment, as it is in life. */
export const madeBytes = (number: number, size: number): Uint8Array => {
	const head = Buffer.from([
		'From: ana@example.org',
		'To: bob@example.org',
		`Subject: number ${number}`,
		`Message-ID: <${number}@example.org>`,
		`Date: ${new Date(receivedAt + (number * 1000)).toUTCString()}`,
		'MIME-Version: 1.0',
		'Content-Type: multipart/mixed; boundary="=_1"',
		'',
		'--=_1',
		'Content-Type: text/plain; charset=us-ascii',
		'',
		'as promised',
		'--=_1',
		'Content-Type: application/octet-stream; name="a.bin"',
		'Content-Disposition: attachment; filename="a.bin"',
		'Content-Transfer-Encoding: base64',
		'',
		'',
	].join('\r\n'));
	const tail = Buffer.from('\r\n--=_1--\r\n');
	return Buffer.concat([head, fillingOf(size - head.length - tail.length), tail]);
};

/** SHA-256, in hex. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Of all of them, sorted. */
export const hashesOf = ({count, size}: Made): string[] => Array.from({length: count}, (_, at) => hashOf(madeBytes(at + 1, size))).sort();

/** A folder of such messages, every second one read. */
export const madeSource = ({count, size}: Made, folder: string): MailSource => fakeSource(newStore(), {
	folders: async () => [{path: [folder], kind: 'mail', ...(folder === 'INBOX' && {role: 'inbox'})}],
	async list() {
		const listing = new Listing({generation: '1', uidNext: count + 1});
		for (let uid = 1; uid <= count; uid++) {
			listing.add({
				uid, size, receivedAt: receivedAt + (uid * 1000), flags: uid % 2 === 0 ? [String.raw`\Seen`] : [],
			});
		}

		return listing;
	},
	async * read(_path, _generation, messages) {
		for (const {uid} of messages) {
			yield {uid, bytes: madeBytes(uid, size), receivedAt: receivedAt + (uid * 1000)};
		}
	},
	confirmGone: async () => new Set(),
});
