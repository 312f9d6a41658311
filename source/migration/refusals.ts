import {type Failure} from '../mailbox/failure.js';
import {type FolderPath, pathKey} from '../mailbox/mailbox.js';
import {type Transport} from '../mailbox/destination.js';
import {type Event} from './events.js';
import {type Journal} from './journal.js';

/** What one road refuses another may take. Only what is known not to be stored: a copy may be invisible there (design, rule 2). */
const takenElsewhere = new Set<Failure['code']>(['message-too-large', 'message-refused', 'message-line-too-long', 'message-loses', 'message-asks-receipt']);

type Refused = {readonly folder: number; readonly path: FolderPath; readonly uid: number; readonly size: number; readonly code: Failure['code']; readonly roads: readonly Transport[]};

/** Messages that other roads refused. */
export class Refusals {
	readonly #messages: ReadonlyMap<string, Refused>;

	constructor(messages: readonly Refused[]) {
		this.#messages = new Map(messages.map(message => [keyOf(message.path, message.uid), message]));
	}

	get size(): number {
		return this.#messages.size;
	}

	has(path: FolderPath, uid: number): boolean {
		return this.#messages.has(keyOf(path, uid));
	}

	/** By which roads a message was tried. */
	roadsOf(path: FolderPath, uid: number): readonly Transport[] {
		return this.#messages.get(keyOf(path, uid))?.roads ?? [];
	}

	[Symbol.iterator](): Iterator<Refused> {
		return this.#messages.values();
	}
}

const keyOf = (path: FolderPath, uid: number): string => `${pathKey(path)} ${uid}`;

/** The refused messages of the record that this road has not been tried for. */
export const refusedElsewhere = async (journal: Journal, road: Transport, only?: (folder: FolderPath, uid: number) => boolean): Promise<Refusals> => {
	const found: Refused[] = [];
	for (const record of journal.record.folders) {
		if (journal.record.latest(record.path) !== record) {
			continue;
		}

		for (const {uid} of record.entries('refused')) {
			if (only && !only(record.path, uid)) {
				continue;
			}

			// eslint-disable-next-line no-await-in-loop -- few, and from disk
			const {fate} = await journal.details(record.number, uid);
			if (fate?.type === 'refused' && fate.outcome === 'not stored' && takenElsewhere.has(fate.code) && fate.roads && !fate.roads.includes(road)) {
				found.push({
					folder: record.number, path: record.path, uid, size: fate.size, code: fate.code, roads: fate.roads,
				});
			}
		}
	}

	return new Refusals(found);
};

/** Takes their fate back: they are to be tried again. */
export const reopenAll = (journal: Journal, refusals: Refusals, {now, tell}: {readonly now: number; readonly tell: (event: Event) => void}): void => {
	for (const {folder, path, uid, size, code} of refusals) {
		journal.append({
			type: 'reopened', folder, uid, at: now,
		});
		tell({
			type: 'message.reopened', folder: path, uid, bytes: size, from: 'refused', code,
		});
	}
};
