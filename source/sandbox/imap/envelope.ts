import {fieldsOf, fieldValue, splitMessage} from './headers.js';
import {quote} from './names.js';

const nstring = (text: string | undefined): string => text === undefined ? 'NIL' : quote(text);

/** Splits at commas outside of quotes, brackets and comments. */
const splitAddresses = (value: string): string[] => value.match(/(?:"(?:[^"\\]|\\.)*"|\([^)]*\)|<[^>]*>|[^,])+/g) ?? [];

const address = (text: string): string | undefined => {
	const match = /^(.*)<([^>]*)>/s.exec(text.trim());
	const mail = (match ? match[2]! : text).trim();
	const name = match?.[1]?.trim().replace(/^"(.*)"$/s, '$1');
	const at = mail.lastIndexOf('@');
	if (mail === '' && !name) {
		return undefined;
	}

	return `(${nstring(name === '' ? undefined : name)} NIL ${nstring(at === -1 ? mail : mail.slice(0, at))} ${nstring(at === -1 ? '' : mail.slice(at + 1))})`;
};

const addresses = (value: string | undefined): string => {
	const list = value === undefined ? [] : splitAddresses(value).map(part => address(part)).filter(part => part !== undefined);
	return list.length === 0 ? 'NIL' : `(${list.join('')})`;
};

/** ENVELOPE (RFC 9051 7.5.2), in latin1. Groups are not taken apart. */
export const envelopeOf = (bytes: Uint8Array): string => {
	const fields = fieldsOf(splitMessage(bytes).header);
	const value = (name: string): string | undefined => fieldValue(fields, name);
	const from = addresses(value('From'));
	const or = (name: string): string => {
		const own = addresses(value(name));
		return own === 'NIL' ? from : own;
	};

	return `(${[
		nstring(value('Date')),
		nstring(value('Subject')),
		from,
		or('Sender'),
		or('Reply-To'),
		addresses(value('To')),
		addresses(value('Cc')),
		addresses(value('Bcc')),
		nstring(value('In-Reply-To')),
		nstring(value('Message-ID')),
	].join(' ')})`;
};

/** BODY and BODYSTRUCTURE, minimal: every message is one text part as far as they tell. */
export const structureOf = (bytes: Uint8Array): string => {
	const {body} = splitMessage(bytes);
	let lines = 0;
	for (const byte of body) {
		lines += byte === 10 ? 1 : 0;
	}

	return `("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "8BIT" ${body.length} ${lines})`;
};
