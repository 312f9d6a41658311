import {Buffer} from 'node:buffer';
import {normalMessageId, normalSubject} from '../mailbox/envelope.js';
import {type Stored} from '../mailbox/destination.js';
import {all, child, type Node} from '../protocols/ews-xml.js';
import {stampProperty} from './ews-bodies.js';
import {flagsOf} from './ews-states.js';

/** A text of its own: one cut out of an answer would keep all of that answer in memory. */
const own = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

const isTrue = (text: string | undefined): boolean => text?.trim() === 'true' || text?.trim() === '1';

/** Milliseconds since 1970; servers give up to nine decimals. */
const timeOf = (text: string | undefined): number | undefined => {
	const time = Date.parse(text?.trim() ?? '');
	return Number.isNaN(time) ? undefined : Math.floor(time);
};

/** Values of extended properties, by tag as a number: it comes back in another spelling than it was sent. */
const extendedOf = (item: Node): {readonly numbers: ReadonlyMap<number, number>; readonly stamp?: string} => {
	const numbers = new Map<number, number>();
	let stamp: string | undefined;
	for (const property of all(item, 'ExtendedProperty')) {
		const field = child(property, 'ExtendedFieldURI');
		const value = child(property, 'Value')?.text ?? '';
		const tag = field?.attribute('PropertyTag');
		if (tag !== undefined) {
			numbers.set(Number(tag), Number(value));
		} else if (field?.attribute('PropertySetId')?.toLowerCase() === stampProperty.set && field.attribute('PropertyName') === stampProperty.name) {
			stamp = own(value);
		}
	}

	return {numbers, ...(stamp !== undefined && {stamp})};
};

/** The id of an item, of whatever kind it is. */
export const idOf = (item: Node): string | undefined => {
	const id = child(item, 'ItemId')?.attribute('Id');
	return id ? own(id) : undefined;
};

/** An item of a FindItem answer, whatever its element is called: an invitation is no `t:Message`. */
export const storedOf = (item: Node): Stored | undefined => {
	const id = idOf(item);
	if (id === undefined) {
		return undefined;
	}

	const text = (name: string): string | undefined => child(item, name)?.text;
	const {numbers, stamp} = extendedOf(item);
	const bits = numbers.get(0x0E_07);
	const has = (bit: number): boolean | undefined => bits === undefined || Number.isNaN(bits) ? undefined : Math.floor(bits / bit) % 2 === 1;
	const [flagStatus, lastVerb] = [numbers.get(0x10_90), numbers.get(0x10_81)];
	const sentAt = timeOf(text('DateTimeSent'));
	return {
		id,
		size: Number(text('Size') ?? 0) || 0,
		receivedAt: timeOf(text('DateTimeReceived')) ?? timeOf(text('DateTimeCreated')) ?? 0,
		flags: flagsOf({
			read: text('IsRead') === undefined ? has(1) ?? false : isTrue(text('IsRead')),
			// What is no message may say that it is a draft all the same.
			draft: has(8) ?? (item.name === 'Message' && isTrue(text('IsDraft'))),
			...(flagStatus !== undefined && {flagStatus}),
			...(lastVerb !== undefined && {lastVerb}),
		}),
		...(stamp !== undefined && {stamp}),
		envelope: {
			messageId: own(normalMessageId(text('InternetMessageId') ?? '')),
			subject: own(normalSubject(text('Subject') ?? '')),
			...(sentAt !== undefined && {sentAt: Math.floor(sentAt / 1000)}),
		},
	};
};
