import {type Snapshot, type SnapshotMessage} from './snapshot.js';

type Path = readonly string[];

/** One message at one side, and where. */
export type Found = {readonly folder: Path; readonly message: SnapshotMessage};

/** A source message and the destination message that stands for it. */
export type Pair = {readonly folder: Path; readonly source: SnapshotMessage; readonly destination: SnapshotMessage};

export type Comparison = {
	/** Source messages without a counterpart in their destination folder. `elsewhere`: destination folders that hold these bytes. */
	readonly lost: ReadonlyArray<Found & {readonly elsewhere: readonly Path[]}>;
	/** Destination messages beyond the number of source messages with these bytes in the folder. */
	readonly doubled: readonly Found[];
	/** Counterparts whose bytes differ; recognised by Message-ID, else by received date and flags. */
	readonly altered: readonly Pair[];
	/** Equal bytes, another INTERNALDATE. */
	readonly dateChanged: readonly Pair[];
	/** Counterparts whose flags or keywords differ. May overlap with the two lists before it. */
	readonly flagsChanged: readonly Pair[];
	/** Destination messages that answer to nothing in the source folder. */
	readonly extra: readonly Found[];
	/** Source folders, as mapped, that the destination does not have; empty ones count too. */
	readonly missingFolders: readonly Path[];
	readonly counts: Readonly<Record<'source' | 'destination' | 'lost' | 'doubled' | 'altered' | 'dateChanged' | 'flagsChanged' | 'extra' | 'missingFolders', number>>;
};

export type CompareOptions = {
	/** Where the messages of a source folder belong; undefined: they are left out. Default: the same path. */
	readonly folderMap?: (path: Path) => Path | undefined;
};

type Key = (message: SnapshotMessage) => string | undefined;

const flagsOf = (message: SnapshotMessage): string => message.flags.join(' ');
const instantOf = (message: SnapshotMessage): number => Math.floor(message.internalDate / 1000);

/** From what proves two messages the same to what merely suggests it. */
const sameBytes: readonly Key[] = [
	message => `${message.sha256} ${instantOf(message)} ${flagsOf(message)}`,
	message => `${message.sha256} ${instantOf(message)}`,
	message => `${message.sha256} ${flagsOf(message)}`,
	message => message.sha256,
];

const otherBytes: readonly Key[] = [
	message => message.messageId && `${message.messageId} ${instantOf(message)} ${flagsOf(message)}`,
	message => message.messageId && `${message.messageId} ${instantOf(message)}`,
	message => message.messageId,
	message => `${instantOf(message)} ${flagsOf(message)}`,
];

const groupBy = (messages: readonly SnapshotMessage[], key: Key): Map<string, SnapshotMessage[]> => {
	const groups = new Map<string, SnapshotMessage[]>();
	for (const message of messages) {
		const name = key(message);
		if (name) {
			groups.set(name, groups.get(name) ?? []);
			groups.get(name)!.push(message);
		}
	}

	return groups;
};

/** Pairs off two multisets by the keys in turn, each message once; what found no partner stays in the lists. */
const pairOff = (sources: SnapshotMessage[], destinations: SnapshotMessage[], keys: readonly Key[]): Array<[SnapshotMessage, SnapshotMessage]> => {
	const pairs: Array<[SnapshotMessage, SnapshotMessage]> = [];
	for (const key of keys) {
		const byKey = groupBy(destinations, key);
		const taken = new Set<SnapshotMessage>();
		for (const source of sources) {
			const partner = byKey.get(key(source) ?? '')?.shift();
			if (partner) {
				pairs.push([source, partner]);
				taken.add(source).add(partner);
			}
		}

		for (const list of [sources, destinations]) {
			list.splice(0, list.length, ...list.filter(message => !taken.has(message)));
		}
	}

	return pairs;
};

const byFolder = (snapshot: Snapshot, map: (path: Path) => Path | undefined): Map<string, SnapshotMessage[]> => {
	const folders = new Map<string, SnapshotMessage[]>();
	for (const folder of snapshot.folders) {
		const path = map(folder.path);
		if (path) {
			const key = JSON.stringify(path);
			folders.set(key, [...(folders.get(key) ?? []), ...folder.messages]);
		}
	}

	return folders;
};

/**
Compares two mailboxes folder by folder as multisets: of three identical copies here, three must be there.

Each destination message answers for one source message at most.
*/
export const compare = (source: Snapshot, destination: Snapshot, {folderMap = path => path}: CompareOptions = {}): Comparison => {
	const wanted = byFolder(source, folderMap);
	const present = byFolder(destination, path => path);
	const lists = {
		lost: [] as Array<Comparison['lost'][number]>,
		doubled: [] as Found[],
		altered: [] as Pair[],
		dateChanged: [] as Pair[],
		flagsChanged: [] as Pair[],
		extra: [] as Found[],
		missingFolders: [...wanted.keys()].filter(key => !present.has(key)).map(key => JSON.parse(key) as Path),
	};

	for (const key of new Set([...wanted.keys(), ...present.keys()])) {
		const folder = JSON.parse(key) as Path;
		const sources = [...(wanted.get(key) ?? [])];
		const destinations = [...(present.get(key) ?? [])];
		const bytesWanted = new Set(sources.map(message => message.sha256));
		const same = pairOff(sources, destinations, sameBytes);
		// A further copy of wanted bytes is a double, never an altered form of something else.
		lists.doubled.push(...destinations.filter(message => bytesWanted.has(message.sha256)).map(message => ({folder, message})));
		const others = destinations.filter(message => !bytesWanted.has(message.sha256));
		const altered = pairOff(sources, others, otherBytes);
		const pairs = [...same, ...altered].map(([from, to]): Pair => ({folder, source: from, destination: to}));
		lists.altered.push(...pairs.filter(pair => pair.source.sha256 !== pair.destination.sha256));
		lists.dateChanged.push(...pairs.filter(pair => instantOf(pair.source) !== instantOf(pair.destination)));
		lists.flagsChanged.push(...pairs.filter(pair => flagsOf(pair.source) !== flagsOf(pair.destination)));
		lists.extra.push(...others.map(message => ({folder, message})));
		lists.lost.push(...sources.map(message => ({
			folder, message,
			elsewhere: destination.folders.filter(other => other.messages.some(candidate => candidate.sha256 === message.sha256)).map(other => other.path),
		})));
	}

	const total = (folders: Map<string, SnapshotMessage[]>): number => [...folders.values()].reduce((sum, messages) => sum + messages.length, 0);
	return {
		...lists,
		counts: {
			source: total(wanted),
			destination: total(present),
			lost: lists.lost.length,
			doubled: lists.doubled.length,
			altered: lists.altered.length,
			dateChanged: lists.dateChanged.length,
			flagsChanged: lists.flagsChanged.length,
			extra: lists.extra.length,
			missingFolders: lists.missingFolders.length,
		},
	};
};

/** The counts of a comparison in which nothing is wrong, for `expect(compare(…).counts).toEqual(faithful(n))`. */
export const faithful = (messages: number): Comparison['counts'] => ({
	source: messages, destination: messages, lost: 0, doubled: 0, altered: 0, dateChanged: 0, flagsChanged: 0, extra: 0, missingFolders: 0,
});
