import {Buffer} from 'node:buffer';
import type {FollowupFlag, Message} from '@microsoft/microsoft-graph-types';
import {type Stored} from '../mailbox/destination.js';
import {normalMessageId, normalSubject} from '../mailbox/envelope.js';
import {stampProperty} from './ews-bodies.js';
import {flagsOf} from './ews-states.js';

type Known = 'id' | 'internetMessageId' | 'subject' | 'receivedDateTime' | 'sentDateTime' | 'createdDateTime' | 'isRead' | 'isDraft'
	| 'isReadReceiptRequested' | 'parentFolderId' | 'singleValueExtendedProperties';

/** A message as Graph's JSON has it; nothing of it is sure to be there, or to be what Microsoft's types say. */
export type MessageJson = {
	readonly [Name in keyof Pick<Message, Known>]?: unknown;
} & {
	readonly flag?: {readonly [Name in keyof Pick<FollowupFlag, 'flagStatus'>]?: unknown} | undefined;
};

/** As listed, with when the store made it, in milliseconds since 1970. */
export type GraphStored = Stored & {readonly createdAt: number | undefined};

/** A text of its own: one cut out of an answer would keep all of that answer in memory. */
const own = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
const textOf = (value: unknown): string => typeof value === 'string' ? value : '';

export const timeOf = (value: unknown): number | undefined => {
	const time = Date.parse(textOf(value));
	return Number.isNaN(time) ? undefined : time;
};

/** Ids come back in another spelling than they were sent (recorded/LESSONS.md 46): type and number count. */
const propertiesOf = (given: unknown): {readonly numbers: ReadonlyMap<number, number>; readonly stamp?: string} => {
	const numbers = new Map<number, number>();
	let stamp: string | undefined;
	for (const property of Array.isArray(given) ? given as unknown[] : []) {
		const {id, value} = property as {readonly id?: unknown; readonly value?: unknown};
		const {tag, set, name} = /^\w+\s+(?:(?<tag>0x[\da-f]+)|\{(?<set>[\da-f\-]+)\}\s+Name\s+(?<name>.+))$/iv.exec(textOf(id))?.groups ?? {};
		if (tag !== undefined) {
			numbers.set(Number(tag), Number(value));
		} else if (set?.toLowerCase() === stampProperty.set && name === stampProperty.name) {
			stamp = own(textOf(value));
		}
	}

	return {numbers, ...(stamp !== undefined && {stamp})};
};

const flagStatuses = new Map<unknown, number>([['complete', 1], ['flagged', 2]]);

/** A message of a list. */
export const storedOf = (json: MessageJson): GraphStored | undefined => {
	const id = textOf(json.id);
	if (id === '') {
		return undefined;
	}

	const {numbers, stamp} = propertiesOf(json.singleValueExtendedProperties);
	const [createdAt, sentAt, lastVerb] = [timeOf(json.createdDateTime), timeOf(json.sentDateTime), numbers.get(0x10_81)];
	return {
		id: own(id),
		size: numbers.get(0x0E_08) ?? 0,
		receivedAt: timeOf(json.receivedDateTime) ?? createdAt ?? 0,
		flags: flagsOf({
			read: json.isRead === true,
			draft: json.isDraft === true,
			flagStatus: flagStatuses.get(json.flag?.flagStatus) ?? 0,
			...(lastVerb !== undefined && {lastVerb}),
		}),
		...(stamp !== undefined && {stamp}),
		envelope: {
			messageId: own(normalMessageId(textOf(json.internetMessageId))),
			subject: own(normalSubject(textOf(json.subject))),
			...(sentAt !== undefined && {sentAt: Math.floor(sentAt / 1000)}),
		},
		createdAt,
	};
};
