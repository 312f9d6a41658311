import {readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect} from 'vitest';
import {failures, type FailureCode} from '../../source/mailbox/failure.js';
import {type Fault, type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {
	app, mailbox, type MicrosoftScene, test,
} from './microsoft-scene.js';
import {type Finished, linesOf} from './program.js';
import {
	folder, keepsTheContract, says, until,
} from './servers.js';

/* What an administrator meets on the way into Microsoft 365 by EWS, with the program as a process: exit code, words, `--json`, and the way on. */

const folders = [folder('INBOX', 3), folder('A', 30)];

/** Stdout holds the contract, stderr nothing, and the exit code is the one that the summary names. */
const ends = (finished: Finished, wanted: Record<string, unknown>): void => {
	const summary = keepsTheContract(finished);
	expect({...summary, stderr: finished.stderr}).toMatchObject({...wanted, stderr: ''});
	expect(finished.code).toBe(summary.exitCode);
};

/** The same command again carries on, and everything is there once. */
const completes = async (stage: MicrosoftScene): Promise<void> => {
	stage.destination.setFaults({rules: []});
	ends(await stage.run(['migrate', '--json']), {outcome: 'complete', exitCode: 0});
	expect(stage.arrived()).toEqual(stage.expected());
};

/** Words on stderr tell cause and remedy with the person's own ids, none left blank. */
const tells = (finished: Finished, code: number, words: readonly string[]): void => {
	expect(finished).toMatchObject({code, signal: undefined});
	for (const one of words) {
		expect(finished.stderr).toContain(one);
	}

	expect(finished.stderr).not.toMatch(/<(?:clientId|tenantId|mailbox)>|undefined|\bat .*:\d+:\d+/v);
	expect(finished.stdout).toContain('Not finished.');
	expect(finished.stdout).not.toContain('0 messages');
};

describe.concurrent('a sign-in that the tenant refuses', () => {
	test('for a wrong secret, its id in its place, or none, ends with code 4 or 2 and how to get one', async ({scene}) => {
		const stage = await scene({folders});
		const set = async (secret: string): Promise<void> => stage.reconfigure(({destination}) => {
			destination.clientSecret = secret;
		});
		await set('3c1f0a52-9a77-4a0e-8b1e-6f1d0c5be001');
		tells(await stage.run(['plan']), 4, ['AADSTS7000215', 'has the form of a Secret ID, not of a Value', `App registrations, ${app.clientId}, Certificates & secrets`]);

		ends(await stage.run(['migrate', '--json']), {outcome: 'failed', exitCode: 4, failure: {code: 'sign-in-refused', detail: expect.stringMatching(/^AADSTS7000215/v) as string, next: expect.stringContaining(app.clientId) as string}});
		await set(' ');
		expect(await stage.run(['migrate'])).toMatchObject({code: 2, stderr: expect.stringContaining('destination.clientSecret: expected the Value of a client secret') as string});
		await set(app.secret);
		await completes(stage);
	});

	test('because the secret has expired', async ({scene}) => {
		const stage = await scene({folders, app: {secretExpires: Date.UTC(2026, 0, 1)}});
		tells(await stage.run(['migrate']), 4, ['AADSTS7000222: the client secret has expired', 'make a new one', app.clientId]);
	});

	test('because the application is disabled', async ({scene}) => {
		const stage = await scene({folders, app: {disabled: true}});
		tells(await stage.run(['migrate']), 4, ['AADSTS7000112', `Enterprise applications, ${app.clientId}`]);
	});

	test('because tenant or application are unknown', async ({scene}) => {
		const stage = await scene({folders});
		await stage.reconfigure(({destination}) => {
			destination.tenantId = '00000000-1111-2222-3333-444444444444';
		});
		tells(await stage.run(['migrate']), 4, ['AADSTS90002', 'destination.tenantId, which is 00000000-1111-2222-3333-444444444444']);
		await stage.reconfigure(({destination}) => {
			destination.tenantId = app.tenant;
			destination.clientId = '99999999-1111-2222-3333-444444444444';
		});
		tells(await stage.run(['migrate']), 4, ['AADSTS700016', 'destination.clientId, which is 99999999-1111-2222-3333-444444444444', app.tenant]);
		await stage.reconfigure(({destination}) => {
			destination.clientId = app.clientId;
		});
		stage.destination.login.refuse(65_001);
		tells(await stage.run(['migrate']), 4, ['AADSTS65001', 'Grant admin consent', app.clientId]);
		// One that passes is waited for.
		stage.destination.login.refuse(90_033, 2);
		const finished = await stage.run(['migrate']);
		expect(finished).toMatchObject({code: 0, stderr: expect.stringMatching(/cannot serve us at the moment \[sign-in service .*AADSTS90033\]; trying again in 2 s\. No mail is lost\./v) as string});
	});

	test('in the middle of a run, because the secret was deleted, leaves what is done; a new one carries on', async ({scene}) => {
		const stage = await scene({folders: [folder('A', 300)]});
		stage.destination.setFaults({
			rules: [{on: 'CreateItem', every: 1, do: {type: 'delay', milliseconds: 700}}, {
				on: 'CreateItem', nth: 16, times: 50, do: {type: 'expire'},
			}],
		});
		const running = stage.start(['migrate', '--json']);
		await says(running, /"message\.delivered"/v);
		stage.destination.login.refuse(7_000_222, 50);
		const finished = await running.finished;
		ends(finished, {outcome: 'failed', exitCode: 4, failure: {code: 'sign-in-refused', detail: 'AADSTS7000222: the client secret has expired'}});
		expect(linesOf(finished).at(-1)).toMatchObject({messages: {unsure: 0, delivered: stage.arrived().length}});
	});
});

describe.concurrent('EWS that lets this application not in', () => {
	const doors: Array<[string, Fault, FailureCode, readonly string[]]> = [
		['closed', {type: 'closed'}, 'ews-closed', [`Set-OrganizationConfig -EwsAllowedAppIDs '<the ids there>,${app.clientId}'`, 'Set-OrganizationConfig -EwsEnabled $true', `Get-CASMailbox '${mailbox}' | Format-List EwsEnabled`, '"aw2ms365 doctor']],
		['without the permission', {type: 'scope'}, 'permission-missing', ['2000008', 'full_access_as_app', app.clientId, mailbox]],
		['impersonation denied', {type: 'denied'}, 'permission-missing', ['ErrorImpersonateUserDenied', 'Application EWS.AccessAsApp', mailbox]],
		['no such mailbox', {type: 'no-mailbox'}, 'mailbox-not-found', [`destination.mailbox, which is ${mailbox}`]],
		['account disabled', {type: 'fault', code: 'ErrorAccountDisabled'}, 'mailbox-refused', ['Microsoft 365 admin center', mailbox]],
		['no licence', {type: 'fault', code: 'ErrorInvalidLicense'}, 'mailbox-refused', ['Exchange Online licence']],
		['token not taken', {type: 'http', status: 401}, 'sign-in-refused', [`The application ${app.clientId} got its token`, 'clock', app.tenant]],
	];

	const inTheMiddle = (fault: Fault): FaultRule[] => [{
		on: 'CreateItem', nth: 2, times: 1000, do: fault,
	}];

	test.for(doors)('%s: code 4 and the way on', async ([, fault, code, words], {scene}) => {
		const stage = await scene({folders, destination: {faults: {rules: inTheMiddle(fault)}}});
		tells(await stage.run(['migrate']), 4, [...words, failures[code].sentence]);
		expect(stage.arrived().length).toBeLessThan(33);
	});

	test('is told alike at the start, and in the middle leaves nothing in doubt; opened, the same command completes', async ({scene}) => {
		const [, fault, code, words] = doors[0]!;
		const stage = await scene({folders, destination: {faults: {rules: [{on: 'call', do: fault}]}}});
		tells(await stage.run(['plan']), 4, words);
		stage.destination.setFaults({rules: inTheMiddle(fault)});
		const finished = await stage.run(['migrate', '--json']);
		ends(finished, {outcome: 'failed', exitCode: 4, failure: {code, outcome: 'not stored'}});
		const {messages} = linesOf(finished).at(-1) as {messages: Record<string, number>};
		expect(messages).toMatchObject({unsure: 0, refused: 0, delivered: stage.arrived().length});
		expect(messages.remaining).toBeGreaterThan(0);
		await completes(stage);
	});
});

describe.concurrent('a destination in trouble', () => {
	test('that is full stops the run and says so; with room made the same command completes', async ({scene}) => {
		const stage = await scene({folders: [folder('A', 60, 1000)], destination: {faults: {rules: [{on: 'CreateItem', nth: 3, do: {type: 'fill'}}]}}});
		ends(await stage.run(['migrate', '--json']), {outcome: 'failed', exitCode: 3, failure: {code: 'destination-full'}});
		const arrived = stage.arrived().length;
		expect(await stage.run(['migrate'])).toMatchObject({code: 3, stderr: expect.stringContaining('Make room or raise its quota, then run the same command again: it carries on.') as string});
		expect(stage.arrived()).toHaveLength(arrived);
		stage.destination.mailbox().quotaBytes = Number.MAX_SAFE_INTEGER;
		await completes(stage);
	});

	test('that asks for five minutes gets them, counted on the screen; Ctrl-C ends the wait', async ({scene}) => {
		const stage = await scene({
			folders: [folder('A', 60)], destination: {
				faults: {
					rules: [{
						on: 'CreateItem', nth: 4, times: 1000, do: {type: 'busy', milliseconds: 299_609, hold: true},
					}],
				},
			},
		});
		const running = stage.start(['migrate']);
		await says(running, /asked us to slow down: waiting 5 min/v);
		await says(running, /waiting (?:5 min|4 min \d+ s|\d+ s)\b.* for the destination/v);
		const before = stage.destination.log.filter(({operation}) => operation === 'CreateItem').length;
		running.child.kill('SIGINT');
		const {code, stderr} = await running.finished;
		expect(code).toBe(130);
		expect(stderr).toContain('No mail is lost.');
		expect(stage.destination.log.filter(({operation}) => operation === 'CreateItem')).toHaveLength(before);
		await completes(stage);
	});

	test('that takes too many connections amiss, with a wait of 0, is waited for all the same', async ({scene}) => {
		const stage = await scene({
			folders, destination: {
				faults: {
					rules: [{
						on: 'CreateItem', nth: 2, times: 2, do: {type: 'busy', code: 'ErrorExceededConnectionCount', milliseconds: 0},
					}],
				},
			},
		});
		const finished = await stage.run(['migrate', '--json']);
		ends(finished, {outcome: 'complete', exitCode: 0});
		expect(linesOf(finished)).toContainEqual(expect.objectContaining({type: 'pace', reason: 'throttled'}));
		expect(stage.arrived()).toEqual(stage.expected());
	});

	test('that moves the mailbox is waited for, and whoever waits is told', async ({scene}) => {
		const stage = await scene({
			folders, destination: {
				faults: {
					rules: [{
						on: 'CreateItem', nth: 2, times: 3, do: {type: 'fault', code: 'ErrorMailboxMoveInProgress'},
					}],
				},
			},
		});
		const finished = await stage.run(['migrate']);
		expect(finished).toMatchObject({code: 0, stderr: expect.stringMatching(/~ The destination cannot serve us at the moment \[ErrorMailboxMoveInProgress\b.*No mail is lost\./v) as string});
		expect(stage.arrived()).toEqual(stage.expected());
	});

	test('that does not make a folder leaves that one, names it, and carries the others', async ({scene}) => {
		const stage = await scene({folders, destination: {faults: {rules: [{on: 'CreateFolder', do: {type: 'item', code: 'ErrorFolderSave'}}]}}});
		const finished = await stage.run(['migrate']);
		expect(finished).toMatchObject({code: 3, stdout: expect.stringMatching(/Finished with 30 remaining messages, 1 failed folder\..*options\.folderMap/sv) as string});
		await completes(stage);
	});

	test('whose folder is deleted under our hands is told so, and "verify" names what went with it', async ({scene}) => {
		const rules: FaultRule[] = [{on: 'CreateItem', every: 1, do: {type: 'delay', milliseconds: 100}}, {
			on: 'CreateItem', folder: ['A'], nth: 5, do: {type: 'delete-folder'},
		}];
		const stage = await scene({folders: [folder('A', 100)], destination: {faults: {rules}}});
		const finished = await stage.run(['migrate']);
		expect(finished).toMatchObject({code: 0, stderr: expect.stringContaining('The destination says that its folder "A" is gone') as string});
		const lost = 100 - stage.arrived().length;
		const verified = await stage.run(['verify', '--json']);
		ends(verified, {exitCode: lost > 0 ? 3 : 0, verification: expect.objectContaining({findings: expect.objectContaining({missing: lost}) as unknown}) as unknown});
	});

	test('that refuses what is too large says how to raise the limit; raised, "retry" takes it along', async ({scene}) => {
		const limits = {messageBytes: 100_000};
		const stage = await scene({folders: [folder('A', 10), folder('Big', 2, 300_000)], destination: {limits}});
		ends(await stage.run(['migrate', '--json']), {outcome: 'partial', exitCode: 3, messages: {delivered: 10, refused: 2}});
		const listed = await stage.run(['failures']);
		expect(listed.stdout).toContain(`Set-Mailbox '${mailbox}' -MaxReceiveSize 150MB`);
		expect(listed.stdout).toMatch(/Big {2}UID 1 .*"Big 1"/v);
		const lines = linesOf(await stage.run(['failures', '--json'])).filter(({type}) => type === 'failure');
		expect(lines).toEqual([1, 2].map(() => expect.objectContaining({next: expect.stringContaining(`'${mailbox}'`) as string, sentence: failures['message-too-large'].sentence}) as unknown));
		ends(await stage.run(['verify', '--json']), {command: 'verify', verification: {compared: 10, equal: 10}});
		stage.destination.limits.messageBytes = undefined;
		ends(await stage.run(['retry', '--json', '--code', 'message-too-large']), {outcome: 'complete', exitCode: 0, messages: {delivered: 12, refused: 0}});
		ends(await stage.run(['status', '--json']), {outcome: 'complete', messages: {delivered: 12}});
		ends(await stage.run(['plan', '--json']), {exitCode: 0, messages: {delivered: 12, remaining: 0}});
		expect(stage.arrived()).toEqual(stage.expected());
	});

	test('that is no EWS, or says nothing that can be understood, or bears a certificate that nobody knows, is named with its address', async ({scene}) => {
		const stage = await scene({
			folders, destination: {
				faults: {
					rules: [{
						on: 'CreateItem', nth: 2, times: 100, do: {type: 'http', status: 404},
					}],
				},
			},
		});
		tells(await stage.run(['migrate']), 5, ['HTTP 404', 'EWS is not at this address: check destination.cloud']);
		await completes(stage);
		await stage.reconfigure(({destination}) => {
			delete destination.cloud.ca;
		});
		tells(await stage.run(['migrate']), 5, [stage.destination.host, 'destination.cloud.ca']);
	});

	test('at whose address nobody answers is told with that address, after some tries', async ({scene}) => {
		const stage = await scene({folders, destination: {resourceHosts: ['127.0.0.1:1']}});
		await stage.reconfigure(({destination}) => {
			destination.cloud.ews = '127.0.0.1:1';
		});
		const running = stage.start(['migrate']);
		await says(running, /The destination does not answer; trying again in 5 s\./v);
		running.child.kill('SIGINT');
		expect(await running.finished).toMatchObject({code: 130});
	});
});

describe.concurrent('a run by EWS that is stopped', () => {
	const slowly: FaultRule = {on: 'CreateItem', every: 1, do: {type: 'delay', milliseconds: 150}};

	// eslint-disable-next-line @typescript-eslint/naming-convention -- names of signals
	test.for(Object.entries({SIGINT: 130, SIGTERM: 143}))('by %s finishes what is under way; the same command carries on', async ([signal, code], {scene}) => {
		const stage = await scene({folders: [folder('A', 200)], destination: {faults: {rules: [slowly]}}});
		const running = stage.start(['migrate', '--json']);
		await says(running, /"message\.delivered"/v);
		running.child.kill(signal as NodeJS.Signals);
		const finished = await running.finished;
		ends(finished, {outcome: 'interrupted', exitCode: code, messages: {unsure: 0}});
		expect(stage.arrived()).toHaveLength((linesOf(finished).at(-1) as {messages: {delivered: number}}).messages.delivered);
		await completes(stage);
	});

	test('keeps a second one out; its journal lost, the next finds what is there', async ({scene}) => {
		const stage = await scene({folders: [folder('A', 200)], destination: {faults: {rules: [{...slowly, do: {type: 'delay', milliseconds: 1000}}]}}});
		const running = stage.start(['migrate', '--json']);
		await says(running, /"message\.delivered"/v);
		ends(await stage.run(['migrate', '--json']), {exitCode: 11, failure: {code: 'state-locked'}});
		running.child.kill('SIGKILL');
		await running.finished;
		// What was under way is carried out all the same: nobody could tell, without a journal, if it came later.
		const sent = () => stage.destination.log.filter(({operation}) => operation === 'CreateItem').reduce((sum, {items}) => sum + items, 0);
		await until(() => stage.arrived().length === sent());
		const there = sent();
		for (const name of await readdir(stage.home)) {
			if (/\.journal|\.lock/v.test(name)) {
				await rm(path.join(stage.home, name), {recursive: true}); // eslint-disable-line no-await-in-loop -- few
			}
		}

		expect(there).toBeGreaterThan(0);
		await completes(stage);
	});
});
