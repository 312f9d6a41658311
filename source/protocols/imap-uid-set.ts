/** UIDs, ascending, as a sequence set with ranges: `5:9,12` (RFC 9051 sequence-set). */
export const uidSet = (uids: readonly number[]): string => {
	const parts: string[] = [];
	for (let index = 0; index < uids.length; index++) {
		const first = uids[index]!;
		let last = first;
		while (uids[index + 1] === last + 1) {
			last = uids[++index]!;
		}

		parts.push(first === last ? String(first) : `${first}:${last}`);
	}

	return parts.join(',');
};

/** Bounds of what one FETCH asks for. */
export type GroupBounds = {
	readonly messages: number;
	/** Announced bytes. */
	readonly bytes: number;
	/** Longest sequence set in characters: some servers limit the command line. */
	readonly characters: number;
};

/** Cuts messages, in order, into groups for one FETCH each; a message larger than the bound stands alone. */
export function * groups<T extends {readonly uid: number; readonly size: number}>(messages: readonly T[], bounds: GroupBounds): Generator<T[]> {
	let group: T[] = [];
	let bytes = 0;
	let characters = 0;
	for (const message of messages) {
		const width = group.at(-1)?.uid === message.uid - 1 ? 0 : (2 * String(message.uid).length) + 2;
		if (group.length > 0 && (group.length >= bounds.messages || bytes + message.size > bounds.bytes || characters + width > bounds.characters)) {
			yield group;
			group = [];
			bytes = 0;
			characters = 0;
		}

		group.push(message);
		bytes += message.size;
		characters += width;
	}

	if (group.length > 0) {
		yield group;
	}
}
