import {type Delivery, type Unsure} from '../mailbox/destination.js';
import {envelopeHash, envelopeOf, isProperMessageId} from '../mailbox/envelope.js';
import {type GraphStored} from './graph-item.js';

/** What deliveries into a mailbox have taught, as long as this program runs. */
export class GraphMemory {
	/** The mailbox has no room for the name of our stamp: messages are stored without one. */
	stampless = false;
	/** Whether PATCH makes the received date what we say; undefined until one was tried. */
	keepsDate: boolean | undefined;
	/** Envelope hashes in each folder, by its id. */
	readonly #known = new Map<string, Promise<Set<string>>>();
	/** Stamps of messages whose answer was lost. */
	readonly #lost = new Set<string>();
	/** Stamps that share an envelope, of messages that may be stored unfinished. */
	readonly #doubtful = new Map<string, Set<string>>();

	/**
	Whether a message can be looked for by what its header says, and no other one of the folder by the same: only then may it
	be built there (design, rule 5). From then on it counts as there.

	@param read lists the folder, once
	*/
	async takesDirectly({bytes, stamp, envelope}: Delivery, folder: string, read: () => Promise<readonly GraphStored[]>): Promise<boolean> {
		if (envelope === undefined) {
			return false;
		}

		const {messageId, sentAt} = envelopeOf(bytes);
		if (sentAt === undefined || !isProperMessageId(messageId)) {
			return false;
		}

		const known = await this.#in(folder, read);
		const isAlone = !known.has(envelope) && [...this.#doubtful.get(envelope) ?? []].every(other => other === stamp);
		known.add(envelope);
		return isAlone;
	}

	/** Certainly not stored: it is as if it had never been asked for. */
	async release({envelope = ''}: Delivery, folder: string): Promise<void> {
		const known = await this.#known.get(folder);
		known?.delete(envelope);
	}

	/** Remembers messages that may be stored, and are looked for. */
	doubts({envelope, stamp}: Pick<Unsure, 'envelope' | 'stamp'>): void {
		if (envelope !== undefined) {
			this.#doubtful.set(envelope, (this.#doubtful.get(envelope) ?? new Set()).add(stamp));
		}
	}

	/** Remembers a lost answer. @returns true for a message that was lost before */
	lost(delivery: Delivery): boolean {
		const again = this.#lost.has(delivery.stamp);
		this.#lost.add(delivery.stamp);
		this.doubts(delivery);
		return again;
	}

	settled({envelope, stamp}: Pick<Unsure, 'envelope' | 'stamp'>): void {
		this.#lost.delete(stamp);
		const others = envelope === undefined ? undefined : this.#doubtful.get(envelope);
		others?.delete(stamp);
	}

	async #in(folder: string, read: () => Promise<readonly GraphStored[]>): Promise<Set<string>> {
		const known = this.#known.get(folder);
		if (known) {
			return known;
		}

		const reading = (async () => {
			const stored = await read();
			return new Set(stored.map(({envelope, receivedAt}) => envelopeHash(envelope!, receivedAt)));
		})();
		this.#known.set(folder, reading);
		try {
			return await reading;
		} catch (error) {
			this.#known.delete(folder);
			throw error;
		}
	}
}
