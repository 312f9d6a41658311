import {type FolderMatcher} from '../mailbox/folder-matcher.js';
import {showPath} from '../mailbox/mailbox.js';
import {type Value} from './document.js';
import {type ParsedSettings} from './schema.js';

const section = (value: Value, key: string): Record<string, Value> => {
	const found = typeof value === 'object' && !Array.isArray(value) ? value[key] : undefined;
	return typeof found === 'object' && !Array.isArray(found) ? found : {};
};

/** The earlier tool's keys (its readme, 0.2.0). */
const itsKeys = {
	source: ['host', 'port', 'tls', 'user', 'password'],
	destination: ['tenantId', 'clientId', 'clientSecret', 'mailbox'],
	options: ['skipFolders', 'rateLimit', 'maxRetries', 'checkpointDirectory'],
};

/** Whether a configuration could have been written for the earlier tool: its keys only, and an application to sign in with. */
export const isPredecessors = (value: Value): boolean => Object.entries(itsKeys).every(([name, keys]) => Object.keys(section(value, name)).every(key => keys.includes(key)))
	&& 'clientId' in section(value, 'destination');

const nameOf = (matcher: FolderMatcher): string => `"${'path' in matcher ? showPath(matcher.path) : matcher.role}"`;

const hours = (rate: number): string => {
	const count = 100_000 / rate / 3600;
	return count >= 10 ? String(Math.round(count)) : count.toFixed(1);
};

const byEws = 'No transport is named: the best way that is open is taken. The application of the earlier tool has the permission for EWS only. '
	+ 'Exchange Online has been switching EWS off since 2026-10-01 and removes it on 2027-04-01: until then an administrator opens it with '
	+ 'Set-OrganizationConfig -EwsAllowedAppIDs "<the ids there>,<clientId>" and -EwsEnabled $true. '
	+ 'The other ways need permissions of their own: "aw2ms365 doctor" says which are open, and how to open them.';

const slow = (rate: number): string => `options.rateLimit is ${rate}: ${rate === 1 ? '1 message' : `${rate} messages`} a second at most, so 100,000 messages take ${hours(rate)} hours. `
	+ 'With 0 it goes as fast as both services allow.';

const skipping = (matchers: readonly FolderMatcher[]): string => {
	const hasJunk = matchers.some(matcher => 'path' in matcher && showPath(matcher.path).toLowerCase() === 'junk email');
	return `options.skipFolders: ${matchers.map(matcher => nameOf(matcher)).join(', ')} and everything below them stay behind (the earlier tool carried what lies below). `
		+ 'Take a folder off the list to carry its mail.'
		+ (hasJunk ? ' WorkMail calls its junk folder "Junk E-Mail", which "Junk Email" does not name: write junk to skip it.' : '');
};

const notSkipping = 'options.skipFolders names nothing: all folders are carried. The earlier tool left Deleted Items, Junk Email and Drafts behind unasked.';

const journalThere = (directory: string): string => `options.checkpointDirectory: the journal is kept in ${directory}. `
	+ 'The earlier tool\'s checkpoints are left alone and not read; what it carried is found at the destination and not carried again.';

/** What a configuration of the earlier tool brings along, each with its effect here. */
export const announcePredecessor = ({options}: ParsedSettings, {checkpointDirectory}: {readonly checkpointDirectory: string | undefined}): string[] => [
	byEws,
	...(options.rateLimit > 0 ? [slow(options.rateLimit)] : []),
	options.skipFolders.length > 0 ? skipping(options.skipFolders) : notSkipping,
	...(checkpointDirectory === undefined ? [] : [journalThere(checkpointDirectory)]),
];
