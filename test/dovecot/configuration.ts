/**
The text of a Dovecot 2.3 configuration for a throw-away server on loopback.

Everything it touches lies below `root`. Started by root, mail belongs to the system user `mail` (Dovecot never opens
mail as root); started by anyone else, every part of it runs as that person, and nothing is chrooted.
*/

export type Storage = 'maildir' | 'sdbox';

/** Ready-made folders beside INBOX by role, with their RFC 6154 special uses: none, or the names Outlook and WorkMail give them. */
export type SpecialFolders = 'none' | 'english' | 'german';

export const specialFolderNames = {
	none: {},
	english: {
		drafts: 'Drafts', sent: 'Sent Items', trash: 'Deleted Items', junk: 'Junk Email', archive: 'Archive',
	},
	german: {
		drafts: 'Entwürfe', sent: 'Gesendete Elemente', trash: 'Gelöschte Elemente', junk: 'Junk-E-Mail', archive: 'Archiv',
	},
} as const satisfies Record<SpecialFolders, Record<string, string>>;

export type DovecotSettings = {
	readonly root: string;
	/** Said in the greeting, so that a stranger on a reused port is not mistaken for this server. */
	readonly name: string;
	readonly port: number;
	readonly tlsPort: number | undefined;
	readonly storage: Storage;
	/** Hierarchy separator. Another than `/` loads listescape, so that `/` may stand inside a name. */
	readonly separator: string;
	readonly specialFolders: SpecialFolders;
	/** Capabilities not to announce. Dovecot goes on answering them: hidden UIDPLUS still gives APPENDUID. */
	readonly hideCapabilities: readonly string[];
	readonly connectionsPerUser: number;
	/** Whom Dovecot runs as when it is not started by root. */
	readonly ordinaryUser: {readonly user: string; readonly group: string} | undefined;
	/** More settings, verbatim, at the end. */
	readonly more: string;
};

/** What Dovecot 2.3 announces after login. */
const capabilities = [
	'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND',
	'URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN',
	'CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE',
].join(' ').split(' ');

const mailLocation: Readonly<Record<Storage, string>> = {
	maildir: 'maildir:%h/mail:LAYOUT=fs:UTF-8:INBOX=%h/mail/.INBOX',
	sdbox: 'sdbox:%h/mail:UTF-8',
};

const capabilityLine = (hidden: readonly string[]): string => {
	if (hidden.length === 0) {
		return '';
	}

	const lower = new Set(hidden.map(capability => capability.toLowerCase()));
	return `imap_capability = ${capabilities.filter(capability => !lower.has(capability.toLowerCase())).join(' ')}`;
};

const folderBlocks = (special: SpecialFolders): string => Object.entries(specialFolderNames[special])
	.map(([use, name]) => `  mailbox "${name}" {\n    auto = subscribe\n    special_use = \\${use[0]!.toUpperCase()}${use.slice(1)}\n  }`)
	.join('\n');

const identityLines = ({ordinaryUser}: DovecotSettings): string => ordinaryUser
	? `default_internal_user = ${ordinaryUser.user}
default_internal_group = ${ordinaryUser.group}
default_login_user = ${ordinaryUser.user}`
	: 'mail_uid = mail\nmail_gid = mail';

const chrootLine = ({ordinaryUser}: DovecotSettings): string => ordinaryUser ? 'chroot =' : '';

const tlsLines = ({root, tlsPort}: DovecotSettings): string => tlsPort === undefined
	? 'ssl = no'
	: `ssl = yes\nssl_cert = <${root}/tls/server.pem\nssl_key = <${root}/tls/server.key`;

export const dovecotConfiguration = (settings: DovecotSettings): string => `# A throw-away server for tests
protocols = imap
listen = 127.0.0.1
base_dir = ${settings.root}/run
state_dir = ${settings.root}/state
log_path = ${settings.root}/log
instance_name = ${settings.name}
login_greeting = Dovecot ready ${settings.name}
${identityLines(settings)}
first_valid_uid = 1
first_valid_gid = 1
${tlsLines(settings)}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %u
auth_failure_delay = 0
default_vsz_limit = 0
default_client_limit = 1000
default_process_limit = 500
mail_fsync = never
mail_location = ${mailLocation[settings.storage]}
mail_plugins =${settings.separator === '/' ? '' : ' listescape'}
mail_max_userip_connections = ${settings.connectionsPerUser}
${capabilityLine(settings.hideCapabilities)}
# A file for each user: one file for all would be looked at again only once a second, too late for a user just added.
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${settings.root}/users/%u
}
userdb {
  driver = passwd-file
  args = username_format=%u ${settings.root}/users/%u
}
namespace inbox {
  inbox = yes
  separator = "${settings.separator}"
${folderBlocks(settings.specialFolders)}
}
service anvil {
  client_limit = 2000
  ${chrootLine(settings)}
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  ${chrootLine(settings)}
  service_count = 0
  process_min_avail = 1
  inet_listener imap {
    port = ${settings.port}
  }
  inet_listener imaps {
    port = ${settings.tlsPort ?? 0}
    ssl = ${settings.tlsPort === undefined ? 'no' : 'yes'}
  }
}
service imap {
  process_min_avail = 2
  process_limit = 500
}
protocol imap {
  mail_max_userip_connections = ${settings.connectionsPerUser}
}
${settings.more}
`;
