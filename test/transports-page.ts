import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {tokensFor} from '../source/credentials/microsoft.js';
import {ewsDestination} from '../source/destinations/ews.js';
import {graphDestination} from '../source/destinations/graph.js';
import {graphJsonDestination} from '../source/destinations/graph-json.js';
import {imapDestination} from '../source/destinations/imap.js';
import {realClock} from '../source/mailbox/clock.js';
import {type Delivery, type MailDestination, type Transport} from '../source/mailbox/destination.js';
import {envelopeHash, envelopeOf} from '../source/mailbox/envelope.js';
import {transports} from '../source/mailbox/road.js';
import {GraphGate} from '../source/protocols/graph-gate.js';
import {makeCertificates} from '../source/sandbox/certificate.js';
import {type Item} from '../source/sandbox/microsoft/item.js';
import {writeMime} from '../source/sandbox/microsoft/mime-out.js';
import {MicrosoftServer} from '../source/sandbox/microsoft/server.js';
import {deliver, delivery as plain} from './destinations/deliveries.js';
import {statesOf} from './end-to-end/microsoft-ends.js';
import {never} from './protocols/surroundings.js';

/** Of docs/transports.md: what each transport's stand-in was seen to keep, and what is known of the real service. */

const mailbox = 'ana@new.example';
const app = {
	tenant: '2b6f8c1e-0d4a-4c57-9e7b-3a1f5d8c9e02', clientId: '6c0e2a7d-93b5-4f18-8d46-b1e7c5a2f390', secret: 'app-secret', roles: ['full_access_as_app', 'IMAP.AccessAsApp', 'Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'],
};
const receivedAt = Date.UTC(2019, 2, 1, 8, 15);

/** Marks of the reference: documented, seen by others, uncertain; in the order of {@link transports}. */
type Marks = readonly [ews: string, imap: string, graph: string, json: string];

/** What was seen of a delivered item: undefined where it was refused. */
type Look = (item: Item, sent: Uint8Array) => string;

type Row = {readonly name: string; readonly header?: string; readonly body?: string; readonly flags?: readonly string[]; readonly raised?: boolean; readonly look: Look; readonly marks: Marks};

const yes = (isSo: boolean): string => isSo ? 'yes' : '**no**';
const keeps = (flag: string): Look => item => yes(statesOf(item).includes(flag));
const out = (item: Item): string => Buffer.from(writeMime(item.content, {receivedAt: item.receivedAt, random: () => 0.5})).toString('latin1');
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const attached = (megabytes: number): Pick<Row, 'header' | 'body' | 'look'> => {
	const content = Buffer.alloc(megabytes * 1024 * 1024, 'migrate ');
	return {
		header: 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n',
		body: `--b\r\nContent-Type: text/plain\r\n\r\nas promised\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${content.toString('base64').replaceAll(/.{76}/gv, '$&\r\n')}\r\n--b--\r\n`,
		look: ({content: {attachments}}) => yes(attachments.some(({name, bytes}) => name === 'a.pdf' && hashOf(bytes) === hashOf(content))),
	};
};

const signed = [
	'--s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI say so.\r\n',
	'--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7s\r\n\r\nMIIB\r\n--s--\r\n',
].join('');
const asSigned = (protocol: string) => `MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="${protocol}"; micalg=sha-256; boundary=s\r\n`;
const keepsSigned: Look = item => yes(out(item).includes('Content-Type: text/plain; charset=us-ascii\r\n\r\nI say so.') && out(item).includes('multipart/signed'));

