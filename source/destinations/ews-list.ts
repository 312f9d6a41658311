import {type Stored} from '../mailbox/destination.js';
import {type EwsSession} from '../protocols/ews-soap.js';
import {findStamps, listItems, mostStamps} from './ews-bodies.js';
import {storedOf} from './ews-item.js';
import {readPages} from './ews-pages.js';

/** All items of a folder, oldest first. */
export const listFolder = async (session: EwsSession, folder: string, signal: AbortSignal): Promise<Stored[]> =>
	readPages(session, {
		ask: offset => listItems(folder, offset), container: 'Items', read: storedOf, signal,
	});

/** The items of a folder that bear one of these stamps. */
export const findByStamp = async (session: EwsSession, folder: string, stamps: readonly string[], signal: AbortSignal): Promise<Stored[]> => {
	const found: Stored[] = [];
	for (let start = 0; start < stamps.length; start += mostStamps) {
		const some = stamps.slice(start, start + mostStamps);
		// eslint-disable-next-line no-await-in-loop -- a search is dear to the server
		const items = await readPages(session, {
			ask: offset => findStamps(folder, some, offset), container: 'Items', read: storedOf, signal,
		});
		// A server that ignores the restriction must not answer for it.
		found.push(...items.filter(({stamp}) => stamp !== undefined && some.includes(stamp)));
	}

	return found;
};
