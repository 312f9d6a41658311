import {expect, test} from 'vitest';
import {formatInternalDate, parseInternalDate, writableDate} from '../../source/protocols/imap-date.js';
import {decodeName, encodeName} from '../../source/protocols/imap-name.js';
import {groups, uidSet} from '../../source/protocols/imap-uid-set.js';
import {keptFlags, normalFlags} from '../../source/protocols/imap-flags.js';
import {FolderTable} from '../../source/protocols/imap-folders.js';
import {backoffWait} from '../../source/protocols/imap-timing.js';

test('a received date is read to the second in any zone, and written back as the same instant', () => {
	expect(parseInternalDate('17-Jul-1996 02:44:25 -0700')).toBe(Date.UTC(1996, 6, 17, 9, 44, 25));
	expect(parseInternalDate(' 1-Jan-2020 00:00:00 +0530')).toBe(Date.UTC(2019, 11, 31, 18, 30));
	expect(parseInternalDate('01-jan-0050 00:00:00 +0000')).toBe(Date.parse('0050-01-01T00:00:00Z'));
	for (const time of [0, -1000, Date.UTC(1969, 11, 31), Date.UTC(2026, 10, 23, 13), Date.parse('0099-03-01T12:00:00Z'), Date.parse('9999-12-31T23:59:59Z')]) {
		expect(parseInternalDate(formatInternalDate(time))).toBe(time);
	}
});

test('what is no date is none, and never NaN', () => {
	for (const text of ['', 'yesterday', '32-Foo-2020 00:00:00 +0000', '00-Jan-2020 00:00:00 +0000', '17-Jul-1996 02:44:25', 'NIL']) {
		expect(parseInternalDate(text)).toBeUndefined();
	}

	expect(writableDate(Number.NaN)).toBe(0);
	expect(formatInternalDate(writableDate(1e18))).toBe('31-Dec-9999 23:59:59 +0000');
	expect(formatInternalDate(writableDate(-1e18))).toBe(' 1-Jan-0001 00:00:00 +0000');
	expect(writableDate(-1)).toBe(-1000);
});

test('folder names survive modified UTF-7, and broken ones are recognised', () => {
	for (const name of ['INBOX', 'Entwürfe', 'A & B', '&', '日本語/台北', '😀 mail', 'a-b&-c', '~peter', 'ü&ü-ü']) {
		expect(decodeName(encodeName(name))).toBe(name);
	}

	expect(encodeName('~peter/mail/台北/日本語')).toBe('~peter/mail/&U,BTFw-/&ZeVnLIqe-');
	for (const raw of ['&', 'a&b', '&AOQ', '&AO!-', '&A-', '&2D0-']) {
		expect(decodeName(raw)).toBeUndefined();
	}
});

test('UIDs become compact ranges', () => {
	expect(uidSet([5, 6, 7, 8, 9, 12])).toBe('5:9,12');
	expect(uidSet([1])).toBe('1');
	expect(uidSet([1, 3, 4, 4_294_967_295])).toBe('1,3:4,4294967295');
});

test('messages are grouped by bytes, number and length of the command, large ones alone, none lost', () => {
	const messages = Array.from({length: 500}, (_, index) => ({uid: (index * 3) + 1, size: index === 100 ? 50_000_000 : 10_000}));
	const cut = [...groups(messages, {messages: 50, bytes: 400_000, characters: 300})];
	expect(cut.flat()).toEqual(messages);
	expect(cut.filter(group => group.some(({size}) => size > 1_000_000)).map(group => group.length)).toEqual([1]);
	for (const group of cut) {
		expect(group.length).toBeLessThanOrEqual(40);
		expect(uidSet(group.map(({uid}) => uid)).length).toBeLessThanOrEqual(300);
	}
});

test(String.raw`flags are spelled one way, without \Recent`, () => {
	expect(normalFlags([String.raw`\SEEN`, String.raw`\Seen`, String.raw`\recent`, '$Label1', String.raw`\flagged`])).toEqual([String.raw`\Seen`, '$Label1', String.raw`\Flagged`]);
});

