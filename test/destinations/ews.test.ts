import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type Stored} from '../../source/mailbox/destination.js';
import {expectValid, schemaAvailable} from '../protocols/ews-schema.js';
import {failureFrom, never} from '../protocols/surroundings.js';
import {deliver, unsureOf} from './deliveries.js';
import {
	flags, isLost, sent, some, start,
} from './ews-ends.js';
import {
	answerOf, errorMessage, fault, folder, storedItem, usualFolders,
} from './scripted-exchange.js';

test('the traits are those of Exchange, and names of what is not mail are reserved in the mailbox\'s own language', async () => {
	const {traits, destination} = await start();
	expect(traits).toMatchObject({
		transport: 'ews', startLanes: 4, maxLanes: 10, batch: {messages: 10, bytes: 5 * 1024 * 1024}, looks: [60_000, 90_000], keepsBytes: false, tellsId: true, maxMessageBytes: 0,
		names: {
			forbidden: '', delimiter: '', ignoresCase: true, normalises: true,
		},
	});
	expect(traits.names.reserved).toEqual(expect.arrayContaining(['Calendar', 'Kalender', 'Postausgang']));
	expect(destination.account).toMatchObject({host: '127.0.0.1', user: 'a@example.org'});
	const few = await start({}, {lanes: {start: 20, max: 40}, looks: [1, 2]});
	expect(few.traits).toMatchObject({startLanes: 10, maxLanes: 10, looks: [1, 2]});
});

