import {Buffer} from 'node:buffer';
import {type MessageSeed} from './imap/message.js';
import {seededRandom, type Random} from './random.js';

/** Mail invented for the demo. Every address is under example.org or example.com; the same seed gives the same bytes. */
export type MailWriter = {
	/** The next message of a folder; `wanted` overrides what chance would decide. */
	write(wanted?: Wanted): MessageSeed & {readonly bytes: Uint8Array};
};

export type Wanted = {
	readonly subject?: string;
	/** Roughly, in bytes. */
	readonly size?: number;
	readonly flags?: readonly string[];
	readonly without?: 'Message-ID' | 'Date' | 'both';
	readonly kind?: 'plain' | 'html' | 'attachment' | 'raw-subject' | 'no-empty-line' | 'receipt';
};

const people = [
	'Ana Duarte <ana@example.org>',
	'Bob Miller <bob@example.com>',
	'"Chen, Li" <li.chen@example.com>',
	'=?utf-8?Q?J=C3=BCrg_M=C3=BCller?= <juerg@example.org>',
	'=?utf-8?B?5bGx55Sw5aSq6YOO?= <yamada@example.com>',
	'Fatima Haddad <fatima@example.org>',
	'billing@example.com',
	'=?iso-8859-1?Q?Zo=EB_Lef=E8vre?= <zoe@example.org>',
	'Newsletter <news@example.com>',
	'Ops <ops@example.org>',
];

const subjects = [
	'Minutes of Tuesday',
	'Offer 4711',
	'Re: Offer 4711',
	'Invoice',
	'Lunch?',
	'Travel to Genève',
	'Fwd: contract',
	'Release notes',
	'Ihre Anfrage für März',
	'Résumé du projet',
	'来週の会議',
	'Счёт за октябрь',
	'Photos from the offsite',
	'Password policy',
	'Server room keys',
	'שלום',
	'Quarterly figures',
	'Re: Re: Fwd: drawings',
	'Thank you 🎉',
];

const words = [
	'the',
	'offer',
	'we',
	'sent',
	'on',
	'Monday',
	'covers',
	'both',
	'sites',
	'and',
	'their',
	'storage',
	'please',
	'look',
	'at',
	'page',
	'four',
	'before',
	'you',
	'sign',
	'kind',
	'regards',
	'meeting',
	'moved',
	'to',
	'Thursday',
	'room',
	'two',
	'bring',
	'figures',
	'for',
	'March',
	'thanks',
	'again',
];

const first = Date.UTC(2011, 10, 1);
const last = Date.UTC(2026, 10, 20);

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 5322 date-time in UTC. */
const dateOf = (milliseconds: number): string => {
	const date = new Date(milliseconds);
	return `${days[date.getUTCDay()]!}, ${date.getUTCDate()} ${months[date.getUTCMonth()]!} ${date.getUTCFullYear()} ${date.toISOString().slice(11, 19)} +0000`;
};

/** Lines of one length, CRLF included, to cut bodies from: writing them anew each time would be slow. */
type Quarry = {readonly text: string; readonly lines: number; readonly width: number};

const quarry = (lines: number, width: number, line: () => string): Quarry =>
	({text: Array.from({length: lines}, () => `${line().slice(0, width - 2).padEnd(width - 2, '.')}\r\n`).join(''), lines, width});

const cut = ({text, lines, width}: Quarry, bytes: number, random: Random): string => {
	const count = Math.max(1, Math.round(bytes / width));
	let result = '';
	for (let missing = count; missing > 0;) {
		const start = random.below(lines);
		const taken = Math.min(missing, lines - start);
		result += text.slice(start * width, (start + taken) * width);
		missing -= taken;
	}

	return result;
};

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const chanceSize = (random: Random): number => {
	const kind = random.next();
	const [from, to] = kind < 0.8 ? [700, 6000] : (kind < 0.97 ? [6000, 40_000] : [40_000, 250_000]);
	return from + random.below(to - from);
};

