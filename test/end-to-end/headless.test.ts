import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {describe, expect} from 'vitest';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type Finished, linesOf, run} from './program.js';
import {
	folder, keepsTheContract, locksOf, message, says, type Scene, shell, test, until,
} from './servers.js';

const slowly: FaultRule = {on: 'append', every: 1, do: {type: 'delay', milliseconds: 20}};

const refusing = (text = 'Not today') => [{header: {name: 'Subject', holds: 'forbidden'}, text}] as const;

const complete = async (stage: Scene): Promise<void> => {
	stage.destination.setFaults({rules: []});
	expect(keepsTheContract(await stage.run(['migrate', '--json']))).toMatchObject({outcome: 'complete', exitCode: 0});
	expect(stage.arrived()).toEqual(stage.expected());
};

/** Stdout holds the contract, stderr nothing, and the exit code is the one that the summary names. */
const ends = (finished: Finished, wanted: Record<string, unknown>): void => {
	const summary = keepsTheContract(finished);
	expect({...summary, stderr: finished.stderr}).toMatchObject({...wanted, stderr: ''});
	expect(finished.code).toBe(summary.exitCode);
};

describe.concurrent('with --json the first line is run.started, the last one summary, and the sums close', () => {
	test('for every command of a migration that goes well', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 5), folder('A/B', 3), folder('Empty', 0)]}});
		for (const [command, outcome, delivered] of [['status', 'complete', 0], ['plan', 'partial', 0], ['migrate', 'complete', 8], ['migrate', 'complete', 8], ['status', 'complete', 8], ['failures', 'complete', 8], ['retry', 'complete', 8], ['verify', 'complete', 8]] as const) {
			const finished = await stage.run([command, '--json']); // eslint-disable-line no-await-in-loop -- one after the other
			ends(finished, {
				command, exitCode: 0, messages: {delivered},
			});
			expect({command, outcome: linesOf(finished).at(-1)!.outcome}).toEqual({command, outcome: command === 'plan' ? expect.any(String) as unknown : outcome});
		}
	});

	test('for what ends in part', async ({scene}) => {
		const stage = await scene({source: {folders: [{path: ['A'], messages: [message('good'), message('forbidden')]}]}, destination: {refusals: refusing()}, options: {maxRetries: 0}});
		ends(await stage.run(['migrate', '--json']), {outcome: 'partial', exitCode: 3, messages: {total: 2, delivered: 1, refused: 1}});
		ends(await stage.run(['verify', '--json']), {command: 'verify'});
		ends(await stage.run(['failures', '--json']), {exitCode: 0, messages: {refused: 1}});
	});

	test('for init, which writes a file', async ({scene}) => {
		const {home} = await scene();
		const file = path.join(home, 'fresh.yaml');
		ends(await run(['init', '--non-interactive', '--json', file]), {
			command: 'init', outcome: 'complete', exitCode: 0, file,
		});
		expect(await readFile(file, 'utf8')).toContain('source:');
		ends(await run(['init', '--non-interactive', '--json', file]), {command: 'init', outcome: 'failed', exitCode: 2});
		ends(await run(['init', '--json', path.join(home, 'other.yaml')]), {outcome: 'failed', exitCode: 2});
	});

	test('for a command line that cannot be carried out', async ({scene}) => {
		const stage = await scene();
		for (const parameters of [['migrat', '--json'], ['--json', 'migrate', '--nonsense']]) {
			ends(await stage.run(parameters), {outcome: 'failed', exitCode: 2, failure: {code: 'usage-invalid'}}); // eslint-disable-line no-await-in-loop -- few
		}

		expect(linesOf(await stage.run(['--json', 'migrate', '--nonsense']))[0]).toMatchObject({command: 'migrate'});
	});

	test('for the demo', async () => {
		const finished = await run(['demo', '--json']);
		ends(finished, {
			command: 'demo', outcome: 'partial', exitCode: 0, messages: {refused: 2},
		});
		expect(linesOf(finished).filter(({type}) => type === 'progress').length).toBeGreaterThan(0);
	});
});

