import {type GraphSession} from '../protocols/graph-http.js';
import {type GraphPaths} from './graph-bodies.js';
import {type GraphStored, type MessageJson, storedOf} from './graph-item.js';

/** A folder that shows fewer messages than it says it has is listed so often: what is deleted meanwhile makes pages pass over others. */
const mostListings = 3;

const gather = async (session: GraphSession, path: string, signal: AbortSignal, into: (json: MessageJson) => void): Promise<void> => {
	for await (const json of session.pages<MessageJson>(path, signal)) {
		into(json);
	}
};

const totalOf = async (session: GraphSession, paths: GraphPaths, folder: string, signal: AbortSignal): Promise<number> => {
	const {json} = await session.persist({method: 'GET', path: `${paths.folder(folder)}?$select=totalItemCount`, signal});
	return Number((json as {readonly totalItemCount?: unknown} | undefined)?.totalItemCount) || 0;
};

/** All messages of a folder. @throws folder-gone */
export const listFolder = async (session: GraphSession, paths: GraphPaths, folder: string, signal: AbortSignal): Promise<GraphStored[]> => {
	const found = new Map<string, GraphStored>();
	for (let listing = 1; ; listing++) {
		const seen = new Set<string>();
		const bare = new Map<string, MessageJson>();
		const take = (json: MessageJson): void => {
			const stored = storedOf(json);
			if (stored) {
				seen.add(stored.id);
				found.set(stored.id, stored);
			}
		};

		// eslint-disable-next-line no-await-in-loop -- one listing after another
		await gather(session, paths.listMessages(folder), signal, json => {
			take(json);
			// Seen: what was asked for is left out where extended properties are asked for, too.
			if (json.receivedDateTime === undefined && typeof json.id === 'string') {
				bare.set(json.id, json);
			}
		});
		if (bare.size > 0) {
			// eslint-disable-next-line no-await-in-loop -- as above
			await gather(session, paths.listMessages(folder, false), signal, json => {
				const properties = bare.get(String(json.id))?.singleValueExtendedProperties;
				take({...json, ...(properties !== undefined && {singleValueExtendedProperties: properties})});
			});
		}

		// eslint-disable-next-line no-await-in-loop -- as above
		if (listing >= mostListings || seen.size >= await totalOf(session, paths, folder, signal)) {
			return [...found.values()];
		}
	}
};