const rows: readonly Row[] = [
	{name: 'the bytes of the message', look: (item, sent) => yes(out(item) === Buffer.from(sent).toString('latin1')), marks: ['no [O]', 'no [O]', 'no [U]', 'no [A]']},
	{
		name: 'S/MIME signature', header: asSigned('application/pkcs7-signature'), body: signed, look: keepsSigned, marks: ['[U]', '[U]', '[U]', 'no [A]'],
	},
	{
		name: 'PGP signature', header: asSigned('application/pgp-signature'), body: signed, look: keepsSigned, marks: ['[U]', '[U]', '[U]', 'no [A]'],
	},
	{name: 'received date', look: item => yes(item.receivedAt === receivedAt), marks: ['yes [O]', 'yes [O]', '[U]: probed', 'yes [O]']},
	{
		name: 'read', flags: [String.raw`\Seen`], look: keeps(String.raw`\Seen`), marks: ['yes [O]', 'yes [O]', 'yes, by PATCH [D]', 'yes [O]'],
	},
	{
		name: 'flagged', flags: [String.raw`\Flagged`], look: keeps(String.raw`\Flagged`), marks: ['yes [O]', 'yes, by STORE [O]', 'yes, by PATCH [D]', 'yes [O]'],
	},
	{
		name: 'answered', flags: [String.raw`\Answered`], look: keeps(String.raw`\Answered`), marks: ['yes [O]', 'yes [O], shown in Outlook [U]', '[U]', '[U]'],
	},
	{
		name: 'keywords as categories', flags: ['Customers'], look: ({categories}) => yes(categories.join(',') === 'Customers'), marks: ['yes [O]', 'no [O]', 'yes, by PATCH [D]', 'yes [O]'],
	},
	{
		name: 'a draft stays a draft', flags: [String.raw`\Draft`], look: keeps(String.raw`\Draft`), marks: ['yes [D]', 'yes [O]', 'no [D]', 'yes [O]'],
	},
	{name: 'what is no draft is none', look: ({isDraft}) => yes(!isDraft), marks: ['yes [O]', 'yes [O]', 'yes [D]', 'yes [O]']},
	{name: 'Message-ID', look: ({messageId}) => yes(messageId === '<one@old.example>'), marks: ['yes [O]', 'yes [O]', 'yes [D]', 'yes [O]']},
	{
		name: 'In-Reply-To and References', header: 'In-Reply-To: <zero@old.example>\r\nReferences: <first@old.example> <zero@old.example>\r\n', look: item => yes(/References:[^:]*<first@old\.example>/v.test(out(item)) && out(item).includes('In-Reply-To: <zero@old.example>')), marks: ['yes [O]', 'yes [O]', 'yes [D]', 'yes [O]'],
	},
	{
		name: 'To and Cc with names', header: 'To: =?utf-8?q?Bj=C3=B6rn?= <bo@old.example>\r\nCc: Dee <dee@old.example>\r\n', look: ({content: {to, cc}}) => yes(to[0]?.name === 'Björn' && to[0].address === 'bo@old.example' && cc[0]?.address === 'dee@old.example'), marks: ['yes [O], gaps in search [U]', 'yes [O]', '[U]', 'yes [O]'],
	},
	{
		name: 'other header fields (List-Id)', header: 'List-Id: <l.example>\r\n', look: item => yes(out(item).includes('List-Id: <l.example>') || item.content.headers.includes('List-Id: <l.example>')), marks: ['yes [O]', 'yes [O]', 'yes [D]', 'as text only [O]'],
	},
	{name: 'attachment of 1 MB', ...attached(1), marks: ['yes [O]', 'yes [O]', 'yes [D]', 'yes [D]']},
	{name: 'attachment of 5 MB', ...attached(5), marks: ['yes [O]', 'yes [O]', '[U]: probed', 'yes [D]']},
	{
		name: 'attachment of 30 MB, where the mailbox takes 150 MB', ...attached(30), raised: true, marks: ['likely [U]', 'yes [O]', '[U]: probed', 'yes [D]'],
	},
	{name: 'attachment of 30 MB, where it takes 36 MB', ...attached(30), marks: ['no [D]', 'no [O]', 'no [D]', 'up to the limit [O]']},
];

/** How fast it may go is shown elsewhere. */
const unlimited = {amount: 1e12, window: 1000};

const start = async (messageBytes: number): Promise<{readonly server: MicrosoftServer; readonly destinations: Readonly<Record<Transport, MailDestination>>}> => {
	const [clock, tls] = [realClock(), makeCertificates()];
	const server = await MicrosoftServer.start({
		users: [{address: mailbox}], apps: [app], clock, tls, resourceHosts: ['127.0.0.1'], limits: {messageBytes}, graph: {
			budget: {
				requests: 1e6, requestWindow: 1000, concurrent: 4, bytes: 1e12, byteWindow: 1000,
			},
		}, imap: {limits: {maxMessageBytes: messageBytes}},
	});
	const token = (host: string) => tokensFor(host, {
		tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: server.host, ca: tls.ca}, clock,
	});
	const common = {
		clock, random: Math.random, notice: () => undefined, ca: tls.ca, looks: [10, 20] as const,
	};
	const gate = new GraphGate(clock, {requests: unlimited, bytes: unlimited, atOnce: 4});
	const graph = {
		...common, host: server.host, mailbox, token: token('graph.microsoft.com'), gate,
	};
	const imapToken = token('outlook.office365.com');
	return {
		server,
		destinations: {
			ews: ewsDestination({
				...common, host: server.host, mailbox, token: token('outlook.office365.com'),
			}),
			imap: imapDestination({
				...common, host: server.imap.host, port: server.imap.port, tls: true, user: mailbox, credential: async () => ({accessToken: await imapToken()}),
			}),
			graph: graphDestination(graph),
			'graph-json': graphJsonDestination({...graph, allowLoss: true}),
		},
	};
};

