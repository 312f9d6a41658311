import {FailureError} from '../mailbox/failure.js';
import {
	atom, listOf, quoted, textOf, type ImapLine,
} from './imap-node.js';
import {command, type Session} from './imap-session.js';

/** A line of LIST (RFC 9051 7.3.1). */
export type ListedName = {
	/** The name as it stood on the wire: what EXAMINE and APPEND are given. */
	readonly raw: string;
	/** Hierarchy delimiter; undefined for NIL, a flat name. */
	readonly delimiter: string | undefined;
	readonly attributes: readonly string[];
};

const nameOf = (line: ImapLine): ListedName | undefined => {
	const [attributes, delimiter, name] = line.attributes ?? [];
	const raw = textOf(name) ?? (name === null ? 'NIL' : undefined);
	return raw === undefined
		? undefined
		: {raw, delimiter: textOf(delimiter) === '' ? undefined : textOf(delimiter), attributes: listOf(attributes).map(node => textOf(node)).filter(text => text !== undefined)};
};

/** Exchange sends names unquoted even with a TAB inside, which is not IMAP (recorded/imap/onprem-list-odd-names-2019.txt). */
const nameOfOddLine = (line: string): ListedName | undefined => {
	const match = /^\* LIST \((?<attributes>[^\)]*)\) (?:NIL|"(?:\\)?(?<delimiter>[^"])") (?<name>[^"\{].*)$/iv.exec(line);
	return match?.groups
		? {raw: match.groups.name!, delimiter: match.groups.delimiter, attributes: match.groups.attributes!.split(' ').filter(text => text !== '')}
		: undefined;
};

/**
All names of LIST "" "*"; never LSUB. With special uses where the server can tell them on request (RFC 6154, RFC 5258).

@throws server-nonsense when a line cannot be read: a folder would be lost unseen
*/
export const listNames = async (session: Session): Promise<ListedName[]> => {
	const {capabilities} = session.wire;
	if (capabilities.has('SPECIAL-USE') && capabilities.has('LIST-EXTENDED')) {
		try {
			return await list(session, [atom('RETURN'), [atom('SPECIAL-USE')]]);
		} catch (error) {
			if (!(error instanceof FailureError) || error.failure.code !== 'server-unavailable' || session.wire.closed) {
				throw error;
			}
		}
	}

	return list(session, []);
};

const list = async (session: Session, more: Parameters<Session['wire']['run']>[1] & {}): Promise<ListedName[]> => {
	const names = new Map<string, ListedName>();
	const {unparsed} = await command(session, 'list', 'LIST', [quoted(''), quoted('*'), ...more], {
		untagged: {
			list(line) {
				const name = nameOf(line);
				if (name) {
					names.set(name.raw, name);
				}
			},
		},
	});
	for (const line of unparsed) {
		const name = nameOfOddLine(line);
		if (!name) {
			throw new FailureError('server-nonsense', {detail: 'a line of LIST could not be read'});
		}

		names.set(name.raw, name);
	}

	return [...names.values()];
};
