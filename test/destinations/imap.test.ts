import {Buffer} from 'node:buffer';
import {afterEach, expect, test} from 'vitest';
import {imapDestination} from '../../source/destinations/imap.js';
import {
	inbox, message, startScriptedImap, type ScriptedImap, type ScriptedOptions,
} from '../protocols/scripted-imap.js';
import {
	failureFrom, gather, never, surroundings,
} from '../protocols/surroundings.js';
import {deliver, delivery, unsureOf} from './deliveries.js';

const closers: Array<() => Promise<void>> = [];

afterEach(async () => {
	for (const close of closers.splice(0)) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		await close();
	}
});

const start = async (options: ScriptedOptions = {}, timing = {}, more = {}) => {
	const server = await startScriptedImap(options);
	const {options: common, ...rest} = surroundings(server, timing);
	const destination = imapDestination({...common, ...more});
	closers.push(async () => destination.close(), async () => server.stop());
	const traits = await destination.open(never);
	return {
		server, destination, traits, ...rest,
	};
};

const seen = String.raw`\Seen`;
const flagged = String.raw`\Flagged`;
const exchange = {
	greeting: '* OK The Microsoft Exchange IMAP4 service is ready. [TQBXAEgAUABSADIAMQBDAEEAMAAwADYAMAA=]',
	capabilities: 'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+',
};
/** Signs in by LOGIN, whatever is offered. */
const plain = (capabilities: string): string => capabilities.replaceAll(/ AUTH=\S+/gv, '');

const appends = (server: ScriptedImap) => server.received.filter(line => line.startsWith('APPEND'));

test('messages arrive with their bytes, flags, keywords and received date, each told with its id', async () => {
	const {destination, server} = await start();
	const folder = await destination.prepare(['INBOX'], never);
	expect(folder).toEqual({
		path: ['INBOX'], role: 'inbox', generation: '7', watermark: '1', created: false,
	});
	const big = `Subject: ü\r\n\r\n${'big '.repeat(50_000)}`;
	const results = await deliver(destination, folder, [delivery('one', {flags: [seen, '$Label1', String.raw`\Recent`]}), delivery(big), delivery('one')]);
	expect(results).toEqual([{stored: true, id: '7:1'}, {stored: true, id: '7:2'}, {stored: true, id: '7:3'}]);
	expect(server.folders[0]!.messages.map(({bytes, flags, date}) => [Buffer.from(bytes).toString('latin1'), flags, date])).toEqual([
		['one', [seen, '$Label1'], '2-Feb-2020 03:04:05 +0000'], [big, [], '2-Feb-2020 03:04:05 +0000'], ['one', [], '2-Feb-2020 03:04:05 +0000'],
	]);
});

test('keywords that the folder does not keep are left out and told', async () => {
	const {destination, server} = await start({folders: [inbox([], {permanentFlags: String.raw`\Seen \Flagged $MDNSent`})]});
	const folder = await destination.prepare(['INBOX'], never);
	expect(await deliver(destination, folder, [delivery('x', {flags: [seen, '$Label1', '$MDNSent']})])).toEqual([{stored: true, id: '7:1', lost: ['keyword:$Label1']}]);
	expect(server.folders[0]!.messages[0]!.flags).toEqual([seen, '$MDNSent']);
});

test(String.raw`where APPEND drops \Flagged it is set afterwards, found out once; where it is kept nothing more is asked`, async () => {
	for (const drops of [true, false]) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const {destination, server} = await start({
			script({name}, {folder}) {
				if (drops && name === 'UID FETCH') {
					for (const one of folder!.messages) {
						one.flags = one.flags.filter(flag => flag !== flagged);
					}
				}

				return 'default';
			},
		});
		// eslint-disable-next-line no-await-in-loop -- one after another
		const folder = await destination.prepare(['INBOX'], never);
		// eslint-disable-next-line no-await-in-loop -- one after another
		const results = await deliver(destination, folder, [1, 2, 3].map(uid => delivery(`m${uid}`, {uid, flags: [flagged, seen]})));
		expect(results.every(result => result.stored && !result.lost)).toBe(true);
		expect(server.received.filter(line => line.startsWith('UID STORE'))).toHaveLength(drops ? 3 : 0);
		expect(server.received.filter(line => line.startsWith('UID FETCH'))).toHaveLength(drops ? 3 : 1);
	}
});

