import {
	type FolderPath, type Role, pathKey, samePath,
} from '../mailbox/mailbox.js';
import {type Transport} from '../mailbox/destination.js';
import {type Failure, type FailureCode, type Names} from '../mailbox/failure.js';
import {
	type Phase, type RunOutcome, type Tally, type Told, type VerdictKind,
} from './events.js';
import {foldLook, type Looks} from './progress-looks.js';

export {paceOf} from './progress-pace.js';

/**
The one fold: every number that a person or a script sees is read from this state, which is a pure
function of the events. It is mutated in place for speed; faces read it and never write.
*/

export const emptyTally = (): Mutable<Tally> => ({
	delivered: 0, alreadyThere: 0, excluded: 0, refused: 0, vanished: 0, remaining: 0, lossy: 0, altered: 0, unsure: 0,
});

/** `total` equals the sum of the six fates after it. */
export const totalOf = (tally: Tally): number => tally.delivered + tally.alreadyThere + tally.excluded + tally.refused + tally.vanished + tally.remaining;

export const addTally = (into: Mutable<Tally>, tally: Tally): void => {
	for (const key of Object.keys(into) as Array<keyof Tally>) {
		into[key] += tally[key];
	}
};

type Mutable<T> = {-readonly [K in keyof T]: T[K]};

/** Messages of one folder that will be refused for one cause, as things stand. */
export type Predictions = {
	count: number;
	bytes: number;
	/** Bytes: that they exceed, and of the largest of them. */
	limit: number;
	largest: number;
	/** As many as a person is shown. */
	readonly first: Array<{readonly uid: number; readonly bytes: number; readonly receivedAt: string; readonly subject?: string}>;
};

/** Predicted refusals that a person is shown of one cause. */
export const mostShown = 20;

export type FolderProgress = {
	readonly path: FolderPath;
	destination: FolderPath;
	role?: Role;
	reasons: readonly string[];
	explanation?: string;
	exists: boolean;
	excluded?: string;
	messages: Mutable<Tally>;
	bytes: Mutable<Tally>;
	/** Messages that will be refused as things stand (too large). */
	predicted: number;
	/** The same by cause. */
	readonly predictions: Map<FailureCode, Predictions>;
	state: 'waiting' | 'running' | 'paused' | 'failed' | 'done';
	failure?: Failure;
	verdict?: {compared: number; equal: number; findings: Readonly<Record<VerdictKind, number>>};
};

export type Progress = Looks & {
	command: string;
	source: string;
	destination: string;
	/** The road, or `auto` until one was chosen. */
	transport: string;
	/** Those that this run tried, in that order: how many messages went by it, and why it is closed. */
	readonly roads: Map<Transport, {delivered: number; closed?: FailureCode}>;
	/** By which messages go now. */
	road?: Transport;
	phase: Phase;
	startedAt: number;
	/** Time of the last event. */
	at: number;
	surveyed: boolean;
	/** Messages that had their fate before this run. */
	earlier: number;
	/** Delivered by this run. */
	deliveredNow: number;
	bytesNow: number;
	readonly folders: Map<string, FolderProgress>;
	readonly ignored: Array<{path: FolderPath; kind: 'container' | 'not-mail'}>;
	/** Sums over all folders, kept along. */
	readonly messages: Mutable<Tally>;
	readonly bytes: Mutable<Tally>;
	lanes: number;
	waitUntil: number;
	paused: boolean;
	stopping: boolean;
	/** Refused messages of this run by cause. */
	readonly refusedBy: Map<FailureCode, number>;
	readonly findings: Record<VerdictKind, number>;
	verified: boolean;
	compared: number;
	equal: number;
	failure?: Failure;
	/** Whom a next step may name. */
	names: Names;
	/** A file that the command wrote, for `init`. */
	file?: string;
	outcome?: RunOutcome;
	notice?: {at: number; text: string};
	reconnects: number;
	throttles: number;
	/** Deliveries over the last minute: seconds since 1970 with their messages and bytes. */
	readonly recent: Array<{second: number; messages: number; bytes: number}>;
};

export const noFindings = (): Record<VerdictKind, number> => ({
	missing: 0, altered: 0, date: 0, flags: 0, extra: 0, moved: 0, unsure: 0,
});

export const startProgress = (): Progress => ({
	command: '', source: '', destination: '', transport: '', roads: new Map(), names: {}, phase: 'signing-in', startedAt: 0, at: 0,
	surveyed: false, earlier: 0, deliveredNow: 0, bytesNow: 0, folders: new Map(), ignored: [],
	messages: emptyTally(), bytes: emptyTally(), lanes: 0, waitUntil: 0, paused: false, stopping: false,
	refusedBy: new Map(), findings: noFindings(), verified: false, compared: 0, equal: 0, reconnects: 0, throttles: 0, recent: [],
});

