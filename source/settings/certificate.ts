import {Buffer} from 'node:buffer';
import path from 'node:path';
import {type Problem} from './problem.js';
import {resolvePath} from './paths.js';
import {Secret} from './secret.js';

type World = {readonly file: string; readonly home: string; readonly readFile: (path: string) => Promise<Uint8Array>};

/** PEM with a private key; or DER, as a PFX is, by the byte it begins with. */
const isOne = (bytes: Uint8Array): boolean => bytes[0] === 0x30 || /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/v.test(Buffer.from(bytes).toString('latin1'));

/**
The file that `destination.certificate` names, in base64: it holds a private key. The path is relative to the configuration file.
Whether the key can be had from it is seen where it is used.
*/
export const readCertificateFile = async (text: string, line: number | undefined, {file, home, readFile}: World): Promise<{readonly certificate?: Secret; readonly problem?: Problem}> => {
	const problem = (expected: string) => ({
		problem: {
			file, ...(line !== undefined && {line}), key: 'destination.certificate', expected,
		},
	});
	const resolved = resolvePath(text, {home, base: path.dirname(file)});
	if (resolved === undefined) {
		return problem('a path without another user\'s ~');
	}

	let bytes: Uint8Array;
	try {
		bytes = await readFile(resolved);
	} catch (error) {
		return problem(`a file that can be read (${(error as {code?: string}).code ?? 'unreadable'}: ${resolved})`);
	}

	return isOne(bytes) ? {certificate: new Secret(Buffer.from(bytes).toString('base64'))} : problem(`a PEM file with certificate and private key, or a PFX file (${resolved})`);
};
