import {fieldsOf, fieldValue, splitMessage} from './headers.js';
import {type Refusal} from './options.js';

const longestLine = (bytes: Uint8Array): number => {
	let longest = 0;
	let start = 0;
	while (start <= bytes.length) {
		const end = bytes.indexOf(10, start);
		const stop = end === -1 ? bytes.length : end;
		longest = Math.max(longest, stop - start);
		start = stop + 1;
	}

	return longest;
};

const applies = (refusal: Refusal, folder: readonly string[], bytes: Uint8Array): boolean => {
	const {header, lineOver, sizeOver} = refusal;
	if (refusal.folder && JSON.stringify(refusal.folder) !== JSON.stringify(folder)) {
		return false;
	}

	if (sizeOver !== undefined && bytes.length <= sizeOver) {
		return false;
	}

	if (lineOver !== undefined && longestLine(bytes) <= lineOver) {
		return false;
	}

	if (header) {
		const value = fieldValue(fieldsOf(splitMessage(bytes).header), header.name);
		return Boolean(value?.toLowerCase().includes(header.holds.toLowerCase()));
	}

	return true;
};

/** The first refusal that a message meets. */
export const refusalOf = (refusals: readonly Refusal[], folder: readonly string[], bytes: Uint8Array): Refusal | undefined =>
	refusals.find(refusal => applies(refusal, folder, bytes));
