import {type FolderPath, type MessageEntry} from '../mailbox/mailbox.js';
import {type Delivery, type PreparedFolder} from '../mailbox/destination.js';
import {type Listing} from '../mailbox/listing.js';
import {type FolderMapping} from '../mailbox/folder-map.js';
import {type Candidates} from './adoption.js';
import {type FolderRecord} from './record-folder.js';
import {type Control} from './control.js';

/** One folder's share of a run. */
export type FolderWork = {
	/** Changed where the destination turns out to hold names equal that we do not. */
	mapping: FolderMapping;
	readonly path: FolderPath;
	/** Renewed when the folder turns out to have begun another life. */
	record: FolderRecord;
	listing: Listing;
	/** UIDs still to be read, as a stack: the next is last. */
	pending: number[];
	pendingBytes: number;
	/** Read and waiting for a lane. */
	readonly ready: Delivery[];
	/** Messages taken from `pending` and without a fate yet. */
	underWay: number;
	/** Readers at it now. */
	readers: number;
	/** Deliveries (batches) at it now. */
	lanes: number;
	/** Set while unsure messages are looked for: no delivery may run, or its copy could be taken for another. */
	looking: boolean;
	/** Waiting to be tried again, or to be looked for. */
	held: number;
	readonly attempts: Map<number, number>;
	/** How often a connection was lost over one message alone. */
	readonly losses: Map<number, number>;
	prepared?: Promise<PreparedFolder>;
	candidates?: Promise<Candidates>;
	resurveys: number;
	failed: boolean;
	completed: boolean;
};

export type Window = {readonly work: FolderWork; readonly messages: MessageEntry[]};

/** A reader takes so many messages at once, or so many bytes: enough to pay a round trip once for many. */
const windowMessages = 64;
const windowBytes = 4 * 1024 * 1024;

const isOpen = (work: FolderWork, control: Control): boolean => !work.failed && !control.isSkipped(work.path);

/**
Which messages are read next: of the folders with the fewest readers at them, the one with the most bytes to go. So the
large folder is begun first and small ones run beside it, and where fewer folders are left than readers these share them.
*/
export const nextWindow = (folders: readonly FolderWork[], control: Control): Window | undefined => {
	let best: FolderWork | undefined;
	let bestWeight = -1;
	for (const work of folders) {
		if (work.pending.length > 0 && isOpen(work, control) && !control.isPaused(work.path)) {
			const weight = work.pendingBytes + (work.pending.length * 4096);
			if (!best || work.readers < best.readers || (work.readers === best.readers && weight > bestWeight)) {
				best = work;
				bestWeight = weight;
			}
		}
	}

	if (!best) {
		return undefined;
	}

	const messages: MessageEntry[] = [];
	let bytes = 0;
	while (best.pending.length > 0 && messages.length < windowMessages) {
		const entry = best.listing.get(best.pending.at(-1)!);
		if (entry && messages.length > 0 && bytes + entry.size > windowBytes) {
			break;
		}

		best.pending.pop();
		if (entry) {
			messages.push(entry);
			bytes += entry.size;
			best.pendingBytes -= entry.size;
			best.underWay++;
		}
	}

	// Retried UIDs were put on top: what is fetched in one go is in order all the same.
	messages.sort((a, b) => a.uid - b.uid);
	return {work: best, messages};
};

/** Puts messages back to be read again. */
export const putBack = (work: FolderWork, uids: Iterable<number>): void => {
	for (const uid of [...uids].reverse()) {
		const entry = work.listing.get(uid);
		if (entry) {
			work.pending.push(uid);
			work.pendingBytes += entry.size;
		}

		work.underWay--;
	}
};

/** The fullest ready folder that may be delivered into now. */
export const nextReady = (folders: readonly FolderWork[], control: Control, overlap: boolean): FolderWork | undefined => {
	let best: FolderWork | undefined;
	for (const work of folders) {
		const free = !work.looking && (overlap || work.lanes === 0);
		if (work.ready.length > 0 && free && isOpen(work, control) && !control.isPaused(work.path) && (!best || work.ready.length > best.ready.length)) {
			best = work;
		}
	}

	return best;
};

/** Takes a batch from a folder's ready messages. */
export const takeBatch = (work: FolderWork, limit: {readonly messages: number; readonly bytes: number}): Delivery[] => {
	let bytes = 0;
	let count = 0;
	for (const delivery of work.ready) {
		if (count === limit.messages || (count > 0 && bytes + delivery.bytes.length > limit.bytes)) {
			break;
		}

		bytes += delivery.bytes.length;
		count++;
	}

	return work.ready.splice(0, count);
};

/** Whether a folder needs nothing more in this run. */
export const isSettled = (work: FolderWork, control: Control): boolean => work.underWay === 0 && work.held === 0 && work.lanes === 0 && (work.pending.length === 0 || !isOpen(work, control));
