import net from 'node:net';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {lookAtDirectory} from '../../source/doctor/directory.js';
import {examineServer, type Mailbox} from '../../source/doctor/examine-server.js';
import {examineTenant} from '../../source/doctor/examine-tenant.js';
import {patience} from '../../source/doctor/patience.js';
import {reach} from '../../source/doctor/reach.js';
import {realClock} from '../../source/mailbox/clock.js';
import {FailureError} from '../../source/mailbox/failure.js';
import {type Road, transports} from '../../source/mailbox/road.js';
import {Listing} from '../../source/mailbox/listing.js';
import {traits} from '../migration/fake-ends.js';

const clock = realClock();
const {signal} = new AbortController();
const limits = {
	reach: 200, signIn: 200, folders: 200, road: 200,
};
const forever = async (): Promise<never> => new Promise(() => {
	// Nobody answers.
});

describe('the patience of a check', () => {
	test('a task that never ends is given up, with what was said last as the reason', async () => {
		const own = patience(clock);
		own.notice({
			type: 'reconnecting', side: 'source', code: 'tls-refused', detail: 'CERT_HAS_EXPIRED',
		});
		expect(await own.bounded(20, signal, forever)).toMatchObject({failure: {code: 'tls-refused', detail: 'CERT_HAS_EXPIRED'}});
		expect(await patience(clock).bounded(20, signal, forever)).toMatchObject({failure: {code: 'host-unreachable'}});
	});

	test('a long wait is told instead of sat out, a short one is sat out', async () => {
		const own = patience(clock);
		const waiting = async (milliseconds: number) => own.bounded(10_000, signal, async stopping => {
			own.notice({
				type: 'throttled', side: 'source', code: 'throttled', wait: milliseconds,
			});
			await own.clock.sleep(milliseconds, stopping);
		});
		expect(await waiting(600_000)).toMatchObject({failure: {code: 'throttled', wait: 600_000}});
		expect(await waiting(1)).toEqual({found: undefined});
	});

	test('a stop by a person is no finding', async () => {
		const stop = new AbortController();
		const looking = patience(clock).bounded(10_000, stop.signal, forever);
		stop.abort(new Error('stopped'));
		await expect(looking).rejects.toThrow('stopped');
	});
});

const mailbox = (more: Partial<Mailbox> = {}): Mailbox & {closed: number} => {
	const own = {
		closed: 0,
		open: async () => undefined,
		folders: async () => [{path: ['INBOX'], kind: 'mail' as const}, {path: ['Locked'], kind: 'mail' as const}, {path: ['Calendar'], kind: 'not-mail' as const}, {path: ['Left'], kind: 'mail' as const}],
		async list([name]: readonly string[]) {
			if (name === 'Locked') {
				throw new FailureError('folder-unreadable');
			}

			const listing = new Listing({generation: '1'});
			listing.add({
				uid: 1, size: 500, receivedAt: 0, flags: [],
			});
			return listing;
		},
		async close() {
			own.closed++;
		},
		...more,
	};
	return own;
};

describe('a server', () => {
	const look = async (own: Mailbox, more: Partial<Parameters<typeof examineServer>[0]> = {}) => examineServer({
		clock, place: 'x:993', reach: async () => ({}), mailbox: () => own, staysBehind: ({path: [name]}) => name === 'Left', limits, ...more,
	}, signal, () => undefined);

	test('is counted without folders that are no mail or stay behind; one that does not open is named', async () => {
		const own = mailbox();
		const {folders} = await look(own);
		expect(folders).toMatchObject({
			found: {
				folders: 2, counted: 1, messages: 1, bytes: 500, unopened: [{path: ['Locked']}],
			},
		});
		expect(own.closed).toBe(1);
	});

	test('that does not answer ends the look in time, wherever it falls silent', async () => {
		expect(await look(mailbox(), {reach: forever})).toMatchObject({reach: {failure: {code: 'host-unreachable'}}});
		expect(await look(mailbox({open: forever}))).toMatchObject({signIn: {failure: {code: 'host-unreachable'}}});
		expect(await look(mailbox({folders: forever}))).toMatchObject({folders: {failure: {code: 'host-unreachable'}}});
	});

	test('whose listing takes too long is counted as far as it went', async () => {
		const slow = mailbox({
			async list([name], stopping) {
				if (name === 'INBOX') {
					return new Listing({generation: '1'});
				}

				return new Promise((_resolve, reject) => {
					stopping.addEventListener('abort', () => {
						reject(stopping.reason as Error);
					});
				});
			},
		});
		expect(await look(slow)).toMatchObject({folders: {found: {folders: 2, counted: 1, unopened: []}}});
	});

	test('that is lost while it is listed is no question of one folder', async () => {
		expect(await look(mailbox({
			async list() {
				throw new FailureError('connection-lost');
			},
		}))).toMatchObject({folders: {failure: {code: 'connection-lost'}}});
	});
});

