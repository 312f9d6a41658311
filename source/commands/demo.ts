import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {openDestination, openSource} from '../endpoints.js';
import {type Journal} from '../migration/journal.js';
import {startMigration} from '../migration/migration.js';
import {type Progress} from '../migration/progress.js';
import {verify} from '../migration/verifier.js';
import {type ExitCode} from '../output/exit-code.js';
import {count, plural} from '../output/figures.js';
import {makeCertificates} from '../sandbox/certificate.js';
import {demo as rehearsal, type DemoExpectation} from '../sandbox/demo.js';
import {ImapServer} from '../sandbox/imap/server.js';
import {Secret, type Settings} from '../settings.js';
import {type Arguments} from './arguments.js';
import {showPlan} from './plan-text.js';
import {
	choicesOf, openDryJournal, openHeldJournal, type World,
} from './session.js';
import {onStage} from './stage.js';

/** Milliseconds that the sandbox takes for a delivery, so that a person can watch: about as fast as a server near by. */
const deliveryTime = 20;

/** The sandbox commits at once or never: no need to wait for late commits. */
const looks = [1000, 2000] as const;

const settingsOf = (source: ImapServer, destination: ImapServer, users: {source: {name: string; password: string}; destination: {name: string; password: string}}, ca: string, directory: string): Settings => {
	const side = (server: ImapServer, user: {name: string; password: string}) => ({
		host: server.host, port: server.port, tls: true, user: user.name, password: new Secret(user.password), ca,
	});
	return {
		source: side(source, users.source),
		destination: {
			mailbox: users.destination.name, transport: 'imap', imap: side(destination, users.destination),
			cloud: {
				login: '', graph: '', ews: '', imap: {host: destination.host, port: destination.port},
			},
		},
		options: {
			skipFolders: [], includeFolders: [], folderMap: {}, rateLimit: 0, maxRetries: 1, maxMessageSize: 0, checkpointDirectory: directory,
		},
		file: '', announcements: [],
	};
};

/** Whether the rehearsal went as planned, its mishaps and its two refusals included. */
const wentAsPlanned = (progress: Progress, expected: DemoExpectation, struck: number): boolean => {
	const {delivered, excluded, refused, remaining, unsure} = progress.messages;
	return delivered === expected.messages - expected.markedDeleted - expected.refused
		&& excluded === expected.markedDeleted && refused === expected.refused && remaining === 0 && unsure === 0
		&& progress.reconnects > 0 && progress.throttles > 0 && struck >= 2
		&& progress.verified && progress.equal === delivered
		&& progress.findings.missing + progress.findings.altered + progress.findings.date + progress.findings.flags === 0;
};

/** The whole thing against two servers in this process, on loopback: no account is needed and none is touched. */
export const demo = async (asked: Arguments, world: World): Promise<ExitCode> => {
	const {clock} = world;
	const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-demo-'));
	const {ca, cert, key} = makeCertificates();
	const {source: sourceOptions, destination: destinationOptions, expected} = rehearsal(clock);
	const slow = {on: 'append', every: 1, do: {type: 'delay', milliseconds: deliveryTime}} as const;
	const [from, to] = await Promise.all([
		ImapServer.start({...sourceOptions, tls: {key, cert}}),
		ImapServer.start({
			...destinationOptions, flavour: 'workmail', namesIgnoreCase: false, tls: {key, cert}, faults: {rules: [...destinationOptions.faults?.rules ?? [], slow]},
		}),
	]);
	const settings = settingsOf(from, to, {source: sourceOptions.users[0], destination: destinationOptions.users[0]}, ca, directory);
	let planned = false;
	try {
		return await onStage(asked, clock, async stage => {
			const {terminal, progress, control, tell, run} = stage;
			if (!asked.json) {
				terminal.say('A rehearsal: two mail servers inside this program, on loopback. No account is needed and none is touched.');
			}

			tell({
				type: 'run.started', command: 'demo', version: world.version, source: sourceOptions.users[0].name, destination: destinationOptions.users[0].name, transport: 'imap',
			});
			const surroundings = {
				clock, random: world.random, looks, notice(notice: Parameters<Parameters<typeof openSource>[1]['notice']>[0]) {
					tell({type: 'notice', notice});
				},
			};
			const [source, destination] = [openSource(settings, surroundings), openDestination(settings, surroundings)];
			const migrate = async (journal: Journal, dryRun: boolean) => startMigration({
				source, destination, journal, clock, random: world.random, choices: choicesOf(settings), control, tell, dryRun,
				run: {id: run, version: world.version, command: 'demo'},
			}).ended;
			const held = await openHeldJournal(settings, world);
			try {
				const dry = await openDryJournal(settings, world);
				try {
					await migrate(dry, true);
				} finally {
					await dry.close();
				}

				if (!asked.json) {
					showPlan(stage);
				}

				const {outcome} = await migrate(held.journal, false);
				if (outcome === 'complete' || outcome === 'partial') {
					if (!asked.json) {
						terminal.say('Now every message is compared with what left the source.');
					}

					await verify({
						source, destination, traits: await destination.open(control.stopping), record: held.journal.record, choices: choicesOf(settings), signal: control.stopping, tell,
					});
				}
			} finally {
				await Promise.allSettled([source.close(), destination.close()]);
				await held.close();
			}

			planned = wentAsPlanned(progress, expected, from.struck.length + to.struck.length);
			if (!asked.json && planned) {
				terminal.say(`The rehearsal went as planned: ${plural(progress.reconnects, 'dropped connection')} and ${plural(progress.throttles, 'throttling')} survived, ${count(progress.messages.refused)} messages refused on purpose.`);
			}
		}, (_, code) => planned && code === 3 ? 0 : (code === 0 && !planned ? 1 : code));
	} finally {
		await Promise.all([from.close(), to.close()]);
		await rm(directory, {recursive: true, force: true});
	}
};
