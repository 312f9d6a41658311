/* eslint-disable @stylistic/max-len -- requests stand on one line */
/* eslint-disable unicorn/no-await-expression-member -- of most answers one member is looked at */
import {describe, expect, test} from 'vitest';
import {type Clock} from '../../source/mailbox/clock.js';
import {
	graph, graphApp, post, serveGraph, user, type GraphRaw,
} from './graph-client.js';
import {address, signIn} from './microsoft-client.js';

const codeOf = ({status, json}: Pick<GraphRaw, 'status' | 'json'>): string => `${status} ${(json.error as GraphRaw['json']['error'] | undefined)?.code ?? ''}`;

const handClock = (): Clock & {pass: (milliseconds: number) => void} => {
	let now = Date.UTC(2026, 10, 23, 12);
	const sleepers = new Set<{readonly until: number; readonly wake: () => void}>();
	return {
		now: () => now,
		async sleep(milliseconds, signal) {
			await new Promise<void>((resolve, reject) => {
				sleepers.add({until: now + milliseconds, wake: resolve});
				signal?.addEventListener('abort', () => {
					reject(signal.reason as Error);
				});
			});
		},
		pass(milliseconds) {
			now += milliseconds;
			for (const {until, wake} of sleepers) {
				if (until <= now) {
					wake();
				}
			}
		},
	};
};

const until = async (condition: () => boolean): Promise<void> => {
	while (!condition()) {
		await new Promise(resolve => { // eslint-disable-line no-await-in-loop
			setImmediate(resolve);
		});
	}
};

describe('budgets', () => {
	test('10,000 requests in ten minutes: the next is 429 until the first has left the window; a retry before that is early', async () => {
		const clock = handClock();
		const server = await serveGraph({clock, graph: {budget: {requests: 3}}});
		const ask = async () => graph(server, `${user}/mailFolders/inbox`);
		await ask();
		clock.pass(60_000);
		await ask();
		await ask();
		const refused = await ask();
		expect([codeOf(refused), refused.headers['retry-after'], refused.json.error.innerError]).toEqual(['429 ApplicationThrottled', '540', undefined]);
		expect(server.early).toBe(0);
		clock.pass(539_000);
		expect((await ask()).headers['retry-after']).toBe('1');
		expect(server.early).toBe(1);
		clock.pass(1000);
		expect((await ask()).status).toBe(200);
		expect([server.early, server.budgets.throttled]).toEqual([1, 2]);
	});

	test('150 MB in five minutes; another app and another mailbox have budgets of their own', async () => {
		const clock = handClock();
		const server = await serveGraph({
			clock, graph: {budget: {bytes: 5000}}, apps: [graphApp, {...graphApp, clientId: 'ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee'}], users: [{address}, {address: 'b@example.org'}],
		} as Parameters<typeof serveGraph>[0]);
		const send = async (who = user, token?: string) => post(server, `${who}/messages`, {subject: 'x', body: {contentType: 'text', content: 'x'.repeat(3000)}}, {token});
		expect((await send()).status).toBe(201);
		const refused = await send();
		expect([refused.json.error.message, refused.headers['retry-after']]).toEqual(['Application is over its IncomingBytes limit.', '300']);
		expect((await send('/users/b@example.org')).status).toBe(201);
		expect((await send(user, await signIn(server, {resource: 'https://graph.microsoft.com', clientId: 'ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee'}))).status).toBe(201);
		clock.pass(300_000);
		expect((await send()).status).toBe(201);
	});

	test('four at once: the fifth is told so; Retry-After as the tenant has it', async () => {
		const clock = handClock();
		const server = await serveGraph({clock, graph: {milliseconds: 150, retryAfter: 'none'}});
		const open = Array.from({length: 4}, async () => graph(server, `${user}/mailFolders/inbox`));
		await until(() => server.budgets.requests === 4);
		const refused = await graph(server, `${user}/mailFolders/inbox`);
		expect([refused.json, refused.headers['retry-after']]).toEqual([{error: {code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.'}}, undefined]);
		server.graph.retryAfter = '0';
		expect((await graph(server, `${user}/mailFolders/inbox`)).headers['retry-after']).toBe('0');
		clock.pass(150);
		expect((await Promise.all(open)).map(({status}) => status)).toEqual([200, 200, 200, 200]);
		expect(server.budgets.peak).toBe(4);
	});
});

describe('faults', () => {
	const lost = /socket hang up|ECONNRESET|aborted/v;

	test('lost before or after it was done, late, in the middle of the answer', async () => {
		const server = await serveGraph({
			rules: [
				{on: 'createMessage', nth: 1, do: {type: 'drop'}}, {on: 'createMessage', nth: 2, do: {type: 'commit-then-drop'}}, {on: 'createMessage', nth: 3, do: {type: 'drop-mid-answer', bytes: 100}}, {on: 'createMessage', nth: 4, do: {type: 'drop-then-commit', milliseconds: 1}}, {on: 'graph-request', nth: 5, do: {type: 'drop'}},
			],
		});
		for (const subject of ['a', 'b', 'c', 'd', 'e']) {
			await expect(post(server, `${user}/messages`, {subject})).rejects.toThrow(lost); // eslint-disable-line no-await-in-loop
		}

		await server.settled();
		expect(server.mailbox().items.map(({subject}) => subject)).toEqual(['b', 'c', 'd']);
	});

	test('throttles with and without a wait, errors by code with their recorded status, expiry, anything of HTTP', async () => {
		const server = await serveGraph();
		const cases = [
			[{type: 'busy', milliseconds: 1500}, '429 ApplicationThrottled', '2'],
			[{type: 'busy'}, '429 ApplicationThrottled', undefined],
			[{type: 'fault', code: 'MailboxInfoStale'}, '503 MailboxInfoStale', undefined],
			[{type: 'fault', code: 'UnknownError', text: ''}, '504 UnknownError', undefined],
			[{type: 'closed'}, '403 Forbidden', undefined],
			[{type: 'no-mailbox'}, '404 MailboxNotEnabledForRESTAPI', undefined],
			[{type: 'expire'}, '401 InvalidAuthenticationToken', undefined],
		] as const;
		for (const [fault, code, wait] of cases) {
			server.setFaults({rules: [{on: 'graph', nth: 1, do: fault}]});
			const answer = await graph(server, `${user}/mailFolders/inbox`); // eslint-disable-line no-await-in-loop
			expect([codeOf(answer), answer.headers['retry-after']]).toEqual([code, wait]);
		}

		const token = await signIn(server, {resource: 'https://graph.microsoft.com'});
		server.setFaults({rules: [{on: 'graph', nth: 1, do: {type: 'http', status: 502, body: 'Bad Gateway'}}]});
		expect(await graph(server, `${user}/mailFolders/inbox`, {token})).toMatchObject({status: 502, body: 'Bad Gateway'});
	});
});