describe.concurrent('stdout', () => {
	test('whose reader goes away ends the run as a request to stop does, and the same command completes', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 80)]}, destination: {faults: {rules: [slowly]}}});
		const running = stage.start(['migrate', '--json']);
		await says(running, /"message\.delivered"/);
		running.child.stdout!.destroy();
		expect(await running.finished).toMatchObject({code: 143, stderr: ''});
		await complete(stage);
	});

	test.skipIf(process.platform === 'win32')('that goes into "head" is no crash, whatever the command', async ({scene}) => {
		const {environment} = await scene({source: {folders: [folder('A', 3)]}});
		for (const command of ['--help', '--version', 'plan', 'status --json']) {
			const {finished} = shell(`"$NODE" "$CLI" ${command} | true`, environment);
			const {stderr} = await finished; // eslint-disable-line no-await-in-loop -- one after the other
			expect(stderr, command).not.toMatch(/EPIPE|node:|\bat /);
		}
	});

	test('whose reader goes away on Ctrl-C does not turn one stop into two', async ({scene}) => {
		const stage = await scene({
			source: {folders: [folder('A', 30)]}, destination: {
				faults: {
					rules: [{
						on: 'append', nth: 5, times: 2, do: {type: 'delay', milliseconds: 1500},
					}, {...slowly}],
				},
			},
		});
		const running = stage.start(['migrate', '--json']);
		await until(() => stage.destination.struck.filter(({fault}) => fault.type === 'delay' && fault.milliseconds === 1500).length === 2);
		running.child.kill('SIGINT');
		running.child.stdout!.destroy();
		expect(await running.finished).toMatchObject({code: 130});
		// What was under way was finished, not cut off: nothing is unsure.
		ends(await stage.run(['status', '--json']), {messages: {unsure: 0, delivered: stage.arrived().length}});
		expect(stage.arrived().length).toBeLessThan(30);
		await complete(stage);
	});

	test.skipIf(process.platform === 'win32')('into a pipe that is read late brings every fact and the summary', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 1500)]}});
		const running = stage.start(['migrate', '--json']);
		running.child.stdout!.pause();
		// More than a pipe holds; nobody reads until all has been delivered.
		await until(() => stage.destination.counters.appended === 1500);
		running.child.stdout!.resume();
		const finished = await running.finished;
		ends(finished, {outcome: 'complete', messages: {delivered: 1500}});
		const lines = linesOf(finished);
		expect(lines.filter(({type}) => type === 'message.delivered')).toHaveLength(1500);
		const facts = lines.filter(({type}) => type !== 'progress').map(({seq}) => seq as number);
		// Only "run.ended" is not written: the summary stands for it.
		expect(facts).toEqual(facts.map((_, index) => index));
	});

	test.skipIf(process.platform !== 'linux')('on a full disk ends the run with code 6 and words on stderr, without a stack', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 30)]}, destination: {faults: {rules: [slowly]}}});
		for (const command of ['status', 'migrate --json']) {
			const {code, stderr} = await shell(`exec "$NODE" "$CLI" ${command} > /dev/full`, stage.environment).finished; // eslint-disable-line no-await-in-loop -- one after the other
			expect({command, code}).toEqual({command, code: 6});
			expect(stderr).toContain('The output of this program cannot be written.');
			expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
		}

		await complete(stage);
	});
});

describe.concurrent('stderr', () => {
	test('that is closed or on a full disk hurts nothing', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 10)]}, destination: {faults: {rules: [slowly]}}});
		const running = stage.start(['migrate']);
		running.child.stderr!.destroy();
		const {code, stdout} = await running.finished;
		expect({code, stdout}).toEqual({code: 0, stdout: expect.stringContaining('10 delivered') as unknown});
		if (process.platform === 'linux') {
			expect(await shell('exec "$NODE" "$CLI" plan 2> /dev/full', stage.environment).finished).toMatchObject({code: 0});
		}
	});
});

