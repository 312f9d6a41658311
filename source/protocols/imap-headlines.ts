import {headlineOf, type Headline} from '../mailbox/headline.js';
import {
	atom, bytesOf, fetchItems, numberOf, sequence,
} from './imap-node.js';
import {uidSet} from './imap-uid-set.js';
import {command, type Session} from './imap-session.js';

/** UIDs in one command: some servers limit its length. */
const atOnce = 100;

const header = {type: 'ATOM', value: 'BODY.PEEK', section: [atom('HEADER.FIELDS'), [atom('SUBJECT'), atom('FROM')]]};

/** Subject and sender of messages of the folder that is open (RFC 9051 6.4.5, HEADER.FIELDS). @throws FailureError of phase fetch */
export const fetchHeadlines = async (session: Session, uids: readonly number[]): Promise<Map<number, Headline>> => {
	const headlines = new Map<number, Headline>();
	const wanted = new Set(uids);
	for (let start = 0; start < uids.length; start += atOnce) {
		// eslint-disable-next-line no-await-in-loop -- one connection
		await command(session, 'fetch', 'UID FETCH', [sequence(uidSet(uids.slice(start, start + atOnce).sort((a, b) => a - b))), [atom('UID'), header]], {
			untagged: {
				fetch(line) {
					const items = fetchItems(line);
					const uid = numberOf(items?.get('UID'));
					const bytes = bytesOf(items?.get('BODY[…]'));
					if (uid && bytes && wanted.has(uid)) {
						headlines.set(uid, headlineOf(bytes));
					}
				},
			},
		});
	}

	return headlines;
};
