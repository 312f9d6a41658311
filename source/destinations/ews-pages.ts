import {FailureError} from '../mailbox/failure.js';
import {type EwsSession, type ResponseMessage} from '../protocols/ews-soap.js';
import {child, type Node} from '../protocols/ews-xml.js';

const nonsense = (detail: string): FailureError => new FailureError('server-nonsense', {detail, outcome: 'not stored'});

/** The answer to a call that asks for one thing. @throws its failure */
export const askOne = async (session: EwsSession, body: string, signal: AbortSignal): Promise<ResponseMessage> => {
	const [answer] = await session.persist({body, signal});
	if (!answer) {
		throw nonsense('no answer to what was asked');
	}

	if (answer.failure) {
		throw new FailureError(answer.failure.code, answer.failure);
	}

	return answer;
};

/** An answer that brings nothing new is asked for so often. */
const mostStandstills = 3;
/** A search that is disturbed by deletions is begun anew so often. */
const mostBeginnings = 3;

const isTrue = (text: string | undefined): boolean => text === 'true' || text === '1';

/**
All pages of a FindItem or FindFolder (paging by index). Pages may be shorter than asked for, empty ones too; the server
says which is the last. Where something was deleted meanwhile what follows has moved up, and some of it would
be passed over: then it begins anew.

@param ask the body for the page that begins at an offset
@param read an entry; undefined: not one of ours
@throws server-nonsense when the pages do not end
*/
export const readPages = async <T extends {readonly id: string}>(session: EwsSession, {ask, container, read, signal}: {
	readonly ask: (offset: number) => string;
	readonly container: 'Items' | 'Folders';
	readonly read: (node: Node) => T | undefined;
	readonly signal: AbortSignal;
}): Promise<T[]> => {
	const found = new Map<string, T>();
	let beginnings = 1;
	let standstills = 0;
	let inView = 0;
	for (let offset = 0; ;) {
		// eslint-disable-next-line no-await-in-loop -- one page leads to the next
		const {node} = await askOne(session, ask(offset), signal);
		const root = child(node, 'RootFolder');
		if (!root) {
			throw nonsense('a search without a result');
		}

		const total = Number(root.attribute('TotalItemsInView') ?? inView);
		if (total < inView && beginnings < mostBeginnings) {
			beginnings++;
			found.clear();
			offset = 0;
			inView = 0;
			continue;
		}

		inView = total;
		const entries = child(root, container)?.children ?? [];
		for (const entry of entries) {
			const value = read(entry);
			if (value) {
				found.set(value.id, value);
			}
		}

		if (isTrue(root.attribute('IncludesLastItemInRange'))) {
			return [...found.values()];
		}

		const next = Math.max(Number(root.attribute('IndexedPagingOffset') ?? 0) || 0, offset + entries.length);
		standstills = next > offset ? 0 : standstills + 1;
		if (standstills >= mostStandstills) {
			throw nonsense('the pages of a search do not end');
		}

		offset = next;
	}
};
