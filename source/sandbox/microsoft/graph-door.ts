import {type IncomingMessage} from 'node:http';
import {type Clock} from '../../mailbox/clock.js';
import {type Random} from '../random.js';
import {type LogEntry} from './ews-door.js';
import {type FaultDice, type Strike} from './faults.js';
import {type Folder} from './folder.js';
import {refusalAnswer, replyAnswer, type AnswerContext} from './graph-answer.js';
import {runBatch, stepsOf} from './graph-batch.js';
import {GraphBudgets, identityOf} from './graph-budget.js';
import {GraphCall, type GraphReply, type GraphVersion} from './graph-call.js';
import {badRequest, GraphRefused, noSegment} from './graph-errors.js';
import {graphDefaults, type GraphManner} from './graph-options.js';
import {queryOf} from './graph-query.js';
import {routeOf, segmentsOf, type GraphOperation} from './graph-routes.js';
import {befallGraph, type Ended} from './graph-strike.js';
import {GraphUploads} from './graph-uploads.js';
import {accountOf, userReply, type GraphAccount} from './graph-users.js';
import {type Outcome} from './http-answer.js';
import {readBody} from './http-body.js';
import {type Login} from './login.js';
import {StoreRefusal} from './mailbox.js';
import {type Limits, type Refusal} from './options.js';
import {rolesFor, type Tenant} from './tenant.js';

export type GraphHost = {
	readonly clock: Clock;
	readonly random: Random;
	readonly limits: Readonly<Limits>;
	readonly refusals: readonly Refusal[];
	readonly login: Login;
	/** Hosts of audiences that a token for Graph may have. */
	readonly graphAudiences: ReadonlySet<string>;
	readonly accounts: readonly GraphAccount[];
	readonly tenant: Tenant;
	readonly manner: () => GraphManner;
	readonly dice: FaultDice;
	readonly keepBodies: boolean;
	readonly later: (milliseconds: number, job: () => Promise<unknown>) => void;
	readonly log: (entry: LogEntry) => void;
};

/** One request, whether it came by itself or in a batch. */
type Asked = {
	readonly method: string;
	readonly version: GraphVersion;
	/** Path and query below the version. */
	readonly url: string;
	readonly headers: Readonly<Record<string, string | undefined>>;
	readonly body: Uint8Array;
	readonly origin: string;
	readonly client: Client;
	readonly inBatch: boolean;
};

type Charged = Pick<Asked, 'method' | 'url' | 'body'> & {readonly owner: string};

type Client = {readonly clientId: string; readonly roles: readonly string[]};

const writes = new Set(['POST', 'PATCH', 'PUT']);
const tokenTexts = {
	expired: 'Access token has expired or is not yet valid.',
	audience: 'Access token validation failure. Invalid audience.',
	invalid: 'Access token validation failure. Invalid signature.',
} as const;
const invalidToken = (text: string): GraphRefused => new GraphRefused('InvalidAuthenticationToken', {text});

/** `/v1.0`, `/beta` and the addresses of upload sessions: who asks, what, and what becomes of it. */
export class GraphDoor {
	readonly budgets: GraphBudgets;
	readonly #uploads = new GraphUploads();

	constructor(readonly host: () => GraphHost) {
		this.budgets = new GraphBudgets(() => host().clock.now(), () => host().manner());
	}

	async answer(request: IncomingMessage): Promise<Outcome> {
		const strikes = this.host().dice.decide({names: ['graph-request']});
		const ended = await this.#befall(strikes, {}, async () => this.#read(request));
		return this.#written(ended, headersOf(request));
	}

	/** Who asks and the whole body. */
	async #read(request: IncomingMessage): Promise<Ended> {
		const {requestBytes = graphDefaults.requestBytes, importMime, oversize} = this.host().manner();
		const {pathname, search} = new URL(request.url ?? '/', 'https://localhost');
		const isUpload = pathname.startsWith('/api/');
		const isImport = pathname.endsWith('importMime');
		const client = isUpload ? undefined : this.#clientOf(request);
		if (client instanceof GraphRefused) {
			return {refused: client};
		}

		const body = await readBody(request, isImport ? importMime?.requestBytes ?? requestBytes : requestBytes);
		if (body === 'lost') {
			return 'drop';
		}

		if (typeof body === 'string') {
			const context = this.#context(headersOf(request));
			const refused = new GraphRefused('RequestEntityTooLarge', {status: oversize});
			return {raw: refusalAnswer(refused, context, true)};
		}

		const origin = `https://${request.headers.host ?? 'localhost'}`;
		if (!client) {
			return this.#upload(request, `${pathname}${search}`, body);
		}

