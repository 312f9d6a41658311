import {spawn} from 'node:child_process';
import {readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, expect} from 'vitest';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {linesOf} from './program.js';
import {roadsIn, test, type TenantScene} from './tenant-scene.js';

/* What nobody would expect to lose is asked for before the first message, where somebody is there to answer. */

const mail = (number: number) => ({
	bytes: new TextEncoder().encode(`From: Ann <ann@example.org>\r\nTo: ana@old.example\r\nSubject: number ${number}\r\nMessage-ID: <${number}@old.example>\r\nDate: Sat, 1 May 2021 08:0${number}:00 +0000\r\n\r\nText of ${number}.\r\n`),
	internalDate: Date.UTC(2021, 4, 1, 9, number), flags: [String.raw`\Seen`],
});
const folders: readonly FolderSeed[] = [{path: ['INBOX'], messages: [1, 2, 3].map(number => mail(number))}];

/** Asks for the probe; by it, received dates turn out to be lost. */
const profile = 'IMAP switched off';

const until = async (isThere: () => boolean): Promise<void> => {
	while (!isThere()) {
		await delay(5); // eslint-disable-line no-await-in-loop -- until it is there
	}
};

/** On a terminal that util-linux's `script` makes, with a keyboard. */
const onTerminal = ({home}: TenantScene, parameters: string) => {
	const child = spawn('script', ['-qec', `"$NODE" "$CLI" ${parameters}`, '/dev/null'], {
		stdio: ['pipe', 'pipe', 'pipe'], env: {...process.env, ...Object.fromEntries([['NODE', process.execPath], ['CLI', path.resolve('dist/cli.js')], ['AW2MS365_HOME', home], ['TERM', 'xterm']])},
	});
	let screen = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		screen += text;
	});
	const exit = new Promise<number | undefined>(resolve => {
		child.on('close', resolve);
	});
	return {
		/** Without line breaks. */
		screen: () => screen.replaceAll(/\s+/gv, ' '),
		async asked(times = 1) {
			await until(() => screen.split('[y/N]').length > times || child.exitCode !== null);
		},
		type(keys: string) {
			child.stdin.write(keys);
		},
		async ended() {
			const code = await exit;
			child.stdin.destroy();
			return code;
		},
	};
};

const hasScript = async (): Promise<boolean> => new Promise(resolve => {
	let said = '';
	const child = spawn('script', ['--version'], {stdio: ['ignore', 'pipe', 'ignore']});
	child.stdout.on('data', (text: Uint8Array) => {
		said += new TextDecoder().decode(text);
	});
	child.on('error', () => {
		resolve(false);
	}).on('close', () => {
		resolve(said.includes('util-linux'));
	});
});

const probes = ({tenant}: TenantScene): number => tenant.log.filter(({operation}) => operation === 'importMime').length;
const dateLost = 'messages get the moment of the migration as their received date';
const madeAnew = 'messages are made anew from their parts';

describe.concurrent('a probe that finds that received dates are lost', () => {
	test('is told on a terminal before the first message; no to all ends with 2, and nothing was moved', async ({scene, skip}) => {
		skip(!await hasScript(), 'there is no util-linux "script" here');
		const stage = await scene({profile, folders});
		const terminal = onTerminal(stage, 'migrate');
		await terminal.asked();
		expect(terminal.screen()).toContain(dateLost);
		expect([stage.lying(), stage.leftOver()]).toEqual([[], 0]);
		terminal.type('n\r');
		await terminal.asked(2);
		expect(terminal.screen()).toContain(madeAnew);
		terminal.type('\r');
		expect(await terminal.ended()).toBe(2);
		expect(terminal.screen()).toContain('--allow-loss');
		expect([stage.lying(), stage.leftOver(), probes(stage)]).toEqual([[], 0, 2]);
	});

	test('yes goes on, and is not asked for again in that run', async ({scene, skip}) => {
		skip(!await hasScript(), 'there is no util-linux "script" here');
		const stage = await scene({profile, folders});
		const terminal = onTerminal(stage, 'migrate');
		await terminal.asked();
		expect(stage.lying()).toEqual([]);
		terminal.type('y\r');
		expect(await terminal.ended()).toBe(0);
		expect(terminal.screen().split('[y/N]').length).toBe(2);
		expect(stage.lying().map(({subject}) => subject).sort()).toEqual(['number 1', 'number 2', 'number 3']);
	});

	test('ends a run that nobody watches with 2, asks nothing, and says once what would be lost and how to allow it', async ({scene}) => {
		const stage = await scene({profile, folders});
		const plain = await stage.run(['migrate', '--plain']);
		expect(plain.code).toBe(2);
		expect(plain.stderr).not.toContain('[y/N]');
		expect(plain.stderr).toContain('--allow-loss');
		expect(plain.stderr.replaceAll(/\s+/gv, ' ')).toContain(dateLost);
		expect(plain.stderr).not.toContain('best way that is open');
		expect([stage.lying(), stage.leftOver()]).toEqual([[], 0]);
	});
});

