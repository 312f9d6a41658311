import {execFileSync, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {
	mkdtemp, readdir, readFile, rm, stat, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
	describe, expect, onTestFinished, test,
} from 'vitest';
import {readCertificate} from '../../source/credentials/certificate.js';
import {realClock} from '../../source/mailbox/clock.js';
import {ImapServer} from '../../source/sandbox/imap/server.js';
import {profileNamed, type ProfileName, serverOptionsOf} from '../../source/sandbox/microsoft/profiles.js';
import {MicrosoftServer} from '../../source/sandbox/microsoft/server.js';
import {DnsServer} from '../dns/dns-server.js';
import {atWorkmail} from '../dns/looking.js';
import {app, tls} from './microsoft-ends.js';
import {start} from './program.js';

/** Each line of the guide that a person types, in its order, and the exit codes that it names; 0 where it names none. */
type Line = {readonly section: string; readonly words: readonly string[]; readonly codes: readonly number[]};

const guide = readFileSync('docs/guide.md', 'utf8');

/** Code of a language, with the title above it. */
const blocks = (language: string): ReadonlyArray<{readonly section: string; readonly text: string}> => [...guide.matchAll(/^ *```(?<name>\w+)\n(?<text>[\s\S]*?)^ *```$/gmv)]
	.filter(({groups}) => groups!.name === language)
	.map(({groups, index}) => ({section: guide.slice(0, index).match(/^#+ .+$/gmv)?.at(-1)?.replace(/^#+ /v, '') ?? '', text: groups!.text!}));

const lines: readonly Line[] = blocks('sh').flatMap(({section, text}) => [...text.matchAll(/^ *aw2ms365 (?<words>[^#\n]*)(?<said>#.*)?$/gmv)].map(({groups}) => {
	const [, named = ''] = /exit code (?<named>.*)$/v.exec(groups!.said ?? '') ?? [];
	return {section, words: groups!.words!.trim().split(/\s+/v), codes: named === '' ? [0] : [...named.matchAll(/\b\d+\b/gv)].map(([code]) => Number(code))};
}));

const owner = 'ana@old.example';
const mailbox = 'ana@example.org';
const password = 'guide-source-password';

const message = (subject: string, size = 400) => ({
	bytes: new TextEncoder().encode([
		'From: Ben <ben@old.example>', 'To: Ana <ana@old.example>', `Subject: ${subject}`, 'Date: Mon, 1 Mar 2021 08:15:00 +0000', `Message-ID: <${subject.replaceAll(' ', '.')}@old.example>`, 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', `${'A line of text. \r\n'.repeat(size / 17)}`,
	].join('\r\n')),
	internalDate: Date.UTC(2021, 2, 1, 8, 16),
	flags: [String.raw`\Seen`],
});

const expectPrivate = async (file: string): Promise<void> => {
	const {mode} = await stat(file);
	expect(mode & 0o077).toBe(0); // eslint-disable-line no-bitwise -- permissions
};

/** What is told as safe to type is typed, in a directory of one's own, towards a tenant as most are today: EWS is shut. */
const build = async (name: ProfileName = '2026-11-23 usual tenant') => {
	const clock = realClock();
	const profile = profileNamed(name);
	const microsoft = await MicrosoftServer.start({
		...serverOptionsOf(profile, {app, users: [{address: mailbox}]}), clock, tls,
	});
	const [workmail, names] = await Promise.all([
		ImapServer.start({
			clock, users: [{
				name: owner, password, mailbox: {folders: [{path: ['INBOX'], messages: [message('First'), message('Second'), message('Too large', 40_000)]}, {path: ['Clients', 'ACME'], messages: [message('Third')]}]},
			}],
		}),
		DnsServer.start({zone: atWorkmail.map(line => line.replaceAll('contoso.com', 'example.org'))}),
	]);
	const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-guide-'));
	const file = path.join(directory, 'ana.yaml');
	onTestFinished(async () => {
		await Promise.all([workmail.close(), microsoft.close(), names.stop(), rm(directory, {recursive: true, force: true})]);
		expect([...workmail.errors, ...microsoft.errors]).toEqual([]);
	});
	await writeFile(path.join(directory, 'authority.pem'), tls.ca);
	return {
		workmail, microsoft, directory, file, names,
		/** As a person does, who fills in the file; towards the stand-ins. */
		async fillIn(options: Record<string, unknown>) {
			await writeFile(file, JSON.stringify({
				source: {
					host: workmail.host, port: workmail.port, tls: false, user: owner, password,
				},
				destination: {
					mailbox, tenantId: app.tenant, clientId: app.clientId, clientSecret: app.secret,
					cloud: {
						login: microsoft.host, graph: microsoft.host, ews: microsoft.host, imap: {host: microsoft.imap.host, port: microsoft.imap.port}, ca: 'authority.pem',
					},
				},
				options,
			}));
		},
		run: async (words: readonly string[]) => start(words.map(word => word === 'ana.yaml' ? file : word), {AW2MS365_HOME: path.join(directory, 'home')}).finished, // eslint-disable-line @typescript-eslint/naming-convention -- a variable of the environment
		subjects: () => microsoft.mailbox().items.map(({subject}) => subject).sort(),
		arrives(subject: string) {
			workmail.mailbox().addMessage(['INBOX'], message(subject));
		},
	};
};

type Scene = Awaited<ReturnType<typeof build>>;

/** What a person has done by the time of a line, where the guide says so in words; and what must have come of it. */
const around = (line: Line): {readonly before?: (scene: Scene) => void | Promise<void>; readonly code?: number; readonly after?: (scene: Scene, said: string) => void | Promise<void>} => {
	switch (`${line.section}: ${line.words.filter(word => word !== 'ana.yaml').join(' ')}`) {
		case 'Set up: init --non-interactive': {
			return {
				async after({fillIn, file}) {
					await expect(readFile(file, 'utf8')).resolves.toMatch(/^# aw2ms365/v);
					await expectPrivate(file);
					await fillIn({maxMessageSize: '20 KB'});
				},
			};
		}

		case 'Migrate: migrate': {
			return {
				code: 3, after({subjects}) {
					expect(subjects()).toEqual(['First', 'Second', 'Third']);
				},
			};
		}

		case 'Migrate: migrate --transport graph-json --allow-loss': {
			return {
				before({arrives}) {
					arrives('Another way');
				}, code: 3, after({subjects}) {
					expect(subjects()).toEqual(['Another way', 'First', 'Second', 'Third']);
				},
			};
		}

		case 'What was refused: failures': {
			return {
				after(_, said) {
					expect(said).toContain('options.maxMessageSize');
				},
			};
		}

		case 'What was refused: retry': {
			return {
				async before({fillIn}) {
					await fillIn({maxMessageSize: '150 MB'});
				}, code: 0, after({subjects}) {
					expect(subjects()).toContain('Too large');
				},
			};
		}

		case 'The cut-over: dns example.org --check': {
			return {code: 3};
		}

		case 'The cut-over: migrate': {
			return {
				before({arrives}) {
					arrives('After MX');
				}, code: 0, after({subjects}) {
					expect(subjects()).toEqual(['After MX', 'Another way', 'First', 'Second', 'Third', 'Too large']);
				},
			};
		}

		default: {
			return {code: line.codes[0]!};
		}
	}
};

describe('docs/guide.md', () => {
	test('has the whole way as lines to type', () => {
		expect([...new Set(lines.map(({words}) => words[0]))]).toEqual(['init', 'doctor', 'plan', 'migrate', 'status', 'failures', 'retry', 'verify', 'dns']);
		expect(lines.length).toBeGreaterThan(12);
	});

	test('leads from nothing to a verified mailbox by those lines alone, with the exit codes that it says', {timeout: 120_000}, async () => {
		const scene = await build();
		for (const line of lines) {
			const {before, code = 0, after} = around(line);
			const command = line.words.join(' ');
			await before?.(scene); // eslint-disable-line no-await-in-loop -- one after another
			// Names are looked up on the loopback only.
			const finished = await scene.run([...line.words, ...(line.words.includes('--check') ? ['--resolver', scene.names.address] : [])]); // eslint-disable-line no-await-in-loop -- as above
			expect({command, code: finished.code, said: finished.code === code ? '' : `${finished.stdout}${finished.stderr}`}).toEqual({command, code, said: ''});
			expect(line.codes, command).toContain(code);
			await after?.(scene, finished.stdout); // eslint-disable-line no-await-in-loop -- as above
		}
	});

	test('tells of each section with lines for other programs, or a path through a portal, where it is from', () => {
		const [text, sources] = guide.split('## Sources') as [string, string];
		const sections = text.split(/^#{2,3} /mv).slice(1).map(section => ({title: section.split('\n', 1)[0]!, section}));
		const foreign = sections.filter(({section}) => /```powershell|^ *(?:aws|openssl) | → \S/mv.test(section) || /`(?:Set|Get|Add|New)-[A-Z]/v.test(section)).map(({title}) => title);
		expect(foreign.length).toBeGreaterThan(8);
		expect(foreign.filter(title => !sources.includes(`[${title}](#`))).toEqual([]);
		expect(sources).toContain('2026-11-23');
	});

	test('is right about consent: without it a script ends with exit code 2 and nothing was moved, with it mail arrives', async () => {
		const {fillIn, run, microsoft} = await build('Graph only with Mail.ReadWrite');
		await fillIn({maxMessageSize: '150 MB'});
		await expect(run(['migrate', 'ana.yaml'])).resolves.toMatchObject({code: 2});
		expect(microsoft.mailbox().items).toHaveLength(0);
		await expect(run(['migrate', 'ana.yaml', '--allow-loss'])).resolves.toMatchObject({code: 0});
		expect(microsoft.mailbox().items).toHaveLength(4);
	});

	test('is right about doctor: where no way is open it ends with exit code 4 and names the lines of this page', async () => {
		const {fillIn, run} = await build('nothing works');
		await fillIn({});
		const {code, stdout} = await run(['doctor', 'ana.yaml']);
		expect(code).toBe(4);
		const cmdlets = new Set([...stdout.matchAll(/\b(?:New|Add|Set|Get)-[A-Z][a-zA-Z]+/gv)].map(([found]) => found));
		expect(cmdlets.size).toBeGreaterThan(2);
		expect([...cmdlets].filter(cmdlet => !guide.includes(cmdlet))).toEqual([]);
	});

	const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
	test.skipIf(!hasOpenssl)('makes a certificate by its openssl lines that the program takes (needs openssl)', async () => {
		const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-guide-'));
		onTestFinished(async () => rm(directory, {recursive: true, force: true}));
		const {text} = blocks('sh').find(block => block.text.includes('openssl req'))!;
		execFileSync('sh', ['-ec', text], {cwd: directory, stdio: 'pipe'});
		const made = await readdir(directory);
		expect(made.sort()).toEqual(['app.pem', 'upload.pem']);
		expect(readCertificate({bytes: await readFile(path.join(directory, 'app.pem'))}).thumbprintSha256).toMatch(/^[\dA-F]{64}$/v);
		expect(await readFile(path.join(directory, 'upload.pem'), 'utf8')).not.toContain('PRIVATE KEY');
		await expectPrivate(path.join(directory, 'app.pem'));
	});
});
