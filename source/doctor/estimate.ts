import {type Transport} from '../mailbox/destination.js';
import {countOf, bytesIn} from './words.js';

/** How long a migration takes at the services' limits. */
export type Estimate = {
	readonly messages: number;
	readonly bytes: number;
	/** One decimal; of what was counted. */
	readonly hours: number;
	/** The limit is one that Microsoft publishes; else it is assumed. */
	readonly documented: boolean;
	/** Which limit, and what is assumed. */
	readonly words: string;
};

type Limits = {
	/** Messages a second. */
	readonly messages: number;
	/** Bytes of messages a second. */
	readonly bytes: number;
	readonly documented: boolean;
	readonly ofMessages: string;
	readonly ofBytes: string;
};

/** Of an application and a mailbox (microsoft-365.md 3.9), a second. */
const graphRequests = 10_000 / 600;
const graphBytes = 150_000_000 / 300;
/** A message goes in base64. */
const inBase64 = 4 / 3;

const graph = (requests: number): Limits => ({
	messages: graphRequests / requests, bytes: graphBytes / inBase64, documented: true,
	ofMessages: `Graph takes 10,000 requests in 10 minutes (documented); ${requests} requests a message are assumed`,
	ofBytes: 'Graph takes 150 MB in 5 minutes (documented), and messages grow by a third on the way',
});

/** Nothing is published for these; a line of 2 MB a second is assumed beside. */
const limits: Readonly<Record<Transport, Limits>> = {
	// One message a second was seen with one call at a time (microsoft-365.md 2.7); ten at once are allowed.
	ews: {
		messages: 10, bytes: 2_000_000, documented: false,
		ofMessages: 'Microsoft publishes no rate for EWS; 10 messages a second are assumed, one for each of the ten calls allowed at once',
		ofBytes: 'Microsoft publishes no rate for EWS; 2 MB a second are assumed',
	},
	// What others call safe (microsoft-365.md 5.4, imapsync).
	imap: {
		messages: 4, bytes: 2_000_000, documented: false,
		ofMessages: 'no rate is published for IMAP; 4 messages a second are assumed, which others found safe',
		ofBytes: 'no rate is published for IMAP; 2 MB a second are assumed',
	},
	graph: graph(2),
	'graph-json': graph(2),
};

/** @param isWhole false where not all folders were counted */
export const estimate = (transport: Transport, {messages, bytes}: {readonly messages: number; readonly bytes: number}, isWhole = true): Estimate => {
	const limit = limits[transport];
	const [byMessages, byBytes] = [messages / limit.messages, bytes / limit.bytes];
	const seconds = Math.max(byMessages, byBytes);
	const reason = byMessages >= byBytes ? limit.ofMessages : limit.ofBytes;
	return {
		messages, bytes, hours: Math.ceil(seconds / 360) / 10, documented: limit.documented,
		words: `${isWhole ? '' : 'at least, as not all folders were counted; '}${countOf(messages, 'message')}, ${bytesIn(bytes)}: ${reason}`,
	};
};
