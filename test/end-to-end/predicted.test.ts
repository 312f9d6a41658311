import {describe, expect} from 'vitest';
import {mailbox, test} from './microsoft-scene.js';
import {linesOf} from './program.js';
import {folder, keepsTheContract} from './servers.js';

/* What will not pass is named before anything is sent: the program as a process, into the stand-in for Microsoft 365. */

describe('a plan', () => {
	test('names what is larger than the limit, with subject and date and the line that raises it, and reads no message for it; "migrate" refuses exactly that', async ({scene}) => {
		const stage = await scene({folders: [folder('A', 5), folder('Big', 2, 300_000)], options: {maxMessageSize: '100 KB'}});
		const plan = await stage.run(['plan']);
		expect(plan.code).toBe(0);
		expect(plan.stdout).toContain('2 messages will not pass as things stand');
		expect(plan.stdout).toContain(`    Set-Mailbox '${mailbox}' -MaxReceiveSize 150MB -MaxSendSize 150MB`);
		expect(plan.stdout).toContain('options.maxMessageSize: 150 MB');
		expect(plan.stdout).toMatch(/^ {4}Big {2}UID 1 {2}\S+ KB {2}\d{4}-\d\d-\d\d {2}Big 1$/mv);
		expect(plan.stderr).toContain('2 too large to pass as things stand');
		expect(stage.source.log.map(({command}) => command).filter(command => command.includes('BODY.PEEK[]'))).toEqual([]);
		const lines = await stage.run(['plan', '--json']);
		keepsTheContract(lines);
		const predicted = linesOf(lines).filter(({type}) => type === 'message.predicted');
		expect(predicted).toMatchObject([1, 2].map(uid => ({
			folder: ['Big'], uid, limit: 102_400, subject: `Big ${uid}`, failure: {code: 'message-over-limit', outcome: 'not stored'},
		})));
		const migrated = await stage.run(['migrate', '--json']);
		expect(keepsTheContract(migrated)).toMatchObject({messages: {delivered: 5, refused: 2}});
		expect(linesOf(migrated).filter(({type}) => type === 'message.predicted').map(({uid}) => uid)).toEqual([1, 2]);
	});
});
