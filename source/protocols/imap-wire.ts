import {rootCertificates} from 'node:tls';
import {ImapFlow} from 'imapflow';
import {
	codeOf, wordsOf, type ImapLine, type ImapNode,
} from './imap-node.js';

/**
One IMAP connection: imapflow as a wire.

Of imapflow this uses the connection, sign-in, parser and compiler, and its command queue `exec`, which its
types leave out. Its own commands are passed by on purpose: they repeat throttled FETCHes, follow an APPEND
by others, re-encode mailbox names and look up LSUB. test/protocols/imap-wire.test.ts guards what is used here.
*/

/** Bounds in milliseconds of real time: sockets keep it. */
export type WireTiming = {
	/** TCP and TLS. */
	readonly connect: number;
	readonly greeting: number;
	/** Without a byte either way during a command. */
	readonly silence: number;
	/** A whole command that carries no message, sign-in included. */
	readonly command: number;
};

export const defaultWireTiming: WireTiming = {
	connect: 20_000, greeting: 20_000, silence: 90_000, command: 600_000,
};

export type WireOptions = {
	readonly host: string;
	readonly port: number;
	/** TLS from the first byte (RFC 8314); false only towards loopback. STARTTLS is never used. */
	readonly tls: boolean;
	/** One more certificate authority, PEM. */
	readonly ca?: string | undefined;
	readonly user: string;
	readonly credential: {readonly password: string} | {readonly accessToken: string};
	readonly timing: WireTiming;
};

/** The largest message taken, in bytes: Exchange ends at 150 MB, and what is beyond would sit in memory whole. */
export const largestLiteral = 200 * 1024 * 1024;

const longestLine = 4 * 1024 * 1024;

/** After a BYE the tagged answer is waited for so long, in milliseconds: Exchange says the reason there (recorded/imap/exo-bye-before-tagged-bad.txt). */
const farewellWait = 1000;

/** Why a connection was lost whose last word of the server came behind the OK to our sign-in. */
export const afterSignIn = 'the server hung up after sign-in';

/** Why a command came to nothing. */
export type WireTrouble =
	| {readonly kind: 'refused'; readonly status: 'NO' | 'BAD'; readonly code?: string | undefined; readonly text: string}
	/** The connection is gone; `bye`: the server's last words. */
	| {readonly kind: 'lost'; readonly reason: string; readonly bye?: string | undefined}
	/** An answer bore a tag that is not ours, or our tag came with something that is no status. */
	| {readonly kind: 'nonsense'; readonly reason: string}
	/** A literal or line larger than we take. */
	| {readonly kind: 'too-large'; readonly reason: string};

export class WireError extends Error {
	constructor(readonly trouble: WireTrouble, /** Bytes of this command that had left before. */ readonly sent: number, /** It was signed in, or tried, with a token. */ readonly byToken = false) {
		super(trouble.kind === 'refused' ? `${trouble.status} ${trouble.text}` : trouble.reason);
		this.name = 'WireError';
	}
}

export type Reply = {
	/** Response code of the tagged OK. */
	readonly code?: string | undefined;
	readonly rest: readonly ImapNode[];
	/** Lines that came during this command and are not IMAP, at most 1,024 characters of each. */
	readonly unparsed: readonly string[];
};

/** Called for each untagged line of that name; the wire reads on when it is done. */
export type LineHandler = (line: ImapLine) => Promise<void> | void;

type Exec = (command: string, attributes: readonly ImapNode[] | false, options: {readonly untagged: Readonly<Record<string, LineHandler>>}) => Promise<{readonly response: ImapLine; next(): void}>;

type LogEntry = {readonly msg?: string; readonly src?: string; readonly err?: {readonly responseStatus?: string; readonly response?: ImapLine; readonly code?: string}};

export class Wire {
	readonly #client: ImapFlow;
	readonly #timing: WireTiming;
	#unparsed: string[] = [];
	/** Ends the running command early. */
	#fail: ((trouble: WireTrouble) => void) | undefined;
	#failure: WireTrouble | undefined;
	/** The words of a BYE. */
	#bye: string | undefined;
	/** It came behind sign-in. */
	#wasSignedIn = false;
	#closed = false;
	readonly #byToken: boolean;
	/** Commands refused so far. */
	#refusals = 0;

