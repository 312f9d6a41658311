import {Buffer} from 'node:buffer';
import {crc32} from 'node:zlib';
import {type Account} from '../mailbox/mailbox.js';
import {accountsKey, type Accounts} from './journal-name.js';

/** The first line of a journal: text, so that `head -1` shows whose it is. */
export type Header = {
	/** Milliseconds since 1970 UTC. */
	readonly created: number;
	/** Random; keeps blocks of other journals from being taken for ours. */
	readonly salt: string;
	readonly accounts: Accounts;
};

export type ReadHeader =
	| {readonly kind: 'ours'; readonly header: Header; readonly length: number; readonly seed: number}
	| {readonly kind: 'foreign'; readonly why: string}
	/** No header, or one that is damaged. */
	| {readonly kind: 'broken'};

export const formatVersion = 1;

/** A header is never longer, in bytes. */
export const maxHeader = 4096;

/** What every header begins with. */
export const headerMagic = 'aw2ms365-journal';

const checksum = (line: string): string => crc32(line).toString(16).padStart(8, '0');

export const writeHeader = (header: Header): Uint8Array => {
	const plain = ({host, port, user}: Account) => ({host, port, user});
	const json = JSON.stringify({
		created: new Date(header.created).toISOString(), salt: header.salt, source: plain(header.accounts.source), destination: plain(header.accounts.destination),
	});
	const line = `${headerMagic} ${formatVersion} ${json}`;
	const bytes = Buffer.from(`${line} ${checksum(line)}\n`);
	if (bytes.length > maxHeader) {
		throw new RangeError('the names of the accounts are too long for a journal');
	}

	return bytes;
};

/** Judges the start of a file: `bytes` are its first {@link maxHeader} or all it has. */
export const readHeader = (bytes: Uint8Array, accounts: Accounts): ReadHeader => {
	const end = bytes.indexOf(10);
	const text = end === -1 ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, end).toString();
	const parts = /^(?<line>aw2ms365-journal (?<version>\d+) (?<json>.*)) (?<sum>[\da-f]{8})$/v.exec(text)?.groups;
	if (parts?.sum === undefined || checksum(parts.line!) !== parts.sum) {
		return {kind: 'broken'};
	}

	if (Number(parts.version) !== formatVersion) {
		return {kind: 'foreign', why: `its format is version ${parts.version}, this program knows version ${formatVersion}`};
	}

	const {created, salt, source, destination} = JSON.parse(parts.json!) as {created: string; salt: string; source: Account; destination: Account};
	if (accountsKey({source, destination}) !== accountsKey(accounts)) {
		return {kind: 'foreign', why: `it is about ${source.user} at ${source.host} and ${destination.user} at ${destination.host}`};
	}

	return {
		kind: 'ours', header: {created: Date.parse(created), salt, accounts: {source, destination}}, length: end + 1, seed: crc32(bytes.subarray(0, end + 1)),
	};
};
