import {type Account, type FolderPath, pathKey} from '../mailbox/mailbox.js';
import {type Context} from './context.js';
import {type Details} from './journal.js';
import {type Recorded} from './likeness.js';
import {type FolderRecord} from './record-folder.js';
import {stampOf} from './stamp.js';

/** The envelope a message had when it was read, as a hash, and its content's hash. */
export const recordedContent = ({intent, fate}: Details): {readonly hash: string; readonly envelope?: string | undefined} | undefined => {
	const fact = fate?.type === 'already-there' ? fate : intent;
	return fact && {hash: fact.fingerprint.hash, envelope: fact.envelope};
};

/** A message as the record knows it, with the stamp it had or would have had. Undefined where no content is on record. */
export const recordedOf = (details: Details, account: Account, record: FolderRecord, uid: number): Recorded | undefined => {
	const content = recordedContent(details);
	return content && {
		stamp: stampOf(account, {folder: record.path, generation: record.generation, uid}, content.hash),
		receivedAt: record.get(uid)!.receivedAt,
		envelope: content.envelope,
	};
};

/**
Messages that the record says are in a destination folder, under ids that are not listed there: by another road, or moved there and back.

@param listed hashes of the ids that are
@param wanted which received dates are asked for; all if left out
*/
export const recordedUnlisted = async function * ({journal, source}: Pick<Context, 'journal' | 'source'>, path: FolderPath, listed: ReadonlySet<number>, wanted: (receivedAt: number) => boolean = () => true): AsyncGenerator<Recorded> {
	for (const record of journal.record.folders.filter(folder => pathKey(folder.destination) === pathKey(path))) {
		for (const {uid, state, receivedAt, idHash} of record.entries()) {
			if ((state === 'delivered' || state === 'already-there') && wanted(receivedAt) && !(idHash !== undefined && listed.has(idHash))) {
				// eslint-disable-next-line no-await-in-loop -- Few, and from disk.
				const recorded = recordedOf(await journal.details(record.number, uid), source.account, record, uid);
				if (recorded) {
					yield recorded;
				}
			}
		}
	}
};
