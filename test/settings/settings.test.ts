import {Buffer} from 'node:buffer';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {
	chmod, mkdtemp, rm, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {inspect} from 'node:util';
import {describe, expect, test} from 'vitest';
import {loadSettings, SettingsError, template} from '../../source/settings.js';
import {failureOf} from '../../source/mailbox/failure.js';
import {parseSize} from '../../source/settings/schema.js';
import {
	destinationText, file, load, plainText, problemsOf, sourceText,
} from './load.js';

describe('values', () => {
	test('a short file gets sensible defaults', async () => {
		const {source, destination, options, announcements} = await load(plainText);
		expect({...source, password: source.password!.reveal()}).toEqual({
			host: 'imap.example.org', port: 993, tls: true, user: 'a@example.org', password: 'one',
		});
		expect(destination.imap).toMatchObject({
			host: 'imap.contoso.com', port: 993, tls: true, user: 'a@contoso.com',
		});
		expect(destination).toMatchObject({mailbox: 'a@contoso.com', transport: 'imap', cloud: {login: 'login.microsoftonline.com', imap: {host: 'outlook.office365.com', port: 993}}});
		expect(options).toEqual({
			skipFolders: [], includeFolders: [], folderMap: {}, rateLimit: 0, maxRetries: 3, maxMessageSize: 0, allowLoss: false,
		});
		expect(announcements).toEqual([]);
	});

	test('all options come through as they were meant', async () => {
		const {options} = await load(`${plainText}options:
  skipFolders: [junk, Deleted Items/Old, 2024]
  includeFolders: [/inbox]
  folderMap: {Old name: New/Name, 2023: Archive/2023}
  rateLimit: 0.5
  maxRetries: 0
  maxMessageSize: 36 MB
  allowLoss: true
  checkpointDirectory: ~/journals
`);
		expect(options).toEqual({
			skipFolders: [{role: 'junk', text: 'junk'}, {path: ['Deleted Items', 'Old'], text: 'Deleted Items/Old'}, {path: ['2024'], text: '2024'}],
			includeFolders: [{path: ['inbox'], text: '/inbox'}],
			folderMap: Object.fromEntries([['Old name', 'New/Name'], ['2023', 'Archive/2023']]),
			rateLimit: 0.5, maxRetries: 0, maxMessageSize: 36 * 1024 * 1024, allowLoss: true, checkpointDirectory: '/home/a/journals',
		});
	});

	test('a region stands for its host', async () => {
		const {source} = await load(plainText.replace('host: imap.example.org', 'region: eu-west-1'));
		expect(source.host).toBe('imap.mail.eu-west-1.awsapps.com');
	});

	test('a cloud has a name, or names its hosts', async () => {
		const oauth = (cloud: string) => `${sourceText}destination: {mailbox: a@b.c, tenantId: t, clientId: c, clientSecret: s, cloud: ${cloud}}`;
		await expect(load(oauth('china'))).resolves.toHaveProperty('destination.cloud.ews', 'partner.outlook.cn');
		const {destination} = await load(oauth('{login: "https://127.0.0.1:8443/", graph: "localhost:1", imap: {host: "::1", port: 1143}}'));
		expect(destination.cloud).toEqual({
			login: '127.0.0.1:8443', graph: 'localhost:1', ews: '::1', imap: {host: '::1', port: 1143},
		});
		expect(await problemsOf(oauth('mars'))).toEqual([':5: destination.cloud: expected global, gcc-high, dod, china, or a section naming hosts, found "mars"']);
		expect(await problemsOf(oauth('{imap: {}}'))).toEqual([
			':5: destination.cloud.login: expected a host name, or host:port, found nothing',
			':5: destination.cloud.imap.host: expected a host name alone, such as imap.example.org (the port has a key of its own), found nothing',
		]);
	});

	test('a cloud need name only the hosts of its transport, and no others are made up', async () => {
		const oauth = (cloud: string, transport = 'ews') => `${sourceText}destination: {mailbox: a@b.c, tenantId: t, clientId: c, clientSecret: s, transport: ${transport}, cloud: ${cloud}}`;
		await expect(load(oauth('{login: "localhost:1", ews: "127.0.0.1:8443"}'))).resolves.toHaveProperty('destination.cloud', {
			login: 'localhost:1', graph: '', ews: '127.0.0.1:8443', imap: {host: '127.0.0.1', port: 993},
		});
		expect(await problemsOf(oauth('{login: "localhost:1"}'))).toEqual([':5: destination.cloud: expected ews with the host\'s name']);
		expect(await problemsOf(oauth('{login: "localhost:1", ews: "localhost:2"}', 'imap'))).toEqual([':5: destination.cloud: expected imap with the host\'s name']);
	});

	test('without a transport the best way in is looked for, into a server with a password it is IMAP; a tenant\'s mailbox is taken to have its usual limit', async () => {
		const oauth = `${sourceText}destination: {mailbox: a@b.c, tenantId: t, clientId: c, clientSecret: s}`;
		await expect(load(oauth)).resolves.toMatchObject({destination: {transport: 'auto'}, options: {maxMessageSize: 36 * 1024 * 1024}});
		await expect(load(oauth.replace('}', ', transport: imap}'))).resolves.toHaveProperty('destination.transport', 'imap');
		await expect(load(plainText.replace('  transport: imap\n', ''))).resolves.toHaveProperty('destination.transport', 'imap');
		expect(await problemsOf(plainText.replace('transport: imap', 'transport: ews'))).toEqual([':7: destination.transport: expected imap, or no section destination.imap: that one is for a server with a password']);
	});

	test('text stays text, whatever it looks like to YAML', async () => {
		for (const [written, meant] of [['0012', '0012'], ['1e5', '1e5'], ['yes', 'yes'], ['a#b', 'a#b'], ['ab~cd', 'ab~cd'], ['\'it\'\'s\'', 'it\'s'], ['"#x"', '#x'], ['wc68Q~~x!', 'wc68Q~~x!']]) {
			// eslint-disable-next-line no-await-in-loop -- One after another reads better in a failure.
			const {source} = await load(plainText.replace('\'one\'', written!));
			expect(source.password!.reveal()).toBe(meant);
		}
	});

	test('sizes are read with and without units', () => {
		expect(parseSize('36 MB')).toBe(37_748_736);
		expect(parseSize('1.5g')).toBe(1_610_612_736);
		expect(parseSize('150KiB')).toBe(153_600);
		expect(parseSize('1000')).toBe(1000);
		for (const bad of ['0', '-1', 'MB', '36 MBit', '1 1', '']) {
			expect(parseSize(bad)).toBeUndefined();
		}
	});

	test('carriage returns and a byte order mark do no harm', async () => {
		await expect(load(`\uFEFF${plainText.replaceAll('\n', '\r\n')}`)).resolves.toHaveProperty('source.user', 'a@example.org');
	});
});

describe('problems', () => {
	test('a mailbox of Microsoft 365 is an address; a server with a password may know its users otherwise', async () => {
		const text = (access: string) => `source: {region: us-east-1, user: a@example.org, password: x}\ndestination: {mailbox: nobody, ${access}}\n`;
		expect(await problemsOf(text('tenantId: t, clientId: c, clientSecret: s'))).toEqual([':2: destination.mailbox: expected an e-mail address']);
		await expect(load(text('imap: {host: imap.example.org, password: y}'))).resolves.toHaveProperty('destination.imap.user', 'nobody');
	});

	test('all are told at once, each with line, key and what was expected', async () => {
		const text = `source:
  hots: imap.example.org
  port: imaps
  tls: maybe
  user:
destination:
  mailbox: nobody
  transport: grpah
  imap: {host: 'imaps://x', pass: secretvalue}
options:
  skipFolders: junk
  rateLimit: fast
  maxRetries: 1.5
  maxMessageSize: 0
  rateLimits: 1
mailbox: x
`;
		expect(await problemsOf(text)).toEqual([
			':1: source.host: expected the IMAP server\'s name, or source.region (us-east-1, us-west-2, eu-west-1)',
			':1: source.password: expected the mailbox\'s password, here or in AW2MS365_SOURCE_PASSWORD or AW2MS365_SOURCE_PASSWORD_FILE',
			':2: source.hots: expected a known key; did you mean "host"?',
			':3: source.port: expected a port, 1 to 65535, found "imaps"',
			':4: source.tls: expected true or false, found "maybe"',
			':5: source.user: expected the name to sign in with, usually the e-mail address, found nothing',
			':8: destination.transport: expected one of auto, ews, imap, graph, graph-json, found "grpah"',
			':9: destination.imap.host: expected a host name alone, such as imap.example.org (the port has a key of its own)',
			':9: destination.imap.pass: expected a known key; did you mean "password"?',
			':9: destination.imap.password: expected the password, here or in AW2MS365_DESTINATION_PASSWORD or AW2MS365_DESTINATION_PASSWORD_FILE',
			':11: options.skipFolders: expected a list of folders, such as [junk, Projects/Old]',
			':12: options.rateLimit: expected messages a second, such as 0.5, or 0 for no limit, found "fast"',
			':13: options.maxRetries: expected a whole number, 0 to 100, found "1.5"',
			':14: options.maxMessageSize: expected a size above 0, such as 36 MB or a number of bytes, found "0"',
			':15: options.rateLimits: expected a known key; did you mean "rateLimit"?',
			':16: mailbox: expected a known key; did you mean "destination.mailbox"?',
		]);
	});

	test('they end a run with code 2, in one message', async () => {
		const failing = load('source: {}\n');
		await expect(failing).rejects.toThrow(SettingsError);
		await expect(failing).rejects.toThrow(/^The configuration cannot be used:\n {2}\/state\/config\.yaml:1: /v);
		await expect(failing).rejects.toSatisfy((error: unknown) => failureOf(error).code === 'settings-invalid');
	});

	test('an empty file, a list and mere text are told what was expected', async () => {
		expect(await problemsOf('')).toHaveLength(5);
		expect(await problemsOf('- a\n')).toEqual([':1: expected sections source and destination, found a list']);
		expect(await problemsOf('hunter2')).toEqual([':1: expected sections source and destination']);
		expect(await problemsOf(plainText.replace(/source:[\s\S]*?destination/v, 'source: 5\ndestination'))).toEqual([':1: source: expected a section with host or region, user and password']);
	});

	test('a key written twice is told with both lines', async () => {
		expect(await problemsOf(`${plainText}source:\n  host: x\n`)).toContain(':11: source: expected each key once (it stands on line 1 too)');
	});

	test('host and region exclude each other, and a port belongs into its key', async () => {
		expect(await problemsOf(plainText.replace('host: imap.example.org', 'host: imap.example.org\n  region: us-east-1'))).toEqual([':3: source.region: expected either host or region, not both']);
		expect(await problemsOf(plainText.replace('host: imap.example.org', 'host: imap.example.org:993'))).toHaveLength(1);
		expect(await problemsOf(plainText.replace('host: imap.example.org', 'host: 300.1.1.1'))).toHaveLength(1);
	});

	test('without TLS only this machine is spoken to', async () => {
		const withHost = (host: string) => plainText.replace('host: imap.example.org', `host: ${host}\n  tls: false`);
		for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '"::1"', '"[::1]"']) {
			// eslint-disable-next-line no-await-in-loop -- One after another reads better in a failure.
			expect(await problemsOf(withHost(host)), host).toEqual([]);
		}

		for (const host of ['imap.example.org', '128.0.0.1', '127.0.0.1.example.org', 'localhost.example.org']) {
			// eslint-disable-next-line no-await-in-loop -- One after another reads better in a failure.
			expect(await problemsOf(withHost(host)), host).toEqual([':3: source.tls: expected true: without TLS mail and password travel readable (false is for 127.0.0.0/8, ::1 and localhost only)']);
		}

		expect(await problemsOf(plainText.replace('    password', '    tls: false\n    password'))).toHaveLength(1);
	});

	test('a way to sign in at the destination is asked for, in part or whole', async () => {
		expect(await problemsOf(`${sourceText}destination: {mailbox: a@b.c, transport: imap}`)).toEqual([
			':5: destination: expected a way to sign in: tenantId, clientId and clientSecret or certificate (Microsoft 365), or a section imap with host, user and password',
		]);
		expect(await problemsOf(`${sourceText}destination: {mailbox: a@b.c, transport: imap, tenantId: t}`)).toEqual([
			':5: destination.clientId: expected the application (client) ID',
			':5: destination.clientSecret: expected the application\'s secret, here or in AW2MS365_CLIENT_SECRET or AW2MS365_CLIENT_SECRET_FILE',
		]);
	});

	test('no file, an unreadable one and one in another encoding are told as such', async () => {
		expect(await problemsOf([])).toEqual([': expected a configuration ("aw2ms365 init --non-interactive" writes one to fill in), found no such file']);
		const denied = load('', {
			async readFile() {
				throw Object.assign(new Error('no'), {code: 'EACCES'});
			},
		});
		await expect(denied).rejects.toThrow('/state/config.yaml: expected a file that can be read, found EACCES');
		expect(await problemsOf([[file, new Uint8Array([0xFF, 0xFE, 0x73, 0x00])]])).toEqual([': expected text in UTF-8 (save the file anew in that encoding)']);
	});
});

