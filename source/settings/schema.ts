/**
The configuration's keys, what may stand in each, and what is said when something else does. Every value
arrives as text, as it was written: so a password `0012` and a folder `2024` stay what they are.
*/
import {z} from 'zod';
import {parseMatcher} from '../mailbox/folder-matcher.js';
import {transports} from '../mailbox/road.js';
import {
	clouds, imapHostOf, parseAuthority, parseHost, parsePort, regions,
} from './hosts.js';

/** Paths of keys whose values are never shown. */
export const secretKeys: ReadonlySet<string> = new Set(['source.password', 'destination.clientSecret', 'destination.certificatePassphrase', 'destination.imap.password']);

const parsed = <T>(expected: string, parse: (text: string) => T | undefined) => z.string({error: expected}).transform((text, context) => {
	const value = parse(text.trim());
	if (value === undefined) {
		context.addIssue({code: 'custom', message: expected});
		return z.NEVER;
	}

	return value;
});

const oneOf = <T extends string>(values: readonly T[], expected = `one of ${values.join(', ')}`) => parsed(expected, text => values.find(value => value === text));
const filled = (expected: string) => parsed(expected, text => text === '' ? undefined : text);
const number = (expected: string, pattern: RegExp, most: number) => parsed(expected, text => pattern.test(text) && Number(text) <= most ? Number(text) : undefined);
const host = parsed('a host name alone, such as imap.example.org (the port has a key of its own)', text => parseHost(text));
const port = parsed('a port, 1 to 65535', text => parsePort(text));
const truth = parsed('true or false', text => ({true: true, false: false})[text.toLowerCase()]);
const secret = z.string({error: 'text, in single quotes'});
const ca = filled('the path of a PEM file');
const authority = parsed('a host name, or host:port', text => parseAuthority(text));

const powers = ['', 'k', 'm', 'g'];

/** Bytes; `36 MB` as Exchange and IMAP servers count: 1 MB is 1,048,576 bytes. */
export const parseSize = (text: string): number | undefined => {
	const match = /^(?<count>\d+(?:\.\d+)?)\s*(?<unit>[kmg]?)i?(?<bytes>b(?:ytes)?)?$/iv.exec(text);
	const bytes = match ? Math.floor(Number(match.groups!.count) * (1024 ** powers.indexOf(match.groups!.unit!.toLowerCase()))) : 0;
	return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
};

const matcher = filled('the path of a folder, or one of inbox, sent, drafts, trash, junk, archive').transform(text => parseMatcher(text));
const matchers = z.array(matcher, {error: 'a list of folders, such as [junk, Projects/Old]'});

const source = z.strictObject({
	host: host.optional(),
	region: oneOf(regions).transform(region => imapHostOf(region)).optional(),
	port: port.default(993),
	tls: truth.default(true),
	user: filled('the name to sign in with, usually the e-mail address'),
	password: secret.optional(),
	ca: ca.optional(),
}, {error: 'a section with host or region, user and password'});

const imap = z.strictObject({
	host,
	port: port.default(993),
	tls: truth.default(true),
	user: filled('the name to sign in with').optional(),
	password: secret.optional(),
	ca: ca.optional(),
}, {error: 'a section with host, user and password'});

const cloudNames = Object.keys(clouds) as Array<keyof typeof clouds>;
const cloudName = oneOf(cloudNames, `${cloudNames.join(', ')}, or a section naming hosts`).transform(name => clouds[name]);
const cloudHosts = z.strictObject({
	login: authority,
	graph: authority.optional(),
	ews: authority.optional(),
	imap: z.strictObject({host, port: port.default(993)}, {error: 'a section with host and port'}).optional(),
	ca: ca.optional(),
});

const destination = (cloud: typeof cloudName | typeof cloudHosts) => z.strictObject({
	mailbox: filled('the mailbox\'s e-mail address'),
	transport: oneOf(['auto', ...transports]).optional(),
	tenantId: filled('the directory (tenant) ID').optional(),
	clientId: filled('the application (client) ID').optional(),
	clientSecret: secret.refine(text => text.trim() !== '', 'the Value of a client secret, in single quotes').optional(),
	certificate: filled('the path of a PEM or PFX file').optional(),
	certificatePassphrase: secret.optional(),
	cloud: cloud.optional(),
	imap: imap.optional(),
}, {error: 'a section with mailbox and a way to sign in'});

const options = z.strictObject({
	skipFolders: matchers.default([]),
	includeFolders: matchers.default([]),
	folderMap: z.record(z.string(), filled('the path of a folder at the destination'), {error: 'a section of lines such as "Old name": "New/Name"'}).default({}),
	rateLimit: number('messages a second, such as 0.5, or 0 for no limit', /^\d+(?:\.\d+)?$/v, 1_000_000).default(0),
	maxRetries: number('a whole number, 0 to 100', /^\d+$/v, 100).default(3),
	maxMessageSize: parsed('a size above 0, such as 36 MB or a number of bytes', text => parseSize(text)).optional(),
	allowLoss: truth.default(false),
	checkpointDirectory: filled('the path of a directory').optional(),
}, {error: 'a section'});

/** The schema for a configuration whose `destination.cloud` is a section, or a name. */
export const settingsSchema = (cloudIsSection: boolean) => z.strictObject({
	source,
	destination: destination(cloudIsSection ? cloudHosts : cloudName),
	options: options.prefault({}),
}, {error: 'sections source and destination'});

export type ParsedSettings = z.output<ReturnType<typeof settingsSchema>>;

/** The keys of each section, by its dotted path. */
export const knownKeys: ReadonlyMap<string, readonly string[]> = new Map([
	['', ['source', 'destination', 'options']],
	['source', Object.keys(source.shape)],
	['destination', Object.keys(destination(cloudName).shape)],
	['destination.imap', Object.keys(imap.shape)],
	['destination.cloud', Object.keys(cloudHosts.shape)],
	['destination.cloud.imap', ['host', 'port']],
	['options', Object.keys(options.shape)],
]);
