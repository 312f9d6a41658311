import {type Account} from '../mailbox/mailbox.js';
import {type Clock} from '../mailbox/clock.js';
import {type Notice} from '../mailbox/source.js';
import {FailureError} from '../mailbox/failure.js';
import {Wire, type WireOptions} from './imap-wire.js';
import {signInTrouble, type SignInTrouble} from './imap-sign-in.js';
import {failureOfTrouble, isPassing} from './imap-trouble.js';
import {backoffWait, type ImapTiming} from './imap-timing.js';
import {SignInTries} from './imap-tries.js';
import {type OpenedFolder} from './imap-open.js';
import {orAborted} from './or-aborted.js';

/** What a connection signs in with. */
export type Credential = WireOptions['credential'] & {
	/** When a token runs out, by the clock, where that is known: a server may end its connections then. */
	readonly expires?: number;
};

export type SessionsOptions = {
	readonly side: Notice['side'];
	readonly host: string;
	readonly port: number;
	readonly tls: boolean;
	/** One more certificate authority, PEM. */
	readonly ca?: string | undefined;
	readonly user: string;
	/** Asked before each sign-in, so that a token can be a new one; `fresh`: the one before was refused; `signal`: nobody waits for it any more. */
	readonly credential: (fresh: boolean, signal: AbortSignal) => Promise<Credential>;
	/** The journal knows that this account has signed in: a "temporary" refusal is one. */
	readonly hasSignedInBefore?: boolean | undefined;
	readonly connections: number;
	readonly clock: Clock;
	/** 0 up to 1. */
	readonly random: () => number;
	readonly notice: (notice: Notice) => void;
	readonly log: (line: Record<string, unknown>) => void;
	readonly timing: ImapTiming;
};

/** A signed-in connection, in one pair of hands at a time. */
export type Session = {
	readonly wire: Wire;
	/** The folder that is open on it. */
	opened: OpenedFolder | undefined;
	lastUsed: number;
	/** It is not begun anything with from then on, by the clock: its token runs out soon. */
	readonly goodUntil: number;
};

/**
The connections to one mailbox: signs in, reconnects with backoff, and holds everyone back while the server
asked for calm. A server's stated wait parks the whole mailbox (design, section 3).
*/
export class ImapSessions {
	readonly account: Account;
	readonly #options: SessionsOptions;
	readonly #idle: Session[] = [];
	readonly #all = new Set<Session>();
	readonly #waiting: Array<() => void> = [];
	/** Connections open or being opened. */
	#count = 0;
	#max: number;
	#closed = false;
	#parkedUntil = 0;
	/** Throttles in a row: the floor of their waits grows. */
	#throttles = 0;
	#reached = false;
	#signedIn = false;
	#signedInBefore: boolean;
	/** The token that was given last. */
	#newest: string | undefined;

	constructor(options: SessionsOptions) {
		this.#options = options;
		this.account = {host: options.host, port: options.port, user: options.user};
		this.#max = Math.min(4, Math.max(1, options.connections));
		this.#signedInBefore = options.hasSignedInBefore ?? false;
	}

	/** Connections there may be at once; falls when the server wants fewer. */
	get connections(): number {
		return this.#max;
	}

	/**
	Runs a task on a session. Its {@link WireError}s must have been made failures by the task.

	@param fresh a connection made for this task alone, one more than the others
	*/
	async use<T>(signal: AbortSignal, task: (session: Session) => Promise<T>, {fresh = false} = {}): Promise<T> {
		const session = fresh ? await this.#connect(signal) : await this.acquire(signal);
		const stop = (): void => {
			session.wire.close();
		};

		signal.addEventListener('abort', stop, {once: true});
		try {
			const result = await task(session);
			this.calm();
			return result;
		} catch (error) {
			signal.throwIfAborted();
			throw error;
		} finally {
			signal.removeEventListener('abort', stop);
			if (fresh) {
				this.#all.delete(session);
				void session.wire.logout();
			} else {
				this.release(session);
			}
		}
	}

	/** As {@link use}, again and again over other connections while the failure may pass; `progressed` renews the patience. */
	async persist<T>(signal: AbortSignal, task: (session: Session, progressed: () => void) => Promise<T>, {fresh = false} = {}): Promise<T> {
		const retry = this.retrying();
		for (;;) {
			try {
				// eslint-disable-next-line no-await-in-loop -- one try after another
				return await this.use(signal, async session => task(session, retry.progressed), {fresh});
			} catch (error) {
				// eslint-disable-next-line no-await-in-loop -- one try after another
				await retry.afterFailure(error, signal);
			}
		}
	}

