/**
A real IMAP server for tests: a private Dovecot 2.3 on free loopback ports, with its own users and its own mail, gone when stopped.

It works for root and for an ordinary user, and it does not outlive the test process, however that ends.
*/
import {execFileSync, spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {
	chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile,
} from 'node:fs/promises';
import {connect, type Socket} from 'node:net';
import {userInfo} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as pause} from 'node:timers/promises';
import {makeCertificate} from './certificate.js';
import {
	dovecotConfiguration, type DovecotSettings, type SpecialFolders, type Storage,
} from './configuration.js';
import {freePort} from './free-port.js';
import {dovecotProgram} from './installed.js';

export {dovecotAvailable} from './installed.js';
export {specialFolderNames, type SpecialFolders, type Storage} from './configuration.js';

export type DovecotOptions = {
	/** Users beside the first one. */
	readonly users?: ReadonlyArray<{readonly user: string; readonly password: string}>;
	/** `maildir` (default), or `sdbox`, which is faster as a destination. */
	readonly storage?: Storage;
	/** Listen with TLS too, on `tlsPort`, with a certificate that `caFile` vouches for. */
	readonly tls?: boolean;
	/** Hierarchy separator, `/` by default; with any other one, `/` may stand inside a name. */
	readonly separator?: string;
	/** Folders with special uses beside INBOX; none by default. */
	readonly specialFolders?: SpecialFolders;
	/** Capabilities not to announce (it still understands them). */
	readonly hideCapabilities?: readonly string[];
	/** How many connections one user may hold; 1,000 by default. */
	readonly connectionsPerUser?: number;
	/** Further Dovecot settings, verbatim. */
	readonly settings?: string;
};

export type Dovecot = {
	readonly host: '127.0.0.1';
	readonly port: number;
	readonly tlsPort: number | undefined;
	readonly caFile: string | undefined;
	/** The first user, with an empty mailbox. */
	readonly user: string;
	readonly password: string;
	/** Its directory: `log`, `home/<user>/mail`, `dovecot.conf`. */
	readonly root: string;
	/** The master process. */
	readonly pid: number;
	readonly addUser: (user: string, password: string) => Promise<void>;
	/** What it logged so far, for when a test is at a loss. */
	readonly log: () => Promise<string>;
	/** Ends it and removes its directory. May be called twice. */
	readonly stop: () => Promise<void>;
};

const host = '127.0.0.1';
const asRoot = process.getuid?.() === 0;

/**
Keeps Dovecot company: it reads standard input, which ends when we close it or when this process dies in whatever way,
and then stops the server and removes its directory. A server that fails by itself leaves its log behind.
*/
const keeper = `exec 3<&0 </dev/null
"$0" -F -c "$1/dovecot.conf" 2>"$1/stderr" 3<&- &
server=$!
(cat <&3 >/dev/null; kill -TERM "$server") &
exec 3<&-
wait "$server"
code=$?
[ "$code" = 0 ] && rm -rf "$1"
exit "$code"`;

const idOf = (kind: '-u' | '-g', user: string): number => Number(execFileSync('id', [kind, user], {encoding: 'utf8'}));

const mailOwner = (): {uid: number; gid: number} => asRoot
	? {uid: idOf('-u', 'mail'), gid: idOf('-g', 'mail')}
	: {uid: userInfo().uid, gid: userInfo().gid};

const ordinaryUser = (): DovecotSettings['ordinaryUser'] => asRoot
	? undefined
	: {user: userInfo().username, group: execFileSync('id', ['-gn'], {encoding: 'utf8'}).trim()};

/** Resolves to the first line a server says, or to nothing when there is none. */
const greeting = async (port: number): Promise<string> => new Promise(resolve => {
	const socket = connect(port, host);
	socket.setEncoding('latin1');
	socket.once('data', (text: string) => {
		socket.destroy();
		resolve(text);
	});
	socket.once('error', () => {
		resolve('');
	});
	socket.once('close', () => {
		resolve('');
	});
});

const readLog = async (root: string): Promise<string> => {
	const texts = await Promise.all(['stderr', 'log'].map(async name => {
		const file = path.join(root, name);
		return existsSync(file) ? readFile(file, 'utf8') : '';
	}));
	return texts.join('');
};