describe.skipIf(process.platform === 'win32')('a terminal', () => {
	test('that hangs up leaves the migration going on, unless --stop-on-hangup was said', async ({scene, skip}) => {
		const stage = await scene({source: {folders: [folder('A', 80)]}, destination: {faults: {rules: [slowly]}}});
		// `script` gives the program a terminal, and hangs it up when it is killed itself.
		const onTerminal = (more: string) => shell(`exec script -qec '"$NODE" "$CLI" migrate --json ${more}' /dev/null`, stage.environment);
		const {stdout: version} = await shell('script --version', {}).finished;
		if (!version.includes('util-linux')) {
			skip('there is no util-linux "script" here');
		}

		const lastRun = async () => {
			const {stdout} = await stage.run(['status']);
			return stdout.split('\n').find(line => line.includes('Last run'));
		};

		const before = stage.destination.counters.appended;
		const first = onTerminal('--stop-on-hangup');
		await until(() => stage.destination.counters.appended > before + 3);
		first.child.kill('SIGKILL');
		await until(() => stage.destination.counters.connections.now === 0);
		expect(await lastRun()).toContain('interrupted');
		const second = onTerminal('');
		const then = stage.destination.counters.appended;
		await until(() => stage.destination.counters.appended > then + 3);
		second.child.kill('SIGKILL');
		await until(() => stage.destination.counters.connections.now === 0 && stage.destination.counters.appended === 80);
		await until(() => stage.source.counters.connections.now === 0);
		expect(await lastRun()).toContain('complete');
		expect(stage.arrived()).toEqual(stage.expected());
	});
});

describe.concurrent('the lock', () => {
	test('sends a second run away at once with code 11, the process and how to stop it; looking goes on', async ({scene}) => {
		const stage = await scene({
			source: {folders: [folder('A', 400)]}, destination: {
				faults: {
					rules: [{
						on: 'append', nth: 2, times: 1000, do: {type: 'delay', milliseconds: 500},
					}],
				},
			},
		});
		const first = stage.start(['migrate', '--json']);
		await says(first, /"message\.delivered"/);
		const second = await stage.run(['migrate', '--json']);
		ends(second, {outcome: 'failed', exitCode: 11, failure: {code: 'state-locked'}});
		expect(linesOf(second).at(-1)).toMatchObject({failure: {detail: expect.stringMatching(new RegExp(`process ${first.child.pid} on this machine, since 2\\S+; to stop it: kill ${first.child.pid}`)) as unknown}});
		const plain = await stage.run(['retry']);
		expect(plain.code).toBe(11);
		expect(plain.stderr).toContain(`kill ${first.child.pid}`);
		for (const command of ['status', 'failures', 'plan', 'verify']) {
			const finished = await stage.run([command, '--json']); // eslint-disable-line no-await-in-loop -- one after the other
			keepsTheContract(finished);
			expect({command, code: finished.code}).toEqual({command, code: command === 'verify' ? expect.toBeOneOf([0, 3]) as unknown : 0});
		}

		expect(first.child.exitCode).toBeNull();
		stage.destination.setFaults({rules: []});
		ends(await first.finished, {outcome: 'complete', messages: {delivered: 400}});
		expect(stage.arrived()).toEqual(stage.expected());
	});

	test('of a killed process is taken over', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 60)]}, destination: {faults: {rules: [slowly]}}});
		const first = stage.start(['migrate', '--json']);
		await says(first, /"message\.delivered"/);
		first.child.kill('SIGKILL');
		await once(first.child, 'close');
		expect(await locksOf(stage)).toHaveLength(1);
		// To the end it would wait for late commits of what the kill cut off (kills.test.ts goes there).
		const second = stage.start(['migrate', '--json']);
		await says(second, /"message\.delivered"/);
		second.child.kill('SIGINT');
		ends(await second.finished, {outcome: 'interrupted', exitCode: 130});
		expect(await locksOf(stage)).toEqual([]);
	});
});

