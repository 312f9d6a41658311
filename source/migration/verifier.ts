import {groupBy} from '../mailbox/group-by.js';
import {
	type Folder, type FolderPath, pathKey, pathOfKey, samePath,
} from '../mailbox/mailbox.js';
import {FailureError} from '../mailbox/failure.js';
import {type MailDestination, type Traits} from '../mailbox/destination.js';
import {type MailSource} from '../mailbox/source.js';
import {type Listing} from '../mailbox/listing.js';
import {type Fingerprint, hashOf} from '../mailbox/identity.js';
import {mapFolders} from '../mailbox/folder-map.js';
import {type Choices} from './context.js';
import {type Event, type VerdictKind} from './events.js';
import {noFindings} from './progress.js';
import {generationOf} from './reconcile.js';
import {idHash as hashOfId} from './record-hash.js';
import {type FolderRecord} from './record-folder.js';
import {type MailboxRecord} from './record.js';
import {Unclaimed} from './unclaimed.js';

export type VerifyOptions = {
	readonly source: MailSource;
	readonly destination: MailDestination;
	readonly traits: Traits;
	readonly record: MailboxRecord;
	readonly choices: Choices;
	readonly signal: AbortSignal;
	readonly tell: (event: Event) => void;
};

/** One source folder, what should be at the destination of it, and what was found. */
type Check = {
	readonly path: FolderPath;
	readonly destination: FolderPath;
	readonly listing: Listing | undefined;
	readonly records: readonly FolderRecord[];
	/** Generation that the listing belongs to; undefined where the record knows nothing of it. */
	readonly current: FolderRecord | undefined;
	compared: number;
	equal: number;
	readonly findings: Record<VerdictKind, number>;
};

/** A message that should be at the destination and was not found where it should be. */
type Absent = {
	readonly check: Check;
	readonly record?: FolderRecord;
	readonly uid: number;
	readonly receivedAt: number;
	readonly unsure: boolean;
	/** Known for messages read from the source. */
	readonly fingerprint?: Fingerprint;
};

const secondOf = (message: {readonly receivedAt: number}): number => Math.trunc(message.receivedAt / 1000);

const plainFlags = (flags: readonly string[]): string => flags.filter(flag => flag !== String.raw`\Recent`).map(flag => flag.toLowerCase()).sort().join(' ');

/**
Compares both sides message by message, by content, in both directions, and never writes (design, rule 12).

What the record says was delivered is looked up by its id and its bytes are compared with those that left the
source; what has no record is read at the source and looked for by its bytes. `missing` is said only after the
whole destination mailbox was searched.

@throws folder-unreadable, after the others were compared, when a source folder does not open
*/
export const verify = async (options: VerifyOptions): Promise<void> => {
	const {tell, signal} = options;
	tell({type: 'phase', phase: 'verifying'});
	if (!options.traits.keepsBytes) {
		tell({type: 'warning', words: 'This destination rebuilds messages: they are compared by id, received date and flags, not by content.'});
	}

	const {checks, destinationFolders, unopened} = await gather(options);
	const absent: Absent[] = [];
	const searched = new Map<string, Unclaimed>();
	for (const group of groupBy(checks, check => pathKey(check.destination)).values()) {
		// eslint-disable-next-line no-await-in-loop -- One folder after another: memory holds one at a time.
		searched.set(pathKey(group[0]!.destination), await compareFolder(options, group, absent));
	}

	for (const check of checks) {
		// eslint-disable-next-line no-await-in-loop -- As above.
		await matchUnrecorded(options, check, searched.get(pathKey(check.destination))!, absent);
	}

	await searchElsewhere(options, absent, searched, destinationFolders);
	for (const check of checks) {
		for (const uid of searched.get(pathKey(check.destination))?.uids() ?? []) {
			finding(options, check, 'extra', uid);
		}

		searched.delete(pathKey(check.destination));
		tell({
			type: 'verify.folder', folder: check.path, destination: check.destination, compared: check.compared, equal: check.equal, findings: check.findings,
		});
	}

	signal.throwIfAborted();
	// The others are proven; the whole is not.
	if (unopened) {
		throw unopened;
	}
};

const finding = ({tell}: VerifyOptions, check: Check, kind: VerdictKind, uid: number, detail?: string): void => {
	check.findings[kind]++;
	tell({
		type: 'verify.finding', kind, folder: check.path, destination: check.destination, uid, ...(detail && {detail}),
	});
};

