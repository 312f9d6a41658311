import {createHash} from 'node:crypto';
import {type ImapServer} from '../../source/sandbox/imap/server.js';
import {type Address, type Content} from '../../source/sandbox/microsoft/content.js';
import {parseMime} from '../../source/sandbox/microsoft/mime-in.js';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {statesOf} from './microsoft-ends.js';

/** One without a name goes by its address. */
const nameOf = ({name, address}: Address): string => `${name || address} <${address}>`;

/** What is left of a message that was taken apart and made anew: what people see of it, as text. */
const hashOf = ({subject, from, to, cc, messageId, text, html, attachments}: Content): string => createHash('sha256').update(JSON.stringify([
	subject,
	from && nameOf(from),
	to.map(one => nameOf(one)),
	cc.map(one => nameOf(one)),
	messageId ?? '',
	(html ?? text ?? '').trim(),
	attachments.map(({name, bytes}) => [name, createHash('sha256').update(bytes).digest('base64')]),
])).digest('hex');

const states = new Set([String.raw`\Seen`, String.raw`\Draft`, String.raw`\Flagged`, String.raw`\Answered`, '$Forwarded']);

const line = (path: readonly string[], content: Content, date: number, flags: readonly string[]): string =>
	`${JSON.stringify(path.map((name, index) => index === 0 && name === 'INBOX' ? 'Inbox' : name))} ${hashOf(content)} ${date} ${flags.filter(flag => states.has(flag)).toSorted().join(' ')}`;

/** Every message of the source as text with folder, content, received date and states, sorted: identical copies count. Read by the stand-in's own parser. */
export const remadeSource = async (server: ImapServer): Promise<string[]> => {
	const lines = await Promise.all(server.mailbox().folders.flatMap(({path, messages}) => messages.map(async ({bytes, internalDate, flags}) => line(path, await parseMime(bytes), internalDate, [...flags]))));
	return lines.sort();
};

/** The same of the destination, whose content was given as properties. */
export const remadeDestination = (server: MicrosoftServer): string[] => server.mailbox().items.map(item => line(item.folder.path ?? [], item.content, item.receivedAt, statesOf(item))).sort();
