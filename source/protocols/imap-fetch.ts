import {type ReadResult} from '../mailbox/source.js';
import {FailureError} from '../mailbox/failure.js';
import {
	atom, bytesOf, fetchItems, numberOf, sequence, textOf,
} from './imap-node.js';
import {parseInternalDate} from './imap-date.js';
import {uidSet} from './imap-uid-set.js';
import {command, type Session} from './imap-session.js';

/** A message wanted, with its announced size in bytes. */
export type Wanted = {readonly uid: number; readonly size: number};

/** Bytes that came out of turn and have to be held at most; a server that lies about sizes is asked for single messages instead. */
const mostHeld = 32 * 1024 * 1024;

/** The group has to be fetched message by message. */
export const tooMuchHeld = new Error('held too much');

const whole = {type: 'ATOM', value: 'BODY.PEEK', section: []};

/** INTERNALDATE in milliseconds, where the server tells it: a UID may have become another message of the same size. */
export const dateOf = (items: ReturnType<typeof fetchItems>): {receivedAt?: number} => {
	const receivedAt = parseInternalDate(textOf(items?.get('INTERNALDATE')) ?? '');
	return receivedAt === undefined ? {} : {receivedAt};
};

/** Rows of one FETCH on their way from the wire to the consumer; the wire waits while a row is being consumed. */
class Rows {
	readonly arrived = new Map<number, Uint8Array | 'none'>();
	#held = 0;
	/** UID that the consumer is waiting for or holds. */
	#current = 0;
	#ended = false;
	#error: Error | undefined;
	readonly #changed = new Set<() => void>();

	/** Called by the wire. Resolves when it may read on. */
	async put(uid: number, bytes: Uint8Array | 'none'): Promise<void> {
		this.arrived.set(uid, bytes);
		this.#held += bytes.length;
		this.#tell();
		if (this.#held > mostHeld && uid !== this.#current) {
			this.end(tooMuchHeld);
		}

		while (!this.#ended && this.#current === uid) {
			// eslint-disable-next-line no-await-in-loop -- waiting for the consumer
			await this.#change();
		}
	}

	/** Called by the consumer, UIDs ascending; undefined when the FETCH is over and did not bring it. */
	async take(uid: number): Promise<Uint8Array | 'none' | undefined> {
		this.#current = uid;
		this.#tell();
		for (;;) {
			const bytes = this.arrived.get(uid);
			if (bytes !== undefined) {
				this.arrived.delete(uid);
				this.#held -= bytes.length;
				return bytes;
			}

			if (this.#ended) {
				if (this.#error !== undefined) {
					throw this.#error;
				}

				return undefined;
			}

			// eslint-disable-next-line no-await-in-loop -- waiting for the wire
			await this.#change();
		}
	}

	/** The consumer takes no more until the FETCH is over. */
	async over(): Promise<void> {
		this.#current = 0;
		this.#tell();
		while (!this.#ended) {
			// eslint-disable-next-line no-await-in-loop -- waiting for the wire
			await this.#change();
		}

		if (this.#error !== undefined) {
			throw this.#error;
		}
	}

	end(error?: Error): void {
		if (!this.#ended) {
			this.#ended = true;
			this.#error = error;
			this.#tell();
		}
	}

	async #change(): Promise<void> {
		await new Promise<void>(resolve => {
			this.#changed.add(resolve);
		});
	}

	#tell(): void {
		const waiting = [...this.#changed];
		this.#changed.clear();
		for (const wake of waiting) {
			wake();
		}
	}
}

/**
The content of a few messages by one UID FETCH of BODY.PEEK[], one result for each, ascending. At most the
row being consumed and rows that came out of turn are held.

A length other than announced is fetched once more (design, rule 9): the same length twice is delivered with
`announced`, anything else is message-incomplete.

@throws FailureError of phase fetch; {@link tooMuchHeld}. What was not yielded by then is to be asked again.
*/
export async function * fetchMessages(session: Session, messages: readonly Wanted[]): AsyncGenerator<ReadResult> {
	const rows = new Rows();
	const wanted = new Set(messages.map(({uid}) => uid));
	const dates = new Map<number, {receivedAt?: number}>();
	let finished = false;
	let garbled = false;
	const run = async (): Promise<void> => {
		try {
			const {unparsed} = await command(session, 'fetch', 'UID FETCH', [sequence(uidSet(messages.map(({uid}) => uid))), [atom('UID'), atom('INTERNALDATE'), whole]], {
				endless: true,
				untagged: {
					async fetch(line) {
						const items = fetchItems(line);
						const uid = numberOf(items?.get('UID'));
						if (uid && items!.has('BODY[]') && wanted.delete(uid)) {
							dates.set(uid, dateOf(items));
							await rows.put(uid, bytesOf(items!.get('BODY[]')) ?? 'none');
						}
					},
				},
			});
			garbled = unparsed.length > 0;
			finished = true;
			rows.end();
		} catch (error) {
			rows.end(error as Error);
		}
	};

	void run();
	try {
		for (const {uid, size} of messages) {
			// eslint-disable-next-line no-await-in-loop -- one after another, in order
			const bytes = await rows.take(uid);
			if (bytes === undefined) {
				if (garbled) {
					throw new FailureError('server-nonsense', {detail: 'the answer could not be read'});
				}

				yield {uid, gone: true};
			} else if (bytes === 'none') {
				yield {uid, failure: new FailureError('message-unreadable', {detail: 'the server lists it without content'}).failure};
			} else if (bytes.length === size) {
				yield {uid, bytes, ...dates.get(uid)};
			} else {
				// eslint-disable-next-line no-await-in-loop -- one after another, in order
				await rows.over();
				// eslint-disable-next-line no-await-in-loop -- one after another, in order
				yield await fetchAgain(session, {uid, size}, bytes.length);
			}
		}

		await rows.over();
	} finally {
		rows.end();
		if (!finished) {
			// The answer is still coming, and nobody wants it.
			session.wire.close();
		}
	}
}

const fetchAgain = async (session: Session, {uid, size}: Wanted, lengthBefore: number): Promise<ReadResult> => {
	let bytes: Uint8Array | undefined;
	let date: {receivedAt?: number} = {};
	await command(session, 'fetch', 'UID FETCH', [sequence(String(uid)), [atom('UID'), atom('INTERNALDATE'), whole]], {
		endless: true,
		untagged: {
			fetch(line) {
				const items = fetchItems(line);
				if (numberOf(items?.get('UID')) === uid && items!.has('BODY[]')) {
					bytes = bytesOf(items!.get('BODY[]')) ?? bytes;
					date = dateOf(items);
				}
			},
		},
	});
	if (bytes === undefined) {
		return {uid, gone: true};
	}

	if (bytes.length === size) {
		return {uid, bytes, ...date};
	}

	return bytes.length === lengthBefore
		? {
			uid, bytes, announced: size, ...date,
		}
		: {uid, failure: new FailureError('message-incomplete', {detail: `announced ${size} bytes, sent ${lengthBefore}, then ${bytes.length}`}).failure};
};
