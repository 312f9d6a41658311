import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {
	mkdir, readdir, readFile, stat, writeFile,
} from 'node:fs/promises';
import {createServer, type AddressInfo} from 'node:net';
import path from 'node:path';
import process from 'node:process';
import {describe, expect} from 'vitest';
import {makeCertificates} from '../../source/sandbox/certificate.js';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type Finished, linesOf} from './program.js';
import {
	folder, keepsTheContract, message, planted, reconfigure, type Scene, shell, test,
} from './servers.js';

/** The contract kept, the exit code as told, no words beside it. */
const ends = (finished: Finished, wanted: Record<string, unknown>): void => {
	const summary = keepsTheContract(finished);
	expect({...summary, stderr: finished.stderr}).toMatchObject({...wanted, stderr: ''});
	expect(finished.code).toBe(summary.exitCode);
};

const completes = async (stage: Scene, delivered: number): Promise<void> => {
	ends(await stage.run(['migrate', '--json']), {outcome: 'complete', exitCode: 0, messages: {total: delivered, delivered}});
	expect(stage.arrived()).toEqual(stage.expected());
};

/** What arrived, byte for byte: folder, date and hash, sorted. */
const contents = (stage: Scene, side: 'source' | 'destination'): string[] => stage[side].mailbox().snapshot().flatMap(({path, messages}) => messages.map(({sha256, internalDate}) => `${JSON.stringify(path)} ${internalDate} ${sha256}`)).sort();

const journalOf = async (home: string): Promise<string> => {
	const names = await readdir(home);
	return path.join(home, names.find(name => name.endsWith('.journal'))!);
};

describe.concurrent('this machine', () => {
	test('with a journal damaged in the middle: code 6, the place named, the file left byte for byte', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 40)]}});
		await completes(stage, 40);
		const file = await journalOf(stage.home);
		const whole = await readFile(file);
		const damaged = Buffer.from(whole);
		damaged[Math.floor(damaged.length / 2)]! ^= 0x40; // eslint-disable-line no-bitwise -- one bit
		await writeFile(file, damaged);
		for (const command of ['migrate', 'status', 'verify']) {
			const finished = await stage.run([command, '--json']); // eslint-disable-line no-await-in-loop -- one after the other
			ends(finished, {
				command, outcome: 'failed', exitCode: 6, failure: {code: 'journal-damaged', detail: expect.stringMatching(/\.journal, at byte \d+: /) as unknown},
			});
			expect(linesOf(finished).at(-1)).toMatchObject({failure: {detail: expect.stringContaining(file) as unknown}});
		}

		const {code, stderr} = await stage.run(['status']);
		expect(code).toBe(6);
		expect(stderr).toContain('move it away');
		expect(damaged.equals(await readFile(file))).toBe(true);
		await writeFile(file, whole);
		await completes(stage, 40);
	});

	test('whose directory cannot be written: code 6, the directory named, nothing sent', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 3)]}});
		await writeFile(path.join(stage.home, 'occupied'), 'a file');
		for (const directory of [path.join(stage.home, 'occupied'), path.join(stage.home, 'occupied', 'below')]) {
			/* eslint-disable no-await-in-loop -- one after the other */
			await reconfigure(stage, ({options}) => {
				options.checkpointDirectory = directory;
			});
			ends(await stage.run(['migrate', '--json']), {outcome: 'failed', exitCode: 6, failure: {code: 'journal-unwritable', detail: expect.stringContaining(directory) as unknown}});
			/* eslint-enable no-await-in-loop */
		}

		expect(stage.destination.counters.commands.append).toBeUndefined();
		await reconfigure(stage, ({options}) => {
			options.checkpointDirectory = path.join(stage.home, 'free');
		});
		await completes(stage, 3);
		const {mode} = await stat(path.join(stage.home, 'free'));
		expect(process.platform === 'win32' || mode % 0o1000 === 0o700).toBe(true);
	});

	test.skipIf(process.platform === 'win32')('whose disk is full: code 6, nothing sent that is not on record, and the same command completes', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 300), folder('B', 300)]}});
		// A file may grow to 8 KB: about as far as a tenth of this run.
		const limited = await shell('ulimit -f 16; exec "$NODE" "$CLI" migrate --json', stage.environment).finished;
		ends(limited, {outcome: 'failed', exitCode: 6, failure: {code: 'journal-unwritable', detail: expect.stringContaining('.journal: EFBIG') as unknown}});
		const arrived = stage.destination.counters.appended;
		expect(arrived).toBeGreaterThan(0);
		expect(arrived).toBeLessThan(600);
		// The same while there is still no room: no further message leaves.
		ends(await shell('ulimit -f 16; exec "$NODE" "$CLI" migrate --json', stage.environment).finished, {outcome: 'failed', exitCode: 6});
		await completes(stage, 600);
	});
});

