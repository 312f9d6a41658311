import {FailureError} from '../mailbox/failure.js';
import {failureOfTrouble} from '../protocols/https-failures.js';
import {HttpsClient, HttpTrouble} from '../protocols/https.js';

/** Of a front page, bytes. */
const longest = 1024 * 1024;

/**
Asks a service for its front page, whatever it answers (through a proxy where the environment names one).

@param host `host` or `host:port`
@param deadline milliseconds of real time
@returns the time by the service's clock, milliseconds since 1970, where it tells one
@throws host-unreachable, tls-refused
*/
export const toldTime = async (host: string, {ca, deadline, signal}: {readonly ca?: string | undefined; readonly deadline: number; readonly signal: AbortSignal}): Promise<number | undefined> => {
	const client = new HttpsClient({origin: host.includes('://') ? host : `https://${host}`, ca, limits: {longest, connect: deadline}});
	try {
		const {headers} = await client.request({method: 'GET', path: '/', headers: {'user-agent': 'aw2ms365'}}, {signal, deadline});
		const [date] = [headers.date].flat();
		const at = Date.parse(date ?? '');
		return Number.isNaN(at) ? undefined : at;
	} catch (error) {
		if (!(error instanceof HttpTrouble)) {
			throw error;
		}

		signal.throwIfAborted();
		if (error.kind === 'too-long') {
			return undefined;
		}

		const {code, ...more} = failureOfTrouble(error, {host, answered: false, inDoubt: false});
		throw new FailureError(code === 'tls-refused' ? code : 'host-unreachable', {detail: error.message, ...(more.next && {next: more.next})});
	} finally {
		await client.close();
	}
};