	/** Patience for one task: `afterFailure` waits as fits, or throws what cannot pass or lasted too long. */
	retrying(): {progressed(): void; afterFailure(error: unknown, signal: AbortSignal): Promise<void>} {
		const {clock, timing} = this.#options;
		let since = clock.now();
		let attempts = 0;
		let nonsense = 0;
		return {
			progressed() {
				since = clock.now();
				attempts = 0;
				nonsense = 0;
			},
			afterFailure: async (error, signal) => {
				signal.throwIfAborted();
				if (!isPassing(error) || this.#closed || clock.now() - since > timing.patience || (error.failure.code === 'server-nonsense' && ++nonsense > 3)) {
					throw error;
				}

				await this.#pause(error, attempts++, signal);
			},
		};
	}

	/** Takes a session, waiting for one to be free; give it back with {@link release}. */
	async acquire(signal: AbortSignal): Promise<Session> {
		for (;;) {
			signal.throwIfAborted();
			if (this.#closed) {
				throw new FailureError('connection-lost', {detail: 'closed by this program', outcome: 'not stored'});
			}

			// eslint-disable-next-line no-await-in-loop -- one after another
			await this.#calmDown(signal);
			const session = this.#idle.pop();
			if (session) {
				// eslint-disable-next-line no-await-in-loop -- one after another
				if (await this.#isAlive(session)) {
					return session;
				}

				this.#discard(session);
				continue;
			}

			if (this.#count < this.#max) {
				this.#count++;
				try {
					// eslint-disable-next-line no-await-in-loop -- one after another
					return await this.#connect(signal, () => this.#count > 1);
				} catch (error) {
					this.#count--;
					this.#wake();
					if (error !== crowded) {
						throw error;
					}

					this.#max = Math.max(1, this.#count);
					this.#notify({type: 'fewer-connections', detail: `${this.#max}`});
					continue;
				}
			}

			// eslint-disable-next-line no-await-in-loop -- one after another
			await this.#freed(signal);
		}
	}

	/** Gives a session back; one whose connection is gone, or that is too many, is dropped. */
	release(session: Session): void {
		if (session.wire.closed || this.#closed || this.#count > this.#max) {
			this.#discard(session);
			return;
		}

		session.lastUsed = this.#options.clock.now();
		this.#idle.push(session);
		this.#wake();
	}

	/** Something went well: repeated throttles start counting anew. */
	calm(): void {
		this.#throttles = 0;
	}

