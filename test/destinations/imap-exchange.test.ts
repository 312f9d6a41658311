import {
	afterEach, describe, expect, test,
} from 'vitest';
import {imapDestination} from '../../source/destinations/imap.js';
import {longestLine, overlongLine} from '../../source/destinations/imap-lines.js';
import {nextStep, type Failure} from '../../source/mailbox/failure.js';
import {mapFolders} from '../../source/mailbox/folder-map.js';
import {type Notice} from '../../source/mailbox/source.js';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type ImapServerOptions, type User} from '../../source/sandbox/imap/options.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {failureFrom, never, PatientClock} from '../protocols/surroundings.js';
import {deliver, delivery} from './deliveries.js';

/** The adapter as it writes into Exchange Online: an application with a token, before the stand-in with Exchange's manners. */

const mailbox = 'ana@example.com';
const names = {clientId: '6c0e2a7d-93b5-4f18-8d46-b1e7c5a2f390', tenantId: '2b6f8c1e-0d4a-4c57-9e7b-3a1f5d8c9e02', mailbox};
const open: Array<{close(): Promise<void>}> = [];
const servers: ImapServer[] = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map(async one => one.close()));
	for (const server of servers.splice(0)) {
		expect(server.errors).toEqual([]);
	}
});

type Wanted = {readonly user?: Partial<User>; readonly rules?: readonly FaultRule[]; readonly options?: Partial<ImapServerOptions>; readonly credential?: (fresh: boolean) => Promise<{readonly accessToken: string} | {readonly password: string}>};

const start = async ({user = {}, rules = [], options = {}, credential = async () => ({accessToken: 'token'})}: Wanted = {}) => {
	const clock = new PatientClock();
	const server = await ImapServer.start({
		clock, flavour: 'exchange', users: [{name: mailbox, tokens: ['token'], ...user}], faults: {rules}, ...options,
	});
	const notices: Notice[] = [];
	const destination = imapDestination({
		host: server.host, port: server.port, tls: false, user: mailbox, clock, random: () => 0.5, credential,
		notice(notice) {
			notices.push(notice);
		},
		timing: {silence: 5000, patience: 3_600_000},
	});
	open.push(destination, server);
	servers.push(server);
	return {
		server, destination, notices, clock,
	};
};

const openInbox = async (wanted: Wanted = {}) => {
	const ends = await start(wanted);
	const traits = await ends.destination.open(never);
	return {...ends, traits, folder: await ends.destination.prepare(['INBOX'], never)};
};

const seen = String.raw`\Seen`;
const flagged = String.raw`\Flagged`;

describe('an application that is not let in is told what opens IMAP to it, with its own ids:', () => {
	const service = [`New-ServicePrincipal -AppId ${names.clientId} -ObjectId`, 'Enterprise applications, not that of App registrations', `Add-MailboxPermission -Identity '${mailbox}'`, '-AccessRights FullAccess', 'minutes to hours'];

	test.each<readonly [string, Wanted, string, readonly string[]]>([
		['its token is not taken', {credential: async () => ({accessToken: 'another'})}, 'imap-sign-in-refused', ['IMAP.AccessAsApp', 'admin consent', ...service]],
		['the mailbox is not to be had', {user: {connected: false}}, 'imap-closed', [`Set-CASMailbox '${mailbox}' -ImapEnabled $true`, ...service]],
		['the same, with the farewell first', {user: {connected: false, hangsUpFirst: true}}, 'imap-closed', [`Set-CASMailbox '${mailbox}' -ImapEnabled $true`, ...service]],
		['the same, without an answer', {rules: [{on: 'namespace', do: {type: 'bye', text: 'Connection closed. 14'}}]}, 'imap-closed', service],
	])('%s', async (_, wanted, code, remedies) => {
		const {destination, clock} = await start(wanted);
		const {error, ...failure} = await failureFrom(destination.open(never));
		expect(failure).toMatchObject({code, reach: 'run', outcome: 'not stored'});
		const next = nextStep(failure as Failure, names);
		for (const remedy of remedies) {
			expect(next).toContain(remedy);
		}

		expect(next).not.toMatch(/password|<clientId>|<mailbox>/v);
		// Half a minute at most: another way may be open.
		expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(30_000);
	});

	test('a person with a password is told something else', async () => {
		const {destination} = await start({user: {password: 'right', connected: false}, credential: async () => ({password: 'right'})});
		const {error, ...failure} = await failureFrom(destination.open(never));
		expect(failure).toMatchObject({code: 'sign-in-refused'});
		expect(nextStep(failure as Failure, names)).not.toContain('New-ServicePrincipal');
	});

	test('a server that takes no tokens is told as such', async () => {
		const {destination} = await start({options: {capabilities: {hide: ['AUTH=XOAUTH2']}}});
		const {error, ...failure} = await failureFrom(destination.open(never));
		expect(failure).toMatchObject({code: 'sign-in-refused', detail: expect.stringContaining('XOAUTH2') as string});
		expect(nextStep(failure as Failure, names)).toContain('destination.cloud');
	});
});