const subtractTally = (from: Mutable<Tally>, tally: Tally): void => {
	for (const key of Object.keys(from) as Array<keyof Tally>) {
		from[key] -= tally[key];
	}
};

type Kept = Exclude<keyof Tally, 'lossy' | 'altered' | 'unsure'>;
const keptAs = {
	delivered: 'delivered', 'already-there': 'alreadyThere', excluded: 'excluded', refused: 'refused', vanished: 'vanished', remaining: 'remaining', unsure: 'remaining',
} as const;

const move = (progress: Progress, event: {readonly folder: FolderPath; readonly bytes: number}, from: keyof typeof keptAs, to: keyof typeof keptAs): FolderProgress | undefined => {
	const folder = progress.folders.get(pathKey(event.folder));
	if (!folder) {
		return undefined;
	}

	const shift = (tally: Mutable<Tally>, amount: number) => {
		const [source, target]: [Kept, Kept] = [keptAs[from], keptAs[to]];
		tally[source] -= amount;
		tally[target] += amount;
		if (from === 'unsure') {
			tally.unsure -= amount;
		}

		if (to === 'unsure') {
			tally.unsure += amount;
		}
	};

	shift(folder.messages, 1);
	shift(folder.bytes, event.bytes);
	shift(progress.messages, 1);
	shift(progress.bytes, event.bytes);
	if (folder.state === 'waiting' && to !== 'remaining') {
		folder.state = 'running';
	}

	return folder;
};

/** What is not as it was: beside the fate it lies within. */
const partOf = {delivered: 'lossy', 'already-there': 'altered'} as const;

const countPart = (progress: Progress, folder: FolderProgress | undefined, part: 'lossy' | 'altered', amount: number): void => {
	for (const {messages, bytes} of folder ? [folder, progress] : []) {
		messages[part]++;
		bytes[part] += amount;
	}
};

/** A message moved at the source counts under its new key only. */
const supersede = (progress: Progress, event: Told & {type: 'message.already-there'}): void => {
	const {supersedes} = event;
	if (!supersedes) {
		return;
	}

	const folder = progress.folders.get(pathKey(supersedes.folder));
	const take = (tally: Mutable<Tally> | undefined, amount: number) => {
		if (tally) {
			tally[keptAs[supersedes.state]] -= amount;
			tally[partOf[supersedes.state]] -= supersedes.lossy ? amount : 0;
		}
	};

	take(folder?.messages, 1);
	take(folder?.bytes, event.bytes);
	take(progress.messages, 1);
	take(progress.bytes, event.bytes);
};

const predict = ({folders}: Progress, {folder, uid, bytes, limit, receivedAt, failure, subject}: Told & {type: 'message.predicted'}): void => {
	const predictions = folders.get(pathKey(folder))?.predictions;
	const known = predictions?.get(failure.code) ?? {
		count: 0, bytes: 0, limit, largest: 0, first: [],
	};
	predictions?.set(failure.code, known);
	known.count++;
	known.bytes += bytes;
	known.largest = Math.max(known.largest, bytes);
	if (known.first.length < mostShown) {
		known.first.push({
			uid, bytes, receivedAt, ...(subject && {subject}),
		});
	}
};

const countRecent = (progress: Progress, at: number, bytes: number): void => {
	const second = Math.floor(at / 1000);
	const last = progress.recent.at(-1);
	if (last?.second === second) {
		last.messages++;
		last.bytes += bytes;
	} else {
		progress.recent.push({second, messages: 1, bytes});
		while (progress.recent[0]!.second < second - 60) {
			progress.recent.shift();
		}
	}
};