describe('traps of YAML', () => {
	const secret = 'Tr0ub4dor';
	const withPassword = (written: string) => plainText.replace('\'one\'', written);

	test.each([
		['a colon and a space', `p@ss: ${secret}`],
		['an at sign first', `@${secret}`],
		['a backtick first', `\`${secret}`],
		['a percent sign first', `%${secret}`],
		['an asterisk first', `*${secret}`],
		['an ampersand first', `&${secret}`],
		['an exclamation mark first', `!${secret}`],
		['an exclamation mark and a blank', `!${secret} ${secret}`],
		['a number sign first', `#${secret}`],
		['a number sign after a blank', `abc #${secret}`],
		['a bar first', `|${secret}`],
		['a greater-than sign first', `>${secret}`],
		['a brace first', `{${secret}`],
		['a bracket first', `[${secret}`],
		['a closing bracket first', `]${secret}`],
		['a dash and a blank first', `- ${secret}`],
		['a question mark and a blank first', `? ${secret}`],
		['an apostrophe inside single quotes', `'it's${secret}'`],
		['a backslash inside double quotes', String.raw`"\c${secret}"`],
		['text after the closing quote', `"a" ${secret}`],
		['an unclosed quote', `"${secret}`],
		['two lines', `${secret}\n    ${secret}: x`],
		['a section', `{${secret}: ${secret}}`],
		['a list', `[${secret}]`],
	])('%s in a secret is told on its line, and the secret is not shown', async (_, written) => {
		const problems = await problemsOf(withPassword(written));
		expect(problems.length).toBeGreaterThan(0);
		expect(problems.join('\n')).not.toContain(secret);
		expect(problems.join('\n')).toMatch(/^:(?:4|5|10)(?:.*source\.password)?/v);
	});

	test('the secret\'s key is named where the line can be told', async () => {
		expect(await problemsOf(withPassword('p@ss: word'))).toEqual([':4: source.password: expected a value in single quotes (it holds characters that YAML gives a meaning)']);
		expect(await problemsOf(withPassword('abc #def'))).toEqual([':4: source.password: expected a value in single quotes: what follows a # is taken for a comment']);
		expect(await problemsOf(plainText.replace('\'two\'', '@two'))).toEqual([':10: destination.imap.password: expected a value in single quotes (it holds characters that YAML gives a meaning)']);
	});

	test('tabs, missing blanks and crooked indentation are told on their lines', async () => {
		expect(await problemsOf(plainText.replace('  host: imap.example.org', '\thost: imap.example.org'))).toContain(':2: source.host: expected spaces for indentation, not tabs');
		expect(await problemsOf(plainText.replace('user: a@', 'user:a@'))).toEqual([':3: source.user: expected "key: value", with a space after the colon']);
		expect(await problemsOf(plainText.replace('  transport', '   transport'))).toHaveLength(1);
	});

	test('what is wrong before a broken line is told together with it, what may only seem so is not', async () => {
		expect(await problemsOf(plainText.replace('user:', 'usr:').replace('\'one\'', '@one'))).toEqual([
			':3: source.usr: expected a known key; did you mean "user"?',
			':4: source.password: expected a value in single quotes (it holds characters that YAML gives a meaning)',
		]);
	});

	test('a comment behind a secret is pointed out, one elsewhere is not', async () => {
		const {announcements, source} = await load(withPassword('abc # mine').replace('a@example.org', 'a@example.org # mine'));
		expect(source.password!.reveal()).toBe('abc');
		expect(announcements).toEqual([`${file}:4: source.password: what follows the # is taken for a comment. If it belongs to the value, put the value in single quotes.`]);
	});
});

