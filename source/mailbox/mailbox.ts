/**
The words everything else is written in: folders, roles, messages and their keys.

Plain data, no input or output. Words as in docs/design.md.
*/

/** A folder by its names from the root down, never a joined string: any character may stand in a name. */
export type FolderPath = readonly string[];

/** What a folder is for, whatever its name and language. RFC 6154 special uses, without `\All` and `\Flagged`. */
export type Role = 'inbox' | 'sent' | 'drafts' | 'trash' | 'junk' | 'archive';

export const roles: readonly Role[] = ['inbox', 'sent', 'drafts', 'trash', 'junk', 'archive'];

/** One person's mail at one side. */
export type Account = {
	/** Host name as configured. */
	readonly host: string;
	readonly port: number;
	/** The name signed in with, usually the address. */
	readonly user: string;
};

/** A folder as a side lists it. */
export type Folder = {
	readonly path: FolderPath;
	readonly role?: Role;
	/** `container`: holds folders only (`\Noselect`); `not-mail`: calendar, contacts and their like. */
	readonly kind: 'mail' | 'container' | 'not-mail';
};

/**
IMAP flags and keywords (RFC 9051 2.3.2) as the server spells them, `\Recent` never among them.
System flags are normalised to `\Seen`, `\Answered`, `\Flagged`, `\Deleted`, `\Draft`.
*/
export type Flags = readonly string[];

/** What a listing says of a message. */
export type MessageEntry = {
	/** The store's own id of the message inside its folder: the IMAP UID, 1 to 2^32-1. */
	readonly uid: number;
	/** RFC822.SIZE as announced, in bytes. */
	readonly size: number;
	/** INTERNALDATE as milliseconds since 1970 UTC (whole seconds). */
	readonly receivedAt: number;
	readonly flags: Flags;
};

/** A text that is equal exactly for equal paths; for maps and sorting, never for people. */
export const pathKey = (path: FolderPath): string => JSON.stringify(path);

export const pathOfKey = (key: string): FolderPath => JSON.parse(key) as string[];

/** For people and for option values: names joined by `/`; a `/` inside a name is written `\/`, a backslash `\\`. */
export const showPath = (path: FolderPath): string => path.map(name => name.replaceAll('\\', '\\\\').replaceAll('/', String.raw`\/`)).join('/');

/** The inverse of {@link showPath}. */
export const parsePath = (text: string): FolderPath => {
	const names: string[] = [];
	let name = '';
	for (let index = 0; index < text.length; index++) {
		const char = text[index]!;
		if (char === '\\' && index + 1 < text.length) {
			name += text[++index]!;
		} else if (char === '/') {
			names.push(name);
			name = '';
		} else {
			name += char;
		}
	}

	names.push(name);
	return names.filter(part => part !== '');
};

export const samePath = (a: FolderPath, b: FolderPath): boolean => a.length === b.length && a.every((name, index) => name === b[index]);

/** True when `path` is `ancestor` or lies below it. */
export const isWithin = (path: FolderPath, ancestor: FolderPath): boolean => path.length >= ancestor.length && ancestor.every((name, index) => name === path[index]);
