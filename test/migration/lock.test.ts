import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {
	afterAll, afterEach, beforeAll, beforeEach, expect, test,
} from 'vitest';
import ts from 'typescript';
import {realClock} from '../../source/mailbox/clock.js';
import {type FailureError} from '../../source/mailbox/failure.js';
import {
	isGone, thisMachine, type Holder, type Machine,
} from '../../source/migration/lock-identity.js';
import {acquireLock, type LockOptions} from '../../source/migration/lock.js';
import {accounts} from './journal-samples.js';

let directory: string;
let compiled: string;

/** The lock as JavaScript, for processes of their own: Node 20 runs no TypeScript. */
const compile = (file: string, done = new Set<string>()): void => {
	if (done.has(file)) {
		return;
	}

	done.add(file);
	const source = fs.readFileSync(file, 'utf8');
	const {outputText} = ts.transpileModule(source, {compilerOptions: {target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true}});
	const to = path.join(compiled, path.relative('source', file).replace(/ts$/v, 'js'));
	fs.mkdirSync(path.dirname(to), {recursive: true});
	fs.writeFileSync(to, outputText);
	for (const [, imported] of outputText.matchAll(/from '(\..+?)\.js'/gv)) {
		compile(path.join(path.dirname(file), `${imported}.ts`), done);
	}
};

beforeAll(() => {
	compiled = fs.mkdtempSync(path.join(os.tmpdir(), 'aw2ms365-lock-'));
	compile(path.join('source', 'migration', 'lock.ts'));
	compile(path.join('source', 'mailbox', 'clock.ts'));
	fs.writeFileSync(path.join(compiled, 'package.json'), '{"type": "module"}');
	fs.writeFileSync(path.join(compiled, 'hold.js'), `
		import {realClock} from './mailbox/clock.js';
		import {acquireLock} from './migration/lock.js';
		setInterval(() => {}, 1000);
		try {
			await acquireLock({directory: process.argv[2], name: 'pair', accounts: ${JSON.stringify(accounts)}, clock: realClock()});
			console.log('held');
		} catch (error) {
			console.log(error.failure?.code ?? error.stack);
		}
	`);
});

const children: ChildProcess[] = [];

beforeEach(() => {
	directory = fs.mkdtempSync(path.join(os.tmpdir(), 'aw2ms365-lock-'));
});

afterEach(async () => {
	for (const child of children.splice(0)) {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill('SIGKILL');
			// eslint-disable-next-line no-await-in-loop -- few
			await once(child, 'exit');
		}
	}

	fs.rmSync(directory, {recursive: true, force: true});
});

afterAll(() => {
	fs.rmSync(compiled, {recursive: true, force: true});
});

/** A process that wants the lock, and what it said. */
const contender = async (): Promise<{child: ChildProcess; said: string}> => {
	const child = spawn(process.execPath, [path.join(compiled, 'hold.js'), directory], {stdio: ['ignore', 'pipe', 'inherit']});
	children.push(child);
	const [chunk] = await once(child.stdout, 'data') as [Uint8Array];
	return {child, said: new TextDecoder().decode(chunk).trim()};
};

const self: Holder = {
	host: 'here', boot: 'b1', pid: 100, start: '5000',
};

/** A machine on which the processes named are alive, with their starts. */
const machineOf = (alive: ReadonlyArray<readonly [pid: number, start: string]>, more: Partial<Holder> = {}): Machine => {
	const starts = new Map(alive);
	return {self: {...self, ...more}, isAlive: pid => starts.has(pid), startOf: pid => starts.get(pid) ?? ''};
};

const acquire = async (more: Partial<LockOptions> = {}) => acquireLock({
	directory, name: 'pair', accounts, clock: realClock(), machine: machineOf([[100, '5000']]), ...more,
});

const refused = async (more: Partial<LockOptions> = {}) => {
	try {
		await acquire(more);
		return undefined;
	} catch (error) {
		return (error as FailureError).failure;
	}
};

test('a lock that is held is refused with who holds it, since when, and how to stop it; given back, it is free', async () => {
	const release = await acquire({clock: {...realClock(), now: () => Date.UTC(2026, 10, 1, 12)}});
	const failure = await refused({machine: machineOf([[100, '5000'], [200, '6000']], {pid: 200, start: '6000'})});
	expect(failure).toMatchObject({code: 'state-locked'});
	expect(failure!.detail).toContain('2026-11-01T12:00:00.000Z');
	expect(failure!.detail).toContain('kill 100');
	expect(await refused()).toMatchObject({code: 'state-locked'});
	await release();
	expect(fs.readdirSync(directory)).toEqual([]);
	const again = await acquire();
	await again();
	await again();
});

test('another pair of accounts has another lock', async () => {
	await acquire();
	expect(await refused({name: 'pair-2'})).toBeUndefined();
	expect(await refused({name: 'other'})).toBeUndefined();
});