describe('secrets', () => {
	test('the environment wins over the file, and a file may hold them', async () => {
		const files = [[file, plainText], ['/home/a/pw', 'from file\r\nsecond line\n']] as const;
		const {source, destination} = await load(files, {environment: Object.fromEntries([['AW2MS365_SOURCE_PASSWORD', 'from env\n'], ['AW2MS365_DESTINATION_PASSWORD_FILE', '~/pw']])});
		expect(source.password!.reveal()).toBe('from env');
		expect(destination.imap!.password!.reveal()).toBe('from file');
	});

	test('the file need not hold any', async () => {
		const text = `${sourceText.replace('  password: \'one\'\n', '')}destination: {mailbox: a@b.c, tenantId: t, clientId: c}`;
		const environment = Object.fromEntries([['AW2MS365_SOURCE_PASSWORD', 'a'], ['AW2MS365_CLIENT_SECRET', 'b'], ['AW2MS365_CLIENT_SECRET_FILE', '']]);
		const known = await load(text, {environment});
		expect(known.destination.clientSecret!.reveal()).toBe('b');
		const {source, destination} = await load(text, {needsSecrets: false});
		expect([source.password, destination.clientSecret]).toEqual([undefined, undefined]);
	});

	test('a variable that does not work is named', async () => {
		const environment = Object.fromEntries([['AW2MS365_SOURCE_PASSWORD', 'a'], ['AW2MS365_SOURCE_PASSWORD_FILE', '/b'], ['AW2MS365_DESTINATION_PASSWORD_FILE', '/c']]);
		expect(await problemsOf(sourceText.replace('  password: \'one\'\n', '') + destinationText, {environment})).toEqual([
			'environment: AW2MS365_SOURCE_PASSWORD_FILE: expected either AW2MS365_SOURCE_PASSWORD or AW2MS365_SOURCE_PASSWORD_FILE, not both',
			'environment: AW2MS365_DESTINATION_PASSWORD_FILE: expected a file that can be read (ENOENT)',
		]);
		const empty = {environment: Object.fromEntries([['AW2MS365_SOURCE_PASSWORD_FILE', '/c']])};
		expect(await problemsOf([[file, plainText], ['/c', '\nx']], empty)).toEqual(['environment: AW2MS365_SOURCE_PASSWORD_FILE: expected a file whose first line is the secret']);
	});

	test('settings shown by accident show no secret', async () => {
		const settings = await load(`${sourceText}destination: {mailbox: a@b.c, tenantId: t, clientId: c, clientSecret: 'two'}`);
		const shown = [JSON.stringify(settings), inspect(settings, {depth: 9, showHidden: true}), String(settings.source.password), `${settings.destination.clientSecret!.toString()}`].join('\n');
		expect(shown).not.toMatch(/'one'|"one"|'two'|"two"|\bone\b|\btwo\b/v);
		expect(shown).toContain('[secret]');
	});
});

