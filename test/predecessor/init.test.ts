import {
	mkdir, mkdtemp, readdir, rm, stat,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {expect, test} from 'vitest';
import {shell} from '../end-to-end/servers.js';

/** Runs in an empty directory, with the mask that most systems begin with. */
const init = async (words: string, onTestFinished: (end: () => Promise<void>) => void) => {
	const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-init-'));
	onTestFinished(async () => rm(directory, {recursive: true}));
	const [home, work] = [path.join(directory, 'home'), path.join(directory, 'work')];
	await mkdir(work);
	const {finished} = shell(`umask 022; cd '${work}' && exec "$NODE" "$CLI" ${words}`, Object.fromEntries([['AW2MS365_HOME', home]]));
	return {home, work, finished: await finished};
};

const modeOf = async (file: string): Promise<string> => {
	const {mode} = await stat(file);
	return (mode % 0o1000).toString(8);
};

test.skipIf(process.platform === 'win32')('the configuration, which will hold secrets, and its directory are for their owner alone', async ({onTestFinished}) => {
	const {home, finished} = await init('init --non-interactive', onTestFinished);
	expect(finished).toMatchObject({code: 0, stderr: ''});
	expect([await modeOf(home), await modeOf(path.join(home, 'config.yaml'))]).toEqual(['700', '600']);
});

test.skipIf(process.platform === 'win32').each([
	['init --non-interactive', []], ['--non-interactive init', []], ['init --non-interactive mine.yaml', ['mine.yaml']], ['init mine.yaml --non-interactive', ['mine.yaml']],
])('"%s" takes no option for the name of a file', async (words, made) => {
	const ends: Array<() => Promise<void>> = [];
	try {
		const {work, finished} = await init(words, end => {
			ends.push(end);
		});
		expect({code: finished.code, made: await readdir(work)}).toEqual({code: 0, made});
	} finally {
		await Promise.all(ends.map(async end => end()));
	}
});
