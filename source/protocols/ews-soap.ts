import {type Clock} from '../mailbox/clock.js';
import {type Notice} from '../mailbox/source.js';
import {type Failure, failureOf, FailureError} from '../mailbox/failure.js';
import {Bearer, type TokenSource} from './bearer.js';
import {
	type Answer, CallFailure, readAnswer, type ResponseMessage,
} from './ews-answer.js';
import {
	envelope, headersFor, tellingHeaders, versions,
} from './ews-envelope.js';
import {HttpsClient, HttpTrouble, type HttpOptions} from './https.js';
import {failureOfTrouble} from './https-failures.js';
import {ReadTries} from './ews-tries.js';

export {CallFailure, type ResponseMessage} from './ews-answer.js';

export type EwsCall = {
	/** The operation element; the prefixes m: and t: are declared on the envelope. */
	readonly body: string;
	readonly signal: AbortSignal;
	/** A write: a lost answer is outcome unknown. */
	readonly writes: boolean;
	/** Patience for everything from connecting to the last byte of the answer, in ms of real time; default 120,000 and the time the body takes on a slow line. */
	readonly deadline?: number | undefined;
};

export type EwsOptions = {
	/** `outlook.office365.com` or `host:port`. */
	readonly host: string;
	/** Primary address of the mailbox: whom we act for. */
	readonly mailbox: string;
	readonly token: TokenSource;
	/** One more certificate authority, PEM. */
	readonly ca?: string | undefined;
	readonly clock: Clock;
	/** 0 up to 1. */
	readonly random: () => number;
	readonly notice: (notice: Notice) => void;
	readonly log?: ((line: Record<string, unknown>) => void) | undefined;
	readonly http?: Pick<HttpOptions, 'limits' | 'proxy'> | undefined;
	/** Patience with a call that names none, in milliseconds of real time; two minutes if absent. */
	readonly patience?: number | undefined;
};

/** Bytes a millisecond that even a slow line carries. */
const slowest = 32;

const path = '/EWS/Exchange.asmx';

/** Faults that may only mean that the server does not know the version asked for (microsoft-365.md 2.1). */
const versionCodes = new Set(['ErrorInvalidServerVersion', 'ErrorIncorrectSchemaVersion', 'ErrorInvalidSchemaVersionForMailboxVersion', 'ErrorInvalidRequest']);

const notices: Partial<Record<Failure['code'], Notice['type']>> = {throttled: 'throttled', 'server-unavailable': 'waiting', 'server-nonsense': 'waiting'};

const noticeOf = (code: Failure['code']): Notice['type'] => notices[code] ?? 'reconnecting';

const isVersionFault = (error: unknown): boolean => error instanceof CallFailure && error.soapFault && error.responseCode !== undefined && versionCodes.has(error.responseCode);

/**
EWS for one mailbox, in the name of an application (Microsoft's "SOAP Messages and Web Services", MS-OXWS*). Any number of calls at once;
a wait the server states holds all of them back.
*/
export class EwsSession {
	readonly #options: EwsOptions;
	readonly #http: HttpsClient;
	#version = 0;
	/** An answer with response messages came: the version is right and the host is there. */
	#answered = false;
	/** Since a delivery met with trouble, until one goes through. */
	#isTroubled = false;
	#parkedUntil = 0;
	readonly #closing = new AbortController();
	readonly #bearer: Bearer;

	constructor(options: EwsOptions) {
		this.#options = options;
		this.#bearer = new Bearer(options.token);
		this.#http = new HttpsClient({...options.http, origin: `https://${options.host}`, ca: options.ca});
	}

	/**
	One call, sent once (again only after a refusal of token or version, which store nothing). Waits first while the mailbox is parked.

	@throws CallFailure for anything that is no answer with response messages: of a write that was lost or stopped after bytes had
	left, `outcome` is `unknown`. `signal.reason` where it stopped before, or where nothing was to be stored.
	*/
	async call(call: EwsCall): Promise<readonly ResponseMessage[]> {
		for (;;) {
			const version = this.#version;
			try {
				// eslint-disable-next-line no-await-in-loop -- versions are tried one after another
				const messages = await this.#callAs(versions[version]!, call);
				this.#answered = true;
				this.#heed(messages);
				if (call.writes && this.#isTroubled) {
					this.#isTroubled = false;
					this.#notify({type: 'connected'});
				}

				return messages;
			} catch (error) {
				if (!this.#answered && isVersionFault(error) && version + 1 < versions.length) {
					this.#version = Math.max(this.#version, version + 1);
					this.#log({version: versions[this.#version], instead: versions[version]});
					continue;
				}

				if (error instanceof CallFailure && error.failure.wait) {
					this.park(error.failure.wait);
				}

				if (call.writes && !call.signal.aborted && error instanceof CallFailure) {
					this.#tellTrouble(error.failure);
				}

				throw error;
			}
		}
	}

