import {type Delivery, type DeliveryResult} from '../mailbox/destination.js';
import {FailureError, type Failure} from '../mailbox/failure.js';
import {type Tell} from './told-once.js';

/** Of what a stop has kept from being sent. */
export const stopped = (): Failure => new FailureError('connection-lost', {detail: 'stopped before it was sent', outcome: 'not stored'}).failure;

/**
Delivers one after another, and tells of each; none after a stop, or after a failure that reaches beyond its message.

@returns that failure: what came after it was not sent
*/
export const inOrder = async (batch: readonly Delivery[], {tell, signal, one}: {
	readonly tell: Tell;
	readonly signal: AbortSignal;
	readonly one: (delivery: Delivery) => Promise<DeliveryResult>;
}): Promise<Failure | undefined> => {
	let stop: Failure | undefined;
	for (const delivery of batch) {
		stop ??= signal.aborted ? stopped() : undefined;
		let result: DeliveryResult;
		if (stop) {
			result = {stored: false, failure: {...stop, outcome: 'not stored'}};
		} else {
			// eslint-disable-next-line no-await-in-loop -- one after another
			result = await one(delivery);
			stop = result.stored || result.failure.reach === 'message' ? undefined : result.failure;
		}

		tell(delivery, result);
	}

	return stop;
};
