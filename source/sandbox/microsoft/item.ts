import {type Content} from './content.js';
import {type objectKinds} from './entry-ids.js';
import {type Folder} from './folder.js';

/** Bits of PidTagMessageFlags, 0x0E07. */
export const messageFlags = {
	read: 1, submitted: 4, unsent: 8, attachments: 0x10, everRead: 0x4_00,
} as const;

/** As it stands on the wire; `type` is a MAPI type by EWS's name. */
export type PropertyValue = {readonly type: string; readonly value: string};

/** What an item is made of. Times in milliseconds. */
export type NewItem = {
	readonly content: Content;
	/** The MIME that came, byte for byte. */
	readonly received?: Uint8Array;
	/** PidTagMessageFlags as given at creation: the only time that the unsent bit can be cleared. */
	readonly flags?: number;
	/** Governs the read state, whatever `flags` says (reference 2.8). */
	readonly isRead?: boolean;
	/** 0x0E06; now if absent. */
	readonly receivedAt?: number;
	/** 0x0039; from the content if absent, else now. */
	readonly sentAt?: number;
	readonly categories?: readonly string[];
	readonly importance?: Content['importance'];
	readonly wantsReceipt?: boolean;
	/** Other extended properties by key (`property-key.ts`). */
	readonly properties?: ReadonlyMap<string, PropertyValue>;
};

/** What the mailbox adds. */
type Birth = {readonly id: string; readonly immutableId: string; readonly folder: Folder; readonly change: number; readonly now: number; readonly messageId: string};

const kindsByClass: ReadonlyArray<readonly [prefix: string, kind: keyof typeof objectKinds]> = [
	['ipm.schedule.meeting.request', 'meetingRequest'],
	['ipm.schedule.meeting.canceled', 'meetingCancellation'],
	['ipm.schedule.meeting.resp', 'meetingResponse'],
	['ipm.appointment', 'calendar'],
	['ipm.contact', 'contact'],
	['ipm.post', 'post'],
];

/** Second as the store keeps it. */
const whole = (time: number): number => Math.floor(time / 1000) * 1000;

/** An item as the store keeps it: properties, and beside them what came, which only tests see. */
export class Item {
	id: string;
	/** Survives moves: for Graph. */
	readonly immutableId: string;
	folder: Folder;
	/** Number of its last change: for the ChangeKey. */
	change: number;
	/** Counts every change, of the read state too: for Graph's delta. */
	revision = 0;
	/** Replaced by `Mailbox.replaceContent` only. */
	content: Content;
	readonly received: Uint8Array | undefined;
	messageId: string;
	/** Settable at creation only. */
	readonly isDraft: boolean;
	readonly isSubmitted: boolean;
	isRead: boolean;
	everRead: boolean;
	receivedAt: number;
	sentAt: number;
	readonly createdAt: number;
	modifiedAt: number;
	categories: readonly string[];
	importance: Content['importance'];
	wantsReceipt: boolean;
	readonly properties: Map<string, PropertyValue>;
	/** Set by tests: its MIME cannot be made (ErrorMimeContentConversionFailed). */
	unreadable = false;

	constructor(given: NewItem, birth: Birth) {
		const {content} = given;
		this.id = birth.id;
		this.immutableId = birth.immutableId;
		this.folder = birth.folder;
		this.change = birth.change;
		this.content = content;
		this.received = given.received;
		this.messageId = content.messageId ?? birth.messageId;
		/* eslint-disable no-bitwise -- flags are bits */
		const flags = given.flags ?? messageFlags.unsent;
		this.isDraft = (flags & messageFlags.unsent) !== 0;
		this.isSubmitted = (flags & messageFlags.submitted) !== 0;
		this.isRead = given.isRead ?? (flags & messageFlags.read) !== 0;
		/* eslint-enable no-bitwise */
		this.everRead = this.isRead;
		this.receivedAt = whole(given.receivedAt ?? birth.now);
		this.sentAt = whole(given.sentAt ?? content.sentAt ?? birth.now);
		this.createdAt = whole(birth.now);
		this.modifiedAt = whole(birth.now);
		this.categories = given.categories ?? [];
		this.importance = given.importance ?? content.importance;
		this.wantsReceipt = given.wantsReceipt ?? content.wantsReceipt;
		this.properties = new Map(given.properties);
	}

	get itemClass(): string {
		return this.content.itemClass;
	}

	/** At most 255 characters, as the store keeps it. */
	get subject(): string {
		return this.content.subject.slice(0, 255);
	}

	/** In bytes, as this store counts: never the length of the MIME. */
	get size(): number {
		return 1793 + (this.received?.length ?? this.content.attachments.reduce((sum, {bytes}) => sum + bytes.length, 0));
	}

	/** Attachments that are not inline. */
	get hasAttachments(): boolean {
		return this.content.attachments.some(({inline}) => !inline);
	}

	/** PidTagMessageFlags with the bits that the store computes (reference 2.8). */
	get flags(): number {
		return (this.isRead ? messageFlags.read : 0)
			+ (this.isSubmitted ? messageFlags.submitted : 0)
			+ (this.isDraft ? messageFlags.unsent : 0)
			+ (this.hasAttachments ? messageFlags.attachments : 0)
			+ (this.everRead ? messageFlags.everRead : 0);
	}

	/** The program's own mark, if the item bears one. */
	get stamp(): string | undefined {
		for (const [key, {value}] of this.properties) {
			if (key.endsWith('/aw2ms365')) {
				return value;
			}
		}

		return undefined;
	}

	/** First byte of its ChangeKey, and with it what element shows it. */
	get kind(): keyof typeof objectKinds {
		const itemClass = this.itemClass.toLowerCase();
		return kindsByClass.find(([prefix]) => itemClass.startsWith(prefix))?.[1] ?? 'message';
	}

	/** All that a test may want to compare, as plain data. */
	snapshot() {
		const {id, itemClass, subject, messageId, receivedAt, sentAt, isRead, isDraft, stamp, received, categories} = this;
		return {
			id, itemClass, subject, messageId, receivedAt, sentAt, isRead, isDraft, stamp, received, categories,
			properties: Object.fromEntries(this.properties),
		};
	}
}
