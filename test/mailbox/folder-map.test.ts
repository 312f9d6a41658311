/* eslint-disable @typescript-eslint/naming-convention -- Folder names serve as keys here. */
import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type NameRules} from '../../source/mailbox/destination.js';
import {
	type Folder, type Role, parsePath, pathKey, showPath,
} from '../../source/mailbox/mailbox.js';
import {
	type FolderMapping, creationOrder, equalNames, equalPaths, mapFolders, unusedOverrides,
} from '../../source/mailbox/folder-map.js';
import {destinationKey} from '../../source/mailbox/folder-names.js';

const exchange: NameRules = {
	forbidden: '\\', delimiter: '/', ignoresCase: true, normalises: true, maxNameBytes: 250, maxDepth: 0, reserved: ['Files'],
};
const dovecot: NameRules = {
	forbidden: '', delimiter: '/', ignoresCase: false, normalises: false, maxNameBytes: 255, maxDepth: 0, reserved: [],
};

const folder = (path: string | readonly string[], role?: Role, kind: Folder['kind'] = 'mail'): Folder => ({path: typeof path === 'string' ? parsePath(path) : path, kind, ...(role && {role})});
const folders = (...paths: Array<string | readonly string[]>) => paths.map(path => folder(path));
const destinations = (mappings: readonly FolderMapping[]) => Object.fromEntries(mappings.map(({source, destination}) => [showPath(source), showPath(destination)]));
const mappingOf = (mappings: readonly FolderMapping[], source: string) => mappings.find(mapping => showPath(mapping.source) === source)!;

describe('names kept', () => {
	test('names that the destination takes stay as they are', () => {
		const mappings = mapFolders(folders('A', 'A/B', 'Ünïcode/日本語', 'v1.2'), [], dovecot);
		expect(destinations(mappings)).toEqual({
			A: 'A', 'A/B': 'A/B', 'Ünïcode/日本語': 'Ünïcode/日本語', 'v1.2': 'v1.2',
		});
		expect(mappings.every(({reasons, explanation}) => reasons.join(',') === 'same' && explanation === undefined)).toBe(true);
	});

	test('a folder that is there is used, as the destination spells it', () => {
		const mappings = mapFolders(folders('projects', 'projects/new'), folders('Projects'), exchange);
		expect(destinations(mappings)).toEqual({projects: 'Projects', 'projects/new': 'Projects/new'});
		expect(mappings.map(({exists}) => exists)).toEqual([true, false]);
		expect(mappings[0]!.reasons).toEqual(['renamed']);
		expect(mappings[1]!.reasons).toEqual(['parent']);
	});

	test('the same names differ where the destination tells case and composition apart', () => {
		const mappings = mapFolders(folders('foo', 'FOO', 'Caf\u00E9', 'Cafe\u0301'), [], dovecot);
		expect(new Set(mappings.map(({destination}) => pathKey(destination))).size).toBe(4);
		expect(mappings.every(({reasons}) => reasons.join(',') === 'same')).toBe(true);
	});

	test('folders without mail get no mapping', () => {
		expect(destinations(mapFolders([folder('Box', undefined, 'container'), folder('Box/in'), folder('Calendar', undefined, 'not-mail')], [], exchange))).toEqual({'Box/in': 'Box/in'});
	});
});

