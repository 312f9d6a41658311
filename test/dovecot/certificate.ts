import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

/**
Makes a throw-away certificate authority and a server certificate for 127.0.0.1 and localhost with the `openssl` command.

Writes `ca.pem`, `server.pem` and `server.key` into an existing directory.
*/
export const makeCertificate = async (directory: string): Promise<{caFile: string}> => {
	const at = (name: string): string => path.join(directory, name);
	const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
	// `openssl req` without a configuration file of its own would read the machine's, whose extensions then clash with ours.
	await writeFile(at('req.cnf'), '[req]\ndistinguished_name = name\n[name]\n');
	await writeFile(at('server.ext'), 'subjectAltName = IP:127.0.0.1, DNS:localhost\nbasicConstraints = critical, CA:FALSE\nextendedKeyUsage = serverAuth\n');
	await Promise.all([
		run('openssl', [
			'req',
			'-x509',
			...key,
			'-config',
			at('req.cnf'),
			'-keyout',
			at('ca.key'),
			'-out',
			at('ca.pem'),
			'-days',
			'2',
			'-subj',
			'/CN=Throw-away test authority',
			'-addext',
			'basicConstraints=critical,CA:TRUE',
			'-addext',
			'keyUsage=critical,keyCertSign',
		]),
		run('openssl', ['req', ...key, '-config', at('req.cnf'), '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=localhost']),
	]);
	await run('openssl', [
		'x509', '-req', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-set_serial', '1', '-days', '2', '-extfile', at('server.ext'), '-out', at('server.pem'),
	]);
	return {caFile: at('ca.pem')};
};