test('a lock is taken over from a dead process, an earlier boot, or a process number that means another process now', async () => {
	for (const machine of [
		machineOf([[200, '1']], {pid: 200, start: '1'}),
		machineOf([[100, '5000'], [200, '1']], {pid: 200, start: '1', boot: 'b2'}),
		machineOf([[100, '7777'], [200, '1']], {pid: 200, start: '1'}),
		machineOf([[100, '7777']], {pid: 100, start: '7777'}),
	]) {
		// eslint-disable-next-line no-await-in-loop -- one case after another
		await acquire();
		// eslint-disable-next-line no-await-in-loop -- as above
		const release = await acquire({machine});
		expect(fs.readdirSync(directory)).toHaveLength(1);
		// eslint-disable-next-line no-await-in-loop -- as above
		await release();
	}
});

test('a lock is not taken over from another host, whatever lives here', async () => {
	await acquire({machine: machineOf([], {host: 'there'})});
	const failure = await refused({machine: machineOf([[200, '1']], {pid: 200, boot: 'b2'})});
	expect(failure).toMatchObject({code: 'state-locked'});
	expect(failure!.detail).toContain('on there');
	expect(failure!.detail).toContain(path.join(directory, 'pair.lock-'));
});

test('boot times that were derived from a clock are the same boot unless they are far apart; starts that cannot be told decide nothing', () => {
	const holder = {...self, boot: 'time:1800000000', start: ''};
	const judge = (boot: string, alive: ReadonlyArray<readonly [number, string]>) => isGone(holder, machineOf(alive, {boot}));
	expect(judge('time:1800000300', [[100, '']])).toBe(false);
	expect(judge('time:1800000300', [])).toBe(true);
	expect(judge('time:1800009000', [[100, '']])).toBe(true);
	expect(judge('time:1800000000', [[100, 'Mon']])).toBe(false);
	expect(isGone({...holder, start: 'Mon'}, machineOf([[100, 'Mon']], {boot: 'time:1800000000'}))).toBe(false);
	expect(isGone({...holder, start: 'Mon'}, machineOf([[100, 'Tue']], {boot: 'time:1800000000'}))).toBe(true);
});

test('what a power cut left of a lock file is no lock', async () => {
	for (const content of ['', '\0\0\0\0', '{"host": "he', '{}', 'null', '[]', '7']) {
		fs.writeFileSync(path.join(directory, 'pair.lock-0123456789abcdef'), content);
		// eslint-disable-next-line no-await-in-loop -- one case after another
		const release = await acquire();
		// eslint-disable-next-line no-await-in-loop -- as above
		await release();
		expect(fs.readdirSync(directory)).toEqual([]);
	}

	const old = path.join(directory, 'pair.lock-0123456789abcdef.tmp');
	fs.writeFileSync(old, '{"ho');
	fs.utimesSync(old, 1000, 1000);
	await acquire();
	expect(fs.existsSync(old)).toBe(false);
});

test('of many who begin at once, over the lock of a dead one, exactly one wins', async () => {
	for (let round = 0; round < 4; round++) {
		// eslint-disable-next-line no-await-in-loop -- one round after another
		await acquire({machine: machineOf([], {pid: 99})});
		const alive = Array.from({length: 12}, (_, index) => [200 + index, '1'] as const);
		// eslint-disable-next-line no-await-in-loop -- as above
		const outcomes = await Promise.all(alive.map(async ([pid]) => refused({machine: machineOf(alive, {pid, start: '1'})})));
		expect(outcomes.filter(outcome => outcome === undefined)).toHaveLength(1);
		expect(outcomes.every(outcome => outcome === undefined || outcome.code === 'state-locked')).toBe(true);
		expect(fs.readdirSync(directory)).toHaveLength(1);
		for (const file of fs.readdirSync(directory)) {
			fs.rmSync(path.join(directory, file));
		}
	}
});

test('a directory that cannot be made is a record that cannot be kept', async () => {
	fs.writeFileSync(path.join(directory, 'file'), '');
	expect(await refused({directory: path.join(directory, 'file', 'state')})).toMatchObject({code: 'journal-unwritable'});
});

test('a real process that holds the lock keeps others out until it is killed', async () => {
	const {child, said} = await contender();
	expect(said).toBe('held');
	const failure = await refused({machine: thisMachine()});
	expect(failure).toMatchObject({code: 'state-locked'});
	expect(failure!.detail).toContain(`kill ${child.pid}`);
	child.kill('SIGKILL');
	await once(child, 'exit');
	const release = await acquire({machine: thisMachine()});
	expect(await contender()).toMatchObject({said: 'state-locked'});
	await release();
	expect(await contender()).toMatchObject({said: 'held'});
});

test('of real processes that begin at once over the lock of a killed one, exactly one wins', async () => {
	const {child} = await contender();
	child.kill('SIGKILL');
	await once(child, 'exit');
	const all = await Promise.all(Array.from({length: 5}, async () => contender()));
	expect(all.filter(({said}) => said === 'held')).toHaveLength(1);
	expect(all.every(({said}) => said === 'held' || said === 'state-locked')).toBe(true);
});
