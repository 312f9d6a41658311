import {isIP} from 'node:net';
import {Buffer} from 'node:buffer';
import {Agent, EnvHttpProxyAgent, type Dispatcher} from 'undici';
import {type AnswerHeaders} from './ews-failures.js';
import {trusting} from './trust.js';

/** In milliseconds of real time, and bytes. */
export type HttpLimits = {
	/** To connect, TLS included. */
	readonly connect: number;
	/** Between two pieces of an answer that has begun. */
	readonly silence: number;
	/** The longest answer: a message of 150 MB in base64, and some. */
	readonly longest: number;
};

export const defaultHttpLimits: HttpLimits = {connect: 30_000, silence: 60_000, longest: 224 * 1024 * 1024};

/** An answer as it came. */
export type HttpAnswer = {readonly status: number; readonly headers: AnswerHeaders; readonly bytes: Uint8Array};

export type HttpRequest = {
	readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
	/** With the query. */
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	/** Of known length; text is sent in UTF-8. */
	readonly body?: string | Uint8Array | undefined;
};

export type HttpPatience = {
	readonly signal: AbortSignal;
	/** Milliseconds of real time for everything. */
	readonly deadline: number;
};

export type HttpOptions = {
	/** Https, host and port. */
	readonly origin: string;
	/** One more certificate authority, PEM. */
	readonly ca?: string | undefined;
	/** Instead of HTTPS_PROXY and NO_PROXY of the environment. */
	readonly proxy?: {readonly httpsProxy?: string; readonly noProxy?: string} | undefined;
	readonly limits?: Partial<HttpLimits> | undefined;
};

export type HttpTroubleKind = 'unreachable' | 'certificate' | 'lost' | 'silent' | 'too-long' | 'stopped';

/** Why no answer came. */
export class HttpTrouble extends Error {
	readonly kind: HttpTroubleKind;
	/** Whether bytes of the request may have left. */
	readonly sent: boolean;
	/** What a person can do about it, where that is special. */
	readonly next?: string;

	constructor(kind: HttpTroubleKind, reason: string, {sent, cause, next}: {readonly sent: boolean; readonly cause?: unknown; readonly next?: string}) {
		super(reason, {cause});
		this.name = 'HttpTrouble';
		this.kind = kind;
		this.sent = sent;
		if (next !== undefined) {
			this.next = next;
		}
	}
}

const proxyStep = 'The environment names a proxy (HTTPS_PROXY or HTTP_PROXY): check its address, user and password, and that it lets this host through, or name the host in NO_PROXY. Then run the same command again.';

/** Node's codes for a certificate that does not verify (TLS, X.509). */
const certificateCode = /^(?:ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)|CRL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|UND_ERR_PRX_TLS)/v;

const wordsOfCode = (code: string): string => {
	if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
		return 'no TLS on this port';
	}

	if (code === 'UND_ERR_CONNECT_TIMEOUT') {
		return 'no connection in time';
	}

	return /^E[A-Z_]{2,40}$/v.test(code) ? code : 'the connection was closed';
};

/** Words of ours for what undici or Node threw: an address of a proxy may hold a password. */
const troubleOf = (error: unknown, sent: boolean): HttpTrouble => {
	if (error instanceof HttpTrouble) {
		return error;
	}

	const {code = '', message = ''} = error as {readonly code?: string; readonly message?: string};
	const trouble = (kind: HttpTroubleKind, reason: string) => new HttpTrouble(kind, reason, {sent, cause: error});
	if (certificateCode.test(code)) {
		return trouble('certificate', code);
	}

	const proxyStatus = /^Proxy response \((?<status>\d{3})\)/v.exec(message)?.groups!.status;
	if (proxyStatus !== undefined) {
		return new HttpTrouble('unreachable', `the proxy answered ${proxyStatus}`, {sent, cause: error, next: proxyStep});
	}

	if (code === 'UND_ERR_BODY_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') {
		return trouble('silent', 'the server fell silent');
	}

	if (code.startsWith('HPE_')) {
		return trouble('lost', 'the answer is not HTTP');
	}

	return trouble(sent ? 'lost' : 'unreachable', wordsOfCode(code));
};

/** One request on its way: gathers the answer, and knows whether anything has left. */
class Call implements Dispatcher.DispatchHandler {
	/** Set once a connection stood and the request was about to be written to it. */
	sent = false;
	/** Called once, when it is over. */
	tidy: (() => void) | undefined;
	readonly #longest: number;
	readonly #resolve: (answer: HttpAnswer) => void;
	readonly #reject: (trouble: HttpTrouble) => void;
	readonly #chunks: Uint8Array[] = [];
	#length = 0;
	#head: Omit<HttpAnswer, 'bytes'> | undefined;
	#controller: Dispatcher.DispatchController | undefined;
	#isOver = false;

	constructor(longest: number, resolve: (answer: HttpAnswer) => void, reject: (trouble: HttpTrouble) => void) {
		this.#longest = longest;
		this.#resolve = resolve;
		this.#reject = reject;
	}

