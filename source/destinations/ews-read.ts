import {Buffer} from 'node:buffer';
import {type Stored, type StoredContent} from '../mailbox/destination.js';
import {FailureError, type Failure} from '../mailbox/failure.js';
import {type EwsSession, type ResponseMessage} from '../protocols/ews-soap.js';
import {descendant} from '../protocols/ews-xml.js';
import {getItems} from './ews-bodies.js';

/** One call asks for so much, unless it is one message. */
const batch = {messages: 50, bytes: 5 * 1024 * 1024};

const grouped = (messages: readonly Stored[]): Stored[][] => {
	const groups: Stored[][] = [];
	let bytes = 0;
	for (const message of messages) {
		const group = groups.at(-1);
		bytes += message.size;
		if (group && group.length < batch.messages && bytes <= batch.bytes) {
			group.push(message);
		} else {
			groups.push([message]);
			bytes = message.size;
		}
	}

	return groups;
};

/** Whether one message of a call may be what makes it fail: what says that the line or the mailbox is away, does not. */
const mayBeOne = (error: unknown): error is FailureError => error instanceof FailureError
	&& (error.failure.reach === 'message' || ['server-nonsense', 'server-unavailable', 'bug'].includes(error.failure.code));

const failed = (id: string, failure: Failure): StoredContent => ({id, failure: {...failure, reach: 'message', outcome: 'not stored'}});

const contentOf = (id: string, {failure, node}: ResponseMessage): StoredContent => {
	if (failure) {
		return failure.code === 'folder-gone' ? {id, gone: true} : failed(id, failure);
	}

	const content = descendant(node, 'MimeContent');
	return content ? {id, bytes: Buffer.from(content.text, 'base64')} : failed(id, new FailureError('message-unreadable', {detail: 'the answer has no content'}).failure);
};

/**
The content of items as MIME, which Exchange makes anew. A batch that cannot be had is asked for one by one: one
item can make the whole answer unreadable (recorded/LESSONS.md 32).
*/
export async function * readItems(session: EwsSession, messages: readonly Stored[], signal: AbortSignal): AsyncGenerator<StoredContent> {
	const groups = grouped(messages).reverse();
	for (let group = groups.pop(); group; group = groups.pop()) {
		let answers: readonly ResponseMessage[] | undefined;
		try {
			// eslint-disable-next-line no-await-in-loop -- in order
			answers = await session.persist({body: getItems(group.map(({id}) => id)), signal});
		} catch (error) {
			signal.throwIfAborted();
			if (!mayBeOne(error)) {
				throw error;
			}

			if (group.length === 1) {
				yield failed(group[0]!.id, error.failure);
				continue;
			}
		}

		if (answers?.length !== group.length && group.length > 1) {
			groups.push(...group.map(message => [message]).reverse());
			continue;
		}

		const contents = group.map(({id}, position) => {
			const answer = answers?.[position];
			return answer ? contentOf(id, answer) : failed(id, new FailureError('server-nonsense').failure);
		});
		// The answer is larger than the content: it must not stay in memory while that is looked at.
		answers = undefined;
		yield * contents;
	}
}
