// Peak resident memory of a migration as a process: 5,000 messages of usual sizes and ten of 40 MB, from one
// sandbox server to another. The servers run in this process, so that only the program is measured.
//
//   npm run bench:memory
import {spawn} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {realClock} from '../dist/mailbox/clock.js';
import {ImapServer} from '../dist/sandbox/imap/server.js';

const [small, large, largeBytes] = [5000, 10, 40_000_000];
const mark = 250;

const body = randomBytes(600_000).toString('base64').match(/.{1,76}/g).join('\r\n');
const text = (name, size) => Buffer.from(`From: a@example.org\r\nSubject: ${name}\r\nMessage-ID: <${name}@example.org>\r\n\r\n${body.slice(0, size)}\r\n`);
/** Sizes with a median near 15 KB and a tail, the same in every run. */
const sizeOf = index => Math.round(15_000 * (2 ** (((createHash('sha1').update(String(index)).digest()[0] / 128) - 1) * 4)));
const huge = index => Buffer.concat([text(`large-${index}`, 0), Buffer.alloc(largeBytes, `${body.slice(0, 700_000)}\r\n`)]);

const messages = [
	...Array.from({length: small}, (_, index) => ({
		uid: index + 1, bytes: text(`small-${index}`, sizeOf(index)), internalDate: Date.UTC(2020, 0, 1) + (index * 60_000), flags: [],
	})),
	...Array.from({length: large}, (_, index) => ({
		uid: small + index + 1, bytes: huge(index), internalDate: Date.UTC(2024, 0, 1) + (index * 60_000), flags: [],
	})),
];
const clock = realClock();
const serve = async folders => ImapServer.start({clock, users: [{name: 'ana', password: 'bench', mailbox: {folders}}]});
const [source, destination] = await Promise.all([serve([{path: ['INBOX'], messages}]), serve([])]);
const home = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-bench-'));
const side = server => ({
	host: server.host, port: server.port, tls: false, user: 'ana', password: 'bench',
});
await writeFile(path.join(home, 'config.yaml'), JSON.stringify({source: side(source), destination: {mailbox: 'ana@example.com', transport: 'imap', imap: side(destination)}}), {mode: 0o600});

const run = async command => {
	const started = performance.now();
	const child = spawn(process.execPath, ['--import', './bench/report-memory.mjs', 'dist/cli.js', command, '--json'], {env: {...process.env, AW2MS365_HOME: home}, stdio: ['ignore', 'pipe', 'pipe']});
	let [out, error] = ['', ''];
	child.stdout.setEncoding('utf8').on('data', chunk => {
		// Only the last line is wanted.
		out = (out + chunk).slice(-20_000);
	});
	child.stderr.setEncoding('utf8').on('data', chunk => {
		error += chunk;
	});
	const [code] = await once(child, 'close');
	const {messages: fates, verification} = JSON.parse(out.trim().split('\n').at(-1));
	return {
		command, code, delivered: fates.delivered, equal: verification?.equal, seconds: Math.round((performance.now() - started) / 100) / 10, megabytes: Math.round(Number(/peak-kilobytes (\d+)/.exec(error)?.[1]) / 1024),
	};
};

const results = [await run('migrate'), await run('migrate'), await run('verify')];
console.table(results);
console.log(JSON.stringify({
	node: process.version, small, large, largeBytes, mark, results,
}));
await Promise.all([source.close(), destination.close()]);
await rm(home, {recursive: true});
process.exitCode = results.every(result => result.code === 0 && result.megabytes < mark) ? 0 : 1;
