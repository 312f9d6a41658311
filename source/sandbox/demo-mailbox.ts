import {mailWriter, type MailWriter, type Wanted} from './demo-messages.js';
import {type FolderSeed} from './imap/folder.js';
import {type MailboxSeed} from './imap/mailbox.js';
import {type MessageSeed} from './imap/message.js';

const seen = String.raw`\Seen`;
const deleted = String.raw`\Deleted`;

/** Subject of the message that the destination refuses for what it says. */
export const unwelcomeSubject = 'Your prize is waiting, claim it now';
/** Largest message that the destination takes, in bytes; one is larger, a handful come near. */
export const destinationLimit = 2_500_000;

type Plan = Omit<FolderSeed, 'messages'> & {
	/** How many messages chance writes besides `special`. */
	readonly count: number;
	readonly special?: readonly Wanted[];
	readonly flags?: readonly string[];
};

/** 2,000 messages in all. */
const plans: readonly Plan[] = [
	{
		path: ['INBOX'], count: 410, special: [
			{flags: [seen, deleted]},
			{flags: [deleted]},
			{flags: [seen, deleted]},
			{flags: [seen, deleted]},
			{flags: [deleted]},
			{without: 'both', size: 900},
			{without: 'Message-ID'},
			{without: 'Date'},
			{kind: 'no-empty-line'},
			{kind: 'receipt', flags: []},
			{subject: 'Grüße aus Zürich', kind: 'raw-subject'},
			{subject: '[WARNING] \u202Etxt.exe', kind: 'raw-subject'},
			{subject: ''},
			{size: 1_050_000, kind: 'attachment', subject: 'Photos, part one'},
			{size: 1_400_000, kind: 'attachment', subject: 'Photos, part two'},
		],
	},
	{path: ['Clients'], count: 12},
	{path: ['Clients', 'Zürich & Genève'], count: 179, special: [{size: 1_900_000, kind: 'attachment', subject: 'Site plan'}]},
	{path: ['Clients', 'Zürich & Genève', 'Offers 2024'], count: 60},
	{
		path: ['Clients', 'ACME'], count: 88, special: [
			{size: 2_900_000, kind: 'attachment', subject: 'Drawings, full resolution'}, {size: 2_300_000, kind: 'attachment', subject: 'Drawings, half resolution'},
		],
	},
	{path: ['Clients', 'acme'], count: 40},
	{path: ['仕事'], count: 110},
	{path: ['仕事', '重要'], count: 50},
	{path: ['Newsletters'], count: 150},
	{
		path: ['Archive'], role: 'archive', count: 418, special: [{flags: [seen, deleted]}, {flags: [seen, deleted]}],
	},
	{
		path: ['Sent Items'], role: 'sent', count: 300, flags: [seen],
	},
	{
		path: ['Drafts'], role: 'drafts', count: 14, flags: [seen, String.raw`\Draft`],
	},
	{path: ['Deleted Items'], role: 'trash', count: 80},
	{
		path: ['Junk E-Mail'], role: 'junk', count: 59, special: [{subject: unwelcomeSubject, kind: 'html'}],
	},
	{path: ['To do'], count: 0},
	{path: ['Calendar'], kind: 'not-mail', count: 0},
];

/** Copies of messages in the same folder, byte for byte, and one pair that only looks alike. */
const copies = (messages: readonly MessageSeed[], writer: MailWriter): MessageSeed[] => {
	const same = [10, 20, 30, 40, 50, 50].map(at => ({...messages[at]!, flags: [seen]}));
	const twin = writer.write({subject: 'Lunch?', size: 700, kind: 'plain'});
	return [...same, twin, {...writer.write({subject: 'Lunch?', size: 700, kind: 'plain'}), internalDate: twin.internalDate}, writer.write({without: 'both'})];
};

/** Specials stand between the others, not at the end. */
const fill = ({count, special = [], flags}: Plan, writer: MailWriter): MessageSeed[] => {
	const messages: MessageSeed[] = Array.from({length: count}, () => writer.write({flags}));
	for (const [position, wanted] of special.entries()) {
		messages.splice(Math.floor(((position + 1) * messages.length) / (special.length + 1)), 0, writer.write({flags, ...wanted}));
	}

	return messages;
};

/** The mailbox of the demo: some 20 MB, the same for the same seed. */
export const demoMailbox = (seed: number): MailboxSeed => {
	const writer = mailWriter(seed);
	return {
		folders: plans.map(plan => {
			const messages = fill(plan, writer);
			return {
				path: plan.path, role: plan.role, kind: plan.kind,
				messages: plan.path[0] === 'INBOX' ? [...messages, ...copies(messages, writer)] : messages,
			};
		}),
	};
};