describe.concurrent('the configuration', () => {
	test('that cannot be read at all: code 2, the file and what is wrong named', async ({scene}) => {
		const stage = await scene();
		const file = path.join(stage.home, 'other.yaml');
		await mkdir(path.join(stage.home, 'directory.yaml'));
		for (const [content, words] of [
			['', /other\.yaml/], ['source: [unclosed\n', /other\.yaml:\d+: /], [Uint8Array.of(0x73, 0xFF, 0xFE), /UTF-8/],
		] as const) {
			/* eslint-disable no-await-in-loop -- one after the other */
			await writeFile(file, content);
			const {code, stdout, stderr} = await stage.run(['plan', file]);
			/* eslint-enable no-await-in-loop */
			expect({content, code, stdout}).toEqual({content, code: 2, stdout: ''});
			expect(stderr).toMatch(words);
			expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
		}

		expect(await stage.run(['plan', path.join(stage.home, 'missing.yaml')])).toMatchObject({stderr: expect.stringMatching(/missing\.yaml.*no such file/) as unknown});
		expect(await stage.run(['plan', path.join(stage.home, 'directory.yaml')])).toMatchObject({stderr: expect.stringMatching(/directory\.yaml/) as unknown});
	});

	test('without a password, or with one in a file that is not there: code 2, and where it may come from', async ({scene}) => {
		const stage = await scene();
		await reconfigure(stage, ({source}) => {
			delete source.password;
		});
		const {code, stderr} = await stage.run(['migrate']);
		expect(code).toBe(2);
		expect(stderr).toContain('AW2MS365_SOURCE_PASSWORD');
		const absent = await stage.run(['migrate'], {AW2MS365_SOURCE_PASSWORD_FILE: path.join(stage.home, 'none')}); // eslint-disable-line @typescript-eslint/naming-convention -- a variable
		expect(absent.code).toBe(2);
		expect(absent.stderr).toMatch(/AW2MS365_SOURCE_PASSWORD_FILE.*ENOENT/);
		// What only looks needs no secret.
		expect(await stage.run(['status'])).toMatchObject({code: 0});
		const file = path.join(stage.home, 'secret');
		await writeFile(file, `${planted.source}\n`, {mode: 0o600});
		expect(await stage.run(['plan'], {AW2MS365_SOURCE_PASSWORD_FILE: file})).toMatchObject({code: 0}); // eslint-disable-line @typescript-eslint/naming-convention -- as above
		await writeFile(file, '');
	});
});

