/* eslint-disable no-await-in-loop -- A lane is a loop that waits. */
import {type Delivery, type DeliveryResult} from '../mailbox/destination.js';
import {type Failure, FailureError, failureOf} from '../mailbox/failure.js';
import {showPath} from '../mailbox/mailbox.js';
import {
	type Transfer, completeIfSettled, dropReady, failFolder, ready, retryOrRefuse,
} from './transfer.js';
import {type FolderWork, nextReady, takeBatch} from './work.js';

/** A line that stays dead so long ends the run; the next one carries on. */
const longestTrouble = 6 * 3_600_000;

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
		if (failure.reach === 'message') {
			work.losses.set(uid, (work.losses.get(uid) ?? 0) + 1);
		}

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
			if (work.prepared) {
				context.tell({
					type: 'warning', words: `The destination says that its folder "${showPath(work.mapping.destination)}" is gone: somebody deleted or moved it. It is looked for, and made again. Mail that went with it is not sent again by itself; "aw2ms365 verify" names it.`,
				});
			}

			work.prepared = undefined;
		}

		transfer.troubledSince = transfer.troubles === 0 ? now : transfer.troubledSince;
		if (now - transfer.troubledSince > longestTrouble) {
			context.fail(failure);
		} else {
			// Several lanes meet the same trouble: it counts once.
			const times = now >= pace.until ? transfer.troubles++ : Math.max(0, transfer.troubles - 1);
			pace.troubled(now, times);
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

		for (const {key, fingerprint, flags, announced, envelope} of batch) {
			journal.append({
				type: 'intent', folder: work.record.number, uid: key.uid, at: clock.now(), road: traits.transport, fingerprint, flags,
				generation: prepared.generation, watermark: prepared.watermark, ...(announced !== undefined && {announced}), ...(envelope && {envelope}),
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
