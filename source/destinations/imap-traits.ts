import {type NameRules, type Traits} from '../mailbox/destination.js';
import {isExchange} from '../protocols/imap-kind.js';
import {type Wire} from '../protocols/imap-wire.js';

/** Exchange makes these itself, for what is not mail, or keeps the name (NO Folder name is reserved). */
const reservedByExchange = ['Files', 'Calendar', 'Contacts', 'Conversation History', 'Journal', 'Notes', 'Outbox', 'RSS Feeds', 'Sync Issues', 'Tasks'];

const nameRules = (exchange: boolean, delimiter: string | undefined): NameRules => ({
	// `%` and `*` are wildcards in LIST: a name that holds them cannot be looked up.
	forbidden: exchange ? '%*\\' : '%*',
	delimiter: delimiter ?? '',
	ignoresCase: exchange,
	normalises: exchange,
	maxNameBytes: 250,
	maxDepth: delimiter === undefined ? 1 : 0,
	reserved: exchange ? reservedByExchange : [],
});

/** APPENDLIMIT in bytes (RFC 7889), or 0. */
const appendLimit = (capabilities: Wire['capabilities']): number => {
	const limit = capabilities.get('APPENDLIMIT');
	return typeof limit === 'number' ? limit : 0;
};

/** What the engine must know of this server. */
export const traitsOf = (wire: Wire, {host, delimiter, lanes, looks}: {
	readonly host: string;
	readonly delimiter: string | undefined;
	readonly lanes: {readonly start: number; readonly max: number};
	readonly looks: readonly [number, number];
}): Traits => {
	const exchange = isExchange(wire, host);
	return {
		transport: 'imap',
		startLanes: lanes.start,
		maxLanes: lanes.max,
		batch: {messages: 8, bytes: 2 * 1024 * 1024},
		looks,
		keepsBytes: !exchange,
		tellsId: wire.capabilities.has('UIDPLUS'),
		maxMessageBytes: appendLimit(wire.capabilities),
		names: nameRules(exchange, delimiter),
		// Its PERMANENTFLAGS name no `\*` (recorded/imap/exo-select-store-logout-2015.txt).
		loses: exchange ? ['keywords'] : [],
	};
};
