import {type Unsure} from '../mailbox/destination.js';
import {envelopeHash} from '../mailbox/envelope.js';
import {FailureError} from '../mailbox/failure.js';
import {isStorableDate} from './ews-bodies.js';
import {type GraphStored} from './graph-item.js';

/** What is left to be done with a message that was found. */
export type Step = 'nothing' | 'complete' | 'move';

export type Found = {readonly id: string; readonly step: Step};

/** What the places hold that a message may be in. */
export type Places = {
	/** Its folder, and others it may have become. */
	readonly target: readonly GraphStored[];
	/** The hidden folder of ours. */
	readonly workshop: readonly GraphStored[];
};

/** Whether it was made after its intent's folder was made ready: what was there before is somebody else's. */
const isNew = ({createdAt}: GraphStored, {watermark}: Unsure): boolean => watermark === '' || createdAt === undefined || createdAt >= Number(watermark);

/** Whether it is without a stamp, and says in its header what was sent. */
const isBare = (stored: GraphStored, one: Unsure): boolean => stored.stamp === undefined && one.envelope !== undefined && isNew(stored, one)
	&& envelopeHash(stored.envelope!, one.fingerprint.receivedAt) === one.envelope;

/**
Matches unsure messages with what is there: by their stamp, the last thing that a message gets where it is built, or by
what its header says before that. Each stored message settles one at most.

@param keepsDate whether this mailbox is known to keep received dates, or not to: else a stamp alone will do
@returns for each unsure message what was found
*/
export const matchUnsure = (unsure: readonly Unsure[], {target, workshop}: Places, {claimed, keepsDate}: {
	readonly claimed: (id: string) => boolean;
	readonly keepsDate: boolean | undefined;
}): Array<Found | undefined> => {
	const [there, inMaking] = [target, workshop].map(list => new Set(list.filter(({id}) => !claimed(id)))) as [Set<GraphStored>, Set<GraphStored>];
	const found: Array<Found | undefined> = unsure.map(() => undefined);
	const pass = (free: Set<GraphStored>, step: Step, fits: (stored: GraphStored, one: Unsure) => boolean): void => {
		for (const [position, one] of unsure.entries()) {
			const match = found[position] ? undefined : [...free].find(stored => fits(stored, one));
			if (match) {
				free.delete(match);
				found[position] = {id: match.id, step};
			}
		}
	};

	const isStamped = (stored: GraphStored, {stamp, fingerprint}: Unsure): boolean => stored.stamp === stamp && isStorableDate(stored.receivedAt, fingerprint.receivedAt);
	const isStampedOnly = (stored: GraphStored, {stamp}: Unsure): boolean => stored.stamp === stamp && keepsDate !== true;
	pass(there, 'nothing', isStamped);
	pass(there, 'nothing', isStampedOnly);
	pass(there, 'complete', isBare);
	pass(inMaking, 'move', isStamped);
	pass(inMaking, 'move', isStampedOnly);
	return found;
};

/**
For a mailbox that has no room for our stamp: a message without one may be the one that is looked for.

@throws delivery-unknown
*/
export const doubtBare = (missing: readonly Unsure[], target: readonly GraphStored[], claimed: (id: string) => boolean): void => {
	const free = target.filter(({id, stamp}) => stamp === undefined && !claimed(id));
	if (missing.some(one => free.some(stored => isNew(stored, one)))) {
		throw new FailureError('delivery-unknown', {detail: 'the mailbox shows no stamps of ours, and a new message may be this one'});
	}
};
