import {Buffer} from 'node:buffer';
import {
	afterEach, expect, test, vi,
} from 'vitest';
import {defaultWireTiming, Wire, WireError} from '../../source/protocols/imap-wire.js';
import {atom, quoted} from '../../source/protocols/imap-node.js';
import {startScriptedImap, type ScriptedImap, type ScriptedOptions} from './scripted-imap.js';

let server: ScriptedImap | undefined;
let wire: Wire | undefined;

afterEach(async () => {
	wire?.close();
	await server?.stop();
});

const connect = async (options: ScriptedOptions, credential?: {password: string} | {accessToken: string}, timing = {}): Promise<Wire> => {
	server = await startScriptedImap(options);
	wire = new Wire({
		host: server.host, port: server.port, tls: false, user: 'a@example.org', credential: credential ?? {password: 'p'}, timing: {...defaultWireTiming, ...timing},
	});
	await wire.connect();
	return wire;
};

const troubleFrom = async (promise: Promise<unknown>) => {
	try {
		await promise;
	} catch (error) {
		expect(error).toBeInstanceOf(WireError);
		return error as WireError;
	}

	throw new Error('it did not fail');
};

/** Answers one command so, all others as usual. */
const on = (command: string, answer: (tag: string) => string[]): ScriptedOptions => ({
	script({name, tag}, {send}) {
		if (name !== command) {
			return 'default';
		}

		send(...answer(tag));
	},
});

test('nothing is sent of its own accord between connecting and the first command but what sign-in needs', async () => {
	const ready = await connect({capabilities: 'IMAP4rev1 UIDPLUS NAMESPACE IDLE ENABLE CONDSTORE QRESYNC UTF8=ACCEPT COMPRESS=DEFLATE'});
	await ready.run('NOOP');
	expect(server!.received.map(line => line.split(' ')[0])).toEqual(['CAPABILITY', 'LOGIN', 'CAPABILITY', 'NAMESPACE', 'NOOP']);
});

test('XOAUTH2 signs in with the token, LOGINDISABLED or not', async () => {
	await connect({capabilities: 'IMAP4 IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+'}, {accessToken: 'token'});
	const line = server!.received.find(command => command.startsWith('AUTHENTICATE'))!;
	expect(Buffer.from(line.split(' ')[2]!, 'base64').toString()).toBe('user=a@example.org\u0001auth=Bearer token\u0001\u0001');
});

test('a refusal carries status, code and words; the wire goes on', async () => {
	const ready = await connect(on('CREATE', tag => [`${tag} NO [OVERQUOTA] no room left`]));
	expect(await troubleFrom(ready.run('CREATE', [quoted('x')]))).toMatchObject({
		trouble: {
			kind: 'refused', status: 'NO', code: 'OVERQUOTA', text: 'no room left',
		},
	});
	expect(ready.closed).toBe(false);
	await ready.run('NOOP');
});

test('a throttle is told at once and not after the wait, and the wire is closed', async () => {
	const ready = await connect(on('CREATE', tag => [`${tag} BAD Request is throttled. Suggested Backoff Time: 299609 milliseconds`]), undefined, {command: 2000, silence: 60_000});
	expect(await troubleFrom(ready.run('CREATE', [quoted('x')]))).toMatchObject({trouble: {kind: 'refused', text: expect.stringContaining('299609') as string}});
	expect(ready.closed).toBe(true);
});

test.each([
	['a tag never sent', () => ['<body BAD Command Error. 10'], 'nonsense'],
	['an OK for an earlier command', () => ['1 OK CAPABILITY completed.'], 'nonsense'],
	['our tag without a status', (tag: string) => [`${tag} PERHAPS`], 'nonsense'],
	['NO without a tag', () => ['NO I will not'], 'nonsense'],
	['a BYE', () => ['* BYE too busy'], 'lost'],
] as const)('%s ends the wire', async (_, answer, kind) => {
	const ready = await connect(on('CREATE', tag => [...answer(tag)]), undefined, {command: 3000});
	expect(await troubleFrom(ready.run('CREATE', [quoted('x')]))).toMatchObject({trouble: {kind}});
	expect(ready.closed).toBe(true);
	expect(await troubleFrom(ready.run('NOOP'))).toMatchObject({sent: 0});
});

test.each([
	['BAD User is authenticated but not connected.', {trouble: {kind: 'refused', status: 'BAD', text: 'User is authenticated but not connected.'}}],
	['OK done', {rest: []}],
])('an answer that comes after the farewell, in a packet of its own, still counts; nothing else is asked of that connection (%s)', async (line, wanted) => {
	let answer: (() => void) | undefined;
	const ready = await connect({
		script({name, tag}, {send}) {
			if (name !== 'SELECT') {
				return 'default';
			}

			answer = () => {
				send(`${tag} ${line}`);
			};

			send('* BYE Connection closed. 14');
		},
	});
	const running = ready.run('SELECT', [quoted('x')]).catch((error: unknown) => error); // eslint-disable-line promise/prefer-await-to-then -- it is waited for below
	await vi.waitFor(() => {
		expect(ready.closed).toBe(true);
	});
	answer!();
	expect(await running).toMatchObject(wanted);
	expect(await troubleFrom(ready.run('NOOP'))).toMatchObject({trouble: {kind: 'lost', bye: 'Connection closed. 14'}});
});

test('a farewell without an answer is a loss with the server\'s last words', async () => {
	const ready = await connect({
		script({name}, {send, socket}) {
			if (name !== 'SELECT') {
				return 'default';
			}

			send('* BYE Connection closed. 14');
			socket.end();
		},
	});
	expect(await troubleFrom(ready.run('SELECT', [quoted('x')]))).toMatchObject({trouble: {kind: 'lost', bye: 'Connection closed. 14'}});
});

test('a server that trickles without end has a deadline', async () => {
	const ready = await connect({
		script({name}, {socket}) {
			if (name !== 'CREATE') {
				return 'default';
			}

			const timer = setInterval(() => {
				socket.write('* OK still here\r\n');
			}, 20);
			socket.on('close', () => {
				clearInterval(timer);
			});
		},
	}, undefined, {command: 200});
	expect(await troubleFrom(ready.run('CREATE', [quoted('x')]))).toMatchObject({trouble: {kind: 'lost', reason: expect.stringContaining('no answer') as string}});
});

test('lines that are not IMAP are kept for the one who asked', async () => {
	const ready = await connect(on('CREATE', tag => ['* LIST (\\HasNoChildren) "/" a\tb', `${tag} OK done`]));
	expect(await ready.run('CREATE', [quoted('x')])).toMatchObject({unparsed: ['* LIST (\\HasNoChildren) "/" a\tb']});
	expect(await ready.run('NOOP')).toMatchObject({unparsed: []});
});

test('a literal is counted as sent only when the server asked for it', async () => {
	const bytes = Buffer.alloc(10_000, 'x');
	const literal = {type: 'LITERAL', value: bytes};
	const ready = await connect({
		onLiteral(_, {socket}) {
			socket.destroy();
			return false;
		},
	});
	const {sent} = await troubleFrom(ready.run('APPEND', [quoted('INBOX'), [atom(String.raw`\Seen`)], literal]));
	expect(sent).toBeLessThan(100);
});

test('names a server chooses cannot reach into the program', async () => {
	const ready = await connect(on('CREATE', tag => ['* CONSTRUCTOR x', '* __PROTO__ x', '* HASOWNPROPERTY x', '* 1 toString (x)', `${tag} OK done`]));
	await ready.run('CREATE', [quoted('x')]);
	expect(ready.closed).toBe(false);
});
