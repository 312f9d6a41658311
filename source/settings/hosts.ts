import {isIP} from 'node:net';

/** Where WorkMail has ever been (reference, section 1). */
export const regions = ['us-east-1', 'us-west-2', 'eu-west-1'] as const;

export type Region = typeof regions[number];

export const imapHostOf = (region: Region): string => `imap.mail.${region}.awsapps.com`;

/** The hosts of one Microsoft 365: a name, or name and port; always TLS. */
export type Cloud = {
	/** Entra ID, for tokens. */
	readonly login: string;
	readonly graph: string;
	readonly ews: string;
	readonly imap: {readonly host: string; readonly port: number};
	/** PEM text of an authority to be trusted beside the system's own. */
	readonly ca?: string;
};

const cloud = (login: string, graph: string, exchange: string): Cloud => ({
	login, graph, ews: exchange, imap: {host: exchange, port: 993},
});

/** The national clouds (reference, 6.4). GCC is in `global`. */
export const clouds = {
	global: cloud('login.microsoftonline.com', 'graph.microsoft.com', 'outlook.office365.com'),
	'gcc-high': cloud('login.microsoftonline.us', 'graph.microsoft.us', 'outlook.office365.us'),
	dod: cloud('login.microsoftonline.us', 'dod-graph.microsoft.us', 'webmail.apps.mil'),
	china: cloud('login.partner.microsoftonline.cn', 'microsoftgraph.chinacloudapi.cn', 'partner.outlook.cn'),
} as const satisfies Record<string, Cloud>;

/** This machine talking to itself: the only line on which mail may travel without TLS. */
export const isLoopback = (host: string): boolean =>
	host.toLowerCase() === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** A host name or address alone, brackets around IPv6 removed; undefined for anything else, a port or a scheme included. */
export const parseHost = (text: string): string | undefined => {
	const bare = /^\[(?<address>.+)\]$/v.exec(text)?.groups?.address ?? text;
	const isName = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_\-]*[\p{L}\p{N}_])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}_\-]*[\p{L}\p{N}_])?)*\.?$/v.test(bare);
	return isIP(bare) > 0 || (isName && !/^[\d.]+$/v.test(bare)) ? bare : undefined;
};

export const parsePort = (text: string): number | undefined => {
	const port = /^\d{1,5}$/v.test(text) ? Number(text) : 0;
	return port >= 1 && port <= 65_535 ? port : undefined;
};

/** `host` or `host:port`; `https://` in front and `/` behind do no harm. */
export const parseAuthority = (text: string): string | undefined => {
	const bare = text.replace(/^https:\/\//iv, '').replace(/\/$/v, '');
	const match = /^(?<host>\[[^\]]+\]|[^:]+)(?::(?<port>\d+))?$/v.exec(bare);
	const host = match?.groups?.host;
	const port = match?.groups?.port;
	return host !== undefined && parseHost(host) !== undefined && (port === undefined || parsePort(port) !== undefined) ? bare : undefined;
};
