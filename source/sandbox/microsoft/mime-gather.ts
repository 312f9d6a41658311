import {type Attachment, type Content} from './content.js';
import {decodeText} from './mime-charset.js';
import {textOf, uncommon} from './mime-fields.js';
import {fieldOf, type Part} from './mime-parts.js';

export type Gathered = {
	text?: string;
	html?: string;
	readonly attachments: Attachment[];
	/** The iTIP method (RFC 5546) and text of an invitation, cancellation or answer. */
	calendar?: {readonly method: string; readonly text: string};
};

/** Makes a message of the bytes of an inner one; undefined where it lies too deep. */
export type Embed = (bytes: Uint8Array) => Content | undefined;

const embeddable = new Set(['message/rfc822', 'message/global', 'message/news']);
const plainType = /^[\w!#$.+^\-]{1,100}\/[\w!#$.+^\-]{1,100}$/v;

const extensions = new Map([
	['text/plain', 'txt'], ['text/html', 'htm'], ['text/calendar', 'ics'], ['image/jpeg', 'jpg'], ['image/png', 'png'], ['image/gif', 'gif'], ['application/pdf', 'pdf'],
]);

/** The method that makes a calendar part an item of its own kind; a published calendar is an attachment. */
const methodOf = ({type, disposition}: Part): string | undefined => {
	const method = type.parameters.get('method')?.toUpperCase() ?? '';
	return type.value === 'text/calendar' && disposition.value !== 'attachment' && /^(?:REQUEST|CANCEL|REPLY)$/v.test(method) ? method : undefined;
};

/** Sorts the leaves of a message into body and attachments, as a store with one text and one HTML body must. */
export class Gathering {
	readonly gathered: Gathered = {attachments: []};
	readonly #embed: Embed;
	/** The multipart/alternative, or the leaf, that the body is of. */
	#owner: Part | undefined;

	constructor(embed: Embed) {
		this.#embed = embed;
	}

	add(part: Part, alternative?: Part): void {
		if (part.parts.length > 0) {
			const owner = alternative ?? (part.type.value === 'multipart/alternative' ? part : undefined);
			for (const inner of part.parts) {
				this.add(inner, owner);
			}

			return;
		}

		const method = methodOf(part);
		if (method !== undefined && !this.gathered.calendar) {
			this.gathered.calendar = {method, text: decodeText(part.bytes, part.type.parameters.get('charset'))};
			this.gathered.attachments.push({
				name: 'meeting.ics', contentType: `text/calendar; method=${method}`, inline: true, bytes: part.bytes,
			});
		} else if (!this.#asBody(part, alternative ?? part)) {
			this.#attach(part);
		}
	}

	/** The first text is the body; later ones are attachments, unless they are another form of it. */
	#asBody(part: Part, owner: Part): boolean {
		const kind = part.type.value === 'text/plain' ? 'text' : (part.type.value === 'text/html' ? 'html' : undefined);
		if (!kind || part.disposition.value === 'attachment' || nameOf(part) !== undefined || this.gathered[kind] !== undefined || (this.#owner ?? owner) !== owner) {
			return false;
		}

		this.#owner = owner;
		this.gathered[kind] = decodeText(part.bytes, part.type.parameters.get('charset'));
		return true;
	}

	#attach(part: Part): void {
		const embedded = embeddable.has(part.type.value) ? this.#embed(part.bytes) : undefined;
		const contentType = plainType.test(part.type.value) && (embedded !== undefined || !embeddable.has(part.type.value)) ? part.type.value : 'application/octet-stream';
		const contentId = textOf(fieldOf(part.fields, 'content-id') ?? '').replaceAll(/^<|>$/gv, '').trim();
		const number = String(this.gathered.attachments.length + 1).padStart(5, '0');
		this.gathered.attachments.push({
			// An embedded message is shown by its subject, whatever file name it came with.
			name: embedded ? embedded.subject : (nameOf(part) ?? `ATT${number}.${extensions.get(contentType) ?? 'dat'}`),
			contentType,
			...(contentId !== '' && {contentId}),
			inline: contentId !== '' && part.disposition.value !== 'attachment',
			bytes: part.bytes,
			...(embedded && {embedded}),
		});
	}
}

/** Its file name, decoded already, on one line. */
const nameOf = ({type, disposition}: Part): string | undefined => {
	const name = (disposition.parameters.get('filename') ?? type.parameters.get('name') ?? '').replaceAll(uncommon, '?').trim().slice(0, 255);
	return name === '' ? undefined : name;
};
