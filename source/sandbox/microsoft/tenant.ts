/** A role that Exchange itself grants an app (RBAC for Applications): it works, and no token tells of it (reference 3.10). */
export type RbacGrant = {
	readonly clientId: string;
	/** As Graph's permissions are called, or `full_access_as_app`. */
	readonly role: string;
	/** Addresses in its scope; all if absent. */
	readonly mailboxes?: readonly string[];
};

/** What an administrator has set, beside the apps. Changeable while the server runs. */
export type Tenant = {
	/** Organisation's `EwsEnabled`: `unset` is PowerShell's $null, as long as nobody set it and the sweep has not come; then no list counts. True if absent. */
	ewsEnabled?: boolean | 'unset';
	/** `EwsAllowedAppIDs`; absent: no list, which lets all in here, though nobody knows (reference 1.2). */
	ewsAllowedAppIds?: readonly string[];
	/** EWS closes for good before the n-th call of that operation. */
	ewsClosesAt?: {readonly operation: string; readonly nth: number};
	rbac?: readonly RbacGrant[];
};

/** Whether an app may come in by EWS at all: the gates of the organisation (reference 1.2). */
export const isOpenForEws = ({ewsEnabled = true, ewsAllowedAppIds}: Tenant, clientId: string): boolean => {
	if (ewsEnabled === 'unset') {
		return true;
	}

	return ewsEnabled && (ewsAllowedAppIds === undefined || ewsAllowedAppIds.some(id => id.toLowerCase() === clientId.toLowerCase()));
};

/** The organisation's door of EWS, which may close while a client is at it. */
export class EwsGates {
	#calls = 0;

	constructor(readonly tenant: Tenant) {}

	/** Whether the app holds that role. */
	allows(clientId: string, roles: readonly string[], role: string): boolean {
		return rolesFor(this.tenant, clientId, roles).has(role);
	}

	/** Whether a call of that operation gets in. */
	admits(clientId: string, operation: string): boolean {
		const {ewsClosesAt} = this.tenant;
		if (ewsClosesAt?.operation === operation) {
			this.#calls++;
			if (this.#calls >= ewsClosesAt.nth) {
				this.tenant.ewsEnabled = false;
			}
		}

		return isOpenForEws(this.tenant, clientId);
	}
}

/** What an app may do to a mailbox: consented in the directory (`roles` of its token) or granted by Exchange; of any mailbox if none is named. */
export const rolesFor = ({rbac = []}: Tenant, clientId: string, roles: readonly string[], address?: string): ReadonlySet<string> => new Set([
	...roles,
	...rbac.filter(grant => grant.clientId.toLowerCase() === clientId.toLowerCase()
		&& (address === undefined || grant.mailboxes === undefined || grant.mailboxes.some(one => one.toLowerCase() === address.toLowerCase()))).map(({role}) => role),
]);

const exchangeRoles = new Set(['full_access_as_app', 'IMAP.AccessAsApp', 'POP.AccessAsApp', 'SMTP.SendAsApp']);

/** Of what an app was consented to, what a token for that service tells. Where one host is both services, it tells all. */
export const rolesInToken = (audience: string, roles: readonly string[]): readonly string[] => {
	const {host} = new URL(audience);
	const isGraph = /(?:^|[.\-])(?:graph\.microsoft\.|microsoftgraph\.)/v.test(host);
	const isExchange = /^(?:outlook\.|webmail\.apps\.mil$|partner\.outlook\.)/v.test(host);
	return isGraph || isExchange ? roles.filter(role => exchangeRoles.has(role) === isExchange) : roles;
};
