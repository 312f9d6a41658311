import {Buffer} from 'node:buffer';
import type {FileAttachment, Message} from '@microsoft/microsoft-graph-types';
import {type Delivery} from '../mailbox/destination.js';
import {envelopeOf} from '../mailbox/envelope.js';
import {type Leaf, leavesOf} from '../mailbox/mime-leaves.js';
import {statesOf} from './ews-states.js';
import {clearReceipt, stateBody} from './graph-bodies.js';
import {headerOf} from './graph-json-header.js';
import {type Part, partsOf} from './graph-json-parts.js';
import {protectionOf} from './graph-json-protection.js';

/** A message in Graph's form. */
export type JsonItem = {
	/** All but the attachments. */
	readonly message: Omit<Message, 'attachments'>;
	readonly attachments: readonly Part[];
	/** In the words of a delivery. */
	readonly lost: readonly string[];
};

/** PidTagMessageFlags: 1 makes it no draft, and only at creation (microsoft-365.md 3.3). */
const undrafted = {id: 'Integer 0x0E07', value: '1'} as const;

/** The original comes along where both together are within what a mailbox takes unasked, in bytes. */
const largestWithOriginal = 25_000_000;

/** What a store that gets MIME would have taken apart. */
const undone = (leaves: readonly Leaf[]): string[] => [
	...(leaves.some(({type}) => type === 'text/calendar') ? ['meeting'] : []),
	...(leaves.some(({type}) => /^application\/(?:vnd\.)?ms-tnef$/v.test(type)) ? ['tnef'] : []),
];

const original = (bytes: Uint8Array): Part => ({
	name: 'original.eml', contentType: 'message/rfc822', bytes, isInline: false,
});

/**
A message as Graph's JSON (microsoft-365.md 3.3), complete at creation but for its attachments. What is signed or encrypted, and what can be read in
two ways, brings its original along as a file. Never throws.

@param stamp undefined: the mailbox has no room for its name
*/
export const itemOf = ({bytes, flags, fingerprint: {receivedAt}}: Pick<Delivery, 'bytes' | 'flags' | 'fingerprint'>, stamp: string | undefined): JsonItem => {
	const leaves = leavesOf(bytes);
	const {states, lost: lostStates} = statesOf(flags);
	const {body, attachments, doubt} = partsOf(leaves);
	const protection = protectionOf(bytes, leaves);
	const header = headerOf(bytes);
	const {sentAt} = envelopeOf(bytes);
	const {singleValueExtendedProperties, ...state} = stateBody(states, {dates: {receivedAt, sentAt: sentAt === undefined ? receivedAt : sentAt * 1000}, stamp});
	const keepsOriginal = (protection.length > 0 || doubt) && bytes.length * 2 <= largestWithOriginal;
	return {
		message: {
			...header.message, ...state, ...clearReceipt,
			body: body ?? {contentType: 'text', content: ''},
			singleValueExtendedProperties: [...(states.draft ? [] : [undrafted]), ...(singleValueExtendedProperties ?? []), ...header.properties],
		},
		attachments: keepsOriginal ? [...attachments, original(bytes)] : attachments,
		lost: ['mime', ...protection, ...undone(leaves), ...(doubt ? ['doubt'] : []), ...header.lost, ...lostStates],
	};
};

/** An attachment as a request has it; OData says which kind it is. */
export type File = FileAttachment & {readonly '@odata.type': '#microsoft.graph.fileAttachment'};

export const fileOf = ({bytes, ...part}: Part): File => ({
	// eslint-disable-next-line @typescript-eslint/naming-convention -- OData's name
	'@odata.type': '#microsoft.graph.fileAttachment', ...part, contentBytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
});
