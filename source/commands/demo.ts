import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {openSource, roadsOf} from '../endpoints.js';
import {type Journal} from '../migration/journal.js';
import {startMigration} from '../migration/migration.js';
import {type Progress} from '../migration/progress.js';
import {Roads} from '../migration/roads.js';
import {verify} from '../migration/verifier.js';
import {type ExitCode} from '../output/exit-code.js';
import {count, plural} from '../output/figures.js';
import {makeCertificates} from '../sandbox/certificate.js';
import {
	demo as rehearsal, type Act, type Demo, type DemoExpectation,
} from '../sandbox/demo.js';
import {ImapServer} from '../sandbox/imap/server.js';
import {MicrosoftServer} from '../sandbox/microsoft/server.js';
import {Secret, type Settings} from '../settings.js';
import {type Arguments} from './arguments.js';
import {showPlan} from './plan-text.js';
import {
	choicesOf, openDryJournal, openHeldJournal, type World,
} from './session.js';
import {onStage} from './stage.js';

/** The sandbox commits at once or never: no need to wait for late commits. */
const looks = [1000, 2000] as const;

/** Of the first act, and of the second. */
type Way = 'ews' | 'auto';

/** The servers of one act, and the settings that lead to them. */
type Scene = {readonly settings: Settings; readonly struck: () => number};

const settingsOf = ({source, mailbox}: Act, {app}: Demo, at: {
	readonly from: ImapServer; readonly microsoft: MicrosoftServer; readonly transport: Way; readonly ca: string; readonly directory: string;
}): Settings => {
	const [user] = source.users;
	const {host, imap} = at.microsoft;
	return {
		source: {
			host: at.from.host, port: at.from.port, tls: true, user: user.name, password: new Secret(user.password), ca: at.ca,
		},
		destination: {
			mailbox, transport: at.transport, tenantId: app.tenant, clientId: app.clientId, clientSecret: new Secret(app.secret),
			cloud: {
				login: host, graph: host, ews: host, imap: {host: imap.host, port: imap.port}, ca: at.ca,
			},
		},
		options: {
			skipFolders: [], includeFolders: [], folderMap: {}, rateLimit: 0, maxRetries: 1, maxMessageSize: 0, allowLoss: false, checkpointDirectory: at.directory,
		},
		file: '', announcements: [],
	};
};

/** Whether the act went as planned, its refusals included; the first also has mishaps. */
const wentAsPlanned = (progress: Progress, expected: DemoExpectation, way: Way, struck: number): boolean => {
	const {delivered, excluded, refused, remaining, unsure} = progress.messages;
	return delivered === expected.messages - expected.markedDeleted - expected.refused
		&& excluded === expected.markedDeleted && refused === expected.refused && remaining === 0 && unsure === 0
		&& (way === 'auto' ? progress.transport === 'imap' : (progress.reconnects > 0 && progress.throttles > 0 && struck >= 2))
		&& progress.verified && progress.equal === delivered
		&& progress.findings.missing + progress.findings.altered + progress.findings.date === 0;
};

const opening: Readonly<Record<Way, string>> = {
	ews: 'A rehearsal: mail servers inside this program, on loopback. No account is needed and none is touched.\nFirst WorkMail to Microsoft 365 by EWS, the door that closes on 2027-04-01.',
	auto: 'Now an administrator closes EWS, as happens to most tenants, and a second, small mailbox is moved by the best door that is open.',
};

/** One mailbox: plan, migration, verification. */
const play = async (asked: Arguments, world: World, act: Act, {settings, struck}: Scene): Promise<ExitCode> => {
	const {clock} = world;
	const transport = settings.destination.transport as Way;
	let planned = false;
	return onStage(asked, clock, async stage => {
		const {terminal, progress, control, tell, run} = stage;
		if (!asked.json) {
			terminal.say(opening[transport]);
		}

		tell({
			type: 'run.started', command: 'demo', version: world.version, source: act.source.users[0].name, destination: act.mailbox, transport,
		});
		const surroundings = {
			clock, random: world.random, looks, notice(notice: Parameters<Parameters<typeof openSource>[1]['notice']>[0]) {
				tell({type: 'notice', notice});
			},
		};
		const [source, roads] = [openSource(settings, surroundings), roadsOf(settings, surroundings)];
		const migrate = async (journal: Journal, dryRun: boolean) => startMigration({
			source, roads, journal, clock, random: world.random, choices: choicesOf(settings), control, tell, dryRun,
			run: {id: run, version: world.version, command: 'demo'},
		}).ended;
		const held = await openHeldJournal(settings, world);
		const there = new Roads({
			roads, control, choices: choicesOf(settings), dryRun: true, tell: () => undefined,
		});
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

				const {destination, traits} = await there.best();
				await verify({
					source, destination, traits, record: held.journal.record, details: async (folder, uid) => held.journal.details(folder, uid),
					choices: choicesOf(settings), signal: control.stopping, tell,
				});
			}
		} finally {
			await Promise.allSettled([source.close(), there.close()]);
			await held.close();
		}

		planned = wentAsPlanned(progress, act.expected, transport, struck());
		if (!asked.json && planned && transport === 'ews') {
			terminal.say(`The rehearsal went as planned: ${plural(progress.reconnects, 'dropped connection')} and ${plural(progress.throttles, 'throttling')} survived, ${count(progress.messages.refused)} messages refused on purpose.`);
		}
	}, (_, code) => planned && code === 3 ? 0 : (code === 0 && !planned ? 1 : code));
};

/**
The whole thing against servers in this process, on loopback: no account is needed and none is touched. Two mailboxes,
the second after EWS was closed; with `--json` the first alone, as a run has one summary.
*/
export const demo = async (asked: Arguments, world: World): Promise<ExitCode> => {
	const directory = await mkdtemp(path.join(os.tmpdir(), 'aw2ms365-demo-'));
	const {key, cert, ca} = makeCertificates();
	const script = rehearsal(world.clock);
	const microsoft = await MicrosoftServer.start({...script.destination, tls: {key, cert}});
	const [ana, ben] = await Promise.all([
		ImapServer.start({...script.ews.source, tls: {key, cert}}),
		ImapServer.start({...script.auto.source, tls: {key, cert}}),
	]);
	const at = {
		microsoft, ca, directory,
	};
	try {
		const first = await play(asked, world, script.ews, {
			settings: settingsOf(script.ews, script, {...at, from: ana, transport: 'ews'}), struck: () => ana.struck.length + microsoft.struck.length,
		});
		if (first !== 0 || asked.json) {
			return first;
		}

		microsoft.tenant.ewsEnabled = false;
		return await play(asked, world, script.auto, {settings: settingsOf(script.auto, script, {...at, from: ben, transport: 'auto'}), struck: () => microsoft.imap.struck.length});
	} finally {
		await Promise.all([microsoft.close(), ana.close(), ben.close()]);
		await rm(directory, {recursive: true, force: true});
	}
};
