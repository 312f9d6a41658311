import {type Stored, type StoredContent} from '../mailbox/destination.js';
import {FailureError, failureOf} from '../mailbox/failure.js';
import {type GraphSession} from '../protocols/graph-http.js';
import {type GraphPaths} from './graph-bodies.js';

/** So many are asked for at once, unless they are large. */
const atOnce = {messages: 4, bytes: 5 * 1024 * 1024};

/** What says that the line or the mailbox is away is no fault of one message. */
const mayBeOne = (error: unknown): boolean => error instanceof FailureError
	&& (error.failure.reach === 'message' || ['server-nonsense', 'server-unavailable', 'bug'].includes(error.failure.code));

const readOne = async (session: GraphSession, paths: GraphPaths, id: string, signal: AbortSignal): Promise<StoredContent> => {
	try {
		const {bytes} = await session.persist({method: 'GET', path: `${paths.message(id)}/$value`, signal});
		return bytes ? {id, bytes} : {id, failure: new FailureError('message-unreadable', {detail: 'the answer has no content'}).failure};
	} catch (error) {
		signal.throwIfAborted();
		const failure = failureOf(error);
		if (failure.code === 'folder-gone') {
			return {id, gone: true};
		}

		if (!mayBeOne(error)) {
			throw error;
		}

		return {id, failure: {...failure, reach: 'message', outcome: 'not stored'}};
	}
};

/** The content of messages as MIME, which Exchange makes anew (microsoft-365.md 3.5). */
export async function * readMessages(session: GraphSession, paths: GraphPaths, messages: readonly Stored[], signal: AbortSignal): AsyncGenerator<StoredContent> {
	for (let start = 0; start < messages.length;) {
		let bytes = 0;
		let end = start;
		while (end < messages.length && end - start < atOnce.messages && (end === start || bytes + messages[end]!.size <= atOnce.bytes)) {
			bytes += messages[end++]!.size;
		}

		// eslint-disable-next-line no-await-in-loop -- some after others
		const contents = await Promise.all(messages.slice(start, end).map(async ({id}) => readOne(session, paths, id, signal)));
		start = end;
		// What was looked at must not stay in memory with the next.
		for (let content = contents.shift(); content; content = contents.shift()) {
			yield content;
		}
	}
}