test('where passwords are off, LOGINDISABLED beside XOAUTH2 keeps nobody out', async () => {
	const {destination, server} = await start({options: {loginDisabled: true}});
	expect(await destination.open(never)).toMatchObject({keepsBytes: false});
	expect(server.log.map(({command}) => command.split(' ')[0])).not.toContain('LOGIN');
});

test('each connection asks for a token, and one that is refused is not shown again', async () => {
	const asked: boolean[] = [];
	let valid = 'first';
	const {destination, server, folder} = await openInbox({
		user: {tokens: [], accepts: token => token === valid},
		async credential(fresh) {
			asked.push(fresh);
			return {accessToken: fresh ? valid : 'first'};
		},
	});
	expect(await deliver(destination, folder, [delivery('one')])).toMatchObject([{stored: true}]);
	valid = 'second';
	server.dropAllConnections();
	await destination.folders(never);
	expect(await deliver(destination, folder, [delivery('two')])).toMatchObject([{stored: true}]);
	expect(asked).toEqual([false, false, true]);
	expect(server.mailbox().folder(['INBOX']).messages).toHaveLength(2);
});

describe('a line that Exchange would take for commands', () => {
	test('is found to the byte, its end not counted, wherever it stands', () => {
		const line = (length: number, end = '\r\n') => new TextEncoder().encode(`Subject: x\r\n\r\n${'a'.repeat(length)}${end}b\r\n`);
		expect(longestLine).toBe(10_239);
		expect(overlongLine(line(10_239))).toBeUndefined();
		expect(overlongLine(line(10_239, '\n'))).toBeUndefined();
		expect(overlongLine(line(10_240))).toEqual({line: 3, bytes: 10_240});
		expect(overlongLine(line(10_240, '\n'))).toEqual({line: 3, bytes: 10_240});
		expect(overlongLine(new TextEncoder().encode(`X-Long: ${'a'.repeat(20_000)}`))).toEqual({line: 1, bytes: 20_008});
		expect(overlongLine(new Uint8Array())).toBeUndefined();
	});

	test('keeps the message from being sent: it was not stored, the connection stays, and the others go on', async () => {
		const {destination, server, folder} = await openInbox();
		const results = await deliver(destination, folder, [delivery('before', {uid: 1}), delivery(`Subject: x\r\n\r\n${'a'.repeat(10_240)}\r\n`, {uid: 2}), delivery(`Subject: y\r\n\r\n${'b'.repeat(10_239)}\r\n`, {uid: 3})]);
		expect(results).toMatchObject([{stored: true}, {
			stored: false, failure: {
				code: 'message-line-too-long', reach: 'message', outcome: 'not stored', detail: 'line 3 has 10240 bytes, 10239 are taken',
			},
		}, {stored: true}]);
		expect(server.counters.commands.APPEND).toBe(2);
		expect(server.counters.connections.ever).toBe(1);
	});

	test('sent to a server that does not look like Exchange and stumbles all the same, leaves the outcome unknown', async () => {
		// A server that is not known for Exchange is sent such lines.
		const other = await ImapServer.start({
			clock: new PatientClock(), users: [{name: mailbox, password: 'p'}], refusals: [{
				lineOver: 10_240, status: 'BAD', text: 'Command Error. 10', alienTag: true,
			}],
		});
		const destination = imapDestination({
			host: other.host, port: other.port, tls: false, user: mailbox, clock: new PatientClock(), random: () => 0.5, credential: async () => ({password: 'p'}), notice: () => undefined,
		});
		open.push(destination, other);
		await destination.open(never);
		const folder = await destination.prepare(['INBOX'], never);
		expect(await deliver(destination, folder, [delivery(`Subject: x\r\n\r\n${'a'.repeat(20_000)}\r\n`)])).toMatchObject([{stored: false, failure: {code: 'message-line-too-long', outcome: 'unknown'}}]);
	});
});

test('so many refusals that Exchange would hang up never come over one connection: each message is told as refused, none as unknown', async () => {
	const {destination, server, folder} = await openInbox({options: {refusals: [{header: {name: 'Subject', holds: 'bad'}, text: 'Refused.'}]}});
	const batches = Array.from({length: 5}, (_, batch) => Array.from({length: 8}, (__, index) => delivery(`Subject: ${index % 4 === 0 ? 'good' : 'bad'}\r\n\r\n`, {uid: (batch * 8) + index + 1})));
	for (const batch of batches) {
		// eslint-disable-next-line no-await-in-loop -- one after another, as in a lane
		const results = await deliver(destination, folder, batch);
		expect(results.map(result => result.stored || result.failure.outcome)).toEqual(batch.map((_, index) => index % 4 === 0 || 'not stored'));
	}

	expect(server.log.filter(({answer}) => answer.startsWith('NO'))).toHaveLength(30);
	expect(server.mailbox().folder(['INBOX']).messages).toHaveLength(10);
});