describe('roles', () => {
	const source = [folder('INBOX', 'inbox'), folder('Sent Items', 'sent'), folder('Deleted Items', 'trash'), folder('Deleted Items/2019'), folder('Junk E-Mail', 'junk')];

	test('roles go to the destination\'s own folders, in whatever language, and children with them', () => {
		const existing = [folder('Inbox', 'inbox'), folder('Gesendete Elemente', 'sent'), folder('Gelöschte Elemente', 'trash'), folder('Junk-E-Mail', 'junk')];
		const mappings = mapFolders(source, existing, exchange);
		expect(destinations(mappings)).toEqual({
			INBOX: 'Inbox', 'Sent Items': 'Gesendete Elemente', 'Deleted Items': 'Gelöschte Elemente', 'Deleted Items/2019': 'Gelöschte Elemente/2019', 'Junk E-Mail': 'Junk-E-Mail',
		});
		expect(mappingOf(mappings, 'Sent Items')).toMatchObject({
			role: 'sent', exists: true, reasons: ['role'], explanation: 'This is the destination\'s folder for sent.',
		});
		expect(mappingOf(mappings, 'Deleted Items/2019').reasons).toEqual(['parent']);
	});

	test('without such a folder at the destination Exchange\'s name is used', () => {
		expect(destinations(mapFolders([folder('Posteingang', 'inbox'), folder('Envoyés', 'sent'), folder('Junk E-Mail', 'junk')], [], exchange))).toEqual({
			Posteingang: 'INBOX', Envoyés: 'Sent Items', 'Junk E-Mail': 'Junk Email',
		});
	});

	test('of two folders with one role only one gets the role\'s folder', () => {
		const twice = [folder('Sent Messages', 'sent'), folder('Sent Items', 'sent')];
		expect(destinations(mapFolders(twice, [folder('Sent Items', 'sent')], exchange))).toEqual({'Sent Items': 'Sent Items', 'Sent Messages': 'Sent Messages'});
		expect(destinations(mapFolders(twice, [folder('Gesendet', 'sent')], exchange))).toEqual({'Sent Items': 'Gesendet', 'Sent Messages': 'Sent Messages'});
	});

	test('a person\'s folder that bears the name of the role\'s folder is not merged into it', () => {
		const mappings = mapFolders([folder('Sent Items', 'sent'), folder('Sent')], [folder('Sent', 'sent')], exchange);
		expect(destinations(mappings)).toEqual({'Sent Items': 'Sent', Sent: 'Sent (2)'});
		expect(mappingOf(mappings, 'Sent').reasons).toEqual(['clash']);
		expect(mappingOf(mappings, 'Sent').explanation).toContain('"Sent Items"');
	});

	test('INBOX is one folder in any case, also where case counts', () => {
		expect(destinations(mapFolders([folder('INBOX', 'inbox'), folder('Inbox ')], [folder('Inbox', 'inbox')], dovecot))).toEqual({INBOX: 'Inbox', 'Inbox ': 'Inbox (2)'});
	});
});

describe('names cleaned', () => {
	const clean = (name: string, rules: NameRules = exchange) => mapFolders([folder([name])], [], rules)[0]!;

	test('what cannot stand in a name is replaced', () => {
		expect(clean('a/b').destination).toEqual(['a-b']);
		expect(clean(String.raw`a\b`).destination).toEqual(['a-b']);
		expect(clean('a\tb\u0000c\u0085').destination).toEqual(['a b c']);
		expect(clean('a\uD800b').destination).toEqual(['a\uFFFDb']);
		expect(clean('  padded. ').destination).toEqual(['padded']);
		expect(clean('  padded. ', dovecot).destination).toEqual(['padded.']);
		expect(clean('...').destination).toEqual(['Unnamed']);
		expect(clean('..', dovecot).destination).toEqual(['Unnamed']);
		expect(clean('').destination).toEqual(['Unnamed']);
		expect(clean('v1.2', {...dovecot, delimiter: '.'}).destination).toEqual(['v1-2']);
		expect(clean('a-b', {...dovecot, delimiter: '-'}).destination).toEqual(['a_b']);
		expect(clean('a/b').reasons).toEqual(['renamed']);
		expect(clean('a/b').explanation).toMatch(/does not take the name/v);
	});

	test('a reserved name is left to the destination, at the top only', () => {
		expect(destinations(mapFolders(folders('FILES', 'FILES/x', 'A/Files'), [], exchange))).toEqual({FILES: 'FILES (mail)', 'FILES/x': 'FILES (mail)/x', 'A/Files': 'A/Files'});
		expect(clean('Files').reasons).toEqual(['reserved']);
	});

	test('long names are cut by bytes, never inside a character', () => {
		const rules = {...exchange, maxNameBytes: 20};
		const family = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}';
		const {destination, reasons} = clean(`abc${family}x`, rules);
		expect(destination).toEqual(['abc']);
		expect(reasons).toEqual(['shortened']);
		expect(clean('日本語日本語日本語', rules).destination).toEqual(['日本語日本語']);
		expect(clean(family + family, rules).destination).toEqual([family]);
		expect(clean(family, {...exchange, maxNameBytes: 10}).destination).toEqual(['_']);
	});

	test('cut names that fall together stay two folders, suffix included in the length', () => {
		const rules = {...exchange, maxNameBytes: 12};
		const mappings = mapFolders(folders('a long name one', 'a long name two'), [], rules);
		expect(destinations(mappings)).toEqual({'a long name one': 'a long name', 'a long name two': 'a long n (2)'});
		expect(mappings[1]!.reasons).toEqual(['shortened', 'clash']);
	});

	test('the deepest levels are joined where the destination does not nest so deep', () => {
		const mappings = mapFolders(folders('a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/b - c'), [], {...exchange, maxDepth: 2});
		expect(destinations(mappings)).toEqual({
			a: 'a', 'a/b': 'a/b', 'a/b/c': 'a/b - c (2)', 'a/b/c/d': 'a/b - c (2) - d', 'a/b - c': 'a/b - c',
		});
		expect(mappingOf(mappings, 'a/b/c').reasons).toEqual(['flattened', 'clash']);
	});
});