describe.concurrent('sign-in', () => {
	test('refused for the password: code 4 at once, at either side', async ({scene}) => {
		const stage = await scene({source: {wrongPassword: 'refused', folders: [folder('A', 2)]}, destination: {wrongPassword: 'refused'}});
		const wrong = 'Wr0ngP1geon-9931';
		for (const [variable, server] of [['AW2MS365_SOURCE_PASSWORD', stage.source], ['AW2MS365_DESTINATION_PASSWORD', stage.destination]] as const) {
			/* eslint-disable no-await-in-loop -- one after the other */
			const before = server.counters.commands.login ?? 0;
			const finished = await stage.run(['migrate', '--json'], {[variable]: wrong});
			/* eslint-enable no-await-in-loop */
			ends(finished, {outcome: 'failed', exitCode: 4, failure: {code: 'sign-in-refused'}});
			expect(finished.stdout).not.toContain(wrong);
			expect((server.counters.commands.login ?? 0) - before).toBeLessThanOrEqual(1);
		}

		const plain = await stage.run(['plan'], {AW2MS365_SOURCE_PASSWORD: wrong}); // eslint-disable-line @typescript-eslint/naming-convention -- a variable
		expect(plain.code).toBe(4);
		expect(plain.stderr).toMatch(/Sign-in was refused\..*\n.*Check source\.user and source\.password/);
		await completes(stage, 2);
	});

	test('refused in words that repeat what was sent: they are not passed on', async ({scene}) => {
		const echo: FaultRule = {on: 'login', do: {type: 'refuse', code: 'AUTHENTICATIONFAILED', text: `No such luck: LOGIN "ana@old.example" "${planted.source}" and ${Buffer.from(`\0ana@old.example\0${planted.source}`).toString('base64')}`}};
		const stage = await scene({source: {faults: {rules: [echo]}}});
		// The scene itself looks for the secret in all that was said and written.
		ends(await stage.run(['migrate', '--json']), {exitCode: 4, failure: {code: 'sign-in-refused'}});
		expect(await stage.run(['migrate', '--verbose'])).toMatchObject({code: 4});
		stage.source.setFaults({rules: [{...echo, do: {type: 'bye', text: `bad command LOGIN ana@old.example ${planted.source}`}}]});
		const running = stage.start(['migrate', '--verbose']);
		await new Promise<void>(resolve => {
			running.child.stderr!.once('data', () => {
				resolve();
			});
		});
		running.child.kill('SIGINT');
		await running.finished;
	});
});

describe.concurrent('a server', () => {
	test('that refuses connections: code 5, after a few tries', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 1)]}});
		const {port} = stage.destination;
		await stage.destination.close();
		const finished = await stage.run(['migrate', '--json']);
		ends(finished, {outcome: 'failed', exitCode: 5, failure: {code: 'host-unreachable', detail: expect.stringContaining('ECONNREFUSED') as unknown}});
		expect(linesOf(finished).filter(({type, notice}) => type === 'notice' && (notice as {type: string}).type === 'reconnecting').length).toBeGreaterThan(0);
		expect(port).toBeGreaterThan(0);
	});

	test('that speaks another protocol: code 5, and it is said', async ({scene, onTestFinished}) => {
		const server = createServer(socket => {
			socket.on('error', () => undefined);
			socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>no</html>\r\n');
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		onTestFinished(() => {
			server.close();
		});
		const stage = await scene();
		await reconfigure(stage, ({source}) => {
			source.port = (server.address() as AddressInfo).port;
		});
		const {code, stderr} = await stage.run(['plan']);
		expect(code).toBe(5);
		expect(stderr).toMatch(/could not be reached|not IMAP/);
	});

	test('whose certificate is not trusted: code 5 at once; trusted by "ca" it works, and by nothing less', async ({scene}) => {
		const {ca, key, cert} = makeCertificates();
		const stage = await scene({source: {folders: [folder('A', 2)], tls: {key, cert}}, destination: {tls: {key, cert}}});
		ends(await stage.run(['migrate', '--json']), {outcome: 'failed', exitCode: 5, failure: {code: 'tls-refused', detail: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/) as unknown}});
		expect(stage.source.counters.commands.login).toBeUndefined();
		const trust = async (text: string) => {
			await writeFile(path.join(stage.home, 'ca.pem'), text);
			await reconfigure(stage, ({source, destination}) => {
				source.ca = 'ca.pem';
				destination.imap.ca = 'ca.pem';
			});
		};

		await trust(makeCertificates().ca);
		ends(await stage.run(['migrate', '--json']), {exitCode: 5, failure: {code: 'tls-refused'}});
		await trust('no certificate');
		ends(await stage.run(['migrate', '--json']), {exitCode: 2, failure: {code: 'settings-invalid', detail: expect.stringContaining('source.ca') as unknown}});
		await trust(ca);
		await completes(stage, 2);
	});
});

