import {once} from 'node:events';
import {
	createServer, type AddressInfo, type Server, type Socket,
} from 'node:net';
import {createServer as createTlsServer} from 'node:tls';
import {LateJobs} from '../late-jobs.js';
import {seededRandom} from '../random.js';
import {type Account} from './context.js';
import {FaultDice, type FaultPlan, type Strike} from './faults.js';
import {type Counters, type LogEntry, type SessionHost} from './host.js';
import {lawOf} from './law.js';
import {Mailbox} from './mailbox.js';
import {type ImapServerOptions, type Limits} from './options.js';
import {Session} from './session.js';

const longestLog = 100_000;

/**
An IMAP server in this process, on loopback, that stands in for WorkMail or Exchange Online (RFC 3501 with the
extensions it announces, `words.ts`). Everything in it is data that tests read and change; faults come from a plan.
*/
export class ImapServer {
	/** @throws when the port is taken */
	static async start(options: ImapServerOptions): Promise<ImapServer> {
		const server = new ImapServer(options);
		server.#listener.listen(options.port ?? 0, '127.0.0.1');
		await once(server.#listener, 'listening');
		return server;
	}

	readonly host = '127.0.0.1';
	readonly limits: Limits;
	readonly counters: Counters = {connections: {now: 0, peak: 0, ever: 0}, commands: {}, appended: 0};
	/** The last commands, oldest first. */
	readonly log: LogEntry[] = [];
	/** Errors of the server itself; a test that finds any has found a bug of the sandbox. */
	readonly errors: unknown[];
	readonly #options: ImapServerOptions;
	readonly #accounts: readonly Account[];
	readonly #listener: Server;
	readonly #sessions = new Set<Session>();
	/** Those still in their TLS handshake too. */
	readonly #sockets = new Set<Socket>();
	readonly #host: SessionHost & {dice: FaultDice};
	readonly #closing = new AbortController();
	readonly #late: LateJobs;

	private constructor(options: ImapServerOptions) {
		const {clock} = options;
		const law = lawOf(options);
		const random = seededRandom(options.seed ?? 1);
		this.#options = options;
		this.errors = options.errors ?? [];
		this.#late = new LateJobs(clock, this.#closing.signal, error => {
			this.errors.push(error);
		});
		this.limits = {...options.limits};
		this.#accounts = options.users.map(user => ({
			user,
			mailbox: user.mailbox instanceof Mailbox
				? user.mailbox
				: new Mailbox(user.mailbox ?? {folders: []}, {names: law.names, numbering: law.numbering, now: () => clock.now()}),
		}));
		this.#host = {
			law,
			limits: this.limits,
			clock,
			random,
			accounts: this.#accounts,
			dice: this.#diceOf(options.faults ?? {rules: []}),
			counters: this.counters,
			appendLimit: () => options.announceLimit ? this.limits.maxMessageBytes : undefined,
			connectionsOf: user => [...this.#sessions].filter(session => session.account?.user === user).length,
			later: (milliseconds, job) => {
				this.#late.add(milliseconds, job);
			},
			log: entry => {
				this.log.push(entry);
				if (this.log.length > longestLog) {
					this.log.splice(0, longestLog / 2);
				}
			},
			report: error => {
				this.errors.push(error);
			},
		};
		const accept = (socket: Socket): void => {
			this.#accept(socket);
		};

		this.#listener = options.tls ? createTlsServer(options.tls, accept) : createServer({noDelay: true}, accept);
		// A peer that is no TLS client ends here.
		this.#listener.on('tlsClientError', () => undefined);
		this.#listener.on('connection', (socket: Socket) => {
			this.#sockets.add(socket);
			socket.on('close', () => this.#sockets.delete(socket));
		});
	}

	get port(): number {
		return (this.#listener.address() as AddressInfo).port;
	}

	/** Faults that struck so far, in order. */
	get struck(): readonly Strike[] {
		return this.#host.dice.struck;
	}

	/** Commands that came before a held throttle was over. */
	get early(): number {
		return this.#host.dice.early;
	}

	/** A user's folders, or those of the only user. @throws if there is no such user */
	mailbox(user?: string): Mailbox {
		const account = user === undefined ? this.#accounts[0] : this.#accounts.find(account => account.user.name === user);
		if (!account) {
			throw new Error(`The sandbox has no user ${user ?? ''}`);
		}

		return account.mailbox;
	}

	/** Another plan from now on; counts begin anew. */
	setFaults(plan: FaultPlan): void {
		this.#host.dice = this.#diceOf(plan);
	}

	dropAllConnections(): void {
		for (const session of this.#sessions) {
			session.drop();
		}
	}

	/** Resolves when everything that was to be committed later is. */
	async settled(): Promise<void> {
		await this.#late.settled();
	}

	/** Ends everything; what was to be committed later is not. */
	async close(): Promise<void> {
		this.#closing.abort();
		const isOpen = this.#listener.listening;
		const closed = isOpen ? once(this.#listener, 'close') : undefined;
		if (isOpen) {
			this.#listener.close();
		}

		for (const socket of this.#sockets) {
			socket.destroy();
		}

		await Promise.all([closed, this.settled()]);
	}

	#diceOf(plan: FaultPlan): FaultDice {
		const {clock, seed} = this.#options;
		return new FaultDice(plan, seededRandom(plan.seed ?? seed ?? 1), () => clock.now());
	}

	#accept(socket: Socket): void {
		const {connections} = this.counters;
		const session = new Session(socket, this.#host, ++connections.ever);
		this.#sessions.add(session);
		connections.peak = Math.max(connections.peak, ++connections.now);
		socket.on('close', () => {
			connections.now--;
			this.#sessions.delete(session);
		});
		void session.run();
	}
}
