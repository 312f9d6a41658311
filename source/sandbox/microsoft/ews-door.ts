import {Buffer} from 'node:buffer';
import {type IncomingMessage} from 'node:http';
import {Call, GivenUp, type CallHost} from './ews-call.js';
import {envelope, faultEnvelope} from './ews-envelope.js';
import {
	closedForEws, refusedByHttp, scopeMissing, soapHeaders, unauthorized, type HeaderContext,
} from './ews-headers.js';
import {
	countOf, folderIdOf, namesOf, operationsByName,
} from './ews-operations.js';
import {CallRefused} from './ews-refusals.js';
import {readRequest, type EwsRequest, type OperationName} from './ews-request.js';
import {troubleOf} from './ews-trouble.js';
import {type FaultDice, type Strike} from './faults.js';
import {type Folder} from './folder.js';
import {type Answer, type Outcome} from './http-answer.js';
import {readBody} from './http-body.js';
import {type Login} from './login.js';
import {type Mailbox} from './mailbox.js';
import {type User} from './options.js';
import {befall, noMailbox, type StrikePorts} from './strike.js';
import {type EwsGates} from './tenant.js';
import {type XmlElement} from './xml-tree.js';

export type Account = {readonly user: User; readonly mailbox: Mailbox};

/** One call, as a test may want to look it up. */
export type LogEntry = {
	/** Milliseconds since 1970, when it was understood. */
	readonly at: number;
	readonly operation: string;
	readonly user: string | undefined;
	/** How many items or folders it was about. */
	readonly items: number;
	/** Of the body. */
	readonly bytes: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: string | undefined;
	/** Method, path and query, where Graph was called. */
	readonly url?: string;
};

export type DoorHost = CallHost & {
	readonly login: Login;
	/** Hosts of audiences that a token for EWS may have. */
	readonly audiences: ReadonlySet<string>;
	readonly accounts: readonly Account[];
	readonly gates: EwsGates;
	readonly dice: FaultDice;
	readonly keepBodies: boolean;
	readonly later: (milliseconds: number, job: () => Promise<unknown>) => void;
	readonly log: (entry: LogEntry) => void;
};

const defaultRequestBytes = 67_108_864;
const defaultConcurrency = 27;
const role = 'full_access_as_app';

/** The form is documented, numbers and words of these are not recorded. */
const diagnostics = {
	invalid: '2000000;reason="The token has an invalid signature.";error_category="invalid_signature"',
	expired: '2000002;reason="The token has expired.";error_category="invalid_lifetime"',
	audience: '2000003;reason="The audience claim value is invalid for current resource.";error_category="invalid_resource"',
} as const;

const addressesOf = ({address, aliases = []}: User): string[] => [address, ...aliases].map(one => one.toLowerCase());

/** `POST /EWS/Exchange.asmx`: who asks, what, and what becomes of it. */
export class EwsDoor {
	/** Most calls that were worked on at once for one mailbox. */
	peak = 0;
	/** Calls being worked on, by mailbox. */
	readonly #open = new Map<Mailbox, number>();

	constructor(readonly host: () => DoorHost) {}

	async answer(request: IncomingMessage): Promise<Outcome> {
		const {dice, clock} = this.host();
		if (request.method !== 'POST') {
			return {answer: refusedByHttp(clock.now(), 405, [['Allow', 'POST']])};
		}

		const strikes = dice.decide({names: ['request']});
		return befall(strikes, this.#ports({}, async () => this.#read(request), {}));
	}

	/** Who asks and the whole body. */
	async #read(request: IncomingMessage): Promise<Outcome> {
		const {clock, limits} = this.host();
		const known = this.#clientOf(request);
		if (typeof known !== 'string') {
			return {answer: known};
		}

		if (!/^text\/xml\b/iv.test(request.headers['content-type'] ?? '')) {
			return {answer: refusedByHttp(clock.now(), 415)};
		}

		const body = await readBody(request, limits.requestBytes ?? defaultRequestBytes);
		if (body === 'lost' || body === 'large-chunked' || (body === 'large' && limits.oversize === 'close')) {
			return 'drop';
		}

		if (body === 'large') {
			return {answer: refusedByHttp(clock.now(), limits.oversize === 413 ? 413 : 405, [], true)};
		}

		return this.#understand(request, body, known);
	}

	/** The client id of an app that may call EWS, or the answer to one that may not. */
	#clientOf(request: IncomingMessage): string | Answer {
		const {login, clock, audiences, gates} = this.host();
		const token = /^bearer (?<token>\S+)$/iv.exec(request.headers.authorization ?? '')?.groups?.token;
		if (token === undefined) {
			return unauthorized(clock.now());
		}

		const check = login.check(token);
		if (!check.ok) {
			return unauthorized(clock.now(), diagnostics[check.reason]);
		}

		if (!audiences.has(new URL(check.audience).host)) {
			return unauthorized(clock.now(), diagnostics.audience);
		}