describe.concurrent('a folder', () => {
	test('that cannot be opened: the others go on, code 3; once it opens the same command completes', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('Good', 5), folder('Shut', 3), folder('Shut/Below', 2)], faults: {rules: [{on: 'open', folder: ['Shut'], do: {type: 'refuse', code: 'NONEXISTENT', text: 'Mailbox does not exist'}}]}}});
		const finished = await stage.run(['migrate', '--json']);
		ends(finished, {outcome: 'partial', exitCode: 3, messages: {delivered: 7}});
		expect(linesOf(finished).at(-1)).toMatchObject({folders: expect.arrayContaining([expect.objectContaining({folder: 'Shut', failure: expect.objectContaining({code: 'folder-unreadable'}) as unknown})]) as unknown});
		expect(await stage.run(['migrate'])).toMatchObject({stderr: expect.stringMatching(/! Shut: .*The other folders go on\./) as unknown});
		stage.source.setFaults({rules: []});
		await completes(stage, 10);
	});

	test('that the destination does not create: the others go on, code 3, the way out named', async ({scene}) => {
		const stage = await scene({
			source: {folders: [folder('Good', 5), folder('Bad', 3), {path: ['Bad too'], messages: []}]}, destination: {
				faults: {
					rules: [
						{on: 'create', folder: ['Bad'], do: {type: 'refuse', code: 'NOPERM', text: 'Permission denied'}}, {on: 'create', folder: ['Bad too'], do: {type: 'refuse', text: 'No'}},
					],
				},
			},
		});
		const finished = await stage.run(['migrate', '--json']);
		ends(finished, {outcome: 'partial', exitCode: 3, messages: {delivered: 5, remaining: 3}});
		expect(linesOf(finished).filter(({type}) => type === 'folder.failed')).toMatchObject([
			{failure: {code: 'folder-not-creatable'}}, {failure: {code: 'folder-not-creatable'}},
		]);
		await reconfigure(stage, ({options}) => {
			options.folderMap = {Bad: 'Better'}; // eslint-disable-line @typescript-eslint/naming-convention -- a folder
		});
		stage.destination.setFaults({rules: [{on: 'create', folder: ['Bad'], do: {type: 'refuse', text: 'No'}}]});
		ends(await stage.run(['migrate', '--json']), {outcome: 'complete', exitCode: 0, messages: {delivered: 8}});
		expect(stage.destination.mailbox().folder(['Better']).messages).toHaveLength(3);
	});

	test('whose name the destination cannot bear is renamed, said in the plan, and never merged', async ({scene}) => {
		const long = 'x'.repeat(300);
		const names = ['Clients/ACME', 'Clients', 'Line\u0001end', 'Tab\there', `${long}1`, `${long}2`, 'percent % and *', 'Quote " and \\', ' leading', 'Inbox.', '日本語'.repeat(60)];
		const stage = await scene({
			// A slash is part of the name here.
			source: {delimiter: '.', folders: names.filter(name => !name.includes('.')).map((name, index) => ({path: [name], messages: [message(`number ${index}`)]}))},
			destination: {delimiter: '/', namesMaxBytes: 255, namesForbidden: '%*'},
		});
		const {stdout: plan} = await stage.run(['plan']);
		expect(plan).toMatch(/Clients.*ACME.* → .*renamed/);
		const finished = await stage.run(['migrate', '--json']);
		ends(finished, {outcome: 'complete', exitCode: 0, messages: {delivered: 10}});
		const folders = linesOf(finished).at(-1)!.folders as Array<{path: string[]; destination: string[]; messages: {total: number}}>;
		expect(new Set(folders.map(({destination}) => JSON.stringify(destination))).size).toBe(folders.length);
		for (const {path: name, destination, messages} of folders) {
			expect({name, count: stage.destination.mailbox().folder(destination).messages.length}).toEqual({name, count: messages.total});
		}

		expect(stage.destination.mailbox().folder(['Clients']).messages).toHaveLength(1);
		const again = await stage.run(['migrate', '--json']);
		ends(again, {outcome: 'complete', thisRun: {delivered: 0}});
		const places = (finished: Finished) => new Map((linesOf(finished).at(-1)!.folders as typeof folders).map(({path: name, destination}) => [JSON.stringify(name), destination]));
		expect(places(again)).toEqual(places(finished));
	});

	test('whose name is another one only in our eyes is kept apart (design, rule 11)', async ({scene}) => {
		const names = ['ACME', 'acme', 'Acme ', 'Acme.', 'Café', 'Cafe\u0301', 'CAFÉ'];
		const stage = await scene({
			source: {delimiter: '/', folders: names.map(name => ({path: [name], messages: [message(`from ${JSON.stringify(name)}`)]}))},
			destination: {namesIgnoreCase: true, namesNormalise: true},
		});
		const finished = await stage.run(['migrate', '--json']);
		ends(finished, {outcome: 'complete', exitCode: 0, messages: {delivered: names.length}});
		const holding = stage.destination.mailbox().folders.filter(({messages}) => messages.length > 0);
		expect(holding.map(({messages}) => messages.length)).toEqual(names.map(() => 1));
		expect(linesOf(finished).filter(({type}) => type === 'folder.renamed').length).toBe(names.length - 2);
		// Decided once: the next run finds each in its place.
		const before = contents(stage, 'destination');
		for (const name of names) {
			stage.source.mailbox().addMessage([name], message(`second from ${JSON.stringify(name)}`));
		}

		ends(await stage.run(['migrate', '--json']), {outcome: 'complete', thisRun: {delivered: names.length}});
		expect(stage.destination.mailbox().folders.filter(({messages}) => messages.length > 0).map(({messages}) => messages.length)).toEqual(names.map(() => 2));
		expect(contents(stage, 'destination')).toEqual(expect.arrayContaining(before));
		ends(await stage.run(['verify', '--json']), {outcome: 'complete', exitCode: 0});
	});
});

