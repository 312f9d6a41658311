import {envelopeOf} from '../mailbox/envelope.js';
import {type Stored} from '../mailbox/destination.js';
import {sameSecond, secondOf} from '../mailbox/identity.js';
import {FailureError} from '../mailbox/failure.js';
import {type FolderPath, pathKey} from '../mailbox/mailbox.js';
import {type Context} from './context.js';
import {hasHeader, Likeness, type Recorded} from './likeness.js';
import {type FolderRecord} from './record-folder.js';
import {idHash} from './record-hash.js';
import {recordedOf, recordedUnlisted} from './recorded.js';

/** No road is at work on what we lost for longer, in milliseconds. */
export const longestWork = 90_000;

type Message = {readonly record: FolderRecord; readonly uid: number};

/**
Looks for messages whose delivery by another road has an unknown outcome: this one knows neither that road's ids nor,
perhaps, its stamps. What is known of them is compared with the folder's messages of the same received second, after those that
were delivered there were taken out: identical copies count.

@returns for each message the id found, or undefined
@throws delivery-unknown where one that is there may be one that is looked for, and whatever kept it from looking
*/
export const lookAcross = async (context: Context, path: FolderPath, messages: readonly Message[]): Promise<Array<string | undefined>> => {
	const {destination, journal, control} = context;
	const listing = await destination.list(path, control.stopping);
	if (!listing) {
		return messages.map(() => undefined);
	}

	const listed = [...listing];
	const seconds = new Set(messages.map(({record, uid}) => secondOf(record.get(uid)!.receivedAt)));
	const claimed = journal.record.claims(path);
	const likeness = new Likeness();
	for (const stored of await withEnvelopes(context, path, listed.filter(({id, receivedAt}) => seconds.has(secondOf(receivedAt)) && !claimed(id)))) {
		likeness.add(stored);
	}

	const ids = new Set(listed.map(({id}) => idHash(id)));
	for await (const recorded of recordedUnlisted(context, path, ids, receivedAt => seconds.has(secondOf(receivedAt)))) {
		likeness.takeRecorded(recorded);
	}

	const recorded = await Promise.all(messages.map(async ({record, uid}): Promise<Recorded> =>
		recordedOf(await journal.details(record.number, uid), context.source.account, record, uid) ?? {stamp: '', receivedAt: record.get(uid)!.receivedAt}));
	// A stamp says which it is; what is left is told by its header only.
	const found: Array<Stored | undefined> = recorded.map(one => likeness.takeRecorded({...one, envelope: undefined}));
	const rivals = await unsureHeaders(context, path, seconds);
	for (const [position, one] of recorded.entries()) {
		const contents = rivals.get(headerOf(one)) ?? [];
		const there = likeness.rest().filter(stored => stored.stamp === undefined && sameSecond(stored.receivedAt, one.receivedAt) && hasHeader(stored, one.envelope, one.receivedAt)).length;
		if (found[position] === undefined && there > 0 && there < contents.length && new Set(contents).size > 1) {
			throw new FailureError('delivery-unknown', {detail: 'it was sent by another transport, and which of several messages with its header is there cannot be told'});
		}
	}

	for (const [position, one] of recorded.entries()) {
		found[position] ??= likeness.takeRecorded(one);
	}

	const left = new Set(likeness.rest().filter(({stamp}) => stamp === undefined).map(({receivedAt}) => secondOf(receivedAt)));
	if (messages.some(({record, uid}, position) => found[position] === undefined && left.has(secondOf(record.get(uid)!.receivedAt)))) {
		throw new FailureError('delivery-unknown', {detail: 'it was sent by another transport, and a message of the same moment may be this one'});
	}

	return found.map(stored => stored?.id);
};

/**
The ids by which this road lists what others delivered in a folder: a message in doubt must not be taken for one of these. Told by
header and received second where there are no stamps: of several that have them in common, as many as were delivered.
*/
export const idsFromOthers = async (context: Context, path: FolderPath, messages: readonly Message[]): Promise<ReadonlySet<string>> => {
	const {destination, journal, control, traits} = context;
	const ids = new Set<string>();
	const seconds = new Set(messages.map(({record, uid}) => secondOf(record.get(uid)!.receivedAt)));
	const isNear = ({state, receivedAt}: {readonly state: string; readonly receivedAt: number}): boolean => (state === 'delivered' || state === 'already-there') && seconds.has(secondOf(receivedAt));
	const neighbours = journal.record.folders.filter(record => pathKey(record.destination) === pathKey(path) && [...record.entries()].some(entry => isNear(entry)));
	const listing = traits.keepsBytes || neighbours.length === 0 ? undefined : await destination.list(path, control.stopping);
	if (!listing) {
		return ids;
	}

	const listed = [...listing];
	const claimed = journal.record.claims(path);
	const others = recordedUnlisted(context, path, new Set(listed.map(({id}) => idHash(id))), receivedAt => seconds.has(secondOf(receivedAt)));
	let likeness: Likeness | undefined;
	for await (const recorded of others) {
		if (!likeness) {
			likeness = new Likeness();
			for (const stored of await withEnvelopes(context, path, listed.filter(({id, receivedAt}) => seconds.has(secondOf(receivedAt)) && !claimed(id)))) {
				likeness.add(stored);
			}
		}

		const stored = likeness.takeRecorded(recorded);
		if (stored) {
			ids.add(stored.id);
		}
	}

	return ids;
};

const headerOf = ({envelope, receivedAt}: Recorded): string => `${envelope ?? ''} ${secondOf(receivedAt)}`;

/** The contents (hashes) of all that was left in doubt in a folder and bears no stamp that this road would know it by, by header and second. */
const unsureHeaders = async ({journal, traits}: Context, path: FolderPath, seconds: ReadonlySet<number>): Promise<Map<string, string[]>> => {
	const headers = new Map<string, string[]>();
	for (const record of journal.record.folders.filter(folder => pathKey(folder.destination) === pathKey(path))) {
		for (const {uid, receivedAt} of record.entries('unsure')) {
			// eslint-disable-next-line no-await-in-loop -- Few, and from disk.
			const {intent} = seconds.has(secondOf(receivedAt)) ? await journal.details(record.number, uid) : {};
			// What IMAP itself sent has no stamp either.
			if (intent && (intent.road !== traits.transport || traits.transport === 'imap')) {
				const key = headerOf({stamp: '', receivedAt, envelope: intent.envelope});
				headers.set(key, [...headers.get(key) ?? [], intent.fingerprint.hash]);
			}
		}
	}

	return headers;
};

/** Reads the header of those whose listing does not tell it. */
const withEnvelopes = async ({destination, control}: Context, path: FolderPath, stored: readonly Stored[]): Promise<Stored[]> => {
	const known = stored.filter(({envelope}) => envelope !== undefined);
	const unknown = new Map(stored.filter(({envelope}) => envelope === undefined).map(one => [one.id, one]));
	if (unknown.size > 0) {
		for await (const content of destination.read(path, [...unknown.values()], control.stopping)) {
			if ('bytes' in content) {
				known.push({...unknown.get(content.id)!, envelope: envelopeOf(content.bytes)});
			} else if ('failure' in content) {
				throw new FailureError('delivery-unknown', {detail: 'a message of the same moment cannot be read'});
			}
		}
	}

	return known;
};
