import {rm} from 'node:fs/promises';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {
	afterAll, beforeAll, describe, expect, test,
} from 'vitest';
import {compare, faithful} from '../checker/compare.js';
import {snapshot, type Snapshot} from '../checker/snapshot.js';
import {type Dovecot, dovecotAvailable, startDovecot} from '../dovecot/dovecot.js';
import {generatedMailbox} from '../dovecot/generated-mail.js';
import {loadMailbox} from '../dovecot/load.js';
import {seeded} from '../migration/forgetful-files.js';
import {launch} from './killable.js';
import {configure} from './program.js';

const kills = process.env.AW2MS365_SHORT ? 6 : 50;
const messages = 300;

describe.skipIf(!dovecotAvailable)(`a process killed at ${kills} random moments`, () => {
	let source: Dovecot;
	let destination: Dovecot;
	let before: Snapshot;
	beforeAll(async () => {
		const prepare = async () => {
			[source, destination] = await Promise.all([startDovecot(), startDovecot({storage: 'sdbox'})]);
			try {
				await loadMailbox(source, generatedMailbox({seed: 5, messages}));
				before = await snapshot(source);
			} catch (error) {
				await Promise.all([source.stop(), destination.stop()]);
				throw error;
			}
		};

		// Twice in full runs a connection was reset while the mailbox was being filled; why is not known. It is begun anew.
		for (let attempt = 1; ; attempt++) {
			try {
				// eslint-disable-next-line no-await-in-loop -- One try after another.
				await prepare();
				return;
			} catch (error) {
				if (attempt === 3) {
					throw error;
				}
			}
		}
	});
	afterAll(async () => {
		await Promise.all([source.stop(), destination.stop()]);
	});

	test('is resumed each time to the same end as an uninterrupted run', async () => {
		const random = seeded(2026);
		let inTheMiddle = 0;
		for (let kill = 1; kill <= kills; kill++) {
			const user = `killed-${kill}`;
			/* eslint-disable no-await-in-loop -- One after another: the machine is small. */
			await destination.addUser(user, 'password');
			const place = await configure(source, {
				host: destination.host, port: destination.port, user, password: 'password',
			});
			const first = launch(place.environment);
			await first.migrating;
			await Promise.race([delay(random() * 500), first.ended]);
			first.child.kill('SIGKILL');
			await first.ended;
			const account = {
				host: destination.host, port: destination.port, user, password: 'password',
			};
			const halfway = compare(before, await snapshot(account)).counts;
			inTheMiddle += halfway.destination > 0 && halfway.destination < messages ? 1 : 0;
			const second = launch(place.environment);
			expect({kill, code: await second.ended}).toEqual({kill, code: 0});
			expect({kill, ...compare(before, await snapshot(account)).counts}).toEqual({kill, ...faithful(messages)});
			await rm(place.home, {recursive: true});
			/* eslint-enable no-await-in-loop */
		}

		// Many of the kills struck while messages were on their way; how many depends on the machine.
		expect(inTheMiddle).toBeGreaterThan(kills / 5);
	}, 600_000);
});
