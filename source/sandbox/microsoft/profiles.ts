import {type MicrosoftServerOptions, type User} from './options.js';
import {type RbacGrant, type Tenant} from './tenant.js';
import {type GraphManner} from './graph-options.js';

/** A road for mail into a mailbox, as `transport` in the settings calls it. */
export type Road = 'ews' | 'imap' | 'graph' | 'graph-json';

/** One road as it stands before a client. */
export type Door =
	| 'open'
	/** 403 with nothing in it. */
	| 'closed'
	/** The app lacks the role. */
	| 'no-permission'
	/** The mailbox refuses the protocol: `BAD User is authenticated but not connected.` */
	| 'switched-off'
	/** There is no such thing. */
	| 'missing'
	/** Open, and closed a while later. */
	| 'closes';

/** A tenant on some day, as data: what an administrator has set, and what a client meets for it. */
export type TenantProfile = {
	readonly name: string;
	/** What makes it what it is, in an administrator's words. */
	readonly about: string;
	/** As the settings call it. */
	readonly cloud: 'global' | 'gcc-high';
	/** Milliseconds since 1970 at which it is like that. */
	readonly at: number;
	readonly doors: Readonly<Record<Road, Door>>;
	/** Application permissions that an administrator consented to. */
	readonly roles: readonly string[];
	/** Roles that Exchange granted: no token tells of them. */
	readonly rbac?: readonly string[];
	readonly tenant: Omit<Tenant, 'rbac' | 'ewsAllowedAppIds'>;
	/** The app is on the list of those that may use EWS; absent: there is no list. */
	readonly isAllowListed?: boolean;
	readonly graph?: GraphManner;
	readonly mailbox?: Pick<User, 'closed' | 'graph' | 'impersonation'>;
	/** Whether the mailbox has IMAP and the app access to it. */
	readonly imap: {readonly connected: boolean};
	/** The hosts that tokens are for. */
	readonly hosts: {readonly exchange: readonly string[]; readonly graph: string};
};

const today = Date.UTC(2026, 10, 23, 12);
const globalHosts = {exchange: ['outlook.office365.com', 'outlook.office.com'], graph: 'graph.microsoft.com'} as const;
const allRoles = ['full_access_as_app', 'IMAP.AccessAsApp', 'Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All', 'User.Read.All'] as const;

const usual: Omit<TenantProfile, 'name' | 'about' | 'doors'> = {
	cloud: 'global', at: today, roles: allRoles, tenant: {ewsEnabled: false}, imap: {connected: true}, hosts: globalHosts,
};

const profiles = [
	{
		...usual,
		name: '2026-11-23 usual tenant',
		about: 'Nobody set EwsEnabled, and the sweep of October switched it off; all permissions are granted.',
		doors: {
			ews: 'closed', imap: 'open', graph: 'open', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'EWS allow-listed',
		about: 'EwsEnabled is true and the app is in EwsAllowedAppIDs: open until 2027-04-01.',
		tenant: {ewsEnabled: true},
		isAllowListed: true,
		doors: {
			ews: 'open', imap: 'open', graph: 'open', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'EWS for other apps',
		about: 'EwsEnabled is true, and the list names other apps only.',
		tenant: {ewsEnabled: true},
		isAllowListed: false,
		doors: {
			ews: 'closed', imap: 'open', graph: 'open', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'after 2027-04-01',
		about: 'EWS is gone for everybody, and PATCH of a sent message\'s text takes Mail-Advanced.',
		at: Date.UTC(2027, 3, 2, 12),
		doors: {
			ews: 'closed', imap: 'open', graph: 'open', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'IMAP switched off',
		about: 'The usual tenant, where Set-CASMailbox -ImapEnabled $false was said for the mailbox.',
		imap: {connected: false},
		doors: {
			ews: 'closed', imap: 'switched-off', graph: 'open', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'EWS closes in the middle of a run',
		about: 'The app is on the list when the migration begins; at the fourth CreateItem an administrator switches EWS off.',
		tenant: {ewsEnabled: true, ewsClosesAt: {operation: 'CreateItem', nth: 4}},
		isAllowListed: true,
		doors: {
			ews: 'closes', imap: 'open', graph: 'open', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'GCC High',
		about: 'The US government\'s cloud: other hosts, EWS still open, no importMime and no permanentDelete.',
		cloud: 'gcc-high',
		roles: ['full_access_as_app', 'IMAP.AccessAsApp', 'Mail.ReadWrite', 'User.Read.All'],
		tenant: {ewsEnabled: 'unset'},
		graph: {isNationalCloud: true},
		hosts: {exchange: ['outlook.office365.us'], graph: 'graph.microsoft.us'},
		doors: {
			ews: 'open', imap: 'open', graph: 'missing', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'Graph only with Mail.ReadWrite',
		about: 'The one permission that the directory\'s administrator gave; nothing of Exchange.',
		roles: ['Mail.ReadWrite'],
		imap: {connected: false},
		doors: {
			ews: 'no-permission', imap: 'no-permission', graph: 'no-permission', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'Graph by RBAC',
		about: 'Exchange granted Application Mail.ReadWrite and Mail-Advanced.ReadWrite.All for the mailbox; the token has no roles.',
		roles: [],
		rbac: ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'],
		imap: {connected: false},
		doors: {
			ews: 'no-permission', imap: 'no-permission', graph: 'open', 'graph-json': 'open',
		},
	},
	{
		...usual,
		name: 'nothing works',
		about: 'The app exists, and nobody granted it anything.',
		roles: [],
		imap: {connected: false},
		doors: {
			ews: 'no-permission', imap: 'no-permission', graph: 'no-permission', 'graph-json': 'no-permission',
		},
	},
] as const satisfies readonly TenantProfile[];

export type ProfileName = typeof profiles[number]['name'];

export const tenantProfiles: ReadonlyArray<TenantProfile & {readonly name: ProfileName}> = profiles;

export const profileNamed = (name: ProfileName): TenantProfile => tenantProfiles.find(profile => profile.name === name)!;

/** An app registration without what it may do. */
export type ProfileApp = Omit<MicrosoftServerOptions['apps'][number], 'roles'>;

/** A profile as options of the stand-in, for one app and its users. */
export const serverOptionsOf = (profile: TenantProfile, {app, users}: {readonly app: ProfileApp; readonly users: readonly User[]}): Pick<MicrosoftServerOptions, 'apps' | 'users' | 'tenant' | 'graph' | 'imap' | 'cloud'> => {
	const rbac: RbacGrant[] = (profile.rbac ?? []).map(role => ({clientId: app.clientId, role, mailboxes: users.map(({address}) => address)}));
	const list = profile.isAllowListed ? [app.clientId] : ['00000000-0000-0000-0000-000000000001'];
	return {
		apps: [{...app, roles: profile.roles}],
		users: users.map(user => ({...user, ...profile.mailbox, imap: profile.imap.connected})),
		imap: {},
		tenant: {...profile.tenant, rbac, ...(profile.isAllowListed !== undefined && {ewsAllowedAppIds: list})},
		graph: {...profile.graph},
		cloud: profile.hosts,
	};
};