describe('looking for what may have been stored', () => {
	test('by stamp and received second, twenty at a time, what belongs to others left out', async () => {
		const {exchange, destination, inbox} = await start();
		const batch = some(45);
		await deliver(destination, inbox, batch.slice(0, 10));
		const {items} = exchange.folder('Posteingang');
		// Of another moment: not the one.
		items.push(storedItem('moved', {stamp: 'stamp-40', receivedAt: '2020-02-02T03:04:06Z'}), storedItem('late', {stamp: 'stamp-41', receivedAt: '2020-02-02T03:04:05.123456789Z'}));
		exchange.calls.length = 0;
		const found = await destination.look(['Posteingang'], batch.map(one => unsureOf(one, inbox)), id => id === 'item-2', never);
		expect(found.map((id, position) => id && `${position + 1} ${id}`).filter(Boolean)).toEqual(['1 item-1', ...[3, 4, 5, 6, 7, 8, 9, 10].map(at => `${at} item-${at}`), '41 late']);
		const searched = exchange.bodies.slice(-exchange.calls.length).filter(body => body.includes('id-Posteingang'));
		expect(searched.map(body => body.split('IsEqualTo>').length >> 1)).toEqual([20, 20, 5]); // eslint-disable-line no-bitwise -- half of them are ends
	});

	test('one stored message settles one unsure message', async () => {
		const {destination, inbox} = await start();
		await deliver(destination, inbox, some(1));
		const unsure = unsureOf(some(1)[0]!, inbox);
		expect(await destination.look(['Posteingang'], [unsure, unsure], () => false, never)).toEqual(['item-1', undefined]);
	});

	test('a mailbox in which no stamp was ever seen may have refused ours: a message without one leaves a doubt', async () => {
		const folders = usualFolders();
		folders[0]!.items.push(storedItem('unstamped'));
		const fresh = await start({folders});
		const unsure = [unsureOf(some(1)[0]!, fresh.inbox)];
		expect(await failureFrom(fresh.destination.look(['Posteingang'], unsure, () => false, never))).toMatchObject({code: 'delivery-unknown'});
		// Any stamp of ours proves that the mailbox takes them.
		await deliver(fresh.destination, fresh.inbox, some(1, 2));
		expect(await fresh.destination.look(['Posteingang'], unsure, () => false, never)).toEqual([undefined]);
	});

	test('what a person filed elsewhere since an earlier run is found there, and each folder is searched for it once', async () => {
		const {exchange, destination, inbox} = await start();
		exchange.folder('Gelöschte Elemente').items.push(storedItem('filed', {stamp: 'stamp-1'}));
		const unsure = some(2).map(one => unsureOf(one, inbox));
		const searched = (): string[] => exchange.bodies.filter(body => body.includes('FindItem')).map(body => /<t:FolderId Id="id-(?<name>[^"]*)"/v.exec(body)!.groups!.name!);
		expect(await destination.look(['Posteingang'], unsure, () => false, never)).toEqual(['filed', undefined]);
		// Neither the calendar nor the outbox; what was found is not looked for any longer.
		expect(searched().sort()).toEqual(['Archiv', 'Entwürfe', 'Gelöschte Elemente', 'Gesendete Elemente', 'Junk-E-Mail', 'Posteingang']);
		expect(await destination.look(['Posteingang'], unsure.slice(1), () => false, never)).toEqual([undefined]);
		expect(searched()).toHaveLength(7);
	});

	test('a folder that was renamed or moved since is searched wherever it is, for what this run lost too', async () => {
		const {exchange, destination, clock} = await start({
			folders: [...usualFolders(), folder('P')], script({name, answer}) {
				const reply = answer();
				return name === 'CreateItem' ? 'close' : reply;
			},
		});
		const prepared = await destination.prepare(['P'], never);
		const [one] = some(1);
		expect(await deliver(destination, prepared, [one!])).toMatchObject([isLost]);
		const at = exchange.folders.findIndex(({name}) => name === 'P');
		exchange.folders[at] = {...exchange.folders[at]!, name: 'Q', parent: 'id-Archiv'};
		await clock.sleep(60_001);
		await destination.prepare(['P'], never);
		exchange.calls.length = 0;
		expect(await destination.look(['P'], [unsureOf(one!, prepared)], () => false, never)).toEqual(['item-1']);
		expect(exchange.calls).toEqual(['FindItem', 'FindItem']);
	});

	test('a folder that was renamed since is where a message without a stamp leaves a doubt', async () => {
		const {exchange, destination, clock} = await start({folders: [...usualFolders(), folder('P', {items: [storedItem('unstamped')]})]});
		const unsure = [unsureOf(some(1)[0]!, await destination.prepare(['P'], never))];
		const at = exchange.folders.findIndex(({name}) => name === 'P');
		exchange.folders[at] = {...exchange.folders[at]!, name: 'Q'};
		await clock.sleep(60_001);
		await destination.prepare(['Q'], never);
		expect(await failureFrom(destination.look(['P'], unsure, () => false, never))).toMatchObject({code: 'delivery-unknown'});
	});

	test('in a folder that is not there nothing is; what keeps it from looking is thrown', async () => {
		const {exchange, destination, inbox} = await start({folders: [...usualFolders(), folder('P')], script: ({name, answer, has}) => name === 'FindItem' && has('id-Archiv') ? fault('ErrorAccessDenied') : answer()});
		const unsure = [unsureOf(some(1)[0]!, inbox)];
		expect(await destination.look(['Nowhere'], unsure, () => false, never)).toEqual([undefined]);
		expect(await failureFrom(destination.look(['Archiv'], unsure, () => false, never))).toMatchObject({code: 'permission-missing'});
		// Listed before, and gone since.
		exchange.folders.splice(-1, 1);
		expect(await destination.look(['P'], unsure, () => false, never)).toEqual([undefined]);
		expect(await destination.look(['P'], [], () => false, never)).toEqual([]);
	});
});