describe.concurrent('refused messages', () => {
	const three = {path: ['Über', 'Büro'], messages: [message('good'), message('forbidden one'), message('forbidden two')]};

	test('stay refused until a person retries them: all, some, or by cause', async ({scene}) => {
		// Data that the server reads anew for each APPEND.
		const refusals: Array<{header: {name: string; holds: string}; text: string}> = [{header: {name: 'Subject', holds: 'forbidden'}, text: 'Not today'}];
		const stage = await scene({source: {folders: [three, {path: ['Other'], messages: [message('forbidden three')]}]}, destination: {refusals}, options: {maxRetries: 0}});
		ends(await stage.run(['migrate', '--json']), {outcome: 'partial', exitCode: 3, messages: {delivered: 1, refused: 3}});
		const tried = stage.destination.counters.commands.append;
		ends(await stage.run(['migrate', '--json']), {outcome: 'partial', exitCode: 3, messages: {delivered: 1, refused: 3}});
		expect(stage.destination.counters.commands.append).toBe(tried);
		ends(await stage.run(['retry', '--json']), {exitCode: 3, messages: {refused: 3}});
		refusals.length = 0;
		ends(await stage.run(['retry', '--json', '--folder', 'Über/Büro', '--uid', '2']), {exitCode: 3, messages: {delivered: 2, refused: 2}});
		ends(await stage.run(['retry', '--json', '--code', 'message-too-large']), {exitCode: 2, failure: {code: 'usage-invalid'}});
		ends(await stage.run(['retry', '--json', '--folder', 'Nowhere']), {exitCode: 2, failure: {code: 'usage-invalid'}});
		ends(await stage.run(['retry', '--json', '--folder', 'Other', '--code', 'message-refused']), {exitCode: 3, messages: {delivered: 3, refused: 1}});
		ends(await stage.run(['retry', '--json']), {outcome: 'complete', exitCode: 0, messages: {delivered: 4, refused: 0}});
		ends(await stage.run(['status', '--json']), {outcome: 'complete', messages: {delivered: 4}});
		expect(stage.arrived()).toEqual(stage.expected());
		expect(await stage.run(['failures'])).toMatchObject({stdout: expect.stringContaining('No message was refused.') as unknown});
	});

	test('are listed by cause with what is known of each, and what to type', async ({scene}) => {
		const stage = await scene({source: {folders: [three, {path: ['Large'], messages: [message('large', 5000)]}]}, destination: {refusals: refusing(), limits: {maxMessageBytes: 4000}}, options: {maxRetries: 0}});
		expect(await stage.run(['migrate'])).toMatchObject({code: 3});
		const {stdout} = await stage.run(['failures']);
		expect(stdout).toMatch(/2 messages: The destination refused this message\. \(message-refused\)/);
		expect(stdout).toMatch(/Über\/Büro {2}UID 2 {2}\d+ B {2}2023-01-02 {2}someone@old\.example {2}"forbidden one"\n\s+NO Not today/);
		expect(stdout).toMatch(/1 message: The destination does not take a message of this size\. \(message-too-large\)/);
		expect(stdout).toContain('aw2ms365 retry --code message-too-large');
		const failures = linesOf(await stage.run(['failures', '--json', '--code', 'message-refused'])).filter(({type}) => type === 'failure');
		expect(failures).toMatchObject([
			{
				uid: 2, folder: ['Über', 'Büro'], failure: {code: 'message-refused', detail: 'NO Not today'}, subject: 'forbidden one', sender: 'someone@old.example', attempts: 1, command: 'aw2ms365 retry --folder "Über/Büro" --uid 2',
			},
			{uid: 3, subject: 'forbidden two'},
		]);
	});

	test('cannot command the terminal: escapes, line ends and bidirectional marks of strangers are made visible', async ({scene}) => {
		const evil = '\u001B]0;owned\u0007\u001B[2J\u202Eforbidden\u0085\u009B31m';
		const encoded = `=?utf-8?B?${Buffer.from(`${evil}\nline two`).toString('base64')}?=`;
		const stage = await scene({
			source: {folders: [{path: ['Evil \u202E\u001B[31m'], messages: [{bytes: Buffer.from(`From: =?utf-8?B?${Buffer.from('\u001B[1m\u202Eboss').toString('base64')}?= <a@b.example>\r\nSubject: ${encoded}\r\nX-Kind: forbidden\r\n\r\nx\r\n`)}]}]},
			destination: {refusals: [{header: {name: 'X-Kind', holds: 'forbidden'}, text: 'No \u001B[31mred\u0007 here'}]}, options: {maxRetries: 0},
		});
		const said: string[] = [];
		for (const command of ['plan', 'migrate', 'status', 'failures']) {
			const {stdout, stderr} = await stage.run([command]); // eslint-disable-line no-await-in-loop -- one after the other
			said.push(stdout, stderr);
		}

		const text = said.join('');
		expect(text).toContain('forbidden');
		expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/); // eslint-disable-line no-control-regex -- what is looked for
		expect(text).not.toMatch(/^line two/m);
		// A script gets them as they are, escaped as JSON: one line each.
		const {stdout} = await stage.run(['failures', '--json']);
		keepsTheContract({stdout});
		expect(stdout).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F]/); // eslint-disable-line no-control-regex -- as above
	});
});

