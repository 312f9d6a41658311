import {mkdtemp, readdir, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {expect} from 'vitest';
import {folder, keepsTheContract, test} from '../end-to-end/servers.js';

test('two mailboxes that share a directory, and folders whose names differ in a sign only, are carried whole, each with its own sums', async ({scene, onTestFinished}) => {
	const checkpointDirectory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-shared-'));
	onTestFinished(async () => rm(checkpointDirectory, {recursive: true}));
	const folders = [folder('INBOX', 3), folder('A/B', 2), folder('A_B', 4), folder('A:B', 5)];
	const stages = [
		{stage: await scene({source: {folders}, options: {checkpointDirectory}}), total: 14},
		{stage: await scene({source: {folders: [...folders.slice(0, 3), folder('A:B', 6)]}, options: {checkpointDirectory}}), total: 15},
	];
	for (const {stage, total} of stages) {
		// eslint-disable-next-line no-await-in-loop -- one after the other, as a person would
		expect(keepsTheContract(await stage.run(['migrate', '--json']))).toMatchObject({outcome: 'complete', messages: {total, delivered: total}});
		expect(stage.arrived()).toEqual(stage.expected());
	}

	for (const {stage, total} of stages) {
		// eslint-disable-next-line no-await-in-loop -- one after the other, as a person would
		expect(keepsTheContract(await stage.run(['status', '--json']))).toMatchObject({messages: {total, delivered: total}});
	}

	const names = await readdir(checkpointDirectory);
	expect(names.filter(name => name.includes('journal')), names.join(' ')).toHaveLength(2);
});
