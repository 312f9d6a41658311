import {Buffer} from 'node:buffer';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	readdir, readFile, rm, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {test as plainTest, expect} from 'vitest';
import {realClock} from '../../source/mailbox/clock.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type ImapServerOptions} from '../../source/sandbox/imap/options.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {problemsOfSummary} from '../checker/summary.js';
import {
	configure, type Finished, linesOf, type Running, start,
} from './program.js';

/** Nobody says these words by accident: where they are found outside the configuration, a secret leaked. */
export const planted = {source: 'Gr3enHer0n-srcpw-8812', destination: 'Bl4ckOtter-dstpw-5521'} as const;
const people = {source: 'ana@old.example', destination: 'ana@new.example'} as const;

type End = Partial<Omit<ImapServerOptions, 'users' | 'clock'>> & {readonly folders?: readonly FolderSeed[]};

export type Scene = {
	readonly source: ImapServer;
	readonly destination: ImapServer;
	readonly home: string;
	/** The configuration. */
	readonly file: string;
	readonly environment: Record<string, string>;
	/** Starts the program; what it says is searched for secrets at the end. */
	readonly start: (parameters: readonly string[], environment?: Record<string, string>) => Running;
	readonly run: (parameters: readonly string[], environment?: Record<string, string>) => Promise<Finished>;
	/** Messages at the destination: subject and folder, sorted. */
	readonly arrived: () => string[];
	/** Messages at the source in the same words. */
	readonly expected: () => string[];
};

const subjectsOf = (server: ImapServer): string[] => server.mailbox().folders.flatMap(folder => folder.messages.map(message => `${folder.path.join('/')}: ${subjectOf(message.bytes)}`)).sort();

const subjectOf = (bytes: Uint8Array): string => /^Subject: (.*)$/m.exec(new TextDecoder().decode(bytes.subarray(0, 2000)))?.[1]?.trim() ?? '';

/** No planted secret in what was said, nor in any file of the state directory but the configuration. */
const expectNoSecrets = async (home: string, file: string, said: readonly Finished[]): Promise<void> => {
	const secrets = Object.values(planted).flatMap(secret => [secret, Buffer.from(secret).toString('base64').slice(0, -4), Buffer.from(`\0${people.source}\0${secret}`).toString('base64')]);
	for (const {stdout, stderr} of said) {
		for (const secret of secrets) {
			expect(stdout).not.toContain(secret);
			expect(stderr).not.toContain(secret);
		}
	}

	const names = await readdir(home, {recursive: true, withFileTypes: true});
	for (const entry of names) {
		const name = path.join(entry.parentPath, entry.name);
		if (entry.isFile() && name !== file) {
			const content = await readFile(name); // eslint-disable-line no-await-in-loop -- few
			for (const secret of secrets) {
				expect(content.includes(secret), `${name} holds a secret`).toBe(false);
			}
		}
	}
};

type Wanted = {readonly source?: End; readonly destination?: End; readonly options?: Record<string, unknown>};

const build = async ({source = {}, destination = {}, options = {}}: Wanted, onTestFinished: (end: () => Promise<void>) => void): Promise<Scene> => {
	const open = async ({folders = [], ...more}: End, name: string, password: string) => ImapServer.start({clock: realClock(), users: [{name, password, mailbox: {folders}}], ...more});
	const [from, to] = await Promise.all([open(source, people.source, planted.source), open(destination, people.destination, planted.destination)]);
	const side = (server: ImapServer, user: string, password: string, {tls}: End) => ({
		host: server.host, port: server.port, user, password, tls: tls !== undefined,
	});
	const {home, file, environment} = await configure(side(from, people.source, planted.source, source), side(to, people.destination, planted.destination, destination), options);
	const children: Running[] = [];
	const launch = (parameters: readonly string[], more: Record<string, string> = {}): Running => {
		const running = start(parameters, {...environment, ...more});
		children.push(running);
		return running;
	};

	onTestFinished(async () => {
		for (const {child} of children) {
			child.kill('SIGKILL');
		}

		const said = await Promise.all(children.map(async ({finished}) => finished));
		await Promise.all([from.close(), to.close()]);
		try {
			expect([...from.errors, ...to.errors]).toEqual([]);
			await expectNoSecrets(home, file, said);
		} finally {
			await rm(home, {recursive: true, force: true});
		}
	});
	return {
		source: from, destination: to, home, file, environment,
		start: launch,
		run: async (parameters, more) => launch(parameters, more).finished,
		arrived: () => subjectsOf(to),
		expected: () => subjectsOf(from),
	};
};

