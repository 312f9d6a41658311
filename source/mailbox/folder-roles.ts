/**
What a folder is for: by the attribute its server gives it (RFC 6154), else by its name in the languages
that mail programs and Exchange create folders in.

A name proves little. So a role is given by name only where no folder has it by attribute, to one folder,
and only where special folders live: at the top, or directly below INBOX on servers that keep everything there.
*/
import {
	type FolderPath, type Role, pathKey, roles,
} from './mailbox.js';
import {notMailNames, roleNames} from './folder-role-names.js';

/** RFC 6154 and, for `\Spam` and `\Inbox`, what servers and libraries say instead. Compared without case. */
const attributeRoles = new Map<string, Role>([...roles.map(role => [`\\${role}`, role] as const), [String.raw`\spam`, 'junk']]);

/** Names that are equal for a person: case, width, accents and repeated blanks do not matter. */
const plain = (name: string): string => name.normalize('NFKD').replaceAll(/\p{Mn}/gv, '').toLowerCase().replaceAll(/[\s\-]+/gv, ' ').trim();

/** Role and place in its list of names: the lower, the likelier. */
const byName = new Map<string, {readonly role: Role; readonly rank: number}>();
for (const role of roles) {
	for (const [rank, name] of roleNames[role].entries()) {
		byName.set(plain(name), {role, rank});
	}
}

const notMail = new Set(notMailNames.map(name => plain(name)));

/** The role that LIST attributes give, such as `\Sent`; undefined if none of ours is among them. */
export const roleOfAttributes = (attributes: Iterable<string>): Role | undefined => {
	for (const attribute of attributes) {
		const role = attributeRoles.get(attribute.toLowerCase());
		if (role) {
			return role;
		}
	}

	return undefined;
};

/** The role a single name suggests, wherever it stands. A hint: {@link assignRoles} decides. */
export const roleOfName = (name: string): Role | undefined => byName.get(plain(name))?.role;

export type ListedFolder = {
	readonly path: FolderPath;
	/** As LIST gave them, with their backslash. */
	readonly attributes?: Iterable<string>;
};

const isInbox = (name: string | undefined): boolean => name?.toLowerCase() === 'inbox';

/**
The role of each listed folder, by position. No role is given twice: an attribute comes before a name, a
likelier name before another, and `INBOX` at the top is the inbox whatever else is said (RFC 9051 5.1).
*/
export const assignRoles = (listed: readonly ListedFolder[]): Array<Role | undefined> => {
	const given: Array<Role | undefined> = Array.from({length: listed.length});
	const taken = new Set<Role>();
	const give = (position: number, role: Role | undefined): void => {
		if (role && !taken.has(role) && !given[position]) {
			taken.add(role);
			given[position] = role;
		}
	};

	for (const [position, {path}] of listed.entries()) {
		give(position, path.length === 1 && isInbox(path[0]) ? 'inbox' : undefined);
	}

	for (const [position, {attributes}] of listed.entries()) {
		give(position, roleOfAttributes(attributes ?? []));
	}

	const giveByName = (isPlace: (path: FolderPath) => boolean): void => {
		const candidates = listed
			.map(({path}, position) => ({position, path, found: isPlace(path) ? byName.get(plain(path.at(-1)!)) : undefined}))
			.filter(candidate => candidate.found !== undefined)
			.sort((a, b) => a.found!.rank - b.found!.rank || (pathKey(a.path) < pathKey(b.path) ? -1 : 1));
		for (const {position, found} of candidates) {
			give(position, found!.role);
		}
	};

	giveByName(path => path.length === 1);
	// With special folders at the top, one below INBOX is a person's own folder that bears such a name.
	if (![...taken].some(role => role !== 'inbox')) {
		giveByName(path => path.length === 2 && isInbox(path[0]));
	}

	return given;
};

/**
Whether a folder bears, or lies below one that bears, the name under which Exchange-like stores keep
calendars, contacts, tasks, notes and journals. Only a hint, to be used together with a folder that cannot
be opened: a person's own folder "Notes" with mail in it must be carried. Outbox is mail.
*/
export const looksNotMail = (path: FolderPath): boolean => {
	const names = isInbox(path[0]) ? path.slice(0, 2) : path.slice(0, 1);
	return names.some(name => notMail.has(plain(name)));
};
