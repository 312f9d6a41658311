import {Buffer} from 'node:buffer';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));

/** Third-party mail that is not part of the project, in a folder beside it. */
export const corpusAvailable = existsSync(path.join(root, 'hard'));

/** Lines may be written with a bare line feed only on disk: RFC 9051 wants CRLF, and Dovecot serves CRLF whatever it was given. A lone CR stays. */
const withCrlf = (bytes: Uint8Array): Uint8Array => Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(/(?<!\r)\n/gv, '\r\n'), 'latin1');

/** All messages of a part of the corpus, by file name. The reference bytes of a migration are what the source server then serves, not these. */
export const corpus = (part: 'hard' | 'lists'): Array<{readonly name: string; readonly bytes: Uint8Array}> => {
	const directory = path.join(root, part);
	return readdirSync(directory).filter(name => name.endsWith('.eml')).toSorted().map(name => ({name, bytes: withCrlf(readFileSync(path.join(directory, name)))}));
};
