import {Buffer} from 'node:buffer';
import {type LoadedFolder, type LoadedMessage} from './load.js';
import {seededRandom, type Random} from './random.js';

export type GeneratedMailOptions = {
	readonly seed: number;
	/** How many messages in all. */
	readonly messages: number;
	/** Default: a dozen, nested, with names that are not ASCII, and one that stays empty. */
	readonly folders?: ReadonlyArray<readonly string[]>;
};

export const generatedFolders: ReadonlyArray<readonly string[]> = [
	['INBOX'],
	['Sent Items'],
	['Drafts'],
	['Projekte'],
	['Projekte', 'Übersee & Häfen'],
	['Projekte', 'Übersee & Häfen', '2025'],
	['日本語'],
	['Архив'],
	['Archive'],
	['Archive', '2024'],
	['Archive', '2024', 'Q1 "final"'],
	['Empty'],
];

const words = 'harbour invoice lantern meeting orchard parcel quiet report signal teapot umbrella violin winter yellow zebra agenda bridge copper delta ember'.split(' ');
const people = ['ana@example.org', 'bo@example.com', '"Zoë Ärger" <zoe@example.net>', '=?UTF-8?Q?Ren=C3=A9?= <rene@example.org>'];
const subjects = ['Re: the usual', 'Statement', '=?UTF-8?B?8J+OiSBQYXJ0eQ==?=', '=?ISO-8859-1?Q?Gr=FC=DFe?=', ''];
const keywords = ['$Forwarded', '$MDNSent', 'Later', 'project-x'];
const systemFlags = [String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Draft`];

const text = (random: Random, length: number): string => Array.from({length}, () => random.pick(words)).join(' ');

const base64 = (random: Random): string => {
	const bytes = Buffer.from(Array.from({length: 40 + random.below(1500)}, () => random.below(256)));
	return bytes.toString('base64').replaceAll(/.{76}/gv, '$&\r\n');
};

const bodies: ReadonlyArray<(random: Random, serial: number) => string> = [
	random => `Content-Type: text/plain\r\n\r\n${text(random, 20)}\r\n`,
	random => `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße aus Köln, ${text(random, 30)} 🎈\r\n.\r\n..\r\nFrom here\r\n`,
	random => `Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe ${text(random, 8)}=\r\n ${text(random, 8)}\r\n`,
	random => `Content-Type: text/html\r\n\r\n<p>${text(random, 60)}</p>\r\n`,
	(random, serial) => [
		`Content-Type: multipart/mixed; boundary="b${serial}"`,
		'',
		`--b${serial}`,
		'',
		text(random, 10),
		`--b${serial}`,
		'Content-Type: application/pdf; name="a b.pdf"',
		'Content-Transfer-Encoding: base64',
		'',
		base64(random),
		`--b${serial}--`,
		'',
	].join('\r\n'),
	// No line end at the end; and no blank line after the header.
	random => `Content-Type: text/plain\r\n\r\n${text(random, 5)}`,
	() => 'X-Only-A-Header: yes\r\n',
];

/** The bytes of the message with this number, CRLF throughout. Some lack Message-ID, Date or a subject. */
const message = (random: Random, serial: number, received: number): Uint8Array => {
	const header = [
		`From: ${random.pick(people)}`,
		`To: ${random.pick(people)}`,
		`Subject: ${random.pick(subjects)}${random.chance(0.5) ? ` ${text(random, 3)}` : ''}`,
		...(random.chance(0.95) ? [`Date: ${new Date(received - (random.below(86_400) * 1000)).toUTCString().replace('GMT', '+0000')}`] : []),
		...(random.chance(0.95) ? [`Message-ID: <${serial}.${random.below(1e9)}@generated.example>`] : []),
		...(random.chance(0.1) ? [`References: ${Array.from({length: 30}, (_value, index) => `<${index}.${serial}@thread.example>`).join('\r\n ')}`] : []),
		'MIME-Version: 1.0',
	];
	return Buffer.from(`${header.join('\r\n')}\r\n${random.pick(bodies)(random, serial)}`);
};

const flags = (random: Random): string[] => [
	...systemFlags.filter(() => random.chance(0.3)),
	...keywords.filter(() => random.chance(0.05)),
];

/** About one in forty repeats the message before it: half of them byte for byte and with its date, half with another date only. */
const messages = (random: Random, count: number, folder: number): LoadedMessage[] => {
	const made: LoadedMessage[] = [];
	while (made.length < count) {
		const previous = made.at(-1);
		if (previous && random.chance(0.025)) {
			made.push({...previous, internalDate: previous.internalDate + (random.chance(0.5) ? 0 : 60_000)});
			continue;
		}

		const internalDate = Date.UTC(2009, 0, 1) + (random.below(16 * 365 * 86_400) * 1000);
		made.push({bytes: message(random, (folder * 1_000_000) + made.length, internalDate), flags: flags(random), internalDate});
	}

	return made;
};

/** A mailbox of small varied mail (0.2 to 4 kB), the same for the same seed. A quarter lies in the first folder; the last stays empty. */
export const generatedMailbox = ({seed, messages: count, folders = generatedFolders}: GeneratedMailOptions): LoadedFolder[] => {
	const random = seededRandom(seed);
	const others = Math.max(0, folders.length - 2);
	const share = others === 0 ? 0 : Math.floor((count * 3) / 4 / others);
	return folders.map((path, index) => {
		const here = index === 0 ? count - (share * others) : (index <= others ? share : 0);
		return {path, messages: messages(random, here, index)};
	});
};
