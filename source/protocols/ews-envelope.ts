import {type AnswerHeaders} from './ews-failures.js';
import {chain, escapeXml, ns} from './ews-xml.js';

/**
RequestServerVersions (types.xsd, ExchangeVersionType), the one we want first. What a server calls itself in its
answers (`V2018_01_08`) must never be sent back.
*/
export const versions = ['Exchange2013_SP1', 'Exchange2010_SP2', 'Exchange2007_SP1'] as const;

/** A SOAP 1.1 envelope in the name of a mailbox (microsoft-365.md 2.1). */
export const envelope = ({version, mailbox, body}: {readonly version: string; readonly mailbox: string; readonly body: string}): string => chain([
	'<?xml version="1.0" encoding="utf-8"?>',
	`<s:Envelope xmlns:s="${ns.soap}" xmlns:t="${ns.types}" xmlns:m="${ns.messages}"><s:Header>`,
	`<t:RequestServerVersion Version="${version}"/>`,
	`<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>${escapeXml(mailbox)}</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`,
	'</s:Header><s:Body>',
	body,
	'</s:Body></s:Envelope>',
]);

/** RFC 9562 4.4: for finding a call in Microsoft's logs, so any randomness will do. */
export const uuid = (random: () => number): string => {
	const digits = Array.from({length: 32}, (_, at) => at === 12 ? 4 : (at === 16 ? 8 + Math.floor(random() * 4) : Math.floor(random() * 16)));
	return digits.map(digit => digit.toString(16)).join('').replace(/^(?<a>.{8})(?<b>.{4})(?<c>.{4})(?<d>.{4})/v, '$<a>-$<b>-$<c>-$<d>-');
};

/** The headers of a call. The User-Agent stays the same for ever: administrators can allow or block programs by it. */
export const headersFor = ({mailbox, token, random}: {readonly mailbox: string; readonly token: string; readonly random: () => number}) => ({
	authorization: `Bearer ${token}`,
	'content-type': 'text/xml; charset=utf-8',
	accept: 'text/xml',
	'user-agent': 'aw2ms365',
	// A header is ASCII; an address that is not has its mailbox found without this one.
	...(/^[\u0021-\u007E]+$/v.test(mailbox) && {'x-anchormailbox': mailbox}),
	'client-request-id': uuid(random),
	'return-client-request-id': 'true',
});

const telling = new Set(['request-id', 'client-request-id', 'ms-cv', 'retry-after', 'server', 'date', 'content-type', 'content-length', 'connection', 'www-authenticate']);

/** Headers of an answer that Microsoft's support asks for; those that name the caller's address, our client id or a cookie are left out. */
export const tellingHeaders = (headers: AnswerHeaders): Record<string, string> => Object.fromEntries(Object.entries(headers)
	.filter(([name, value]) => value !== undefined && (telling.has(name) || (name.startsWith('x-') && name !== 'x-ms-appid')))
	.map(([name, value]) => [name, String(value).slice(0, 500)]));
