import {inspect} from 'node:util';

/** A password or the like: shown as `[secret]` wherever a value is shown by accident. */
export class Secret {
	readonly #value: string;

	/** A newline at the end, from a file or a paste, is not part of it. */
	constructor(value: string) {
		this.#value = value.replace(/[\r\n]+$/v, '');
	}

	reveal(): string {
		return this.#value;
	}

	toString(): string {
		return '[secret]';
	}

	// eslint-disable-next-line @typescript-eslint/naming-convention -- JSON.stringify calls it so.
	toJSON(): string {
		return '[secret]';
	}

	[inspect.custom](): string {
		return '[secret]';
	}
}