		return gates.allows(check.clientId, check.roles, role) ? check.clientId : scopeMissing(clock.now());
	}

	async #understand(request: IncomingMessage, body: Uint8Array, clientId: string): Promise<Outcome> {
		const {clock, dice, log, keepBodies} = this.host();
		const {headers} = request;
		const echo = headers['return-client-request-id'] === 'true' ? headers['client-request-id'] : undefined;
		const context: Partial<HeaderContext> = {clientId, hasCookie: headers.cookie?.includes('exchangecookie='), echo: typeof echo === 'string' ? echo : undefined};
		let read: EwsRequest;
		try {
			read = readRequest(body);
		} catch (error) {
			return {answer: this.#refusal(error, context)};
		}

		const {operation, element, impersonated} = read;
		const account = this.#accountOf(impersonated);
		const folder = account && folderNamed(account.mailbox, folderIdOf(element));
		const items = countOf(element);
		log({
			at: clock.now(), operation, user: impersonated, items, bytes: body.length, headers, body: keepBodies ? new TextDecoder().decode(body) : undefined,
		});
		const strikes = dice.decide({
			names: [...namesOf(operation), ...(isAnchored(headers['x-anchormailbox'], impersonated) ? [] : ['unanchored'])], user: impersonated, folder: folder?.path, items, holds: text => holdsText(element, text),
		});
		const known = {...context, handler: operation};
		return befall(strikes, this.#ports(known, async () => this.#perform(read, strikes, known), {account, folder, address: impersonated}));
	}

	async #perform(read: EwsRequest, strikes: readonly Strike[], context: Partial<HeaderContext>): Promise<Outcome> {
		const host = this.host();
		const account = this.#accountOf(read.impersonated);
		if (!host.gates.admits(context.clientId ?? '', read.operation) || account?.user.closed) {
			return {answer: closedForEws(host.clock.now())};
		}

		try {
			const {mailbox} = this.#permitted(read, account);
			const open = this.#open.get(mailbox) ?? 0;
			if (open >= (host.limits.concurrency ?? defaultConcurrency)) {
				throw new CallRefused('ErrorExceededConnectionCount');
			}

			this.#open.set(mailbox, open + 1);
			this.peak = Math.max(this.peak, open + 1);
			try {
				const call = new Call({
					request: read, mailbox, addresses: addressesOf(account!.user), host, trouble: troubleOf(strikes),
				});
				const messages = await operationsByName[read.operation as OperationName](call);
				return {answer: this.#soap(200, envelope(read.operation, messages), context)};
			} finally {
				this.#open.set(mailbox, this.#open.get(mailbox)! - 1);
			}
		} catch (error) {
			return error instanceof GivenUp ? 'drop' : {answer: this.#refusal(error, context)};
		}
	}

	/** @throws CallRefused: an app token has no mailbox of its own and must impersonate one that is there and lets it */
	#permitted({impersonated}: EwsRequest, account: Account | undefined): Account {
		if (impersonated === undefined) {
			throw new CallRefused('ErrorImpersonationFailed');
		}

		if (!account) {
			throw noMailbox(impersonated);
		}

		if (account.user.impersonation === false) {
			throw new CallRefused('ErrorImpersonateUserDenied');
		}

		return account;
	}

	#accountOf(address: string | undefined): Account | undefined {
		return this.host().accounts.find(({user}) => address !== undefined && addressesOf(user).includes(address.trim().toLowerCase()));
	}

	#ports(context: Partial<HeaderContext>, run: () => Promise<Outcome>, {account, folder, address = ''}: {account?: Account; folder?: Folder; address?: string}): StrikePorts {
		const {clock, login, later} = this.host();
		return {
			clock,
			run,
			later,
			address,
			refuse: refused => this.#refusal(refused, context),
			answer: (status, body) => this.#soap(status, body, context),
			expireTokens() {
				login.expireAll();
			},
			fill() {
				if (account) {
					account.mailbox.quotaBytes = Math.max(1, account.mailbox.size);
				}
			},
			deleteFolder() {
				if (account && folder && folder.role === undefined && !folder.deleted) {
					account.mailbox.deleteFolder(folder);
				}
			},
		};
	}

	/** @throws what is no refusal: a bug of the sandbox */
	#refusal(error: unknown, context: Partial<HeaderContext>): Answer {
		if (error instanceof CallRefused) {
			return this.#soap(error.status, faultEnvelope(error.refused), context);
		}

		throw error;
	}

	#soap(status: number, body: string, context: Partial<HeaderContext>): Answer {
		return {status, body, headers: soapHeaders(status, {now: this.host().clock.now(), ...context})};
	}
}

const isAnchored = (anchor: string | string[] | undefined, address: string | undefined): boolean => typeof anchor === 'string' && anchor.toLowerCase() === address?.toLowerCase();

/** Whether a message of the request holds a text. */
const holdsText = ({name, text, children}: XmlElement, wanted: string): boolean => name === 'MimeContent' ? Buffer.from(text, 'base64').includes(wanted) : children.some(child => holdsText(child, wanted));

const folderNamed = (mailbox: Mailbox, id: string | undefined): Folder | undefined =>
	id === undefined ? undefined : mailbox.folderById(id) ?? mailbox.distinguished(id);
