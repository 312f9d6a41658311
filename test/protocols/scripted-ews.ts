import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {createServer} from 'node:https';
import {type AddressInfo, type Socket} from 'node:net';
import {type IncomingHttpHeaders} from 'node:http';
import {makeCertificates} from '../../source/sandbox/certificate.js';

/** What the server does with one request, after it has read it whole. */
export type Reply =
	| {readonly status?: number; readonly headers?: Readonly<Record<string, string | string[]>>; readonly body?: string; /** Close the connection after the answer. */ readonly close?: boolean}
	/** Closes without an answer. */
	| 'close'
	/** Never answers. */
	| 'hang'
	/** Answers with the beginning of a message, of a length that it does not keep, and closes. */
	| 'cut'
	/** Begins to answer and falls silent. */
	| 'stall'
	/** Bytes that are not HTTP. */
	| 'nonsense';

export type Asked = {
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
	readonly path: string;
	readonly method: string;
	/** Which connection it came over, 0 the first. */
	readonly connection: number;
};

const certificates = makeCertificates();

/**
An HTTPS server on loopback that follows a script: the reply for the n-th request, by position or by looking at it; the last one
is repeated. Use with `await using`.
*/
export const scriptedEws = async (script: readonly Reply[] | ((asked: Asked, position: number) => Reply | Promise<Reply>)) => {
	const asked: Asked[] = [];
	const connections = new WeakMap<Socket, number>();
	let count = 0;
	const arrivals = new EventTarget();
	const server = createServer({cert: certificates.cert, key: certificates.key}, async (request, response) => {
		const chunks: Uint8Array[] = [];
		try {
			for await (const chunk of request) {
				chunks.push(chunk as Uint8Array);
			}
		} catch {
			// The client hung up.
			return;
		}

		const {socket} = request;
		const one: Asked = {
			headers: request.headers, body: new TextDecoder().decode(Buffer.concat(chunks)), path: request.url!, method: request.method!, connection: connections.get(socket)!,
		};
		const position = asked.push(one) - 1;
		arrivals.dispatchEvent(new Event('request'));

		const reply = typeof script === 'function' ? await script(one, position) : script[Math.min(position, script.length - 1)]!;
		if (typeof reply === 'object') {
			const {status = 200, headers = {}, body = '', close} = reply;
			response.writeHead(status, {
				'content-type': 'text/xml; charset=utf-8', 'content-length': String(Buffer.byteLength(body)), ...(close && {connection: 'close'}), ...headers,
			});
			response.end(body);
			return;
		}

		const begin = (then?: () => void): void => {
			response.writeHead(200, {'content-type': 'text/xml; charset=utf-8', 'content-length': '100000'});
			response.write('<?xml version="1.0" encoding="utf-8"?><s:Envelope', then);
		};

		const acts: Record<typeof reply, () => void> = {
			close: () => socket.destroy(),
			hang: () => undefined,
			cut() {
				begin(() => socket.destroy());
			},
			stall: begin,
			nonsense: () => socket.end('* OK this is no HTTP\r\n\r\n'),
		};
		acts[reply]();
	});
	server.on('secureConnection', socket => {
		connections.set(socket, count++);
		socket.on('error', () => undefined);
	});
	server.on('tlsClientError', () => undefined);
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const {port} = server.address() as AddressInfo;
	return {
		asked,
		host: `127.0.0.1:${port}`,
		port,
		ca: certificates.ca,
		/** Resolves when so many requests have been read whole. */
		async received(requests: number): Promise<void> {
			while (asked.length < requests) {
				// eslint-disable-next-line no-await-in-loop -- one after another
				await once(arrivals, 'request');
			}
		},
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise(resolve => {
				server.close(resolve);
			});
		},
	};
};

export const envelopeOf = (inside: string): string => `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><h:ServerVersionInfo MajorVersion="15" MinorVersion="20" MajorBuildNumber="9073" MinorBuildNumber="22" Version="V2018_01_08" xmlns:h="http://schemas.microsoft.com/exchange/services/2006/types"/></s:Header><s:Body>${inside}</s:Body></s:Envelope>`;

/** An answer whose response messages are the given ones. */
export const answerOf = (...messages: readonly string[]): string => envelopeOf(`<m:GetFolderResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:ResponseMessages>${messages.join('')}</m:ResponseMessages></m:GetFolderResponse>`);

export const success = '<m:GetFolderResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Folders><t:Folder><t:FolderId Id="AAMk" ChangeKey="AQAAAA=="/></t:Folder></m:Folders></m:GetFolderResponseMessage>';

export const refusal = (code: string, text = 'No.', responseClass = 'Error', more = ''): string => `<m:GetFolderResponseMessage ResponseClass="${responseClass}"><m:MessageText>${text}</m:MessageText><m:ResponseCode>${code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>${more}</m:GetFolderResponseMessage>`;

/** A fault in the form of Exchange Online: no SOAP header. */
export const faultOf = (code: string, text = 'No.', messageXml = ''): string => `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:${code}</faultcode><faultstring xml:lang="en-US">${text}</faultstring><detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">${code}</e:ResponseCode><e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">${text}</e:Message>${messageXml && `<t:MessageXml xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">${messageXml}</t:MessageXml>`}</detail></s:Fault></s:Body></s:Envelope>`;
