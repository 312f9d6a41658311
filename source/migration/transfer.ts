import {type PreparedFolder} from '../mailbox/destination.js';
import {type Failure} from '../mailbox/failure.js';
import {headlineOf} from '../mailbox/headline.js';
import {type Fingerprint} from '../mailbox/identity.js';
import {type Moves} from './moves.js';
import {type Alarm, type ByteBudget} from './condition.js';
import {type Context} from './context.js';
import {type Pace} from './pace.js';
import {prepareFolder} from './place.js';
import {type FolderWork, putBack} from './work.js';

/** What transfer needs from the run that it is part of. */
export type Transfer = {
	readonly context: Context;
	readonly works: FolderWork[];
	readonly moves: Moves;
	readonly pace: Pace;
	readonly budget: ByteBudget;
	/** True when nothing can be left to do. */
	readonly isDone: () => boolean;
	/** Hands over a message whose delivery has an unknown outcome. */
	readonly unsure: (work: FolderWork, uid: number) => void;
	/**
	Whether an equal message, whose key the source no longer has, may still turn out to be delivered: it is being
	looked for, or was given up for this run.
	*/
	readonly doubts: (fingerprint: Fingerprint) => 'open' | 'left' | undefined;
	/** Reads a message again after a while. */
	readonly later: (work: FolderWork, uid: number, wait: number) => void;
	/** Wakes the lanes at a time to come. */
	readonly alarm: Alarm;
	/** The folder is another one than was listed. */
	readonly changed: (work: FolderWork) => Promise<void>;
	/** Failures of the line in a row, for the wait between them. */
	troubles: number;
	/** When the present series of troubles began. */
	troubledSince: number;
};

/** Failures of one message that are worth another try in the same run. */
const curable = new Set(['message-refused', 'message-unreadable', 'message-incomplete', 'server-unavailable', 'server-nonsense']);

/** Takes a folder out of this run; the others go on. */
export const failFolder = ({context, budget}: Transfer, work: FolderWork, failure: Failure): void => {
	if (work.failed) {
		return;
	}

	work.failed = true;
	dropReady(budget, work);
	context.tell({type: 'folder.failed', folder: work.path, failure});
	context.control.changed.notify();
};

/** Messages read and not sent go back: they are read again if the folder goes on. */
export const dropReady = (budget: ByteBudget, work: FolderWork): void => {
	const dropped = work.ready.splice(0);
	for (const delivery of dropped) {
		budget.give(delivery.bytes.length);
	}

	putBack(work, dropped.map(delivery => delivery.key.uid));
};

/** A message could not be read or was not stored: try again later in this run, or put the failure on record. */
export const retryOrRefuse = (transfer: Transfer, work: FolderWork, message: {uid: number; size: number; receivedAt: number}, failure: Failure, bytes?: Uint8Array): void => {
	const {context} = transfer;
	const attempt = (work.attempts.get(message.uid) ?? 0) + 1;
	work.attempts.set(message.uid, attempt);
	if (curable.has(failure.code) && attempt <= context.choices.maxRetries) {
		context.tell({
			type: 'message.retrying', folder: work.path, uid: message.uid, failure, attempt,
		});
		transfer.later(work, message.uid, 1000 * (2 ** (attempt - 1)));
		return;
	}

	const {subject, from: sender} = bytes ? headlineOf(bytes) : {};
	work.underWay--;
	context.journal.append({
		type: 'refused', folder: work.record.number, uid: message.uid, at: context.clock.now(), code: failure.code, outcome: failure.outcome,
		...(failure.detail && {detail: failure.detail}), size: message.size, receivedAt: message.receivedAt,
		...(subject && {subject}), ...(sender && {from: sender}), attempts: attempt,
		// What could not be read was tried by no road.
		...(bytes && {roads: [...context.choices.refusedBy?.(work.path, message.uid) ?? [], context.traits.transport]}),
	});
	context.tell({
		type: 'message.refused', folder: work.path, uid: message.uid, bytes: message.size, from: 'remaining', failure,
		...(subject && {subject}), ...(sender && {sender}), attempts: attempt,
	});
};

/** The destination folder, made ready once for each folder of the run. */
export const ready = async ({context, works}: Transfer, work: FolderWork): Promise<PreparedFolder> => {
	work.prepared ??= prepareFolder(context, works, work);
	try {
		return await work.prepared;
	} catch (error) {
		work.prepared = undefined;
		throw error;
	}
};

/** Tells that nothing of a folder is left to do, once. */
export const completeIfSettled = ({context}: Transfer, work: FolderWork): void => {
	if (!work.completed && !work.failed && work.underWay === 0 && work.held === 0 && work.pending.length === 0) {
		work.completed = true;
		context.tell({type: 'folder.completed', folder: work.path});
	}
};
