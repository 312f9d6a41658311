import {type Clock} from '../mailbox/clock.js';
import {type Failure} from '../mailbox/failure.js';
import {type Folder, type FolderPath} from '../mailbox/mailbox.js';
import {type Notice} from '../mailbox/source.js';
import {failureIn, type FolderCount, type ServerFindings} from './findings.js';
import {patience} from './patience.js';

/** What adapters are made with. */
export type Ears = {readonly clock: Clock; readonly notice: (notice: Notice) => void};

/** A mailbox behind a password, as far as it is looked at. */
export type Mailbox = {
	open(signal: AbortSignal): Promise<unknown>;
	folders(signal: AbortSignal): Promise<readonly Folder[]>;
	/** Absent: messages are not counted. */
	list?(path: FolderPath, signal: AbortSignal): Promise<{readonly length: number; readonly bytes: number}>;
	close(): Promise<void>;
};

export type ServerInstruments = {
	readonly clock: Clock;
	/** `host:port`. */
	readonly place: string;
	readonly reach: (signal: AbortSignal) => Promise<{readonly tls?: string}>;
	readonly mailbox: (ears: Ears) => Mailbox;
	/** Folders that a migration leaves behind. */
	readonly staysBehind: (folder: Folder) => boolean;
	/** Milliseconds of real time. */
	readonly limits?: {readonly reach: number; readonly signIn: number; readonly folders: number};
};

const usualLimits = {reach: 10_000, signIn: 40_000, folders: 90_000};
/** Folders listed at once: what the source has connections for. */
const atOnce = 2;

/** Lists folder after folder until the time is over: what was counted by then counts. @throws what is no matter of one folder */
const count = async (list: NonNullable<Mailbox['list']>, folders: readonly Folder[], signal: AbortSignal, failureOf: (error: unknown) => Failure): Promise<FolderCount> => {
	const left = [...folders];
	let [counted, messages, bytes] = [0, 0, 0];
	const unopened: Array<{readonly path: FolderPath; readonly failure: Failure}> = [];
	const work = async () => {
		for (let folder = left.shift(); folder && !signal.aborted; folder = left.shift()) {
			try {
				// eslint-disable-next-line no-await-in-loop -- as many at once as there are connections
				const listing = await list(folder.path, signal);
				counted++;
				messages += listing.length;
				bytes += listing.bytes;
			} catch (error) {
				const failure = failureOf(error);
				if (!signal.aborted && failure.reach !== 'folder') {
					throw error;
				}

				if (!signal.aborted) {
					unopened.push({path: folder.path, failure});
				}
			}
		}
	};

	await Promise.all(Array.from({length: atOnce}, work));
	return {
		folders: folders.length, counted, messages, bytes, unopened,
	};
};

/** Reaches a server, signs in and looks at its folders; each step only where the one before it went well. Changes nothing there. */
export const examineServer = async ({clock, place, reach, mailbox: make, staysBehind, limits = usualLimits}: ServerInstruments, signal: AbortSignal, step: (id: 'reach' | 'sign-in' | 'folders') => void): Promise<ServerFindings> => {
	const own = patience(clock);
	step('reach');
	const reached = await own.bounded(limits.reach, signal, reach);
	if (failureIn(reached)) {
		return {place, reach: reached};
	}

	const mailbox = make(own);
	const ending = new AbortController();
	const timer = setTimeout(() => {
		ending.abort(new Error('counted long enough'));
	}, limits.signIn + limits.folders);
	try {
		step('sign-in');
		const signIn = await own.bounded(limits.signIn, signal, async stopping => mailbox.open(stopping));
		if (failureIn(signIn)) {
			return {place, reach: reached, signIn};
		}

		step('folders');
		const folders = await own.bounded(limits.signIn + (2 * limits.folders), signal, async stopping => {
			const listed = await mailbox.folders(stopping);
			const mail = listed.filter(folder => folder.kind === 'mail' && !staysBehind(folder));
			return mailbox.list
				? count(mailbox.list.bind(mailbox), mail, AbortSignal.any([stopping, ending.signal]), error => own.failureOf(error, 'folder-unreadable'))
				: {
					folders: mail.length, counted: mail.length, messages: 0, bytes: 0, unopened: [],
				};
		});
		return {
			place, reach: reached, signIn, folders,
		};
	} finally {
		clearTimeout(timer);
		await mailbox.close();
	}
};
