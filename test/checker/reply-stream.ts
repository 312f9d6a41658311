import {Buffer} from 'node:buffer';

/** One server response without its last line end: text as it came (one char a byte), and literals as bytes between the texts. */
export type RawResponse = ReadonlyArray<string | Uint8Array>;

const announced = /\{(?<size>\d+)\}$/v;

/**
Cuts what a server sends into responses (RFC 9051 4.3: a line that ends with `{n}` goes on after n bytes).

Feed it chunks as they come; each byte is copied once, however the chunks fall.
*/
export class ReplyStream {
	#parts: Array<string | Uint8Array> = [];
	#line: Uint8Array[] = [];
	#literal: Uint8Array | undefined;
	#filled = 0;
	readonly #onResponse: (response: RawResponse) => void;

	constructor(onResponse: (response: RawResponse) => void) {
		this.#onResponse = onResponse;
	}

	feed(chunk: Uint8Array): void {
		let rest = chunk;
		while (rest.length > 0) {
			rest = rest.subarray(this.#literal ? this.#takeLiteral(this.#literal, rest) : this.#takeLine(rest));
		}
	}

	#takeLiteral(literal: Uint8Array, rest: Uint8Array): number {
		const wanted = rest.subarray(0, literal.length - this.#filled);
		literal.set(wanted, this.#filled);
		this.#filled += wanted.length;
		this.#closeLiteral(literal);
		return wanted.length;
	}

	#closeLiteral(literal: Uint8Array): void {
		if (this.#filled === literal.length) {
			this.#parts.push(literal);
			this.#literal = undefined;
		}
	}

	#takeLine(rest: Uint8Array): number {
		const end = rest.indexOf(10);
		if (end === -1) {
			this.#line.push(Uint8Array.from(rest));
			return rest.length;
		}

		const line = Buffer.concat([...this.#line, rest.subarray(0, end)]).toString('latin1').replace(/\r$/v, '');
		this.#line = [];
		this.#parts.push(line);
		const size = announced.exec(line)?.groups?.size;
		if (size === undefined) {
			const response = this.#parts;
			this.#parts = [];
			this.#onResponse(response);
		} else {
			this.#literal = new Uint8Array(Number(size));
			this.#filled = 0;
			this.#closeLiteral(this.#literal);
		}

		return end + 1;
	}
}
