import {describe, expect} from 'vitest';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type Finished, linesOf, type Running} from './program.js';
import {
	folder, keepsTheContract, locksOf, says, type Scene, test, until,
} from './servers.js';

/** Every delivery takes a little, so that a run can be met in the middle of it. */
const slowly: FaultRule = {on: 'append', every: 1, do: {type: 'delay', milliseconds: 20}};

// eslint-disable-next-line @typescript-eslint/naming-convention -- names of signals
const exitCodes = {SIGINT: 130, SIGTERM: 143, SIGHUP: 129} as const;

/** The same command again ends well, with every message there once. */
const completes = async (stage: Scene): Promise<void> => {
	stage.source.setFaults({rules: []});
	stage.destination.setFaults({rules: []});
	const {code, stdout, stderr} = await stage.run(['migrate', '--json']);
	expect({code, stderr}).toEqual({code: 0, stderr: ''});
	expect(keepsTheContract({stdout})).toMatchObject({outcome: 'complete', messages: {remaining: 0}});
	expect(stage.arrived()).toEqual(stage.expected());
};

/** Ended by a signal as it should be: told last, nothing on stderr, in well under the grace of 15 s. */
const endsPromptly = async ({finished}: Running, signal: keyof typeof exitCodes): Promise<Record<string, unknown>> => {
	const ended = await finished;
	const {code, stderr} = ended;
	expect({code, stderr}).toEqual({code: exitCodes[signal], stderr: ''});
	const summary = keepsTheContract(ended);
	expect(summary).toMatchObject({outcome: 'interrupted', exitCode: exitCodes[signal]});
	expect(summary.seconds).toBeLessThan(10);
	return summary;
};

const deliveredIn = (finished: Pick<Finished, 'stdout'>): number => linesOf(finished).filter(({type}) => type === 'message.delivered').length;

describe.concurrent('a signal in the middle of a run', () => {
	test.for(Object.keys(exitCodes) as Array<keyof typeof exitCodes>)('%s finishes what is under way, tells so last, and the same command carries on', async (signal, {scene}) => {
		const stage = await scene({source: {folders: [folder('A', 60), folder('B', 60)]}, destination: {faults: {rules: [slowly]}}});
		const running = stage.start(['migrate', '--json', '--stop-on-hangup']);
		await says(running, /"message\.delivered"/);
		running.child.kill(signal);
		const {messages} = await endsPromptly(running, signal) as {messages: Record<string, number>};
		// Nothing was cut off: what arrived is what was told.
		expect(messages.unsure).toBe(0);
		expect(messages.delivered).toBe(deliveredIn({stdout: running.stdout()}));
		expect(stage.arrived()).toHaveLength(messages.delivered!);
		expect(messages.remaining).toBeGreaterThan(0);
		expect(await locksOf(stage)).toEqual([]);
		await completes(stage);
	});

	test('a hang-up alone ends nothing', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 30)]}, destination: {faults: {rules: [slowly]}}});
		const running = stage.start(['migrate', '--json']);
		await says(running, /"message\.delivered"/);
		running.child.kill('SIGHUP');
		running.child.kill('SIGHUP');
		expect(keepsTheContract(await running.finished)).toMatchObject({outcome: 'complete', exitCode: 0, messages: {delivered: 30}});
	});

	test('a second Ctrl-C leaves a stalled delivery at once, and the next run finds what was stored', async ({scene}) => {
		const stage = await scene({
			source: {folders: [folder('A', 30)]}, destination: {
				faults: {
					rules: [{
						on: 'append', nth: 5, times: 1000, do: {type: 'stall', commit: true},
					}],
				},
			},
		});
		const running = stage.start(['migrate', '--json']);
		await until(() => stage.destination.struck.length >= 2);
		running.child.kill('SIGINT');
		await says(running, /"stopping"/);
		running.child.kill('SIGINT');
		const {messages} = await endsPromptly(running, 'SIGINT') as {messages: Record<string, number>};
		expect(messages.unsure).toBeGreaterThan(0);
		await completes(stage);
	});

	test('in plain words it is told on stderr what happens, and the summary on stdout', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 100)]}, destination: {faults: {rules: [slowly]}}});
		const running = stage.start(['migrate']);
		await until(() => stage.destination.counters.appended > 3);
		running.child.kill('SIGINT');
		const {code, stdout, stderr} = await running.finished;
		expect(code).toBe(130);
		expect(stderr).toMatch(/^Stopping\b.*What is done stays done\.$/m);
		expect(stdout).toMatch(/^Stopped\. The same command carries on; what is done stays done\./);
		expect(stdout).toMatch(/100 messages: \d+ delivered, \d+ remaining/);
	});
});