test(String.raw`Exchange gets \Flagged by STORE always, is known by greeting or capabilities, and holds names equal that differ in case`, async () => {
	const {destination, server, traits} = await start({...exchange, capabilities: plain(exchange.capabilities), folders: [inbox([], {name: 'Inbox'}), inbox([], {name: 'Projekte'})]});
	expect(traits).toMatchObject({keepsBytes: false, tellsId: true, names: {ignoresCase: true, normalises: true, delimiter: '/'}});
	expect(traits.names.reserved).toContain('Files');
	const folder = await destination.prepare(['projekte'], never);
	expect(folder).toMatchObject({path: ['Projekte'], created: false});
	expect(await deliver(destination, folder, [delivery('x', {flags: [flagged]})])).toEqual([{stored: true, id: '7:1'}]);
	expect(server.received.at(-1)).toBe(String.raw`UID STORE 1 +FLAGS.SILENT (\Flagged)`);
	// Equal bytes are proof; where the store rebuilt them, any message that came since leaves a doubt, and none leaves no doubt.
	expect(await destination.look(folder.path, [unsureOf(delivery('x'), folder)], () => false, never)).toEqual(['7:1']);
	expect(await failureFrom(destination.look(folder.path, [unsureOf(delivery('y'), folder)], () => false, never))).toMatchObject({code: 'delivery-unknown'});
	expect(await destination.look(folder.path, [unsureOf(delivery('y'), folder)], id => id === '7:1', never)).toEqual([undefined]);
});

test('folders are made level by level; "already exists" in words is as good as created', async () => {
	const {destination, server} = await start({
		script({name, rest, tag}, {send}) {
			if (name === 'CREATE' && rest === '"A"') {
				// Somebody else was quicker.
				server.folders.push(inbox([], {name: 'A'}));
				send(`${tag} NO Mailbox already exists.`);
				return;
			}

			return 'default';
		},
	});
	const folder = await destination.prepare(['A', 'Bücher', 'c&d'], never);
	expect(folder).toMatchObject({path: ['A', 'Bücher', 'c&d'], created: true, generation: '9'});
	expect(server.received.filter(line => line.startsWith('CREATE'))).toEqual(['CREATE "A"', 'CREATE "A/B&APw-cher"', 'CREATE "A/B&APw-cher/c&-d"']);
	expect(await destination.prepare(['A', 'Bücher', 'c&d'], never)).toMatchObject({created: false});
	const both = await Promise.all([destination.prepare(['X', 'y'], never), destination.prepare(['X', 'z'], never)]);
	expect(both.map(({created}) => created)).toEqual([true, true]);
	expect(server.received.filter(line => line === 'CREATE "X"')).toHaveLength(1);
});

test('a folder that cannot be made is a failure of that folder', async () => {
	const {destination} = await start({
		script({name, tag}, {send}) {
			if (name === 'CREATE') {
				send(`${tag} NO Folder name is reserved`);
				return;
			}

			return 'default';
		},
	});
	expect(await failureFrom(destination.prepare(['Files'], never))).toMatchObject({code: 'folder-not-creatable', reach: 'folder', detail: 'NO Folder name is reserved'});
});

test('a message refused is refused alone; what reaches further stops the batch, and the rest was not stored', async () => {
	const answers = [undefined, undefined, 'NO I do not like it', undefined, 'NO [OVERQUOTA] full'];
	let count = 0;
	const {destination, server} = await start({
		script({name, tag}, {send}) {
			const answer = name === 'APPEND' ? answers[++count] : undefined;
			if (answer === undefined) {
				return 'default';
			}

			send(`${tag} ${answer}`);
		},
	});
	const folder = await destination.prepare(['INBOX'], never);
	const results = await deliver(destination, folder, [1, 2, 3, 4, 5, 6].map(uid => delivery(`m${uid}`, {uid})));
	expect(results.map(result => result.stored || [result.failure.code, result.failure.outcome, result.failure.reach])).toEqual([
		true, ['message-refused', 'not stored', 'message'], true, ['destination-full', 'not stored', 'mailbox'], ['destination-full', 'not stored', 'mailbox'], ['destination-full', 'not stored', 'mailbox'],
	]);
	expect(server.folders[0]!.messages).toHaveLength(2);
	expect(appends(server)).toHaveLength(4);
});

test('refused before its bytes were asked for, a message was not stored', async () => {
	const {destination} = await start({
		onLiteral(line, {send}) {
			send(`${line.split(' ')[0]!} NO Maximum size of appendable message has been exceeded.`);
			return false;
		},
	});
	const folder = await destination.prepare(['INBOX'], never);
	expect(await deliver(destination, folder, [delivery('x'.repeat(9000)), delivery('y')])).toMatchObject([
		{stored: false, failure: {code: 'message-too-large', outcome: 'not stored'}}, {stored: false, failure: {code: 'message-too-large'}},
	]);
});

