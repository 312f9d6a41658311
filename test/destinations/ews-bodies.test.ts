import {Buffer} from 'node:buffer';
import {expect, test} from 'vitest';
import {
	createFolder, createItems, findFolders, findStamps, getDistinguishedFolders, getFolder, getItems, listItems, mostStamps, stampProperty, storableDate, type NewItem,
} from '../../source/destinations/ews-bodies.js';
import {flagsOf, statesOf} from '../../source/destinations/ews-states.js';
import {
	all, child, descendant, ns, parseXml, type Node,
} from '../../source/protocols/ews-xml.js';
import {complaintsOf, expectValid, schemaAvailable} from '../protocols/ews-schema.js';

const hostile = [
	'plain', '', ' ', 'a & b < c > d " e \' f', ']]>', '<!-- -->', '&#x1;', '\u0000\u0001\u001F', '\uD800 lone', 'ünï 日本語 \u{1F600}', '\uFFFE\uFFFF', 'line\r\nfeed\ttab', 'a'.repeat(5000), '<?xml?>', '--', '\u202E',
];
const flags = {
	seen: String.raw`\Seen`, draft: String.raw`\Draft`, flagged: String.raw`\Flagged`, answered: String.raw`\Answered`, deleted: String.raw`\Deleted`,
};

const item = (more: Partial<NewItem> = {}): NewItem => ({
	bytes: Buffer.from('Subject: x\r\n\r\n'), states: {
		read: false, draft: false, flagged: false, categories: [],
	}, receivedAt: Date.UTC(2019, 2, 1, 8, 15), clearReceipt: false, ...more,
});

const parsed = (body: string): Node => parseXml(body.replace(/^(?<start><m:\w+)/v, `$<start> xmlns:m="${ns.messages}" xmlns:t="${ns.types}"`));

/** Extended properties as `tag=value`, or set and name. */
const propertiesOf = (message: Node): string[] => all(message, 'ExtendedProperty').map(property => {
	const field = child(property, 'ExtendedFieldURI')!;
	return `${field.attribute('PropertyTag') ?? `${field.attribute('PropertySetId')!} ${field.attribute('PropertyName')!}`}=${child(property, 'Value')!.text}`;
});

const messagesOf = (body: string): Node[] => all(descendant(parsed(body), 'Items')!, 'Message');

test.skipIf(!schemaAvailable)('every body over every hostile text is what Microsoft\'s schema allows', async () => {
	const states = [true, false].flatMap(read => [true, false].flatMap(draft => [true, false].flatMap(flagged => ([undefined, 'answered', 'forwarded'] as const).map(verb => ({
		read, draft, flagged, categories: verb ? hostile : [], ...(verb && {verb}),
	})))));
	await expectValid([
		...hostile.flatMap(text => [
			getFolder(text),
			createFolder(undefined, text),
			createFolder(text, text),
			getDistinguishedFolders(['inbox', 'drafts', 'sentitems', 'deleteditems', 'junkemail', 'outbox']),
			createItems(text, [item({stamp: text, bytes: Buffer.from(text)})]),
			listItems(text, 0),
			findStamps(text, [text], 5),
			findStamps(text, hostile, 0),
			getItems([text, text]),
		]),
		...states.flatMap(one => [true, false].map(clearReceipt => createItems('id', [item({
			states: one, clearReceipt, sentAt: 0, stamp: 's',
		}), item({states: one})]))),
		...[0, -1, -1e15, 1e15, Date.UTC(1601, 0, 1), Date.UTC(9999, 11, 31), 8.64e15, 1_583_000_000_999].map(receivedAt => createItems('id', [item({receivedAt, sentAt: receivedAt})])),
		findFolders(0),
		findFolders(2000),
		listItems('id', 1_000_000),
	]);
});

