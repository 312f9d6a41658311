import {type Clock} from '../mailbox/clock.js';
import {type Failure, FailureError, failureOf} from '../mailbox/failure.js';
import {type Notice} from '../mailbox/source.js';
import {Bearer, type TokenSource} from './bearer.js';
import {tellingHeaders} from './ews-envelope.js';
import {ReadTries} from './ews-tries.js';
import {type GraphAnswer, GraphFailure, readGraphAnswer} from './graph-answer.js';
import {GraphGate} from './graph-gate.js';
import {type Page, readBatch, readPage} from './graph-pages.js';
import {
	addressOf, batchItem, bodyOf, graphHeaders, type GraphRequest, isRaw, shownPath,
} from './graph-request.js';
import {
	type HttpAnswer, type HttpOptions, HttpsClient, HttpTrouble,
} from './https.js';
import {failureOfTrouble} from './https-failures.js';

export {type GraphAnswer, GraphFailure} from './graph-answer.js';
export {type GraphRequest} from './graph-request.js';

export type GraphOptions = {
	/** `graph.microsoft.com` or `host:port`. */
	readonly host: string;
	readonly token: TokenSource;
	/** One more certificate authority, PEM. */
	readonly ca?: string | undefined;
	readonly clock: Clock;
	/** 0 up to 1. */
	readonly random: () => number;
	readonly notice: (notice: Notice) => void;
	readonly log?: ((line: Record<string, unknown>) => void) | undefined;
	readonly http?: Pick<HttpOptions, 'limits' | 'proxy'> | undefined;
	/** Patience with a request that names none, in ms of real time; two minutes if absent, and the time its body takes on a slow line. */
	readonly patience?: number | undefined;
	/** To be shared by all sessions of one application with one mailbox: the limits are theirs together. */
	readonly gate?: GraphGate | undefined;
};

export type PageOptions = Pick<GraphRequest, 'beta' | 'headers' | 'deadline'>;

/** Bytes a millisecond that even a slow line carries. */
const slowest = 32;
/** The most requests that a `$batch` takes, and how many of them the Outlook service has under way at once (microsoft-365.md 3.8). */
const largestBatch = 20;
const batchAtOnce = 4;
/** How often the throttled items of a batch are sent in all. */
const mostRounds = 8;

const notices: Partial<Record<Failure['code'], Notice['type']>> = {throttled: 'throttled', 'server-unavailable': 'waiting', 'server-nonsense': 'waiting'};

const noticeOf = (code: Failure['code']): Notice['type'] => notices[code] ?? 'reconnecting';

/** Sure not to have been carried out, and to be sent again. */
const isThrottle = (answer: GraphAnswer | GraphFailure): answer is GraphFailure => answer instanceof GraphFailure && answer.failure.code === 'throttled' && answer.failure.outcome === 'not stored';

/** What the request itself may bring about, again and again. */
const isStumble = (error: FailureError): boolean => error.failure.code === 'server-nonsense'
	|| (error instanceof GraphFailure && (error.status === 500 || (error.failure.detail?.includes(': no answer within ') ?? false)));

/** What one passage of the gate is for. */
type Load = {readonly requests: number; readonly atOnce: number};

/**
Microsoft Graph for one mailbox, in the name of an application (learn.microsoft.com/graph). Any number of requests at once: they are
sent within the documented limits, and a wait the service states holds all of them back.
*/
export class GraphSession {
	readonly #options: GraphOptions;
	readonly #gate: GraphGate;
	readonly #bearer: Bearer;
	/** By origin: uploads go to a host of their own. */
	readonly #clients = new Map<string, HttpsClient>();
	readonly #closing = new AbortController();
	/** An answer of Graph came: the host is there. */
	#answered = false;
	/** Since a write met with trouble, until one goes through. */
	#isTroubled = false;

	constructor(options: GraphOptions) {
		this.#options = options;
		this.#gate = options.gate ?? new GraphGate(options.clock);
		this.#bearer = new Bearer(options.token);
	}

	/**
	One request, sent once (again only after a refusal of the token, which stores nothing). Waits first for its turn.

	@throws GraphFailure for anything that is no success: of a write that was lost or stopped after bytes had left, and of one answered with
	5xx, `outcome` is `unknown`. `signal.reason` where it stopped before, or where nothing was to be stored.
	*/
	async call(request: GraphRequest): Promise<GraphAnswer> {
		try {
			const {answer} = await this.#send(request, {requests: 1, atOnce: 1});
			if (request.writes && this.#isTroubled) {
				this.#isTroubled = false;
				this.#notify({type: 'connected'});
			}

			return answer;
		} catch (error) {
			if (request.writes && !request.signal.aborted && error instanceof GraphFailure) {
				this.#tellTrouble(error.failure);
			}

			throw error;
		}
	}

