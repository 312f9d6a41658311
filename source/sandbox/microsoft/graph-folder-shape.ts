import {badQuery} from './graph-errors.js';
import {graphId} from './graph-ids.js';
import {type GraphVersion} from './graph-call.js';
import {type Folder} from './folder.js';

type Field = readonly [name: string, of: (folder: Folder) => unknown];

const sizeOf = (folder: Folder): number => {
	let sum = 0;
	for (const item of folder.items.values()) {
		sum += item.size;
	}

	return sum;
};

/** Graph's mail folders: those for mail, whatever they are called; a missing class is mail (lesson 14). */
export const isMailFolder = ({folderClass}: Folder): boolean => folderClass === undefined || folderClass.startsWith('IPF.Note');

export const mailFolders = (folder: Folder): Folder[] => folder.children.filter(child => isMailFolder(child));

/** In recorded order; no etag, and the well-known name in beta alone (lesson 42). */
const fields: readonly Field[] = [
	['id', folder => graphId(folder.id)],
	['displayName', folder => folder.name],
	['parentFolderId', folder => graphId((folder.parent ?? folder).id)],
	// Hidden ones count (lesson 43).
	['childFolderCount', folder => mailFolders(folder).length],
	['unreadItemCount', folder => folder.unread],
	['totalItemCount', folder => folder.items.size],
	['sizeInBytes', folder => sizeOf(folder)],
	['isHidden', folder => folder.isHidden],
];
const betaFields: readonly Field[] = [...fields, ['wellKnownName', folder => folder.wellKnownName ?? null]];

const fieldsOf = (version: GraphVersion): readonly Field[] => version === 'beta' ? betaFields : fields;

/** @throws GraphRefused for a name that is none */
export const readFolderField = (folder: Folder, path: readonly string[], version: GraphVersion = 'v1.0'): unknown => {
	const field = fieldsOf(version).find(([name]) => name.toLowerCase() === path[0]!.toLowerCase());
	if (!field) {
		throw badQuery(`Could not find a property named '${path[0]!}' on type 'microsoft.graph.mailFolder'.`);
	}

	return field[1](folder);
};

/** A folder as JSON; `select` as asked. @throws GraphRefused for a name that is none */
export const folderJson = (folder: Folder, version: GraphVersion, select?: readonly string[]): Record<string, unknown> => {
	for (const name of select ?? []) {
		readFolderField(folder, [name], version);
	}

	const wanted = select && new Set(['id', ...select.map(name => name.toLowerCase())]);
	return Object.fromEntries(fieldsOf(version).filter(([name]) => wanted === undefined || wanted.has(name.toLowerCase())).map(([name, of]) => [name, of(folder)]));
};