		const [, version = '', ...rest] = pathname.split('/');
		const asked: Asked = {
			method: request.method ?? 'GET', version: version as GraphVersion, url: `/${rest.join('/')}${search}`, headers: headersOf(request), body, origin, client, inBatch: false,
		};
		return rest[0] === '$batch' ? this.#batch(asked) : this.#carryOut(asked);
	}

	#clientOf(request: IncomingMessage): Client | GraphRefused {
		const {login, graphAudiences} = this.host();
		const token = /^bearer (?<token>\S+)$/iv.exec(request.headers.authorization ?? '')?.groups?.token;
		if (token === undefined) {
			return invalidToken('Access token is empty.');
		}

		const check = login.check(token);
		if (!check.ok) {
			return invalidToken(tokenTexts[check.reason]);
		}

		return graphAudiences.has(new URL(check.audience).host) ? {clientId: check.clientId, roles: check.roles} : invalidToken(tokenTexts.audience);
	}

	async #batch(asked: Asked): Promise<Ended> {
		const {dice, random, manner} = this.host();
		return this.#guarded(async () => {
			if (asked.method !== 'POST') {
				throw new GraphRefused('ErrorInvalidRequest', {status: 405});
			}

			const steps = stepsOf(asked.body);
			this.#log('batch', undefined, asked, steps.length);
			const strikes = dice.decide({names: ['batch', 'graph'], items: steps.length});
			const context = this.#context(asked.headers);
			const {concurrent} = {...graphDefaults.budget, ...manner().budget};
			return this.#befall(strikes, {}, async () => ({
				reply: await runBatch(steps, {
					lanes: concurrent, strikes, random, context,
					run: async step => this.#carryOut({...asked, ...step, inBatch: true}),
				}),
			}));
		});
	}

	/** A piece for an upload session; its address is all that it shows. */
	async #upload(request: IncomingMessage, url: string, body: Uint8Array): Promise<Ended> {
		const {clock, dice} = this.host();
		const [path = '', search = ''] = url.split('?', 2);
		const {method = 'GET', headers} = request;
		return this.#guarded(async () => {
			const session = this.#uploads.find(path, new URLSearchParams(search).get('authtoken') ?? undefined, clock.now());
			if (!session) {
				throw new GraphRefused('ErrorItemNotFound', {text: 'The upload session was not found.'});
			}

			const {user, mailbox} = session.call.parts;
			this.#log('putPiece', user.address, {
				method, url, headers: headersOf(request), body,
			}, 1);
			if (headers.authorization !== undefined) {
				throw new GraphRefused('InvalidAudienceForResource', {status: 401, text: 'The audience claim value is invalid for current resource.'});
			}

			const strikes = dice.decide({names: ['putPiece', 'graph', 'graph-write'], user: user.address, folder: session.item.folder.path});
			return this.#befall(strikes, {account: {user, mailbox}, folder: session.item.folder}, async () => this.#charged({
				owner: session.owner, method, url, body,
			}, async () => {
				switch (method) {
					case 'PUT': {
						return this.#uploads.put(session, body, headers['content-range']);
					}

					case 'DELETE': {
						return this.#uploads.cancel(session);
					}

					default: {
						return this.#uploads.status(session);
					}
				}
			}));
		});
	}

	async #carryOut(asked: Asked): Promise<Ended> {
		const {accounts, tenant, dice, limits, refusals, clock, random, manner} = this.host();
		return this.#guarded(async () => {
			const [path = '', search = ''] = asked.url.split('?', 2);
			const [first = '', key, ...segments] = segmentsOf(path);
			if (first !== 'users' && first !== 'me') {
				throw noSegment(first);
			}

			const account = accountOf(accounts, first === 'me' ? undefined : key);
			const permissions = permissionsOf(rolesFor(tenant, asked.client.clientId, asked.client.roles, account.user.address));
			const query = queryOf(search);
			const operation = segments.length === 0 && asked.method === 'GET'
				? {name: 'getUser', run: () => userReply(`${asked.origin}/${asked.version}`, account, permissions, query.get('$select'))} satisfies GraphOperation
				: routeOf(asked.method, segments, (asked.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase(), this.#uploads);
			this.#log(operation.name, account.user.address, asked, 1);
			const folder = 'folder' in operation ? folderNamed(account, operation.folder) : undefined;
			const strikes = dice.decide({
				names: [operation.name, 'graph', writes.has(asked.method) || asked.method === 'DELETE' ? 'graph-write' : 'graph-read'], user: account.user.address, folder: folder?.path,
			});
			const owner = `${asked.client.clientId}|${account.user.address}`;
			const call = new GraphCall({
				...asked, userKey: key ?? '', user: account.user, mailbox: account.mailbox, query, permissions, owner,
				namesUsedUp: strikes.some(({fault}) => fault.type === 'names-used-up'), host: {
					clock, random, limits, refusals, manner,
				},
			});
			return this.#befall(strikes, {account, folder}, async () => this.#charged({...asked, owner}, async () => {
				if (operation.name !== 'getUser') {
					admit(account, permissions);
				}

				return operation.run(call);
			}));
		});
	}

	/** Within the budgets of app and mailbox, and for as long as a request takes. */
	async #charged({owner, method, url, body}: Charged, run: () => Promise<GraphReply>): Promise<Ended> {
		const {clock, manner} = this.host();
		return this.#guarded(async () => {
			const leave = this.budgets.enter({key: owner, identity: () => identityOf(method, url, body), bytes: writes.has(method) ? body.length : 0});
			try {
				const {milliseconds = 0} = manner();
				if (milliseconds > 0) {
					await clock.sleep(milliseconds);
				}

				return {reply: await run()};
			} finally {
				leave();
			}
		});
	}

	/** Turns refusals into answers. @throws what is none: a bug of the sandbox */
	async #guarded(run: () => Promise<Ended>): Promise<Ended> {
		try {
			return await run();
		} catch (error) {
			if (error instanceof GraphRefused) {
				return {refused: error};
			}

			if (error instanceof StoreRefusal) {
				const code = {
					exists: 'ErrorFolderExists', quota: 'ErrorQuotaExceeded', 'default-folder': 'ErrorDeleteDistinguishedFolder', gone: 'ErrorFolderNotFound', 'into-itself': 'ErrorMoveCopyFailed',
				}[error.reason];
				return {refused: new GraphRefused(code)};
			}

			throw error;
		}
	}

	async #befall(strikes: readonly Strike[], {account, folder}: {account?: GraphAccount; folder?: Folder}, run: () => Promise<Ended>): Promise<Ended> {
		const {clock, later, login} = this.host();
		return befallGraph(strikes, {
			clock,
			run,
			later,
			expireTokens() {
				login.expireAll();
			},
			fill() {
				if (account) {
					account.mailbox.quotaBytes = Math.max(1, account.mailbox.size);
				}
			},
			deleteFolder() {
				if (account && folder && folder.wellKnownName === undefined && !folder.deleted) {
					account.mailbox.deleteFolder(folder);
				}
			},
		});
	}

	#log(operation: string, user: string | undefined, {method, url, headers, body}: Pick<Asked, 'method' | 'url' | 'headers' | 'body'>, items: number): void {
		const {clock, log, keepBodies} = this.host();
		log({
			at: clock.now(), operation, user, items, bytes: body.length, headers, body: keepBodies ? new TextDecoder().decode(body) : undefined, url: `${method} ${url}`,
		});
	}

	#context(headers: Asked['headers']): AnswerContext {
		return {now: this.host().clock.now(), clientRequestId: headers['client-request-id'], prefersImmutableIds: /immutableid/iv.test(headers.prefer ?? '')};
	}

	#written(ended: Ended, headers: Asked['headers']): Outcome {
		if (typeof ended === 'string') {
			return ended;
		}

		if ('raw' in ended) {
			return {answer: ended.raw};
		}

		const context = this.#context(headers);
		return {answer: 'refused' in ended ? refusalAnswer(ended.refused, context) : replyAnswer(ended.reply, context), cutAfter: ended.cutAfter};
	}
}

