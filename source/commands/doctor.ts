import process from 'node:process';
import {lookAtDirectory} from '../doctor/directory.js';
import {type Check, exitOf} from '../doctor/check.js';
import {examineServer} from '../doctor/examine-server.js';
import {examineTenant} from '../doctor/examine-tenant.js';
import {type ClockFinding, type Subject} from '../doctor/findings.js';
import {
	judgeMachine, judgePassword, judgeServer, judgeTenant, type Judged,
} from '../doctor/judge.js';
import {reach} from '../doctor/reach.js';
import {toldTime} from '../doctor/told-time.js';
import {
	accountsOf, type GraphFindings, openSource, roadsOf, signInsOf,
} from '../endpoints.js';
import {leavesBehind} from '../mailbox/folder-matcher.js';
import {journalName} from '../migration/journal-name.js';
import {type ExitCode} from '../output/exit-code.js';
import {type ImapSettings, type Settings} from '../settings.js';
import {type Arguments} from './arguments.js';
import {askYes} from './ask.js';
import {recallFindings, rememberFindings} from './probe-findings.js';
import {
	directoryOf, readSettings, startOf, type World,
} from './session.js';
import {onStage, type Stage} from './stage.js';

/** To tell the time, in milliseconds. */
const deadline = 10_000;

const placeOf = ({host, port}: {readonly host: string; readonly port: number}): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** What is looked at, and what to tell meanwhile where a line can be replaced. */
const steps = ({terminal}: Stage, isSilent: boolean) => {
	const underWay = new Set<string>();
	return (id: string, isOver: boolean): void => {
		underWay[isOver ? 'delete' : 'add'](id);
		if (!isSilent && underWay.size > 0) {
			terminal.replace(`  looking at ${[...underWay].join(', ')} …`);
		}
	};
};

type Step = ReturnType<typeof steps>;

/** The source, or a destination with a password. */
const lookAtServer = async (side: 'source' | 'destination', settings: Settings, {world, signal, step}: {readonly world: World; readonly signal: AbortSignal; readonly step: Step}) => {
	const {source, destination, options} = settings;
	const server: ImapSettings = side === 'source' ? source : destination.imap!;
	const staysBehind = leavesBehind(options.skipFolders, options.includeFolders);
	step(side, false);
	const findings = await examineServer({
		clock: world.clock, place: placeOf(server), reach: async stopping => reach(server, stopping),
		mailbox(ears) {
			const surroundings = {...ears, random: world.random, isReadOnly: true};
			if (side === 'source') {
				return openSource(settings, surroundings);
			}

			const there = roadsOf(settings, surroundings)[0]!.destination();
			return {open: async stopping => there.open(stopping), folders: async stopping => there.folders(stopping), close: async () => there.close()};
		},
		staysBehind: side === 'source' ? staysBehind : () => false,
	}, signal, () => undefined);
	step(side, true);
	return findings;
};

/** How far this machine's clock is from those of the services; the sign-in service's sign of life is told apart. */
const lookAtTimes = ({destination: {cloud, imap}}: Settings, {clock}: World, signal: AbortSignal) => {
	const hosts = imap ? [] : [...new Set([cloud.login, cloud.graph, cloud.ews].filter(Boolean))];
	const times = new Map(hosts.map(host => [host, toldTime(host, {...(cloud.ca && {ca: cloud.ca}), deadline, signal})]));
	void Promise.allSettled(times.values());
	const clocks = (async () => {
		const found: ClockFinding[] = [];
		for (const [host, time] of times) {
			try {
				// eslint-disable-next-line no-await-in-loop -- they are under way together
				const at = await time;
				found.push(...(at === undefined ? [] : [{host, ahead: clock.now() - at}]));
			} catch {
				// Its own check tells.
			}
		}

		return found;
	})();
	return {clocks, login: times.get(cloud.login)};
};

const subjectOf = ({destination, options}: Settings, {clock}: World, probedAt: number | undefined): Subject => {
	const {mailbox, tenantId, clientId, transport, cloud} = destination;
	return {
		mailbox, tenantId, clientId, transport, probedAt, now: clock.now(), allowsLoss: options.allowLoss, hasGraph: cloud.graph !== '',
		places: {login: cloud.login, imap: placeOf(cloud.imap)},
	};
};

/** `doctor`: everything a run needs, checked. Writes nothing, unless a probe message was allowed. */
export const doctor = async (asked: Arguments, world: World): Promise<ExitCode> => {
	const settings = await readSettings(asked, world);
	const told: Check[] = [];
	return onStage(asked, world.clock, async stage => {
		stage.tell(startOf(settings, 'doctor', world));
		const {destination, file, announcements} = settings;
		const {stopping: signal} = stage.control;
		const probes = asked.probe && !destination.imap && await mayProbe(asked, settings, stage);
		const [directory, name] = [await directoryOf(settings, world), journalName(accountsOf(settings))];
		const known = probes ? undefined : await recallFindings(directory, name, world.clock.now());
		const step = steps(stage, asked.json);
		const tell = (checks: readonly Check[]) => {
			for (const check of checks) {
				told.push(check);
				stage.tell({type: 'doctor.check', ...check});
			}
		};

		const {clocks, login} = lookAtTimes(settings, world, signal);
		const around = {world, signal, step};
		const looking = {
			source: lookAtServer('source', settings, around),
			password: destination.imap && lookAtServer('destination', settings, around),
			tenant: destination.imap
				? undefined
				: examineTenant({
					clock: world.clock, probes, reach: async () => login,
					reachImap: async stopping => reach({...destination.cloud.imap, tls: true, ca: destination.cloud.ca}, stopping),
					// Without sleep: a secret that may be too new is told, not waited for.
					signIns: ({notice}) => signInsOf(settings, {clock: {now: () => world.clock.now()}, notice}),
					roads: (ears, {readOnly, probe}) => roadsOf(settings, {
						...ears, random: world.random, isReadOnly: readOnly, probe, graphFindings: known?.graph,
						onGraphFindings(graph: GraphFindings) {
							void rememberFindings(directory, name, {at: world.clock.now(), graph});
						},
					}),
				}, signal, step),
		};
		// What fails while another is waited for is thrown where it is waited for itself.
		void Promise.allSettled([looking.source, looking.password ?? looking.tenant!]);
		tell(judgeMachine({
			node: process.versions.node, file, announcements, directory: await lookAtDirectory(directory), clocks: await clocks,
		}));
		const source = await looking.source;
		tell(judgeServer('source', source));
		const {checks, advice}: Judged = looking.password
			? judgePassword(await looking.password, source)
			: judgeTenant((await looking.tenant)!, subjectOf(settings, world, known?.at), source);
		tell(checks);
		stage.tell({type: 'doctor.transport', ...advice});
		stage.tell({type: 'run.ended', outcome: exitOf(told) === 0 ? 'complete' : 'partial'});
	}, (progress, code) => progress.failure !== undefined || progress.outcome === 'interrupted' ? code : exitOf(told));
};

/** On a terminal it is asked once more; the flag is the asking elsewhere. */
const mayProbe = async ({json}: Arguments, {destination: {mailbox}}: Settings, {terminal, control}: Stage): Promise<boolean> => {
	if (json || !process.stdin.isTTY || !terminal.live) {
		return true;
	}

	terminal.say(`This puts two test messages, one of 3 MB, into a hidden folder of ${mailbox} and deletes them again.`);
	return askYes('Go on?', control.stopping);
};