describe('the application\'s certificate', () => {
	const configured = (more: string) => `${sourceText}destination: {mailbox: a@b.c, tenantId: t, clientId: c, ${more}}`;
	const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n-----BEGIN ENCRYPTED PRIVATE KEY-----\nplanted\n-----END ENCRYPTED PRIVATE KEY-----\n';
	const pfx = Uint8Array.of(0x30, 0x82, 0x09, 0xFF, 0x00);

	test('takes the place of the secret, from a file beside the configuration; its passphrase may come from the environment', async () => {
		const {destination} = await load([[file, configured('certificate: app.pfx')], ['/state/app.pfx', pfx]], {environment: Object.fromEntries([['AW2MS365_CERTIFICATE_PASSPHRASE', 'from env']])});
		expect(Buffer.from(destination.certificate!.reveal(), 'base64')).toEqual(Buffer.from(pfx));
		expect(destination.certificatePassphrase!.reveal()).toBe('from env');
		expect(destination.clientSecret).toBeUndefined();
		const settings = await load([[file, configured('certificate: ~/app.pem, certificatePassphrase: planted')], ['/home/a/app.pem', pem]]);
		expect(Buffer.from(settings.destination.certificate!.reveal(), 'base64').toString()).toBe(pem);
		expect(`${JSON.stringify(settings)}${inspect(settings, {depth: 9, showHidden: true})}`).not.toMatch(/planted|cGxhbnRlZ/v);
	});

	test('is told where it cannot be used, with nothing of what is in it', async () => {
		const problems = async (more: string, content: string | Uint8Array = pem) => problemsOf([[file, configured(more)], ['/state/app.pem', content]]);
		expect(await problems('certificate: none.pem')).toEqual([':5: destination.certificate: expected a file that can be read (ENOENT: /state/none.pem)']);
		expect(await problems('certificate: app.pem', pem.replace('PRIVATE', 'planted'))).toEqual([':5: destination.certificate: expected a PEM file with certificate and private key, or a PFX file (/state/app.pem)']);
		expect(await problems('certificate: app.pem', '')).toHaveLength(1);
		expect(await problems('certificate: app.pem, clientSecret: s')).toEqual([':5: destination.certificate: expected either clientSecret or certificate, not both']);
		expect(await problems('clientSecret: s, certificatePassphrase: planted')).toEqual([':5: destination.certificatePassphrase: expected destination.certificate beside it']);
	});

	test('is not read by commands that need no secrets', async () => {
		const {destination} = await load(configured('certificate: none.pem'), {needsSecrets: false});
		expect(destination.certificate).toBeUndefined();
	});
});

