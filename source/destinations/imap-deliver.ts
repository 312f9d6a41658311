import {type Delivery, type DeliveryResult} from '../mailbox/destination.js';
import {FailureError, failureOf, type Failure} from '../mailbox/failure.js';
import {type Flags} from '../mailbox/mailbox.js';
import {hashOf} from '../mailbox/identity.js';
import {keptFlags} from '../protocols/imap-flags.js';
import {fetchMessages} from '../protocols/imap-fetch.js';
import {fetchEntries} from '../protocols/imap-listing.js';
import {atom, sequence} from '../protocols/imap-node.js';
import {openFolder} from '../protocols/imap-open.js';
import {command, type Session} from '../protocols/imap-session.js';
import {writableDate} from '../protocols/imap-date.js';
import {asksForReceipt} from '../mailbox/receipt.js';
import {append, hasNul} from './imap-append.js';
import {longestLine, overlongLine} from './imap-lines.js';
import {type Tell} from './told-once.js';

/** What is known of a folder that is written. */
export type Writable = {
	readonly raw: string;
	readonly permanentFlags: readonly string[] | undefined;
	/** Whether `\Flagged` in APPEND arrives: `undefined` until the first flagged message was looked at. */
	keepsFlagged: boolean | undefined;
};

export type ServerTraits = {readonly tellsId: boolean; readonly exchange: boolean; readonly keepsBytes: boolean; /** Milliseconds since 1970. */ readonly now: () => number};

const flagged = String.raw`\Flagged`;
const seen = String.raw`\Seen`;

const uidOf = (id: string | undefined): number | undefined => id === undefined ? undefined : Number(id.split(':', 2)[1]);

/** Sets flags on a message that is there already; silent (RFC 9051 6.4.6). */
export const addFlags = async (session: Session, uid: number, flags: readonly string[]): Promise<void> => {
	await command(session, 'store', 'UID STORE', [sequence(String(uid)), atom('+FLAGS.SILENT'), flags.map(flag => atom(flag))]);
};

/**
The received date to send, in milliseconds. Exchange keeps any; others keep 32 bits, and Dovecot turns 1966 into 2102
without a word: there the nearest date that is safe.
*/
const sendableDate = (time: number, exchange: boolean): number => {
	const date = writableDate(time);
	return exchange ? Math.max(date, -11_644_473_600_000) : Math.min(Math.max(date, 0), 2_147_483_647_000);
};

/** Where the UIDs stand; nothing of the message has left yet. */
const uidNextOf = async (session: Session, folder: Writable): Promise<number> => {
	try {
		const {uidNext} = await openFolder(session, folder.raw, {writable: true, again: true});
		return uidNext;
	} catch (error) {
		const failure = failureOf(error);
		// It went away under us: preparing it again makes it anew.
		const isGone = failure.code === 'folder-unreadable';
		throw new FailureError(isGone ? 'folder-not-creatable' : failure.code, {...failure, outcome: 'not stored', ...(isGone && {retry: 'now'})});
	}
};

/** What Exchange would stumble over is not sent: another road may take it. @throws message-line-too-long */
const refuseOverlong = ({bytes}: Delivery, {exchange}: ServerTraits): void => {
	const found = exchange ? overlongLine(bytes) : undefined;
	if (found) {
		throw new FailureError('message-line-too-long', {detail: `line ${found.line} has ${found.bytes} bytes, ${longestLine} are taken`});
	}
};

/** Whoever asked for a receipt gets one from Exchange when the message is put there as read: it stays unread (design, section 7, rule 17). */
const withoutLetters = ({flags, bytes}: Delivery, {exchange}: ServerTraits): {readonly flags: Flags; readonly unread: boolean} => {
	const unread = exchange && flags.includes(seen) && asksForReceipt(bytes);
	return {unread, flags: unread ? flags.filter(flag => flag !== seen) : flags};
};

