import {createHash} from 'node:crypto';
import {type Account} from '../mailbox/mailbox.js';

/** The two mailboxes a journal and a lock are about. */
export type Accounts = {readonly source: Account; readonly destination: Account};

/** One spelling of an account: host and user names differ in case only by accident, and a lock must not miss that. */
const canonical = (account: Account): readonly [string, number, string] => [
	account.host.toLowerCase().replace(/\.$/v, ''),
	account.port,
	account.user.normalize('NFC').toLowerCase(),
];

/** A text that is equal exactly for the same two accounts. */
export const accountsKey = (accounts: Accounts): string => JSON.stringify([canonical(accounts.source), canonical(accounts.destination)]);

const slug = (user: string) => user.toLowerCase().replaceAll(/[^a-z\d.@_]+/gv, '-').replaceAll(/^[.\-]+|[.\-]+$/gv, '').slice(0, 40);

/**
The name of the files of two accounts, without extension: their user names, for people, and 80 bits of a
hash over everything that tells them apart. Lower-case ASCII only, so that it is one name on every file
system; at most 106 characters.
*/
export const journalName = (accounts: Accounts): string => {
	const hash = createHash('sha256').update(accountsKey(accounts)).digest('hex').slice(0, 20);
	return `${slug(accounts.source.user)}--${slug(accounts.destination.user)}--${hash}`;
};
