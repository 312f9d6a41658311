/* eslint-disable @stylistic/max-len -- rules stand on one line */
import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type Clock} from '../../source/mailbox/clock.js';
import {type Content} from '../../source/sandbox/microsoft/content.js';
import {type Fault, type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {readXml} from '../../source/sandbox/microsoft/xml-tree.js';
import {type MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {
	call, codes, createItem, elements, exchange, field, findItem, folderId, getFolder, getItem, idsOf, inbox, mail, message, post, serve, signIn, soap, stampField, extended, texts, type RawAnswer,
} from './microsoft-client.js';

/** A clock that a test moves; sleepers wake when their time has come. */
const handClock = (): Clock & {pass: (milliseconds: number) => Promise<void>; readonly sleeping: number} => {
	let now = Date.UTC(2026, 10, 23, 12);
	const sleepers = new Set<{readonly until: number; readonly wake: () => void}>();
	return {
		now: () => now,
		async sleep(milliseconds, signal) {
			await new Promise<void>((resolve, reject) => {
				const sleeper = {
					until: now + milliseconds, wake() {
						sleepers.delete(sleeper);
						resolve();
					},
				};
				sleepers.add(sleeper);
				signal?.addEventListener('abort', () => {
					reject(signal.reason as Error);
				});
			});
		},
		async pass(milliseconds) {
			now += milliseconds;
			for (const {until, wake} of sleepers) {
				if (until <= now) {
					wake();
				}
			}

			await new Promise(resolve => {
				setImmediate(resolve);
			});
		},
		get sleeping() {
			return sleepers.size;
		},
	};
};

const batch = (...names: readonly string[]): string => createItem(inbox, ...names.map(name => message(mail(name))));
const subjects = (server: MicrosoftServer): string[] => server.mailbox().items.map(({subject}) => subject);
const onCreate = (fault: Fault, more: Partial<FaultRule> = {}): FaultRule => ({
	on: 'CreateItem', nth: 1, do: fault, ...more,
});
const until = async (condition: () => boolean): Promise<void> => {
	while (!condition()) {
		await new Promise(resolve => { // eslint-disable-line no-await-in-loop
			setImmediate(resolve);
		});
	}
};

const lost = /socket hang up|ECONNRESET|aborted/v;

describe('lost answers', () => {
	const cases: ReadonlyArray<readonly [string, Fault, readonly string[]]> = [
		['dropped: nothing is stored', {type: 'drop'}, []],
		['committed, then dropped: it is stored', {type: 'commit-then-drop'}, ['a', 'b']],
		['dropped in the middle of the answer: it is stored', {type: 'drop-mid-answer', bytes: 700}, ['a', 'b']],
	];

	test.each(cases)('%s', async (_, fault, stored) => {
		const server = await serve({rules: [onCreate(fault)]});
		await expect(call(server, batch('a', 'b'))).rejects.toThrow(lost);
		expect(subjects(server)).toEqual(stored);
		expect(codes(await call(server, batch('c')))).toEqual(['NoError']);
		expect(server.struck.map(({fault: {type}}) => type)).toEqual([fault.type]);
	});

	test('before the body is read: nothing is known of the call', async () => {
		const server = await serve({rules: [{on: 'request', nth: 1, do: {type: 'drop'}}]});
		await signIn(server);
		await expect(call(server, batch('a'))).rejects.toThrow(lost);
		expect([subjects(server), server.log]).toEqual([[], []]);
	});

	test('lost, committed later: it is stored only when its time has come, though the connection is long gone', async () => {
		const clock = handClock();
		const server = await serve({clock, rules: [onCreate({type: 'drop-then-commit', milliseconds: 50_000})]});
		await expect(call(server, batch('a', 'b'))).rejects.toThrow(lost);
		await clock.pass(49_999);
		expect(subjects(server)).toEqual([]);
		await clock.pass(1);
		await server.settled();
		expect(subjects(server)).toEqual(['a', 'b']);
		expect(server.mailbox().items[0]!.createdAt).toBe(Date.UTC(2026, 10, 23, 12, 0, 50));
	});

	test('what was to be committed later is not when the server ends', async () => {
		const clock = handClock();
		const server = await serve({clock, rules: [onCreate({type: 'drop-then-commit', milliseconds: 50_000})]});
		await expect(call(server, batch('a'))).rejects.toThrow(lost);
		await server.close();
		await clock.pass(50_000);
		expect(subjects(server)).toEqual([]);
	});

	test('delayed: before it is done, or only the answer', async () => {
		const clock = handClock();
		const server = await serve({clock, rules: [onCreate({type: 'delay', milliseconds: 1000}), onCreate({type: 'delay', milliseconds: 1000, commit: true}, {nth: 2})]});
		const first = call(server, batch('a'));
		await until(() => clock.sleeping > 0);
		expect(subjects(server)).toEqual([]);
		await clock.pass(1000);
		expect(codes(await first)).toEqual(['NoError']);
		const second = call(server, batch('b'));
		await until(() => clock.sleeping > 0);
		expect(subjects(server)).toEqual(['a', 'b']);
		await clock.pass(1000);
		expect(codes(await second)).toEqual(['NoError']);
	});

	test('never answered: done or not', async () => {
		const server = await serve({rules: [onCreate({type: 'stall', commit: true}), onCreate({type: 'stall'}, {nth: 2})]});
		const answers = Promise.allSettled([call(server, batch('a')), call(server, batch('b'))]);
		await until(() => server.struck.length === 2 && server.mailbox().items.length === 1);
		server.dropAllConnections();
		const settled = await answers;
		expect(settled.map(({status}) => status)).toEqual(['rejected', 'rejected']);
	});
});

describe('throttles', () => {
	test('the fault of a busy server tells its wait or does not', async () => {
		const server = await serve({rules: [onCreate({type: 'busy', milliseconds: 297_749}), onCreate({type: 'busy'}, {nth: 2}), onCreate({type: 'busy', code: 'ErrorTooManyObjectsOpened'}, {nth: 3})]});
		const told = await call(server, batch('a'));
		expect([told.status, codes(told), texts(told.body, 'Value')]).toEqual([500, ['ErrorServerBusy'], ['297749']]);
		expect(elements(told.body, 'Value')[0]!.getAttribute('Name')).toBe('BackOffMilliseconds');
		const silent = await call(server, batch('a'));
		expect([codes(silent), silent.body.includes('MessageXml')]).toEqual([['ErrorServerBusy'], false]);
		expect(codes(await call(server, batch('a')))).toEqual(['ErrorTooManyObjectsOpened']);
		expect(subjects(server)).toEqual([]);
	});

	test('held, it is told with what is left until it is over, and who came too early is counted', async () => {
		const clock = handClock();
		const server = await serve({clock, rules: [{on: 'call', nth: 1, do: {type: 'busy', milliseconds: 10_000, hold: true}}]});
		const waits: string[][] = [];
		for (const pass of [0, 4000, 5999]) {
			await clock.pass(pass); // eslint-disable-line no-await-in-loop
			const {body} = await call(server, batch('a')); // eslint-disable-line no-await-in-loop
			waits.push(texts(body, 'Value'));
		}

		expect([waits, server.early]).toEqual([[['10000'], ['6000'], ['1']], 2]);
		await clock.pass(1);
		expect(codes(await call(server, batch('a')))).toEqual(['NoError']);
	});

	test('busy inside HTTP 200 has its wait only in the text, for one item', async () => {
		const server = await serve({rules: [onCreate({type: 'busy-item', index: 1, milliseconds: 5000})]});
		const answer = await call(server, batch('a', 'b', 'c'));
		expect([answer.status, codes(answer), subjects(server)]).toEqual([200, ['NoError', 'ErrorServerBusy', 'NoError'], ['a', 'c']]);
		expect(texts(answer.body, 'MessageText')[0]).toMatch(/Suggested backoff time 5000 ms\.$/v);
	});

	test('calls beyond the limit of connections are refused', async () => {
		const clock = handClock();
		const server = await serve({clock, limits: {concurrency: 2, itemMilliseconds: 10}});
		const open = [call(server, batch('a')), call(server, batch('b'))];
		await until(() => clock.sleeping === 2);
		expect(codes(await call(server, batch('c')))).toEqual(['ErrorExceededConnectionCount']);
		await clock.pass(10);
		const answers = await Promise.all(open);
		expect(answers.map(answer => codes(answer))).toEqual([['NoError'], ['NoError']]);
		expect(server.peak).toBe(2);
	});
});

describe('calls that go wrong as a whole', () => {
	test('a call has a minute: what it stored until then stays, and the answer is a fault', async () => {
		const clock = handClock();
		const server = await serve({clock, limits: {itemMilliseconds: 25_000}});
		const answer = call(server, batch('a', 'b', 'c', 'd'));
		for (let step = 0; step < 3; step++) {
			await until(() => clock.sleeping > 0); // eslint-disable-line no-await-in-loop
			await clock.pass(25_000); // eslint-disable-line no-await-in-loop
		}

		expect([codes(await answer), subjects(server)]).toEqual([['ErrorTimeoutExpired'], ['a', 'b']]);
	});

	test('a larger body than the limit: 405 or 413 and closing, or closing alone; a chunked one is only closed', async () => {
		const server = await serve({limits: {requestBytes: 10_000}});
		const large = soap(createItem(inbox, message(mail('large') + 'x'.repeat(2_000_000))));
		const closing = await post(server, large);
		expect([closing.status, closing.headers.connection, closing.body]).toEqual([405, 'close', '']);
		server.limits.oversize = 413;
		const {status} = await post(server, large);
		expect(status).toBe(413);
		server.limits.oversize = 'close';
		await expect(post(server, large)).rejects.toThrow(/socket hang up|ECONNRESET|EPIPE|aborted/v);
		server.limits.oversize = 405;
		await expect(post(server, large, {headers: {'content-length': undefined, 'transfer-encoding': 'chunked'}})).rejects.toThrow(/socket hang up|ECONNRESET|EPIPE|aborted/v);
		expect(codes(await call(server, batch('small')))).toEqual(['NoError']);
	});

	test('403, 500 without SOAP, 503 with Retry-After, 405 and closing, and HTML with 200', async () => {
		const server = await serve({
			rules: [
				onCreate({type: 'closed'}),
				onCreate({type: 'scope'}, {nth: 2}),
				onCreate({type: 'http', status: 500}, {nth: 3}),
				onCreate({
					type: 'http', status: 503, headers: {'Retry-After': '0.249'}, body: '<h2>Our services aren\'t available right now</h2>',
				}, {nth: 4}),
				onCreate({type: 'http', status: 405, close: true}, {nth: 5}),
				onCreate({type: 'nonsense', commit: true}, {nth: 6}),
			],
		});
		const answers: RawAnswer[] = [];
		for (let index = 0; index < 6; index++) {
			answers.push(await call(server, batch('a'))); // eslint-disable-line no-await-in-loop
		}

		expect(answers.map(({status}) => status)).toEqual([403, 403, 500, 503, 405, 200]);
		expect(answers[2]!.body).toBe('');
		expect([answers[3]!.headers['retry-after'], answers[3]!.body]).toEqual(['0.249', '<h2>Our services aren\'t available right now</h2>']);
		expect(answers[4]!.headers.connection).toBe('close');
		expect([answers[5]!.body.includes('Envelope'), subjects(server)]).toEqual([false, ['a']]);
	});

	test('401 in the middle: all tokens are old from now on, a new one opens', async () => {
		const server = await serve({rules: [onCreate({type: 'expire'})]});
		const token = await signIn(server);
		const statuses: number[] = [];
		for (const one of [token, token, await signIn(server)]) {
			const {status} = await call(server, batch('a'), {token: statuses.length === 2 ? await signIn(server) : one}); // eslint-disable-line no-await-in-loop
			statuses.push(status);
		}

		expect([statuses, subjects(server)]).toEqual([[401, 401, 200], ['a']]);
	});

	test('a fault comes with 500 or inside HTTP 200, and may have been carried out', async () => {
		const server = await serve({rules: [onCreate({type: 'fault', code: 'ErrorInternalServerError', status: 200}), onCreate({type: 'fault', code: 'ErrorInternalServerTransientError', commit: true}, {nth: 2})]});
		const first = await call(server, batch('a'));
		const second = await call(server, batch('b'));
		expect([first.status, codes(first), second.status, codes(second)]).toEqual([200, ['ErrorInternalServerError'], 500, ['ErrorInternalServerTransientError']]);
		expect(subjects(server)).toEqual(['b']);
	});

	test('the mailbox goes missing, or impersonation is taken away', async () => {
		const server = await serve({rules: [onCreate({type: 'no-mailbox'}), onCreate({type: 'denied'}, {nth: 2})]});
		expect([codes(await call(server, batch('a'))), codes(await call(server, batch('a')))]).toEqual([['ErrorNonExistentMailbox'], ['ErrorImpersonateUserDenied']]);
	});

	test('the sign-in service can fail too', async () => {
		const server = await serve({rules: [{on: 'login', nth: 1, do: {type: 'http', status: 503}}, {on: 'login', nth: 2, do: {type: 'drop'}}]});
		const ask = async (): Promise<RawAnswer> => exchange(server, {method: 'POST', path: '/x/oauth2/v2.0/token', headers: {'content-type': 'application/x-www-form-urlencoded'}}, 'client_id=x');
		const {status} = await ask();
		expect(status).toBe(503);
		await expect(ask()).rejects.toThrow(lost);
		expect(await signIn(server)).toMatch(/^ey/v);
	});
});

describe('parts that go wrong', () => {
	test('a batch stops after some items: those behind are not tried', async () => {
		const server = await serve({rules: [onCreate({type: 'batch-stop', after: 2})]});
		const answer = await call(server, batch('a', 'b', 'c', 'd', 'e'));
		expect(codes(answer)).toEqual(['NoError', 'NoError', 'ErrorMailboxStoreUnavailable', 'ErrorBatchProcessingStopped', 'ErrorBatchProcessingStopped']);
		expect(subjects(server)).toEqual(['a', 'b']);
	});

	test('the server gives up in the middle of a batch: what is done stays, and nothing or a fault is said', async () => {
		const server = await serve({rules: [onCreate({type: 'give-up', after: 2}), onCreate({type: 'give-up', after: 1, code: 'ErrorInternalServerError'}, {nth: 2})]});
		await expect(call(server, batch('a', 'b', 'c'))).rejects.toThrow(lost);
		expect(codes(await call(server, batch('d', 'e')))).toEqual(['ErrorInternalServerError']);
		expect(subjects(server)).toEqual(['a', 'b', 'd']);
	});

	test('a call without the anchor of its mailbox can be told apart', async () => {
		const server = await serve({rules: [{on: 'unanchored', do: {type: 'http', status: 503}}]});
		const statuses: number[] = [];
		for (const headers of [{}, {'x-anchormailbox': 'b@example.org'}, {'x-anchormailbox': 'A@example.org'}]) {
			const {status} = await call(server, batch('a'), {headers}); // eslint-disable-line no-await-in-loop
			statuses.push(status);
		}

		expect(statuses).toEqual([503, 503, 200]);
	});

	test('one item is refused, or said to be refused though it is stored', async () => {
		const server = await serve({
			rules: [onCreate({type: 'item', index: 1, code: 'ErrorItemSave'}), onCreate({
				type: 'item', index: 0, code: 'ErrorTimeoutExpired', stored: true,
			}, {nth: 2})],
		});
		expect([codes(await call(server, batch('a', 'b'))), codes(await call(server, batch('c', 'd')))]).toEqual([['NoError', 'ErrorItemSave'], ['ErrorTimeoutExpired', 'NoError']]);
		expect(subjects(server)).toEqual(['a', 'c', 'd']);
	});

	test('the mailbox fills up; named properties are used up, and only items with one are refused', async () => {
		const server = await serve({rules: [onCreate({type: 'fill'}), onCreate({type: 'names-used-up'}, {nth: 2})]});
		expect([codes(await call(server, batch('a', 'b'))), subjects(server)]).toEqual([['ErrorQuotaExceeded', 'ErrorBatchProcessingStopped'], []]);
		server.mailbox().quotaBytes = 0;
		const named = await call(server, createItem(inbox, message(mail('a')), message(mail('b'), {properties: extended(stampField, 'x')})));
		expect([codes(named), texts(named.body, 'MessageText'), subjects(server)]).toEqual([['NoError', 'ErrorQuotaExceeded'], ['Cannot get ID from name.'], ['a']]);
	});

	test('the folder is deleted meanwhile', async () => {
		const server = await serve({user: {folders: [{path: ['A', 'B']}]}, rules: [onCreate({type: 'delete-folder'}, {folder: ['A', 'B']})]});
		const {id} = server.mailbox().folder(['A', 'B']);
		expect(codes(await call(server, createItem(folderId(id), message(mail('a')), message(mail('b')))))).toEqual(['ErrorFolderNotFound', 'ErrorFolderNotFound']);
		expect(codes(await call(server, getFolder(folderId(id))))).toEqual(['ErrorItemNotFound']);
	});

	test('texts hold references that XML 1.0 forbids: a strict parser loses the whole answer', async () => {
		const server = await serve({rules: [{on: 'find', nth: 1, do: {type: 'forbidden-characters'}}]});
		await call(server, batch('a', 'b'));
		const {body} = await call(server, findItem(inbox, {fields: field('item:Subject')}));
		expect(body).toContain('&#x1;');
		expect(() => readXml(body)).toThrow('invalid character');
		const clean = await call(server, findItem(inbox, {fields: field('item:Subject')}));
		expect(texts(clean.body, 'Subject')).toHaveLength(2);
	});

	test('control characters that are in a text come the same way', async () => {
		const server = await serve();
		const {content} = await server.mailbox().add(['Inbox'], {mime: mail('x')});
		server.mailbox().create(server.mailbox().folder(['Inbox']), {content: {...content, subject: 'bell\u0007end'} satisfies Content, flags: 0});
		const {body} = await call(server, findItem(inbox, {fields: field('item:Subject')}));
		expect(body).toContain('<t:Subject>bell&#x7;end</t:Subject>');
	});

	test('MIME that cannot be made fails that item alone', async () => {
		const server = await serve();
		const ids = idsOf(await call(server, batch('a', 'b')));
		server.mailbox().item(ids[0]!)!.unreadable = true;
		const answer = await call(server, getItem(ids, {mime: true}));
		expect(codes(answer)).toEqual(['ErrorMimeContentConversionFailed', 'NoError']);
		expect(Buffer.from(texts(answer.body, 'MimeContent')[0]!, 'base64').toString()).toContain('b');
	});

	test('rules hold for an operation, a mailbox, a folder, a size of batch; the same seed gives the same faults', async () => {
		const run = async (): Promise<string[]> => {
			const server = await serve({
				rules: [{
					on: 'write', chance: 0.5, items: 2, do: {type: 'fault', code: 'ErrorServerBusy'},
				}],
			});
			const seen: string[] = [];
			for (let index = 0; index < 12; index++) {
				const answers = [await call(server, batch('a', 'b')), await call(server, batch('c'))]; // eslint-disable-line no-await-in-loop
				seen.push(...answers.map(answer => codes(answer)[0]!));
			}

			return seen;
		};

		const first = await run();
		expect(await run()).toEqual(first);
		expect(first.filter((_, index) => index % 2 > 0)).toEqual(Array.from({length: 12}, () => 'NoError'));
		expect(new Set(first)).toEqual(new Set(['NoError', 'ErrorServerBusy']));
	});
});
