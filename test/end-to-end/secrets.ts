import {Buffer} from 'node:buffer';
import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect} from 'vitest';
import {type Finished} from './program.js';

/** A token of the stand-in, or of any service like it: three parts of a JWT that begins with its header. */
const tokenForm = /eyJ[\w\-]{20,}\.[\w\-]+\.[\w\-]+/v;

/** Planted secrets, in the forms that protocols give them, and tokens, in all that runs said and in every file they left beside the configuration. */
export const expectNoSecrets = async ({secrets, user}: {readonly secrets: readonly string[]; /** Whom a secret signs in. */ readonly user: string}, home: string, said: readonly Finished[]): Promise<void> => {
	const forms = secrets.flatMap(secret => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, -4), Buffer.from(`\0${user}\0${secret}`).toString('base64')]);
	const look = (text: string, where: string): void => {
		expect(forms.filter(secret => text.includes(secret)), where).toEqual([]);
		expect(tokenForm.exec(text)?.[0], where).toBeUndefined();
	};

	for (const {stdout, stderr} of said) {
		look(stdout, 'stdout');
		look(stderr, 'stderr');
	}

	const names = await readdir(home, {recursive: true, withFileTypes: true});
	for (const entry of names) {
		if (entry.isFile() && entry.name !== 'config.yaml') {
			look(await readFile(path.join(entry.parentPath, entry.name), 'latin1'), entry.name); // eslint-disable-line no-await-in-loop -- few
		}
	}
};
