import {Buffer} from 'node:buffer';
import {type ReadResult} from '../mailbox/source.js';
import {FailureError} from '../mailbox/failure.js';
import {
	atom, bytesOf, fetchItems, numberOf, sequence,
} from './imap-node.js';
import {dateOf, fetchMessages, type Wanted} from './imap-fetch.js';
import {command, type Session} from './imap-session.js';

/** From this announced size on, in bytes, a message is fetched in pieces: whole, it would lie in memory twice. */
export const largeFrom = 8 * 1024 * 1024;

/** Bytes asked for at once. */
const piece = 4 * 1024 * 1024;

type Piece = {readonly bytes: Uint8Array; readonly receivedAt?: number};

/** Up to `piece` bytes from an offset on; undefined when the message is not there, empty beyond its end. */
const fetchPiece = async (session: Session, uid: number, offset: number): Promise<Piece | undefined> => {
	let found: Piece | undefined;
	const {unparsed} = await command(session, 'fetch', 'UID FETCH', [sequence(String(uid)), [atom('UID'), atom('INTERNALDATE'), {
		type: 'ATOM', value: 'BODY.PEEK', section: [], partial: [offset, piece],
	}]], {
		endless: true,
		untagged: {
			fetch(line) {
				const items = fetchItems(line);
				if (numberOf(items?.get('UID')) === uid && items!.has('BODY[]')) {
					found = {bytes: bytesOf(items!.get('BODY[]')) ?? new Uint8Array(), ...dateOf(items)};
				}
			},
		},
	});
	if (found === undefined && unparsed.length > 0) {
		throw new FailureError('server-nonsense', {detail: 'the answer could not be read'});
	}

	return found;
};

/**
One large message in pieces (RFC 9051 6.4.5, partial). Complete is what ends with a piece shorter than asked for; a
length other than announced, or a server that does not give pieces, leads to {@link fetchMessages}.

@throws FailureError of phase fetch
*/
export async function * fetchLarge(session: Session, wanted: Wanted): AsyncGenerator<ReadResult> {
	const {uid, size} = wanted;
	const whole = Buffer.allocUnsafeSlow(size);
	let length = 0;
	let date: {receivedAt?: number} = {};
	for (;;) {
		let found: Piece | undefined;
		try {
			// eslint-disable-next-line no-await-in-loop -- one piece after another
			found = await fetchPiece(session, uid, length);
		} catch (error) {
			if (error instanceof FailureError && error.failure.code === 'message-unreadable' && !session.wire.closed) {
				break;
			}

			throw error;
		}

		if (found === undefined) {
			yield {uid, gone: true};
			return;
		}

		const {bytes} = found;
		date = found.receivedAt === undefined ? {} : {receivedAt: found.receivedAt};
		const end = length + bytes.length;
		// More than asked for: the server does not know pieces and sends the whole.
		if (end > size || bytes.length > piece) {
			break;
		}

		whole.set(bytes, length);
		length = end;
		if (bytes.length < piece) {
			break;
		}
	}

	if (length === size) {
		yield {uid, bytes: whole, ...date};
	} else {
		yield * fetchMessages(session, [wanted]);
	}
}
