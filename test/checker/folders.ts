import {Buffer} from 'node:buffer';
import {parseValues, textOf, type ImapValue} from './imap-values.js';
import {decodeName, encodeName} from './modified-utf7.js';
import {quote, type RawImap} from './raw-imap.js';

/** A folder as LIST tells it. */
export type ListedFolder = {
	/** Names from the root down; INBOX always in capitals. */
	readonly path: readonly string[];
	/** The name on the wire, quoted, ready for a command. */
	readonly mailbox: string;
	/** As the server spells them: `\Noselect`, `\Sent`, … */
	readonly attributes: readonly string[];
	readonly selectable: boolean;
};

const pathOf = (name: string, delimiter: string | undefined): string[] => {
	const names = (delimiter ? name.split(delimiter) : [name]).map(part => decodeName(part));
	return names[0]!.toUpperCase() === 'INBOX' ? ['INBOX', ...names.slice(1)] : names;
};

const delimiterOf = (value: ImapValue | undefined): string | undefined => typeof value === 'string' ? value : undefined;

/** All folders of the mailbox, in the order of the server. */
export const listFolders = async (imap: RawImap): Promise<ListedFolder[]> => {
	const {untagged} = await imap.ok('LIST', '""', '"*"');
	return untagged.filter(response => String(response[0]).startsWith('LIST ')).map(response => {
		const [, attributes, delimiter, name] = parseValues(response);
		const told = (attributes as ImapValue[]).map(attribute => textOf(attribute));
		return {
			path: pathOf(textOf(name), delimiterOf(delimiter)),
			mailbox: quote(textOf(name)),
			attributes: told,
			selectable: told.every(attribute => ![String.raw`\noselect`, String.raw`\nonexistent`].includes(attribute.toLowerCase())),
		};
	});
};

/** How this server writes a path, quoted, ready for a command. */
export const mailboxNamer = async (imap: RawImap): Promise<(path: readonly string[]) => string> => {
	const {untagged} = await imap.ok('LIST', '""', '""');
	const value = parseValues(untagged[0]!)[2];
	const delimiter = delimiterOf(value) ?? '';
	return path => {
		if (path.some(name => delimiter !== '' && name.includes(delimiter))) {
			throw new Error(`This server's separator ${delimiter} stands inside a name of ${JSON.stringify(path)}`);
		}

		return quote(path.map(name => encodeName(name)).join(delimiter));
	};
};

/** Bytes of a string that a server may send as a literal, quoted or not at all. */
export const bytesOf = (value: ImapValue | undefined): Uint8Array =>
	value instanceof Uint8Array ? value : Buffer.from(value === null ? '' : textOf(value), 'latin1');