describe('clashes', () => {
	test('names equal in the destination\'s eyes never merge two folders', () => {
		const mappings = mapFolders(folders('foo', 'FOO', 'Caf\u00E9', 'Cafe\u0301', 'Bar', ['Bar.'], ['Bar ']), [], exchange);
		expect(Object.values(destinations(mappings)).sort()).toEqual(['Bar', 'Bar (2)', 'Bar (3)', 'Cafe\u0301', 'Caf\u00E9 (2)', 'FOO', 'foo (2)'].sort());
		expect(mappingOf(mappings, 'foo').explanation).toBe('"foo" is where "FOO" goes, and to the destination both names are equal.');
	});

	test('children follow a parent that got a suffix', () => {
		expect(destinations(mapFolders(folders('FOO', 'FOO/x', 'foo', 'foo/x'), [], exchange))).toEqual({
			FOO: 'FOO', 'FOO/x': 'FOO/x', foo: 'foo (2)', 'foo/x': 'foo (2)/x',
		});
	});

	test('a name that needs no change comes before one that does, and a suffix passes over names in use', () => {
		expect(destinations(mapFolders(folders(['A?'], 'A-', 'A- (2)'), [], {...exchange, forbidden: '?'}))).toEqual({'A?': 'A- (3)', 'A-': 'A-', 'A- (2)': 'A- (2)'});
	});

	test('the spelling that is there already comes first', () => {
		expect(destinations(mapFolders(folders('FOO', 'foo'), folders('foo'), exchange))).toEqual({FOO: 'FOO (2)', foo: 'foo'});
	});

	test('a run whose journal is lost finds the folders it made', () => {
		const source = folders('foo', 'FOO', ['A/B'], 'A-B');
		const first = mapFolders(source, [], exchange);
		const again = mapFolders(source, first.map(({destination}) => folder(destination)), exchange);
		expect(destinations(again)).toEqual(destinations(first));
		expect(again.every(({exists}) => exists)).toBe(true);
	});

	test('mail never goes into a calendar of the same name', () => {
		const mappings = mapFolders(folders('Calendar', 'Calendar/old', 'Tasks/a'), [folder('Calendar', undefined, 'not-mail'), folder('Tasks', undefined, 'not-mail')], exchange);
		expect(destinations(mappings)).toEqual({Calendar: 'Calendar (2)', 'Calendar/old': 'Calendar (2)/old', 'Tasks/a': 'Tasks (2)/a'});
		expect(mappings[0]!.explanation).toBe('"Calendar" at the destination holds no mail.');
	});
});

describe('overrides', () => {
	test('an override takes a folder and what lies below it to its target', () => {
		const mappings = mapFolders(folders('Old name', 'Old name/a', 'Other'), [], exchange, {'Old name': 'New/Name'});
		expect(destinations(mappings)).toEqual({'Old name': 'New/Name', 'Old name/a': 'New/Name/a', Other: 'Other'});
		expect(mappings.map(({reasons}) => reasons)).toEqual([['override'], ['parent'], ['same']]);
	});

	test('an override may name a level that holds no mail, and a folder with a role', () => {
		const source = [folder('Box/in'), folder('Sent Items', 'sent')];
		expect(destinations(mapFolders(source, [folder('Gesendet', 'sent')], exchange, {Box: 'Kiste', 'sent items': 'Old/Sent'}))).toEqual({'Box/in': 'Kiste/in', 'Sent Items': 'Old/Sent'});
	});

	test('two folders become one only where the same target is written for both', () => {
		const source = folders('X', 'Y', 'X/a', 'Y/a');
		expect(destinations(mapFolders(source, [], exchange, {X: 'Y'}))).toEqual({
			X: 'Y (2)', Y: 'Y', 'X/a': 'Y (2)/a', 'Y/a': 'Y/a',
		});
		expect(mapFolders(source, [], exchange, {X: 'Y'})[0]!.explanation).toContain('name that target for both');
		const joined = mapFolders(source, [], exchange, {X: 'Z', Y: 'z'});
		expect(destinations(joined)).toEqual({
			X: 'Z', Y: 'Z', 'X/a': 'Z/a', 'Y/a': 'Z/a (2)',
		});
		expect(joined.map(({reasons}) => reasons[0])).toEqual(['override', 'parent', 'override', 'clash']);
		expect(joined[0]!.explanation).toContain('Other folders go there too');
	});

	test('two folders may change places', () => {
		expect(destinations(mapFolders(folders('A', 'B', 'A/x', 'B/x'), [], exchange, {A: 'B', B: 'A'}))).toEqual({
			A: 'B', B: 'A', 'A/x': 'B/x', 'B/x': 'A/x',
		});
	});

	test('targets are cleaned and spelled as the destination spells them', () => {
		expect(destinations(mapFolders(folders('A'), [folder('Inbox', 'inbox')], exchange, {A: String.raw`INBOX/a\/b`}))).toEqual({A: 'Inbox/a-b'});
	});

	test('keys that name nothing are told', () => {
		expect(unusedOverrides(folders('Box/in', 'foo', 'FOO'), {
			Box: 'a', BOX: 'b', Bux: 'c', Foo: 'd', foo: 'e',
		})).toEqual(['Bux', 'Foo']);
	});
});

