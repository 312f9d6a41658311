/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {type GraphCall, type GraphReply} from './graph-call.js';
import {badQuery, badRequest, GraphRefused} from './graph-errors.js';
import {filterOf} from './graph-filter.js';
import {folderJson, mailFolders, readFolderField} from './graph-folder-shape.js';
import {contextKey, graphId, keyOf} from './graph-ids.js';
import {graphDefaults} from './graph-options.js';
import {
	nextLink, projection, readQuery, type GraphQuery,
} from './graph-query.js';
import {type Folder} from './folder.js';

const byName = (a: Folder, b: Folder): number => a.name.localeCompare(b.name, 'en');

const visible = (folder: Folder, call: GraphCall): Folder[] => {
	const wantsHidden = call.parts.query.get('includehiddenfolders')?.toLowerCase() === 'true';
	return mailFolders(folder).filter(({isHidden}) => wantsHidden || !isHidden).sort(byName);
};

const shown = (folder: Folder, call: GraphCall, {select, expand}: Pick<GraphQuery, 'select' | 'expand'>): Record<string, unknown> => {
	const json = folderJson(folder, call.parts.version, select);
	for (const {name, options} of expand) {
		if (name !== 'childFolders') {
			throw badQuery(`Could not find a property named '${name}' on type 'microsoft.graph.mailFolder'.`);
		}

		// A hidden child counts, and is not in the list (lesson 43).
		const children = visible(folder, call).slice(0, Number(options.get('$top') ?? graphDefaults.page));
		json.childFolders = children.map(child => folderJson(child, call.parts.version, options.get('$select')?.split(',')));
	}

	return json;
};

/** Where the folder's children stand: beside the user for those at the top. */
const below = (key: string | undefined, escape: (key: string) => string): string => key === undefined ? 'mailFolders' : `mailFolders${escape(key)}/childFolders`;

/** First level only; a page of ten unless asked otherwise, of any size (lesson 43). */
export const listFolders = (call: GraphCall, key?: string): GraphReply => {
	const {query, version} = call.parts;
	const asked = readQuery(query);
	const parent = key === undefined ? call.mailbox.distinguished('msgfolderroot')! : call.folder(key);
	const filter = asked.filter === undefined ? undefined : filterOf<Folder>(asked.filter, (folder, path) => readFolderField(folder, path, version), () => []);
	const all = visible(parent, call).filter(folder => filter?.passes(folder) ?? true);
	const page = all.slice(asked.skip, asked.skip + (asked.top ?? graphDefaults.page));
	const end = asked.skip + page.length;
	return {
		status: 200,
		json: {
			'@odata.context': call.context(`${below(key, contextKey)}${projection(asked)}`),
			...(asked.count && {'@odata.count': all.length}),
			...(end < all.length && {'@odata.nextLink': nextLink(`${call.base}/users/${encodeURIComponent(call.parts.userKey)}/${below(key, one => `/${encodeURIComponent(one)}`)}`, query, {$skip: String(end)})}),
			value: page.map(folder => shown(folder, call, asked)),
		},
	};
};

export const getFolder = (call: GraphCall, key: string): GraphReply => {
	const asked = readQuery(call.parts.query);
	return {status: 200, json: {'@odata.context': call.context(`mailFolders${projection(asked)}/$entity`), ...shown(call.folder(key), call, asked)}};
};

const longestName = 255;

/** @throws GraphRefused 409 where the name is taken; 400 for none */
export const createFolder = (call: GraphCall, key?: string): GraphReply => {
	call.need('Mail.ReadWrite');
	const {displayName, isHidden = false, ...others} = call.json();
	const other = Object.keys(others).find(name => !name.startsWith('@'));
	if (other !== undefined) {
		throw badRequest(`The property '${other}' does not exist on type 'microsoft.graph.mailFolder' or cannot be set.`);
	}

	if (typeof displayName !== 'string' || displayName.trim() === '' || displayName.length > longestName || typeof isHidden !== 'boolean') {
		throw new GraphRefused('ErrorInvalidRequest', {status: 400, text: 'The folder name is invalid.'});
	}

	const parent = key === undefined ? call.mailbox.distinguished('msgfolderroot')! : call.folder(key);
	// Those that Graph makes are for mail (reference 3.6).
	const folder = call.mailbox.createFolder(parent, displayName, 'IPF.Note', isHidden);
	return {
		status: 201,
		location: call.location(`mailFolders${keyOf(graphId(folder.id))}`),
		json: {'@odata.context': call.context(`${below(key, contextKey)}/$entity`), ...folderJson(folder, call.parts.version)},
	};
};

/** For good, with all that is in it; the stand-in keeps no deleted folders. */
export const deleteFolder = (call: GraphCall, key: string): GraphReply => {
	call.need('Mail.ReadWrite');
	const folder = call.folder(key);
	if (folder.wellKnownName !== undefined) {
		throw new GraphRefused('ErrorDeleteDistinguishedFolder');
	}

	call.mailbox.deleteFolder(folder);
	return {status: 204};
};
