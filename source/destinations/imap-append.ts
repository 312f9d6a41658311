import {Buffer} from 'node:buffer';
import {FailureError} from '../mailbox/failure.js';
import {formatInternalDate} from '../protocols/imap-date.js';
import {
	atom, mailboxName, numberOf, quoted, type ImapNode,
} from '../protocols/imap-node.js';
import {type Session} from '../protocols/imap-session.js';
import {failureOfTrouble} from '../protocols/imap-trouble.js';
import {WireError} from '../protocols/imap-wire.js';
import {overlongLine} from './imap-lines.js';

export const hasNul = (bytes: Uint8Array): boolean => bytes.includes(0);

/**
One APPEND, never repeated (RFC 9051 6.3.12; literal8 of RFC 3516 for a message with NUL where the server knows it).

@returns `<UIDVALIDITY>:<UID>` where the server tells it (RFC 4315)
@throws FailureError whose `outcome` tells whether the message may have been stored
*/
export const append = async (session: Session, {raw, flags, receivedAt}: {
	/** The folder's name on the wire. */
	readonly raw: string;
	readonly flags: readonly string[];
	/** Milliseconds since 1970. */
	readonly receivedAt: number;
}, bytes: Uint8Array): Promise<string | undefined> => {
	const binary = session.wire.capabilities.has('BINARY') && hasNul(bytes);
	const literal = {type: 'LITERAL', value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), isLiteral8: binary};
	const attributes: ImapNode[] = [mailboxName(raw), flags.map(flag => atom(flag)), quoted(formatInternalDate(receivedAt)), literal];
	try {
		const {code, rest} = await session.wire.run('APPEND', attributes, {endless: true});
		const [validity, uid] = [numberOf(rest[0]), numberOf(rest[1])];
		return code === 'APPENDUID' && validity !== undefined && uid ? `${validity}:${uid}` : undefined;
	} catch (error) {
		throw failureOfAppend(error, bytes, session);
	}
};

const failureOfAppend = (error: unknown, bytes: Uint8Array, session: Session): unknown => {
	if (!(error instanceof WireError)) {
		return error;
	}

	const {trouble, sent} = error;
	const failure = failureOfTrouble(error, 'append') as FailureError;
	if (trouble.kind === 'refused') {
		if (trouble.status === 'BAD') {
			// The server may still take the rest of the literal for commands.
			session.wire.close();
		}

		return failure;
	}

	session.wire.close();
	// The literal leaves in one piece, and only after the server asked for it or with the command. Fewer bytes than it
	// has cannot have stored it.
	if (sent < bytes.length || sent === 0) {
		return new FailureError(failure.failure.code === 'throttled' ? 'throttled' : 'connection-lost', {...failure.failure, outcome: 'not stored'});
	}

	if (trouble.kind === 'nonsense' && overlongLine(bytes)) {
		return new FailureError('message-line-too-long', {detail: trouble.reason, outcome: 'unknown'});
	}

	return new FailureError(failure.failure.code, {...failure.failure, outcome: 'unknown'});
};
