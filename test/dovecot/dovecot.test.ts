import {Buffer} from 'node:buffer';
import {existsSync} from 'node:fs';
import {
	afterAll, beforeAll, describe, expect, test,
} from 'vitest';
import {compare, faithful, snapshot} from '../checker/checker.js';
import {listFolders} from '../checker/folders.js';
import {RawImap} from '../checker/raw-imap.js';
import {corpus, corpusAvailable} from './corpus.js';
import {dovecotAvailable, startDovecot, type Dovecot} from './dovecot.js';
import {generatedFolders, generatedMailbox} from './generated-mail.js';
import {decideAvailable} from './installed.js';
import {loadMailbox, type LoadedFolder} from './load.js';

const at = Date.UTC(2019, 4, 6, 7, 8, 9);
const mail = (text: string): Uint8Array => Buffer.from(`Subject: ${text}\r\nMessage-ID: <${text}@example.org>\r\n\r\n${text}\r\n`);

test('where everything is required, a missing Dovecot fails instead of skipping', () => {
	const ci = Object.fromEntries([['CI', 'true']]);
	expect(decideAvailable(undefined, {}, 'linux')).toBe(false);
	expect(decideAvailable(undefined, ci, 'win32')).toBe(false);
	expect(() => decideAvailable(undefined, ci, 'linux')).toThrow('not installed');
	expect(() => decideAvailable(undefined, Object.fromEntries([['AW2MS365_REQUIRE_ALL', '1']]), 'darwin')).toThrow('not installed');
	expect(decideAvailable('/usr/sbin/dovecot', ci, 'linux')).toBe(true);
});

