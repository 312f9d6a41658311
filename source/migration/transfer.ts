/* eslint-disable no-await-in-loop -- Readers and lanes are loops that wait. */
import {type MessageEntry} from '../mailbox/mailbox.js';
import {type Delivery, type DeliveryResult, type PreparedFolder} from '../mailbox/destination.js';
import {type ReadResult} from '../mailbox/source.js';
import {type Failure, FailureError, failureOf} from '../mailbox/failure.js';
import {type Fingerprint, hashOf} from '../mailbox/identity.js';
import {headlineOf} from '../mailbox/headline.js';
import {type Alarm, type ByteBudget} from './condition.js';
import {type Context} from './context.js';
import {type Pace} from './pace.js';
import {findCandidates, type Moves} from './adoption.js';
import {prepareFolder} from './place.js';
import {stampOf} from './stamp.js';
import {
	type Candidates, type FolderWork, type Window, nextReady, nextWindow, putBack, takeBatch,
} from './work.js';

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

/** A line that stays dead so long ends the run; the next one carries on. */
const longestTrouble = 6 * 3_600_000;

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
const retryOrRefuse = (transfer: Transfer, work: FolderWork, message: {uid: number; size: number; receivedAt: number}, failure: Failure, bytes?: Uint8Array): void => {
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
	});
	context.tell({
		type: 'message.refused', folder: work.path, uid: message.uid, bytes: message.size, from: 'remaining', failure,
		...(subject && {subject}), ...(sender && {sender}), attempts: attempt,
	});
};

/** The destination folder, made ready once for each folder of the run. */
const ready = async ({context, works}: Transfer, work: FolderWork): Promise<PreparedFolder> => {
	work.prepared ??= prepareFolder(context, works, work);
	try {
		return await work.prepared;
	} catch (error) {
		work.prepared = undefined;
		throw error;
	}
};

/** First the place, then what lies there: it may turn out to be another one than was planned. */
const candidatesFor = async (transfer: Transfer, work: FolderWork): Promise<Candidates> => {
	await ready(transfer, work);
	work.candidates ??= findCandidates(transfer.context, work);
	return work.candidates;
};

/** What may still arrive for certain, or not, is asked for again so much later (milliseconds). */
const doubtWait = 5000;

/** A message that was read: adopted if it is already there, else made ready for a lane. @returns whether it keeps its place in the budget */
const accept = (transfer: Transfer, work: FolderWork, {entry, result, candidates}: {
	readonly entry: MessageEntry; readonly result: Extract<ReadResult, {bytes: Uint8Array}>; readonly candidates: Candidates;
}): boolean => {
	const {context, moves, budget} = transfer;
	const {bytes} = result;
	const receivedAt = result.receivedAt ?? entry.receivedAt;
	const fingerprint = {hash: hashOf(bytes), size: bytes.length, receivedAt};
	const {announced} = result;
	const doubt = transfer.doubts(fingerprint);
	if (doubt === 'open') {
		transfer.later(work, entry.uid, doubtWait);
		return false;
	}

	if (doubt === 'left') {
		// It remains, for a run that can tell.
		work.underWay--;
		return false;
	}

	const moved = moves.take(fingerprint, work.mapping.destination);
	const id = moved ? undefined : candidates.take(fingerprint);
	if (moved ?? id) {
		const superseded = moved?.record.get(moved.uid);
		context.journal.append({
			type: 'already-there', folder: work.record.number, uid: entry.uid, at: context.clock.now(), road: context.traits.transport,
			fingerprint, flags: entry.flags, ...(announced !== undefined && {announced}), ...(id && {id}),
			...(moved && {moved: {folder: moved.record.number, uid: moved.uid}}),
		});
		work.underWay--;
		context.tell({
			type: 'message.already-there', folder: work.path, uid: entry.uid, bytes: entry.size, from: 'remaining',
			...(moved && superseded && {
				supersedes: {
					folder: moved.record.path, uid: moved.uid, state: superseded.state as 'delivered' | 'already-there', lossy: superseded.lossy,
				},
			}),
		});
		return false;
	}

	const key = {folder: work.path, generation: work.record.generation, uid: entry.uid};
	// Taken by what was announced, before it was read; given back by its length.
	budget.correct(bytes.length - entry.size);
	work.ready.push({
		key, stamp: stampOf(context.source.account, key), bytes, fingerprint, flags: entry.flags, ...(announced !== undefined && {announced}),
	});
	context.control.changed.notify();
	return true;
};

