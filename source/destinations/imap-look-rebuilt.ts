import {type Unsure} from '../mailbox/destination.js';
import {envelopeHash, type Envelope} from '../mailbox/envelope.js';
import {FailureError} from '../mailbox/failure.js';
import {groupBy} from '../mailbox/group-by.js';
import {secondOf} from '../mailbox/identity.js';

/** A stored message, with what its header says. */
export type Rebuilt = {readonly id: string; readonly uid: number; /** Received. */ readonly second: number; readonly header: Envelope};

/** The store makes a Message-ID where a message has none. */
const hasHeader = ({header}: Rebuilt, {envelope, fingerprint: {receivedAt}}: Unsure): boolean => envelopeHash(header, receivedAt) === envelope || envelopeHash({...header, messageId: ''}, receivedAt) === envelope;

const isSame = (one: Rebuilt, sought: Unsure): boolean => hasHeader(one, sought) && one.second === secondOf(sought.fingerprint.receivedAt);

const unknown = (detail: string): FailureError => new FailureError('delivery-unknown', {detail});

/**
Of a store that rebuilds MIME the bytes prove nothing: what survives is the header and the received date (design, section
2). As with bytes, each stored message settles one at most. Of several in doubt that have these in common and differ in
content, all are there or none, else nothing may be concluded: `unsure` must hold all of them.

@param free those that came since and belong to nobody
@param mayBe whether a stored message came late enough to be this one
@throws delivery-unknown where one that is there may be one that is looked for
*/
export const settleRebuilt = <T extends Rebuilt>(unsure: readonly Unsure[], free: readonly T[], mayBe: (one: T, sought: Unsure) => boolean): Array<string | undefined> => {
	const found: Array<string | undefined> = Array.from({length: unsure.length});
	const left = new Set(free);
	const known = [...unsure.entries()].filter(([, {envelope}]) => envelope !== undefined);
	for (const group of groupBy(known, ([, {envelope, fingerprint}]) => `${envelope} ${secondOf(fingerprint.receivedAt)}`).values()) {
		const there = [...left].filter(one => isSame(one, group[0]![1]));
		const contents = new Set(group.map(([, {fingerprint}]) => fingerprint.hash));
		if (contents.size > 1 && there.length > 0 && there.length < group.length) {
			throw unknown('this server rebuilds messages, and which of several with its header is there cannot be told');
		}

		for (const [position, sought] of group) {
			const match = there.find(one => left.has(one) && mayBe(one, sought));
			if (match) {
				left.delete(match);
				found[position] = match.id;
			}
		}
	}

	// Neither header nor received date in common: another message, of a mailbox that is in use.
	const isDoubtful = (one: T, sought: Unsure): boolean => mayBe(one, sought)
		&& (sought.envelope === undefined || hasHeader(one, sought) || one.second === secondOf(sought.fingerprint.receivedAt));
	if (unsure.some((sought, position) => found[position] === undefined && [...left].some(one => isDoubtful(one, sought)))) {
		throw unknown('this server rebuilds messages, and one that came since may be this one');
	}

	return found;
};
