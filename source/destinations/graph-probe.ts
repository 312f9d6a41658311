import {normalSubject} from '../mailbox/envelope.js';
import {type GraphSession} from '../protocols/graph-http.js';
import {isStorableDate} from './ews-bodies.js';
import {type GraphPaths} from './graph-bodies.js';
import {type MimeImport} from './graph-import.js';
import {timeOf} from './graph-item.js';
import {listFolder} from './graph-list.js';
import {type GraphMemory} from './graph-memory.js';
import {type GraphSteps} from './graph-steps.js';

/** What a probe message has shown of a mailbox (microsoft-365.md 8.2). */
export type GraphFindings = {
	readonly version: 'v1.0' | 'beta';
	/** Whether an imported message keeps its received date: from its Received field, by a later change, or not. */
	readonly receivedDate: 'from the message' | 'by change' | 'lost';
	/** What is imported is a draft all the same: then this road is none. */
	readonly isDraft: boolean;
	/** What is imported is read at once: where it asks for a receipt, the store may send one, and nothing can be done about it (design, rule 17). */
	readonly isRead: boolean;
	/** Our stamp can be stored. */
	readonly takesStamp: boolean;
	/** A message is taken that makes a request of more than the 4 MB assumed. */
	readonly takesLarge: boolean;
	/** The probe messages are gone again. */
	readonly deleted: boolean;
};

/** In base64 more than 4 MiB. */
const overAssumed = 3.25 * 1024 * 1024;

const received = Date.UTC(2001, 0, 1, 12, 0, 0);

const subject = 'aw2ms365 probe';

const probe = [
	'Received: from probe.example by probe.example; Mon, 1 Jan 2001 12:00:00 +0000',
	'From: aw2ms365 <aw2ms365@probe.example>',
	'To: aw2ms365 <aw2ms365@probe.example>',
	`Subject: ${subject}`,
	'Date: Mon, 1 Jan 2001 11:59:00 +0000',
	'',
	'This message was put here to see what Microsoft Graph keeps. It can be deleted.',
	'',
].join('\r\n');

/** What a probe message bears instead of a stamp. */
export const probeStamp = 'probe';

/** @returns false if it is still there, where nobody sees it: the way that every cloud has would show it among the deleted ones */
export const deleteForGood = async (session: GraphSession, paths: GraphPaths, id: string, signal: AbortSignal): Promise<boolean> => {
	try {
		await session.persist({method: 'POST', path: `${paths.message(id)}/permanentDelete`, signal});
		return true;
	} catch {
		signal.throwIfAborted();
		return false;
	}
};

/** Imports a message that is larger than is assumed to be taken. */
const probeSize = async ({session, paths, importer}: {
	readonly session: GraphSession; readonly paths: GraphPaths; readonly importer: MimeImport;
}, workshop: string, signal: AbortSignal): Promise<{readonly isTaken: boolean; readonly isGone: boolean}> => {
	let isTaken = false;
	try {
		await importer.run(workshop, new TextEncoder().encode(`${probe}${`${'x'.repeat(70)}\r\n`.repeat(overAssumed / 72)}`), signal);
		isTaken = true;
	} catch {
		signal.throwIfAborted();
	}

	// Where the answer was lost it may be there all the same; what earlier probes left goes with it.
	const left = await listFolder(session, paths, workshop, signal);
	const gone = await Promise.all(left.filter(({envelope}) => envelope?.subject === normalSubject(subject)).map(async ({id}) => deleteForGood(session, paths, id, signal)));
	return {isTaken, isGone: gone.every(Boolean)};
};

/**
Imports a small message into the hidden folder, looks at what became of it, and deletes it.

@throws what keeps importMime from being used: permission-missing, server-nonsense where there is none
*/
export const probeImport = async ({session, paths, importer, steps, memory}: {
	readonly session: GraphSession; readonly paths: GraphPaths; readonly importer: MimeImport; readonly steps: GraphSteps; readonly memory: GraphMemory;
}, workshop: string, signal: AbortSignal): Promise<GraphFindings> => {
	const message = await importer.run(workshop, new TextEncoder().encode(probe), signal);
	const isKept = isStorableDate(timeOf(message.receivedDateTime) ?? Number.NaN, received);
	await steps.complete(message.id, {flags: [String.raw`\Seen`], receivedAt: received, stamp: probeStamp}, signal, message);
	const deleted = await deleteForGood(session, paths, message.id, signal);
	const {isTaken, isGone} = await probeSize({session, paths, importer}, workshop, signal);
	return {
		version: importer.version!,
		receivedDate: isKept ? 'from the message' : (memory.keepsDate ? 'by change' : 'lost'),
		isDraft: message.isDraft === true,
		isRead: message.isRead === true,
		takesStamp: !memory.stampless,
		takesLarge: isTaken,
		deleted: deleted && isGone,
	};
};
