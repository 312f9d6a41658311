import {type Transport} from '../mailbox/destination.js';

/** Figures and names inside sentences. */

/** `0.4 s`, `3 min`, `2 h`. */
export const timeIn = (milliseconds: number): string => {
	const seconds = milliseconds / 1000;
	if (seconds < 90) {
		return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
	}

	return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
};

/** In decimal units. */
export const bytesIn = (bytes: number): string => {
	const power = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
	const value = bytes / (1000 ** power);
	return `${value < 99.95 && power > 0 ? Math.round(value * 10) / 10 : Math.round(value)} ${['B', 'KB', 'MB', 'GB'][power]!}`;
};

export const countOf = (number: number, noun: string): string => `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;

/** As people call the roads. */
export const roadNames: Readonly<Record<Transport, string>> = {
	ews: 'EWS', imap: 'IMAP', graph: 'Graph (importMime)', 'graph-json': 'Graph (JSON)',
};

/** "a, b and c". */
export const listed = (parts: readonly string[]): string => parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;