	/** Nobody asks the server for anything for so long. */
	park(milliseconds: number, {quiet = false} = {}): void {
		const {clock, timing} = this.#options;
		const now = clock.now();
		// Several sessions hear of the same throttle: only the first makes the floor grow.
		const isNew = now >= this.#parkedUntil;
		const floor = Math.min(timing.backoff.longest, timing.backoff.first * (2 ** Math.min(isNew ? this.#throttles++ : 0, 20)));
		const wait = Math.max(milliseconds, floor);
		this.#parkedUntil = Math.max(this.#parkedUntil, now + wait);
		if (isNew && !quiet) {
			this.#notify({type: 'throttled', wait, code: 'throttled'});
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		const idle = this.#idle.splice(0);
		await Promise.all(idle.map(async session => session.wire.logout()));
		for (const session of this.#all) {
			session.wire.close();
		}

		this.#all.clear();
		for (const wake of this.#waiting.splice(0)) {
			wake();
		}
	}

	async #connect(signal: AbortSignal, mayDoWithout = () => false): Promise<Session> {
		const {clock} = this.#options;
		const tries = new SignInTries(this.#options);
		let refused: string | undefined;
		for (;;) {
			signal.throwIfAborted();
			// eslint-disable-next-line no-await-in-loop -- one try after another
			await this.#calmDown(signal);
			// eslint-disable-next-line no-await-in-loop -- one try after another
			const result = await this.#signIn(signal, refused);
			if ('wire' in result) {
				return result;
			}

			const {kind, failure} = result;
			refused = kind === 'refused' ? result.token : undefined;
			if (kind === 'throttled') {
				this.park(result.wait ?? 0);
			} else if (result.crowded && mayDoWithout() && this.#signedInBefore) {
				throw crowded;
			}

			const pause = this.#closed ? undefined : tries.next(kind, {reached: this.#reached, signedIn: this.#signedIn, signedInBefore: this.#signedInBefore});
			if (pause === undefined) {
				throw kind === 'away' && this.#reached ? new FailureError('connection-lost', {detail: failure.failure.detail ?? '', outcome: 'not stored'}) : failure;
			}

			if (pause > 0) {
				this.#notify({
					type: 'reconnecting', wait: pause, code: failure.failure.code, ...(failure.failure.detail && {detail: failure.failure.detail}),
				});
				// eslint-disable-next-line no-await-in-loop -- one try after another
				await clock.sleep(pause, signal);
			}
		}
	}

	/** @param refused the token that was refused just before */
	async #signIn(signal: AbortSignal, refused: string | undefined): Promise<Session | (SignInTrouble & {readonly token?: string | undefined})> {
		const {host, port, tls, ca, user, timing, clock} = this.#options;
		let wire: Wire | undefined;
		let token: string | undefined;
		const stop = (): void => {
			wire?.close();
		};

		signal.addEventListener('abort', stop, {once: true});
		try {
			// Another session may have a newer one already.
			const credential = await orAborted(this.#options.credential(refused !== undefined && refused === this.#newest, signal), signal);
			token = 'accessToken' in credential ? credential.accessToken : undefined;
			this.#newest = token;
			signal.throwIfAborted();
			wire = new Wire({
				host, port, tls, ca, user, credential, timing,
			});
			await wire.connect();
			this.#reached = true;
			this.#signedIn = true;
			this.#signedInBefore = true;
			this.#notify({type: 'connected'});
			const now = clock.now();
			const session: Session = {
				wire, opened: undefined, lastUsed: now, goodUntil: goodUntil(credential, now),
			};
			this.#all.add(session);
			return session;
		} catch (error) {
			wire?.close();
			signal.throwIfAborted();
			const trouble = signInTrouble(error, token !== undefined);
			this.#reached ||= trouble.kind === 'busy' || trouble.kind === 'refused' || trouble.kind === 'throttled';
			return {...trouble, token};
		} finally {
			signal.removeEventListener('abort', stop);
		}
	}

	/** A stale connection may be dead without our knowing; finding out costs a NOOP, not a delivery. */
	async #isAlive(session: Session): Promise<boolean> {
		const {clock, timing} = this.#options;
		if (session.wire.closed || clock.now() >= session.goodUntil) {
			return false;
		}

		if (clock.now() - session.lastUsed <= timing.stale) {
			return true;
		}

		try {
			await session.wire.run('NOOP');
			return true;
		} catch {
			return false;
		}
	}

	async #pause(error: FailureError, attempt: number, signal: AbortSignal): Promise<void> {
		const {clock, timing, random} = this.#options;
		const {code, detail, wait} = error.failure;
		if (code === 'throttled') {
			this.park(wait ?? 0);
			return;
		}

		// A single cut is mended at once: most are.
		const pause = attempt === 0 && code === 'connection-lost' ? 0 : backoffWait(attempt, timing.backoff, random);
		this.#notify({
			type: 'reconnecting', wait: pause, code, ...(detail && {detail}),
		});
		await clock.sleep(pause, signal);
	}

	async #calmDown(signal: AbortSignal): Promise<void> {
		const {clock} = this.#options;
		while (this.#parkedUntil > clock.now()) {
			// eslint-disable-next-line no-await-in-loop -- parked again meanwhile
			await clock.sleep(this.#parkedUntil - clock.now(), signal);
		}
	}

	async #freed(signal: AbortSignal): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			const wake = (): void => {
				signal.removeEventListener('abort', stop);
				resolve();
			};

			const stop = (): void => {
				const index = this.#waiting.indexOf(wake);
				if (index !== -1) {
					this.#waiting.splice(index, 1);
				}

				reject(signal.reason as Error);
			};

			signal.addEventListener('abort', stop, {once: true});
			this.#waiting.push(wake);
		});
	}

	#discard(session: Session): void {
		session.wire.close();
		if (this.#all.delete(session)) {
			this.#count--;
		}

		this.#wake();
	}

	#wake(): void {
		this.#waiting.shift()?.();
	}

	#notify(notice: Omit<Notice, 'side'>): void {
		const whole = {side: this.#options.side, ...notice};
		this.#options.notice(whole);
		this.#options.log({part: 'imap', ...whole});
	}
}

/** A message under way takes its time: not the last minutes of a token, nor more than a quarter of what is left of it. */
const goodUntil = ({expires}: Credential, now: number): number => expires === undefined ? Infinity : expires - Math.min(120_000, (expires - now) / 4);

/** Thrown inside when the server seems to want fewer connections and there is another one to wait for. */
const crowded = new Error('fewer connections');

/** Sends a command on a session; trouble comes as a failure. */
export const command = async (session: Session, phase: Parameters<typeof failureOfTrouble>[1], ...run: Parameters<Wire['run']>): ReturnType<Wire['run']> => {
	try {
		return await session.wire.run(...run);
	} catch (error) {
		throw failureOfTrouble(error, phase);
	}
};
