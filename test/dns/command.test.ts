import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
	describe, expect, onTestFinished, test,
} from 'vitest';
import {
	type Finished, linesOf, run, start,
} from '../end-to-end/program.js';
import {problemsOfSummary} from '../checker/summary.js';
import {lineSchema} from '../output/line-schema.js';
import {
	atWorkmail, serve, wellSet, without, world,
} from './looking.js';

/** A state directory, with a configuration where one is given. */
const home = async (configuration?: unknown): Promise<{readonly directory: string; readonly environment: Record<string, string>}> => {
	const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-dns-'));
	onTestFinished(async () => {
		await rm(directory, {recursive: true, force: true});
	});
	if (configuration !== undefined) {
		await writeFile(path.join(directory, 'config.yaml'), typeof configuration === 'string' ? configuration : JSON.stringify(configuration), {mode: 0o600});
	}

	return {directory, environment: Object.fromEntries([['AW2MS365_HOME', directory], ['HOME', directory]])};
};

const configuration = (mailbox: string, more: Record<string, unknown> = {}) => ({
	source: {region: 'eu-west-1', user: 'ana@contoso.com', password: 'x'}, destination: {
		mailbox, tenantId: 't', clientId: 'c', clientSecret: 's', ...more,
	},
});

/** @returns the summary of a run whose lines are as docs/headless.md promises */
const contract = (finished: Finished): Record<string, unknown> => {
	const lines = linesOf(finished);
	for (const line of lines) {
		const {success, data} = lineSchema.safeParse(line);
		expect({line, success, data}).toEqual({line, success: true, data: line});
	}

	expect(lines[0]).toMatchObject({type: 'run.started', command: 'dns'});
	expect(problemsOfSummary(JSON.stringify(lines.at(-1)))).toEqual([]);
	expect(lines.at(-1)).toMatchObject({type: 'summary', exitCode: finished.code});
	return lines.at(-1)!;
};

const names = ['contoso.com', 'selector1._domainkey.contoso.com', 'selector2._domainkey.contoso.com', 'autodiscover.contoso.com', '_dmarc.contoso.com'];

