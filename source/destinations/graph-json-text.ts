import {Buffer} from 'node:buffer';
import libmime from 'libmime';

/** Controls that no store keeps in a text, and some refuse a request for; tabs and line ends stay. */
// eslint-disable-next-line no-control-regex -- they are what is left out
const controls = /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/gv;
const lone = /\p{Surrogate}/gv;

/** What JSON can carry: no half of a character, no controls. */
export const plainText = (text: string): string => text.replaceAll(lone, '\uFFFD').replaceAll(controls, '');

/** Without line ends, and blanks around it. */
export const oneLine = (text: string): string => plainText(text).replaceAll(/[\s\u0085\u2028\u2029]+/gv, ' ').trim();

/** At most so many UTF-16 units, no character cut in two. */
export const shortened = (text: string, most: number): string => text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/v, '');

/** What a decoder that takes windows-1252 for latin1 has left: some releases of Node have one. */
export const withoutC1 = (text: string): string => text.replaceAll(/[\u0080-\u009F]/gv, sign => libmime.decodeWord('windows-1252', 'B', Buffer.from(sign, 'latin1').toString('base64')));
