/* eslint-disable no-await-in-loop -- One after another, as on a connection. */
import {Buffer} from 'node:buffer';
import {type Clock} from '../../source/mailbox/clock.js';
import {
	type Delivery, type DeliveryResult, type MailDestination, type PreparedFolder, type Traits, type Unsure,
} from '../../source/mailbox/destination.js';
import {type Failure, FailureError, type FailureCode} from '../../source/mailbox/failure.js';
import {envelopeOf} from '../../source/mailbox/envelope.js';
import {fingerprintKey, hashOf} from '../../source/mailbox/identity.js';
import {Listing} from '../../source/mailbox/listing.js';
import {
	type Flags, type Folder, type FolderPath, pathKey, pathOfKey,
} from '../../source/mailbox/mailbox.js';
import {type MailSource, type ReadResult} from '../../source/mailbox/source.js';

/** A mailbox in memory, for tests of the engine alone: what the servers do is tested elsewhere, over real ones. */
export type StoredMessage = {uid: number; bytes: Uint8Array; receivedAt: number; flags: Flags; /** Ours, where the store keeps one. */ stamp?: string};
export type StoredFolder = {generation: string; nextUid: number; messages: StoredMessage[]};
export type Store = Map<string, StoredFolder>;

export const newStore = (): Store => new Map();

export const folderIn = (store: Store, path: FolderPath): StoredFolder => {
	const key = pathKey(path);
	const folder = store.get(key) ?? {generation: '1', nextUid: 1, messages: []};
	store.set(key, folder);
	return folder;
};

export const put = (store: Store, path: FolderPath, text: string, more: Partial<StoredMessage> = {}): StoredMessage => {
	const folder = folderIn(store, path);
	const message = {
		uid: folder.nextUid++, bytes: Buffer.from(text), receivedAt: Date.UTC(2020, 0, 1) + (folder.nextUid * 60_000), flags: [], ...more,
	};
	folder.messages.push(message);
	return message;
};

const listingOf = (folder: StoredFolder): Listing => {
	const listing = new Listing({generation: folder.generation, uidNext: folder.nextUid});
	for (const {uid, bytes, receivedAt, flags} of folder.messages) {
		listing.add({
			uid, size: bytes.length, receivedAt, flags,
		});
	}

	return listing;
};

const readFrom = async function * (folder: StoredFolder | undefined, generation: string, wanted: ReadonlyArray<{readonly uid: number}>): AsyncGenerator<ReadResult> {
	for (const {uid} of wanted) {
		await Promise.resolve();
		if (folder?.generation !== generation) {
			throw new FailureError('folder-unreadable', {detail: 'UIDVALIDITY changed'});
		}

		const message = folder.messages.find(entry => entry.uid === uid);
		yield message ? {uid, bytes: Buffer.from(message.bytes), receivedAt: message.receivedAt} : {uid, gone: true};
	}
};

const foldersOf = (store: Store): Folder[] => [...store.keys()].map(key => ({path: pathOfKey(key), kind: 'mail', ...(key === '["INBOX"]' && {role: 'inbox'})}));

export const fakeSource = (store: Store, more: Partial<MailSource> = {}): MailSource => ({
	account: {host: 'source.example', port: 993, user: 'ana@old.example'},
	connections: 2,
	async open() {
		// Always there.
	},
	folders: async () => foldersOf(store),
	async list(path) {
		const folder = store.get(pathKey(path));
		if (!folder) {
			throw new FailureError('folder-unreadable');
		}

		return listingOf(folder);
	},
	read: (path, generation, messages) => readFrom(store.get(pathKey(path)), generation, messages),
	confirmGone: async (path, uids) => new Set(uids.filter(uid => !store.get(pathKey(path))?.messages.some(message => message.uid === uid))),
	async close() {
		// Nothing to close.
	},
	...more,
});

/** What the n-th delivery (from 1, over all folders) comes to; `ok` where nothing is said. */
export type Fault =
	| 'ok'
	/** Stored, and the answer lost. */
	| 'committed, answer lost'
	/** Not stored, and the connection lost. */
	| 'lost'
	/** Connection lost; stored so many milliseconds later. */
	| {readonly late: number}
	| ({readonly code: FailureCode} & Partial<Pick<Failure, 'wait' | 'reach' | 'outcome'>>);

export const traits: Traits = {
	transport: 'imap', startLanes: 2, maxLanes: 4, batch: {messages: 4, bytes: 1_000_000}, looks: [15_000, 30_000], keepsBytes: true, tellsId: true, maxMessageBytes: 0,
	names: {
		forbidden: '', delimiter: '/', ignoresCase: false, normalises: false, maxNameBytes: 255, maxDepth: 0, reserved: [],
	},
};

/** A store that rebuilds MIME and keeps our stamp, as Exchange does. */
export const rebuilding: Partial<Traits> = {
	transport: 'ews', keepsBytes: false, looks: [60_000, 90_000],
};