test.skipIf(!schemaAvailable)('the schema check finds a wrong order and a wrong value', async () => {
	const good = createItems('id', [item()]);
	expect(await complaintsOf([good])).toBe('');
	expect(await complaintsOf([good.replace(/(?<read><t:IsRead>.*<\/t:IsRead>)/v, '').replace('<t:MimeContent>', '<t:IsRead>true</t:IsRead><t:MimeContent>')])).toMatch(/not expected/v);
	expect(await complaintsOf([good, listItems('id', 0).replace('Shallow', 'Deepest')])).toMatch(/Deepest/v);
	expect(await complaintsOf([good.replace('<m:Items>', '<m:Items>&')])).not.toBe('');
});

test('a message is stored with its bytes, no draft, read state, dates, follow-up, answer and stamp', () => {
	const bytes = Uint8Array.from({length: 256}, (_, byte) => byte);
	const {states, lost} = statesOf([flags.seen, flags.flagged, flags.answered, '$Label1', flags.deleted, String.raw`\Recent`]);
	expect(lost).toEqual(['keyword:$Label1', String.raw`flag:\Deleted`]);
	const body = createItems('folder-id', [item({bytes, states, stamp: 'the-stamp'}), item()]);
	const [first, second] = messagesOf(body);
	expect(parsed(body).attribute('MessageDisposition')).toBe('SaveOnly');
	expect(child(child(parsed(body), 'SavedItemFolderId')!, 'FolderId')!.attribute('Id')).toBe('folder-id');
	expect(Buffer.from(child(first!, 'MimeContent')!.text, 'base64')).toEqual(Buffer.from(bytes));
	expect(propertiesOf(first!)).toEqual([
		'0x0E07=1', '0x0E06=2019-03-01T08:15:00Z', '0x1090=2', '0x1081=102', '0x1080=261', `${stampProperty.set} ${stampProperty.name}=the-stamp`,
	]);
	expect(child(first!, 'IsRead')!.text).toBe('true');
	expect(propertiesOf(second!)).toEqual(['0x0E07=0', '0x0E06=2019-03-01T08:15:00Z']);
	expect(child(second!, 'IsRead')!.text).toBe('false');
	expect(child(second!, 'IsReadReceiptRequested')).toBeUndefined();
});

test('drafts stay drafts, read and unread; forwarded is told apart from answered', () => {
	const of = (...given: string[]) => {
		const {states, lost} = statesOf(given);
		return [...propertiesOf(messagesOf(createItems('id', [item({states})]))[0]!).filter(text => !text.startsWith('0x0E06')), ...lost];
	};

	expect(of(flags.draft)).toEqual(['0x0E07=8']);
	expect(of(flags.draft, flags.seen)).toEqual(['0x0E07=9']);
	expect(of('$forwarded')).toEqual(['0x0E07=0', '0x1081=104', '0x1080=262']);
	// Exchange keeps one of the two.
	expect(of('$Forwarded', flags.answered)).toEqual(['0x0E07=0', '0x1081=102', '0x1080=261', 'keyword:$Forwarded']);
	expect(of(flags.seen)).toEqual(['0x0E07=1']);
});

test('a keyword is a category, unless programs alone know it or its name would be taken for two', () => {
	const {states: {categories}, lost} = statesOf(['Customers', '$Label1', 'NonJunk', 'Junk', 'one;two', 'x'.repeat(256), 'Tom&<Co>']);
	expect(categories).toEqual(['Customers', 'Tom&<Co>']);
	expect(lost).toEqual(['keyword:$Label1', 'keyword:NonJunk', 'keyword:Junk', 'keyword:one;two', `keyword:${'x'.repeat(256)}`]);
	const [message] = messagesOf(createItems('id', [item({states: statesOf(['Customers', 'Tom&<Co>']).states})]));
	expect(child(message!, 'Categories')!.children.map(({text}) => text)).toEqual(['Customers', 'Tom&<Co>']);
});

