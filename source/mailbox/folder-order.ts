import {type FolderPath, pathKey} from './mailbox.js';

/** Parents before children, names by their code units: an order that depends on nothing else. */
export const comparePaths = (a: FolderPath, b: FolderPath): number => {
	for (const [index, name] of a.entries()) {
		const other = b[index];
		if (other === undefined || name !== other) {
			return other !== undefined && name < other ? -1 : 1;
		}
	}

	return a.length - b.length;
};

/** A sorted copy. */
export const sortedByPath = <T>(items: Iterable<T>, path: (item: T) => FolderPath): T[] => [...items].sort((a, b) => comparePaths(path(a), path(b)));

/** These paths and every level above them, each once, parents first. */
export const withAncestors = (paths: Iterable<FolderPath>): FolderPath[] => {
	const all = new Map<string, FolderPath>();
	for (const path of paths) {
		for (let depth = 1; depth <= path.length; depth++) {
			all.set(pathKey(path.slice(0, depth)), path.slice(0, depth));
		}
	}

	return sortedByPath(all.values(), path => path);
};