/** Reads one window of messages. What got no answer goes back. */
const readWindow = async (transfer: Transfer, {work, messages}: Window): Promise<void> => {
	const {context, budget} = transfer;
	const {control, source} = context;
	const open = new Map(messages.map(entry => [entry.uid, entry]));
	const gone: MessageEntry[] = [];
	const {record} = work;
	let held = messages.reduce((sum, entry) => sum + entry.size, 0);
	await budget.take(held, control.stopping);
	try {
		for await (const result of source.read(work.path, work.listing.generation, messages, control.stopping)) {
			if (control.stopping.aborted || work.failed || work.record !== record) {
				break;
			}

			const entry = open.get(result.uid);
			if (!entry) {
				continue;
			}

			if ('gone' in result) {
				gone.push(entry);
				open.delete(result.uid);
			} else if ('failure' in result) {
				open.delete(result.uid);
				retryOrRefuse(transfer, work, entry, result.failure);
			} else if (isAnother(entry, result)) {
				await transfer.changed(work);
				break;
			} else {
				const candidates = await candidatesFor(transfer, work);
				// Another reader may have found meanwhile that the folder is not what was listed.
				if (work.failed) {
					break;
				}

				open.delete(result.uid);
				held -= accept(transfer, work, {entry, result, candidates}) ? entry.size : 0;
			}
		}

		await settleGone(transfer, work, gone.splice(0));
	} finally {
		budget.give(held);
		// What was not read, or not known to be gone, remains.
		putBack(work, [...open.keys(), ...gone.map(entry => entry.uid)]);
	}
};

/** The UID stands for another message than was listed (design, rule 7). */
const isAnother = (entry: MessageEntry, result: {bytes: Uint8Array; announced?: number; receivedAt?: number}): boolean => (result.announced ?? result.bytes.length) !== entry.size
	|| (result.receivedAt !== undefined && Math.trunc(result.receivedAt / 1000) !== Math.trunc(entry.receivedAt / 1000));

/** Vanished only if a fresh connection does not list it either (design, rule 8). */
const settleGone = async (transfer: Transfer, work: FolderWork, gone: MessageEntry[]): Promise<void> => {
	if (gone.length === 0) {
		return;
	}

	const {context} = transfer;
	const confirmed = await context.source.confirmGone(work.path, gone.map(entry => entry.uid), context.control.stopping);
	for (const entry of gone) {
		if (confirmed.has(entry.uid)) {
			work.underWay--;
			context.journal.append({
				type: 'vanished', folder: work.record.number, uid: entry.uid, at: context.clock.now(), size: entry.size, receivedAt: entry.receivedAt,
			});
			context.tell({
				type: 'message.vanished', folder: work.path, uid: entry.uid, bytes: entry.size, from: 'remaining',
			});
		} else {
			retryOrRefuse(transfer, work, entry, new FailureError('message-unreadable').failure);
		}
	}
};

/** One reader: windows after windows until nothing is left to read. */
export const readAll = async (transfer: Transfer): Promise<void> => {
	const {context, works} = transfer;
	const {control} = context;
	while (!control.stopping.aborted && !transfer.isDone()) {
		const window = nextWindow(works, control);
		if (!window) {
			await control.changed.wait();
			continue;
		}

		window.work.readers++;
		try {
			await readWindow(transfer, window);

			completeIfSettled(transfer, window.work);
		} catch (error) {
			if (control.stopping.aborted && !(error instanceof FailureError)) {
				return;
			}

			const failure = failureOf(error);
			if (failure.reach === 'folder') {
				if (failure.detail?.startsWith('UIDVALIDITY changed')) {
					await transfer.changed(window.work);
				} else {
					failFolder(transfer, window.work, failure);
				}
			} else {
				context.fail(failure);
			}
		} finally {
			window.work.readers--;
			control.changed.notify();
		}
	}
};

export const completeIfSettled = ({context}: Transfer, work: FolderWork): void => {
	if (!work.completed && !work.failed && work.underWay === 0 && work.held === 0 && work.pending.length === 0) {
		work.completed = true;
		context.tell({type: 'folder.completed', folder: work.path});
	}
};

/** What one answer of the destination does to the record. @returns a failure that reaches beyond the message */
const settleDelivery = (transfer: Transfer, work: FolderWork, delivery: Delivery, result: DeliveryResult): Failure | undefined => {
	const {context, budget, pace} = transfer;
	const {uid} = delivery.key;
	const {number} = work.record;
	// The record knows a message by what the source announced.
	const bytes = delivery.announced ?? delivery.bytes.length;
	if (result.stored) {
		budget.give(delivery.bytes.length);
		work.underWay--;
		transfer.troubles = 0;
		const lost = result.lost && result.lost.length > 0 ? result.lost : undefined;
		context.journal.append({
			type: 'delivered', folder: number, uid, at: context.clock.now(), ...(result.id && {id: result.id}), ...(lost && {lost}),
		});
		context.tell({
			type: 'message.delivered', folder: work.path, uid, bytes, from: 'remaining', ...(lost && {lost}),
		});
		if (pace.delivered()) {
			context.tell({type: 'pace', lanes: pace.lanes, reason: 'calm'});
		}

		return undefined;
	}

	const {failure} = result;
	if (failure.outcome === 'unknown') {
		budget.give(delivery.bytes.length);
		context.tell({
			type: 'message.unsure', folder: work.path, uid, bytes, failure,
		});
		transfer.unsure(work, uid);
		return failure.reach === 'message' ? undefined : failure;
	}

	context.journal.append({type: 'not-stored', folder: number, uid});
	if (failure.reach === 'message' && !context.control.stopping.aborted) {
		budget.give(delivery.bytes.length);
		retryOrRefuse(transfer, work, {uid, size: bytes, receivedAt: delivery.fingerprint.receivedAt}, failure, delivery.bytes);
		return undefined;
	}

	// The message is innocent: its bytes stay for the next try.
	work.ready.unshift(delivery);
	if (work.failed) {
		dropReady(budget, work);
	}

	return failure;
};

