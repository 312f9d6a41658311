import {Buffer} from 'node:buffer';
import {type Random} from '../random.js';

/* Ids as Exchange makes them (MS-OXWSCDATA, "Impl. of ItemId"): base64 of a compression byte, 3, the mailbox's GUID as text and a MAPI entry id. */

export type IdKind = 'folder' | 'item';

/** First byte of a ChangeKey. */
export const objectKinds = {
	folder: 1, message: 9, meetingRequest: 11, meetingResponse: 12, meetingCancellation: 13, calendar: 15, contact: 17, post: 22,
} as const;

const folderEntry = 46;
const itemEntry = 70;

/** Two equal bytes are followed by how many more of them come. */
const compress = (bytes: Uint8Array): Uint8Array => {
	const out: number[] = [];
	for (let at = 0; at < bytes.length;) {
		const value = bytes[at]!;
		let run = 1;
		while (run < 200 && bytes[at + run] === value) {
			run++;
		}

		out.push(...(run === 1 ? [value] : [value, value, run - 2]));
		at += run;
	}

	return Uint8Array.from(out);
};

const expand = (bytes: Uint8Array): Uint8Array => {
	const out: number[] = [];
	for (let at = 0; at < bytes.length; at++) {
		const value = bytes[at]!;
		out.push(value);
		if (bytes[at + 1] === value) {
			out.push(value, ...Array.from({length: bytes[at + 2] ?? 0}, () => value));
			at += 2;
		}
	}

	return Uint8Array.from(out);
};

const counterBytes = (counter: number): Uint8Array => {
	const bytes = Buffer.alloc(6);
	bytes.writeUIntBE(counter, 0, 6);
	return bytes;
};

const randomGuid = (random: Random) => Buffer.from(Array.from({length: 16}, () => random.below(256)));

const pad = Buffer.alloc(2);

/** What an id is of; undefined where it is malformed. Ids of other mailboxes are not malformed. */
export const kindOfId = (id: string): IdKind | undefined => {
	const raw = Buffer.from(id, 'base64');
	if (raw.length < 8 || raw.toString('base64') !== id || raw[0]! > 1) {
		return undefined;
	}

	const body = Buffer.from(raw[0] === 1 ? expand(raw.subarray(1)) : raw.subarray(1));
	if (body[0] !== 3 || body.length < 42 || body.readUInt16LE(1) !== 36) {
		return undefined;
	}

	const length = body.readUInt16LE(39);
	if (body.length < 41 + length) {
		return undefined;
	}

	return length === folderEntry ? 'folder' : (length === itemEntry ? 'item' : undefined);
};

/** A ChangeKey (40 characters) can be read back as its counter; undefined where it is malformed. A stub counts as 0. */
export const counterOfChangeKey = (changeKey: string): number | undefined => {
	const raw = Buffer.from(changeKey, 'base64');
	if (raw.toString('base64') !== changeKey) {
		return undefined;
	}

	return raw.length === 4 ? 0 : (raw.length === 30 ? raw.readUIntBE(24, 6) : undefined);
};

/** Only the kind, as ParentFolderId and UpdateItem of the read state show it: `AQAAAA==`, `CQAAAA==` (lessons 16, 22). */
export const changeKeyStub = (kind: number): string => Buffer.from([kind, 0, 0, 0]).toString('base64');

/** Makes the ids of one mailbox. */
export class EntryIds {
	readonly #mailbox: Uint8Array;
	readonly #provider: Uint8Array;
	readonly #replica: Uint8Array;
	#counter: number;

	constructor(random: Random) {
		const hex = randomGuid(random).toString('hex');
		this.#mailbox = Buffer.from(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`);
		this.#provider = randomGuid(random);
		this.#replica = randomGuid(random);
		this.#counter = 0x1_00_00 + random.below(0x1_00_00_00);
	}

	/** Another number of this mailbox; each greater than the last. */
	next(): number {
		return ++this.#counter;
	}

	folder(counter: number, compressed: boolean): string {
		return this.#id(Buffer.concat([Buffer.alloc(4), this.#provider, Uint8Array.of(1, 0), this.#replica, counterBytes(counter), pad]), compressed);
	}

	item(folder: number, counter: number, compressed: boolean): string {
		return this.#id(Buffer.concat([Buffer.alloc(4), this.#provider, Uint8Array.of(7, 0), this.#replica, counterBytes(folder), pad, this.#replica, counterBytes(counter), pad]), compressed);
	}

	/** An id of Graph that survives moves; told from the others by its first characters. */
	immutable(counter: number): string {
		return Buffer.concat([Uint8Array.of(0, 9, 0, 46, 0, 0, 0, 0), this.#provider, this.#replica, counterBytes(counter), pad]).toString('base64');
	}

	/** A ConversationId: the same for equal topics. */
	conversation(index: Uint8Array): string {
		return Buffer.concat([Uint8Array.of(0, 4, 36, 0), this.#mailbox, Uint8Array.of(0, 16, 0), index]).toString('base64');
	}

	changeKey(kind: number, counter: number): string {
		return Buffer.concat([Uint8Array.of(kind, 0, 0, 0, 22, 0, 0, 0), this.#replica, counterBytes(counter)]).toString('base64');
	}

	#id(entry: Uint8Array, compressed: boolean): string {
		const length = Uint8Array.of(entry.length, 0);
		const body = Buffer.concat([Uint8Array.of(3, 36, 0), this.#mailbox, length, entry, Uint8Array.of(0)]);
		return Buffer.concat([Uint8Array.of(compressed ? 1 : 0), compressed ? compress(body) : body]).toString('base64');
	}
}