const encodedSubject = (subject: string): string => /^[\u0020-\u007E]*$/.test(subject) ? subject : `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`;

const chanceFlags = (random: Random): string[] => {
	const flags: string[] = [];
	const chances: ReadonlyArray<readonly [string, number]> = [
		[String.raw`\Seen`, 0.8], [String.raw`\Answered`, 0.12], [String.raw`\Flagged`, 0.05], ['$Forwarded', 0.03], ['$Label1', 0.02], ['Projekt', 0.01],
	];
	for (const [flag, chance] of chances) {
		if (random.next() < chance) {
			flags.push(flag);
		}
	}

	return flags;
};

const chanceKind = (random: Random): NonNullable<Wanted['kind']> => {
	const kind = random.next();
	if (kind < 0.5) {
		return 'plain';
	}

	return kind < 0.75 ? 'html' : (kind < 0.95 ? 'attachment' : 'raw-subject');
};

export const mailWriter = (seed: number): MailWriter => {
	const random = seededRandom(seed);
	const prose = quarry(800, 74, () => Array.from({length: 16}, () => random.pick(words)).join(' '));
	const coded = quarry(4000, 78, () => Array.from({length: 76}, () => base64.charAt(random.below(64))).join(''));
	let count = 0;

	const text = (size: number): string => cut(prose, size, random);

	/** The rest of a message, from the header fields that tell its kind. */
	const content = (kind: NonNullable<Wanted['kind']>, size: number, boundary: string): string => {
		switch (kind) {
			case 'html': {
				return `MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>Zürich\r\n${text(size)}</p></body></html>\r\n`;
			}

			case 'attachment': {
				return [
					'MIME-Version: 1.0',
					`Content-Type: multipart/mixed; boundary="${boundary}"`,
					'',
					`--${boundary}`,
					'Content-Type: text/plain; charset=us-ascii',
					'',
					text(Math.min(size, 800)),
					`--${boundary}`,
					'Content-Type: application/pdf; name="page.pdf"',
					'Content-Disposition: attachment; filename*=utf-8\'\'Z%C3%BCrich.pdf',
					'Content-Transfer-Encoding: base64',
					'',
					cut(coded, size, random),
					`--${boundary}--`,
					'',
				].join('\r\n');
			}

			case 'no-empty-line': {
				return 'X-Note: this message ends with its header\r\n';
			}

			case 'plain':
			case 'raw-subject':
			case 'receipt': {
				return `\r\n${text(size)}`;
			}
		}
	};

	return {
		write(wanted = {}) {
			count++;
			const at = first + (random.below((last - first) / 1000) * 1000);
			const kind = wanted.kind ?? chanceKind(random);
			const subject = wanted.subject ?? random.pick(subjects);
			const size = wanted.size ?? chanceSize(random);
			const flags = wanted.flags ?? chanceFlags(random);
			const without = wanted.without ?? (random.next() < 0.02 ? random.pick(['Message-ID', 'Date', 'both'] as const) : undefined);
			const header = [
				`Received: from mx.example.org by mail.example.com; ${dateOf(at)}`,
				`From: ${random.pick(people)}`,
				`To: ${random.pick(people)},\r\n\t${random.pick(people)}`,
				`Subject: ${kind === 'raw-subject' ? subject : encodedSubject(subject)}`,
				...(without === 'Date' || without === 'both' ? [] : [`Date: ${dateOf(at - (random.below(600) * 1000))}`]),
				...(without === 'Message-ID' || without === 'both' ? [] : [`Message-ID: <${count}.${random.below(1_000_000)}@example.org>`]),
				...(kind === 'receipt' ? ['Disposition-Notification-To: ana@example.org'] : []),
			];
			const bytes = Buffer.from(`${header.join('\r\n')}\r\n${content(kind, size, `=_${count}_${random.below(1_000_000)}`)}`);
			return {bytes, internalDate: at, flags};
		},
	};
};
