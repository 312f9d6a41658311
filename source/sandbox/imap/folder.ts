import {Message, type MessageSeed} from './message.js';

export type FolderRole = 'inbox' | 'sent' | 'drafts' | 'trash' | 'junk' | 'archive';

/**
`mail`: an ordinary folder. `container`: `\Noselect`. `not-mail`: a calendar and its like, listed without a
mark as Exchange does: opening is refused (`refused`) or shows nothing (`empty`).
*/
export type FolderKind = 'mail' | 'container' | 'not-mail';

export type FolderSeed = {
	readonly path: readonly string[];
	readonly role?: FolderRole;
	readonly kind?: FolderKind;
	/** For `not-mail`; `refused` if absent. */
	readonly opens?: 'refused' | 'empty';
	readonly uidValidity?: number;
	readonly uidNext?: number;
	/** True if absent. */
	readonly subscribed?: boolean;
	readonly messages?: Iterable<MessageSeed>;
};

/** What a folder needs of the mailbox that holds it. */
export type FolderHost = {
	now(): number;
	/** The UID for the next message, at least `least`. */
	takeUid(least: number): number;
};

/** A folder and its messages, ascending by UID. */
export class Folder {
	path: readonly string[];
	role: FolderRole | undefined;
	kind: FolderKind;
	readonly opens: 'refused' | 'empty';
	readonly uidValidity: number;
	uidNext: number;
	subscribed: boolean;
	highestModSeq = 1;
	/** True once it was deleted, whatever has its name now. */
	deleted = false;
	/** Grows with each message that is taken away. */
	expunges = 0;
	readonly #host: FolderHost;
	readonly #watchers = new Set<() => void>();
	#messages: Message[] = [];

	constructor(seed: FolderSeed, identity: {readonly uidValidity: number; readonly uidNext: number}, host: FolderHost) {
		this.path = seed.path;
		this.role = seed.role ?? (seed.path.length === 1 && seed.path[0] === 'INBOX' ? 'inbox' : undefined);
		this.kind = seed.kind ?? 'mail';
		this.opens = seed.opens ?? 'refused';
		this.uidValidity = identity.uidValidity;
		this.uidNext = identity.uidNext;
		this.subscribed = seed.subscribed ?? true;
		this.#host = host;
		for (const message of seed.messages ?? []) {
			this.add(message);
		}
	}

	get messages(): readonly Message[] {
		return this.#messages;
	}

	message(uid: number): Message | undefined {
		return this.#messages.find(message => message.uid === uid);
	}

	add(seed: MessageSeed): Message {
		return this.admit((uid, modSeq) => new Message(seed, uid, this.#host.now(), modSeq), seed.uid);
	}

	/** Takes messages of a folder in; there they are gone. Answers what became of each. */
	moveHere(messages: readonly Message[], from: Folder): Message[] {
		const moved = new Set(messages);
		const arrived = messages.map(message => this.add(message.seed));
		from.remove(message => moved.has(message));
		return arrived;
	}

	/** Takes messages away; answers how many bytes and which. */
	remove(which: (message: Message) => boolean): Message[] {
		const removed: Message[] = [];
		const kept: Message[] = [];
		for (const message of this.#messages) {
			if (which(message)) {
				message.expunged = true;
				removed.push(message);
			} else {
				kept.push(message);
			}
		}

		if (removed.length > 0) {
			this.#messages = kept;
			this.expunges += removed.length;
			this.highestModSeq++;
			this.changed();
		}

		return removed;
	}

	setFlags(message: Message, flags: readonly string[]): void {
		message.flags = flags;
		message.modSeq = ++this.highestModSeq;
	}

	/** Calls back after messages came or went, or the folder was deleted; answers how to stop that. */
	watch(watcher: () => void): () => void {
		this.#watchers.add(watcher);
		return () => {
			this.#watchers.delete(watcher);
		};
	}

	changed(): void {
		for (const watcher of this.#watchers) {
			watcher();
		}
	}

	/** Gives a message the next UID. */
	protected admit<Kind extends Message>(make: (uid: number, modSeq: number) => Kind, least = 0): Kind {
		const uid = this.#host.takeUid(Math.max(this.uidNext, least));
		const message = make(uid, ++this.highestModSeq);
		this.uidNext = uid + 1;
		this.#messages.push(message);
		this.changed();
		return message;
	}
}