const makeRoot = async (): Promise<string> => {
	// Not the temporary directory of the environment: it may be closed to the user `mail`, and socket paths must stay under 100 characters.
	const root = await mkdtemp('/tmp/aw2d-');
	// Everyone must be able to walk through it: the mail user and the login user are others.
	await chmod(root, 0o755);
	await Promise.all(['run', 'state', 'home', 'users', 'tls'].map(async name => mkdir(path.join(root, name), {mode: 0o755})));
	return root;
};

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const letGo = async (child: ChildProcess): Promise<void> => {
	child.stdin!.end();
	if (!ended(child)) {
		child.ref();
		await once(child, 'exit');
	}
};

/** Undefined when it ended instead of answering. */
const launch = async (settings: DovecotSettings): Promise<ChildProcess | undefined> => {
	await writeFile(path.join(settings.root, 'dovecot.conf'), dovecotConfiguration(settings));
	// Its own session: Ctrl-C ends the tests, and only their end ends the server.
	const child = spawn('/bin/sh', ['-c', keeper, dovecotProgram!, settings.root], {detached: true, stdio: ['pipe', 'ignore', 'ignore']});
	const deadline = Date.now() + 10_000;
	/* eslint-disable no-await-in-loop -- waiting for a condition that only the server can make true */
	while (!ended(child)) {
		const words = await greeting(settings.port);
		if (words.includes(settings.name)) {
			return child;
		}

		if (Date.now() > deadline) {
			const log = await readLog(settings.root);
			await letGo(child);
			throw new Error(`Dovecot did not answer on port ${settings.port}:\n${log}`);
		}

		await pause(5);
	}
	/* eslint-enable no-await-in-loop */

	return undefined;
};

/** Tries a few ports: another process may take one between our looking and Dovecot's listening. */
const launchOnFreePort = async (options: DovecotOptions): Promise<{child: ChildProcess; settings: DovecotSettings}> => {
	let log = '';
	/* eslint-disable no-await-in-loop -- one try after another */
	for (let attempt = 0; attempt < 5; attempt++) {
		const root = await makeRoot();
		const settings: DovecotSettings = {
			root,
			name: path.basename(root),
			port: await freePort(),
			tlsPort: options.tls ? await freePort() : undefined,
			storage: options.storage ?? 'maildir',
			separator: options.separator ?? '/',
			specialFolders: options.specialFolders ?? 'none',
			hideCapabilities: options.hideCapabilities ?? [],
			connectionsPerUser: options.connectionsPerUser ?? 1000,
			ordinaryUser: ordinaryUser(),
			more: options.settings ?? '',
		};
		if (options.tls) {
			await makeCertificate(path.join(root, 'tls'));
		}

		const child = await launch(settings);
		if (child) {
			return {child, settings};
		}

		log = await readLog(root);
		await rm(root, {recursive: true, force: true});
		if (!log.includes('Address already in use')) {
			break;
		}
	}
	/* eslint-enable no-await-in-loop */

	throw new Error(`Dovecot does not start:\n${log}`);
};

const userAdder = (root: string) => {
	const owner = mailOwner();
	return async (user: string, password: string): Promise<void> => {
		if (/[:\s\/]/v.test(user)) {
			throw new Error('A user of the test server has no colon, slash or blank in the name');
		}

		const home = path.join(root, 'home', user);
		await mkdir(home, {mode: 0o755});
		await chown(home, owner.uid, owner.gid);
		await writeFile(path.join(root, 'users', user), `${user}:{PLAIN}${password}:${owner.uid}:${owner.gid}::${home}::\n`);
	};
};

/** Starts a server with one user, or says why it cannot. Takes about a quarter of a second. */
export const startDovecot = async (options: DovecotOptions = {}): Promise<Dovecot> => {
	if (dovecotProgram === undefined) {
		throw new Error('Dovecot 2.3 is not installed: ask dovecotAvailable first');
	}

	const {child, settings: {root, port, tlsPort}} = await launchOnFreePort(options);
	child.unref();
	(child.stdin as Socket).unref();
	const addUser = userAdder(root);
	const first = {user: 'mara@example.org', password: 'secret of mara'};
	await Promise.all([first, ...(options.users ?? [])].map(async ({user, password}) => addUser(user, password)));

	const pid = Number(await readFile(path.join(root, 'run/master.pid'), 'utf8'));
	return {
		host, port, tlsPort, ...first, root, pid, addUser,
		caFile: options.tls ? path.join(root, 'tls/ca.pem') : undefined,
		log: async () => readLog(root),
		async stop() {
			await letGo(child);
			await rm(root, {recursive: true, force: true});
		},
	};
};
