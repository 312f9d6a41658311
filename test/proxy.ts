import {once} from 'node:events';
import {
	connect, createServer, type AddressInfo, type Socket,
} from 'node:net';

export type ProxyOptions = {
	readonly target: {readonly host?: string; readonly port: number};
	/** Milliseconds that each direction waits before it hands bytes on. */
	readonly delay?: number;
	/** Cut all open connections every so many milliseconds. */
	readonly cutEvery?: number;
	/** Cut a connection when it has carried exactly so many bytes, both directions together. */
	readonly cutAfterBytes?: number;
	/** Stop cutting by time and bytes after so many cuts. */
	readonly cutsAtMost?: number;
	/** `rst` (default): connection reset; `fin`: closed as if on purpose. */
	readonly cutBy?: 'fin' | 'rst';
	/** Take bytes and hand on none, without closing anything. */
	readonly blackHole?: boolean;
};

export type ProxyCounters = {
	/** Connections ever taken. */
	connections: number;
	/** Connections that were cut while open. */
	cuts: number;
	/** Bytes handed on to the target. */
	bytesUp: number;
	/** Bytes handed on to the client. */
	bytesDown: number;
};

export type Proxy = {
	readonly host: '127.0.0.1';
	readonly port: number;
	readonly counters: Readonly<ProxyCounters>;
	/** How many connections are open. */
	readonly open: () => number;
	/** Cuts all open connections; answers how many. */
	readonly cutAll: (by?: 'fin' | 'rst') => number;
	readonly setBlackHole: (swallow: boolean) => void;
	readonly stop: () => Promise<void>;
};

type Link = {readonly client: Socket; readonly upstream: Socket; carried: number};

const end = (socket: Socket, by: 'fin' | 'rst'): void => {
	if (by === 'rst') {
		socket.resetAndDestroy();
	} else {
		socket.destroySoon();
	}
};

/** A TCP proxy on loopback that is as bad as a network can be, in real time. */
export const startProxy = async (options: ProxyOptions): Promise<Proxy> => {
	const links = new Set<Link>();
	const counters: ProxyCounters = {
		connections: 0, cuts: 0, bytesUp: 0, bytesDown: 0,
	};
	let swallow = options.blackHole ?? false;

	const cut = (link: Link, by: 'fin' | 'rst' = options.cutBy ?? 'rst'): void => {
		if (links.delete(link)) {
			counters.cuts++;
			end(link.client, by);
			end(link.upstream, by);
		}
	};

	const mayCut = (): boolean => counters.cuts < (options.cutsAtMost ?? Number.POSITIVE_INFINITY);

	const handOn = (link: Link, from: Socket, to: Socket, chunk: Uint8Array): void => {
		if (swallow || !links.has(link)) {
			return;
		}

		const left = mayCut() ? (options.cutAfterBytes ?? Number.POSITIVE_INFINITY) - link.carried : Number.POSITIVE_INFINITY;
		const bytes = chunk.subarray(0, Math.max(0, left));
		link.carried += bytes.length;
		counters[to === link.upstream ? 'bytesUp' : 'bytesDown'] += bytes.length;
		const cutNow = bytes.length >= left;
		const roomy = to.write(bytes, () => {
			// Not before the last allowed byte has left.
			if (cutNow) {
				cut(link);
			}
		});
		if (!roomy) {
			from.pause();
			to.once('drain', () => {
				from.resume();
			});
		}
	};

	const later = (action: () => void): void => {
		if (options.delay) {
			setTimeout(action, options.delay);
		} else {
			action();
		}
	};

	const join = (link: Link, from: Socket, to: Socket): void => {
		from.setNoDelay(true);
		from.on('data', chunk => {
			later(() => {
				handOn(link, from, to, chunk);
			});
		});
		from.on('end', () => {
			later(() => {
				to.end();
			});
		});
		// An error is always followed by close, and the other side learns of it there.
		from.on('error', () => undefined);
		from.on('close', () => {
			later(() => {
				if (links.delete(link)) {
					to.destroySoon();
				}
			});
		});
	};

	const server = createServer({allowHalfOpen: true}, client => {
		counters.connections++;
		const upstream = connect({host: options.target.host ?? '127.0.0.1', port: options.target.port, allowHalfOpen: true});
		const link: Link = {client, upstream, carried: 0};
		links.add(link);
		join(link, client, upstream);
		join(link, upstream, client);
	});

	const cutAll = (by?: 'fin' | 'rst'): number => {
		const victims = [...links];
		for (const link of victims) {
			cut(link, by);
		}

		return victims.length;
	};

	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const clock = options.cutEvery === undefined
		? undefined
		: setInterval(() => {
			if (mayCut()) {
				cutAll();
			}
		}, options.cutEvery);

	return {
		host: '127.0.0.1',
		port: (server.address() as AddressInfo).port,
		counters,
		open: () => links.size,
		cutAll,
		setBlackHole(value) {
			swallow = value;
		},
		async stop() {
			clearInterval(clock);
			for (const link of links) {
				link.client.destroy();
				link.upstream.destroy();
			}

			if (server.listening) {
				server.close();
				await once(server, 'close');
			}
		},
	};
};
