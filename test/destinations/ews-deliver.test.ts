import {Buffer} from 'node:buffer';
import {expect, test} from 'vitest';
import {expectValid, schemaAvailable} from '../protocols/ews-schema.js';
import {failureFrom, never} from '../protocols/surroundings.js';
import {deliver, delivery, unsureOf} from './deliveries.js';
import {
	dated, flags, isLost, sent, some, start,
} from './ews-ends.js';
import {
	answerOf, errorMessage, fault, storedItem,
} from './scripted-exchange.js';

test('a batch is one call; each message is told its id, and what it brought arrives', async () => {
	const {exchange, destination, inbox} = await start();
	const receivedAt = Date.UTC(2020, 1, 2, 3, 4, 5);
	const batch = [
		delivery(dated('plain'), {uid: 1}),
		delivery(`Subject: no date ${'x'.repeat(30)}\r\n\r\n\0\u00FF`, {uid: 2, flags: [flags.seen, flags.flagged, '$Label1'], receivedAt}),
		delivery('Date: gibberish\r\nDisposition-Notification-To: <x@example.org>\r\n\r\n', {uid: 3, flags: [flags.seen, flags.answered]}),
		delivery(dated('asks').replace('Subject', 'return-receipt-to: <x@example.org>\r\nSubject'), {uid: 4, flags: [flags.draft]}),
	];
	expect(await deliver(destination, inbox, batch)).toEqual([
		{stored: true, id: 'item-1'}, {stored: true, id: 'item-2', lost: ['keyword:$Label1']}, {stored: true, id: 'item-3'}, {stored: true, id: 'item-4'},
	]);
	expect(exchange.calls).toEqual(['CreateItem 4']);
	const {items} = exchange.folder('Posteingang');
	expect(items.map(({bytes}) => Buffer.from(bytes).toString('latin1'))).toEqual(batch.map(({bytes}) => Buffer.from(bytes).toString('latin1')));
	expect(items.map(({stamp}) => stamp)).toEqual(['stamp-1', 'stamp-2', 'stamp-3', 'stamp-4']);
	expect(items.map(({properties}) => [...properties].map(([tag, value]) => `${tag}=${value}`))).toEqual([
		['0x0E07=0', '0x0E06=2020-02-02T03:04:05Z'],
		['0x0E07=1', '0x0E06=2020-02-02T03:04:05Z', '0x0039=2020-02-02T03:04:05Z', '0x1090=2'],
		['0x0E07=1', '0x0E06=2020-02-02T03:04:05Z', '0x0039=2020-02-02T03:04:05Z', '0x1081=102', '0x1080=261'],
		['0x0E07=8', '0x0E06=2020-02-02T03:04:05Z'],
	]);
	expect(items.map(({read}) => read)).toEqual([false, true, true, false]);
	// Only what is marked read could send a letter.
	expect(items.map(({receiptCleared}) => receiptCleared)).toEqual([false, false, true, false]);
});

test('a received date that Exchange cannot write is moved to the nearest, and told', async () => {
	const {destination, inbox} = await start();
	expect(await deliver(destination, inbox, [delivery(dated('old'), {receivedAt: Date.UTC(1500, 0, 1)})])).toEqual([{stored: true, id: 'item-1', lost: ['received-date:1500-01-01T00:00:00.000Z']}]);
});

test('errors of single messages inside HTTP 200 are theirs alone', async () => {
	const codes = ['ErrorMimeContentInvalid', 'ErrorMessageSizeExceeded', 'ErrorInternalServerError'];
	const {destination, inbox} = await start({verdict: (_, position) => position % 2 === 1 ? {code: codes[(position - 1) / 2]!} : undefined});
	expect(await deliver(destination, inbox, some(6))).toMatchObject([
		{stored: true},
		{stored: false, failure: {code: 'message-refused', reach: 'message', outcome: 'not stored'}},
		{stored: true},
		{stored: false, failure: {code: 'message-too-large', reach: 'message', outcome: 'not stored'}},
		{stored: true},
		{stored: false, failure: {code: 'server-unavailable', reach: 'message', outcome: 'unknown'}},
	]);
});

