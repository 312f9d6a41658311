import {X509Certificate} from 'node:crypto';
import path from 'node:path';
import {type Problem} from './problem.js';
import {resolvePath} from './paths.js';

type World = {readonly file: string; readonly home: string; readonly readFile: (path: string) => Promise<Uint8Array>};

/**
The certificates a `ca` key names, as PEM text. The path is relative to the configuration file. Anything
beside certificates in it, such as a private key, is left out.
*/
export const readAuthority = async (text: string, at: {readonly line: number; readonly key: string}, {file, home, readFile}: World): Promise<{readonly pem?: string; readonly problem?: Problem}> => {
	const problem = (expected: string) => ({problem: {file, ...at, expected}});
	const resolved = resolvePath(text, {home, base: path.dirname(file)});
	if (resolved === undefined) {
		return problem('a path without another user\'s ~');
	}

	let content: string;
	try {
		content = new TextDecoder().decode(await readFile(resolved));
	} catch (error) {
		return problem(`a file that can be read (${(error as {code?: string}).code ?? 'unreadable'}: ${resolved})`);
	}

	const blocks = content.match(/-----BEGIN CERTIFICATE-----[^\-]+-----END CERTIFICATE-----/gv) ?? [];
	try {
		for (const block of blocks) {
			// eslint-disable-next-line no-new -- It throws where the block is no certificate.
			new X509Certificate(block);
		}
	} catch {
		return problem(`a PEM file whose certificates can be read (${resolved})`);
	}

	return blocks.length > 0 ? {pem: `${blocks.join('\n')}\n`} : problem(`a PEM file with a certificate (${resolved})`);
};
