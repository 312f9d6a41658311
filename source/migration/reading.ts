/* eslint-disable no-await-in-loop -- A reader is a loop that waits. */
import {FailureError, failureOf} from '../mailbox/failure.js';
import {envelopeHash, envelopeOf} from '../mailbox/envelope.js';
import {hashOf, sameSecond} from '../mailbox/identity.js';
import {type MessageEntry} from '../mailbox/mailbox.js';
import {type ReadResult} from '../mailbox/source.js';
import {type Candidates, findCandidates} from './adoption.js';
import {type Context} from './context.js';
import {type FolderRecord} from './record-folder.js';
import {stampOf} from './stamp.js';
import {
	type Transfer, completeIfSettled, failFolder, ready, retryOrRefuse,
} from './transfer.js';
import {
	type FolderWork, type Window, nextWindow, putBack,
} from './work.js';

/** First the place, then what lies there: it may turn out to be another one than was planned. */
const candidatesFor = async (transfer: Transfer, work: FolderWork): Promise<Candidates> => {
	await ready(transfer, work);
	work.candidates ??= findCandidates(transfer.context, work);
	return work.candidates;
};

/** What was wrong with a message before it moved at the source is so still. */
const alteredBefore = async ({journal}: Context, {record, uid}: {readonly record: FolderRecord; readonly uid: number}): Promise<readonly string[] | undefined> => {
	const {fate} = await journal.details(record.number, uid);
	return fate?.type === 'already-there' ? fate.altered : undefined;
};

/** What may still arrive for certain, or not, is asked for again so much later (milliseconds). */
const doubtWait = 5000;

/**
A message that was read: adopted if it is already there, else made ready for a lane.

@returns whether it keeps its place in the budget; undefined when the folder turned out meanwhile to be another one
*/
const accept = async (transfer: Transfer, work: FolderWork, {entry, result, candidates}: {
	readonly entry: MessageEntry; readonly result: Extract<ReadResult, {bytes: Uint8Array}>; readonly candidates: Candidates;
}): Promise<boolean | undefined> => {
	const {context, moves, budget} = transfer;
	const {bytes} = result;
	const receivedAt = result.receivedAt ?? entry.receivedAt;
	const fingerprint = {hash: hashOf(bytes), size: bytes.length, receivedAt};
	const {announced} = result;
	const doubt = transfer.doubts(fingerprint);
	if (doubt === 'open') {
		transfer.later(work, entry.uid, doubtWait);
		return false;
	}

	if (doubt === 'left') {
		// It remains, for a run that can tell.
		work.underWay--;
		return false;
	}

	const key = {folder: work.path, generation: work.record.generation, uid: entry.uid};
	const stamp = stampOf(context.source.account, key, fingerprint.hash);
	const envelope = context.traits.keepsBytes ? undefined : envelopeHash(envelopeOf(bytes), receivedAt);
	const moved = moves.take(fingerprint, work.mapping.destination);
	const there = moved
		? undefined
		: await candidates.take({
			stamp, bytes, hash: fingerprint.hash, receivedAt, flags: entry.flags,
		});
	if (work.failed || context.control.stopping.aborted) {
		return undefined;
	}

	if (moved ?? there) {
		const altered = moved ? await alteredBefore(context, moved) : (there!.altered.length > 0 ? there!.altered : undefined);
		const superseded = moved?.record.get(moved.uid);
		context.journal.append({
			type: 'already-there', folder: work.record.number, uid: entry.uid, at: context.clock.now(), road: context.traits.transport,
			fingerprint, flags: entry.flags, ...(announced !== undefined && {announced}), ...(envelope && {envelope}), ...(there && {id: there.id}), ...(altered && {altered}),
			...(moved && {moved: {folder: moved.record.number, uid: moved.uid}}),
		});
		work.underWay--;
		context.tell({
			type: 'message.already-there', folder: work.path, uid: entry.uid, bytes: entry.size, from: 'remaining', ...(altered && {altered}),
			...(moved && superseded && {
				supersedes: {
					folder: moved.record.path, uid: moved.uid, state: superseded.state as 'delivered' | 'already-there', lossy: superseded.lossy,
				},
			}),
		});
		return false;
	}

	const most = context.traits.maxMessageBytes;
	if (most > 0 && bytes.length > most) {
		const {failure} = new FailureError('message-too-large', {detail: `${bytes.length} bytes; ${context.traits.transport} takes ${most}`});
		retryOrRefuse(transfer, work, entry, failure, bytes);
		return false;
	}

	// Taken by what was announced, before it was read; given back by its length.
	budget.correct(bytes.length - entry.size);
	work.ready.push({
		key, stamp, bytes, fingerprint, flags: entry.flags, ...(envelope && {envelope}), ...(announced !== undefined && {announced}),
	});
	context.control.changed.notify();
	return true;
};

