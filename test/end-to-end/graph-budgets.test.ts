import process from 'node:process';
import {describe, expect, test} from 'vitest';
import {tokensFor} from '../../source/credentials/microsoft.js';
import {graphDestination} from '../../source/destinations/graph.js';
import {graphJsonDestination} from '../../source/destinations/graph-json.js';
import {GraphGate} from '../../source/protocols/graph-gate.js';
import {type Item} from '../../source/sandbox/microsoft/item.js';
import {graphDefaults, type GraphManner} from '../../source/sandbox/microsoft/graph-options.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {ForgetfulFiles} from '../migration/forgetful-files.js';
import {type Ran, runEngine} from '../migration/run-engine.js';
import {VirtualClock} from '../virtual-clock.js';
import {
	hashesOf, hashOf, type Made, madeBytes, madeSource,
} from './made-messages.js';
import {app, mailbox, tls} from './microsoft-ends.js';

/**
The documented limits for one application and mailbox (microsoft-365.md 3.9) at full load: the engine and its adapter for Graph against the
stand-in, which enforces them. Both live by one clock, on which a call takes 150 ms and nothing else any time: the figures
do not depend on the machine.
*/
const callMilliseconds = 150;
const manner: GraphManner = {milliseconds: callMilliseconds, patchesDates: true};
/** What importMime takes in base64 is 4 MiB (assumed, as for every request): so this is as large as its messages get. */
const largest = 3 * 1024 * 1024;
/** Bytes of mail in the largest messages. */
const volume = process.env.AW2MS365_SHORT ? 2e8 : 2e9;

type Stand = {readonly server: MicrosoftServer; readonly clock: VirtualClock; readonly token: (fresh?: boolean) => Promise<string>};

const withStand = async (graph: GraphManner, run: (stand: Stand) => Promise<void>): Promise<void> => {
	using clock = new VirtualClock();
	const server = await MicrosoftServer.start({
		clock: clock.serving, users: [{address: mailbox}], apps: [{...app, roles: ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All']}], tls, graph,
	});
	try {
		const token = tokensFor('graph.microsoft.com', {
			tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret, cloud: {login: server.host, ca: tls.ca}, clock,
		});
		// Loads what makes tokens: the clock knows nothing of that.
		await token();
		await run({server, clock, token});
	} finally {
		await server.close();
	}

	expect(server.errors).toEqual([]);
};

type Way = {readonly onDelivered?: () => void; readonly gate?: GraphGate; readonly folder?: string; readonly isJson?: boolean};

const migrate = async ({server, clock, token}: Stand, made: Made, {onDelivered, gate, folder = 'INBOX', isJson = false}: Way = {}): Promise<Ran> => {
	const options = {
		host: server.host, mailbox, token, ca: tls.ca, clock, random: () => 0.5, notice: () => undefined, gate,
	};
	const destination = isJson ? graphJsonDestination({...options, allowLoss: true}) : graphDestination(options);
	try {
		return await runEngine({
			source: madeSource(made, folder), destination, files: new ForgetfulFiles(), directory: '/state', clock, consent: async () => true, choices: {memory: 128 * 1024 * 1024}, onEvent(event) {
				if (event.type === 'message.delivered') {
					onDelivered?.();
				}
			},
		});
	} finally {
		await destination.close();
	}
};

type Figures = {
	readonly seconds: number;
	/** Parts of the documented limits: 1 is all. */
	readonly ofRequests: number;
	readonly ofBytes: number;
	readonly line: string;
};

const shown = (value: number, digits = 0): string => value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits});

/** What went through in a time, against what is documented. */
const figuresOf = (name: string, {server: {budgets}}: Stand, milliseconds: number): Figures => {
	const {requests, requestWindow, bytes, byteWindow, concurrent} = graphDefaults.budget;
	const seconds = milliseconds / 1000;
	const [requestRate, byteRate] = [budgets.requests / seconds, budgets.bytes / seconds];
	const [requestLimit, byteLimit, callLimit] = [requests * 1000 / requestWindow, bytes * 1000 / byteWindow, concurrent * 1000 / callMilliseconds];
	const [ofRequests, ofBytes] = [requestRate / requestLimit, byteRate / byteLimit];
	return {
		seconds, ofRequests, ofBytes, line: [
			`${name}: ${shown(seconds, 1)} s;`,
			`${shown(budgets.requests)} requests, ${shown(requestRate, 2)}/s: ${shown(100 * ofRequests, 1)} % of ${shown(requestLimit, 2)}/s (${shown(requests)} in ${requestWindow / 60_000} min);`,
			`${shown(budgets.bytes)} bytes sent, ${shown(byteRate)}/s: ${shown(100 * ofBytes, 1)} % of ${shown(byteLimit)}/s (${shown(bytes / 1e6)} MB in ${byteWindow / 60_000} min);`,
			`at most ${budgets.peak} at once, enough for ${shown(callLimit, 2)}/s of ${callMilliseconds} ms each; 429: ${budgets.throttled}, resumed early: ${budgets.early}`,
		].join(' '),
	};
};

const tell = (line: string): void => {
	process.stdout.write(`${line}\n`);
};

