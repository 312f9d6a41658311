import {type Stored, type StoredContent} from '../mailbox/destination.js';
import {
	type Envelope, envelopeHash, envelopeOf, isProperMessageId, sameMail, senderOf,
} from '../mailbox/envelope.js';
import {sameSecond, secondOf} from '../mailbox/identity.js';
import {type Flags} from '../mailbox/mailbox.js';
import {contentOf} from './stamp.js';

const draft = String.raw`\Draft`;

/** A source message as it was read. */
export type Read = {readonly stamp: string; readonly bytes: Uint8Array; readonly receivedAt: number; readonly flags: Flags};

/** A source message as the record knows it. */
export type Recorded = {readonly stamp: string; readonly receivedAt: number; /** See `envelopeHash`. */ readonly envelope?: string | undefined};

/** A stored message that is the one asked for. `altered`: in what it is not as it should be (`received`, `draft`). */
export type Alike = {readonly stored: Stored; readonly altered: readonly string[]};

/**
Whether a stored message has the header of which only the hash is known. Stores make a Message-ID where there was none.
@param recorded see `envelopeHash`; what the store or the record does not say is not compared
*/
export const hasHeader = ({envelope}: Stored, recorded: string | undefined, receivedAt: number): boolean => envelope === undefined || recorded === undefined
	|| envelopeHash(envelope, receivedAt) === recorded || envelopeHash({...envelope, messageId: ''}, receivedAt) === recorded;

/** What reading stored messages came to; what is not among it cannot be had. */
export type ReadStored = (stored: readonly Stored[]) => AsyncIterable<StoredContent>;

/** So many candidates are read for one message. Of a larger pile, all are read once, and filed by what their content says. */
const fewCandidates = 16;
/** Of those that even then cannot be told apart, so many: what is beyond is doubt. */
const mostCandidates = 100;

/**
Messages of a store that rebuilds MIME, matched with source messages as a multiset by what survives there (design,
section 2): our stamp; else Message-ID, Date, received date, subject, and, read from the content, sender, text and
attachments. Each can be taken once. Doubt matches nothing. No step grows with the number of messages.
*/
export class Likeness {
	readonly #open = new Set<Stored>();
	/** Being read; settles when that is over. */
	readonly #trials = new Map<Stored, Promise<void>>();
	/** By each of its keys. What was taken is left in them until it is met. */
	readonly #piles = new Map<string, Stored | Set<Stored>>();
	/** Piles that were read, by what the contents say. */
	readonly #marked = new Map<string, Promise<void>>();
	readonly #read: ReadStored | undefined;

	/** @param read where it is left out, only what is on record can be taken */
	constructor(read?: ReadStored) {
		this.#read = read;
	}

