import {cleanText} from '../mailbox/clean.js';
import {groupBy} from '../mailbox/group-by.js';
import {
	type Folder, type FolderPath, type MessageEntry, pathKey, samePath,
} from '../mailbox/mailbox.js';
import {FailureError} from '../mailbox/failure.js';
import {type Stored} from '../mailbox/destination.js';
import {envelopeHash, envelopeOf} from '../mailbox/envelope.js';
import {type Listing} from '../mailbox/listing.js';
import {hashOf} from '../mailbox/identity.js';
import {mapFolders} from '../mailbox/folder-map.js';
import {noFindings} from './progress.js';
import {generationOf} from './reconcile.js';
import {idHash as hashOfId} from './record-hash.js';
import {type FolderRecord} from './record-folder.js';
import {recordedContent, recordedOf} from './recorded.js';
import {stampOf} from './stamp.js';
import {
	AlikeUnclaimed, EqualUnclaimed, type Sought, type Unclaimed,
} from './unclaimed.js';
import {
	type Check, type Expected, finding, type VerifyOptions,
} from './verifier-check.js';
import {type Absent, searchElsewhere} from './verifier-elsewhere.js';
import {judge} from './verifier-judge.js';

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
		tell({type: 'warning', words: `This destination rebuilds messages: they are compared by ${options.traits.transport === 'imap' ? 'id' : 'stamp, header'}, received date and flags, not by content.`});
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

	await searchElsewhere(options, absent, {
		searched, folders: destinationFolders, unclaimedIn: async (path, listing) => compare(options, path, listing, new Map()),
	});
	for (const check of checks) {
		for (const stored of searched.get(pathKey(check.destination))?.rest() ?? []) {
			finding(options, check, 'extra', stored.uid ?? 0, stored.uid === undefined ? `${cleanText(stored.envelope?.messageId ?? '', 120)} received ${new Date(stored.receivedAt).toISOString()}`.trim() : undefined);
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

/** What the record says is in the folders of a group: by the hash of its id, or without one. */
const expectedIn = (group: readonly Check[]): {readonly byId: Map<number, Expected>; readonly withoutId: Expected[]} => {
	const byId = new Map<number, Expected>();
	const withoutId: Expected[] = [];
	for (const check of group) {
		for (const record of check.records) {
			for (const {uid, state, idHash} of record.entries()) {
				if (idHash && (state === 'delivered' || state === 'already-there')) {
					byId.set(idHash, {check, record, uid});
				} else if (state === 'delivered' || state === 'already-there' || state === 'unsure') {
					withoutId.push({check, record, uid});
				}
			}
		}
	}

	return {byId, withoutId};
};

/** Checks what the record claims in one destination folder. @returns what nobody claims */
const compareFolder = async (options: VerifyOptions, group: readonly Check[], absent: Absent[]): Promise<Unclaimed> => {
	const {byId, withoutId} = expectedIn(group);
	const listing = await options.destination.list(group[0]!.destination, options.signal) ?? [];
	const unclaimed = await compare(options, group[0]!.destination, listing, byId);
	const unknown: Expected[] = [];
	for (const expected of [...byId.values(), ...withoutId]) {
		const {record, uid} = expected;
		// eslint-disable-next-line no-await-in-loop -- Few, and from disk.
		const stored = await unclaimed.takeRecorded(record, uid);
		if (stored) {
			// eslint-disable-next-line no-await-in-loop -- As above.
			await judge(options, expected, stored);
		// eslint-disable-next-line no-await-in-loop -- As above.
		} else if (options.traits.keepsBytes || (unclaimed.isTelling && recordedContent(await options.details(record.number, uid))?.envelope !== undefined)) {
			absent.push(absentOf(expected));
		} else {
			unknown.push(expected);
		}
	}

	for (const some of groupBy(unknown, ({record}) => String(record.number)).values()) {
		// eslint-disable-next-line no-await-in-loop -- One folder after another.
		await matchUnknown(options, some, unclaimed, absent);
	}

	return unclaimed;
};

const absentOf = ({check, record, uid}: Expected): Absent => {
	const {receivedAt, state} = record.get(uid)!;
	return {
		check, record, uid, receivedAt, unsure: state === 'unsure',
	};
};

/** Messages of which the record says too little to find them by this road (another one delivered them, that keeps bytes, or this one lists no headers): they are read at the source. */
const matchUnknown = async (options: VerifyOptions, some: readonly Expected[], unclaimed: Unclaimed, absent: Absent[]): Promise<void> => {
	const open = new Map(some.map(expected => [expected.uid, expected]));
	const {check, record} = some[0]!;
	const {listing, path} = check;
	if (listing && check.current === record) {
		const entries = some.map(({uid}) => listing.get(uid)).filter(entry => entry !== undefined);
		for await (const result of options.source.read(path, listing.generation, entries, options.signal)) {
			const expected = open.get(result.uid);
			if (!expected || !('bytes' in result)) {
				continue;
			}

			open.delete(result.uid);
			const sought = soughtOf(options, check, listing.get(result.uid)!, result.bytes);
			const found = await unclaimed.takeSought(sought, result.bytes);
			if (found) {
				await judge(options, expected, found.stored);
			} else {
				absent.push({...absentOf(expected), sought});
			}
		}
	}

	absent.push(...[...open.values()].map(expected => ({...absentOf(expected), dateOnly: true})));
};

/** A source message as it is looked for where it has no record, or one that says too little. */
const soughtOf = ({source}: VerifyOptions, {path, current, listing}: Check, {uid, receivedAt, flags}: MessageEntry, bytes: Uint8Array): Sought => {
	const fingerprint = {hash: hashOf(bytes), size: bytes.length, receivedAt};
	const key = {folder: path, generation: current?.generation ?? listing!.generation, uid};
	return {
		stamp: stampOf(source.account, key, fingerprint.hash), fingerprint, flags, envelope: envelopeHash(envelopeOf(bytes), receivedAt),
	};
};

/** Compares what a folder lists with what the record expects there by id; what was met is taken out of `byId`. @returns what nobody claims */
const compare = async (options: VerifyOptions, path: FolderPath, listing: Iterable<Stored>, byId: Map<number, Expected>): Promise<Unclaimed> =>
	options.traits.keepsBytes ? compareContents(options, path, listing, byId) : compareHeaders(options, path, listing, byId);

/** Where bytes are kept: everything is read. */
const compareContents = async (options: VerifyOptions, path: FolderPath, listing: Iterable<Stored>, byId: Map<number, Expected>): Promise<Unclaimed> => {
	const unclaimed = new EqualUnclaimed();
	const listed = new Map([...listing].map(stored => [stored.id, stored]));
	for await (const content of options.destination.read(path, [...listed.values()], options.signal)) {
		const stored = listed.get(content.id)!;
		const idHash = hashOfId(content.id);
		const match = byId.get(idHash);
		if ('bytes' in content) {
			const fingerprint = {hash: hashOf(content.bytes), size: content.bytes.length, receivedAt: stored.receivedAt};
			if (!match) {
				unclaimed.add(stored, fingerprint);
				continue;
			}

			byId.delete(idHash);
			const {record, uid, check} = match;
			if (record.matches(uid, {...fingerprint, receivedAt: record.get(uid)!.receivedAt})) {
				await judge(options, match, stored);
			} else {
				check.compared++;
				finding(options, check, 'altered', uid, `${fingerprint.size} bytes, ${record.get(uid)!.size} at the source`);
			}
		} else if (match && 'failure' in content) {
			byId.delete(idHash);
			match.check.compared++;
			finding(options, match.check, 'altered', match.uid, `cannot be read at the destination: ${content.failure.detail ?? content.failure.code}`);
		}
	}

	return unclaimed;
};

/** Where MIME is rebuilt: by what the listing says. */
const compareHeaders = async (options: VerifyOptions, path: FolderPath, listing: Iterable<Stored>, byId: Map<number, Expected>): Promise<Unclaimed> => {
	const {source, destination, details, signal} = options;
	const unclaimed = new AlikeUnclaimed(
		async (record, uid) => recordedOf(await details(record.number, uid), source.account, record, uid),
		stored => destination.read(path, stored, signal),
	);
	for (const stored of listing) {
		const idHash = hashOfId(stored.id);
		const match = byId.get(idHash);
		if (match) {
			byId.delete(idHash);
			// eslint-disable-next-line no-await-in-loop -- In order, and mostly from disk.
			await judge(options, match, stored);
		} else {
			unclaimed.add(stored);
		}
	}

	return unclaimed;
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
		const sought = soughtOf(options, check, entry, result.bytes);
		const found = await unclaimed.takeSought(sought, result.bytes);
		if (found) {
			check.compared++;
			if (found.altered.length > 0) {
				const {receivedAt} = found.stored;
				finding(options, check, 'altered', entry.uid, found.altered.map(what => what === 'draft' ? 'it is a draft' : `received ${new Date(receivedAt).toISOString()}, ${new Date(entry.receivedAt).toISOString()} at the source`).join(', '));
			} else {
				check.equal++;
			}
		} else {
			absent.push({
				check, uid: entry.uid, receivedAt: entry.receivedAt, unsure: false, sought,
			});
		}
	}
};

