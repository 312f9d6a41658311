import {type Delivery} from '../mailbox/destination.js';

/** What deliveries into a mailbox have taught, as long as this program runs. */
export class DeliveryMemory {
	/** The mailbox has no room for the name of our stamp: messages are stored without one. */
	stampless = false;
	/** Messages with our stamp were seen in the mailbox: then none was ever refused for its stamp. */
	stampSeen = false;
	/** Stamps that were looked for in every folder. */
	readonly sought = new Set<string>();
	/** Stamps of messages whose answer was lost: each is sent alone from then on, as it may be the reason. */
	readonly #lost = new Set<string>();
	/** Faults of messages that were sent alone, by stamp. */
	readonly #faults = new Map<string, number>();
	/** The largest batch that may be taken, in bytes. */
	#batchBytes = Number.POSITIVE_INFINITY;

	/** Remembers a lost answer. @returns true for a message that was lost before, and sent alone since */
	lost(group: readonly Delivery[]): boolean {
		const again = group.length === 1 && this.#lost.has(group[0]!.stamp);
		for (const {stamp} of group) {
			this.#lost.add(stamp);
		}

		return again;
	}

	/** Whether this program sent it, and lost the answer. */
	wasLost(stamp: string): boolean {
		return this.#lost.has(stamp);
	}

	/** Counts a fault of a message that was sent alone. */
	faulted({stamp}: Delivery): number {
		const count = (this.#faults.get(stamp) ?? 0) + 1;
		this.#faults.set(stamp, count);
		return count;
	}

	/** A batch was too large as a whole. */
	tooLarge(bytes: number): void {
		this.#batchBytes = Math.min(this.#batchBytes, Math.floor(bytes / 2));
	}

	stored({stamp}: Delivery, stamped: boolean): void {
		this.#lost.delete(stamp);
		this.#faults.delete(stamp);
		this.stampSeen ||= stamped;
	}

	/** Splits a batch, in order, into what is sent in one call. */
	split(batch: readonly Delivery[]): Delivery[][] {
		const groups: Delivery[][] = [];
		let room = 0;
		for (const delivery of batch) {
			const {stamp, bytes} = delivery;
			// Nothing at all as a message is known to spoil the whole call.
			const alone = this.stampless || this.#lost.has(stamp) || bytes.length === 0;
			if (alone || bytes.length > room) {
				groups.push([delivery]);
				room = alone ? -1 : this.#batchBytes - bytes.length;
			} else {
				groups.at(-1)!.push(delivery);
				room -= bytes.length;
			}
		}

		return groups;
	}
}
