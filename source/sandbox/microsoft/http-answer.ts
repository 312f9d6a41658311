import {Buffer} from 'node:buffer';
import {type IncomingMessage, type ServerResponse} from 'node:http';
import {finished} from 'node:stream/promises';

/** One answer of HTTP; a body without a Content-Length goes in chunks. */
export type Answer = {
	readonly status: number;
	readonly headers: ReadonlyArray<readonly [name: string, value: string | readonly string[]]>;
	readonly body: string | Uint8Array;
	/** The connection ends after it. */
	readonly close?: boolean;
};

/** What a request comes to: an answer (of which only so many bytes leave), or none. */
export type Outcome =
	| {readonly answer: Answer; readonly cutAfter?: number}
	/** The connection is closed. */
	| 'drop'
	/** Nothing happens any more. */
	| 'mute';

/** The headers of the servers and no others. */
const sendHead = (response: ServerResponse, {status, headers, close}: Answer, length: number): void => {
	response.sendDate = false;
	response.statusCode = status;
	for (const [name, value] of headers) {
		response.setHeader(name, value);
	}

	if (close) {
		response.setHeader('Connection', 'close');
	} else {
		// Node would say keep-alive, which no recorded server did.
		response.removeHeader('Connection');
	}

	if (length === 0) {
		response.removeHeader('Transfer-Encoding');
		// RFC 9110 8.6: none with 204.
		if (status !== 204) {
			response.setHeader('Content-Length', '0');
		}
	}
};

const bytesOf = ({body}: Answer): Uint8Array => typeof body === 'string' ? Buffer.from(body) : body;

/** Sends an answer, of its body only `cutAfter` bytes where that is given. */
export const send = (response: ServerResponse, answer: Answer, cutAfter?: number): void => {
	const bytes = bytesOf(answer);
	sendHead(response, answer, bytes.length);
	if (cutAfter !== undefined) {
		response.write(bytes.subarray(0, cutAfter), () => {
			response.destroy();
		});
		return;
	}

	// In two writes, so that clients meet more than one chunk.
	const half = bytes.length > 4096 ? bytes.length - 1000 : bytes.length;
	if (half > 0) {
		response.write(bytes.subarray(0, half));
	}

	response.end(bytes.subarray(half));
};

/** Sends an answer to a request whose body is still coming: that is read and forgotten, since closing on it would take the answer away too. */
export const sendEarly = async (request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> => {
	const bytes = bytesOf(answer);
	sendHead(response, answer, bytes.length);
	response.flushHeaders();
	if (bytes.length > 0) {
		response.write(bytes);
	}

	request.resume();
	try {
		await finished(request, {writable: false});
	} catch {}

	response.end();
};