const headersOf = ({headers}: IncomingMessage): Asked['headers'] => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));

/** Mail-Advanced is more than Mail.ReadWrite, which is more than Mail.Read. */
const permissionsOf = (roles: ReadonlySet<string>): ReadonlySet<string> => {
	const permissions = new Set(roles);
	if (permissions.has('Mail-Advanced.ReadWrite.All')) {
		permissions.add('Mail.ReadWrite');
	}

	if (permissions.has('Mail.ReadWrite')) {
		permissions.add('Mail.Read');
	}

	return permissions;
};

/** @throws GraphRefused where there is no mailbox, or none for this app */
const admit = ({user}: GraphAccount, permissions: ReadonlySet<string>): void => {
	if (user.graph === 'no-mailbox') {
		throw new GraphRefused('MailboxNotEnabledForRESTAPI');
	}

	if (user.graph === 'denied' || !permissions.has('Mail.Read')) {
		throw new GraphRefused('ErrorAccessDenied');
	}
};

const folderNamed = ({mailbox}: GraphAccount, key: string | undefined): Folder | undefined =>
	key === undefined ? undefined : mailbox.folderById(key.replaceAll('-', '/').replaceAll('_', '+')) ?? mailbox.distinguished(key.toLowerCase());

export const isGraphPath = (pathname: string): boolean => /^\/(?:v1\.0|beta)\/|^\/api\/v2\.0\//v.test(pathname);