describe('at full load', () => {
	test('5,000 small messages use at least 95 % of the requests that are allowed, and never one too many', async () => {
		const made = {count: 5000, size: 3000};
		await withStand(manner, async stand => {
			const {server, clock} = stand;
			const since = clock.now();
			const {outcome, progress} = await migrate(stand, made);
			expect([outcome, progress.messages.delivered]).toEqual(['complete', made.count]);
			const figures = figuresOf('5,000 messages of 3 kB', stand, clock.now() - since);
			tell(figures.line);
			expect(figures.ofRequests).toBeGreaterThanOrEqual(0.95);
			expect([server.budgets.throttled, server.early]).toEqual([0, 0]);
			expect(server.mailbox().items.map(({received, stamp, isRead}) => `${hashOf(received!)} ${stamp !== undefined} ${isRead}`).sort())
				.toEqual(Array.from({length: made.count}, (_, at) => `${hashOf(madeBytes(at + 1, made.size))} true ${(at + 1) % 2 === 0}`).sort());
		});
	}, 600_000);

	test(`${volume / 1e9} GB in the largest messages that this road takes use at least 95 % of the bytes that are allowed, and never one too many`, async () => {
		const made = {count: Math.ceil(volume / largest), size: largest};
		await withStand(manner, async stand => {
			const {server, clock} = stand;
			const arrived: string[] = [];
			const put = (item: Item): void => {
				arrived.push(`${item.subject} ${item.received?.length}`);
				server.mailbox().delete(item);
			};

			const since = clock.now();
			// What has arrived is counted and put away: it need not all be in memory.
			const {outcome, progress} = await migrate(stand, made, {
				onDelivered() {
					for (const item of server.mailbox().items.filter(({stamp}) => stamp !== undefined)) {
						put(item);
					}
				},
			});
			expect([outcome, progress.messages.delivered]).toEqual(['complete', made.count]);
			const figures = figuresOf(`${shown(made.count)} messages of 3 MiB`, stand, clock.now() - since);
			tell(figures.line);
			expect(figures.ofBytes).toBeGreaterThanOrEqual(0.95);
			// By the same clock a token lives an hour.
			expect(server.login.given).toBe(1 + Math.floor((clock.now() - since) / 3_299_000));
			expect([server.budgets.throttled, server.early]).toEqual([0, 0]);
			expect(arrived.sort()).toEqual(Array.from({length: made.count}, (_, at) => `number ${at + 1} ${largest}`).sort());
		});
	}, 600_000);
});

test.each([
	{count: 5000, size: 3000, binds: 'ofRequests' as const},
	{count: 8, size: 30 * 1024 * 1024, binds: 'ofBytes' as const},
])('by graph-json, $count messages of $size bytes use at least 95 % of what binds them, and never too much', async ({binds, ...made}) => {
	await withStand(manner, async stand => {
		const {server, clock} = stand;
		const since = clock.now();
		const {outcome, progress} = await migrate(stand, made, {isJson: true});
		expect([outcome, progress.messages.delivered]).toEqual(['complete', made.count]);
		const figures = figuresOf(`graph-json, ${shown(made.count)} messages of ${shown(made.size / 1e6, 3)} MB`, stand, clock.now() - since);
		tell(figures.line);
		expect(figures[binds]).toBeGreaterThanOrEqual(0.95);
		expect([server.budgets.throttled, server.early]).toEqual([0, 0]);
		expect(server.mailbox().items.map(({subject}) => subject).sort()).toEqual(Array.from({length: made.count}, (_, at) => `number ${at + 1}`).sort());
	});
}, 240_000);

/** What the stand-in says while it holds everybody off, and how often it is asked in vain at most until it is over. */
const told: ReadonlyArray<readonly [retryAfter: NonNullable<GraphManner['retryAfter']>, most: number]> = [['seconds', 2], ['0', 12], ['none', 7]];

describe('while another program has used up what is allowed', () => {
	const used = {requests: {count: 9700, bytes: 0}, bytes: {count: 31, bytes: 4_800_000}} as const;

	describe.each(Object.entries(used))('%s', (_, {count, bytes}) => {
		test.each(told)('and Retry-After says %s: it is asked a handful of times, never before the wait it stated, and every message arrives once', async (retryAfter, most) => {
			const made = {count: 250, size: 12_000};
			await withStand({...manner, retryAfter}, async stand => {
				const {server} = stand;
				for (let at = 0; at < count; at++) {
					server.budgets.enter({key: `${app.clientId}|${mailbox}`, identity: () => `other ${at}`, bytes})();
				}

				const {outcome, progress, events} = await migrate(stand, made);
				expect([outcome, progress.messages.delivered, progress.messages.unsure]).toEqual(['complete', made.count, 0]);
				expect(server.budgets.throttled).toBeGreaterThan(0);
				expect(server.budgets.throttled).toBeLessThanOrEqual(most);
				expect(server.early).toBe(0);
				expect(events.filter(({type}) => type === 'message.refused' || type === 'message.unsure')).toEqual([]);
				expect(server.mailbox().items.map(({received}) => hashOf(received!)).sort()).toEqual(hashesOf(made));
			});
		});
	});
});

test('importMime and graph-json of one process share the limits of the mailbox: at most four calls at once, and what one is told holds the other back', async () => {
	const made = {count: 150, size: 3000};
	await withStand(manner, async stand => {
		const {server, clock} = stand;
		const gate = new GraphGate(clock);
		const run = async (name: string): Promise<void> => {
			const runs = await Promise.all([false, true].map(async isJson => migrate(stand, made, {gate, isJson, folder: `${name} ${isJson}`})));
			expect(runs.map(({outcome, progress}) => [outcome, progress.messages.delivered])).toEqual([['complete', made.count], ['complete', made.count]]);
		};

		await run('first');
		expect([server.budgets.peak, server.budgets.throttled]).toEqual([4, 0]);
		server.setFaults({rules: [{on: 'graph-write', nth: 60, do: {type: 'busy', milliseconds: 60_000, hold: true}}]});
		await run('second');
		// Those that were under way.
		expect(server.early).toBeLessThanOrEqual(3);
		expect(server.mailbox().items).toHaveLength(4 * made.count);
	});
});