/** A message of so many bytes at least. */
export const message = (subject: string, size = 0): {readonly bytes: Uint8Array; readonly internalDate: number} => ({
	bytes: Buffer.from(`From: someone@old.example\r\nSubject: ${subject}\r\nDate: Mon, 2 Jan 2023 03:04:05 +0000\r\nMessage-ID: <${subject.replaceAll(/\W/g, '')}@old.example>\r\n\r\n${'x'.repeat(70)}\r\n${'y'.repeat(Math.max(0, size - 300))}\r\n`),
	internalDate: Date.UTC(2023, 0, 2, 3, 4, 5),
});

/** A folder of so many small messages. */
export const folder = (name: string, count: number, size = 0): FolderSeed => ({path: name.split('/'), messages: Array.from({length: count}, (_, index) => message(`${name} ${index + 1}`, size))});

/** Locks and what is left of them, in the state directory. */
export const locksOf = async ({home}: Scene): Promise<string[]> => {
	const names = await readdir(home);
	return names.filter(name => name.includes('.lock'));
};

type Configuration = {source: Record<string, unknown>; destination: Record<string, unknown> & {imap: Record<string, unknown>}; options: Record<string, unknown>};

/** Changes the configuration as a person would. */
export const reconfigure = async ({file}: Scene, change: (configuration: Configuration) => void): Promise<void> => {
	const configuration = JSON.parse(await readFile(file, 'utf8')) as Configuration;
	change(configuration);
	await writeFile(file, JSON.stringify(configuration));
};

/** Waits for content in what a process has said so far; fails if it ends without. */
export const says = async ({child, stdout, stderr}: Running, wanted: RegExp): Promise<void> => {
	const find = () => wanted.test(stdout()) || wanted.test(stderr());
	await new Promise<void>((resolve, reject) => {
		const look = () => {
			if (find()) {
				resolve();
			}
		};

		child.stdout?.on('data', look);
		child.stderr?.on('data', look);
		child.on('close', () => {
			if (find()) {
				resolve();
			} else {
				reject(new Error(`It ended without saying ${String(wanted)}:\n${stdout()}\n${stderr()}`));
			}
		});
		look();
	});
};

/** Waits until a server meets a condition; the event loop turns meanwhile. */
export const until = async (condition: () => boolean): Promise<void> => {
	while (!condition()) {
		// eslint-disable-next-line no-await-in-loop -- polls
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}
};

/** The contract of an NDJSON run: every line, the first, the last, the numbers, the sums. Gives the summary. */
export const keepsTheContract = (finished: Pick<Finished, 'stdout'>): Record<string, unknown> => {
	const lines = linesOf(finished);
	const [first, last] = [lines[0]!, lines.at(-1)!];
	expect(first).toMatchObject({v: 1, seq: 0, type: 'run.started'});
	expect(last).toMatchObject({v: 1, type: 'summary'});
	expect(lines.filter(({type}) => type === 'summary')).toHaveLength(1);
	expect(lines.filter(({type}) => type === 'run.started')).toHaveLength(1);
	let before = -1;
	for (const [index, {v, seq, at, run, type}] of lines.entries()) {
		expect({
			v, run, type: typeof type, at: String(at),
		}).toEqual({
			v: 1, run: first.run, type: 'string', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/) as unknown,
		});
		if (type === 'progress') {
			expect(seq).toBe(before);
		} else {
			expect(seq, `line ${index + 1} (${String(type)}) after ${before}`).toBeGreaterThan(before);
			before = seq as number;
		}
	}

	expect(String(first.run)).not.toBe('');
	expect(problemsOfSummary(JSON.stringify(last))).toEqual([]);
	return last;
};

/** Starts a shell command that starts the program: for pipes, limits and terminals that the program is to find. */
export const shell = (script: string, environment: Record<string, string>): {readonly child: ChildProcess; readonly finished: Promise<Finished>} => {
	const child = spawn('/bin/sh', ['-c', script], {
		env: {
			// eslint-disable-next-line @typescript-eslint/naming-convention -- variables
			...process.env, NODE: process.execPath, CLI: path.resolve('dist/cli.js'), ...environment,
		}, stdio: ['ignore', 'pipe', 'pipe'],
	});
	let [stdout, stderr] = ['', ''];
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		stdout += text;
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		stderr += text;
	});
	const finished = (async () => {
		const [code, signal] = await once(child, 'close') as [number | null, NodeJS.Signals | null]; // eslint-disable-line @typescript-eslint/no-restricted-types -- as Node has it
		return {
			code: code ?? undefined, signal: signal ?? undefined, stdout, stderr,
		};
	})();
	return {child, finished};
};

/**
Tests with a `scene`: two sandbox servers on loopback and a state directory that names them. It ends with the test, which fails if a server
met an error of its own or a planted password shows anywhere.
*/
export const test = plainTest.extend<{readonly scene: (wanted?: Wanted) => Promise<Scene>}>({
	async scene({onTestFinished}, use) {
		await use(async (wanted = {}) => build(wanted, end => {
			onTestFinished(end);
		}));
	},
});