test('a full mailbox stops the batch: what was stopped was not stored, and what comes after is not begun', async () => {
	const {exchange, destination, inbox} = await start({verdict: (_, position) => position === 1 ? {code: 'ErrorQuotaExceeded'} : (position > 1 ? {code: 'ErrorBatchProcessingStopped', responseClass: 'Warning'} : undefined)});
	// The empty one is sent by itself, and would come last.
	const results = await deliver(destination, inbox, [...some(3), delivery('', {uid: 9})]);
	expect(results).toMatchObject([
		{stored: true},
		{stored: false, failure: {code: 'destination-full', outcome: 'not stored'}},
		{
			stored: false, failure: {
				code: 'server-unavailable', reach: 'mailbox', retry: 'now', outcome: 'not stored',
			},
		},
		{stored: false, failure: {code: 'destination-full', outcome: 'not stored'}},
	]);
	expect(exchange.calls).toEqual(['CreateItem 3']);
});

test('a throttle says how long, whether for the call or for an item, and holds looks and listings back, too', async () => {
	const busy = {status: 500, body: String((fault('ErrorServerBusy', 'Try again later.') as {body: string}).body).replace('</detail>', '<t:MessageXml xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:Value Name="BackOffMilliseconds">178510</t:Value></t:MessageXml></detail>')};
	const {exchange, destination, inbox, clock} = await start({script: ({name, before}) => name === 'CreateItem' && before === 0 ? busy : undefined});
	const throttled = {
		stored: false, failure: {
			code: 'throttled', wait: 178_510, outcome: 'not stored', reach: 'mailbox',
		},
	};
	expect(await deliver(destination, inbox, some(3))).toMatchObject([throttled, throttled, throttled]);
	// A complete refusal that blames nobody needs no look.
	expect(exchange.calls).toEqual(['CreateItem 3']);
	await destination.list(['Posteingang'], never);
	expect(clock.waits).toEqual([178_510]);

	const item = await start({verdict: (_, position) => position === 1 ? {code: 'ErrorServerBusy', text: 'Try again later., policy value \'5\'. Suggested backoff time 5000 ms.'} : undefined});
	expect(await deliver(item.destination, item.inbox, some(2))).toMatchObject([{stored: true}, {stored: false, failure: {code: 'throttled', wait: 5000}}]);
});

test('a fault for a batch: what is there is found by its stamp, the rest is sent one by one, and only the bad one is refused', async () => {
	const {exchange, destination, inbox} = await start({
		script({name, count, answer, has}) {
			if (name === 'CreateItem' && count > 1) {
				// One of them got through all the same.
				const [first, second] = some(2);
				exchange.folder('Posteingang').items.push(storedItem('early', {stamp: first!.stamp, receivedAt: '2020-02-02T03:04:05Z'}), storedItem('of another moment', {stamp: second!.stamp, receivedAt: '2020-02-02T03:04:06Z'}));
			}

			return name === 'CreateItem' && (count > 1 || has(Buffer.from(dated('m3')).toString('base64'))) ? fault('ErrorSchemaValidation', 'bad date', 200) : answer();
		},
	});
	expect(await deliver(destination, inbox, some(4))).toMatchObject([
		{stored: true, id: 'early'}, {stored: true, id: 'item-1'}, {stored: false, failure: {code: 'message-refused', reach: 'message', outcome: 'not stored'}}, {stored: true, id: 'item-2'},
	]);
	expect(exchange.calls).toEqual(['CreateItem 4', 'FindItem', 'CreateItem 1', 'CreateItem 1', 'CreateItem 1']);
});

test('a fault that leaves the outcome open is settled by looking; a message that brings it about three times is refused', async () => {
	const {exchange, destination, inbox} = await start({script: ({name, answer}) => name === 'CreateItem' ? fault('ErrorInternalServerError') : answer()});
	const away = {stored: false, failure: {code: 'server-unavailable', reach: 'mailbox', outcome: 'not stored'}};
	expect(await deliver(destination, inbox, some(1))).toMatchObject([away]);
	expect(await deliver(destination, inbox, some(1))).toMatchObject([away]);
	expect(await deliver(destination, inbox, some(1))).toMatchObject([{stored: false, failure: {code: 'message-refused', reach: 'message', outcome: 'not stored'}}]);
	expect(exchange.calls).toEqual(['CreateItem 1', 'FindItem', 'CreateItem 1', 'FindItem', 'CreateItem 1', 'FindItem']);
	// What is amiss with the mailbox is never blamed on a message.
	const moving = await start({script: ({name, answer}) => name === 'CreateItem' ? fault('ErrorMailboxMoveInProgress') : answer()});
	for (let times = 0; times < 5; times++) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		expect(await deliver(moving.destination, moving.inbox, some(1))).toMatchObject([away]);
	}

	// It had stored it after all.
	const stored = await start({
		script({name, answer}) {
			const usual = answer();
			return name === 'CreateItem' ? fault('ErrorInternalServerError') : usual;
		},
	});
	expect(await deliver(stored.destination, stored.inbox, some(1))).toEqual([{stored: true, id: 'item-1'}]);
});