	constructor(options: WireOptions) {
		this.#timing = options.timing;
		const {credential} = options;
		this.#byToken = 'accessToken' in credential;
		this.#client = new ImapFlow({
			host: options.host,
			port: options.port,
			secure: options.tls,
			// eslint-disable-next-line @typescript-eslint/naming-convention -- imapflow's name
			doSTARTTLS: false,
			tls: {minVersion: 'TLSv1.2', ...(options.ca && {ca: [...rootCertificates, options.ca]})},
			auth: {user: options.user, ...('password' in credential ? {pass: credential.password} : {accessToken: credential.accessToken})},
			clientInfo: {name: 'aw2ms365', vendor: 'aw2ms365', 'support-url': ''},
			disableAutoIdle: true,
			disableAutoEnable: true,
			disableCompression: true,
			connectionTimeout: options.timing.connect,
			greetingTimeout: options.timing.greeting,
			socketTimeout: options.timing.silence,
			maxLiteralSize: largestLiteral,
			maxLineLength: longestLine,
			maxResponseSize: largestLiteral + longestLine,
			maxResponseTokens: 200_000,
			logger: this.#listener(),
		});
		// Imapflow would hang up at once, whatever it has just asked.
		(this.#client as unknown as {serverBye: LineHandler}).serverBye = line => {
			this.#sayGoodbye(wordsOf(line));
		};

		this.#client.on('error', (error: unknown) => {
			this.#break(troubleOf(error));
		});
		this.#client.on('close', () => {
			this.#break({kind: 'lost', reason: 'the connection was closed', bye: this.#bye ?? this.#client.byeReason});
		});
	}

	get closed(): boolean {
		return this.#closed || this.#bye !== undefined || this.#client.isClosed || !this.#client.usable;
	}

	/** Capability names in capitals; with `=value` the name maps to it where it is a number. */
	get capabilities(): ReadonlyMap<string, boolean | number> {
		return this.#client.capabilities;
	}

	/** Commands that the server refused on this connection: Exchange hangs up after about ten. */
	get refusals(): number {
		return this.#refusals;
	}

	get greeting(): string {
		return this.#client.greeting ?? '';
	}

	/** Prefix of the personal namespace, and prefixes of other people's and shared ones (RFC 2342). */
	get namespaces(): {readonly personal: string; readonly foreign: readonly string[]} {
		const {namespaces} = this.#client;
		const foreign = [namespaces?.other, namespaces?.shared].flatMap(list => Array.isArray(list) ? list : []).map(({prefix}) => prefix).filter(prefix => prefix !== '');
		return {personal: namespaces?.personal[0]?.prefix ?? '', foreign};
	}

	/** Connects and signs in. Throws what imapflow threw, or a {@link WireError}: for the file imap-sign-in to read. */
	async connect(): Promise<void> {
		try {
			await this.#bounded(async () => this.#client.connect(), this.#timing.command, 0);
		} catch (error) {
			throw this.#bye === undefined || (error as {authenticationFailed?: boolean}).authenticationFailed
				? error
				: new WireError({kind: 'lost', reason: this.#wasSignedIn ? afterSignIn : 'the server hung up', bye: this.#bye}, 0, this.#byToken);
		}
	}

	/**
	Sends a command and waits for its tagged OK.

	@throws WireError
	*/
	async run(command: string, attributes: readonly ImapNode[] = [], {untagged = {}, endless = false}: {
		/** By the line's name in small letters. */
		readonly untagged?: Readonly<Record<string, LineHandler>>;
		/** The command carries messages and may take long; only silence ends it. */
		readonly endless?: boolean;
	} = {}): Promise<Reply> {
		if (this.closed) {
			throw new WireError(this.#failure ?? {kind: 'lost', reason: 'the connection is closed'}, 0, this.#byToken);
		}

		this.#unparsed = [];
		// No prototype: the server chooses what is looked up here.
		const handlers = Object.assign(Object.create(null) as Record<string, LineHandler>, Object.fromEntries(Object.entries(untagged).map(([name, handler]) => [name.toUpperCase(), handler])));
		// Imapflow would hang up at once.
		handlers.BYE ??= line => {
			this.#sayGoodbye(wordsOf(line));
		};

		const before = this.#client.stats().sent;
		const exec = (this.#client as unknown as {exec: Exec}).exec.bind(this.#client);
		try {
			return await this.#bounded(async () => {
				const {response, next} = await exec(command, attributes.length > 0 ? attributes : false, {untagged: handlers});
				next();
				this.#leave();
				return {...codeOf(response), unparsed: this.#unparsed};
			}, endless ? 0 : this.#timing.command, before);
		} catch (error) {
			if (error instanceof WireError) {
				throw error;
			}

			const trouble = troubleOf(error);
			if (trouble.kind === 'refused') {
				this.#refusals++;
				this.#leave();
			} else {
				this.#break(trouble);
			}

			// What broke the connection says more than that it is gone.
			throw new WireError(trouble.kind === 'lost' && this.#failure ? {...this.#failure, ...(trouble.bye && {bye: trouble.bye})} : trouble, this.#client.stats().sent - before, this.#byToken);
		}
	}

	/** Ends the connection at once; a running command fails. */
	close(): void {
		this.#break({kind: 'lost', reason: 'the connection was closed by this program'});
	}

	/** Says LOGOUT and waits no longer than a second for the answer. */
	async logout(): Promise<void> {
		if (!this.closed) {
			const timer = setTimeout(() => {
				this.close();
			}, 1000);
			try {
				await this.#client.logout();
			} catch {}

			clearTimeout(timer);
		}

		this.close();
	}

	/** The server hangs up; what it was asked may still be answered. */
	#sayGoodbye(words: string): void {
		this.#bye ??= words;
		this.#wasSignedIn ||= Boolean(this.#client.authenticated);
		setTimeout(() => {
			this.#leave();
		}, farewellWait).unref();
	}

	/** Hangs up where the server is about to. */
	#leave(): void {
		if (this.#bye !== undefined) {
			this.#break({kind: 'lost', reason: 'the connection was closed', bye: this.#bye});
		}
	}

	/** Runs an action until it settles, the wire breaks or its time is over (0: never). */
	async #bounded<T>(action: () => Promise<T>, milliseconds: number, before: number): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			const fail = (trouble: WireTrouble): void => {
				reject(new WireError(trouble, this.#client.stats().sent - before, this.#byToken));
			};

			const timer = milliseconds > 0
				? setTimeout(() => {
					this.#break({kind: 'lost', reason: `no answer in ${Math.round(milliseconds / 1000)} s`});
				}, milliseconds)
				: undefined;
			this.#fail = fail;
			const settle = async (): Promise<void> => {
				try {
					resolve(await action());
				} catch (error) {
					// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- imapflow throws errors, and they are passed on as they are
					reject(error);
				} finally {
					clearTimeout(timer);
					if (this.#fail === fail) {
						this.#fail = undefined;
					}
				}
			};

			void settle();
		});
	}

	#break(trouble: WireTrouble): void {
		this.#failure ??= trouble;
		if (!this.#closed) {
			this.#closed = true;
			this.#client.close();
		}

		// Imapflow rejects the command itself when it closes; this is for what it holds back (throttling) or does not see (alien tags).
		const fail = this.#fail;
		this.#fail = undefined;
		setImmediate(() => {
			fail?.(this.#failure!);
		});
	}

	/**
	What imapflow tells only its log. A throttled command is withheld there for minutes; our pace waits, not the
	wire. An alien tag is merely counted there. Nothing of it is passed on to any log.
	*/
	#listener() {
		const nothing = (): void => undefined;
		return {
			isLevelEnabled: (level: string) => level === 'warn' || level === 'error',
			trace: nothing,
			debug: nothing,
			info: nothing,
			warn: (entry: LogEntry) => {
				if (entry.msg === 'Throttling detected' && entry.err) {
					const fail = this.#fail;
					this.#fail = undefined;
					fail?.(troubleOf(entry.err));
					this.#break({kind: 'lost', reason: 'closed after throttling'});
				} else if (entry.msg === 'Tagged response for an unknown tag') {
					this.#break({kind: 'nonsense', reason: 'an answer bore a tag that was never sent'});
				}
			},
			error: (entry: LogEntry) => {
				if (entry.src === 's' && typeof entry.msg === 'string' && this.#unparsed.length < 1000) {
					this.#unparsed.push(entry.msg);
				}
			},
		};
	}
}

