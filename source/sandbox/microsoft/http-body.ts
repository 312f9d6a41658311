import {Buffer} from 'node:buffer';
import {type IncomingMessage} from 'node:http';

/** The body of a request; `large` where it exceeds so many bytes (announced: nothing of it was read), `lost` where the client went away. */
export const readBody = async (request: IncomingMessage, most: number): Promise<Uint8Array | 'large' | 'large-chunked' | 'lost'> => {
	if (Number(request.headers['content-length'] ?? 0) > most) {
		return 'large';
	}

	const chunks: Uint8Array[] = [];
	let length = 0;
	try {
		for await (const chunk of request as AsyncIterable<Uint8Array>) {
			length += chunk.length;
			if (length > most) {
				return 'large-chunked';
			}

			chunks.push(chunk);
		}
	} catch {
		return 'lost';
	}

	return request.complete ? Buffer.concat(chunks, length) : 'lost';
};