	fail(error: unknown): void {
		if (this.#isOver) {
			return;
		}

		this.#isOver = true;
		this.tidy?.();
		const trouble = troubleOf(error, this.sent);
		this.#reject(trouble);
		this.#controller?.abort(trouble);
	}

	onRequestStart(controller: Dispatcher.DispatchController): void {
		if (this.#isOver) {
			controller.abort(new Error('given up before it was sent'));
			return;
		}

		this.#controller = controller;
		this.sent = true;
	}

	onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
		this.#head = {status, headers};
	}

	onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
		this.#length += chunk.length;
		this.#chunks.push(chunk);
		if (this.#length > this.#longest) {
			this.fail(new HttpTrouble('too-long', `the answer is longer than ${this.#longest} bytes`, {sent: true}));
		}
	}

	onResponseEnd(): void {
		if (!this.#isOver) {
			this.#isOver = true;
			this.tidy?.();
			// What undici remembers of a call until the next one must not keep its answer in memory.
			this.#resolve({...this.#head!, bytes: Buffer.concat(this.#chunks.splice(0))});
		}
	}

	onResponseError(_: Dispatcher.DispatchController, error: Error): void {
		this.fail(error);
	}
}

const isLoopback = (hostname: string): boolean => hostname === 'localhost' || hostname === '::1' || (isIP(hostname) === 4 && hostname.startsWith('127.'));

/**
HTTPS (RFC 9112) to one origin: one pool of connections, no cookies, no redirects, never a request sent twice.

A proxy of the environment (HTTPS_PROXY, else HTTP_PROXY; NO_PROXY) is used, except towards this machine.
*/
export class HttpsClient {
	readonly #options: HttpOptions;
	readonly #limits: HttpLimits;
	#dispatcher: Dispatcher | undefined;
	#closed = false;

	constructor(options: HttpOptions) {
		this.#options = options;
		this.#limits = {...defaultHttpLimits, ...options.limits};
	}

	/** POSTs a text and reads the whole answer as UTF-8; see `request`. */
	async post(path: string, headers: Record<string, string>, body: string, patience: HttpPatience): Promise<{readonly status: number; readonly headers: AnswerHeaders; readonly body: string}> {
		const {bytes, ...answer} = await this.request({
			method: 'POST', path, headers, body,
		}, patience);
		return {...answer, body: new TextDecoder().decode(bytes)};
	}

	/**
	Sends a request and reads the whole answer.

	@throws HttpTrouble; `stopped` when the signal aborted
	*/
	async request({method, path, headers, body}: HttpRequest, {signal, deadline}: HttpPatience): Promise<HttpAnswer> {
		return new Promise<HttpAnswer>((resolve, reject) => {
			const call = new Call(this.#limits.longest, resolve, reject);
			if (this.#closed || signal.aborted) {
				call.fail(new HttpTrouble('stopped', 'stopped', {sent: false}));
				return;
			}

			const stop = (): void => {
				call.fail(new HttpTrouble('stopped', 'stopped', {sent: call.sent}));
			};

			const timer = setTimeout(() => {
				call.fail(new HttpTrouble(call.sent ? 'silent' : 'unreachable', `no answer within ${Math.round(deadline / 1000)} s`, {sent: call.sent}));
			}, Math.min(deadline, 0x7F_FF_FF_FF));
			call.tidy = () => {
				clearTimeout(timer);
				signal.removeEventListener('abort', stop);
			};

			signal.addEventListener('abort', stop, {once: true});
			const bytes = typeof body === 'string' ? Buffer.from(body) : body;
			const length = bytes?.length ?? (method === 'POST' || method === 'PUT' || method === 'PATCH' ? 0 : undefined);
			try {
				this.#road().dispatch({
					origin: this.#options.origin, path, method, headers: {...headers, ...(length !== undefined && {'content-length': String(length)})}, body: bytes ?? null,
				}, call);
			} catch (error) {
				call.fail(error);
			}
		});
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#dispatcher?.destroy();
	}

	#road(): Dispatcher {
		if (!this.#dispatcher) {
			const {origin, ca, proxy} = this.#options;
			const hostname = new URL(origin).hostname.replaceAll(/^\[|\]$/gv, '');
			const tls = {
				minVersion: 'TLSv1.2' as const, timeout: this.#limits.connect, ...(ca && {secureContext: trusting(ca)}),
			};
			const options: Agent.Options = {
				// The deadline of a call covers the wait for its answer.
				connect: tls, allowH2: false, connections: 16, pipelining: 1, headersTimeout: 0, bodyTimeout: this.#limits.silence,
			};
			this.#dispatcher = isLoopback(hostname) && !proxy
				? new Agent(options)
				: new EnvHttpProxyAgent({...options, ...proxy, requestTls: isIP(hostname) === 0 ? {...tls, servername: hostname} : tls});
		}

		return this.#dispatcher;
	}
}
