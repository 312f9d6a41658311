import {Buffer} from 'node:buffer';
import {Message, type MessageSeed} from '../imap/message.js';
import {seededRandom} from '../random.js';
import {type Item} from './item.js';
import {type Mailbox} from './mailbox.js';
import {dateText} from './mime-date.js';
import {writeMime} from './mime-out.js';

/** A copy is made of the item, not of what IMAP shows of it. */
export type ItemMessageSeed = MessageSeed & {readonly item: Item};

const [seen, answered, flagged, deleted, draft, receiptSent] = [String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Deleted`, String.raw`\Draft`, '$MDNSent'];

/** What it is made of is made when it is asked for. */
const nothing = new Uint8Array(0);

const flagStatus = '0x1090';
const lastVerb = '0x1081';
/** PidTagLastVerbExecuted: answered, answered to all (MS-OXOMSG 2.2.1.4). */
const answers = new Set(['102', '103']);

/** What stands in the place of a message that cannot be made into MIME (recorded: onprem-unretrievable-message). */
const substitute = ({subject, receivedAt}: Item): Uint8Array => Buffer.from([
	'MIME-Version: 1.0',
	'Content-Type: text/plain; charset="us-ascii"',
	'From: Microsoft Exchange Server 2010',
	`Date: ${dateText(receivedAt)}`,
	'Subject: Retrieval using the IMAP4 protocol failed for the following message:',
	' 81',
	'Content-Transfer-Encoding: quoted-printable',
	'',
	'The server couldn\'t retrieve the following message:',
	'',
	`Subject: "${subject.replaceAll(/[^ -<>-~]/gv, '?')}"`,
	'',
].join('\r\n'));

/** An item of the store as IMAP shows it: all but `\Deleted` is read from the item whenever it is asked for, and written to it. */
export class ItemMessage extends Message {
	readonly item: Item;
	readonly #store: Mailbox;
	#isDeleted = false;
	#made: {readonly key: string; readonly size: number; readonly bytes: WeakRef<Uint8Array>} | undefined;

	constructor(item: Item, store: Mailbox, uid: number, modSeq: number) {
		super({bytes: nothing, internalDate: 0}, uid, 0, modSeq);
		this.item = item;
		this.#store = store;
	}

	/** Rebuilt, never what came; the same bytes each time, so that parts of it fit together. */
	override get bytes(): Uint8Array {
		const {item} = this;
		const key = `${item.receivedAt} ${item.sentAt} ${item.messageId} ${item.unreadable}`;
		const known = this.#made?.key === key ? this.#made.bytes.deref() : undefined;
		if (known) {
			return known;
		}

		const random = seededRandom(this.uid);
		const bytes = item.unreadable
			? substitute(item)
			: writeMime({...item.content, messageId: item.messageId, sentAt: item.sentAt}, {receivedAt: item.receivedAt, random: () => random.next()});
		this.#made = {key, size: bytes.length, bytes: new WeakRef(bytes)};
		return bytes;
	}

	override get size(): number {
		const {item} = this;
		const key = `${item.receivedAt} ${item.sentAt} ${item.messageId} ${item.unreadable}`;
		return this.#made?.key === key ? this.#made.size : this.bytes.length;
	}

	override get internalDate(): number {
		return this.item.receivedAt;
	}

	override get flags(): readonly string[] {
		const {isRead, isDraft, categories, properties} = this.item;
		const states: ReadonlyArray<readonly [flag: string, holds: boolean]> = [
			[seen, isRead],
			[answered, answers.has(properties.get(lastVerb)?.value ?? '')],
			[flagged, properties.get(flagStatus)?.value === '2'],
			[deleted, this.#isDeleted],
			[draft, isDraft],
			// It turns into a category (reference 5.3).
			[receiptSent, categories.includes(receiptSent)],
		];
		return states.filter(([, holds]) => holds).map(([flag]) => flag);
	}

	/** Whether it is a draft is settled at its creation. */
	override set flags(flags: readonly string[]) {
		const {item} = this;
		const wanted = new Set(flags);
		this.#isDeleted = wanted.has(deleted);
		const before = new Set(this.flags);
		const differs = (flag: string): boolean => wanted.has(flag) !== before.has(flag);
		if (differs(seen)) {
			// Where a receipt is asked for, sending it is the client's affair (RFC 3503).
			this.#store.markRead(item, wanted.has(seen), true);
		}

		if (differs(flagged)) {
			this.#set(flagStatus, wanted.has(flagged) ? '2' : undefined);
		}

		if (differs(answered)) {
			this.#set(lastVerb, wanted.has(answered) ? '102' : undefined);
		}

		if (differs(receiptSent)) {
			item.categories = wanted.has(receiptSent) ? [...item.categories, receiptSent] : item.categories.filter(category => category !== receiptSent);
		}

		if ([flagged, answered, receiptSent].some(flag => differs(flag))) {
			this.#store.touch(item);
		}
	}

	override get seed(): ItemMessageSeed {
		return {
			bytes: () => this.bytes, size: 0, internalDate: this.internalDate, flags: this.flags, item: this.item,
		};
	}

	#set(key: string, value: string | undefined): void {
		if (value === undefined) {
			this.item.properties.delete(key);
		} else {
			this.item.properties.set(key, {type: 'Integer', value});
		}
	}
}
