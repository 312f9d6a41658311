import {type Clock} from '../../mailbox/clock.js';
import {type ImapServerOptions, type User as ImapUser} from '../imap/options.js';
import {ImapServer} from '../imap/server.js';
import {type Account} from './ews-door.js';
import {StoreMailbox} from './imap-mailbox.js';
import {type Login} from './login.js';
import {type TokenCheck} from './login-tokens.js';
import {rolesFor, type Tenant} from './tenant.js';

/** How the door behaves: `faults`, `limits`, `refusals` and their like are those of the IMAP stand-in. */
export type ImapDoorOptions = Partial<Pick<ImapServerOptions, 'port' | 'limits' | 'faults' | 'refusals' | 'loginDisabled' | 'capabilities' | 'maxErrors' | 'zoneMinutes' | 'showRoles'>> & {
	/** Where a mailbox is not connected: the first command is answered behind `* BYE`. */
	readonly hangsUpFirst?: boolean;
};

type DoorParts = {
	readonly accounts: readonly Account[];
	readonly login: Login;
	readonly tenant: Tenant;
	/** Hosts of audiences that a token may have. */
	readonly audiences: ReadonlySet<string>;
	readonly clock: Clock;
	readonly seed: number;
	readonly tls: ImapServerOptions['tls'];
	readonly errors: unknown[];
};

const role = 'IMAP.AccessAsApp';

/** What a mailbox takes unless its `MaxReceiveSize` was raised (reference 5.4). */
const usualLimit = 36 * 1024 * 1024;

/**
IMAP of Exchange Online over the mailboxes that EWS and Graph work on. A token of the sign-in service signs in; where it has
not the role for the mailbox, IMAP is switched off for it, or there is none, nothing is connected (reference 5.1).
*/
export const startImapDoor = async ({hangsUpFirst, ...options}: ImapDoorOptions, {accounts, login, tenant, audiences, clock, seed, tls, errors}: DoorParts): Promise<ImapServer> => {
	const check = (token: string): (TokenCheck & {readonly ok: true}) | undefined => {
		const found = login.check(token);
		return found.ok && audiences.has(new URL(found.audience).host) ? found : undefined;
	};

	const users = accounts.flatMap(({user, mailbox}) => [user.address, ...user.aliases ?? []].map((name): ImapUser => ({
		name,
		mailbox: StoreMailbox.of(mailbox),
		...(hangsUpFirst && {hangsUpFirst}),
		accepts(token) {
			const found = check(token);
			const mayEnter = found && user.imap !== false && rolesFor(tenant, found.clientId, found.roles, user.address).has(role);
			return found !== undefined && (mayEnter ? true : 'not-connected');
		},
	})));
	return ImapServer.start({
		...options, users, clock, seed, tls, errors, flavour: 'exchange', limits: {maxMessageBytes: usualLimit, ...options.limits}, strangers: token => check(token) !== undefined,
	});
};