/** Lists the source and pairs each folder with its records and its destination. */
const gather = async ({
	source, destination, traits, record, choices, signal, tell,
}: VerifyOptions): Promise<{checks: Check[]; destinationFolders: Folder[]; unopened?: FailureError}> => {
	const [folders, destinationFolders] = await Promise.all([source.folders(signal), destination.folders(signal)]);
	const mail = folders.filter(folder => folder.kind === 'mail');
	const left = new Set(mail.filter(folder => choices.excludes(folder)).map(folder => pathKey(folder.path)));
	const settled = record.folders.map(folder => ({source: folder.path, destination: folder.destination}));
	const mappings = mapFolders(mail, destinationFolders, traits.names, choices.folderMap, settled).filter(mapping => !left.has(pathKey(mapping.source)));
	const checks: Check[] = [];
	let unopened: FailureError | undefined;
	const check = (path: FolderPath, to: FolderPath, listing: Listing | undefined, records: readonly FolderRecord[], current: FolderRecord | undefined) => {
		checks.push({
			path, destination: to, listing, records, current, compared: 0, equal: 0, findings: noFindings(),
		});
	};

	for (const mapping of mappings) {
		let listing: Listing;
		try {
			// eslint-disable-next-line no-await-in-loop -- One folder after another.
			listing = await source.list(mapping.source, signal);
		} catch (error) {
			if (!(error instanceof FailureError) || error.failure.reach !== 'folder') {
				throw error;
			}

			tell({type: 'folder.failed', folder: mapping.source, failure: error.failure});
			unopened = error;
			continue;
		}

		const records = record.folders.filter(folder => samePath(folder.path, mapping.source));
		const {generation, known} = generationOf(listing, records);
		check(mapping.source, mapping.destination, listing, records, known ? records.find(folder => folder.generation === generation) : undefined);
	}

	const listed = new Set(folders.map(folder => pathKey(folder.path)));
	for (const group of groupBy(record.folders.filter(folder => !listed.has(pathKey(folder.path))), folder => pathKey(folder.path)).values()) {
		check(group[0]!.path, group.at(-1)!.destination, undefined, group, undefined);
	}

	return {checks, destinationFolders, ...(unopened && {unopened})};
};

/** Checks what the record claims in one destination folder. @returns what nobody claims, read and hashed where it may matter */
const compareFolder = async (options: VerifyOptions, group: readonly Check[], absent: Absent[]): Promise<Unclaimed> => {
	const {destination, signal} = options;
	const path = group[0]!.destination;
	const expected = new Map<number, {check: Check; record: FolderRecord; uid: number}>();
	const withoutId: Array<{check: Check; record: FolderRecord; uid: number}> = [];
	for (const check of group) {
		for (const record of check.records) {
			for (const {uid, state, idHash} of record.entries()) {
				if (state === 'delivered' || state === 'already-there') {
					if (idHash) {
						expected.set(idHash, {check, record, uid});
					} else {
						withoutId.push({check, record, uid});
					}
				} else if (state === 'unsure') {
					withoutId.push({check, record, uid});
				}
			}
		}
	}

	const listing = await destination.list(path, signal);
	const unclaimed = new Unclaimed();
	if (listing && !options.traits.keepsBytes) {
		for (const {uid, size, receivedAt, flags} of listing) {
			const fingerprint = {hash: '', size, receivedAt};
			const id = hashOfId(`${listing.generation}:${uid}`);
			const match = expected.get(id);
			if (match) {
				expected.delete(id);
				judge(options, match, fingerprint, flags);
			} else {
				unclaimed.add({uid, fingerprint});
			}
		}
	} else if (listing && listing.length > 0) {
		const wanted = [...listing].map(entry => ({uid: entry.uid, size: entry.size}));
		for await (const result of destination.read(path, listing.generation, wanted, signal)) {
			const entry = listing.get(result.uid)!;
			const idHash = hashOfId(`${listing.generation}:${result.uid}`);
			const match = expected.get(idHash);
			if (!('bytes' in result)) {
				if (match && 'failure' in result) {
					expected.delete(idHash);
					match.check.compared++;
					finding(options, match.check, 'altered', match.uid, `cannot be read at the destination: ${result.failure.detail ?? result.failure.code}`);
				}

				continue;
			}

			const fingerprint = {hash: hashOf(result.bytes), size: result.bytes.length, receivedAt: entry.receivedAt};
			if (match) {
				expected.delete(idHash);
				judge(options, match, fingerprint, entry.flags);
			} else {
				unclaimed.add({uid: result.uid, fingerprint});
			}
		}
	}

	for (const {check, record, uid} of [...expected.values(), ...withoutId]) {
		const taken = unclaimed.takeRecorded(record, uid);
		if (taken) {
			judge(options, {check, record, uid}, taken.fingerprint, listing?.get(taken.uid)?.flags ?? []);
		} else {
			const known = record.get(uid)!;
			absent.push({
				check, record, uid, receivedAt: known.receivedAt, unsure: known.state === 'unsure',
			});
		}
	}

	return unclaimed;
};

