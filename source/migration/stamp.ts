import {createHash} from 'node:crypto';
import {type Account} from '../mailbox/mailbox.js';
import {type MessageKey} from '../mailbox/identity.js';

/**
The stamp of a message: derived from its key alone, so that a later run, on whatever machine, asks for the
same one. Stored with the message where the road can (EWS, Graph). 27 characters of base64url.
*/
export const stampOf = (account: Account, key: MessageKey): string => createHash('sha256')
	.update(JSON.stringify([account.host, account.user, key.folder, key.generation, key.uid]))
	.digest('base64url')
	.slice(0, 27);