	add(stored: Stored): void {
		this.#open.add(stored);
		for (const key of keysOf(stored, this.#read !== undefined)) {
			this.#put(key, stored);
		}
	}

	/** Those that nobody took. */
	rest(): Stored[] {
		return [...this.#open];
	}

	/** Takes the copy of a message of the record. Without its content: a stamp, or an equal header and received date. */
	takeRecorded({stamp, receivedAt, envelope}: Recorded): Stored | undefined {
		return this.#takeStamped(stamp, receivedAt) ?? (envelope === undefined ? undefined : this.#takeFirst(headerKey(envelope, receivedAt)));
	}

	/** Whether any without a stamp has this received date. */
	mayHold(receivedAt: number): boolean {
		return this.#pile(secondKey(receivedAt)).next().done !== true;
	}

	/** Takes one without a stamp of this received date, the last resort where nothing else is known of a message of the record. */
	takeDated(receivedAt: number): Stored | undefined {
		return this.#takeFirst(secondKey(receivedAt));
	}

	/** Takes out the copy of a message of the record. Where the listing does not tell which it is, all that it may be: rather one twice than one not at all. */
	setAside(recorded: Recorded): void {
		if (!this.takeRecorded(recorded)) {
			for (const stored of this.#pile(secondKey(recorded.receivedAt))) {
				this.#open.delete(stored);
			}
		}
	}

	/**
	Takes the copy of a message that was read. One without a stamp must be equal in everything that survives; only a draft
	may have another received date: the earlier tool left such.
	*/
	async take(message: Read): Promise<Alike | undefined> {
		const stamped = this.#takeStamped(message.stamp, message.receivedAt);
		if (stamped) {
			return {stored: stamped, altered: alterations(message, stamped)};
		}

		// What another reader is at may come back.
		if (this.#open.size === 0 && this.#trials.size === 0) {
			return undefined;
		}

		const envelope = envelopeOf(message.bytes);
		const tried = new Set<Stored>();
		for (const key of soughtKeys(envelope, message.receivedAt)) {
			// eslint-disable-next-line no-await-in-loop -- The likeliest first.
			const stored = await this.#takeFrom(await this.#narrowed(key, envelope, message), message, envelope, tried);
			if (stored) {
				return {stored, altered: alterations(message, stored)};
			}
		}

		return undefined;
	}

	/** The pile, or of a large one those whose content may be the message's. */
	async #narrowed(key: string, {sentAt}: Envelope, {bytes}: Read): Promise<string> {
		const sender = sentAt === undefined || this.#in(key).size <= fewCandidates ? '' : senderOf(bytes);
		if (sentAt === undefined || sender === '') {
			return key;
		}

		let marking = this.#marked.get(key);
		if (!marking) {
			marking = this.#mark(key);
			this.#marked.set(key, marking);
		}

		await marking;
		return markKey(key, sentAt, sender);
	}

	async #mark(key: string): Promise<void> {
		// What another reader is at may come back.
		const pile = new Map([...this.#in(key)].filter(stored => this.#open.has(stored) || this.#trials.has(stored)).map(stored => [stored.id, stored]));
		for await (const content of this.#read!([...pile.values()])) {
			if ('bytes' in content) {
				this.#put(markKey(key, envelopeOf(content.bytes).sentAt, senderOf(content.bytes)), pile.get(content.id)!);
			}
		}
	}

	async #takeFrom(key: string, message: Read, envelope: Envelope, tried: Set<Stored>): Promise<Stored | undefined> {
		const likely = (stored: Stored): boolean => !tried.has(stored) && mayBe(message, envelope, stored);
		while (tried.size < mostCandidates) {
			let stored: Stored | undefined;
			let trial: Promise<void> | undefined;
			for (const one of this.#pile(key)) {
				if (likely(one)) {
					stored = one;
					break;
				}
			}

			if (stored) {
				tried.add(stored);
				// eslint-disable-next-line no-await-in-loop -- One candidate after another, and seldom more than one.
				if (await this.#try(stored, message)) {
					return stored;
				}

				continue;
			}

			for (const [one, end] of this.#trials) {
				if (likely(one) && this.#in(key).has(one)) {
					trial = end;
					break;
				}
			}

			// Another reader is at it, and may leave it.
			if (!trial) {
				break;
			}

			// eslint-disable-next-line no-await-in-loop -- As above.
			await trial;
		}

		return undefined;
	}

	/** Whether a stored message's content is the one that was read; nobody else may take it meanwhile, and nobody later if it is. */
	async #try(stored: Stored, {bytes}: Read): Promise<boolean> {
		const trial = (async () => {
			for await (const content of this.#read!([stored])) {
				if ('bytes' in content && sameMail(bytes, content.bytes).length === 0) {
					return true;
				}
			}

			return false;
		})();
		this.#open.delete(stored);
		this.#trials.set(stored, (async () => {
			await Promise.allSettled([trial]);
		})());
		let same = false;
		try {
			same = await trial;
			return same;
		} finally {
			this.#trials.delete(stored);
			if (!same) {
				this.#open.add(stored);
			}
		}
	}

	#takeStamped(stamp: string, receivedAt: number): Stored | undefined {
		return this.#takeFirst(`stamp ${stamp}`) ?? this.#takeFirst(contentKey(contentOf(stamp), receivedAt));
	}

	#takeFirst(key: string): Stored | undefined {
		const {value} = this.#pile(key).next();
		if (value) {
			this.#open.delete(value);
		}

		return value ?? undefined;
	}

	/** The open ones of a pile; what was taken is dropped from it. */
	* #pile(key: string): Generator<Stored, void> {
		const pile = this.#in(key);
		for (const stored of pile) {
			if (this.#open.has(stored)) {
				yield stored;
			} else if (!this.#trials.has(stored)) {
				pile.delete(stored);
			}
		}
	}

	#in(key: string): Set<Stored> {
		const pile = this.#piles.get(key);
		return pile instanceof Set ? pile : new Set(pile ? [pile] : []);
	}

	#put(key: string, stored: Stored): void {
		const pile = this.#piles.get(key);
		if (pile instanceof Set) {
			pile.add(stored);
		} else {
			// A set takes ten times the memory, and most messages are alone.
			this.#piles.set(key, pile ? new Set([pile, stored]) : stored);
		}
	}
}