test.each([
	['before the literal was asked for', 'not stored'],
	['after the literal, answer lost', 'unknown'],
	['after it was stored, answer lost', 'unknown'],
] as const)('a connection lost %s makes the outcome "%s", the rest was not stored, and nothing is sent twice', async (when, outcome) => {
	let count = 0;
	const {destination, server} = await start({
		onLiteral(_, {socket}) {
			if (when.startsWith('before') && ++count === 2) {
				socket.destroy();
				return false;
			}

			return true;
		},
		script({name, literals}, {socket, folder}) {
			if (name === 'APPEND' && !when.startsWith('before') && ++count === 2) {
				if (when.startsWith('after it')) {
					folder!.messages.push(message(folder!.uidNext++, Buffer.from(literals[0]!).toString('latin1'), {date: '2-Feb-2020 03:04:05 +0000'}));
				}

				socket.destroy();
				return;
			}

			return 'default';
		},
	});
	const folder = await destination.prepare(['INBOX'], never);
	const batch = [1, 2, 3].map(uid => delivery(`message ${uid} ${'x'.repeat(200)}`, {uid}));
	const results = await deliver(destination, folder, batch);
	expect(results.map(result => result.stored || [result.failure.code, result.failure.outcome])).toEqual([true, ['connection-lost', outcome], ['connection-lost', 'not stored']]);
	const ids = await destination.look(folder.path, [unsureOf(batch[1]!, folder)], id => id === '7:1', never);
	expect(ids).toEqual([when.startsWith('after it') ? '7:2' : undefined]);
	expect(await deliver(destination, folder, [batch[2]!])).toMatchObject([{stored: true}]);
	expect(server.folders[0]!.messages).toHaveLength(when.startsWith('after it') ? 3 : 2);
});

test.each([
	['an alien tag', '<body BAD Command Error. 10', 'server-nonsense'],
	['an OK for another command', 'ZZ OK APPEND completed.', 'server-nonsense'],
	['words', 'Server too tired', 'server-nonsense'],
	['our tag without a status', '{tag} PERHAPS', 'server-nonsense'],
	['a throttle and BYE without answer', '* BYE Request is throttled. Suggested Backoff Time: 5000 milliseconds', 'throttled'],
])('after %s it is unknown whether the message is there, and the connection is dropped', async (_, answer, code) => {
	let count = 0;
	const {destination, server} = await start({
		script({name, tag}, {send, socket}) {
			if (name === 'APPEND' && ++count === 1) {
				send(answer.replace('{tag}', tag));
				if (answer.startsWith('*') || answer.startsWith('Server')) {
					socket.end();
				}

				return;
			}

			return 'default';
		},
	});
	const folder = await destination.prepare(['INBOX'], never);
	const results = await deliver(destination, folder, [delivery('m1'), delivery('m2')]);
	expect(results[0]).toMatchObject({stored: false, failure: {outcome: 'unknown'}});
	expect([code, 'connection-lost']).toContain(results[0]!.stored ? '' : results[0]!.failure.code);
	expect(results[1]).toMatchObject({stored: false, failure: {outcome: 'not stored'}});
	expect(await deliver(destination, folder, [delivery('m2')])).toMatchObject([{stored: true}]);
	expect(server.connections()).toBe(2);
	expect(appends(server)).toHaveLength(2);
});

test('a server that stumbles over a long line is said to, and the message stays unknown', async () => {
	const {destination} = await start({
		script({name}, {send}) {
			if (name === 'APPEND') {
				send('aaaa BAD Command Error. 10');
				return;
			}

			return 'default';
		},
	});
	const folder = await destination.prepare(['INBOX'], never);
	expect(await deliver(destination, folder, [delivery(`Subject: x\r\n\r\n${'a'.repeat(12_000)}\r\n`)])).toMatchObject([{stored: false, failure: {code: 'message-line-too-long', outcome: 'unknown', reach: 'message'}}]);
});

test('a server that never answers an APPEND makes it unknown after the silence', async () => {
	const {destination} = await start({
		script({name}) {
			return name === 'APPEND' ? undefined : 'default';
		},
	}, {silence: 150});
	const folder = await destination.prepare(['INBOX'], never);
	expect(await deliver(destination, folder, [delivery('m1'), delivery('m2')])).toMatchObject([{failure: {code: 'connection-lost', outcome: 'unknown'}}, {failure: {outcome: 'not stored'}}]);
});