test('where it cannot look after such a fault, and after a batch that ran out of time, the outcome is unknown', async () => {
	const blind = await start({script: ({name, answer}) => name === 'CreateItem' ? fault('ErrorInternalServerError') : (name === 'FindItem' ? fault('ErrorAccessDenied') : answer())});
	const unknown = {stored: false, failure: {outcome: 'unknown', reach: 'mailbox'}};
	expect(await deliver(blind.destination, blind.inbox, some(2))).toMatchObject([unknown, unknown]);
	const late = await start({script: ({name, answer}) => name === 'CreateItem' ? fault('ErrorTimeoutExpired') : answer()});
	expect(await deliver(late.destination, late.inbox, some(2))).toMatchObject([unknown, unknown]);
	expect(late.exchange.calls).toEqual(['CreateItem 2', 'FindItem']);
});

test('after a lost answer the messages of the batch are sent alone; one that is lost again is its own trouble', async () => {
	let losing = true;
	const {exchange, destination, inbox} = await start({
		script: ({name, answer, has}) => name === 'CreateItem' && (losing || has(Buffer.from(dated('m2')).toString('base64'))) ? 'close' : answer(),
	});
	expect(await deliver(destination, inbox, some(3))).toMatchObject([isLost, isLost, isLost]);
	losing = false;
	const results = await deliver(destination, inbox, [...some(3), ...some(2, 4)]);
	expect(results).toMatchObject([{stored: true}, {...isLost, failure: {...isLost.failure, reach: 'message'}}, {stored: true}, {stored: true}, {stored: true}]);
	expect(exchange.calls).toEqual(['CreateItem 3', 'CreateItem 1', 'CreateItem 1', 'CreateItem 1', 'CreateItem 2']);
	// Once it arrived it is like any other.
	expect(await deliver(destination, inbox, [some(1)[0]!, some(1, 5)[0]!])).toMatchObject([{stored: true}, {stored: true}]);
	expect(exchange.calls.at(-1)).toBe('CreateItem 2');
});

test('a lost batch stops the rest: it was not begun, and is reported so', async () => {
	const {exchange, destination, inbox} = await start({script: ({name, answer}) => name === 'CreateItem' ? 'close' : answer()});
	const notBegun = {stored: false, failure: {code: 'connection-lost', outcome: 'not stored'}};
	expect(await deliver(destination, inbox, [...some(2), delivery('', {uid: 9})])).toMatchObject([isLost, isLost, notBegun]);
	expect(exchange.calls).toEqual(['CreateItem 2']);
});

test('a batch that is too large is sent one by one, and later ones are made smaller; one message alone is too large itself', async () => {
	const {exchange, destination, inbox} = await start({script: ({name, answer, count, has}) => name === 'CreateItem' && (count > 2 || has(Buffer.from(dated('m2')).toString('base64'))) ? {status: 405, headers: {connection: 'close'}} : answer()});
	expect(await deliver(destination, inbox, some(4))).toMatchObject([{stored: true}, {stored: false, failure: {code: 'message-too-large', reach: 'message', outcome: 'not stored'}}, {stored: true}, {stored: true}]);
	expect(exchange.calls).toEqual(['CreateItem 4', 'CreateItem 1', 'CreateItem 1', 'CreateItem 1', 'CreateItem 1']);
	expect(await deliver(destination, inbox, some(4, 5))).toMatchObject(Array.from({length: 4}, () => ({stored: true})));
	expect(exchange.calls.slice(5)).toEqual(['CreateItem 2', 'CreateItem 2']);
	const other = await start({script: ({name, answer}) => name === 'CreateItem' ? {status: 413} : answer()});
	expect(await deliver(other.destination, other.inbox, some(1))).toMatchObject([{stored: false, failure: {code: 'message-too-large'}}]);
});