describe('folders', () => {
	test('roles come by distinguished id whatever the names are, the archive by name; calendars and the outbox are not mail', async () => {
		const folders = [...usualFolders(), folder('2020/21', {parent: 'id-Archiv'}), folder('Old', {folderClass: undefined}), folder('Termine', {folderClass: 'IPF.Appointment.Birthday', parent: 'id-Kalender'}), folder('Feeds', {folderClass: 'IPF.Note.OutlookHomepage'}), folder('Notex', {folderClass: 'IPF.Notex'})];
		const {destination} = await start({folders, pages: 4});
		expect(await destination.folders(never)).toEqual([
			{path: ['Archiv'], role: 'archive', kind: 'mail'},
			{path: ['Archiv', '2020/21'], kind: 'mail'},
			{path: ['Entwürfe'], role: 'drafts', kind: 'mail'},
			{path: ['Feeds'], kind: 'mail'},
			{path: ['Gelöschte Elemente'], role: 'trash', kind: 'mail'},
			{path: ['Gesendete Elemente'], role: 'sent', kind: 'mail'},
			{path: ['Junk-E-Mail'], role: 'junk', kind: 'mail'},
			{path: ['Kalender'], kind: 'not-mail'},
			{path: ['Kalender', 'Termine'], kind: 'not-mail'},
			{path: ['Notex'], kind: 'not-mail'},
			{path: ['Old'], kind: 'mail'},
			{path: ['Postausgang'], kind: 'not-mail'},
			{path: ['Posteingang'], role: 'inbox', kind: 'mail'},
		]);
	});

	test('a folder is made level by level with its class, once for all who ask', async () => {
		const {exchange, destination} = await start();
		const all = await Promise.all([destination.prepare(['A', 'ü/<b>', 'c'], never), destination.prepare(['A', 'ü/<b>', 'd'], never), destination.prepare(['A', 'ü/<b>', 'c'], never)]);
		expect(all).toMatchObject([{path: ['A', 'ü/<b>', 'c'], created: true, watermark: ''}, {path: ['A', 'ü/<b>', 'd'], created: true}, {path: ['A', 'ü/<b>', 'c'], created: false}]);
		expect(all[0].generation).toMatch(/^[\w\-]{11}$/v);
		expect(exchange.callsOf('CreateFolder')).toHaveLength(4);
		expect(exchange.folders.slice(-4).map(({name, folderClass}) => `${name} ${folderClass}`)).toEqual(['A IPF.Note', 'ü/<b> IPF.Note', 'c IPF.Note', 'd IPF.Note']);
		expect(await destination.prepare(['INBOX'], never)).toMatchObject({path: ['Posteingang'], role: 'inbox', created: false});
	});

	test('names that Exchange holds equal are one folder, and its path is told as the server shows it', async () => {
		const {destination, exchange} = await start({folders: [...usualFolders(), folder('Projekte'), folder('Bücher'), folder('Straße'), folder('Ende')], equal: (a, b) => a.toUpperCase() === b.toUpperCase()});
		expect(await destination.prepare(['PROJEKTE'], never)).toMatchObject({path: ['Projekte'], created: false});
		expect(await destination.prepare(['bücher'.normalize('NFD')], never)).toMatchObject({path: ['Bücher']});
		expect(await destination.prepare(['Ende. .'], never)).toMatchObject({path: ['Ende']});
		expect(exchange.callsOf('CreateFolder')).toEqual([]);
		// Only the server knows that these are equal.
		expect(await destination.prepare(['STRASSE'], never)).toMatchObject({path: ['Straße'], created: false});
		expect(await destination.prepare(['Neu. '], never)).toMatchObject({path: ['Neu'], created: true});
	});

	test('a folder that somebody else made first is taken; one that exists and is not listed is refused', async () => {
		const {destination, exchange} = await start({
			script({name, answer, has}) {
				if (name === 'CreateFolder' && has('quick')) {
					exchange.folders.push(folder('quick', {id: 'theirs'}));
				} else if (name === 'CreateFolder' && has('taken')) {
					exchange.folders.push(folder('taken', {parent: exchange.folder('fresh').id}));
				}

				return name === 'CreateFolder' && has('ghost') ? answerOf('CreateFolder', [errorMessage('CreateFolder', {code: 'ErrorFolderExists'}, '<m:Folders/>')]) : answer();
			},
		});
		expect(await destination.prepare(['quick', 'below'], never)).toMatchObject({path: ['quick', 'below'], created: true});
		expect(exchange.folder('below').parent).toBe('theirs');
		expect(await destination.prepare(['quick'], never)).toMatchObject({created: false});
		expect(await destination.prepare(['fresh', 'taken'], never)).toMatchObject({path: ['fresh', 'taken'], created: false});
		expect(await failureFrom(destination.prepare(['ghost'], never))).toMatchObject({code: 'folder-not-creatable', reach: 'folder'});
		expect(await failureFrom(destination.prepare(['Kalender'], never))).toMatchObject({code: 'folder-not-creatable'});
	});

	test('a name that the server does not understand concerns that folder only', async () => {
		const {destination} = await start({script: ({name, answer, has}) => name === 'CreateFolder' && has('odd') ? fault('ErrorSchemaValidation') : (name === 'CreateFolder' && has('full') ? answerOf('CreateFolder', [errorMessage('CreateFolder', {code: 'ErrorFolderSaveFailed', text: 'why not'})]) : answer())});
		expect(await failureFrom(destination.prepare(['odd'], never))).toMatchObject({code: 'folder-not-creatable'});
		expect(await failureFrom(destination.prepare(['full'], never))).toMatchObject({code: 'folder-not-creatable', detail: 'ErrorFolderSaveFailed: why not'});
		expect(await destination.prepare(['fine'], never)).toMatchObject({created: true});
	});

	test('a folder that was moved meanwhile is not taken for the one it was', async () => {
		const {destination, exchange, clock} = await start({folders: [...usualFolders(), folder('P')]});
		const before = await destination.prepare(['P'], never);
		const at = exchange.folders.findIndex(({name}) => name === 'P');
		exchange.folders[at] = {...exchange.folders[at]!, parent: 'id-Gelöschte Elemente'};
		await clock.sleep(60_001);
		const after = await destination.prepare(['P'], never);
		expect(after).toMatchObject({path: ['P'], created: true});
		expect(after.generation).not.toBe(before.generation);
	});

	test('the parent of a folder that vanished is made again', async () => {
		const {destination, exchange} = await start({folders: [...usualFolders(), folder('P')]});
		exchange.folders.splice(-1, 1);
		expect(await destination.prepare(['P', 'q'], never)).toMatchObject({path: ['P', 'q'], created: true});
	});
});

