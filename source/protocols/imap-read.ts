import {type ReadResult} from '../mailbox/source.js';
import {FailureError, failureOf} from '../mailbox/failure.js';
import {fetchMessages, type Wanted} from './imap-fetch.js';
import {fetchLarge, largeFrom} from './imap-fetch-large.js';
import {Setbacks} from './imap-setbacks.js';
import {groups, type GroupBounds} from './imap-uid-set.js';
import {largestLiteral} from './imap-wire.js';
import {type ImapSessions, type Session} from './imap-session.js';

const bounds: GroupBounds = {messages: 50, bytes: 4 * 1024 * 1024, characters: 900};

const unreadable = (detail: string) => new FailureError('message-unreadable', {detail}).failure;

/** The next messages to ask for at once. */
const nextGroup = (queue: readonly Wanted[], position: number, alone: boolean): Wanted[] => {
	const [group] = groups(queue.slice(position, position + (alone ? 1 : bounds.messages)), bounds);
	return group!;
};

const fetchGroup = (session: Session, group: readonly Wanted[]): AsyncGenerator<ReadResult> => group.length === 1 && group[0]!.size >= largeFrom
	? fetchLarge(session, group[0]!)
	: fetchMessages(session, group);

/**
The content of messages of one folder, one result for each, ascending by UID. Holds one session from the first
message to the last; after a loss goes on at the same message, and gives nothing twice. A message that alone keeps
ending the connection, or is refused, comes as a failure, and the rest go on.

@param open opens the folder on a session and checks its generation
*/
export async function * readMessages(sessions: ImapSessions, open: (session: Session) => Promise<unknown>, messages: readonly Wanted[], signal: AbortSignal): AsyncGenerator<ReadResult> {
	const queue = [...messages].sort((a, b) => a.uid - b.uid);
	const patience = sessions.retrying();
	const setbacks = new Setbacks();
	let position = 0;
	/** Up to here one message is asked for at a time. */
	let singlyUntil = 0;
	let session: Session | undefined;
	const stop = (): void => {
		session?.wire.close();
	};

	signal.addEventListener('abort', stop, {once: true});
	try {
		/* eslint-disable no-await-in-loop -- one group after another */
		while (position < queue.length) {
			const {uid, size} = queue[position]!;
			if (size > largestLiteral) {
				position++;
				yield {uid, failure: unreadable(`${size} bytes are more than this program takes (${largestLiteral})`)};
				continue;
			}

			const group = nextGroup(queue, position, position < singlyUntil);
			const end = position + group.length;
			let fetching = false;
			let error: unknown;
			try {
				session ??= await sessions.acquire(signal);
				await open(session);
				fetching = true;
				for await (const result of fetchGroup(session, group)) {
					position++;
					setbacks.progressed();
					patience.progressed();
					sessions.calm();
					yield result;
				}

				continue;
			} catch (error_) {
				error = error_;
			}

			const closed = session?.wire.closed ?? true;
			if (session && closed) {
				sessions.release(session);
				session = undefined;
			}

			signal.throwIfAborted();
			const verdict = fetching ? setbacks.judge(error, {messages: group.length, closed}) : {wait: error, alone: false};
			switch (verdict) {
				case 'give up': {
					throw error;
				}

				case 'singly': {
					singlyUntil = end;

					break;
				}

				case 'leave behind': {
					const left = queue[position++]!;
					const {detail, code} = failureOf(error);
					yield {uid: left.uid, failure: unreadable(detail ?? code)};

					break;
				}

				default: {
					singlyUntil = verdict.alone ? Math.max(singlyUntil, position + 1) : singlyUntil;
					await patience.afterFailure(verdict.wait, signal);
				}
			}
		}
		/* eslint-enable no-await-in-loop */
	} finally {
		signal.removeEventListener('abort', stop);
		if (session) {
			sessions.release(session);
		}
	}
}
