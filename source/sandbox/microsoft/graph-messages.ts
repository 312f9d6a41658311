/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {type GraphCall, type GraphReply} from './graph-call.js';
import {badRequest, GraphRefused} from './graph-errors.js';
import {filterOf} from './graph-filter.js';
import {contextKey, graphId, keyOf} from './graph-ids.js';
import {messageJson, readMessageField} from './graph-message-shape.js';
import {graphDefaults} from './graph-options.js';
import {propertyOfId, readProperty} from './graph-properties.js';
import {
	nextLink, projection, readQuery, type GraphQuery,
} from './graph-query.js';
import {type Folder} from './folder.js';
import {type Item} from './item.js';
import {writeMime} from './mime-out.js';

/** Of the folder, or of all below the top. */
const itemsOf = (call: GraphCall, folder: Folder | undefined): Item[] =>
	folder ? [...folder.items.values()] : [...call.mailbox.distinguished('msgfolderroot')!.descend()].flatMap(({items}) => [...items.values()]);

/** A well-known name may stand for parentFolderId (reference 3.7). */
const withFolderIds = (call: GraphCall, filter: string): string => filter.replaceAll(/\bparentFolderId\s+(?<operator>eq|ne)\s+'(?<name>[a-z]+)'/giv, (whole: string, operator: string, name: string) => {
	const folder = call.mailbox.distinguished(name.toLowerCase());
	return folder ? `parentFolderId ${operator} '${graphId(folder.id)}'` : whole;
});

const filtered = (call: GraphCall, items: Item[], {filter, orderBy}: GraphQuery): Item[] => {
	if (filter === undefined) {
		return items;
	}

	const {passes, about} = filterOf<Item>(withFolderIds(call, filter), (item, path) => readMessageField(item, path, call), (item, path, ids) => {
		if (path[0]?.toLowerCase() === 'singlevalueextendedproperties') {
			return ids.map(id => ({id, value: readProperty(item, propertyOfId(id))}));
		}

		const value = readMessageField(item, path, call);
		return Array.isArray(value) ? value : [];
	});
	if (orderBy.length > 0 && /internetmessageid|extendedproperties/v.test(about)) {
		throw new GraphRefused('InefficientFilter');
	}

	return items.filter(item => passes(item));
};

const compare = (a: unknown, b: unknown): number => typeof a === 'string' && typeof b === 'string' ? a.localeCompare(b, 'en') : Number(a) - Number(b);

/** Newest first unless asked otherwise. */
const sorted = (call: GraphCall, items: Item[], {orderBy}: GraphQuery): Item[] => {
	if (orderBy.length === 0) {
		return items.sort((a, b) => b.receivedAt - a.receivedAt);
	}

	return items.sort((a, b) => {
		for (const {path, descending} of orderBy) {
			const difference = compare(readMessageField(a, path, call), readMessageField(b, path, call));
			if (difference !== 0) {
				return descending ? -difference : difference;
			}
		}

		return 0;
	});
};

const where = (key: string | undefined, escape: (key: string) => string): string => key === undefined ? 'messages' : `mailFolders${escape(key)}/messages`;

/** A page of ten unless asked otherwise, 1,000 at most; it may be shorter than asked for, and the next one is found by counting: what comes in between shifts it. */
export const listMessages = (call: GraphCall, key?: string): GraphReply => {
	const {query, host: {limits, random}} = call.parts;
	const asked = readQuery(query);
	if ((asked.top ?? 1) > graphDefaults.largestPage || asked.top === 0) {
		throw badRequest(`The limit of '${graphDefaults.largestPage}' for Top query has been exceeded. The value from the incoming request is '${asked.top!}'.`);
	}

	const all = sorted(call, filtered(call, itemsOf(call, key === undefined ? undefined : call.folder(key)), asked), asked);
	const size = asked.top ?? graphDefaults.page;
	const isShort = size > 1 && random.next() < (limits.shortPages ?? 0.1);
	const page = all.slice(asked.skip, asked.skip + (isShort ? Math.ceil(size / 2) : size));
	const end = asked.skip + page.length;
	return {
		status: 200,
		json: {
			'@odata.context': call.context(`${where(key, contextKey)}${projection(asked)}`),
			...(asked.count && {'@odata.count': all.length}),
			...(end < all.length && {'@odata.nextLink': nextLink(`${call.base}/users/${encodeURIComponent(call.parts.userKey)}/${where(key, one => `/${encodeURIComponent(one)}`)}`, query, {$skip: String(end)})}),
			value: page.map(item => messageJson(item, call, asked)),
		},
	};
};

export const getMessage = (call: GraphCall, id: string, key?: string): GraphReply => {
	const asked = readQuery(call.parts.query);
	return {status: 200, json: {'@odata.context': call.context(`${where(key, contextKey)}${projection(asked)}/$entity`), ...messageJson(call.item(id), call, asked)}};
};

/** MIME as the store rebuilds it; not below mailFolders (reference 3.5). */
export const getMime = (call: GraphCall, id: string, key?: string): GraphReply => {
	if (key !== undefined) {
		throw new GraphRefused('ErrorInvalidRequest', {status: 405});
	}

	const item = call.item(id);
	if (item.unreadable) {
		throw new GraphRefused('ErrorMimeContentConversionFailed', {text: 'MIME content conversion failed.', status: 500});
	}

	const {random} = call.parts.host;
	return {status: 200, contentType: 'text/plain', bytes: writeMime({...item.content, messageId: item.messageId, sentAt: item.sentAt}, {receivedAt: item.receivedAt, random: () => random.next()})};
};

/** Another id, unless ids that survive are asked for (lesson 24, reference 3.4). */
export const moveMessage = (call: GraphCall, id: string): GraphReply => {
	call.need('Mail.ReadWrite');
	const {destinationId, DestinationId = destinationId} = call.json();
	if (typeof DestinationId !== 'string') {
		throw badRequest('The DestinationId is missing.');
	}

	const item = call.mailbox.move(call.item(id), call.folder(DestinationId));
	return {
		status: 201, location: call.location(`messages${keyOf(call.idOf(item))}`), json: {'@odata.context': call.context('messages/$entity'), ...messageJson(item, call)},
	};
};

/** Into Deleted Items, and from there out of sight; `forGood` is permanentDelete. */
export const deleteMessage = (call: GraphCall, id: string, forGood = false): GraphReply => {
	call.need('Mail.ReadWrite');
	const {deletes = 'to-deleted-items', isNationalCloud} = call.manner;
	if (forGood && isNationalCloud) {
		throw badRequest('Resource not found for the segment \'permanentDelete\'.');
	}

	const item = call.item(id);
	const bin = call.mailbox.distinguished('deleteditems')!;
	if (forGood || deletes === 'for-good' || item.folder === bin || item.folder.path === undefined) {
		call.mailbox.delete(item);
	} else {
		call.mailbox.move(item, bin);
	}

	return {status: 204};
};
