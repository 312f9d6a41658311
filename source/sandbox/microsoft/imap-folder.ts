import {
	Folder, type FolderHost, type FolderRole, type FolderSeed,
} from '../imap/folder.js';
import {type Message, type MessageSeed} from '../imap/message.js';
import {Refused} from '../imap/mailbox.js';
import {type Folder as Place} from './folder.js';
import {ItemMessage, type ItemMessageSeed} from './imap-item.js';
import {messageFlags, type Item, type NewItem} from './item.js';
import {StoreRefusal, type Mailbox} from './mailbox.js';
import {readMime} from './mime-in.js';

const roles: Readonly<Record<string, FolderRole>> = {
	inbox: 'inbox', sentitems: 'sent', drafts: 'drafts', deleteditems: 'trash', junkemail: 'junk',
};

/** Listed as mail folders are (lesson 62). */
const listedClasses = new Set(['IPF.Appointment', 'IPF.Contact', 'IPF.Task', 'IPF.StickyNote', 'IPF.Journal']);

const isMail = ({folderClass = 'IPF.Note'}: Place): boolean => /^ipf\.note(?:$|\.)/iv.test(folderClass);

/** Whether IMAP knows of it: mail and the great default folders, nothing hidden (`ShowHiddenFoldersEnabled` is off unless set). */
export const isListed = (place: Place): boolean => !place.isHidden && (isMail(place) || listedClasses.has(place.folderClass!));

/** As IMAP names it: the inbox is `INBOX` in every language. Undefined where it is not below msgfolderroot. */
export const pathOf = (place: Place): string[] | undefined => {
	if (place.role === 'inbox') {
		return ['INBOX'];
	}

	if (!place.parent || place.role === 'msgfolderroot') {
		return undefined;
	}

	const above = place.parent.role === 'msgfolderroot' ? [] : pathOf(place.parent);
	return above && [...above, place.name];
};

export const seedOf = (place: Place, path: readonly string[]): FolderSeed => {
	const role = roles[place.role ?? ''];
	return {
		path, kind: isMail(place) ? 'mail' : 'not-mail', opens: 'empty', ...(role && {role}),
	};
};

/** Exchange's words for what the store refused. */
export const inWords = ({reason}: StoreRefusal): string => ({
	exists: 'Mailbox already exists.',
	// Seen for a full mailbox (reference 5.4).
	quota: 'Server Unavailable. 15',
	gone: 'The requested item could not be found.',
	// Not recorded, in its style.
	'default-folder': 'The requested item could not be changed.',
	'into-itself': 'The requested item could not be changed.',
})[reason];

/** @throws Refused in the place of StoreRefusal */
export const asked = <Result>(what: () => Result): Result => {
	try {
		return what();
	} catch (error) {
		throw error instanceof StoreRefusal ? new Refused(inWords(error)) : error;
	}
};

/** A copy of an item with all its properties. */
const copyOf = (item: Item): NewItem => {
	const {content, received, flags, receivedAt, sentAt, categories, importance, wantsReceipt, properties} = item;
	return {
		content, flags, receivedAt, sentAt, categories, importance, wantsReceipt, properties, ...(received && {received}),
	};
};

/** A folder of the store with UIDs of its own: what comes from IMAP is done there, and what is done there, by any door, comes back (`came`, `left`). */
export class ItemFolder extends Folder {
	readonly place: Place;
	readonly #store: Mailbox;
	readonly #shown = new Map<Item, ItemMessage>();

	constructor([seed, numbers, host]: readonly [seed: FolderSeed, numbers: {readonly uidValidity: number; readonly uidNext: number}, host: FolderHost], place: Place, store: Mailbox) {
		super(seed, numbers, host);
		this.place = place;
		this.#store = store;
	}

	/** The store has an item more. */
	came(item: Item): void {
		this.#shown.set(item, this.admit((uid, modSeq) => new ItemMessage(item, this.#store, uid, modSeq)));
	}

	/** The store has it no more. */
	left(item: Item): void {
		const message = this.#shown.get(item);
		this.#shown.delete(item);
		super.remove(one => one === message);
	}

	override add(seed: MessageSeed | ItemMessageSeed): Message {
		const given = 'item' in seed ? copyOf(seed.item) : this.#received(seed);
		// Unread at first: IMAP sends no receipts.
		const item = asked(() => this.#store.create(this.place, {...given, isRead: false}));
		const message = this.#shown.get(item)!;
		message.flags = seed.flags ?? [];
		return message;
	}

	override remove(which: (message: Message) => boolean): Message[] {
		const gone = [...this.#shown.values()].filter(message => which(message));
		for (const {item} of gone) {
			this.#store.delete(item);
		}

		return gone;
	}

	/** The items stay what they are, stamps included. */
	override moveHere(messages: readonly Message[], from: Folder): Message[] {
		return messages.map(message => {
			if (!(message instanceof ItemMessage)) {
				return super.moveHere([message], from)[0]!;
			}

			const moved = asked(() => this.#store.move(message.item, this.place));
			return this.#shown.get(moved)!;
		});
	}

	#received({bytes: content, internalDate, flags = []}: MessageSeed): NewItem {
		const bytes = typeof content === 'function' ? content() : content;
		return {
			content: readMime(bytes),
			received: bytes,
			flags: flags.includes(String.raw`\Draft`) ? messageFlags.unsent : 0,
			...(internalDate !== undefined && {receivedAt: internalDate}),
		};
	}
}
