/* eslint-disable @typescript-eslint/naming-convention -- OData and HTTP have names of their own */
import {Buffer} from 'node:buffer';
import {randomBytes} from 'node:crypto';
import {attach} from './graph-attachments.js';
import {attachmentId} from './graph-attachment-shape.js';
import {type GraphCall, type GraphReply} from './graph-call.js';
import {badPayload, type Json} from './graph-content.js';
import {badRequest, GraphRefused} from './graph-errors.js';
import {keyOf} from './graph-ids.js';
import {graphDefaults} from './graph-options.js';
import {type Item} from './item.js';

type Session = {
	readonly call: GraphCall;
	readonly item: Item;
	readonly path: string;
	/** Whose budgets its pieces are charged to. */
	readonly owner: string;
	readonly name: string;
	readonly contentType: string;
	readonly contentId: string | undefined;
	readonly isInline: boolean;
	readonly size: number;
	readonly expires: number;
	readonly pieces: Uint8Array[];
	received: number;
};

/** Of the token in its address, which is all that a PUT shows. */
const lifetime = 3_600_000;

/** Seven fraction digits, as recorded. */
const longDate = (time: number): string => new Date(time).toISOString().replace('Z', '0000Z');

const contextOf = ({call}: Session): string => `${call.base}/$metadata#microsoft.graph.uploadSession`;

/** Upload sessions for attachments (reference 3.5): pieces in order, no Authorization, the address is a secret. */
export class GraphUploads {
	readonly #sessions = new Map<string, Session>();

	/** `POST …/attachments/createUploadSession`. @throws GraphRefused */
	create(call: GraphCall, id: string): GraphReply {
		call.need('Mail.ReadWrite');
		const item = call.item(id);
		const given = (call.json().AttachmentItem ?? call.json().attachmentItem) as Json | undefined;
		const {attachmentType, name, size, isInline = false, contentId, contentType} = given ?? {};
		if (String(attachmentType).toLowerCase() !== 'file' || typeof name !== 'string' || typeof size !== 'number' || typeof isInline !== 'boolean') {
			throw badPayload();
		}

		if (size < graphDefaults.sessionFrom) {
			throw new GraphRefused('ErrorAttachmentSizeShouldNotBeLessThanMinimumSize', {text: 'Attachment size must be greater than the minimum size.'});
		}

		if (size > graphDefaults.sessionTo) {
			throw new GraphRefused('ErrorAttachmentSizeLimitExceeded', {text: 'The attachment is larger than allowed.'});
		}

		const path = `/api/v2.0/Users${keyOf(call.parts.userKey)}/Messages${keyOf(call.idOf(item))}/AttachmentSessions${keyOf(randomBytes(24).toString('base64url'))}`;
		const token = randomBytes(24).toString('base64url');
		const session: Session = {
			call, item, path, owner: call.parts.owner, name, size, isInline,
			contentType: typeof contentType === 'string' ? contentType : 'application/octet-stream',
			contentId: typeof contentId === 'string' ? contentId : undefined,
			expires: call.parts.host.clock.now() + lifetime, pieces: [], received: 0,
		};
		this.#sessions.set(token, session);
		return {
			status: 201,
			json: {
				'@odata.context': contextOf(session), uploadUrl: `${call.parts.origin}${path}?authtoken=${token}`, expirationDateTime: longDate(session.expires), nextExpectedRanges: ['0-'],
			},
		};
	}

	/** Whose session an address is of; undefined where it is none. */
	find(path: string, token: string | undefined, now: number): Session | undefined {
		const session = this.#sessions.get(token ?? '');
		return decodeURIComponent(path) === session?.path && now < session.expires ? session : undefined;
	}

	/** A piece: the next one, 4 MiB at most. @throws GraphRefused */
	put(session: Session, body: Uint8Array, range: string | undefined): GraphReply {
		const {first, last, whole} = /^bytes (?<first>\d+)-(?<last>\d+)\/(?<whole>\d+)$/v.exec(range ?? '')?.groups ?? {};
		if (first === undefined || Number(last) - Number(first) + 1 !== body.length || Number(whole) !== session.size || Number(last) >= session.size) {
			throw badRequest('Invalid Content-Range header value.');
		}

		if (body.length > graphDefaults.pieceBytes) {
			throw new GraphRefused('RequestEntityTooLarge');
		}

		if (Number(first) !== session.received) {
			throw new GraphRefused('ErrorInvalidRange', {status: 416, text: `The range that is expected next begins at ${session.received}.`});
		}

		session.pieces.push(body);
		session.received += body.length;
		return session.received < session.size ? this.status(session) : this.#finish(session);
	}

	/** The documents of attachments say `{start}`, although the first answer was seen with a dash. */
	status(session: Session): GraphReply {
		return {status: 200, json: {'@odata.context': contextOf(session), expirationDateTime: longDate(session.expires), nextExpectedRanges: [String(session.received)]}};
	}

	cancel(session: Session): GraphReply {
		this.#drop(session);
		return {status: 204};
	}

	#finish(session: Session): GraphReply {
		const {call, item, name, contentType, contentId, isInline, pieces, size} = session;
		this.#drop(session);
		if (call.mailbox.item(item.id) !== item) {
			throw new GraphRefused('ErrorItemNotFound');
		}

		const index = attach(call, item, {
			name, contentType, inline: isInline, bytes: Buffer.concat(pieces, size), ...(contentId !== undefined && {contentId}),
		});
		const {parts: {origin, userKey}} = call;
		return {status: 201, location: `${origin}/api/v2.0/Users${keyOf(userKey)}/Messages${keyOf(call.idOf(item))}/Attachments${keyOf(attachmentId(item, index, call))}`};
	}

	#drop(session: Session): void {
		for (const [token, one] of this.#sessions) {
			if (one === session) {
				this.#sessions.delete(token);
			}
		}
	}
}