const sendable = ({header = '', body = 'Text.\r\n', flags = []}: Row, uid: number): Delivery => {
	const to = header.includes('To: =?') ? '' : 'To: bo@old.example\r\n';
	const one = plain(`From: Ana <ana@old.example>\r\n${to}Subject: ${uid}\r\nDate: Fri, 1 Mar 2019 08:14:55 +0000\r\nMessage-ID: <one@old.example>\r\n${header}\r\n${body}`, {uid, flags: [...flags], receivedAt});
	return {...one, envelope: envelopeHash(envelopeOf(one.bytes), receivedAt)};
};

/** What the stand-in shows of each row, by transport. */
export const seen = async (): Promise<ReadonlyMap<string, Readonly<Record<Transport, string>>>> => {
	const found = new Map<string, Record<Transport, string>>(rows.map(({name}) => [name, {
		ews: '', imap: '', graph: '', 'graph-json': '',
	}]));
	for (const raised of [false, true]) {
		// eslint-disable-next-line no-await-in-loop -- one server after another: they are the heavy part
		const {server, destinations} = await start(raised ? 150 * 1024 * 1024 : 36 * 1024 * 1024);
		try {
			for (const transport of transports) {
				const destination = destinations[transport];
				// eslint-disable-next-line no-await-in-loop -- one transport after another
				const {maxMessageBytes} = await destination.open(never);
				for (const [index, row] of rows.entries()) {
					if ((row.raised ?? false) === raised) {
						const one = sendable(row, index + 1);
						// eslint-disable-next-line no-await-in-loop -- a folder of its own each
						const folder = await destination.prepare([`${transport} ${index}`], never);
						// The engine sends none that is larger.
						const isTooLarge = maxMessageBytes > 0 && one.bytes.length > maxMessageBytes;
						// eslint-disable-next-line no-await-in-loop -- as above
						const [result] = isTooLarge ? [] : await deliver(destination, folder, [one]);
						const item = server.mailbox().items.find(({folder: {path}}) => path?.[0] === `${transport} ${index}`);
						found.get(row.name)![transport] = result?.stored && item ? row.look(item, one.bytes) : '**refused**';
					}
				}

				// eslint-disable-next-line no-await-in-loop -- one transport after another
				await destination.close();
			}
		} finally {
			// eslint-disable-next-line no-await-in-loop -- as above
			await server.close();
		}
	}

	return found;
};

const cells = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;

/** The page. */
export const transportsPage = async (): Promise<string> => {
	const found = await seen();
	return [
		'# What survives which way',
		'',
		'This is a table about our **stand-in** for Microsoft 365 (`source/sandbox/microsoft`), made by `npx vitest run test/transports-page.test.ts --update`: each cell was seen there, in a message delivered by',
		'that transport. None of it was tried on a live tenant. Behind the dot stands what the reference of 2026-11-23 has of the real service: [D] documented by Microsoft, [O] observed by others, [U] uncertain, [A] follows',
		'from how it is made. What is uncertain the program probes, or says so; `aw2ms365 doctor` says which ways are open to you.',
		'',
		cells(['', '`ews`', '`imap`', '`graph` (importMime)', '`graph-json`']),
		cells(['---', '---', '---', '---', '---']),
		...rows.map(({name, marks}) => cells([name, ...transports.map((transport, index) => `${found.get(name)![transport]} · ${marks[index]}`)])),
		'',
		'- **Bytes:** Exchange keeps properties, not MIME, and rebuilds it whenever it is read; so does the stand-in. What must survive is compared by `aw2ms365 verify`.',
		'- **Signatures:** the stand-in keeps a signed part whole where MIME comes in, as MS-OXOSMIME describes; whether a signature still verifies in Exchange Online is not known.',
		'- **Received date by `graph`:** not documented. The probe shows it for your mailbox; without it the stand-in is as unkind as can be.',
		'- **Keywords** by which programs talk to each other (`$Label1`, `NonJunk`) are kept by no way; a message that has some is counted as delivered with loss.',
		'- **Sizes:** a mailbox takes 36 MB unless `Set-Mailbox … -MaxReceiveSize 150MB -MaxSendSize 150MB` was said; base64 makes 30 MB some 41 MB. importMime is assumed to take requests of 4 MB until the probe shows more.',
		'- **Losses** that nobody would expect are asked about before the first message; see `options.allowLoss`.',
		'',
	].join('\n');
};
