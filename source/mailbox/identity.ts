import {createHash} from 'node:crypto';
import {type FolderPath} from './mailbox.js';

/** The key of a source message: which folder, which life of that folder, which UID in it. */
export type MessageKey = {
	readonly folder: FolderPath;
	/** UIDVALIDITY, with our own suffix where one UIDVALIDITY has seen two lives (`1`, `1+1`). */
	readonly generation: string;
	readonly uid: number;
};

/** What a message is, wherever it lies, in a store that keeps bytes. */
export type Fingerprint = {
	/** SHA-256 of the bytes as read, base64url without padding (43 characters). */
	readonly hash: string;
	/** Length of those bytes. */
	readonly size: number;
	/** Milliseconds since 1970 UTC. */
	readonly receivedAt: number;
};

/** SHA-256 of message bytes, base64url. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');

/** The whole second that an instant (milliseconds since 1970) lies in: what stores keep of a received date. Before 1970 it begins earlier, too. */
export const secondOf = (time: number): number => Math.floor(time / 1000);

/** Whether two received dates are one to stores that keep whole seconds. */
export const sameSecond = (one: number, other: number): boolean => secondOf(one) === secondOf(other);

/** Equal texts for equal byte fingerprints: a key for multisets. INTERNALDATE has whole seconds. */
export const fingerprintKey = (fingerprint: Fingerprint): string => `${fingerprint.hash} ${fingerprint.size} ${secondOf(fingerprint.receivedAt)}`;