describe.skipIf(!dovecotAvailable)('a private Dovecot', () => {
	let source: Dovecot;
	let destination: Dovecot;

	beforeAll(async () => {
		[source, destination] = await Promise.all([
			startDovecot(),
			startDovecot({
				storage: 'sdbox', tls: true, separator: '.', specialFolders: 'german', hideCapabilities: ['LITERAL+'],
			}),
		]);
	});

	afterAll(async () => {
		await Promise.all([source.stop(), destination.stop()]);
	});

	const freshUser = async (server: Dovecot, user: string) => {
		await server.addUser(user, `pass word of ${user}`);
		return {...server, user, password: `pass word of ${user}`};
	};

	test('keeps users apart and refuses a wrong password', async () => {
		const ana = await freshUser(source, 'ana');
		await loadMailbox(ana, [{path: ['INBOX'], messages: [{bytes: mail('one'), flags: [], internalDate: at}]}]);
		const bo = await snapshot(await freshUser(source, 'bo'));
		expect(bo.folders.flatMap(folder => folder.messages)).toEqual([]);
		await expect(RawImap.open({...ana, password: 'wrong'})).rejects.toThrow('AUTHENTICATIONFAILED');
	});

	test('has German special folders, a name with a slash, and hides what it is told to, over verified TLS', async () => {
		const account = {...await freshUser(destination, 'carl'), tls: true};
		await loadMailbox(account, [{path: ['Ein/Aus', 'Gründe & mehr'], messages: [{bytes: mail('one'), flags: [], internalDate: at}]}]);
		const imap = await RawImap.open(account);
		const folders = await listFolders(imap);
		expect(imap.capabilities.has('LITERAL+')).toBe(false);
		expect(imap.capabilities.has('UIDPLUS')).toBe(true);
		await imap.close();
		expect(folders.map(folder => folder.path)).toEqual(expect.arrayContaining([['INBOX'], ['Ein/Aus'], ['Ein/Aus', 'Gründe & mehr'], ['Gelöschte Elemente']]));
		expect(folders.find(folder => folder.attributes.includes(String.raw`\Sent`))?.path).toEqual(['Gesendete Elemente']);
		await expect(RawImap.open({...account, caFile: undefined})).rejects.toThrow(/certificate/v);
	});

	test('what was loaded is what the checker sees: bytes, flags, keywords, dates, empty and nested folders', async () => {
		const account = await freshUser(source, 'dora');
		const folders: LoadedFolder[] = [
			{
				path: ['INBOX'], messages: [
					{bytes: mail('a'), flags: [String.raw`\Seen`, '$Forwarded'], internalDate: at},
					{bytes: mail('a'), flags: [String.raw`\Seen`, '$Forwarded'], internalDate: at},
					{bytes: Buffer.from('no header\r\n\r\n\0\r\n'), flags: [], internalDate: 0},
				],
			},
			{path: ['Ä ö', '日本語'], messages: [{bytes: mail('b'), flags: [String.raw`\Draft`, String.raw`\Flagged`, String.raw`\Answered`, String.raw`\Deleted`], internalDate: at + 1000}]},
			{path: ['Empty'], messages: []},
		];
		await loadMailbox(account, folders);
		const seen = await snapshot(account);
		expect(seen.folders.map(folder => [folder.path.join('>'), folder.messages.length])).toEqual(expect.arrayContaining([['INBOX', 3], ['Ä ö>日本語', 1], ['Empty', 0]]));
		const inbox = seen.folders.find(folder => folder.path[0] === 'INBOX')!.messages;
		expect(inbox[0]).toMatchObject({
			uid: 1, size: mail('a').length, announcedSize: mail('a').length, internalDate: at, flags: ['$forwarded', String.raw`\seen`], messageId: '<a@example.org>',
		});
		expect(inbox[1]!.sha256).toBe(inbox[0]!.sha256);
		expect(inbox[2]).toMatchObject({internalDate: 0, flags: []});
		const deep = seen.folders.find(folder => folder.path[1] === '日本語')!.messages;
		expect(deep[0]).toMatchObject({internalDate: at + 1000, flags: [String.raw`\answered`, String.raw`\deleted`, String.raw`\draft`, String.raw`\flagged`]});
		expect(await snapshot(account)).toEqual(seen);
	});

	test('planted damage is found: a loss, a double, an altered byte, a date and flags', async () => {
		const account = await freshUser(source, 'emil');
		const messages = ['a', 'b', 'c', 'd', 'e', 'e'].map(text => ({bytes: mail(text), flags: [String.raw`\Seen`], internalDate: at}));
		await loadMailbox(account, [{path: ['INBOX'], messages}]);
		const [, doubled, altered, dated, flagged, twin] = messages;
		const bytes = Uint8Array.from(altered!.bytes);
		bytes[bytes.length - 3] = 33;
		const damaged = [doubled!, doubled!, {...altered!, bytes}, {...dated!, internalDate: at - 3_600_000}, {...flagged!, flags: []}, twin!];
		const other = await freshUser(destination, 'emil');
		await loadMailbox(other, [{path: ['INBOX'], messages: damaged}]);
		const found = compare(await snapshot(account), await snapshot(other));
		expect(found.counts).toEqual({
			source: 6, destination: 6, lost: 1, doubled: 1, altered: 1, dateChanged: 1, flagsChanged: 1, extra: 0, missingFolders: 0,
		});
		expect(found.lost[0]!.message.messageId).toBe('<a@example.org>');
		expect(found.doubled[0]!.message.messageId).toBe('<b@example.org>');
		expect(found.altered[0]!.source.messageId).toBe('<c@example.org>');
	});

	test.skipIf(!corpusAvailable)('the whole corpus loads into both storages, and both serve the same', async () => {
		const folders = (['hard', 'lists'] as const).map((part, index): LoadedFolder => ({
			path: ['Corpus', part],
			messages: corpus(part).map(({bytes}, number) => ({bytes, flags: number % 2 === 0 ? [String.raw`\Seen`] : [String.raw`\Flagged`, 'Key'], internalDate: at + (number * 61_000) + index})),
		}));
		const [a, b] = [await freshUser(source, 'fred'), await freshUser(destination, 'fred')];
		await Promise.all([loadMailbox(a, folders), loadMailbox(b, folders)]);
		const [seen, other] = await Promise.all([snapshot(a), snapshot(b)]);
		const count = folders.reduce((sum, folder) => sum + folder.messages.length, 0);
		expect(count).toBeGreaterThan(400);
		expect(compare(seen, other).counts).toEqual(faithful(count));
		expect(seen.folders.flatMap(folder => folder.messages).every(message => message.size === message.announcedSize)).toBe(true);
	});

	test('two thousand generated messages load, the same for the same seed', async () => {
		const folders = generatedMailbox({seed: 7, messages: 2000});
		expect(generatedMailbox({seed: 7, messages: 2000})).toEqual(folders);
		expect(generatedMailbox({seed: 8, messages: 2000})).not.toEqual(folders);
		const account = await freshUser(source, 'gil');
		await loadMailbox(account, folders);
		const {folders: seen} = await snapshot(account);
		expect(seen.reduce((sum, folder) => sum + folder.messages.length, 0)).toBe(2000);
		expect(seen.filter(folder => folder.messages.length > 0)).toHaveLength(generatedFolders.length - 1);
		const inbox = seen.find(folder => folder.path[0] === 'INBOX')!.messages;
		expect(new Set(inbox.map(message => message.sha256)).size).toBeLessThan(inbox.length);
	});

	test('refuses to connect a user beyond the limit it was given', async () => {
		const server = await startDovecot({connectionsPerUser: 1});
		const first = await RawImap.open(server);
		await expect(RawImap.open(server)).rejects.toThrow('Maximum number of connections');
		await first.close();
		await server.stop();
	});

	test('says why it does not start', async () => {
		await expect(startDovecot({settings: 'no_such_setting = yes'})).rejects.toThrow('no_such_setting');
	});

	test('is gone when stopped, directory and all', async () => {
		const server = await startDovecot();
		await server.stop();
		await server.stop();
		expect(existsSync(server.root)).toBe(false);
		await expect(RawImap.open(server)).rejects.toThrow('ECONNREFUSED');
	});
});
