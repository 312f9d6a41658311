import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {type IncomingMessage, type ServerResponse} from 'node:http';
import {createServer, type Server} from 'node:https';
import {type AddressInfo, type Socket} from 'node:net';
import {type Clock} from '../../mailbox/clock.js';
import {type ImapServer} from '../imap/server.js';
import {LateJobs} from '../late-jobs.js';
import {seededRandom} from '../random.js';
import {
	EwsDoor, type Account, type DoorHost, type LogEntry,
} from './ews-door.js';
import {FaultDice, type FaultPlan, type Strike} from './faults.js';
import {type GraphBudgets} from './graph-budget.js';
import {GraphDoor, isGraphPath, type GraphHost} from './graph-door.js';
import {type GraphManner} from './graph-options.js';
import {send, sendEarly, type Outcome} from './http-answer.js';
import {readBody} from './http-body.js';
import {startImapDoor} from './imap-door.js';
import {Login} from './login.js';
import {Mailbox} from './mailbox.js';
import {type Limits, type MicrosoftServerOptions} from './options.js';
import {befall} from './strike.js';
import {EwsGates, type Tenant} from './tenant.js';

const longestLog = 100_000;
const largestForm = 65_536;

/**
Microsoft 365 in this process, on loopback: the sign-in service, EWS (`/EWS/Exchange.asmx`) and Graph (`/v1.0`, `/beta`) on one port of HTTPS. Everything
in it is data that tests read and change; faults come from a plan. Written from references and recordings, apart from the clients.
*/
export class MicrosoftServer {
	/** @throws when the port is taken */
	static async start(options: MicrosoftServerOptions): Promise<MicrosoftServer> {
		const server = new MicrosoftServer(options);
		for (const [index, {user, mailbox}] of server.#accounts.entries()) {
			await mailbox.seed(options.users[index]!.mailbox instanceof Mailbox ? [] : user.folders ?? []); // eslint-disable-line no-await-in-loop -- one after the other
		}

		server.#listener.listen(options.port ?? 0, '127.0.0.1');
		await once(server.#listener, 'listening');
		server.#open();
		await server.#openImap();
		return server;
	}

	readonly limits: Limits;
	/** How Graph behaves, and what the administrator has set. */
	readonly graph: GraphManner;
	readonly tenant: Tenant;
	/** The last calls, oldest first. */
	readonly log: LogEntry[] = [];
	/** Keeps request bodies in the log. */
	keepBodies = false;
	/** Errors of the server itself; a test that finds any has found a bug of the sandbox. */
	readonly errors: unknown[] = [];
	readonly #options: MicrosoftServerOptions;
	readonly #accounts: readonly Account[];
	readonly #listener: Server;
	readonly #sockets = new Set<Socket>();
	readonly #closing = new AbortController();
	readonly #late: LateJobs;
	readonly #door: EwsDoor;
	readonly #graphDoor: GraphDoor;
	#dice: FaultDice;
	#login: Login | undefined;
	#imap: ImapServer | undefined;
	#host: (DoorHost & GraphHost) | undefined;

	private constructor(options: MicrosoftServerOptions) {
		const {clock, seed = 1} = options;
		this.#options = options;
		this.#late = new LateJobs(clock, this.#closing.signal, error => {
			this.errors.push(error);
		});
		this.limits = {...options.limits};
		this.graph = {...options.graph, ...(options.graph?.importMime && {importMime: {...options.graph.importMime}})};
		this.tenant = {...options.tenant};
		this.#dice = this.#diceOf(options.faults ?? {rules: []});
		this.#accounts = options.users.map((user, index) => ({
			user,
			mailbox: user.mailbox instanceof Mailbox ? user.mailbox : new Mailbox({seed: seed + index, ...user.mailbox, now: () => clock.now()}),
		}));
		this.#door = new EwsDoor(() => ({...this.#host!, dice: this.#dice, keepBodies: this.keepBodies}));
		this.#graphDoor = new GraphDoor(() => ({...this.#host!, dice: this.#dice, keepBodies: this.keepBodies}));
		this.#listener = createServer({...options.tls, keepAliveTimeout: 120_000, requestTimeout: 0}, (request, response) => {
			void this.#serve(request, response);
		});
		// A peer that is no TLS client, or no HTTP client, ends here.
		this.#listener.on('tlsClientError', () => undefined);
		this.#listener.on('clientError', (_error, socket) => {
			socket.destroy();
		});
		this.#listener.on('connection', (socket: Socket) => {
			this.#sockets.add(socket);
			socket.on('close', () => this.#sockets.delete(socket));
		});
	}

	get port(): number {
		return (this.#listener.address() as AddressInfo).port;
	}

	/** `127.0.0.1:port`, where both services are. */
	get host(): string {
		return `127.0.0.1:${this.port}`;
	}

	get origin(): string {
		return `https://${this.host}`;
	}

	/** The sign-in service: tests may expire its tokens and have it refuse. */
	get login(): Login {
		return this.#login!;
	}

	/** The door for IMAP: host and port, faults, limits, log. Its errors are this server's. @throws if none was asked for */
	get imap(): ImapServer {
		if (!this.#imap) {
			throw new Error('The sandbox was started without IMAP');
		}

		return this.#imap;
	}

	/** Faults that struck so far, in order; those of IMAP are `imap.struck`. */
	get struck(): readonly Strike[] {
		return this.#dice.struck;
	}

	/** Calls that came before a held throttle was over, or were repeated before the wait that they were told. */
	get early(): number {
		return this.#dice.early + this.#graphDoor.budgets.early;
	}

	/** What was spent of Graph's budgets, and how often they were exceeded. */
	get budgets(): GraphBudgets {
		return this.#graphDoor.budgets;
	}

	/** Most calls that were worked on at once for one mailbox. */
	get peak(): number {
		return this.#door.peak;
	}

	/** A user's mailbox, or that of the only user. @throws if there is no such user */
	mailbox(address?: string): Mailbox {
		const account = address === undefined ? this.#accounts[0] : this.#accounts.find(({user}) => user.address === address);
		if (!account) {
			throw new Error(`The sandbox has no user ${address ?? ''}`);
		}

		return account.mailbox;
	}

	/** Another plan from now on; counts begin anew. */
	setFaults(plan: FaultPlan): void {
		this.#dice = this.#diceOf(plan);
	}

	dropAllConnections(): void {
		this.#imap?.dropAllConnections();
		for (const socket of this.#sockets) {
			socket.destroy();
		}
	}

	/** Resolves when everything that was to be committed later is. */
	async settled(): Promise<void> {
		await Promise.all([this.#late.settled(), this.#imap?.settled()]);
	}

	/** Ends everything; what was to be committed later is not. */
	async close(): Promise<void> {
		this.#closing.abort();
		const isOpen = this.#listener.listening;
		const closed = isOpen ? once(this.#listener, 'close') : undefined;
		if (isOpen) {
			this.#listener.close();
		}

		this.dropAllConnections();
		await Promise.all([closed, this.#imap?.close(), this.settled()]);
	}

	#diceOf(plan: FaultPlan): FaultDice {
		const {clock, seed} = this.#options;
		return new FaultDice(plan, seededRandom(plan.seed ?? seed ?? 1), () => clock.now());
	}

	/** What needs the port. */
	#open(): void {
		const {apps, clock, refusals = [], resourceHosts = [], seed = 1, tokenLifetime} = this.#options;
		const {exchange: exchangeHosts, graph: graphHost} = this.#options.cloud ?? {exchange: ['outlook.office365.com', 'outlook.office.com'], graph: 'graph.microsoft.com'};
		// IMAP's host is named without a port.
		const here = [this.host, `localhost:${this.port}`, ...(this.#options.imap ? ['127.0.0.1', 'localhost'] : [])];
		const exchange = [...here, ...exchangeHosts, ...resourceHosts];
		this.#login = new Login({
			apps, clock, origin: this.origin, resourceHosts: [...exchange, graphHost], lifetime: tokenLifetime,
		});
		const ending: Clock = {
			now: () => clock.now(),
			sleep: async milliseconds => clock.sleep(milliseconds, this.#closing.signal),
		};
		this.#host = {
			clock: ending,
			random: seededRandom(seed),
			limits: this.limits,
			refusals,
			login: this.#login,
			audiences: new Set(exchange),
			graphAudiences: new Set([...here, graphHost]),
			gates: new EwsGates(this.tenant),
			tenant: this.tenant,
			manner: () => this.graph,
			accounts: this.#accounts,
			dice: this.#dice,
			keepBodies: this.keepBodies,
			later: (milliseconds, job) => {
				this.#late.add(milliseconds, job);
			},
			log: entry => {
				this.log.push(entry);
				if (this.log.length > longestLog) {
					this.log.splice(0, longestLog / 2);
				}
			},
		};
	}

	async #openImap(): Promise<void> {
		const {imap, clock, seed = 1, tls: {key, cert}} = this.#options;
		if (imap) {
			this.#imap = await startImapDoor(imap, {
				accounts: this.#accounts, login: this.login, tenant: this.tenant, audiences: this.#host!.audiences, clock, seed, tls: {key, cert}, errors: this.errors,
			});
		}
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		// A request whose body was not read to its end has none any more.
		const {socket} = request;
		response.on('error', () => undefined);
		try {
			const {pathname} = new URL(request.url ?? '/', this.origin);
			const outcome = /^\/ews\/exchange\.asmx$/iv.test(pathname) ? await this.#door.answer(request) : (isGraphPath(pathname) ? await this.#graphDoor.answer(request) : await this.#signIn(request));
			await this.#finish(outcome, request, response, socket);
		} catch (error) {
			if (!this.#closing.signal.aborted) {
				this.errors.push(error);
			}

			socket.destroy();
		}
	}

	async #finish(outcome: Outcome, request: IncomingMessage, response: ServerResponse, socket: Socket): Promise<void> {
		if (outcome === 'mute') {
			return;
		}

		if (outcome === 'drop') {
			socket.destroy();
			return;
		}

		const {answer, cutAfter} = outcome;
		if (answer.close && !request.complete) {
			await sendEarly(request, response, answer);
			return;
		}

		send(response, answer, cutAfter);
	}

	async #signIn(request: IncomingMessage): Promise<Outcome> {
		const {clock, later} = this.#host!;
		const strikes = this.#dice.decide({names: ['login']});
		const run = async (): Promise<Outcome> => {
			const body = await readBody(request, largestForm);
			if (typeof body === 'string') {
				return 'drop';
			}

			const {status, headers, body: text} = this.login.answer({
				method: request.method ?? 'GET', url: request.url ?? '/', headers: request.headers, body: Buffer.from(body).toString('utf8'),
			});
			return {answer: {status, headers: Object.entries(headers), body: text}};
		};

		return befall(strikes, {
			clock,
			run,
			later,
			address: '',
			refuse: () => ({status: 503, headers: [], body: ''}),
			answer: (status, body) => ({status, headers: [['Content-Type', 'text/html; charset=utf-8']], body}),
			expireTokens: () => {
				this.login.expireAll();
			},
			fill: () => undefined,
			deleteFolder: () => undefined,
		});
	}
}
