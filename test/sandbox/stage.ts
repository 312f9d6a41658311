import {afterEach, expect} from 'vitest';
import {realClock, type Clock} from '../../source/mailbox/clock.js';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type ImapServerOptions} from '../../source/sandbox/imap/options.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {RawClient} from './raw-client.js';

const servers: ImapServer[] = [];
const clients: RawClient[] = [];

afterEach(async () => {
	for (const client of clients.splice(0)) {
		client.close();
	}

	for (const server of servers.splice(0)) {
		await server.close(); // eslint-disable-line no-await-in-loop -- one after the other
		expect(server.errors).toEqual([]);
	}
});

type Stage = Partial<Omit<ImapServerOptions, 'faults'>> & {readonly folders?: readonly FolderSeed[]; readonly rules?: readonly FaultRule[]};

/** A server with one user, `a@example.org` and `secret`; ended after the test, which fails if it met an error of its own. */
export const serve = async ({folders = [], rules = [], ...options}: Stage = {}): Promise<ImapServer> => {
	const server = await ImapServer.start({
		clock: realClock(),
		users: [{
			name: 'a@example.org', password: 'secret', tokens: ['token'], mailbox: {folders},
		}],
		faults: {rules},
		...options,
	});
	servers.push(server);
	return server;
};

/** A connection that has read the greeting. */
export const arrive = async (server: ImapServer): Promise<RawClient> => {
	const client = await RawClient.open(server.port);
	clients.push(client);
	await client.greeting();
	return client;
};

/** A connection that is signed in and has a folder open. */
export const enter = async (server: ImapServer, folder?: string): Promise<RawClient> => {
	const client = await arrive(server);
	await client.command('LOGIN a@example.org secret');
	if (folder) {
		await client.command(folder);
	}

	return client;
};

/** The answer to one command on a fresh signed-in connection. */
export const ask = async (server: ImapServer, line: string): Promise<string> => {
	const client = await enter(server);
	return client.command(line);
};

/** The answer to one APPEND on a fresh signed-in connection. */
export const appendTo = async (server: ImapServer, content: string | Uint8Array): Promise<string> => {
	const client = await enter(server);
	return client.append('INBOX', content);
};

/** A clock that moves only when told. */
export const handClock = (start = Date.UTC(2026, 7, 3, 6, 0, 6)): Clock & {advance(milliseconds: number): void; sleepers(): number} => {
	let now = start;
	const waiting = new Set<{readonly until: number; readonly wake: () => void}>();
	return {
		now: () => now,
		async sleep(milliseconds, signal) {
			signal?.throwIfAborted();
			await new Promise<void>((resolve, reject) => {
				const sleeper = {until: now + milliseconds, wake: resolve};
				waiting.add(sleeper);
				signal?.addEventListener('abort', () => {
					waiting.delete(sleeper);
					reject(signal.reason as Error);
				});
			});
		},
		advance(milliseconds) {
			now += milliseconds;
			for (const sleeper of waiting) {
				if (sleeper.until <= now) {
					waiting.delete(sleeper);
					sleeper.wake();
				}
			}
		},
		sleepers: () => waiting.size,
	};
};

/** Resolves when a condition holds; the event loop turns meanwhile. */
export const eventually = async (condition: () => boolean): Promise<void> => {
	while (!condition()) {
		// eslint-disable-next-line no-await-in-loop -- polls
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}
};

export const mail = (subject: string, more = ''): Uint8Array => new TextEncoder().encode(`Subject: ${subject}\r\n\r\n${more}\r\n`);