describe('aw2ms365 dns', () => {
	test('tells what to set without any configuration or network', async () => {
		const {environment} = await home();
		const finished = await run(['dns', 'Contoso.com.'], environment);
		expect(finished).toMatchObject({code: 0, stderr: ''});
		for (const text of [...names, 'include:spf.protection.outlook.com', 'autodiscover.outlook.com', 'Get-DkimSigningConfig -Identity contoso.com', 'GET https://graph.microsoft.com/v1.0/domains/contoso.com/serviceConfigurationRecords', 'aw2ms365 dns contoso.com --check']) {
			expect(finished.stdout).toContain(text);
		}
	});

	test('tells the same in lines, in the same order', async () => {
		const {environment} = await home();
		const finished = await run(['dns', 'contoso.com', '--json'], environment);
		const {dns, outcome} = contract(finished);
		expect({dns, outcome, stderr: finished.stderr}).toEqual({
			dns: {
				domain: 'contoso.com', cloud: 'Microsoft 365', checked: false, records: 7, ok: 0, differs: 0, missing: 0, unknown: 0,
			}, outcome: 'complete', stderr: '',
		});
		expect(linesOf(finished).filter(({step}) => step !== undefined).map(({step}) => step)).toEqual(Array.from({length: 12}, (_, index) => index + 1));
	});

	test('--check ends with 0 where all is well', async () => {
		const {environment} = await home();
		const server = await serve({zone: [...world, ...wellSet]});
		const finished = await run(['dns', 'contoso.com', '--check', '--json', '--resolver', server.address], environment);
		expect(contract(finished)).toMatchObject({exitCode: 0, outcome: 'complete', dns: {ok: 7, checked: true}});
		expect(server.asked.length).toBeGreaterThan(6);
	});

	test('--check ends with 3 where something is missing or differs, and says what and what to set', async () => {
		const {environment} = await home();
		const server = await serve({zone: [...world, ...atWorkmail]});
		const parameters = ['dns', 'contoso.com', '--check', `--resolver=${server.address}`];
		expect(contract(await run([...parameters, '--json'], environment))).toMatchObject({
			exitCode: 3, outcome: 'partial', dns: {
				ok: 1, differs: 3, missing: 3, unknown: 0,
			},
		});
		const {code, stdout} = await run(parameters, environment);
		expect(code).toBe(3);
		for (const text of ['Still WorkMail: mail goes to inbound-smtp.eu-west-1.amazonaws.com.', 'v=spf1 include:spf.protection.outlook.com include:amazonses.com ~all', 'selector2._domainkey.contoso.com  missing', '7 records: 1 ok, 3 differs, 3 missing']) {
			expect(stdout).toContain(text);
		}
	});

	test('--check does not advise to throw away an SPF record that others depend on', async () => {
		const {environment} = await home();
		const server = await serve({zone: [...world, ...without(wellSet, 'contoso.com TXT v=spf1'), `contoso.com TXT v=spf1 include:spf.protection.outlook.com ${Array.from({length: 11}, (_, index) => `a:h${index}.example`).join(' ')} -all`]});
		const {code, stdout} = await run(['dns', 'contoso.com', '--check', '--resolver', server.address], environment);
		expect(code).toBe(3);
		expect(stdout).toContain('It takes 12 look-ups');
		expect(stdout).not.toMatch(/Set +v=spf1/v);
	});

	test('--check with a look-up that failed does not end with 0', async () => {
		const {environment} = await home();
		const server = await serve({zone: [...world, ...wellSet], troubles: Object.fromEntries([['_dmarc.contoso.com', 'servfail']])});
		const finished = await run(['dns', 'contoso.com', '--check', '--json', '--resolver', server.address], environment);
		expect(contract(finished)).toMatchObject({exitCode: 3, dns: {ok: 6, unknown: 1}});
	});

	test('--check ends with 5 where nobody answers, or all fail', async () => {
		const {environment} = await home();
		const failing = await serve({zone: [], troubles: Object.fromEntries([['*', 'servfail']])});
		for (const address of [failing.address, '127.0.0.1:9']) {
			const finished = await run(['dns', 'contoso.com', '--check', '--json', '--resolver', address], environment); // eslint-disable-line no-await-in-loop -- one after the other
			expect(contract(finished)).toMatchObject({exitCode: 5, outcome: 'failed', failure: {code: 'host-unreachable', detail: expect.stringContaining(address) as unknown}});
		}

		expect(await run(['dns', 'contoso.com', '--check', '--resolver', failing.address], environment)).toMatchObject({code: 5, stderr: expect.stringContaining('servfail') as unknown, stdout: expect.stringMatching(/Not finished\.\n$/v) as unknown});
	});

	test('--check says where there is no such domain', async () => {
		const {environment} = await home();
		const server = await serve({zone: world});
		expect(await run(['dns', 'contosso.com', '--check', '--resolver', server.address], environment)).toMatchObject({code: 3, stderr: expect.stringContaining('There is no domain contosso.com in DNS') as unknown});
	});

	test('takes a domain in any script, and shows it in both', async () => {
		const {environment} = await home();
		const {code, stdout} = await run(['dns', 'München.example'], environment);
		expect({code, first: stdout.split('\n', 1)[0]}).toEqual({code: 0, first: 'What to set for münchen.example (xn--mnchen-3ya.example) at Microsoft 365, in this order'});
	});

	test('takes the domain and the cloud from the configuration, and --cloud before it', async () => {
		const {directory, environment} = await home(configuration('ana@fabrikam.example', {cloud: 'gcc-high'}));
		const elsewhere = await home();
		const ways = [[['dns'], environment], [['dns', path.join(directory, 'config.yaml')], elsewhere.environment], [['dns', 'fabrikam.example'], environment]] as const;
		for (const {code, stdout, stderr} of await Promise.all(ways.map(async ([parameters, place]) => run(parameters, place)))) {
			expect({code, stderr}).toEqual({code: 0, stderr: ''});
			expect(stdout).toContain('_dmarc.fabrikam.example');
			expect(stdout).toContain('autodiscover.office365.us');
		}

		expect(await run(['dns', '--cloud', 'china'], environment)).toMatchObject({code: 0, stdout: expect.stringContaining('autodiscover.partner.outlook.cn') as unknown});
	});

	test('is about the source\'s domain while the destination\'s is Microsoft\'s own', async () => {
		const {environment} = await home(configuration('ana@contoso.onmicrosoft.com'));
		expect(await run(['dns'], environment)).toMatchObject({code: 0, stdout: expect.stringContaining('_dmarc.contoso.com') as unknown, stderr: expect.stringContaining('this is about contoso.com') as unknown});
	});

	test('does with a domain what it can where the configuration is broken, and says so', async () => {
		const {environment} = await home('destination: {mailbox');
		expect(await run(['dns', 'contoso.com'], environment)).toMatchObject({code: 0, stderr: expect.stringContaining('The configuration cannot be read') as unknown});
		expect(await run(['dns'], environment)).toMatchObject({code: 2});
	});

	test('ends with 2 where it cannot be carried out, and says why', async () => {
		const {environment} = await home();
		const wrong = [
			[['dns', 'contoso'], '"contoso" is no mail domain'],
			[['dns', 'contoso.onmicrosoft.com'], 'Microsoft\'s own domain'],
			[['dns'], 'there is no configuration to take the domain from'],
			[['dns', 'contoso.com', '--cloud', 'mars'], '--cloud takes one of global, gcc-high, dod, china'],
			[['dns', 'contoso.com', '--resolver', 'a:b'], '--resolver a:b: host, or host:port'],
		] as const;
		await Promise.all(wrong.map(async ([parameters, words]) => {
			expect(await run(parameters, environment)).toMatchObject({code: 2, stdout: '', stderr: expect.stringContaining(words) as unknown});
		}));
		expect(contract(await run(['--json', 'dns', 'contoso'], environment))).toMatchObject({exitCode: 2, failure: {code: 'usage-invalid'}});
	});

	test('shows texts of strangers without what they would do to a terminal', async () => {
		const {environment} = await home();
		const server = await serve({zone: [...world, ...without(wellSet, '_dmarc'), '_dmarc.contoso.com TXT v=DMARC1; p=\u001B]0;pwned\u0007\u001B[2J\r\nok', 'contoso.com MX 20 \u001B[31mred.example']});
		const {code, stdout, stderr} = await run(['dns', 'contoso.com', '--check', '--resolver', server.address], environment);
		expect(code).toBe(3);
		expect(stdout).toContain('p=�]0;pwned�');
		expect(`${stdout}${stderr}`.replaceAll('\n', '')).not.toMatch(/\p{Cc}/v);
	});

	test('that is interrupted ends at once', async () => {
		const {environment} = await home();
		const server = await serve({zone: [], troubles: Object.fromEntries([['*', 'silent']])});
		const running = start(['dns', 'contoso.com', '--check', '--json', '--resolver', server.address], environment);
		await expect.poll(() => server.asked.length, {timeout: 20_000}).toBeGreaterThan(0);
		running.child.kill('SIGINT');
		const finished = await running.finished;
		expect(contract(finished)).toMatchObject({exitCode: 130, outcome: 'interrupted'});
	});
});