test('what a folder does not keep is told', () => {
	expect(keptFlags([String.raw`\Seen`, '$Label1', 'bad keyword', String.raw`\Answered`], [String.raw`\Seen`, String.raw`\Flagged`])).toEqual({
		kept: [String.raw`\Seen`], lost: ['keyword:$Label1', 'keyword:bad keyword', String.raw`flag:\Answered`],
	});
	expect(keptFlags(['$Label1'], [String.raw`\*`]).kept).toEqual(['$Label1']);
	expect(keptFlags(['$Label1', String.raw`\Seen`], undefined).lost).toEqual([]);
});

const table = (names: Array<[string, string?, string?]>, namespaces?: {personal: string; foreign: string[]}) => new FolderTable(names.map(([raw, attributes = '', delimiter = '/']) => ({
	raw, delimiter: delimiter === 'NIL' ? undefined : delimiter, attributes: attributes.split(' ').filter(part => part !== ''),
})), namespaces ?? {personal: '', foreign: []});

test('folders come with their parents first, roles and wire names; missing parents are containers', () => {
	const folders = table([['a/b/c'], ['Inbox'], ['Inbox/sub'], ['Gesendete Elemente'], ['Entw&APw-rfe', String.raw`\Drafts`], ['root', String.raw`\Noselect`]]);
	expect(folders.folders(() => false).map(({path, kind, role}) => [path.join('|'), kind, role])).toEqual([
		['INBOX', 'mail', 'inbox'],
		['Gesendete Elemente', 'mail', 'sent'],
		['Entwürfe', 'mail', 'drafts'],
		['root', 'container', undefined],
		['a', 'container', undefined],
		['INBOX|sub', 'mail', undefined],
		['a|b', 'container', undefined],
		['a|b|c', 'mail', undefined],
	]);
	expect(folders.get(['INBOX'])!.raw).toBe('Inbox');
	expect(folders.get(['inbox', 'sub'])!.raw).toBe('Inbox/sub');
	expect(folders.get(['a', 'b'])!.raw).toBe('a/b');
});

test('a name that cannot be decoded can be opened all the same, and no two wire names share a path', () => {
	const folders = table([['bad&name'], ['&AOQ-'], ['ä'], ['&AOQ-', '', '/']]);
	expect(folders.get(['bad&name'])!.raw).toBe('bad&name');
	expect(new Set(folders.all().map(({path}) => path.join('/'))).size).toBe(folders.all().length);
	expect(folders.all().map(({raw}) => raw)).toContain('ä');
});

test('without a delimiter names are flat, another delimiter splits, a personal prefix is hidden, others\' mail is left out', () => {
	expect(table([['a/b', '', 'NIL']]).all().map(({path}) => path)).toEqual([['a/b']]);
	expect(table([['a.b/c', '', '.']]).all().map(({path}) => path)).toEqual([['a'], ['a', 'b/c']]);
	const courier = table([['INBOX', '', '.'], ['INBOX.Sent', '', '.'], ['INBOX.INBOX', '', '.'], ['shared.x', '', '.']], {personal: 'INBOX.', foreign: ['shared.']});
	expect(courier.all().map(({path}) => path)).toEqual([['INBOX'], ['Sent'], ['INBOX', 'INBOX']]);
	expect(courier.rawOfNew('Ärger', undefined)).toBe('INBOX.&AMQ-rger');
	expect(courier.rawOfNew('x', courier.get(['Sent']))).toBe('INBOX.Sent.x');
});

test('waits double with jitter, within bounds', () => {
	const backoff = {first: 1000, longest: 60_000};
	expect([0, 1, 2, 3, 20].map(attempt => backoffWait(attempt, backoff, () => 1))).toEqual([1000, 2000, 4000, 8000, 60_000]);
	expect(backoffWait(3, backoff, () => 0)).toBe(4000);
});