describe('certificates', () => {
	test('ca names a PEM file beside the configuration; what is in it beside certificates stays there', async () => {
		const directory = mkdtempSync(path.join(os.tmpdir(), 'aw2ms365-ca-'));
		try {
			const certificate = path.join(directory, 'ca.pem');
			const key = path.join(directory, 'key.pem');
			const how = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=test'];
			execFileSync('openssl', ['req', ...how, '-keyout', key, '-out', certificate], {stdio: 'ignore'});
			const both = readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8');
			const text = plainText.replace('  user: a@', '  ca: certs/extra.pem\n  user: a@');
			const {source} = await load([[file, text], ['/state/certs/extra.pem', both]]);
			expect(source.ca).toBe(readFileSync(certificate, 'utf8'));
			expect(await problemsOf(text)).toEqual([':3: source.ca: expected a file that can be read (ENOENT: /state/certs/extra.pem)']);
			expect(await problemsOf([[file, text], ['/state/certs/extra.pem', 'nothing']])).toEqual([':3: source.ca: expected a PEM file with a certificate (/state/certs/extra.pem)']);
			expect(await problemsOf([[file, text], ['/state/certs/extra.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']])).toHaveLength(1);
			expect(await problemsOf(text.replace('certs/', '~bob/'))).toEqual([':3: source.ca: expected a path without another user\'s ~']);
		} finally {
			rmSync(directory, {recursive: true});
		}
	});
});