test('a mailbox that has no room for the stamp\'s name takes messages without it, which is told', async () => {
	const exhausted = {code: 'ErrorQuotaExceeded', text: 'Cannot get ID from name.'};
	const {exchange, destination, inbox} = await start({verdict: ({stamp}, position) => stamp === undefined ? undefined : (position === 0 ? exhausted : {code: 'ErrorBatchProcessingStopped', responseClass: 'Warning'})});
	const stored = (id: string) => ({stored: true, id, lost: ['stamp']});
	expect(await deliver(destination, inbox, some(2))).toEqual([stored('item-3'), stored('item-4')]);
	expect(await deliver(destination, inbox, some(2, 3))).toEqual([stored('item-5'), stored('item-6')]);
	expect(exchange.calls).toEqual(['CreateItem 2', 'CreateItem 1', 'CreateItem 1', 'CreateItem 1', 'CreateItem 1']);
	// By its stamp it would never be found: one of the same moment leaves a doubt.
	expect(await failureFrom(destination.look(['Posteingang'], [unsureOf(delivery('x', {uid: 7}), inbox)], () => false, never))).toMatchObject({code: 'delivery-unknown'});
	expect(await destination.look(['Posteingang'], [unsureOf(delivery('x', {uid: 7, receivedAt: 0}), inbox)], () => false, never)).toEqual([undefined]);
	expect(await destination.look(['Posteingang'], [unsureOf(delivery('x', {uid: 7}), inbox)], () => true, never)).toEqual([undefined]);
	// As a fault of the whole call.
	const whole = await start({script: ({name, answer, has}) => name === 'CreateItem' && has('aw2ms365') ? fault('ErrorQuotaExceeded', 'Cannot get ID from name.') : answer()});
	expect(await deliver(whole.destination, whole.inbox, some(2))).toEqual([stored('item-1'), stored('item-2')]);
});

test('answers that are fewer than the messages leave those unknown that are not there', async () => {
	const {destination, inbox} = await start({
		script({name, answer}) {
			const usual = answer();
			return name === 'CreateItem' ? answerOf('CreateItem', [errorMessage('CreateItem', {code: 'ErrorItemSave'})]) : usual;
		},
		verdict: (_, position) => position === 1 ? {code: 'ErrorItemSave'} : undefined,
	});
	expect(await deliver(destination, inbox, some(2))).toMatchObject([{stored: true, id: 'item-1'}, {stored: false, failure: {code: 'server-nonsense', outcome: 'unknown'}}]);
});

test('a folder that is gone is told as such, and made again when it is prepared again', async () => {
	const {exchange, destination} = await start();
	const prepared = await destination.prepare(['Projekte'], never);
	expect(prepared).toMatchObject({path: ['Projekte'], created: true});
	exchange.folders.splice(exchange.folders.findIndex(({name}) => name === 'Projekte'), 1);
	expect(await deliver(destination, prepared, some(1))).toMatchObject([{
		stored: false, failure: {
			code: 'folder-gone', reach: 'folder', retry: 'now', outcome: 'not stored',
		},
	}]);
	const again = await destination.prepare(['Projekte'], never);
	expect(again.created).toBe(true);
	expect(again.generation).not.toBe(prepared.generation);
	// What was prepared before is another folder.
	expect(await deliver(destination, prepared, some(1))).toMatchObject([{stored: false, failure: {code: 'folder-gone'}}]);
	expect(await deliver(destination, again, some(1))).toMatchObject([{stored: true}]);
});

test('a stop finishes what is under way and begins nothing more', async () => {
	const stop = new AbortController();
	const {exchange, destination, inbox} = await start({
		script({name, answer}) {
			if (name === 'CreateItem') {
				stop.abort(new Error('stopped'));
			}

			return answer();
		},
	}, {
		clock: {
			now: () => 0, sleep: async (_, signal) => new Promise((_resolve, reject) => {
				signal?.addEventListener('abort', () => {
					reject(new Error('over'));
				});
			}),
		},
	});
	const notBegun = {stored: false, failure: {code: 'connection-lost', outcome: 'not stored'}};
	expect(await deliver(destination, inbox, [...some(2), delivery('', {uid: 9})], stop.signal)).toMatchObject([{stored: true}, {stored: true}, notBegun]);
	expect(await deliver(destination, inbox, some(2), stop.signal)).toMatchObject([notBegun, notBegun]);
	expect(exchange.calls).toEqual(['CreateItem 2']);
});

test('a call that hangs after a stop is let go after a while, as unknown', async () => {
	const stop = new AbortController();
	const {destination, inbox} = await start({
		script({name, answer}) {
			if (name === 'CreateItem') {
				stop.abort(new Error('stopped'));
				return 'hang';
			}

			return answer();
		},
	});
	expect(await deliver(destination, inbox, some(1), stop.signal)).toMatchObject([isLost]);
});

test.skipIf(!schemaAvailable)('every body sent in the tests above is what Microsoft\'s schema allows', async context => {
	if (sent.length === 0) {
		context.skip('no other test has run');
	}

	await expectValid(sent);
});
