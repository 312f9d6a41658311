import {type Clock} from '../../mailbox/clock.js';
import {type Random} from '../random.js';
import {
	contextKey, graphId, keyOf, storeId,
} from './graph-ids.js';
import {GraphRefused, badRequest} from './graph-errors.js';
import {type Folder} from './folder.js';
import {type GraphManner} from './graph-options.js';
import {type Item} from './item.js';
import {type Mailbox} from './mailbox.js';
import {type Limits, type Refusal, type User} from './options.js';

export type GraphVersion = 'v1.0' | 'beta';

/** What one mailbox is asked. */
export type GraphCallParts = {
	readonly method: string;
	readonly version: GraphVersion;
	/** `https://host`, as the client reached it. */
	readonly origin: string;
	/** The user as asked for, id or address. */
	readonly userKey: string;
	readonly user: User;
	readonly mailbox: Mailbox;
	/** Values by name, decoded. */
	readonly query: ReadonlyMap<string, string>;
	readonly headers: Readonly<Record<string, string | undefined>>;
	readonly body: Uint8Array;
	readonly inBatch: boolean;
	/** App and mailbox: whose budgets this is charged to. */
	readonly owner: string;
	/** What the app may do to this mailbox, by token or otherwise. */
	readonly permissions: ReadonlySet<string>;
	/** No further named property can be made. */
	readonly namesUsedUp: boolean;
	readonly host: {
		readonly clock: Clock;
		readonly random: Random;
		readonly limits: Readonly<Limits>;
		readonly refusals: readonly Refusal[];
		readonly manner: () => GraphManner;
	};
};

/** An answer before it is written down. */
export type GraphReply = {
	readonly status: number;
	readonly json?: Readonly<Record<string, unknown>>;
	/** `$value`. */
	readonly bytes?: Uint8Array;
	readonly contentType?: string;
	readonly location?: string;
};

/** One call of Graph for one mailbox, with what all its operations need. */
export class GraphCall {
	constructor(readonly parts: GraphCallParts) {}

	get mailbox(): Mailbox {
		return this.parts.mailbox;
	}

	get manner(): GraphManner {
		return this.parts.host.manner();
	}

	/** `https://host/v1.0` */
	get base(): string {
		return `${this.parts.origin}/${this.parts.version}`;
	}

	get wantsImmutableIds(): boolean {
		return /\bidtype\s*=\s*"?immutableid"?/iv.test(this.parts.headers.prefer ?? '');
	}

	idOf(item: Item): string {
		return graphId(this.wantsImmutableIds ? item.immutableId : item.id);
	}

	/** `@odata.context` of what stands below the user. */
	context(rest: string): string {
		return `${this.base}/$metadata#users${contextKey(this.parts.userKey)}/${rest}`;
	}

	/** Location of what stands below the user (lesson 39). */
	location(rest: string): string {
		return `${this.base}/users${keyOf(this.parts.userKey)}/${rest}`;
	}

	/** The body as an object. @throws GraphRefused for what is none */
	json(): Record<string, unknown> {
		let value: unknown;
		try {
			value = JSON.parse(new TextDecoder('utf8', {fatal: true}).decode(this.parts.body));
		} catch {}

		if (typeof value !== 'object' || value === null || Array.isArray(value) || this.mediaType !== 'application/json') {
			throw badRequest('Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.');
		}

		return value as Record<string, unknown>;
	}

	get mediaType(): string {
		return (this.parts.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
	}

	/** By id or well-known name. @throws GraphRefused */
	folder(key: string): Folder {
		const folder = this.mailbox.folderById(storeId(key)) ?? this.#wellKnown(key);
		if (folder) {
			return folder;
		}

		throw new GraphRefused(/^[\w\-]{40,}={0,2}$/v.test(key) ? 'ErrorItemNotFound' : 'ErrorInvalidIdMalformed');
	}

	/** @throws GraphRefused */
	item(key: string): Item {
		const item = this.mailbox.item(storeId(key));
		if (item) {
			return item;
		}

		throw new GraphRefused(/^[\w\-]{40,}={0,2}$/v.test(key) ? 'ErrorItemNotFound' : 'ErrorInvalidIdMalformed');
	}

	/** @throws GraphRefused where the app may not */
	need(permission: string): void {
		if (!this.parts.permissions.has(permission)) {
			throw new GraphRefused('ErrorAccessDenied');
		}
	}

	#wellKnown(name: string): Folder | undefined {
		const key = name.toLowerCase();
		if (!wellKnownNames.has(key)) {
			return undefined;
		}

		const found = [this.mailbox.root, ...this.mailbox.root.descend()].find(folder => folder.wellKnownName === key);
		if (!found) {
			throw new GraphRefused('ErrorFolderNotFound');
		}

		return found;
	}
}

/** Reference 3.6. */
export const wellKnownNames: ReadonlySet<string> = new Set([
	'archive',
	'clutter',
	'conflicts',
	'conversationhistory',
	'deleteditems',
	'drafts',
	'inbox',
	'junkemail',
	'localfailures',
	'msgfolderroot',
	'outbox',
	'recoverableitemsdeletions',
	'scheduled',
	'searchfolders',
	'sentitems',
	'serverfailures',
	'syncissues',
]);
