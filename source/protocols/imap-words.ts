import {cleanText} from '../mailbox/clean.js';

/** A server's words, made fit for a failure's `detail`: one line of at most 300 visible characters. */
export const cleanWords = (text: string): string => cleanText(text.slice(0, 1200), 300);