test('a throttle is told with its wait, was not stored, and the next delivery waits for it', async () => {
	let count = 0;
	const {destination, clock} = await start({
		script({name, tag}, {send}) {
			if (name === 'APPEND' && ++count === 1) {
				send(`${tag} NO Request is throttled. Suggested Backoff Time: 299609 milliseconds`);
				return;
			}

			return 'default';
		},
	});
	const folder = await destination.prepare(['INBOX'], never);
	const results = await deliver(destination, folder, [delivery('m1'), delivery('m2')]);
	expect(results).toMatchObject([{failure: {code: 'throttled', wait: 299_609, outcome: 'not stored'}}, {failure: {code: 'throttled', outcome: 'not stored'}}]);
	const before = clock.now();
	expect(await deliver(destination, folder, [delivery('m1')])).toMatchObject([{stored: true}]);
	expect(clock.now() - before).toBeGreaterThanOrEqual(299_609);
});

test('a folder that went away is made again when it is prepared again', async () => {
	const {destination, server} = await start();
	const folder = await destination.prepare(['Old'], never);
	server.folders.length = 1;
	expect(await deliver(destination, folder, [delivery('m1')])).toMatchObject([{
		failure: {
			code: 'folder-not-creatable', reach: 'folder', retry: 'now', outcome: 'not stored',
		},
	}]);
	expect(await destination.prepare(['Old'], never)).toMatchObject({created: true});
	expect(await deliver(destination, folder, [delivery('m1')])).toMatchObject([{stored: true}]);
});

test('a stop ends the batch after the message under way; the rest was not stored', async () => {
	const controller = new AbortController();
	const {destination, server} = await start({
		script({name}) {
			if (name === 'APPEND') {
				controller.abort(new Error('stop'));
			}

			return 'default';
		},
	});
	const folder = await destination.prepare(['INBOX'], never);
	const results = await deliver(destination, folder, [delivery('m1'), delivery('m2'), delivery('m3')], controller.signal);
	expect(results.map(result => result.stored || result.failure.outcome)).toEqual([true, 'not stored', 'not stored']);
	expect(server.folders[0]!.messages).toHaveLength(1);
});

test('without UIDPLUS the id is learnt from the UIDs that came since', async () => {
	const {destination, traits} = await start({
		capabilities: 'IMAP4rev1',
		folders: [inbox([message(4, 'old')])],
		script({name, literals, tag}, {send, folder}) {
			if (name === 'APPEND') {
				folder!.messages.push(message(folder!.uidNext, Buffer.from(literals[0]!).toString('latin1')));
				folder!.uidNext += 3;
				send(`${tag} OK done`);
				return;
			}

			return 'default';
		},
	});
	expect(traits.tellsId).toBe(false);
	const folder = await destination.prepare(['INBOX'], never);
	expect(await deliver(destination, folder, [delivery('m1'), delivery('m22')])).toEqual([{stored: true, id: '7:5'}, {stored: true, id: '7:8'}]);
});

test('unsure messages are found as a multiset: two identical ones need two stored ones, claimed and earlier ones do not count', async () => {
	const date = '2-Feb-2020 03:04:05 +0000';
	const {destination, server} = await start({
		folders: [inbox([message(1, 'twin', {date}), message(2, 'other'), message(5, 'twin', {date}), message(6, 'twim', {date}), message(7, 'twin', {date}), message(8, 'late')])],
	});
	const at = {generation: '7', watermark: '3'};
	const twins = [1, 2, 3].map(uid => unsureOf(delivery('twin', {uid}), at));
	expect(await destination.look(['INBOX'], twins, () => false, never)).toEqual(['7:5', '7:7', undefined]);
	expect(await destination.look(['INBOX'], twins, id => id === '7:5', never)).toEqual(['7:7', undefined, undefined]);
	// `n:*` gives the last message even when nothing is that late.
	expect(await destination.look(['INBOX'], [unsureOf(delivery('late'), {generation: '7', watermark: '9'})], () => false, never)).toEqual([undefined]);
	// Each by its own watermark.
	expect(await destination.look(['INBOX'], [unsureOf(delivery('twin'), {generation: '7', watermark: '8'}), unsureOf(delivery('twin', {uid: 2}), at)], () => false, never)).toEqual([undefined, '7:5']);
	// Another generation: the watermark means nothing there.
	expect(await destination.look(['INBOX'], [unsureOf(delivery('twin'), {generation: '6', watermark: '100'})], () => false, never)).toEqual(['7:1']);
	expect(await destination.look(['Nowhere'], twins, () => false, never)).toEqual([undefined, undefined, undefined]);
	expect(server.received.join('\n')).not.toMatch(/SELECT|STORE|CREATE/v);
});