describe.concurrent('the command line', () => {
	test('tells the usage for --help, -h and nothing', async () => {
		for (const parameters of [['--help'], ['-h'], []]) {
			const {code, stdout, stderr} = await run(parameters); // eslint-disable-line no-await-in-loop -- few
			expect({code, stderr}).toEqual({code: 0, stderr: ''});
			expect(stdout).toMatch(/Usage\s+\$ aw2ms365 <command>/);
		}
	});

	test('tells the version alone, without reading anything', async ({scene}) => {
		const {version} = JSON.parse(await readFile('package.json', 'utf8')) as {version: string};
		const {home} = await scene();
		const nowhere = path.join(home, 'not', 'there');
		for (const parameters of [['--version'], ['migrate', '--version', '--json']]) {
			expect(await run(parameters, {AW2MS365_HOME: nowhere})).toMatchObject({code: 0, stdout: `${version}\n`, stderr: ''}); // eslint-disable-line no-await-in-loop, @typescript-eslint/naming-convention -- few; a variable
		}
	});

	test('answers what it does not know with what is meant, and code 2', async () => {
		const {code, stdout, stderr} = await run(['migrat']);
		expect({code, stdout}).toEqual({code: 2, stdout: ''});
		expect(stderr).toBe('The command cannot be carried out as it was given. [there is no command "migrat"; did you mean "migrate"]\n"aw2ms365 --help" shows commands and options.\n');
	});

	test('says what a configuration lacks with file, line and key, all at once', async ({scene}) => {
		const {home} = await scene();
		const file = path.join(home, 'bad.yaml');
		await writeFile(file, 'source:\n  hots: imap.example.org\n  port: many\n  user: ana@old.example\n  password: \'x\'\ndestination:\n  mailbox: ana@new.example\n  transport: imap\n  imap: {host: mail.example.org, tls: false, user: ana, password: y}\noptions:\n  skipFolder: []\n');
		const {code, stderr} = await run(['migrate', file]);
		expect(code).toBe(2);
		for (const words of [`${file}:2: source.hots`, `${file}:3: source.port`, `${file}:9: destination.imap.tls`, `${file}:11: options.skipFolder`]) {
			expect(stderr).toContain(words);
		}

		const json = await run(['migrate', '--json', file]);
		ends(json, {outcome: 'failed', exitCode: 2, failure: {code: 'settings-invalid', detail: expect.stringContaining(`${file}:11: options.skipFolder`) as unknown}});
	});
});