test('a message that is too large is told in Exchange\'s words, was not stored, and is refused alone', async () => {
	const {destination, folder} = await openInbox({options: {limits: {maxMessageBytes: 1000}}});
	expect(await deliver(destination, folder, [delivery('x'.repeat(1001)), delivery('small')])).toMatchObject([
		{
			stored: false, failure: {
				code: 'message-too-large', reach: 'message', outcome: 'not stored', detail: 'NO Maximum size of appendable message has been exceeded',
			},
		}, {stored: true},
	]);
});

test('"Server Unavailable. 15" is waited for, told, and a full mailbox is named as what it may mean', async () => {
	const {destination, notices, folder} = await openInbox({rules: [{on: 'append', nth: 1, do: {type: 'refuse'}}]});
	const [result] = await deliver(destination, folder, [delivery('x')]);
	expect(result).toMatchObject({
		stored: false, failure: {
			code: 'server-unavailable', reach: 'mailbox', retry: 'now', outcome: 'not stored', detail: 'NO Server Unavailable. 15',
		},
	});
	expect(result!.stored ? '' : nextStep(result!.failure, names)).toContain(`Get-MailboxStatistics '${mailbox}'`);
	expect(notices.filter(({type}) => type === 'waiting')).toEqual([{
		type: 'waiting', side: 'destination', code: 'server-unavailable', detail: 'NO Server Unavailable. 15: Exchange says so of a full mailbox too',
	}]);
	expect(await deliver(destination, folder, [delivery('x')])).toMatchObject([{stored: true}]);
});

test.each([['NO', false], ['BAD', false], ['BAD', true]] as const)('a throttle as %s (farewell: %s) was not stored, and nothing is asked before its time', async (status, bye) => {
	const {destination, server, clock, folder} = await openInbox({
		rules: [{
			on: 'append', nth: 1, do: {
				type: 'throttle', milliseconds: 89_117, status, bye, hold: true,
			},
		}],
	});
	expect(await deliver(destination, folder, [delivery('x')])).toMatchObject([{stored: false, failure: {code: 'throttled', wait: 89_117, outcome: 'not stored'}}]);
	const before = clock.now();
	expect(await deliver(destination, folder, [delivery('x')])).toMatchObject([{stored: true}]);
	expect(clock.now() - before).toBeGreaterThanOrEqual(89_117);
	expect(server.early).toBe(0);
});

test('keywords are known beforehand to be lost, and each is told; received date and states arrive, the flag by a step of its own', async () => {
	const {destination, server, traits, folder} = await openInbox();
	expect(traits).toMatchObject({transport: 'imap', loses: ['keywords'], keepsBytes: false});
	expect(traits.mayLose).toBeUndefined();
	const receivedAt = Date.UTC(1999, 11, 31, 23, 59, 59);
	expect(await deliver(destination, folder, [delivery('x', {receivedAt, flags: [seen, flagged, String.raw`\Answered`, 'Work', '$Label1']})])).toMatchObject([{stored: true, lost: ['keyword:Work', 'keyword:$Label1']}]);
	const [message] = server.mailbox().folder(['INBOX']).messages;
	expect(message!.internalDate).toBe(receivedAt);
	expect([...message!.flags].sort()).toEqual([String.raw`\Answered`, flagged, seen]);
});

test('read mail that asks for a receipt stays unread, and that is told: no letters to strangers', async () => {
	const {destination, server, folder} = await openInbox();
	const asking = 'From: b@example.org\r\nDisposition-Notification-To: b@example.org\r\nSubject: x\r\n\r\n';
	expect(await deliver(destination, folder, [delivery(asking, {uid: 1, flags: [seen, flagged]}), delivery(asking, {uid: 2}), delivery(`Subject: y\r\n\r\n${asking}`, {uid: 3, flags: [seen]})])).toMatchObject([
		{stored: true, lost: [`flag:${seen}`]}, {stored: true}, {stored: true},
	]);
	expect(server.mailbox().folder(['INBOX']).messages.map(({flags}) => flags)).toEqual([[flagged], [], [seen]]);
});

describe('names', () => {
	test('that Exchange keeps for itself, or that hold its delimiter, are given another way before anything is made', async () => {
		const {destination, traits} = await openInbox({user: {mailbox: {folders: [{path: ['a/b']}, {path: ['Calendar'], kind: 'not-mail'}]}}});
		const existing = await destination.folders(never);
		// A folder whose name holds the delimiter is not listed at all.
		expect(existing.map(({path}) => path.join('|'))).not.toContain('a/b');
		const mapped = mapFolders([{path: ['Files'], kind: 'mail'}, {path: ['a/b'], kind: 'mail'}, {path: ['Calendar'], kind: 'mail'}], existing, traits.names, {}, []);
		for (const {destination: path} of mapped) {
			// eslint-disable-next-line no-await-in-loop -- one after another
			await expect(destination.prepare(path, never)).resolves.toMatchObject({path, created: true});
			expect(['Files', 'Calendar']).not.toContain(path[0]);
			expect(path[0]).not.toContain('/');
		}
	});

	test('that are refused for being reserved are failures of their folder', async () => {
		const {destination} = await openInbox();
		expect(await failureFrom(destination.prepare(['Files'], never))).toMatchObject({code: 'folder-not-creatable', reach: 'folder', detail: 'NO Folder name is reserved'});
	});
});