describe('a tenant', () => {
	const roadsWith = (open: (transport: string) => Promise<typeof traits>, asked: string[] = []) => (_: unknown, {readOnly, probe}: {readonly readOnly: boolean; readonly probe: boolean}): Road[] => transports.map(transport => ({
		transport, destination: () => ({
			async open() {
				asked.push(`${transport}${readOnly ? ' to look' : ''}${probe ? ' to probe' : ''}`);
				return open(transport);
			},
			folders: async () => [], async close() {
				asked.push(`${transport} closed`);
			},
		} as unknown as ReturnType<Road['destination']>),
	}));
	const token = async () => 'no.token.at-all';
	const instruments = {
		clock, probes: false, reach: async () => undefined, reachImap: async () => undefined, limits,
		signIns: () => [{resource: 'exchange' as const, token}, {resource: 'graph' as const, token}], roads: roadsWith(async () => traits),
	};
	const look = async (more: Partial<Parameters<typeof examineTenant>[0]>) => examineTenant({...instruments, ...more}, signal, () => undefined);

	test('is only looked at, and every road is closed again; a probe is asked of importMime alone', async () => {
		const asked: string[] = [];
		await look({roads: roadsWith(async () => traits, asked)});
		expect(asked.filter(one => !one.endsWith('closed')).sort()).toEqual(['ews to look', 'graph to look', 'graph-json to look', 'imap to look']);
		expect(asked.filter(one => one.endsWith('closed'))).toHaveLength(4);
		asked.length = 0;
		await look({roads: roadsWith(async () => traits, asked), probes: true});
		expect(asked.filter(one => !one.endsWith('closed')).sort()).toEqual(['ews to look', 'graph to probe', 'graph-json to look', 'imap to look']);
	});

	test('one road that hangs does not keep the others from being known', async () => {
		const {roads} = await look({roads: roadsWith(async transport => transport === 'ews' ? forever() : traits)});
		expect(roads).toMatchObject({ews: {failure: {code: 'host-unreachable'}}, imap: {found: {folders: 0}}, graph: {found: {}}});
	});

	test('the roads of a service that gives no token are not tried', async () => {
		const {signIns, roads} = await look({
			signIns: () => [{
				resource: 'exchange', async token() {
					throw new FailureError('sign-in-refused');
				},
			}, {resource: 'graph', token}],
		});
		expect(signIns.exchange).toMatchObject({failure: {code: 'sign-in-refused'}});
		expect(Object.keys(roads)).toEqual(['graph', 'graph-json']);
	});

	test('IMAP is not signed in to where its port is shut', async () => {
		const asked: string[] = [];
		const {roads} = await look({
			roads: roadsWith(async () => traits, asked), async reachImap() {
				throw new FailureError('host-unreachable', {detail: 'ECONNREFUSED'});
			},
		});
		expect(roads.imap).toMatchObject({failure: {detail: 'ECONNREFUSED'}});
		expect(asked).not.toContain('imap to look');
	});
});

describe('reaching', () => {
	const listen = async (): Promise<{readonly server: net.Server; readonly port: number}> => {
		const server = net.createServer(socket => {
			socket.on('error', () => undefined);
		});
		await new Promise<void>(resolve => {
			server.listen(0, '127.0.0.1', resolve);
		});
		return {server, port: (server.address() as net.AddressInfo).port};
	};

	test('a port that takes connections answers; with TLS it must say something', async () => {
		const {server, port} = await listen();
		const place = {host: '127.0.0.1', port};
		expect(await reach({...place, tls: false}, signal)).toEqual({});
		expect(await patience(clock).bounded(100, signal, async stopping => reach({...place, tls: true}, stopping))).toMatchObject({failure: {code: 'host-unreachable'}});
		server.close();
		await expect(reach({...place, tls: false}, signal)).rejects.toMatchObject({failure: {code: 'host-unreachable', detail: 'ECONNREFUSED'}});
	});
});

test('looking at the directory of journals makes nothing', async () => {
	const home = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-doctor-'));
	try {
		expect(await lookAtDirectory(path.join(home, 'a', 'b'))).toMatchObject({state: 'absent', free: expect.any(Number) as number});
		expect(await lookAtDirectory(home)).toMatchObject({state: 'writable'});
		expect(await readdir(home)).toEqual([]);
	} finally {
		await rm(home, {recursive: true});
	}
});