	/**
	For reads and other idempotent calls: repeats with backoff on transient failures, throttles (waiting the server's
	wait, with a floor) and lost connections, telling `notice`. A call counts as failed, too, when an item of it failed for a
	reason that reaches beyond the item and passes.

	@throws FailureError when it gives up: at once for what does not pass, after three tries where the host never answered
	*/
	async persist(call: Omit<EwsCall, 'writes'>): Promise<readonly ResponseMessage[]> {
		const {clock, random} = this.#options;
		const tries = new ReadTries({clock, random});
		for (;;) {
			let failure: FailureError;
			try {
				// eslint-disable-next-line no-await-in-loop -- one try after another
				const messages = await this.call({...call, writes: false});
				const passing = messages.find(({failure: found}) => found?.reach === 'mailbox' && found.retry === 'now')?.failure;
				if (!passing) {
					if (tries.count > 0) {
						this.#notify({type: 'connected'});
					}

					return messages;
				}

				const {code, ...more} = passing;
				failure = new FailureError(code, more);
			} catch (error) {
				if (call.signal.aborted || !(error instanceof FailureError)) {
					throw error;
				}

				failure = error;
			}

			const wait = this.#closing.signal.aborted ? undefined : tries.next(failure, this.#answered);
			if (wait === undefined) {
				throw failure;
			}

			const {code, detail} = failure.failure;
			this.#notify({
				type: noticeOf(code), wait, code, ...(detail && {detail}),
			});
			if (code === 'throttled') {
				this.park(wait);
			} else {
				// eslint-disable-next-line no-await-in-loop -- one try after another
				await this.#sleep(wait, call.signal);
			}
		}
	}

	/** No call starts before this many ms have passed (a server's stated wait parks the whole mailbox). */
	park(milliseconds: number): void {
		this.#parkedUntil = Math.max(this.#parkedUntil, this.#options.clock.now() + milliseconds);
	}

	/** Calls under way end as lost, those that wait for their turn or to be repeated with them. */
	async close(): Promise<void> {
		this.#closing.abort(new CallFailure(new FailureError('connection-lost', {detail: 'closed by this program', outcome: 'not stored'}).failure));
		await this.#http.close();
	}

	async #callAs(version: string, {body, signal, writes, deadline}: EwsCall): Promise<readonly ResponseMessage[]> {
		const {clock, mailbox} = this.#options;
		for (let refused: string | undefined; ;) {
			signal.throwIfAborted();
			for (let now = clock.now(); now < this.#parkedUntil; now = clock.now()) {
				// eslint-disable-next-line no-await-in-loop -- the park may have grown meanwhile
				await this.#sleep(this.#parkedUntil - now, signal);
			}

			// eslint-disable-next-line no-await-in-loop -- at most twice
			const token = await this.#token(signal, refused);
			const text = envelope({version, mailbox, body});
			const headers = headersFor({mailbox, token, random: this.#options.random});
			// eslint-disable-next-line no-await-in-loop -- at most twice
			const answer = await this.#post(text, headers, {signal, writes, deadline: deadline ?? (this.#options.patience ?? 120_000) + Math.ceil(text.length / slowest)});
			if (answer.status === 401 && refused === undefined) {
				this.#log({status: 401, reason: 'the token was refused: another is asked for', request: headers['client-request-id']});
				refused = token;
				continue;
			}

			try {
				return readAnswer(answer, {writes});
			} catch (error) {
				this.#log({
					status: answer.status, code: (error as CallFailure).failure.code, request: headers['client-request-id'], headers: tellingHeaders(answer.headers), body: answer.body.slice(0, 2048),
				});
				throw error;
			}
		}
	}

	/** Until then, or until it is stopped or closed. */
	async #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
		await this.#options.clock.sleep(milliseconds, AbortSignal.any([signal, this.#closing.signal]));
	}

	async #post(text: string, headers: Record<string, string>, {signal, writes, deadline}: {readonly signal: AbortSignal; readonly writes: boolean; readonly deadline: number}): Promise<Answer> {
		try {
			return await this.#http.post(path, headers, text, {signal, deadline});
		} catch (error) {
			if (!(error instanceof HttpTrouble)) {
				throw error;
			}

			const inDoubt = writes && error.sent;
			if (!inDoubt) {
				signal.throwIfAborted();
			}

			this.#log({
				trouble: error.kind, reason: error.message, sent: error.sent, request: headers['client-request-id'],
			});
			throw new CallFailure(failureOfTrouble(error, {host: this.#options.host, answered: this.#answered, inDoubt}), {cause: error});
		}
	}

	async #token(signal: AbortSignal, refused?: string): Promise<string> {
		try {
			return await this.#bearer.token(signal, refused);
		} catch (error) {
			signal.throwIfAborted();
			// Whatever it is, nothing was sent.
			throw new CallFailure({...failureOf(error), outcome: 'not stored'}, {cause: error});
		}
	}

	#heed(messages: readonly ResponseMessage[]): void {
		const waits = messages.map(({failure}) => failure?.wait ?? 0);
		this.park(Math.max(0, ...waits));
	}

	/** Deliveries are not repeated here, and whoever waits is to know why: once, until one goes through. */
	#tellTrouble({code, retry, detail}: Failure): void {
		if (retry === 'now' && code !== 'throttled' && !this.#isTroubled) {
			this.#isTroubled = true;
			this.#notify({type: noticeOf(code), code, ...(detail && {detail})});
		}
	}

	#notify(notice: Omit<Notice, 'side'>): void {
		this.#options.notice({side: 'destination', ...notice});
		this.#log({...notice});
	}

	#log(line: Record<string, unknown>): void {
		this.#options.log?.({part: 'ews', ...line});
	}
}
