import {createHash} from 'node:crypto';
import {GraphRefused} from './graph-errors.js';
import {graphDefaults, type GraphBudget, type GraphManner} from './graph-options.js';

/** What was spent at a time; forgotten when it has left the window. */
type Spent = {readonly at: number; readonly amount: number};

/** What one app has spent on one mailbox. */
type Account = {
	open: number;
	readonly requests: Spent[];
	readonly bytes: Spent[];
	bytesSum: number;
	/** What was refused, and until when it was told to stay away. */
	readonly refused: Map<string, number>;
	/** Everything is refused until then. */
	heldUntil: number;
};

/** A request, as far as budgets go. */
export type Charge = {
	/** App and mailbox. */
	readonly key: string;
	/** The same for the same request sent again; worked out only where something was refused. */
	readonly identity: () => string;
	/** Bytes of its body that count as an upload. */
	readonly bytes: number;
};

export const identityOf = (method: string, url: string, body: Uint8Array): string => `${method} ${url} ${body.length === 0 ? '' : createHash('sha1').update(body).digest('base64')}`;

const concurrencyWait = 1000;

/** The three budgets of the Outlook service, kept on the clock by app and mailbox. */
export class GraphBudgets {
	/** Requests sent again before the wait that they were told was over. */
	early = 0;
	/** Requests that were answered 429. */
	throttled = 0;
	/** Requests and bytes that were let through. */
	requests = 0;
	bytes = 0;
	/** Most that were open at once for one app and mailbox. */
	peak = 0;
	readonly #accounts = new Map<string, Account>();

	constructor(readonly now: () => number, readonly manner: () => GraphManner) {}

	/**
	Lets a request in.
	@returns what ends it
	@throws GraphRefused 429
	*/
	enter({key, identity, bytes}: Charge): () => void {
		const budget = {...graphDefaults.budget, ...this.manner().budget};
		const account = this.#accountOf(key);
		const now = this.now();
		this.#forget(account, budget, now);
		if (account.refused.size > 0) {
			this.early += account.refused.delete(identity()) ? 1 : 0;
		}

		if (account.heldUntil > now) {
			throw this.#refusal(account, identity, {limit: 'RequestRate', wait: account.heldUntil - now, holds: false});
		}

		if (account.open >= budget.concurrent) {
			throw this.#refusal(account, identity, {limit: 'MailboxConcurrency', wait: concurrencyWait, holds: false});
		}

		if (account.requests.length >= budget.requests) {
			throw this.#refusal(account, identity, {limit: 'RequestRate', wait: account.requests[0]!.at + budget.requestWindow - now, holds: true});
		}

		if (bytes > 0 && account.bytesSum + bytes > budget.bytes) {
			throw this.#refusal(account, identity, {limit: 'IncomingBytes', wait: waitForBytes(account, bytes, budget, now), holds: true});
		}

		this.#charge(account, bytes, now);
		return () => {
			account.open--;
		};
	}

	/** How many are open for an app and mailbox. */
	openFor(key: string): number {
		return this.#accounts.get(key)?.open ?? 0;
	}

	#accountOf(key: string): Account {
		const account = this.#accounts.get(key) ?? {
			open: 0, requests: [], bytes: [], bytesSum: 0, refused: new Map<string, number>(), heldUntil: 0,
		};
		this.#accounts.set(key, account);
		return account;
	}

	#forget(account: Account, budget: GraphBudget, now: number): void {
		const requests = account.requests.findIndex(({at}) => at + budget.requestWindow > now);
		account.requests.splice(0, requests === -1 ? account.requests.length : requests);
		const bytes = account.bytes.findIndex(({at}) => at + budget.byteWindow > now);
		for (const [identity, until] of account.refused) {
			if (until <= now) {
				account.refused.delete(identity);
			}
		}

		for (const {amount} of account.bytes.splice(0, bytes === -1 ? account.bytes.length : bytes)) {
			account.bytesSum -= amount;
		}
	}

	#charge(account: Account, bytes: number, now: number): void {
		account.open++;
		this.peak = Math.max(this.peak, account.open);
		this.requests++;
		account.requests.push({at: now, amount: 1});
		if (bytes > 0) {
			this.bytes += bytes;
			account.bytes.push({at: now, amount: bytes});
			account.bytesSum += bytes;
		}
	}

	/** The wait is what the answer says, which is not always what helps. */
	#refusal(account: Account, identity: () => string, {limit, wait, holds}: {readonly limit: string; readonly wait: number; readonly holds: boolean}): GraphRefused {
		const {retryAfter = 'seconds'} = this.manner();
		this.throttled++;
		const said = retryAfter === 'seconds' ? wait : (retryAfter === 'none' ? undefined : Number(retryAfter) * 1000);
		const until = this.now() + (said ?? 0);
		account.refused.set(identity(), until);
		if (holds) {
			account.heldUntil = this.now() + wait;
		}

		return new GraphRefused('ApplicationThrottled', {text: `Application is over its ${limit} limit.`, wait: said});
	}
}

/** Milliseconds until so many bytes have room. */
const waitForBytes = (account: Account, bytes: number, budget: GraphBudget, now: number): number => {
	let left = account.bytesSum + bytes - budget.bytes;
	for (const {at, amount} of account.bytes) {
		left -= amount;
		if (left <= 0) {
			return at + budget.byteWindow - now;
		}
	}

	return budget.byteWindow;
};