describe('listing and reading', () => {
	test('every item is listed, whatever its kind, with states, stamp and envelope', async () => {
		const folders = usualFolders();
		folders[0]!.items.push(
			storedItem('a', {
				read: true, stamp: 'the-stamp', size: 4321, properties: new Map([['0x0E07', '1025'], ['0x1090', '2'], ['0x1081', '102']]),
				more: '<t:Subject>Grüße &amp; &lt;mehr&gt; &#x1;</t:Subject><t:DateTimeSent>2019-03-01T08:15:00.999999999Z</t:DateTimeSent><t:InternetMessageId>&lt;a@example.org&gt;</t:InternetMessageId>',
			}),
			storedItem('b', {element: 'MeetingRequest', properties: new Map([['0x0E07', '8'], ['0x1081', '104']])}),
			storedItem('c', {element: 'Contact', more: '<t:IsDraft>true</t:IsDraft>'}),
			storedItem('d', {more: '<t:IsDraft>true</t:IsDraft>'}),
		);
		const {destination} = await start({folders});
		const listed = [...await destination.list(['Posteingang'], never) ?? []];
		const receivedAt = Date.UTC(2020, 1, 2, 3, 4, 5);
		expect(listed[0]).toMatchObject({
			id: 'a', size: 4321, receivedAt, flags: [flags.seen, flags.answered, flags.flagged], stamp: 'the-stamp', envelope: {messageId: '<a@example.org>', sentAt: Date.UTC(2019, 2, 1, 8, 15) / 1000},
		});
		expect(listed[0]!.envelope!.subject).toContain('Grüße');
		expect(listed.slice(1)).toMatchObject([{id: 'b', flags: [flags.draft, '$Forwarded']}, {id: 'c', flags: []}, {id: 'd', flags: [flags.draft], envelope: {messageId: '', subject: ''}}]);
		expect(listed[1]!.stamp).toBeUndefined();
		expect(listed[1]!.envelope!.sentAt).toBeUndefined();
	});

	test('short pages are followed to the last one; a folder that is not there is undefined', async () => {
		const folders = usualFolders();
		folders[0]!.items.push(...Array.from({length: 25}, (_, at) => storedItem(`m${at}`)));
		const {destination, exchange} = await start({folders, pages: 7});
		const listed = await destination.list(['posteingang'], never);
		expect([...listed ?? []].map(({id}) => id)).toEqual(folders[0]!.items.map(({id}) => id));
		expect([...listed ?? []]).toHaveLength(25);
		expect(exchange.callsOf('FindItem')).toHaveLength(4);
		expect(await destination.list(['Nowhere'], never)).toBeUndefined();
		expect(exchange.callsOf('CreateFolder')).toEqual([]);
	});

	test('a message deleted while pages are read hides none of the others', async () => {
		const folders = usualFolders();
		folders[0]!.items.push(...Array.from({length: 20}, (_, at) => storedItem(`m${at}`)));
		const {destination} = await start({
			folders, pages: 7, script({name, before, answer}) {
				if (name === 'FindItem' && before === 1) {
					folders[0]!.items.splice(0, 1);
				}

				return answer();
			},
		});
		expect([...await destination.list(['Posteingang'], never) ?? []].map(({id}) => id)).toEqual(folders[0]!.items.map(({id}) => id));
	});

	test('pages that never end are given up', async () => {
		const {destination} = await start({script: ({name, answer}) => name === 'FindItem' ? answerOf('FindItem', ['<m:FindItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:RootFolder TotalItemsInView="5" IncludesLastItemInRange="false"><t:Items/></m:RootFolder></m:FindItemResponseMessage>']) : answer()});
		expect(await failureFrom(destination.list(['Posteingang'], never))).toMatchObject({code: 'server-nonsense', outcome: 'not stored'});
	});

	const contents = async (results: AsyncIterable<{id: string}>) => {
		const all: string[] = [];
		for await (const result of results) {
			all.push(`${result.id} ${'bytes' in result ? Buffer.from(result.bytes as Uint8Array).toString('latin1').trim() : ('gone' in result ? 'gone' : (result as unknown as {failure: {code: string; reach: string}}).failure.code)}`);
		}

		return all;
	};

	const listed = (...sizes: number[]): Stored[] => sizes.map((size, at) => ({
		id: `m${at}`, size, receivedAt: 0, flags: [],
	}));

	test('content is read in batches by size; what is gone is told', async () => {
		const folders = usualFolders();
		folders[0]!.items.push(storedItem('m0'), storedItem('m1'), storedItem('m2'), storedItem('m4'));
		const {destination, exchange} = await start({folders});
		const mebi = 1024 * 1024;
		expect(await contents(destination.read(['Posteingang'], listed(2 * mebi, 2 * mebi, 2 * mebi, 9 * mebi, 1), never))).toEqual(['m0 Subject: m0', 'm1 Subject: m1', 'm2 Subject: m2', 'm3 gone', 'm4 Subject: m4']);
		expect(exchange.calls).toEqual(['GetItem 2', 'GetItem 1', 'GetItem 1', 'GetItem 1']);
		expect(await contents(destination.read(['Posteingang'], [], never))).toEqual([]);
	});

	test('a batch that cannot be had is read one by one, and only the bad one fails', async () => {
		const folders = usualFolders();
		folders[0]!.items.push(storedItem('m0'), storedItem('m1'), storedItem('m2'));
		const {destination, exchange} = await start({folders, script: ({name, answer, has}) => name === 'GetItem' && has('m1') ? fault('ErrorContentConversionFailed') : answer()});
		expect(await contents(destination.read(['Posteingang'], listed(1, 1, 1), never))).toEqual(['m0 Subject: m0', 'm1 message-unreadable', 'm2 Subject: m2']);
		expect(exchange.calls).toEqual(['GetItem 3', 'GetItem 1', 'GetItem 1', 'GetItem 1']);
		const broken = await start({folders: usualFolders().with(0, folder('Posteingang', {distinguished: 'inbox', items: [storedItem('m0'), storedItem('m1')]})), script: ({name, answer, count}) => name === 'GetItem' && count > 1 ? {body: '<not xml'} : answer()});
		expect(await contents(broken.destination.read(['Posteingang'], listed(1, 1), never))).toEqual(['m0 Subject: m0', 'm1 Subject: m1']);
		const closed = await start({script: ({name, answer}) => name === 'GetItem' ? {status: 403} : answer()});
		expect(await failureFrom(contents(closed.destination.read(['Posteingang'], listed(1, 1), never)))).toMatchObject({code: 'ews-closed'});
	});
});

test('a mailbox that is not there, or not ours to open, is said so at the beginning', async () => {
	for (const [code, meaning] of [['ErrorNonExistentMailbox', 'mailbox-not-found'], ['ErrorImpersonateUserDenied', 'permission-missing']] as const) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		expect(await failureFrom(start({script: () => fault(code)}))).toMatchObject({code: meaning, reach: 'run'});
	}

	expect(await failureFrom(start({script: ({name, answer}) => name === 'GetFolder' ? answerOf('GetFolder', Array.from({length: 6}, () => errorMessage('GetFolder', {code: 'ErrorAccessDenied'}))) : answer()}))).toMatchObject({code: 'permission-missing'});
});

test.skipIf(!schemaAvailable)('every body sent in the tests above is what Microsoft\'s schema allows', async context => {
	if (sent.length === 0) {
		context.skip('no other test has run');
	}

	await expectValid(sent);
});
