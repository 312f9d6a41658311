import {type MailDestination, type Transport} from '../mailbox/destination.js';
import {type Clock} from '../mailbox/clock.js';
import {type Road} from '../mailbox/road.js';
import {rolesIn} from '../credentials/roles.js';
import {type Ears} from './examine-server.js';
import {
	failureIn, foundIn, type OpenedRoad, type Outcome, type ProbeFindings, type Resource, type TenantFindings,
} from './findings.js';
import {patience} from './patience.js';

/** How a road is opened: to look only, or with a probe message. */
export type Manner = {readonly readOnly: boolean; readonly probe: boolean};

export type TenantInstruments = {
	readonly clock: Clock;
	/** Asks the sign-in service for a sign of life. */
	readonly reach: (signal: AbortSignal) => Promise<unknown>;
	/** The tokens that a migration may need. */
	readonly signIns: (ears: Pick<Ears, 'clock' | 'notice'>) => ReadonlyArray<{readonly resource: Resource; readonly token: () => Promise<string>}>;
	/** The roads that the settings allow; made anew for each, so that one does not hear what another is told. */
	readonly roads: (ears: Ears, manner: Manner) => readonly Road[];
	/** Messages may be written: a probe of importMime. */
	readonly probes: boolean;
	/** IMAP's host, to be connected to before anything else is said of it. */
	readonly reachImap: (signal: AbortSignal) => Promise<unknown>;
	/** Milliseconds of real time. */
	readonly limits?: {readonly reach: number; readonly signIn: number; readonly road: number};
};

const usualLimits = {reach: 10_000, signIn: 40_000, road: 60_000};

const serviceOf: Readonly<Record<Transport, Resource>> = {
	ews: 'exchange', imap: 'exchange', graph: 'graph', 'graph-json': 'graph',
};

/** What a destination knows of a probe, now or earlier (destinations/graph.ts). */
const probeOf = (destination: MailDestination): ProbeFindings | undefined => {
	const {findings} = destination as {readonly findings?: unknown};
	return typeof findings === 'function' ? (findings as () => ProbeFindings | undefined)() : undefined;
};

const openRoad = async (transport: Transport, {clock, roads, probes, reachImap, limits = usualLimits}: TenantInstruments, signal: AbortSignal): Promise<Outcome<OpenedRoad>> => {
	const own = patience(clock);
	if (transport === 'imap') {
		const reached = await own.bounded(limits.reach, signal, reachImap);
		if ('failure' in reached) {
			return reached;
		}
	}

	const probe = probes && transport === 'graph';
	return own.bounded(limits.road, signal, async stopping => {
		const destination = roads(own, {readOnly: !probe, probe}).find(road => road.transport === transport)!.destination();
		try {
			const traits = await destination.open(stopping);
			const folders = await destination.folders(stopping);
			const findings = probeOf(destination);
			return {traits, folders: folders.filter(({kind}) => kind === 'mail').length, ...(findings && {probe: findings})};
		} finally {
			await destination.close();
		}
	});
};

/** Signs in for each service and opens each road, all at the same time. Writes nothing, unless a probe was allowed. */
export const examineTenant = async (instruments: TenantInstruments, signal: AbortSignal, step: (id: 'login' | `road.${Transport}`, isOver: boolean) => void): Promise<TenantFindings> => {
	const {clock, reach: reachLogin, signIns: ask, roads, limits = usualLimits} = instruments;
	step('login', false);
	const own = patience(clock);
	const reached = await own.bounded(limits.reach, signal, reachLogin);
	if (failureIn(reached)) {
		step('login', true);
		return {reach: reached, signIns: {}, roads: {}};
	}

	const wanted = roads(own, {readOnly: true, probe: false}).map(({transport}) => transport);
	const services = ask(own).filter(({resource}) => wanted.some(transport => serviceOf[transport] === resource));
	const signIns: {-readonly [One in keyof TenantFindings['signIns']]: TenantFindings['signIns'][One]} = {};
	for (const {resource, token} of services) {
		// One after the other: what the application as such is refused for is the same for all.
		// eslint-disable-next-line no-await-in-loop -- two at most
		signIns[resource] = await own.bounded(limits.signIn, signal, async () => ({roles: rolesIn(await token())}));
	}

	step('login', true);
	const opened = await Promise.all(wanted.filter(transport => foundIn(signIns[serviceOf[transport]])).map(async transport => {
		step(`road.${transport}`, false);
		const outcome = await openRoad(transport, instruments, signal);
		step(`road.${transport}`, true);
		return [transport, outcome] as const;
	}));
	return {reach: reached, signIns, roads: Object.fromEntries(opened)};
};
