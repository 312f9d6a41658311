import {type Stored, type Unsure} from '../mailbox/destination.js';
import {FailureError} from '../mailbox/failure.js';
import {isStorableDate} from './ews-bodies.js';

/**
Matches unsure messages with what the folder holds under their stamps; each stored message settles one at most.

@returns for each unsure message the id found, or undefined
*/
export const matchStamps = (unsure: readonly Unsure[], stored: readonly Stored[], claimed: (id: string) => boolean): Array<string | undefined> => {
	const free = new Set(stored.filter(({id}) => !claimed(id)));
	return unsure.map(({stamp, fingerprint}) => {
		const match = [...free].find(one => one.stamp === stamp && isStorableDate(one.receivedAt, fingerprint.receivedAt));
		if (match) {
			free.delete(match);
		}

		return match?.id;
	});
};

/**
For a mailbox in which no stamp was ever seen: it may have refused ours, and a message without one may be the one that is
looked for.

@param listed the folder's messages
@throws delivery-unknown where one that belongs to nobody came at the same second
*/
export const doubtUnstamped = (missing: readonly Unsure[], listed: readonly Stored[], claimed: (id: string) => boolean): void => {
	const mayBe = listed.filter(({id, stamp}) => stamp === undefined && !claimed(id));
	if (missing.some(({fingerprint}) => mayBe.some(({receivedAt}) => isStorableDate(receivedAt, fingerprint.receivedAt)))) {
		throw new FailureError('delivery-unknown', {detail: 'the mailbox shows no stamps of ours, and a message of the same moment may be this one'});
	}
};