describe('settled', () => {
	test('a folder stays where it went, whoever appears later', () => {
		const settled = [{source: ['foo'], destination: ['foo']}];
		expect(destinations(mapFolders(folders('FOO', 'foo'), [], exchange, {}, settled))).toEqual({FOO: 'FOO (2)', foo: 'foo'});
		expect(destinations(mapFolders(folders('FOO', 'foo'), [], exchange))).toEqual({FOO: 'FOO', foo: 'foo (2)'});
	});

	test('the place of a folder that is gone is not given to another', () => {
		expect(destinations(mapFolders(folders('FOO'), folders('foo'), exchange, {}, [{source: ['foo'], destination: ['foo']}]))).toEqual({FOO: 'FOO (2)'});
	});

	test('the folder of a role keeps its place when the source renames it', () => {
		const settled = [{source: ['Sent'], destination: ['Sent Items']}];
		expect(destinations(mapFolders([folder('Gesendet', 'sent')], [folder('Sent Items', 'sent')], exchange, {}, settled))).toEqual({Gesendet: 'Sent Items'});
	});

	test('an override written later moves a folder all the same, and what lies below it', () => {
		const settled = [{source: ['A'], destination: ['A']}, {source: ['A', 'x'], destination: ['A', 'x']}];
		expect(destinations(mapFolders(folders('A', 'A/x'), [], exchange, {A: 'B'}, settled))).toEqual({A: 'B', 'A/x': 'B/x'});
	});

	test('of several places on record the last counts, and one that cannot exist does not', () => {
		const settled = [{source: ['A'], destination: ['B']}, {source: ['A'], destination: ['C']}, {source: ['x.'], destination: ['x.']}, {source: ['y'], destination: []}];
		expect(destinations(mapFolders(folders('A', ['x.'], 'y'), [], exchange, {}, settled))).toEqual({A: 'C', 'x.': 'x', y: 'y'});
		expect(mapFolders(folders('A'), [], exchange, {}, settled)[0]).toMatchObject({reasons: ['settled'], explanation: 'As in earlier runs.'});
	});
});

describe('equality and order', () => {
	test('names are equal as the rules say', () => {
		expect(equalNames('Straße', 'STRASSE', exchange)).toBe(false);
		expect(equalNames('ΣΑΣ', 'σας', exchange)).toBe(true);
		expect(equalNames('Caf\u00E9', 'CAFE\u0301. ', exchange)).toBe(true);
		expect(equalNames('foo', 'Foo', dovecot)).toBe(false);
		expect(equalNames('inbox', 'INBOX', dovecot)).toBe(false);
		expect(equalPaths(['inbox', 'a'], ['INBOX', 'a'], dovecot)).toBe(true);
		expect(equalPaths(['a', 'inbox'], ['a', 'INBOX'], dovecot)).toBe(false);
	});

	test('folders are created parents first, each once, and none that is there', () => {
		const existing = [folder('Inbox', 'inbox'), folder('Box', undefined, 'container'), folder('Deep/er')];
		const mappings = mapFolders([folder('INBOX', 'inbox'), ...folders('INBOX/z', 'x/y/z', 'x', 'Box/a', 'Deep/b')], existing, exchange);
		expect(creationOrder(mappings, existing, exchange).map(path => showPath(path))).toEqual(['x', 'Box/a', 'Deep/b', 'Inbox/z', 'x/y', 'x/y/z']);
		expect(creationOrder(mapFolders(folders('Box'), existing, exchange), existing, exchange)).toEqual([['Box']]);
	});
});

/** Park and Miller's generator: small, seedable, 0 to 1. */
const randomOf = (seed: number) => {
	let state = seed + 1;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
};

