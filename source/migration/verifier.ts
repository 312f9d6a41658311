import {groupBy} from '../mailbox/group-by.js';
import {
	type Folder, type FolderPath, pathKey, samePath,
} from '../mailbox/mailbox.js';
import {type MailDestination, type Traits} from '../mailbox/destination.js';
import {type MailSource} from '../mailbox/source.js';
import {type Listing} from '../mailbox/listing.js';
import {type Fingerprint, fingerprintKey, hashOf} from '../mailbox/identity.js';
import {mapFolders} from '../mailbox/folder-map.js';
import {type Choices} from './context.js';
import {type Event, type VerdictKind} from './events.js';
import {noFindings} from './progress.js';
import {generationOf} from './reconcile.js';
import {idHash as hashOfId} from './record-hash.js';
import {type FolderRecord} from './record-folder.js';
import {type MailboxRecord} from './record.js';

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
	readonly size: number;
	readonly receivedAt: number;
	readonly unsure: boolean;
	/** Known for messages read from the source. */
	readonly fingerprint?: Fingerprint;
};

/** A destination message that no record claims. */
type Loose = {readonly uid: number; readonly key: string; readonly fingerprint: Fingerprint};

const secondOf = (message: {readonly receivedAt: number}): number => Math.trunc(message.receivedAt / 1000);

const plainFlags = (flags: readonly string[]): string => flags.filter(flag => flag !== String.raw`\Recent`).map(flag => flag.toLowerCase()).sort().join(' ');

/**
Compares both sides message by message, by content, in both directions, and never writes (design, rule 12).

What the record says was delivered is looked up by its id and its bytes are compared with those that left the
source; what has no record is read at the source and looked for by its bytes. `missing` is said only after the
whole destination mailbox was searched.
*/
export const verify = async (options: VerifyOptions): Promise<void> => {
	const {tell, signal} = options;
	tell({type: 'phase', phase: 'verifying'});
	if (!options.traits.keepsBytes) {
		tell({type: 'warning', words: 'This destination rebuilds messages: they are compared by id, received date and flags, not by content.'});
	}

	const {checks, destinationFolders} = await gather(options);
	const absent: Absent[] = [];
	const searched = new Map<string, Loose[]>();
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
		for (const loose of searched.get(pathKey(check.destination)) ?? []) {
			finding(options, check, 'extra', loose.uid);
		}

		searched.delete(pathKey(check.destination));
		tell({
			type: 'verify.folder', folder: check.path, destination: check.destination, compared: check.compared, equal: check.equal, findings: check.findings,
		});
	}

	signal.throwIfAborted();
};

const finding = ({tell}: VerifyOptions, check: Check, kind: VerdictKind, uid: number, detail?: string): void => {
	check.findings[kind]++;
	tell({
		type: 'verify.finding', kind, folder: check.path, destination: check.destination, uid, ...(detail && {detail}),
	});
};

/** Lists the source and pairs each folder with its records and its destination. */
const gather = async ({
	source, destination, traits, record, choices, signal,
}: VerifyOptions): Promise<{checks: Check[]; destinationFolders: Folder[]}> => {
	const [folders, destinationFolders] = await Promise.all([source.folders(signal), destination.folders(signal)]);
	const mail = folders.filter(folder => folder.kind === 'mail');
	const left = new Set(mail.filter(folder => choices.excludes(folder)).map(folder => pathKey(folder.path)));
	const settled = record.folders.map(folder => ({source: folder.path, destination: folder.destination}));
	const mappings = mapFolders(mail, destinationFolders, traits.names, choices.folderMap, settled).filter(mapping => !left.has(pathKey(mapping.source)));
	const checks: Check[] = [];
	const check = (path: FolderPath, to: FolderPath, listing: Listing | undefined, records: readonly FolderRecord[], current: FolderRecord | undefined) => {
		checks.push({
			path, destination: to, listing, records, current, compared: 0, equal: 0, findings: noFindings(),
		});
	};

	for (const mapping of mappings) {
		// eslint-disable-next-line no-await-in-loop -- One folder after another.
		const listing = await source.list(mapping.source, signal);
		const records = record.folders.filter(folder => samePath(folder.path, mapping.source));
		const {generation, known} = generationOf(listing, records);
		check(mapping.source, mapping.destination, listing, records, known ? records.find(folder => folder.generation === generation) : undefined);
	}

	const listed = new Set(folders.map(folder => pathKey(folder.path)));
	for (const group of groupBy(record.folders.filter(folder => !listed.has(pathKey(folder.path))), folder => pathKey(folder.path)).values()) {
		check(group[0]!.path, group.at(-1)!.destination, undefined, group, undefined);
	}

	return {checks, destinationFolders};
};

