import {chmod} from 'node:fs/promises';
import process from 'node:process';
import {expect} from 'vitest';
import {type Finished, linesOf} from '../end-to-end/program.js';
import {folder, keepsTheContract, test} from '../end-to-end/servers.js';
import {lineSchema} from './line-schema.js';

/** Every line is described in full. Gives the summary. */
const keepsTheSchema = (finished: Finished): Record<string, unknown> => {
	for (const line of linesOf(finished)) {
		expect(lineSchema.parse(line)).toEqual(line);
	}

	return keepsTheContract(finished);
};

test('a verification that finds a message missing is partial, and its lines are those of the schema', async ({scene}) => {
	const stage = await scene({source: {folders: [folder('A', 3)]}});
	expect(keepsTheSchema(await stage.run(['migrate', '--json']))).toMatchObject({outcome: 'complete', exitCode: 0});
	expect(keepsTheSchema(await stage.run(['verify', '--json']))).toMatchObject({outcome: 'complete', exitCode: 0});
	stage.destination.mailbox().deleteMessages(['A'], [2]);
	expect(keepsTheSchema(await stage.run(['verify', '--json']))).toMatchObject({outcome: 'partial', exitCode: 3});
	const plain = await stage.run(['verify']);
	expect({code: plain.code, stdout: plain.stdout}).toEqual({code: 3, stdout: expect.stringContaining('Verified with 1 missing message.') as unknown});
	expect(keepsTheSchema(await stage.run(['verify', '--json', '--folder']))).toMatchObject({outcome: 'failed', exitCode: 2});
});

test.skipIf(process.platform === 'win32')('what the configuration brings along is a line of its own, not words beside the lines', async ({scene}) => {
	const stage = await scene({source: {folders: [folder('A', 1)]}});
	await chmod(stage.file, 0o644);
	const finished = await stage.run(['plan', '--json']);
	keepsTheSchema(finished);
	expect(finished.stderr).toBe('');
	expect(linesOf(finished)[1]).toMatchObject({type: 'warning', words: expect.stringContaining('config.yaml') as unknown});
});