describe('any tree', () => {
	const names = [
		'a',
		'A',
		'a ',
		'a.',
		'\u00E9',
		'e\u0301',
		'E\u0301',
		'a/b',
		'a-b',
		'',
		'.',
		'inbox',
		'INBOX',
		'Sent',
		'Files',
		'files (mail)',
		'a (2)',
		'A (2)',
		'a (3)',
		'long name that is cut',
		'long name that is cut too',
		'Calendar',
		'b - c',
		'b',
		'c',
		'\u{1F468}\u200D\u{1F469}',
	];
	const roleNames: readonly Role[] = ['inbox', 'sent', 'drafts', 'trash', 'junk', 'archive'];

	const tree = (random: () => number, size: number, withRoles: boolean): Folder[] => {
		const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
		const all = new Map<string, Folder>();
		for (let count = 0; count < size; count++) {
			const parent = all.size > 0 && random() < 0.6 ? pick([...all.values()]).path : [];
			const path = [...parent, pick(names)];
			if (path.length < 7) {
				const role = withRoles && random() < 0.15 ? pick(roleNames) : undefined;
				const kind = random() < 0.1 ? (random() < 0.5 ? 'container' as const : 'not-mail' as const) : 'mail' as const;
				all.set(pathKey(path), {path, kind, ...(role && kind === 'mail' && {role})});
			}
		}

		return [...all.values()];
	};

	const shuffled = <T>(items: readonly T[], random: () => number): T[] => items.map(item => ({item, at: random()})).sort((a, b) => a.at - b.at).map(({item}) => item);

	test.each(Array.from({length: 300}, (_, seed) => seed))('no two folders share a place, in whatever order they are listed, now or later (seed %i)', seed => {
		const random = randomOf(seed);
		const rules: NameRules = {
			forbidden: random() < 0.5 ? '\\' : '', delimiter: random() < 0.5 ? '/' : '.', ignoresCase: random() < 0.5, normalises: random() < 0.5,
			maxNameBytes: random() < 0.5 ? 16 : 250, maxDepth: random() < 0.5 ? 0 : 1 + Math.floor(random() * 4), reserved: ['Files'],
		};
		const source = tree(random, 40, true);
		const existing = tree(random, 12, true);
		const moved = random() < 0.5 ? [] : shuffled(source, random).slice(0, 3);
		const overrides = Object.fromEntries(moved.map(({path}) => [showPath(path), showPath(shuffled(source, random)[0]!.path)]));
		const written = new Set(Object.keys(overrides).map(key => pathKey(parsePath(key))));
		const keyOf = ({destination}: FolderMapping) => destinationKey(destination, rules);

		const mappings = mapFolders(source, existing, rules, overrides);
		expect(mappings.length).toBe(source.filter(({kind}) => kind === 'mail').length);
		const there = new Set(existing.map(({path}) => destinationKey(path, rules)));
		const holders = new Map<string, FolderMapping[]>();
		for (const mapping of mappings) {
			holders.set(keyOf(mapping), [...holders.get(keyOf(mapping)) ?? [], mapping]);
			expect(mapping.destination.length).toBeGreaterThan(0);
			expect(mapping.reasons.length).toBeGreaterThan(0);
			if (!there.has(keyOf(mapping))) {
				const name = mapping.destination.at(-1)!;
				expect(Buffer.byteLength(name)).toBeLessThanOrEqual(Math.max(rules.maxNameBytes, 16));
				expect(name).not.toContain(rules.delimiter);
				expect(name.trim()).toBe(name);
				expect(name).not.toBe('');
			}
		}

		for (const shared of holders.values()) {
			expect(shared.length === 1 || shared.every(({source: path}) => written.has(pathKey(path)))).toBe(true);
		}

		const notMail = new Set(existing.filter(({kind}) => kind === 'not-mail').map(({path}) => destinationKey(path, rules)));
		expect(mappings.some(mapping => notMail.has(keyOf(mapping)))).toBe(false);

		expect(mapFolders(shuffled(source, random), shuffled(existing, random), rules, Object.fromEntries(shuffled(Object.entries(overrides), random)))).toEqual(mappings);

		const made: Folder[] = [...existing, ...creationOrder(mappings, existing, rules).map(path => folder(path))];
		expect(mapFolders(source, made, rules, overrides, mappings).map(mapping => keyOf(mapping))).toEqual(mappings.map(mapping => keyOf(mapping)));

		// A later run that has more folders leaves those of this one where they are.
		const part = source.filter(() => random() < 0.6);
		const before = mapFolders(part, existing, rules, {});
		const after = destinations(mapFolders(source, existing, rules, {}, before));
		for (const [path, destination] of Object.entries(destinations(before))) {
			expect(after[path]).toBe(destination);
		}
	});
});
