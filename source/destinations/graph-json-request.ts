import {Buffer} from 'node:buffer';
import type {Message} from '@microsoft/microsoft-graph-types';
import {fileOf, type File, type JsonItem} from './graph-json-item.js';
import {type Part} from './graph-json-parts.js';

/** Of one request's body: "4 MB", of which a million bytes is the smaller reading (microsoft-365.md 3.4, 3.9). */
const requestBytes = 4_000_000;
/** Beside the base64 of an attachment: its names, escaped, and what is around them. */
const around = 4000;

/** The largest attachment that goes in one request; others need an upload session, in bytes. */
export const postableBytes = (requestBytes - around) / 4 * 3;
/** One of an upload session has at most so many (microsoft-365.md 3.5). */
export const uploadableBytes = 150 * 1024 * 1024;

/** A creation request. */
export type Creation = Omit<Message, 'attachments'> & {readonly attachments?: readonly File[]};

/** What a message takes: a request that creates it, and attachments that go there one by one. */
export type Requests = {readonly creation: Creation; readonly rest: readonly Part[]};

const sizeOf = (json: unknown): number => Buffer.byteLength(JSON.stringify(json));

const encodedSize = ({bytes, ...part}: Part): number => (Math.ceil(bytes.length / 3) * 4) + sizeOf(part) + 100;

/** Lays a message out into requests: as many attachments as fit go with its creation. Undefined where it cannot be sent at all. */
export const requestsOf = ({message, attachments}: JsonItem): Requests | undefined => {
	let left = requestBytes - sizeOf(message) - around;
	if (left < 0 || attachments.some(({bytes}) => bytes.length > uploadableBytes)) {
		return undefined;
	}

	const within = attachments.findIndex(part => {
		left -= encodedSize(part);
		return left < 0;
	});
	const [first, rest] = within === -1 ? [attachments, []] : [attachments.slice(0, within), attachments.slice(within)];
	return {creation: {...message, ...(first.length > 0 && {attachments: first.map(part => fileOf(part))})}, rest};
};
