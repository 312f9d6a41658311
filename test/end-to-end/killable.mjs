// The migration as a process of its own, to be killed: the built program with its default lanes and batches,
// except that it looks for unsure messages after a fraction of a second. Nothing here commits late.
import process from 'node:process';
import {realClock} from '../../dist/mailbox/clock.js';
import {accountsOf, openSource} from '../../dist/endpoints.js';
import {tokensFor} from '../../dist/credentials/microsoft.js';
import {ewsDestination} from '../../dist/destinations/ews.js';
import {imapDestination} from '../../dist/destinations/imap.js';
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
const {
	imap, cloud, mailbox, tenantId, clientId, clientSecret,
} = settings.destination;
const common = {...world, notice, looks: [150, 300]};
const destination = imap
	? imapDestination({
		...common, host: imap.host, port: imap.port, tls: imap.tls, user: imap.user, credential: async () => ({password: imap.password.reveal()}),
	})
	: ewsDestination({
		...common, host: cloud.ews, mailbox, ca: cloud.ca,
		token: tokensFor(cloud.ews, {
			tenantId, clientId, clientSecret: clientSecret.reveal(), cloud, clock: world.clock,
		}),
	});
const migration = startMigration({
	source, destination, journal, clock: world.clock, random: Math.random, choices: choicesOf(settings), control: new Control(),
	run: {id: String(process.pid), version: '0.0.0', command: 'migrate'},
	tell(event) {
		if (event.type === 'phase') {
			process.stdout.write(`${event.phase}\n`);
		}
	},
});
const {outcome, failure} = await migration.ended;
await Promise.all([source.close(), destination.close()]);
await close();
process.stdout.write(`${JSON.stringify({outcome, accounts: accountsOf(settings).source.user, failure})}\n`);
process.exitCode = outcome === 'complete' ? 0 : 3;