test('a sent date is given only where there is none, and a receipt is cleared only where asked', () => {
	const [plain, special] = messagesOf(createItems('id', [item(), item({sentAt: Date.UTC(1999, 0, 1), clearReceipt: true})]));
	expect(propertiesOf(plain!).some(text => text.startsWith('0x0039'))).toBe(false);
	expect(propertiesOf(special!)).toContain('0x0039=1999-01-01T00:00:00Z');
	expect(child(special!, 'IsReadReceiptRequested')!.text).toBe('false');
});

test('dates are whole seconds within what Exchange can write', () => {
	const written = (time: number) => propertiesOf(messagesOf(createItems('id', [item({receivedAt: time})]))[0]!)[1];
	expect(written(1_583_000_000_999)).toBe('0x0E06=2020-02-29T18:13:20Z');
	expect(written(-1)).toBe('0x0E06=1969-12-31T23:59:59Z');
	expect(written(-1e15)).toBe('0x0E06=1601-01-01T00:00:00Z');
	expect(written(1e15)).toBe('0x0E06=9999-12-31T23:59:59Z');
	expect(storableDate(-1e15)).toBe(Date.UTC(1601, 0, 1));
});

test('names and ids arrive as they are, but for what XML cannot carry', () => {
	for (const text of hostile) {
		const folder = descendant(parsed(createFolder(text, text)), 'Folder')!;
		// eslint-disable-next-line no-control-regex -- these cannot be written
		const expected = text.replaceAll(/[\0-\u0008\v\f\u000E-\u001F\uFFFE\uFFFF]|\p{Cs}/gv, '');
		expect(child(folder, 'DisplayName')!.text).toBe(expected);
		expect(child(folder, 'FolderClass')!.text).toBe('IPF.Note');
		expect(descendant(parsed(createFolder(text, text)), 'FolderId')!.attribute('Id')).toBe(expected);
	}

	expect(descendant(parsed(createFolder(undefined, 'x')), 'DistinguishedFolderId')!.attribute('Id')).toBe('msgfolderroot');
});

test('listings are paged by a thousand, oldest first; stamps are searched by two hundred and fifty', () => {
	const list = parsed(listItems('id', 2000));
	expect(list.attribute('Traversal')).toBe('Shallow');
	expect([child(list, 'IndexedPageItemView')!.attribute('MaxEntriesReturned'), child(list, 'IndexedPageItemView')!.attribute('Offset')]).toEqual(['1000', '2000']);
	expect(child(descendant(list, 'FieldOrder')!, 'FieldURI')!.attribute('FieldURI')).toBe('item:DateTimeCreated');
	const one = parsed(findStamps('id', ['a'], 0));
	expect(child(child(one, 'Restriction')!, 'IsEqualTo')).toBeDefined();
	expect(child(one, 'IndexedPageItemView')!.attribute('MaxEntriesReturned')).toBe('250');
	const stamps = Array.from({length: mostStamps}, (_, number) => `stamp-${number}`);
	const many = child(child(parsed(findStamps('id', stamps, 0)), 'Restriction')!, 'Or')!;
	expect(all(many, 'IsEqualTo').map(equal => descendant(equal, 'Constant')!.attribute('Value'))).toEqual(stamps);
	expect(all(many, 'IsEqualTo').map(equal => child(equal, 'ExtendedFieldURI')!.attribute('PropertySetId'))).toEqual(stamps.map(() => stampProperty.set));
});

test('what was stored for a flag is read back as that flag', () => {
	const back = (given: string[]) => {
		const {states} = statesOf(given);
		return flagsOf({
			read: states.read, draft: states.draft, ...(states.flagged && {flagStatus: 2}), ...(states.verb && {lastVerb: states.verb === 'answered' ? 102 : 104}),
		});
	};

	for (const given of [[], [flags.seen], [flags.seen, flags.answered, flags.flagged, flags.draft], ['$Forwarded'], [flags.flagged]]) {
		expect(back(given)).toEqual(given);
	}

	// Reply to all counts as answered, a completed task as not flagged.
	expect(flagsOf({
		read: false, draft: false, flagStatus: 1, lastVerb: 103,
	})).toEqual([flags.answered]);
});