const rebuilt = (bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from('X-Rebuilt: yes\r\n'), bytes]);

export type FakeDestination = MailDestination & {readonly deliveries: () => number};

export const fakeDestination = (store: Store, clock: Clock, faults: (nth: number, delivery: Delivery) => Fault = () => 'ok', own: Partial<Traits> = {}): FakeDestination => {
	const all = {...traits, ...own};
	const idIn = ({generation}: StoredFolder, uid: number): string => all.keepsBytes ? `${generation}:${uid}` : `AAMk${generation}/${uid}=`;
	let nth = 0;
	const store1 = (path: FolderPath, delivery: Delivery): string => {
		const folder = folderIn(store, path);
		const message = put(store, path, '', {
			bytes: Buffer.from(delivery.bytes), receivedAt: delivery.fingerprint.receivedAt, flags: delivery.flags, ...(!all.keepsBytes && {stamp: delivery.stamp}),
		});
		return idIn(folder, message.uid);
	};

	const later = async (milliseconds: number, delivery: Delivery, path: FolderPath): Promise<void> => {
		await clock.sleep(milliseconds);
		store1(path, delivery);
	};

	const deliverOne = async (path: FolderPath, delivery: Delivery): Promise<DeliveryResult> => {
		await new Promise(resolve => {
			setImmediate(resolve);
		});
		const fault = faults(++nth, delivery);
		if (fault === 'ok') {
			const id = store1(path, delivery);
			return {stored: true, ...(all.tellsId && {id})};
		}

		if (fault === 'committed, answer lost') {
			store1(path, delivery);
		} else if (typeof fault === 'object' && 'late' in fault) {
			void later(fault.late, delivery, path);
		} else if (typeof fault === 'object') {
			const {code, ...more} = fault;
			return {stored: false, failure: new FailureError(code, more).failure};
		}

		return {stored: false, failure: new FailureError('connection-lost', {outcome: 'unknown'}).failure};
	};

	const prepared = (path: FolderPath, created: boolean): PreparedFolder => {
		const folder = folderIn(store, path);
		return {
			path, generation: folder.generation, watermark: String(folder.nextUid), created,
		};
	};

	return {
		account: {host: 'destination.example', port: 993, user: 'ana@new.example'},
		deliveries: () => nth,
		open: async () => all,
		folders: async () => foldersOf(store),
		prepare: async path => prepared(path, !store.has(pathKey(path))),
		refresh: async folder => prepared(folder.path, false),
		async deliver(folder, batch, report, signal) {
			let failure;
			for (const [position, delivery] of batch.entries()) {
				if (failure ?? signal.aborted) {
					report(position, {stored: false, failure: {...(failure ?? new FailureError('connection-lost').failure), outcome: 'not stored'}});
					continue;
				}

				const result = await deliverOne(folder.path, delivery);
				report(position, result);
				if (!result.stored && result.failure.reach !== 'message') {
					failure = result.failure;
				}
			}
		},
		async look(path, unsure: readonly Unsure[], claimed) {
			const folder = store.get(pathKey(path));
			const taken = new Set<number>();
			return unsure.map(message => {
				const found = folder?.messages.find(entry => {
					const {uid, bytes, receivedAt, stamp} = entry;
					if (taken.has(uid) || claimed(idIn(folder, uid))) {
						return false;
					}

					return all.keepsBytes ? uid >= Number(message.watermark) && fingerprintKey({hash: hashOf(bytes), size: bytes.length, receivedAt}) === fingerprintKey(message.fingerprint) : stamp === message.stamp;
				});
				if (found) {
					taken.add(found.uid);
				}

				return found && idIn(folder!, found.uid);
			});
		},
		async list(path) {
			const folder = store.get(pathKey(path));
			return folder?.messages.map(({uid, bytes, receivedAt, flags, stamp}) => ({
				id: idIn(folder, uid), size: bytes.length, receivedAt, flags, ...(all.keepsBytes ? {uid} : {envelope: envelopeOf(bytes)}), ...(stamp && {stamp}),
			}));
		},
		async * read(path, messages) {
			for (const {id} of messages) {
				const {generation, uid} = /^(?:AAMk)?(?<generation>.+)[:\/](?<uid>\d+)=?$/v.exec(id)!.groups as {generation: string; uid: string};
				for await (const {uid: _, ...content} of readFrom(store.get(pathKey(path)), generation, [{uid: Number(uid)}])) {
					yield {...content, ...('bytes' in content && !all.keepsBytes && {bytes: rebuilt(content.bytes)}), id};
				}
			}
		},
		async close() {
			// Nothing to close.
		},
	};
};

/** Contents of a mailbox as sorted text, for comparing ends: identical copies count. */
export const contents = (store: Store): string[] => [...store].flatMap(([key, folder]) => folder.messages.map(message => `${key} ${message.receivedAt} ${message.flags.join(',')} ${Buffer.from(message.bytes).toString('latin1')}`)).sort();
/* eslint-enable no-await-in-loop */