	/**
	For reads and other idempotent requests: repeats with backoff on transient failures, throttles (waiting the service's wait, with a
	floor) and lost connections, telling `notice`.

	@throws GraphFailure when it gives up: at once for what does not pass, after three tries where the host never answered
	*/
	async persist(request: Omit<GraphRequest, 'writes'>): Promise<GraphAnswer> {
		const {clock, random} = this.#options;
		const tries = new ReadTries({clock, random, isStumble});
		for (;;) {
			try {
				// eslint-disable-next-line no-await-in-loop -- one try after another
				const {answer} = await this.#send({...request, writes: false}, {requests: 1, atOnce: 1});
				if (tries.count > 0) {
					this.#notify({type: 'connected'});
				}

				return answer;
			} catch (error) {
				const wait = request.signal.aborted || this.#closing.signal.aborted || !(error instanceof FailureError) ? undefined : tries.next(error, this.#answered);
				if (wait === undefined) {
					throw error;
				}

				const {code, detail} = (error as FailureError).failure;
				// The mailbox is parked, and it was told.
				if (code !== 'throttled') {
					this.#notify({
						type: noticeOf(code), wait, code, ...(detail && {detail}),
					});
					// eslint-disable-next-line no-await-in-loop -- one try after another
					await clock.sleep(wait, this.#orClosed(request.signal));
				}
			}
		}
	}

	/**
	The items of a collection (what its pages have in `value`), page after page; each page is asked for by `persist`, by the nextLink as it came.

	@param path of the first page
	@returns the deltaLink of the last page, where it has one
	*/
	async * pages<T>(path: string, signal: AbortSignal, more: PageOptions = {}): AsyncGenerator<T, string | undefined, undefined> {
		const seen = new Set<string>();
		for (let next = path; ;) {
			seen.add(next);
			// eslint-disable-next-line no-await-in-loop -- each page names the next
			const page: Page<T> = readPage<T>(await this.persist({
				...more, method: 'GET', path: next, signal,
			}), seen);
			yield * page.value;
			if (page.nextLink === undefined) {
				return page.deltaLink;
			}

			next = page.nextLink;
		}
	}

	/**
	Up to 20 requests (relative paths of one version; no bodies but JSON) in one, which count as so many; the answers in their order. Items that
	are throttled, or all of them where the whole is, are sent again after the wait.

	@throws GraphFailure where the whole failed: then its outcome is that of each item
	*/
	async batch(requests: readonly GraphRequest[]): Promise<Array<GraphAnswer | GraphFailure>> {
		const [first] = requests;
		if (!first) {
			return [];
		}

		const fits = ({path, text, bytes, beta}: GraphRequest): boolean => path.startsWith('/') && text === undefined && bytes === undefined && Boolean(beta) === Boolean(first.beta);
		if (requests.length > largestBatch || !requests.every(request => fits(request))) {
			throw new TypeError('a batch takes 20 requests of one version, with JSON or nothing');
		}

		const answers: Array<GraphAnswer | GraphFailure> = [];
		let left = requests.map((_, at) => at);
		for (let round = 1; left.length > 0; round++) {
			try {
				// eslint-disable-next-line no-await-in-loop -- what was throttled goes again
				const found = await this.#batchOnce(left.map(at => requests[at]!));
				for (const [position, at] of left.entries()) {
					answers[at] = found[position]!;
				}
			} catch (error) {
				if (!(error instanceof GraphFailure) || !isThrottle(error) || round >= mostRounds) {
					throw error;
				}

				continue;
			}

			left = round < mostRounds ? left.filter(at => isThrottle(answers[at]!)) : [];
		}

		return answers;
	}

	/** No request starts before this many ms have passed (a wait the service states parks the whole mailbox). */
	park(milliseconds: number): void {
		this.#gate.park(milliseconds);
	}

	/** Requests under way end as lost, those that wait for their turn or for another try as not sent. */
	async close(): Promise<void> {
		this.#closing.abort(new GraphFailure(new FailureError('connection-lost', {detail: 'closed by this program', outcome: 'not stored'}).failure));
		await Promise.all([...this.#clients.values()].map(async client => client.close()));
	}

	async #batchOnce(requests: readonly GraphRequest[]): Promise<Array<GraphAnswer | GraphFailure>> {
		const signals = new Set(requests.map(({signal}) => signal));
		const deadlines = requests.map(({deadline}) => deadline).filter(deadline => deadline !== undefined);
		const {answer, sentAt} = await this.#send({
			method: 'POST',
			path: '/$batch',
			beta: requests[0]!.beta,
			json: {requests: requests.map((request, at) => batchItem(request, String(at + 1)))},
			writes: requests.some(({writes}) => writes),
			signal: signals.size === 1 ? requests[0]!.signal : AbortSignal.any([...signals]),
			...(deadlines.length > 0 && {deadline: Math.max(...deadlines)}),
		}, {requests: requests.length, atOnce: Math.min(batchAtOnce, requests.length)});
		const answers = readBatch(answer, requests);
		const throttles = answers.filter(one => isThrottle(one));
		if (throttles.length > 0) {
			const waits = throttles.map(({failure}) => failure.wait).filter(wait => wait !== undefined);
			this.#throttle(waits.length > 0 ? Math.max(...waits) : undefined, sentAt, throttles[0]!.failure);
		}

		return answers;
	}

	async #send(request: GraphRequest, load: Load): Promise<{readonly answer: GraphAnswer; readonly sentAt: number}> {
		const {host, random} = this.#options;
		const {signal, anonymous} = request;
		const {origin, path} = addressOf(request, host);
		const body = bodyOf(request);
		for (let refused: string | undefined; ;) {
			signal.throwIfAborted();
			// eslint-disable-next-line no-await-in-loop -- at most twice
			const token = anonymous ? undefined : await this.#token(signal, refused);
			const headers = graphHeaders(request, {token, random});
			const id = headers['client-request-id']!;
			// eslint-disable-next-line no-await-in-loop -- at most twice
			const {at: sentAt, leave} = await this.#gate.enter({...load, bytes: body?.length ?? 0}, this.#orClosed(signal));
			let answer: HttpAnswer;
			try {
				// eslint-disable-next-line no-await-in-loop -- at most twice
				answer = await this.#clientOf(origin).request({
					method: request.method, path, headers, body,
				}, {signal, deadline: request.deadline ?? (this.#options.patience ?? 120_000) + Math.ceil((body?.length ?? 0) / slowest)});
			} catch (error) {
				throw this.#failureOf(error, request, {id, host: new URL(origin).host});
			} finally {
				leave();
			}

			if (answer.status === 401 && refused === undefined && token !== undefined) {
				this.#log({
					method: request.method, path: shownPath(request), status: 401, reason: 'the token was refused: another is asked for', request: id,
				});
				refused = token;
				continue;
			}

			return {answer: this.#read(answer, request, {sentAt, id}), sentAt};
		}
	}

	#read(answer: HttpAnswer, request: GraphRequest, {sentAt, id}: {readonly sentAt: number; readonly id: string}): GraphAnswer {
		try {
			const read = readGraphAnswer(answer, {...request, isRaw: isRaw(request)});
			this.#answered = true;
			this.#gate.calm(sentAt);
			return read;
		} catch (error) {
			const {failure, status, code} = error as GraphFailure;
			this.#log({
				method: request.method, path: shownPath(request), status, code, failure: failure.code, detail: failure.detail, request: id,
				headers: request.anonymous ? {} : tellingHeaders(answer.headers),
			});
			if (failure.code === 'throttled') {
				this.#throttle(failure.wait, sentAt, failure);
			} else if (answer.status < 500) {
				this.#gate.calm(sentAt);
			}

			throw error;
		}
	}

	/** Of what was thrown instead of an answer. */
	#failureOf(error: unknown, {method, path, anonymous, writes, signal}: GraphRequest, {id, host}: {readonly id: string; readonly host: string}): unknown {
		if (!(error instanceof HttpTrouble)) {
			return error;
		}

		const inDoubt = writes && error.sent;
		if (!inDoubt && signal.aborted) {
			return signal.reason;
		}

		this.#log({
			method, path: shownPath({path, anonymous}), trouble: error.kind, reason: error.message, sent: error.sent, request: id,
		});
		return new GraphFailure(failureOfTrouble(error, {host, answered: this.#answered, inDoubt}), {cause: error});
	}

	#orClosed(signal: AbortSignal): AbortSignal {
		return AbortSignal.any([signal, this.#closing.signal]);
	}

	#clientOf(origin: string): HttpsClient {
		const known = this.#clients.get(origin);
		if (known) {
			return known;
		}

		const client = new HttpsClient({...this.#options.http, origin, ca: this.#options.ca});
		this.#clients.set(origin, client);
		return client;
	}

	async #token(signal: AbortSignal, refused?: string): Promise<string> {
		try {
			return await this.#bearer.token(signal, refused);
		} catch (error) {
			signal.throwIfAborted();
			// Whatever it is, nothing was sent.
			throw new GraphFailure({...failureOf(error), outcome: 'not stored'}, {cause: error});
		}
	}

	#throttle(wait: number | undefined, sentAt: number, {code, detail}: Failure): void {
		const parked = this.#gate.throttled(wait, sentAt);
		this.#notify({
			type: 'throttled', wait: parked, code, ...(detail && {detail}),
		});
	}

	/** Writes are not repeated here, and whoever waits is to know why: once, until one goes through. */
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
		this.#options.log?.({part: 'graph', ...line});
	}
}
