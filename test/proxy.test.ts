import {once} from 'node:events';
import {
	connect, createServer, type AddressInfo, type Server, type Socket,
} from 'node:net';
import {
	afterEach, beforeEach, describe, expect, test,
} from 'vitest';
import {startProxy, type Proxy, type ProxyOptions} from './proxy.js';

describe('the proxy', () => {
	let echo: Server;
	let proxy: Proxy | undefined;
	const heard: string[] = [];

	beforeEach(async () => {
		heard.length = 0;
		echo = createServer(socket => {
			socket.on('error', () => undefined);
			socket.on('data', chunk => {
				heard.push(chunk.toString());
				socket.write(chunk);
			});
		});
		echo.listen(0, '127.0.0.1');
		await once(echo, 'listening');
	});

	afterEach(async () => {
		await proxy?.stop();
		echo.close();
	});

	const through = async (options: Omit<ProxyOptions, 'target'> = {}): Promise<Socket> => {
		proxy = await startProxy({target: {port: (echo.address() as AddressInfo).port}, ...options});
		return dial();
	};

	const dial = async (): Promise<Socket> => {
		const socket = connect(proxy!.port, proxy!.host);
		socket.setEncoding('latin1');
		await once(socket, 'connect');
		return socket;
	};

	const said = async (socket: Socket, length: number): Promise<string> => {
		let text = '';
		for await (const chunk of socket) {
			text += chunk as string;
			if (text.length >= length) {
				break;
			}
		}

		return text;
	};

	/** How a connection ended: an error code, or `end`. */
	const ending = async (socket: Socket): Promise<string> => new Promise(resolve => {
		socket.resume();
		socket.on('error', (error: NodeJS.ErrnoException) => {
			resolve(error.code ?? error.message);
		});
		socket.on('end', () => {
			resolve('end');
		});
	});

	test('carries bytes both ways and counts them', async () => {
		const socket = await through({delay: 5});
		const sent = 'x'.repeat(300_000);
		socket.write(sent);
		expect(await said(socket, sent.length)).toBe(sent);
		expect(proxy!.counters).toMatchObject({
			connections: 1, cuts: 0, bytesUp: sent.length, bytesDown: sent.length,
		});
	});

	test('a delayed close does not overtake the bytes before it', async () => {
		const socket = await through({delay: 20});
		socket.end('last words');
		expect(await said(socket, 10)).toBe('last words');
	});

	test('cuts after exactly so many bytes, and only as often as allowed', async () => {
		const first = await through({cutAfterBytes: 4, cutsAtMost: 1, cutBy: 'fin'});
		const ended = ending(first);
		first.write('abcdef');
		expect(await ended).toBe('end');
		await expect.poll(() => heard.join('')).toBe('abcd');
		expect(proxy!.counters).toMatchObject({cuts: 1, bytesUp: 4, bytesDown: 0});
		const second = await dial();
		second.write('abcdef');
		expect(await said(second, 6)).toBe('abcdef');
	});

	test('cuts every so often, by reset or as if on purpose', async () => {
		expect(await ending(await through({cutEvery: 20}))).toBe('ECONNRESET');
		expect(await ending(await dial())).toBe('ECONNRESET');
		expect(proxy!.counters.cuts).toBe(2);
	});

	test('cuts all on command', async () => {
		const one = await through();
		const two = await dial();
		one.write('a');
		two.write('b');
		await Promise.all([once(one, 'data'), once(two, 'data')]);
		const ends = [ending(one), ending(two)];
		expect(proxy!.open()).toBe(2);
		expect(proxy!.cutAll('fin')).toBe(2);
		expect(await Promise.all(ends)).toEqual(['end', 'end']);
		expect(proxy!.open()).toBe(0);
	});

	test('swallows everything as a black hole, and recovers', async () => {
		const socket = await through({blackHole: true});
		socket.write('lost');
		const other = await dial();
		proxy!.setBlackHole(false);
		other.write('kept');
		expect(await said(other, 4)).toBe('kept');
		socket.destroy();
	});

	test('a target that is not there ends the connection', async () => {
		const socket = await through();
		echo.close();
		socket.destroy();
		await once(echo, 'close');
		const late = connect(proxy!.port, proxy!.host);
		expect(await ending(late)).not.toBe('');
	});
});
