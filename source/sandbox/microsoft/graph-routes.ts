import {
	addAttachment, deleteAttachment, getAttachment, getAttachmentBytes, listAttachments,
} from './graph-attachments.js';
import {type GraphCall, type GraphReply} from './graph-call.js';
import {createMessage, createMime, importMime} from './graph-create.js';
import {deltaOf} from './graph-delta.js';
import {GraphRefused, noSegment} from './graph-errors.js';
import {
	createFolder, deleteFolder, getFolder, listFolders,
} from './graph-folders.js';
import {
	deleteMessage, getMessage, getMime, listMessages, moveMessage,
} from './graph-messages.js';
import {patchMessage} from './graph-patch.js';
import {type GraphUploads} from './graph-uploads.js';

/** What an address and a method mean. */
export type GraphOperation = {
	/** For logs and fault plans. */
	readonly name: string;
	/** As asked for: an id or a well-known name. */
	readonly folder?: string;
	readonly run: (call: GraphCall) => GraphReply | Promise<GraphReply>;
};

/** `users('a')/mailFolders('b')` reads as `users/a/mailFolders/b`; percent-encoded parts are decoded. */
export const segmentsOf = (path: string): string[] => path.split('/').filter(part => part !== '').flatMap(part => {
	let decoded = part;
	try {
		decoded = decodeURIComponent(part);
	} catch {}

	const {name, key} = /^(?<name>\w+)\('(?<key>.*)'\)$/sv.exec(decoded)?.groups ?? {};
	return name === undefined ? [decoded] : [name, key!.replaceAll('\'\'', '\'')];
});

type Methods = Readonly<Record<string, GraphOperation | undefined>>;

/* eslint-disable @typescript-eslint/naming-convention -- methods of HTTP */
const attachmentMethods = (id: string, [key, rest, ...more]: readonly string[], uploads: GraphUploads): Methods => {
	if (more.length > 0) {
		throw noSegment(more[0]!);
	}

	if (key === undefined) {
		return {GET: {name: 'listAttachments', run: call => listAttachments(call, id)}, POST: {name: 'addAttachment', run: call => addAttachment(call, id)}};
	}

	if (key === 'createUploadSession' || key === 'microsoft.graph.createUploadSession') {
		return {POST: {name: 'createUploadSession', run: call => uploads.create(call, id)}};
	}

	if (rest === '$value') {
		return {GET: {name: 'getAttachmentBytes', run: call => getAttachmentBytes(call, id, key)}};
	}

	return rest === undefined
		? {GET: {name: 'getAttachment', run: call => getAttachment(call, id, key)}, DELETE: {name: 'deleteAttachment', run: call => deleteAttachment(call, id, key)}}
		: {};
};

const messageMethods = ([id, rest, ...more]: readonly string[], uploads: GraphUploads, mediaType: string, folder?: string): Methods => {
	if (id === undefined) {
		const isMime = mediaType === 'text/plain';
		return {
			GET: {name: 'listMessages', folder, run: call => listMessages(call, folder)},
			POST: {name: isMime ? 'createMime' : 'createMessage', folder: folder ?? 'drafts', run: async call => isMime ? createMime(call, folder) : createMessage(call, folder)},
		};
	}

	if (folder !== undefined && /^(?:microsoft\.graph\.)?delta(?:\(\))?$/v.test(id)) {
		return {GET: {name: 'delta', folder, run: call => deltaOf(call, folder)}};
	}

	switch (rest?.replace(/^microsoft\.graph\./v, '')) {
		case undefined: {
			return {
				GET: {name: 'getMessage', folder, run: call => getMessage(call, id, folder)},
				PATCH: {name: 'patchMessage', folder, run: call => patchMessage(call, id, folder)},
				DELETE: {name: 'deleteMessage', folder, run: call => deleteMessage(call, id)},
			};
		}

		case '$value': {
			return {GET: {name: 'getMime', folder, run: call => getMime(call, id, folder)}};
		}

		case 'move': {
			return {POST: {name: 'moveMessage', folder, run: call => moveMessage(call, id)}};
		}

		case 'permanentDelete': {
			return {POST: {name: 'permanentDelete', folder, run: call => deleteMessage(call, id, true)}};
		}

		case 'attachments': {
			return attachmentMethods(id, more, uploads);
		}

		default: {
			throw noSegment(rest!);
		}
	}
};

const folderMethods = ([key, rest, ...more]: readonly string[], uploads: GraphUploads, mediaType: string): Methods => {
	if (key === undefined) {
		return {GET: {name: 'listFolders', run: call => listFolders(call)}, POST: {name: 'createFolder', run: call => createFolder(call)}};
	}

	switch (rest?.replace(/^microsoft\.graph\./v, '')) {
		case undefined: {
			return {GET: {name: 'getFolder', folder: key, run: call => getFolder(call, key)}, DELETE: {name: 'deleteFolder', folder: key, run: call => deleteFolder(call, key)}};
		}

		case 'permanentDelete': {
			return {POST: {name: 'deleteFolder', folder: key, run: call => deleteFolder(call, key)}};
		}

		case 'childFolders': {
			// A folder has one id wherever it is reached from.
			return more.length > 0
				? folderMethods(more, uploads, mediaType)
				: {GET: {name: 'listFolders', folder: key, run: call => listFolders(call, key)}, POST: {name: 'createFolder', folder: key, run: call => createFolder(call, key)}};
		}

		case 'importMime': {
			return {POST: {name: 'importMime', folder: key, run: async call => importMime(call, key)}};
		}

		case 'messages': {
			return messageMethods(more, uploads, mediaType, key);
		}

		default: {
			throw noSegment(rest!);
		}
	}
};
/* eslint-enable @typescript-eslint/naming-convention */

/** What is asked of a user's mailbox; `segments` are those after the user. @throws GraphRefused for what Graph does not know */
export const routeOf = (method: string, segments: readonly string[], mediaType: string, uploads: GraphUploads): GraphOperation => {
	const [first = '', ...rest] = segments;
	if (first !== 'mailFolders' && first !== 'messages') {
		throw noSegment(first);
	}

	const operation = (first === 'mailFolders' ? folderMethods(rest, uploads, mediaType) : messageMethods(rest, uploads, mediaType))[method];
	if (!operation) {
		throw new GraphRefused('ErrorInvalidRequest', {status: 405});
	}

	return operation;
};
