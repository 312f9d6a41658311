/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {Buffer} from 'node:buffer';
import {type GraphCall, type GraphReply} from './graph-call.js';
import {badRequest, GraphRefused} from './graph-errors.js';
import {contextKey, graphId} from './graph-ids.js';
import {messageJson} from './graph-message-shape.js';
import {graphDefaults} from './graph-options.js';
import {projection, readQuery} from './graph-query.js';
import {type Item} from './item.js';

/** Where a round of pages began and how far it has come, as numbers of changes; what is asked for stays the same all through. */
type State = {readonly since: number; readonly after: number; readonly select?: string};

const tokenOf = (state: State): string => Buffer.from(JSON.stringify(state)).toString('base64url');

const stateOf = (token: string): State => {
	try {
		return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as State;
	} catch {
		throw new GraphRefused('SyncStateNotFound', {text: 'The sync state generation is not found; continuing without it.'});
	}
};

type Change = {readonly revision: number; readonly item: Item} | {readonly revision: number; readonly removed: string};

/** `…/messages/delta` of one folder: all that is there, then what changed since, by pages of `Prefer: odata.maxpagesize`. */
export const deltaOf = (call: GraphCall, key: string): GraphReply => {
	const {query, headers} = call.parts;
	const asked = readQuery(query);
	if (asked.expand.length > 0 || asked.filter !== undefined) {
		throw badRequest('The query specified in the URI is not valid.');
	}

	const folder = call.folder(key);
	const token = query.get('$skiptoken') ?? query.get('$deltatoken');
	const fresh: State = {since: 0, after: 0, ...(asked.select && {select: asked.select.join(',')})};
	const state = token === undefined ? fresh : stateOf(token);
	const since = query.has('$deltatoken') ? state.after : state.since;
	const changes: Change[] = [...folder.items.values()].map(item => ({revision: item.revision, item}));
	if (since > 0) {
		const there = new Set([...folder.items.values()].map(({immutableId}) => immutableId));
		changes.push(...folder.gone.filter(({revision, immutableId}) => revision > since && !there.has(immutableId)).map(({id, immutableId, revision}) => ({revision, removed: graphId(call.wantsImmutableIds ? immutableId : id)})));
	}

	const ahead = changes.filter(({revision}) => revision > state.after).sort((a, b) => a.revision - b.revision);
	const size = Number(/odata\.maxpagesize\s*=\s*(?<size>\d+)/iv.exec(headers.prefer ?? '')?.groups?.size ?? graphDefaults.page);
	const page = ahead.slice(0, size);
	const after = page.at(-1)?.revision ?? state.after;
	const isLast = page.length === ahead.length;
	const next: State = {...state, since, after: isLast ? call.mailbox.revision : after};
	const address = `${call.base}/users/${encodeURIComponent(call.parts.userKey)}/mailFolders/${encodeURIComponent(key)}/messages/delta?${isLast ? '$deltatoken' : '$skiptoken'}=${tokenOf(next)}`;
	const select = state.select?.split(',');
	return {
		status: 200,
		json: {
			'@odata.context': call.context(`mailFolders${contextKey(key)}/messages${projection({...asked, select})}/$delta`),
			[isLast ? '@odata.deltaLink' : '@odata.nextLink']: address,
			value: page.map(change => 'item' in change ? messageJson(change.item, call, {select, expand: []}) : {'@odata.type': '#microsoft.graph.message', id: change.removed, '@removed': {reason: 'deleted'}}),
		},
	};
};