/** What a failure beyond the message means for the run. */
const bear = (transfer: Transfer, work: FolderWork, failure: Failure): void => {
	const {context, pace} = transfer;
	const now = context.clock.now();
	if (context.control.stopping.aborted) {
		return;
	}

	if (failure.code === 'throttled') {
		if (pace.throttled(now, failure.wait)) {
			context.tell({
				type: 'pace', lanes: pace.lanes, reason: 'throttled', until: pace.until,
			});
		}
	} else if (failure.reach === 'folder' && failure.retry !== 'now') {
		failFolder(transfer, work, failure);
	} else if (failure.retry === 'now') {
		if (failure.reach === 'folder') {
			// It was there a moment ago: it is looked for, and made, again.
			work.prepared = undefined;
		}

		transfer.troubledSince = transfer.troubles === 0 ? now : transfer.troubledSince;
		if (now - transfer.troubledSince > longestTrouble) {
			context.fail(failure);
		} else {
			pace.troubled(now, transfer.troubles++);
		}
	} else {
		context.fail(failure);
	}
};

/** One batch: intents on disk, then the first byte, then receipts. */
const deliverBatch = async (transfer: Transfer, work: FolderWork, batch: Delivery[]): Promise<void> => {
	const {context} = transfer;
	const {journal, destination, control, traits, clock} = context;
	const open = new Set(batch);
	const failed: Failure[] = [];
	const settle = (delivery: Delivery, result: DeliveryResult) => {
		if (!open.delete(delivery)) {
			return;
		}

		try {
			const failure = settleDelivery(transfer, work, delivery, result);
			if (failure) {
				failed.push(failure);
			}
		} catch (error) {
			// The record cannot be kept. Told here: the road would take it for a failure of its own.
			context.fail(failureOf(error));
		}
	};

	let sent = false;
	try {
		let prepared = await ready(transfer, work);
		if (!traits.tellsId) {
			prepared = await destination.refresh(prepared, control.stopping);
		}

		for (const {key, fingerprint, flags, announced} of batch) {
			journal.append({
				type: 'intent', folder: work.record.number, uid: key.uid, at: clock.now(), road: traits.transport, fingerprint, flags,
				generation: prepared.generation, watermark: prepared.watermark, ...(announced !== undefined && {announced}),
			});
		}

		sent = true;
		await journal.sync();
		await destination.deliver(prepared, batch, (position, result) => {
			settle(batch[position]!, result);
		}, control.stopping);
	} catch (error) {
		const failure = failureOf(error);
		if (!sent) {
			work.ready.unshift(...open);
			open.clear();
			if (work.failed) {
				dropReady(transfer.budget, work);
			}

			failed.push(failure);
		}

		for (const delivery of open) {
			settle(delivery, {stored: false, failure});
		}
	}

	// An adapter that forgot to report one is a bug, and the message unsure.
	for (const delivery of open) {
		settle(delivery, {stored: false, failure: new FailureError('bug', {detail: 'a delivery was not reported', outcome: 'unknown'}).failure});
	}

	if (failed[0]) {
		bear(transfer, work, failed[0]);
	}
};

/** One lane: batches after batches, while the pace grants this lane. */
export const deliverAll = async (transfer: Transfer, lane: number): Promise<void> => {
	const {context, works, pace} = transfer;
	const {control, clock, traits} = context;
	while (!control.stopping.aborted && !transfer.isDone()) {
		const now = clock.now();
		const work = lane < pace.lanes && now >= pace.until ? nextReady(works, control, traits.tellsId) : undefined;
		if (!work) {
			if (now < pace.until) {
				transfer.alarm.at(pace.until);
			}

			await control.changed.wait();
			continue;
		}

		const batch = takeBatch(work, context.choices.rateLimit > 0 ? {...traits.batch, messages: 1} : traits.batch);
		work.lanes++;
		try {
			const wait = pace.book(now, batch.length);
			if (wait > 0) {
				try {
					await clock.sleep(wait, control.stopping);
				} catch {
					return;
				}
			}

			await deliverBatch(transfer, work, batch);
		} catch (error) {
			context.fail(failureOf(error));
		} finally {
			work.lanes--;
			completeIfSettled(transfer, work);
			control.changed.notify();
		}
	}
};
/* eslint-enable no-await-in-loop */