describe('the template', () => {
	test('filled in, it is a configuration without a word to say', async () => {
		const filled = template()
			.replace('  user: ', '  user: a@example.org')
			.replace('  password: ', '  password: \'x\'')
			.replace('  mailbox: ', '  mailbox: a@contoso.com')
			.replace('  tenantId:', '  tenantId: t')
			.replace('  clientId:', '  clientId: c')
			.replace('  clientSecret: ', '  clientSecret: \'y\'');
		const {announcements, source} = await load(filled);
		expect(source.password!.reveal()).toBe('x');
		expect(announcements.filter(text => !text.includes('taken for a comment'))).toEqual([]);
	});

	test('its commented keys are keys too', async () => {
		const opened = template().replaceAll(/^(\s*)# ((?: {2})?[a-zA-Z]+:.*)$/gmv, '$1$2').replace(/\n {2}ca: [^\n]*/v, '');
		const problems = await problemsOf(opened);
		expect(problems.filter(problem => problem.includes('key;') || problem.includes('one of'))).toEqual([]);
		expect(opened).toContain('\n  maxMessageSize: 36 MB');
		expect(opened).toContain('\n    host: imap.example.org');
	});

	test('as it is, it says what to fill in and nothing else', async () => {
		const problems = await problemsOf(template());
		expect(problems.map(problem => problem.split(': ')[1])).toEqual(['source.user', 'source.password', 'destination', 'destination.mailbox']);
	});
});

test('a real file that others can read is pointed out', async () => {
	const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-settings-'));
	const options = {
		file: path.join(directory, 'c.yaml'), environment: {}, home: directory, stateDirectory: directory,
	};
	try {
		await writeFile(options.file, plainText, {mode: 0o644});
		await chmod(options.file, 0o644);
		const told = process.platform === 'win32' ? [] : [`${options.file} holds secrets and can be read by others on this machine: chmod 600 it.`];
		await expect(loadSettings(options)).resolves.toHaveProperty('announcements', told);
		await chmod(options.file, 0o600);
		await expect(loadSettings(options)).resolves.toHaveProperty('announcements', []);
	} finally {
		await rm(directory, {recursive: true});
	}
});