/** Compares one message with what left the source. */
const judge = (options: VerifyOptions, {check, record, uid}: {check: Check; record: FolderRecord; uid: number}, found: Fingerprint, flags: readonly string[]): void => {
	const known = record.get(uid)!;
	check.compared++;
	if (options.traits.keepsBytes && !record.matches(uid, {...found, receivedAt: known.receivedAt})) {
		finding(options, check, 'altered', uid, `${found.size} bytes, ${known.size} at the source`);
		return;
	}

	if (Math.trunc(found.receivedAt / 1000) !== Math.trunc(known.receivedAt / 1000)) {
		finding(options, check, 'date', uid, `received ${new Date(found.receivedAt).toISOString()}, ${new Date(known.receivedAt).toISOString()} at the source`);
		return;
	}

	check.equal++;
	const there = check.current === record ? check.listing?.get(uid)?.flags : undefined;
	if (there && plainFlags(there) !== plainFlags(flags)) {
		finding(options, check, 'flags', uid, `${plainFlags(flags) || 'none'}; ${plainFlags(there) || 'none'} at the source`);
	}
};

/** Source messages without a record: read there and looked for by their bytes. */
const matchUnrecorded = async (options: VerifyOptions, check: Check, unclaimed: Unclaimed, absent: Absent[]): Promise<void> => {
	const {listing, current} = check;
	if (!listing) {
		return;
	}

	const open = [...listing].filter(entry => (current?.state(entry.uid) ?? 'remaining') === 'remaining' && !entry.flags.includes(String.raw`\Deleted`));
	for await (const result of options.source.read(check.path, listing.generation, open, options.signal)) {
		if (!('bytes' in result)) {
			continue;
		}

		const entry = listing.get(result.uid)!;
		const fingerprint = {hash: hashOf(result.bytes), size: result.bytes.length, receivedAt: entry.receivedAt};
		if (unclaimed.takeEqual(fingerprint)) {
			check.compared++;
			check.equal++;
		} else {
			absent.push({
				check, uid: entry.uid, receivedAt: entry.receivedAt, unsure: false, fingerprint,
			});
		}
	}
};

/** Looks through the rest of the destination mailbox before anything is called missing. */
const searchElsewhere = async (options: VerifyOptions, absent: readonly Absent[], searched: ReadonlyMap<string, Unclaimed>, folders: readonly Folder[]): Promise<void> => {
	if (absent.length === 0) {
		return;
	}

	const {destination, signal} = options;
	// Not by size: what the source announced may be wrong.
	const wanted = new Set(absent.map(message => secondOf(message)));
	const elsewhere = [...searched].map(([key, unclaimed]) => ({path: pathOfKey(key), unclaimed}));
	for (const folder of folders) {
		if (folder.kind === 'mail' && !searched.has(pathKey(folder.path))) {
			// eslint-disable-next-line no-await-in-loop -- One folder after another.
			elsewhere.push({path: folder.path, unclaimed: await readUnclaimed(destination, folder.path, wanted, signal)});
		}
	}

	for (const message of absent) {
		const place = elsewhere.find(({unclaimed}) => message.fingerprint ? unclaimed.takeEqual(message.fingerprint) : unclaimed.takeRecorded(message.record!, message.uid));
		if (place) {
			message.check.compared++;
			message.check.equal++;
			finding(options, message.check, 'moved', message.uid, place.path.join('/'));
		} else {
			finding(options, message.check, message.unsure ? 'unsure' : 'missing', message.uid);
		}
	}
};

const readUnclaimed = async (destination: MailDestination, path: FolderPath, wanted: ReadonlySet<number>, signal: AbortSignal): Promise<Unclaimed> => {
	const listing = await destination.list(path, signal);
	const unclaimed = new Unclaimed();
	if (listing) {
		const alike = [...listing].filter(entry => wanted.has(secondOf(entry)));
		for await (const result of destination.read(path, listing.generation, alike, signal)) {
			if ('bytes' in result) {
				const fingerprint = {hash: hashOf(result.bytes), size: result.bytes.length, receivedAt: listing.get(result.uid)!.receivedAt};
				unclaimed.add({uid: result.uid, fingerprint});
			}
		}
	}

	return unclaimed;
};