/** Reads one window of messages. What got no answer goes back. */
const readWindow = async (transfer: Transfer, {work, messages}: Window): Promise<void> => {
	const {context, budget} = transfer;
	const {control, source} = context;
	const open = new Map(messages.map(entry => [entry.uid, entry]));
	const gone: MessageEntry[] = [];
	const {record} = work;
	let held = messages.reduce((sum, entry) => sum + entry.size, 0);
	await budget.take(held, control.stopping);
	try {
		for await (const result of source.read(work.path, work.listing.generation, messages, control.stopping)) {
			if (control.stopping.aborted || work.failed || work.record !== record) {
				break;
			}

			const entry = open.get(result.uid);
			if (!entry) {
				continue;
			}

			if ('gone' in result) {
				gone.push(entry);
				open.delete(result.uid);
			} else if ('failure' in result) {
				open.delete(result.uid);
				retryOrRefuse(transfer, work, entry, result.failure);
			} else if (isAnother(entry, result)) {
				await transfer.changed(work);
				break;
			} else {
				const candidates = await candidatesFor(transfer, work);
				// Another reader may have found meanwhile that the folder is not what was listed.
				if (work.failed) {
					break;
				}

				const keeps = await accept(transfer, work, {entry, result, candidates});
				if (keeps === undefined) {
					break;
				}

				open.delete(result.uid);
				held -= keeps ? entry.size : 0;
			}
		}

		await settleGone(transfer, work, gone.splice(0));
	} finally {
		budget.give(held);
		// What was not read, or not known to be gone, remains.
		putBack(work, [...open.keys(), ...gone.map(entry => entry.uid)]);
	}
};

/** The UID stands for another message than was listed (design, rule 7). */
const isAnother = (entry: MessageEntry, result: {bytes: Uint8Array; announced?: number; receivedAt?: number}): boolean => (result.announced ?? result.bytes.length) !== entry.size
	|| (result.receivedAt !== undefined && !sameSecond(result.receivedAt, entry.receivedAt));

/** Vanished only if a fresh connection does not list it either (design, rule 8). */
const settleGone = async (transfer: Transfer, work: FolderWork, gone: MessageEntry[]): Promise<void> => {
	if (gone.length === 0) {
		return;
	}

	const {context} = transfer;
	const confirmed = await context.source.confirmGone(work.path, gone.map(entry => entry.uid), context.control.stopping);
	for (const entry of gone) {
		if (confirmed.has(entry.uid)) {
			work.underWay--;
			context.journal.append({
				type: 'vanished', folder: work.record.number, uid: entry.uid, at: context.clock.now(), size: entry.size, receivedAt: entry.receivedAt,
			});
			context.tell({
				type: 'message.vanished', folder: work.path, uid: entry.uid, bytes: entry.size, from: 'remaining',
			});
		} else {
			retryOrRefuse(transfer, work, entry, new FailureError('message-unreadable').failure);
		}
	}
};

/** One reader: windows after windows until nothing is left to read. */
export const readAll = async (transfer: Transfer): Promise<void> => {
	const {context, works} = transfer;
	const {control} = context;
	while (!control.stopping.aborted && !transfer.isDone()) {
		const window = nextWindow(works, control);
		if (!window) {
			await control.changed.wait();
			continue;
		}

		window.work.readers++;
		try {
			await readWindow(transfer, window);

			completeIfSettled(transfer, window.work);
		} catch (error) {
			if (control.stopping.aborted && !(error instanceof FailureError)) {
				return;
			}

			const failure = failureOf(error);
			if (failure.reach === 'folder') {
				if (failure.detail?.startsWith('UIDVALIDITY changed')) {
					await transfer.changed(window.work);
				} else {
					failFolder(transfer, window.work, failure);
				}
			} else {
				context.fail(failure);
			}
		} finally {
			window.work.readers--;
			control.changed.notify();
		}
	}
};
/* eslint-enable no-await-in-loop */
