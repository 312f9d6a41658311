import {Buffer} from 'node:buffer';
import {
	type Delivery, type DeliveryResult, type MailDestination, type PreparedFolder, type Unsure,
} from '../../source/mailbox/destination.js';
import {hashOf} from '../../source/mailbox/identity.js';
import {never} from '../protocols/surroundings.js';

export const delivery = (text: string, {uid = 1, flags = [], receivedAt = Date.UTC(2020, 1, 2, 3, 4, 5)}: {uid?: number; flags?: string[]; receivedAt?: number} = {}): Delivery => {
	const bytes = Buffer.from(text, 'latin1');
	return {
		key: {folder: ['INBOX'], generation: '1', uid}, stamp: `stamp-${uid}`, bytes, fingerprint: {hash: hashOf(bytes), size: bytes.length, receivedAt}, flags,
	};
};

export const unsureOf = ({key, stamp, fingerprint, flags, envelope}: Delivery, {generation, watermark}: Pick<PreparedFolder, 'generation' | 'watermark'>): Unsure => ({
	key, stamp, fingerprint, flags, generation, watermark, ...(envelope !== undefined && {envelope}),
});

/** Delivers a batch and answers the results by position. */
export const deliver = async (destination: MailDestination, folder: PreparedFolder, batch: readonly Delivery[], signal = never): Promise<DeliveryResult[]> => {
	const results: DeliveryResult[] = [];
	await destination.deliver(folder, batch, (position, result) => {
		if (results[position]) {
			throw new Error(`position ${position} was reported twice`);
		}

		results[position] = result;
	}, signal);
	return results;
};
