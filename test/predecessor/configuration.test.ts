import {
	mkdir, mkdtemp, readFile, rm, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {expect, test} from 'vitest';
import {linesOf, start} from '../end-to-end/program.js';
import {says} from '../end-to-end/servers.js';

const configuration = (checkpoints: string): string => `source:
  host: 127.0.0.1
  port: 1
  tls: true
  user: ana@old.example
  password: 'one'
destination:
  tenantId: 11111111-2222-3333-4444-555555555555
  clientId: 66666666-7777-8888-9999-000000000000
  clientSecret: 'two'
  mailbox: ana@new.example
options:
  skipFolders: [Deleted Items, Junk Email, Drafts]
  rateLimit: 1
  maxRetries: 3
  checkpointDirectory: ${checkpoints}
`;

test.skipIf(process.platform === 'win32')('the program runs with the earlier tool\'s file in its place, tells what it brings along, and leaves its checkpoints alone', async ({onTestFinished}) => {
	const home = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-earlier-'));
	onTestFinished(async () => rm(home, {recursive: true}));
	const checkpoints = path.join(home, '.aw2ms365', 'checkpoints');
	await mkdir(checkpoints, {recursive: true});
	await writeFile(path.join(home, '.aw2ms365', 'config.yaml'), configuration('~/.aw2ms365/checkpoints'));
	const cutShort = '{"folder": "INBOX", "totalUids": 3, "lastComple';
	await writeFile(path.join(checkpoints, 'INBOX.json'), cutShort);
	// Nobody answers at port 1: what is told before a connection is all that is wanted.
	const running = start(['plan', '--json'], Object.fromEntries([['HOME', home], ['AW2MS365_HOME', path.join(home, 'state')]]));
	try {
		await says(running, /chmod 600/v);
	} finally {
		running.child.kill('SIGKILL');
		await running.finished;
	}

	const lines = linesOf({stdout: running.stdout().replace(/[^\n]*$/v, '')});
	expect(lines[0]).toMatchObject({type: 'run.started', destination: 'ana@new.example', transport: 'auto'});
	const words = lines.filter(({type}) => type === 'warning').map(line => String(line.words)).join('\n');
	for (const told of ['EwsAllowedAppIDs', 'options.rateLimit is 1', '"Deleted Items", "Junk Email", "Drafts"', `the journal is kept in ${checkpoints}`]) {
		expect(words).toContain(told);
	}

	expect(await readFile(path.join(checkpoints, 'INBOX.json'), 'utf8')).toBe(cutShort);
});