/** Delivers one message on a session: APPEND, then whatever APPEND leaves out. */
const deliverOne = async (session: Session, folder: Writable, delivery: Delivery, server: ServerTraits): Promise<DeliveryResult> => {
	refuseOverlong(delivery, server);
	const {flags, unread} = withoutLetters(delivery, server);
	const {kept, lost} = keptFlags(flags, folder.permanentFlags);
	if (unread) {
		lost.push(`flag:${seen}`);
	}

	const uidNext = server.tellsId ? 0 : await uidNextOf(session, folder);
	const receivedAt = sendableDate(delivery.fingerprint.receivedAt, server.exchange);
	const appended = await append(session, {raw: folder.raw, flags: kept, receivedAt}, delivery.bytes);
	if (receivedAt !== Math.floor(delivery.fingerprint.receivedAt / 1000) * 1000) {
		lost.push(`received-date:${new Date(delivery.fingerprint.receivedAt).toISOString()}`);
	}

	let id = appended;
	let uid = uidOf(id);
	try {
		if (uid === undefined && uidNext > 0) {
			// No APPENDUID: the one message that came since, and has our size.
			const {generation} = await openFolder(session, folder.raw, {writable: true, again: true});
			const later = await fetchEntries(session, uidNext, true);
			const since = later.filter(one => one.uid >= uidNext && (one.size === delivery.bytes.length || !server.keepsBytes));
			if (since.length === 1) {
				uid = since[0]!.uid;
				id = `${generation}:${uid}`;
			}
		}

		lost.push(...await afterAppend(session, folder, {
			delivery, kept, uid, receivedAt,
		}, server));
	} catch (error) {
		const failure = failureOf(error);
		if (failure.code === 'message-refused') {
			// STORE was refused: that much is final.
			lost.push(...(kept.includes(flagged) ? [`flag:${flagged}`] : []));
		} else {
			// It is there, but not as it should be: looking for it does the rest.
			return {stored: false, failure: {...failure, outcome: 'unknown'}};
		}
	}

	return {stored: true, ...(id !== undefined && {id}), ...(lost.length > 0 && {lost})};
};

/** Steps after APPEND; resolves with what is lost. */
const afterAppend = async (session: Session, folder: Writable, {delivery, kept, uid, receivedAt}: {
	readonly delivery: Delivery; readonly kept: readonly string[]; readonly uid: number | undefined; readonly receivedAt: number;
}, server: ServerTraits): Promise<string[]> => {
	const lost: string[] = [];
	const wantsFlag = kept.includes(flagged) && folder.keepsFlagged !== true;
	const looksAtBytes = hasNul(delivery.bytes);
	// Dovecot turns a received date of the future into now.
	const looksAtDate = !server.exchange && receivedAt > server.now() + 86_400_000;
	if (!wantsFlag && !looksAtBytes && !looksAtDate) {
		return lost;
	}

	if (uid === undefined) {
		return [...(server.exchange && wantsFlag ? [`flag:${flagged}`] : []), ...(looksAtBytes ? [alteredNul] : [])];
	}

	await openFolder(session, folder.raw, {writable: true});
	const [found] = server.exchange ? [] : await fetchEntries(session, uid);
	if (looksAtDate && found?.receivedAt !== receivedAt) {
		lost.push(`received-date:${new Date(receivedAt).toISOString()}`);
	}

	if (wantsFlag) {
		// Exchange takes \Flagged in APPEND and shows it to nobody.
		const isThere = !server.exchange && found?.flags.includes(flagged) === true;
		folder.keepsFlagged ??= isThere;
		if (!isThere) {
			await addFlags(session, uid, [flagged]);
		}
	}

	if (looksAtBytes && (server.exchange || !await isIntact(session, uid, delivery))) {
		lost.push(alteredNul);
	}

	return lost;
};

const alteredNul = 'bytes:NUL';

/** Whether the server hands out what it was given. */
const isIntact = async (session: Session, uid: number, {fingerprint}: Delivery): Promise<boolean> => {
	let intact = false;
	for await (const result of fetchMessages(session, [{uid, size: fingerprint.size}])) {
		intact = 'bytes' in result && hashOf(result.bytes) === fingerprint.hash;
	}

	return intact;
};

/** Stands for the rest of a batch that was not begun. */
const notBegun = (failure: Failure): Failure => ({...failure, outcome: 'not stored'});

/**
Delivers messages one after another on one session. Stops when the signal aborts or a failure reaches beyond
its message; what was not begun is reported as not stored.
*/
export const deliverAll = async (session: Session, folder: Writable, batch: readonly Delivery[], tell: Tell, {signal, server}: {readonly signal: AbortSignal; readonly server: ServerTraits}): Promise<void> => {
	let stopped: Failure | undefined;
	for (const delivery of batch) {
		if (signal.aborted) {
			stopped ??= new FailureError('connection-lost', {detail: 'stopped before it was sent'}).failure;
		}

		if (stopped) {
			tell(delivery, {stored: false, failure: notBegun(stopped)});
			continue;
		}

		let result: DeliveryResult;
		try {
			// eslint-disable-next-line no-await-in-loop -- one APPEND after another
			result = await deliverOne(session, folder, delivery, server);
		} catch (error) {
			result = {stored: false, failure: failureOf(error)};
		}

		tell(delivery, result);
		if (!result.stored && (result.failure.reach !== 'message' || session.wire.closed)) {
			stopped = result.failure.reach === 'message'
				? new FailureError('connection-lost', {detail: 'the connection was closed after the message before', outcome: 'not stored'}).failure
				: result.failure;
		}
	}
};