const findingsOf = async ({home}: TenantScene): Promise<string> => {
	const names = await readdir(home);
	return path.join(home, names.find(name => name.endsWith('.probe.json'))!);
};

describe.concurrent('what a probe has shown', () => {
	test('is remembered: there is no second probe, plan knows of it, and a damaged or old file costs another one and nothing else', async ({scene}) => {
		const stage = await scene({profile, folders});
		const before = await stage.run(['plan', '--json']);
		expect(linesOf(before).find(({type}) => type === 'road.chosen')).toMatchObject({transport: 'graph', losses: ['draft'], mayLose: ['received-date']});
		expect(probes(stage)).toBe(0);
		const first = await stage.run(['migrate', '--json']);
		expect([first.code, probes(stage)]).toEqual([2, 2]);
		const second = await stage.run(['migrate', '--json']);
		expect([second.code, roadsIn(second), probes(stage)]).toEqual([2, roadsIn(first), 2]);
		const plan = await stage.run(['plan', '--json']);
		expect(linesOf(plan).find(({type}) => type === 'road.chosen')).toMatchObject({transport: 'graph', losses: ['received-date', 'draft'], mayLose: []});
		const file = await findingsOf(stage);
		const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
		for (const [damage, more] of [['{"v":1,"at":', 2], [JSON.stringify({...kept, at: Date.now() - (8 * 86_400_000)}), 4]] as const) {
			/* eslint-disable no-await-in-loop -- one after another */
			await writeFile(file, damage);
			const again = await stage.run(['migrate', '--json']);
			expect([again.code, probes(stage)]).toEqual([2, 2 + more]);
			/* eslint-enable no-await-in-loop */
		}

		const allowed = await stage.run(['migrate', '--json', '--allow-loss']);
		expect([allowed.code, stage.leftOver()]).toEqual([0, 0]);
		expect(linesOf(allowed).at(-1)).toMatchObject({messages: {delivered: 3, lossy: 3}});
	});
});

describe.concurrent('a plan for people', () => {
	test.for([
		['2026-11-23 usual tenant', ['EWS is not open', 'By IMAP, the best way that is open.', 'keywords (labels of other mail programs) are not kept']],
		['IMAP switched off', ['EWS is not open', 'IMAP is not open', 'By GRAPH, the best way that is open.', `perhaps ${dateLost}`]],
		['nothing works', ['EWS is not open', 'GRAPH-JSON is not open', 'None of the ways into Microsoft 365 is open', 'aw2ms365 doctor']],
	] as const)('in %s names the way and what is lost on it', async ([name, words], {scene}) => {
		const stage = await scene({profile: name, folders});
		const {revision} = stage.tenant.mailbox();
		const plan = await stage.run(['plan']);
		const said = `${plan.stderr} ${plan.stdout}`.replaceAll(/\s+/gv, ' ');
		expect(words.filter(text => !said.includes(text))).toEqual([]);
		expect([plan.code, stage.tenant.mailbox().revision]).toEqual([name === 'nothing works' ? 4 : 0, revision]);
	});
});
