import {type Delivery, type DeliveryResult} from '../mailbox/destination.js';
import {FailureError, failureOf, type Failure} from '../mailbox/failure.js';

/** Tells what became of one delivery of the batch. */
export type Tell = (delivery: Delivery, result: DeliveryResult) => void;

/** Sends a batch and tells of each. @returns a failure that reaches beyond a message */
export type Send = (batch: readonly Delivery[]) => Promise<Failure | undefined>;

/**
Reports each delivery of a batch exactly once, whatever happens: those of which nothing was told as *not stored* where
sending has not begun, else as *unknown*.

@param ready makes what sends; nothing leaves before it has answered. Undefined where there is no such folder
@param gone called when the folder turned out to be gone
*/
export const toldOnce = async (given: readonly Delivery[], report: (position: number, result: DeliveryResult) => void, signal: AbortSignal, {ready, gone}: {
	readonly ready: (tell: Tell) => Promise<Send | undefined>;
	readonly gone?: () => void;
}): Promise<void> => {
	// Each its own: one that is given twice is stored, and reported, twice.
	const open = new Map<Delivery, number>(given.map((delivery, position) => [{...delivery}, position]));
	const tell: Tell = (delivery, result) => {
		const position = open.get(delivery);
		if (position === undefined) {
			throw new Error('a delivery is none of the batch, or was reported before');
		}

		open.delete(delivery);
		report(position, result);
	};

	let failure: Failure | undefined;
	let begun = false;
	try {
		signal.throwIfAborted();
		const send = await ready(tell);
		if (send) {
			begun = true;
			failure = await send([...open.keys()]);
		} else {
			failure = new FailureError('folder-gone').failure;
		}
	} catch (error) {
		failure = signal.aborted && !begun ? new FailureError('connection-lost', {detail: 'stopped before it was sent'}).failure : failureOf(error);
	}

	if (failure?.code === 'folder-gone') {
		gone?.();
	}

	for (const position of open.values()) {
		// Deliveries that were begun are all reported, unless it is a bug: then anything may have been stored.
		report(position, {stored: false, failure: {...failure ?? new FailureError('bug').failure, outcome: begun ? 'unknown' : 'not stored'}});
	}
};