test('equal bytes with the right received date come first, equal bytes with another next', async () => {
	const {destination} = await start({folders: [inbox([message(1, 'x', {date: '3-Mar-2003 00:00:00 +0000'}), message(2, 'x', {date: '2-Feb-2020 03:04:05 +0000'})])]});
	const at = {generation: '7', watermark: '1'};
	expect(await destination.look(['INBOX'], [unsureOf(delivery('x', {receivedAt: 0}), at), unsureOf(delivery('x'), at)], () => false, never)).toEqual(['7:1', '7:2']);
});

test('a message whose line ends were changed by the server is found or stays unsure, never sent twice', async () => {
	const date = '2-Feb-2020 03:04:05 +0000';
	const {destination} = await start({folders: [inbox([message(1, 'a\r\nb\r\n', {date}), message(2, 'c\r\nd\r\ne', {date})])]});
	const at = {generation: '7', watermark: '1'};
	expect(await destination.look(['INBOX'], [unsureOf(delivery('a\nb\n'), at)], () => false, never)).toEqual(['7:1']);
	expect(await failureFrom(destination.look(['INBOX'], [unsureOf(delivery('c\nd\r\ne'), at)], () => false, never))).toMatchObject({code: 'delivery-unknown'});
});

test('a delivery cut off between APPEND and STORE gets its flag when it is found', async () => {
	const {destination, server} = await start({folders: [inbox([message(1, 'x', {date: '2-Feb-2020 03:04:05 +0000'})])]});
	expect(await destination.look(['INBOX'], [unsureOf(delivery('x', {flags: [flagged]}), {generation: '7', watermark: '1'})], () => false, never)).toEqual(['7:1']);
	expect(server.received.at(-1)).toBe(String.raw`UID STORE 1 +FLAGS.SILENT (\Flagged)`);
});

test('when STORE fails after APPEND, the message is not reported as not stored', async () => {
	for (const [answer, expected] of [['NO never', {stored: true, lost: [String.raw`flag:\Flagged`]}], ['', {stored: false, failure: {outcome: 'unknown'}}]] as const) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		const {destination} = await start({
			...exchange,
			capabilities: plain(exchange.capabilities),
			script({name, tag}, {send, socket}) {
				if (name === 'UID STORE') {
					if (answer === '') {
						socket.destroy();
					} else {
						send(`${tag} ${answer}`);
					}

					return;
				}

				return 'default';
			},
		});
		// eslint-disable-next-line no-await-in-loop -- one after another
		const folder = await destination.prepare(['INBOX'], never);
		// eslint-disable-next-line no-await-in-loop -- one after another
		expect(await deliver(destination, folder, [delivery('x', {flags: [flagged]})])).toMatchObject([expected]);
	}
});

test('verification reads and lists without SELECT, and a folder that is not there is none', async () => {
	const {destination, server} = await start({folders: [inbox([message(1, 'abc')])]});
	const listing = [...(await destination.list(['INBOX'], never))!];
	expect(await gather(destination.read(['INBOX'], listing, never))).toMatchObject([{id: listing[0]!.id, bytes: Buffer.from('abc')}]);
	expect(await destination.list(['None'], never)).toBeUndefined();
	expect(server.received.join('\n')).not.toMatch(/SELECT|CREATE/v);
});

test('the size limit that the server announces is a trait, and lanes are bounded', async () => {
	const {traits} = await start({capabilities: 'IMAP4rev1 UIDPLUS APPENDLIMIT=1000000'}, {}, {lanes: {start: 9, max: 9}});
	expect(traits).toMatchObject({
		maxMessageBytes: 1_000_000, startLanes: 4, maxLanes: 4, keepsBytes: true,
	});
});

test('a connection that died while idle costs a sign of life, not a delivery', async () => {
	const {destination, server, clock} = await start();
	const folder = await destination.prepare(['INBOX'], never);
	await clock.sleep(60_000);
	expect(await deliver(destination, folder, [delivery('x')])).toMatchObject([{stored: true}]);
	expect(server.received).toContain('NOOP ');
});

test('a received date that servers of 32 bits would spoil is sent as the nearest that is safe, and told', async () => {
	const {destination, server} = await start();
	const folder = await destination.prepare(['INBOX'], never);
	expect(await deliver(destination, folder, [delivery('x', {receivedAt: Date.UTC(1966, 0, 1)})])).toEqual([{stored: true, id: '7:1', lost: ['received-date:1966-01-01T00:00:00.000Z']}]);
	expect(server.folders[0]!.messages[0]!.date).toBe('1-Jan-1970 00:00:00 +0000');
});
