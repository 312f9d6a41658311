import {createHash} from 'node:crypto';
import {type Account} from '../mailbox/mailbox.js';
import {type MessageKey} from '../mailbox/identity.js';

const keyLength = 16;
const contentLength = 22;

/**
The stamp of a message: 16 characters of its key and 22 of its content, a dot between them, all base64url of
SHA-256. Derived, so that a later run, on whatever machine, asks for the same one. The content is in it because a
key alone may stand for another message one day (design, rule 7).

@param hash SHA-256 of the bytes as read, base64url
*/
export const stampOf = (account: Account, key: MessageKey, hash: string): string => {
	const ofKey = createHash('sha256').update(JSON.stringify([account.host, account.user, key.folder, key.generation, key.uid])).digest('base64url');
	return `${ofKey.slice(0, keyLength)}.${hash.slice(0, contentLength)}`;
};

/** The part of a stamp that stands for the content; '' where it is none of ours. */
export const contentOf = (stamp: string): string => stamp.length === keyLength + 1 + contentLength && stamp[keyLength] === '.' ? stamp.slice(keyLength + 1) : '';
