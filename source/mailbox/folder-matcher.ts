import {
	type Folder, type FolderPath, type Role, isWithin, parsePath, roles,
} from './mailbox.js';

/** What `options.skipFolders` and `includeFolders` name: a role or a path, each with everything below it. */
export type FolderMatcher =
	{readonly role: Role; readonly text: string}
	| {readonly path: FolderPath; readonly text: string};

/** A role's name in lower case is the role; anything else, and anything after a leading `/`, is a path as by `showPath`. */
export const parseMatcher = (text: string): FolderMatcher => {
	const role = roles.find(name => name === text.trim());
	return role ? {role, text} : {path: parsePath(text), text};
};

/** As people write names: case and composition do not matter. */
const loose = (path: FolderPath): FolderPath => path.map(name => name.normalize('NFC').toLowerCase());

/**
Which folders stay behind: those that a `skip` names, and, where there are `include`s, those that none of
them names. Needs the source's whole listing, because what lies below a role's folder bears no role itself.
*/
export const foldersLeftBehind = (folders: readonly Folder[], skip: readonly FolderMatcher[], include: readonly FolderMatcher[] = []): {
	readonly excludes: (folder: Pick<Folder, 'path'>) => boolean;
	/** Those that name no folder: most likely misspelt. */
	readonly unused: readonly FolderMatcher[];
} => {
	const topsOf = (matcher: FolderMatcher): FolderPath[] => 'role' in matcher
		? folders.filter(folder => folder.role === matcher.role).map(folder => loose(folder.path))
		: [loose(matcher.path)];
	const named = (matchers: readonly FolderMatcher[]) => {
		const tops = matchers.flatMap(matcher => topsOf(matcher));
		return ({path}: Pick<Folder, 'path'>): boolean => {
			const own = loose(path);
			return tops.some(top => isWithin(own, top));
		};
	};

	const [isSkipped, isIncluded] = [named(skip), named(include)];
	return {
		excludes: folder => isSkipped(folder) || (include.length > 0 && !isIncluded(folder)),
		unused: [...skip, ...include].filter(matcher => !folders.some(folder => named([matcher])(folder))),
	};
};

/**
The same for who sees one folder at a time, parents before children (as `MailSource.folders` lists them):
a role's folder is remembered when it comes by.
*/
export const leavesBehind = (skip: readonly FolderMatcher[], include: readonly FolderMatcher[] = []): (folder: Folder) => boolean => {
	const seen: Folder[] = [];
	return folder => {
		if (folder.role && !seen.some(({role, path}) => role === folder.role && path.join('\0') === folder.path.join('\0'))) {
			seen.push(folder);
		}

		return foldersLeftBehind(seen, skip, include).excludes(folder);
	};
};