/** Folds one event into the state. Unknown events change nothing but the time. */
export const fold = (progress: Progress, event: Told): void => {
	progress.at = event.at;
	switch (event.type) {
		case 'run.started': {
			progress.command = event.command;
			progress.source = event.source;
			progress.destination = event.destination;
			progress.transport = event.transport;
			progress.names = {mailbox: event.destination, ...event.application};
			progress.startedAt = event.at;
			break;
		}

		case 'road.closed': {
			progress.roads.set(event.transport, {delivered: progress.roads.get(event.transport)?.delivered ?? 0, closed: event.failure.code});
			break;
		}

		case 'road.chosen': {
			progress.road = event.transport;
			progress.roads.set(event.transport, progress.roads.get(event.transport) ?? {delivered: 0});
			// What the first one left over goes by others.
			progress.transport = event.reason === 'refused' ? progress.transport : event.transport;
			break;
		}

		case 'phase': {
			progress.phase = event.phase;
			break;
		}

		case 'folder.surveyed': {
			const key = pathKey(event.folder);
			const known = progress.folders.get(key);
			if (known) {
				subtractTally(progress.messages, known.messages);
				subtractTally(progress.bytes, known.bytes);
			}

			addTally(progress.messages, event.messages);
			addTally(progress.bytes, event.bytes);
			progress.folders.set(key, {
				path: event.folder,
				destination: event.destination,
				...(event.role && {role: event.role}),
				reasons: event.reasons,
				...(event.explanation && {explanation: event.explanation}),
				exists: event.exists,
				...(event.excluded && {excluded: event.excluded}),
				messages: {...event.messages},
				bytes: {...event.bytes},
				predicted: event.predicted,
				predictions: new Map(),
				state: event.messages.remaining === 0 ? 'done' : (known?.state === 'running' ? 'running' : 'waiting'),
			});
			break;
		}

		case 'folder.renamed': {
			const folder = progress.folders.get(pathKey(event.folder));
			if (folder) {
				folder.destination = event.destination;
			}

			break;
		}

		case 'folder.ignored': {
			// The demo surveys twice: for the plan, and for the run.
			if (!progress.ignored.some(({path}) => samePath(path, event.folder))) {
				progress.ignored.push({path: event.folder, kind: event.kind});
			}

			break;
		}

		case 'survey.completed': {
			progress.surveyed = true;
			progress.earlier = event.earlier;
			break;
		}

		case 'message.delivered': {
			const folder = move(progress, event, event.from, 'delivered');
			if (event.lost && event.lost.length > 0) {
				countPart(progress, folder, 'lossy', event.bytes);
			}

			const road = progress.road && progress.roads.get(progress.road);
			if (road) {
				road.delivered++;
			}

			progress.deliveredNow++;
			progress.bytesNow += event.bytes;
			countRecent(progress, event.at, event.bytes);
			break;
		}

		case 'message.already-there': {
			const folder = move(progress, event, event.from, 'already-there');
			if (event.altered && event.altered.length > 0) {
				countPart(progress, folder, 'altered', event.bytes);
			}

			supersede(progress, event);
			countRecent(progress, event.at, event.bytes);
			break;
		}

		case 'message.refused': {
			move(progress, event, event.from, 'refused');
			progress.refusedBy.set(event.failure.code, (progress.refusedBy.get(event.failure.code) ?? 0) + 1);
			break;
		}

		case 'message.vanished': {
			move(progress, event, event.from, 'vanished');
			break;
		}

		case 'message.unsure': {
			move(progress, event, 'remaining', 'unsure');
			break;
		}

		case 'message.not-stored': {
			move(progress, event, 'unsure', 'remaining');
			break;
		}

		case 'message.reopened': {
			move(progress, event, event.from, 'remaining');
			if (event.code) {
				const left = (progress.refusedBy.get(event.code) ?? 0) - 1;
				progress.refusedBy.set(event.code, left);
				if (left <= 0) {
					progress.refusedBy.delete(event.code);
				}
			}

			break;
		}

		case 'message.predicted': {
			predict(progress, event);
			break;
		}

		case 'folder.failed': {
			const folder = progress.folders.get(pathKey(event.folder));
			if (folder) {
				folder.state = 'failed';
				folder.failure = event.failure;
			}

			break;
		}

		case 'folder.completed': {
			const folder = progress.folders.get(pathKey(event.folder));
			if (folder) {
				folder.state = 'done';
			}

			break;
		}

		case 'pace': {
			progress.lanes = event.lanes;
			progress.waitUntil = event.until ?? 0;
			if (event.reason === 'throttled') {
				progress.throttles++;
			}

			break;
		}

		case 'paused':
		case 'resumed': {
			if (event.folder) {
				const folder = progress.folders.get(pathKey(event.folder));
				if (folder && folder.state !== 'done' && folder.state !== 'failed') {
					folder.state = event.type === 'paused' ? 'paused' : 'waiting';
				}
			} else {
				progress.paused = event.type === 'paused';
			}

			break;
		}

		case 'stopping': {
			progress.stopping = true;
			break;
		}

		case 'notice': {
			if (event.notice.type === 'reconnecting') {
				progress.reconnects++;
			}

			break;
		}

		case 'run.failed': {
			progress.failure = event.failure;
			break;
		}

		case 'verify.finding': {
			progress.findings[event.kind]++;
			break;
		}

		case 'verify.folder': {
			progress.verified = true;
			progress.compared += event.compared;
			progress.equal += event.equal;
			const folder = progress.folders.get(pathKey(event.folder));
			if (folder) {
				folder.verdict = {compared: event.compared, equal: event.equal, findings: event.findings};
			}

			break;
		}

		case 'configuration.written': {
			progress.file = event.file;
			break;
		}

		case 'dns.domain':
		case 'dns.record':
		case 'doctor.check':
		case 'doctor.transport': {
			foldLook(progress, event);
			break;
		}

		case 'run.ended': {
			progress.outcome = event.outcome;
			break;
		}

		case 'failure':
		case 'dns.action':
		case 'warning':
		case 'message.retrying': {
			break;
		}
	}
};
