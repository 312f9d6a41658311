import net from 'node:net';
import tls from 'node:tls';
import {FailureError} from '../mailbox/failure.js';
import {trusting} from '../protocols/trust.js';

/** A server that speaks as soon as it is connected to. */
export type Server = {
	readonly host: string;
	readonly port: number;
	/** TLS from the first byte. */
	readonly tls: boolean;
	/** One more certificate authority, PEM. */
	readonly ca?: string | undefined;
};

/** Node's codes for a certificate that does not verify. */
const certificateCode = /^(?:ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|HOSTNAME_MISMATCH)/v;

/**
Connects and hangs up. @returns the version of TLS

@throws host-unreachable, tls-refused
*/
export const reach = async ({host, port, tls: isTls, ca}: Server, signal: AbortSignal): Promise<{readonly tls?: string}> => new Promise((resolve, reject) => {
	const socket = isTls
		? tls.connect({
			host, port, minVersion: 'TLSv1.2', ...(net.isIP(host) === 0 && {servername: host}), ...(ca && {secureContext: trusting(ca)}),
		})
		: net.connect({host, port});
	const stop = () => {
		socket.destroy();
		reject(signal.reason as Error);
	};

	signal.addEventListener('abort', stop, {once: true});
	socket.once(isTls ? 'secureConnect' : 'connect', () => {
		signal.removeEventListener('abort', stop);
		const version = isTls ? (socket as tls.TLSSocket).getProtocol() : undefined;
		socket.destroy();
		resolve(version ? {tls: version.replace('TLSv', 'TLS ')} : {});
	});
	socket.on('error', (error: NodeJS.ErrnoException & {readonly errors?: readonly NodeJS.ErrnoException[]}) => {
		signal.removeEventListener('abort', stop);
		const code = error.code ?? error.errors?.[0]?.code ?? 'no connection';
		const isCertificate = certificateCode.test(code);
		const isNoTls = code === 'EPROTO' || code.startsWith('ERR_SSL_');
		reject(new FailureError(isCertificate ? 'tls-refused' : 'host-unreachable', {detail: isNoTls ? 'no TLS on this port' : code, cause: error}));
	});
});
