// The migration as a process of its own, to be killed: the built program with its default lanes and batches,
// except that it looks for unsure messages after a fraction of a second. Nothing here commits late.
import process from 'node:process';
import {realClock} from '../../dist/mailbox/clock.js';
import {accountsOf, openSource, roadsOf} from '../../dist/endpoints.js';
import {Control} from '../../dist/migration/control.js';
import {startMigration} from '../../dist/migration/migration.js';
import {choicesOf, openHeldJournal, readSettings} from '../../dist/commands/session.js';

const world = {
	clock: realClock(), random: Math.random, environment: process.env, version: '0.0.0',
};
const settings = await readSettings({}, world);
const notice = () => undefined;
const {journal, close} = await openHeldJournal(settings, world);
const source = openSource(settings, {...world, notice});
const roads = roadsOf(settings, {...world, notice, looks: [150, 300]});
const migration = startMigration({
	source, roads, journal, clock: world.clock, random: Math.random, choices: choicesOf(settings), control: new Control(),
	run: {id: String(process.pid), version: '0.0.0', command: 'migrate'},
	tell(event) {
		if (event.type === 'phase') {
			process.stdout.write(`${event.phase}\n`);
		}
	},
});
const {outcome, failure} = await migration.ended;
await source.close();
await close();
process.stdout.write(`${JSON.stringify({outcome, accounts: accountsOf(settings).source.user, failure})}\n`);
process.exitCode = outcome === 'complete' ? 0 : 3;