describe.concurrent('a message', () => {
	test('of any shape arrives byte for byte, or is refused by name and the rest goes on', async ({scene}) => {
		const header = Buffer.from('Subject: odd\r\n\r\n');
		const odd: Array<[string, Uint8Array]> = [
			['NULs', Buffer.concat([header, Buffer.from('a\0b\0\0c\r\n')])],
			['only line ends', Buffer.from('\r\n\r\n\r\n')],
			['one line end', Buffer.from('\r\n')],
			['bare line feeds', Buffer.from('Subject: bare\n\nbody\nmore\n')],
			['bare carriage returns', Buffer.from('Subject: cr\r\rbody\r')],
			['no end of line', Buffer.from('x')],
			['a header line of 20 MB', Buffer.concat([Buffer.from('Subject: long\r\nX-Long: '), Buffer.alloc(20_000_000, 'a'), Buffer.from('\r\n\r\nbody\r\n')])],
			['eight bits', Buffer.concat([header, Buffer.from([0x80, 0xFF, 0xFE, 0x0D, 0x0A])])],
			['what looks like IMAP', Buffer.from('Subject: a1 OK\r\n\r\n* BYE now\r\na2 OK done {5}\r\n+ go on\r\n)\r\n')],
		];
		const stage = await scene({source: {folders: [{path: ['Odd'], messages: [...odd.map(([, bytes]) => ({bytes, internalDate: Date.UTC(2020, 1, 1)})), {bytes: new Uint8Array()}]}, folder('Usual', 5)]}, options: {maxRetries: 0}});
		const finished = await stage.run(['migrate', '--json']);
		// A message of no bytes cannot be stored: servers refuse it.
		ends(finished, {outcome: 'partial', exitCode: 3, messages: {delivered: odd.length + 5, refused: 1}});
		const hasContent = (line: string) => !line.endsWith(' e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
		expect(contents(stage, 'destination')).toEqual(contents(stage, 'source').filter(line => hasContent(line)));
		expect(await stage.run(['failures'])).toMatchObject({stdout: expect.stringMatching(/Odd {2}UID 10 {2}0 B/) as unknown});
	});

	test('that finds the mailbox full stops the run with what to do; with room made the same command completes', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 40, 1000)]}, destination: {limits: {quotaBytes: 20_000}}});
		ends(await stage.run(['migrate', '--json']), {outcome: 'failed', exitCode: 3, failure: {code: 'destination-full', detail: expect.stringContaining('OVERQUOTA') as unknown}});
		const arrived = stage.arrived().length;
		expect(arrived).toBeGreaterThan(5);
		const plain = await stage.run(['migrate']);
		expect(plain).toMatchObject({code: 3, stderr: expect.stringContaining('The destination mailbox is full.') as unknown});
		expect(stage.arrived()).toHaveLength(arrived);
		stage.destination.limits.quotaBytes = undefined;
		await completes(stage, 40);
	});
});
