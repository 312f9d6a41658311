import {once} from 'node:events';
import {createServer, type AddressInfo} from 'node:net';

/** A TCP port on 127.0.0.1 that was free a moment ago. Whoever uses it must be ready to lose the race for it. */
export const freePort = async (): Promise<number> => {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
};