const nonsenseCodes = new Set(['UnexpectedTag', 'MissingTag', 'InvalidResponse', 'ResponseProcessingFailed', 'TooManyTokens', 'ParserError', 'MAX_IMAP_NESTING_REACHED']);
const sizeCodes = new Set(['LiteralTooLarge', 'ResponseTooLarge', 'LineTooLarge']);

/** An error of imapflow's as trouble. */
const troubleOf = (error: unknown): WireTrouble => {
	const {responseStatus, response, responseText, code, reason, message} = error as {
		responseStatus?: string; response?: ImapLine; responseText?: string; code?: string; reason?: string; message?: string;
	};
	if ((responseStatus === 'NO' || responseStatus === 'BAD') && code !== 'MissingTag') {
		return {
			kind: 'refused', status: responseStatus, code: response && codeOf(response).code, text: responseText ?? (response ? wordsOf(response) : ''),
		};
	}

	if (code !== undefined && sizeCodes.has(code)) {
		return {kind: 'too-large', reason: message ?? code};
	}

	if (code !== undefined && (nonsenseCodes.has(code) || code.startsWith('ParserError'))) {
		return {kind: 'nonsense', reason: `the answer could not be read (${code})`};
	}

	return {kind: 'lost', reason: code ? `${code}` : (message ?? 'connection lost'), bye: reason};
};
