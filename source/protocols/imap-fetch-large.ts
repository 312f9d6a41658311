import {Buffer} from 'node:buffer';
import {type ReadResult} from '../mailbox/source.js';
import {FailureError} from '../mailbox/failure.js';
import {
	atom, bytesOf, fetchItems, numberOf, sequence,
} from './imap-node.js';
import {fetchMessages, type Wanted} from './imap-fetch.js';
import {command, type Session} from './imap-session.js';

/** From this announced size on, in bytes, a message is fetched in pieces: whole, it would lie in memory twice. */
export const largeFrom = 8 * 1024 * 1024;

/** Bytes asked for at once. */
const piece = 4 * 1024 * 1024;

/** Up to `piece` bytes from an offset on; undefined when the message is not there, empty beyond its end. */
const fetchPiece = async (session: Session, uid: number, offset: number): Promise<Uint8Array | undefined> => {
	let bytes: Uint8Array | undefined;
	const {unparsed} = await command(session, 'fetch', 'UID FETCH', [sequence(String(uid)), [atom('UID'), {
		type: 'ATOM', value: 'BODY.PEEK', section: [], partial: [offset, piece],
	}]], {
		endless: true,
		untagged: {
			fetch(line) {
				const items = fetchItems(line);
				if (numberOf(items?.get('UID')) === uid && items!.has('BODY[]')) {
					bytes = bytesOf(items!.get('BODY[]')) ?? new Uint8Array();
				}
			},
		},
	});
	if (bytes === undefined && unparsed.length > 0) {
		throw new FailureError('server-nonsense', {detail: 'the answer could not be read'});
	}

	return bytes;
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
	for (;;) {
		let bytes: Uint8Array | undefined;
		try {
			// eslint-disable-next-line no-await-in-loop -- one piece after another
			bytes = await fetchPiece(session, uid, length);
		} catch (error) {
			if (error instanceof FailureError && error.failure.code === 'message-unreadable' && !session.wire.closed) {
				break;
			}

			throw error;
		}

		if (bytes === undefined) {
			yield {uid, gone: true};
			return;
		}

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
		yield {uid, bytes: whole};
	} else {
		yield * fetchMessages(session, [wanted]);
	}
}
