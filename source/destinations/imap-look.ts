import {Buffer} from 'node:buffer';
import {type Unsure} from '../mailbox/destination.js';
import {envelopeOf, type Envelope} from '../mailbox/envelope.js';
import {FailureError} from '../mailbox/failure.js';
import {hashOf, secondOf} from '../mailbox/identity.js';
import {type Listing} from '../mailbox/listing.js';
import {type ReadResult} from '../mailbox/source.js';
import {settleRebuilt} from './imap-look-rebuilt.js';

/** A stored message that may be one of the unsure. */
export type Candidate = {readonly id: string; readonly uid: number; /** Fingerprint hashes it may have been delivered under. */ readonly hashes: readonly string[]; readonly second: number; readonly size: number; /** CRLFs in it. */ readonly lines: number; readonly header: Envelope};

/** Whether a message of this UID may have come with a delivery of this intent (design, section 7, rule 5). */
const isLater = (uid: number, unsure: Unsure, generation: string): boolean => unsure.generation !== generation || uid >= (Number(unsure.watermark) || 1);

/**
Matches unsure messages with stored ones as a multiset: each stored message settles one at most, two identical
unsure messages need two. Equal bytes and received date come first, then equal bytes: a server may keep no dates.

@returns for each unsure message the id found, or undefined
@param rebuilt the store rebuilds messages: any that came since and belongs to nobody may be the one
@throws delivery-unknown when one stored message may be an unsure one in another form
*/
export const settle = (unsure: readonly Unsure[], candidates: readonly Candidate[], generation: string, rebuilt = false): Array<string | undefined> => {
	const free = new Set(candidates);
	const found: Array<string | undefined> = Array.from({length: unsure.length});
	for (const strict of [true, false]) {
		for (const [position, one] of unsure.entries()) {
			if (found[position] !== undefined) {
				continue;
			}

			const {hash, receivedAt} = one.fingerprint;
			const match = [...free].find(candidate => candidate.hashes.includes(hash) && isLater(candidate.uid, one, generation) && (!strict || candidate.second === secondOf(receivedAt)));
			if (match) {
				free.delete(match);
				found[position] = match.id;
			}
		}
	}

	if (rebuilt) {
		const open = [...unsure.keys()].filter(position => found[position] === undefined);
		const ids = settleRebuilt(open.map(position => unsure[position]!), [...free], (candidate, one) => isLater(candidate.uid, one, generation));
		for (const [index, position] of open.entries()) {
			found[position] = ids[index];
		}

		return found;
	}

	// A message with both CRLF and bare LF is served with CRLF throughout, and its hash is nowhere to be had again.
	const nearMiss = unsure.some((one, position) => found[position] === undefined && [...free].some(candidate => candidate.second === secondOf(one.fingerprint.receivedAt)
		&& candidate.size > one.fingerprint.size && candidate.size - one.fingerprint.size <= candidate.lines && isLater(candidate.uid, one, generation)));
	if (nearMiss) {
		throw new FailureError('delivery-unknown', {detail: 'the destination holds a message of the same moment that may be this one with other line ends'});
	}

	return found;
};

/** Sizes as they are, grown by a CR for each bare LF (at most one byte in two), or without a last lone CR. */
const mayBe = (delivered: number, stored: number): boolean => stored >= delivered - 1 && stored <= 1.5 * delivered;

/**
Stores that keep bytes still serve CRLF for a bare LF and 0x80 for a NUL, and drop a lone CR at the end (Dovecot does all three): such a message must be
found again, or it would be sent twice.
*/
const hashesOf = (bytes: Uint8Array): string[] => {
	const hashes = [hashOf(bytes)];
	const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
	for (const variant of [text.replaceAll('\r\n', '\n'), text.replaceAll('\u0080', '\0'), `${text}\r`]) {
		if (variant !== text) {
			hashes.push(hashOf(Buffer.from(variant, 'latin1')));
		}
	}

	return hashes;
};

const lineEnds = (bytes: Uint8Array): number => {
	let count = 0;
	for (const [index, byte] of bytes.entries()) {
		count += byte === 0x0A && bytes[index - 1] === 0x0D ? 1 : 0;
	}

	return count;
};

/**
Reads and hashes those messages of a listing that could be one of the unsure: late enough, of a wanted size, unclaimed.

@throws FailureError when one of them cannot be read: then nothing may be concluded
*/
export const candidates = async (listing: Listing, unsure: readonly Unsure[], {claimed, rebuilt, read}: {
	readonly claimed: (id: string) => boolean; readonly rebuilt: boolean; readonly read: (messages: ReadonlyArray<{uid: number; size: number}>) => AsyncIterable<ReadResult>;
}): Promise<Candidate[]> => {
	const wanted: Array<{uid: number; size: number}> = [];
	for (const {uid, size} of listing) {
		if ((rebuilt || unsure.some(({fingerprint}) => mayBe(fingerprint.size, size))) && !claimed(`${listing.generation}:${uid}`) && unsure.some(one => isLater(uid, one, listing.generation))) {
			wanted.push({uid, size});
		}
	}

	const result: Candidate[] = [];
	for await (const message of read(wanted)) {
		if ('failure' in message) {
			throw new FailureError('delivery-unknown', {reach: 'folder', retry: 'later', detail: `message ${message.uid} of the destination could not be read`});
		}

		if ('bytes' in message) {
			result.push({
				id: `${listing.generation}:${message.uid}`, uid: message.uid, hashes: hashesOf(message.bytes), second: secondOf(listing.get(message.uid)!.receivedAt), size: message.bytes.length, lines: lineEnds(message.bytes), header: envelopeOf(message.bytes),
			});
		}
	}

	return result;
};
