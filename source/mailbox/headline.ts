import {cleanText} from './clean.js';
import {decodeWords, readHeader, textOf} from './header-fields.js';

/** What a person recognises a message by. Cleaned, at most 200 characters each; absent where the header is. */
export type Headline = {readonly subject?: string; readonly from?: string};

const shown = (field: Uint8Array | undefined): string => {
	const value = textOf(field);
	return cleanText(decodeWords(value), 200) || cleanText(value, 200);
};

/** Subject and sender of a message (RFC 5322 3.6, RFC 2047), for lists of failures. Never throws. */
export const headlineOf = (bytes: Uint8Array): Headline => {
	const {fields} = readHeader(bytes, ['subject', 'from']);
	const [subject, from] = [shown(fields.get('subject')), shown(fields.get('from'))];
	return {...(subject && {subject}), ...(from && {from})};
};
