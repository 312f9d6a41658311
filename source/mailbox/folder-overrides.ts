import {
	type Folder, type FolderPath, parsePath, pathKey, samePath,
} from './mailbox.js';
import {withAncestors} from './folder-order.js';

const loose = (path: FolderPath): string => pathKey(path.map(name => name.normalize('NFC').toLowerCase()));

/** Which path each override is for: the one spelled so, else the only one spelled so but for case and composition. */
export const overridesByPath = (paths: readonly FolderPath[], overrides: Readonly<Record<string, string>>) => {
	const exact = new Map<string, FolderPath>();
	const near = new Map<string, FolderPath>();
	const unused: string[] = [];
	// In an order of its own: two keys may name one folder.
	for (const [text, target] of Object.entries(overrides).sort(([a], [b]) => a < b ? -1 : 1)) {
		const path = parsePath(text);
		const to = parsePath(target);
		const isThere = paths.some(candidate => samePath(candidate, path));
		const alike = isThere ? [path] : paths.filter(candidate => loose(candidate) === loose(path));
		if (alike.length === 1 && to.length > 0) {
			(isThere ? exact : near).set(pathKey(alike[0]!), to);
		} else {
			unused.push(text);
		}
	}

	return {targets: new Map([...near, ...exact]), unused};
};

/** Keys of `options.folderMap` that name no source folder, nor a level above one: most likely misspelt. */
export const unusedOverrides = (sourceFolders: readonly Folder[], overrides: Readonly<Record<string, string>>): string[] =>
	overridesByPath(withAncestors(sourceFolders.map(folder => folder.path)), overrides).unused;