describe.concurrent('Ctrl-C ends every wait', () => {
	/** Starts, waits for the moment, interrupts, and sees it end; then the same command completes. */
	const interrupted = async (stage: Scene, moment: (running: Running) => Promise<void>): Promise<void> => {
		const running = stage.start(['migrate', '--json']);
		await moment(running);
		running.child.kill('SIGINT');
		await endsPromptly(running, 'SIGINT');
	};

	test('for the answer to a sign-in', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 3)], faults: {rules: [{on: 'login', do: {type: 'stall'}}]}}});
		await interrupted(stage, async () => until(() => stage.source.struck.length > 0));
	});

	test('for the next try to reach a host that is not there', async ({scene}) => {
		const stage = await scene();
		await stage.destination.close();
		await interrupted(stage, async running => says(running, /"reconnecting"/));
	});

	test('for the next try after a "temporary" refusal', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 3)], faults: {rules: [{on: 'login', do: {type: 'refuse', code: 'UNAVAILABLE', text: 'Temporary authentication failure.'}}]}}});
		await interrupted(stage, async running => says(running, /"reconnecting"/));
	});

	test('for a folder that is being listed', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 3)], faults: {rules: [{on: 'listing', do: {type: 'stall'}}]}}});
		await interrupted(stage, async () => until(() => stage.source.struck.length > 0));
	});

	test('for a message that is being read', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 3)], faults: {rules: [{on: 'read', do: {type: 'stall'}}]}}});
		await interrupted(stage, async () => until(() => stage.source.struck.length > 0));
		await completes(stage);
	});

	test('that the destination asked for', async ({scene}) => {
		const stage = await scene({
			source: {folders: [folder('A', 20)]}, destination: {
				faults: {
					rules: [{
						on: 'append', nth: 5, times: 1000, do: {type: 'throttle', milliseconds: 299_609, hold: true},
					}],
				},
			},
		});
		await interrupted(stage, async running => says(running, /"throttled","until"/));
		await completes(stage);
	});

	test('for a lost connection to come back', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 20)]}, destination: {faults: {rules: [slowly]}}});
		await interrupted(stage, async running => {
			await says(running, /"message\.delivered"/);
			await stage.destination.close();
			await says(running, /"reconnecting","wait":[1-9]/);
		});
	});

	test('for a late commit, in the run that lost the answer and in the next', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 5)]}, destination: {faults: {rules: [{on: 'append', nth: 3, do: {type: 'drop'}}]}}});
		await interrupted(stage, async running => {
			await says(running, /"message\.unsure"/);
			await until(() => stage.destination.counters.appended === 4);
		});
		await interrupted(stage, async running => says(running, /"settling"/));
		const {stdout} = await stage.run(['status', '--json']);
		expect(keepsTheContract({stdout})).toMatchObject({messages: {delivered: 4, remaining: 1, unsure: 1}});
	});

	test('of a plan and of a verification', async ({scene}) => {
		const stage = await scene({source: {folders: [folder('A', 20)]}});
		expect(await stage.run(['migrate', '--json'])).toMatchObject({code: 0});
		stage.source.setFaults({rules: [{on: 'listing', do: {type: 'stall'}}]});
		for (const command of ['plan', 'verify']) {
			const struck = stage.source.struck.length;
			const running = stage.start([command, '--json']);
			await until(() => stage.source.struck.length > struck); // eslint-disable-line no-await-in-loop -- one after the other
			running.child.kill('SIGINT');
			expect(await endsPromptly(running, 'SIGINT')).toMatchObject({command}); // eslint-disable-line no-await-in-loop -- as above
		}
	});

	test('of the demo', async ({scene}) => {
		const stage = await scene();
		const running = stage.start(['demo', '--json']);
		await says(running, /"message\.delivered"/);
		running.child.kill('SIGINT');
		expect(await endsPromptly(running, 'SIGINT')).toMatchObject({command: 'demo'});
	});
});