/** Checks what the record claims in one destination folder. @returns what nobody claims, read and hashed where it may matter */
const compareFolder = async (options: VerifyOptions, group: readonly Check[], absent: Absent[]): Promise<Loose[]> => {
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
	const loose: Loose[] = [];
	if (listing && !options.traits.keepsBytes) {
		for (const {uid, size, receivedAt, flags} of listing) {
			const fingerprint = {hash: '', size, receivedAt};
			const id = hashOfId(`${listing.generation}:${uid}`);
			const match = expected.get(id);
			if (match) {
				expected.delete(id);
				judge(options, match, fingerprint, flags);
			} else {
				loose.push({uid, key: '', fingerprint});
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
				loose.push({uid: result.uid, key: fingerprintKey(fingerprint), fingerprint});
			}
		}
	}

	for (const {check, record, uid} of [...expected.values(), ...withoutId]) {
		const index = loose.findIndex(entry => record.matches(uid, entry.fingerprint));
		const known = record.get(uid)!;
		if (index === -1) {
			absent.push({
				check, record, uid, size: known.size, receivedAt: known.receivedAt, unsure: known.state === 'unsure',
			});
		} else {
			const [taken] = loose.splice(index, 1);
			judge(options, {check, record, uid}, taken!.fingerprint, listing?.get(taken!.uid)?.flags ?? []);
		}
	}

	return loose;
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
const matchUnrecorded = async (options: VerifyOptions, check: Check, loose: Loose[], absent: Absent[]): Promise<void> => {
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
		const index = loose.findIndex(candidate => candidate.key === fingerprintKey(fingerprint));
		if (index === -1) {
			absent.push({
				check, uid: entry.uid, size: entry.size, receivedAt: entry.receivedAt, unsure: false, fingerprint,
			});
		} else {
			loose.splice(index, 1);
			check.compared++;
			check.equal++;
		}
	}
};

/** Looks through the rest of the destination mailbox before anything is called missing. */
const searchElsewhere = async (options: VerifyOptions, absent: readonly Absent[], searched: ReadonlyMap<string, Loose[]>, folders: readonly Folder[]): Promise<void> => {
	if (absent.length === 0) {
		return;
	}

	const {destination, signal} = options;
	// Not by size: what the source announced may be wrong.
	const wanted = new Set(absent.map(message => secondOf(message)));
	const elsewhere: Array<{path: FolderPath; loose: Loose[]}> = [...searched].map(([key, loose]) => ({path: JSON.parse(key) as string[], loose}));
	for (const folder of folders) {
		if (folder.kind === 'mail' && !searched.has(pathKey(folder.path))) {
			// eslint-disable-next-line no-await-in-loop -- One folder after another.
			elsewhere.push({path: folder.path, loose: await readLoose(destination, folder.path, wanted, signal)});
		}
	}

	for (const message of absent) {
		const matches = (candidate: Loose) => message.fingerprint ? candidate.key === fingerprintKey(message.fingerprint) : message.record!.matches(message.uid, candidate.fingerprint);
		const place = elsewhere.find(({loose}) => loose.some(candidate => matches(candidate)));
		if (place) {
			place.loose.splice(place.loose.findIndex(candidate => matches(candidate)), 1);
			message.check.compared++;
			message.check.equal++;
			finding(options, message.check, 'moved', message.uid, place.path.join('/'));
		} else {
			finding(options, message.check, message.unsure ? 'unsure' : 'missing', message.uid);
		}
	}
};

const readLoose = async (destination: MailDestination, path: FolderPath, wanted: ReadonlySet<number>, signal: AbortSignal): Promise<Loose[]> => {
	const listing = await destination.list(path, signal);
	const loose: Loose[] = [];
	if (listing) {
		const alike = [...listing].filter(entry => wanted.has(secondOf(entry)));
		for await (const result of destination.read(path, listing.generation, alike, signal)) {
			if ('bytes' in result) {
				const fingerprint = {hash: hashOf(result.bytes), size: result.bytes.length, receivedAt: listing.get(result.uid)!.receivedAt};
				loose.push({uid: result.uid, key: fingerprintKey(fingerprint), fingerprint});
			}
		}
	}

	return loose;
};
