import {type Item} from './item.js';
import {dateText, type PropertyName} from './property-key.js';

type Computed = readonly [type: string, of: (item: Item) => string | undefined];

/** Properties that the store computes or keeps in a form of its own; all others are kept as they came. */
const computed: Readonly<Record<string, Computed>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- tags */
	'0x001a': ['String', item => item.itemClass],
	'0x0029': ['Boolean', item => String(item.wantsReceipt)],
	'0x0037': ['String', item => item.subject],
	'0x0039': ['SystemTime', item => dateText(item.sentAt)],
	'0x007d': ['String', item => item.content.headers],
	'0x0e06': ['SystemTime', item => dateText(item.receivedAt)],
	'0x0e07': ['Integer', item => String(item.flags)],
	'0x0e08': ['Integer', item => String(item.size)],
	'0x0e1b': ['Boolean', item => String(item.hasAttachments)],
	'0x1035': ['String', item => item.messageId],
	'0x1039': ['String', item => item.content.references],
	'0x1042': ['String', item => item.content.inReplyTo],
	'0x3007': ['SystemTime', item => dateText(item.createdAt)],
	'0x3008': ['SystemTime', item => dateText(item.modifiedAt)],
	/* eslint-enable @typescript-eslint/naming-convention */
};

/** Whether the store decides about it: it cannot be set. */
export const isComputed = (key: string): boolean => key in computed;

/** A property's value as text; undefined where the item has none of that type. */
export const propertyOf = (item: Item, key: string, type: PropertyName['type']): string | undefined => {
	const own = computed[key];
	if (own) {
		return own[0] === type ? own[1](item) : undefined;
	}

	const kept = item.properties.get(key);
	return kept?.type === type ? kept.value : undefined;
};