const secondKey = (receivedAt: number): string => `second ${secondOf(receivedAt)}`;
const contentKey = (content: string, receivedAt: number): string => `content ${content} ${secondOf(receivedAt)}`;
const headerKey = (hash: string, receivedAt: number): string => `header ${hash} ${secondOf(receivedAt)}`;
const markKey = (key: string, sentAt: number | undefined, sender: string): string => `${key} of ${sentAt ?? ''} ${sender}`;
const draftKey = (what: string, sentAt?: number): string => `draft ${what}${sentAt === undefined ? '' : ` ${sentAt}`}`;

/** Under which keys a stored message can be found. */
const keysOf = (stored: Stored, readable: boolean): string[] => {
	const {envelope, receivedAt, stamp = '', flags} = stored;
	const content = contentOf(stamp);
	if (content !== '') {
		return [`stamp ${stamp}`, contentKey(content, receivedAt)];
	}

	const second = secondKey(receivedAt);
	if (!envelope) {
		return [second, `blind ${second}`];
	}

	const {messageId, subject, sentAt} = envelope;
	const known = [second, ...new Set([envelope, {...envelope, messageId: ''}].map(each => headerKey(envelopeHash(each, receivedAt), receivedAt)))];
	if (!readable) {
		return known;
	}

	const whats = [`id ${messageId}`, `subject ${subject}`];
	return [
		...known,
		...whats.map(what => `${what} ${second}`),
		...(flags.includes(draft) ? whats.flatMap(what => [...new Set([draftKey(what, sentAt), draftKey(what)])]) : []),
	];
};

/** Where the copy of a source message may be found, the likeliest first. A Message-ID that every store keeps says which it is not. */
const soughtKeys = ({messageId, subject, sentAt}: Envelope, receivedAt: number): string[] => {
	const second = secondKey(receivedAt);
	const drafts = (what: string) => [...new Set([draftKey(what, sentAt), draftKey(what)])];
	return isProperMessageId(messageId)
		? [`id ${messageId} ${second}`, ...drafts(`id ${messageId}`), `id  ${second}`, `blind ${second}`]
		: [...(messageId === '' ? [] : [`id ${messageId} ${second}`, ...drafts(`id ${messageId}`)]), `subject ${subject} ${second}`, ...drafts(`subject ${subject}`), second];
};

/** Whether it is worth reading: the received date must be right, or the earlier tool's mark be on it. */
const mayBe = ({receivedAt}: Read, envelope: Envelope, stored: Stored): boolean => {
	const alike = !stored.envelope || envelope.sentAt === undefined || stored.flags.includes(draft) || stored.envelope.sentAt === envelope.sentAt;
	return alike && (sameSecond(stored.receivedAt, receivedAt) || stored.flags.includes(draft));
};

const alterations = ({receivedAt, flags}: Read, stored: Stored): string[] => [
	...(sameSecond(stored.receivedAt, receivedAt) ? [] : ['received']),
	...(stored.flags.includes(draft) && !flags.includes(draft) ? ['draft'] : []),
];
