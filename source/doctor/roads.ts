import {type Transport} from '../mailbox/destination.js';
import {failures} from '../mailbox/failure.js';
import {transports} from '../mailbox/road.js';
import {
	type Check, type CheckId, ok, skipped, skippedFor, trouble,
} from './check.js';
import {
	failureIn, foundIn, type OpenedRoad, type Resource, type Subject, type TenantFindings,
} from './findings.js';
import {ewsEnds, roadRemedy} from './remedies.js';
import {countOf, listed, roadNames} from './words.js';

/**
How a road stands. `unproven`: its folders open, and only a probe message tells whether it takes mail. `untried`: there was no token.
`unwanted`: the configuration names another one, or no host for it.
*/
export type Standing = 'open' | 'unproven' | 'shut' | 'untried' | 'unwanted';

const resourceOf: Readonly<Record<Transport, Resource>> = {
	ews: 'exchange', imap: 'exchange', graph: 'graph', 'graph-json': 'graph',
};

export const standingOf = (transport: Transport, {roads}: TenantFindings, {transport: wanted, hasGraph}: Subject): Standing => {
	if ((wanted !== 'auto' && wanted !== transport) || (resourceOf[transport] === 'graph' && !hasGraph)) {
		return 'unwanted';
	}

	const road = roads[transport];
	if (!road) {
		return 'untried';
	}

	if ('failure' in road) {
		return 'shut';
	}

	return transport === 'graph' && !road.found.probe ? 'unproven' : 'open';
};

export const isPassable = (standing: Standing): boolean => standing === 'open' || standing === 'unproven';

const openWords = (transport: Transport, {folders, probe}: OpenedRoad, now: number): string => {
	switch (transport) {
		case 'ews': {
			return `Open${now < ewsEnds ? ' until 2027-04-01, when EWS ends for everybody' : ''}; ${countOf(folders, 'folder')}.`;
		}

		case 'graph': {
			return `Open: importMime${probe ? ` (${probe.version})` : ''}; ${countOf(folders, 'folder')}.`;
		}

		case 'graph-json': {
			return `Open, but messages are made anew from their parts; ${countOf(folders, 'folder')}.`;
		}

		case 'imap': {
			return `Open; ${countOf(folders, 'folder')}.`;
		}
	}
};

const importRole = 'Mail-Advanced.ReadWrite.All';

/** What the token says of a road that no one has tried. */
const hint = ({signIns}: TenantFindings): string => {
	const roles = foundIn(signIns.graph)?.roles;
	if (roles?.includes(importRole)) {
		return `The token names ${importRole}, which it needs.`;
	}

	return roles && roles.length > 0 ? `Most likely not: it needs ${importRole}, which the token does not name (one that Exchange granted does not show there).` : `It needs ${importRole}.`;
};

/** Nothing is gained by opening another road where one of those that keep nearly all is open, or one before it. */
const isEnough = (open: Transport, shut: Transport): boolean => open === 'ews' || open === 'imap' || transports.indexOf(open) < transports.indexOf(shut);

const needOf = (shut: Transport, open: Transport, isProven: boolean): string => {
	const name = roadNames[open];
	if (isEnough(open, shut)) {
		return isProven ? `It is not needed: ${name} is open.` : `It is needed only if ${name} takes no mail.`;
	}

	return `${name} ${isProven ? 'is' : 'may be'} open, but carries less.`;
};

const shutWords = (transport: Transport, findings: TenantFindings, subject: Subject, better: Transport | undefined): {readonly words: string} => {
	const unneeded = better === undefined ? '' : ` ${needOf(transport, better, standingOf(better, findings, subject) === 'open')}`;
	if (transport === 'ews' && subject.now >= ewsEnds) {
		return {words: `EWS ended for everybody on 2027-04-01, and nothing opens it.${unneeded}`};
	}

	const failure = failureIn(findings.roads[transport])!;
	// A cloud without importMime answers that there is no such address, and everything else there is well.
	const isMissing = transport === 'graph' && failure.code === 'server-nonsense' && failure.detail?.startsWith('HTTP') && foundIn(findings.roads['graph-json']) !== undefined;
	const {sentence} = failures[failure.code];
	return {words: `${isMissing ? 'Microsoft Graph has no importMime here.' : sentence}${failure.detail ? ` [${failure.detail}]` : ''}${unneeded}`};
};

const judgeRoad = (transport: Transport, findings: TenantFindings, subject: Subject, passable: readonly Transport[]): Check => {
	const id = `road.${transport}` as const satisfies CheckId;
	const standing = standingOf(transport, findings, subject);
	switch (standing) {
		case 'unwanted': {
			return skipped(id, subject.transport === 'auto' ? 'Not looked at: destination.cloud names no host for Graph.' : `Not looked at: destination.transport is ${subject.transport}; with auto every way is tried.`);
		}

		case 'untried': {
			return skippedFor(id, `login.${resourceOf[transport]}`);
		}

		case 'open': {
			return ok(id, openWords(transport, foundIn(findings.roads[transport])!, subject.now));
		}

		case 'unproven': {
			return {id, verdict: 'unknown', words: `The folders open. Whether importMime is allowed, only a test message tells. ${hint(findings)}`};
		}

		case 'shut': {
			const failure = failureIn(findings.roads[transport])!;
			const others = passable.filter(one => one !== transport);
			const first = transport === 'graph-json' ? failureIn(findings.roads.graph) : undefined;
			if (first?.code === failure.code && first.detail === failure.detail) {
				return trouble(id, failure, {words: 'Shut for the same reason as road.graph.', isNeeded: others.length === 0});
			}

			const {words} = shutWords(transport, findings, subject, others[0]);
			const next = roadRemedy(transport, failure, subject);
			return trouble(id, failure, {words, ...(next && {next}), isNeeded: others.length === 0});
		}
	}
};

const dates = {
	'from the message': 'the received date of the message is kept', 'by change': 'the received date is kept (it is set afterwards)', lost: 'the received date is not kept',
} as const;

const judgeProbe = (findings: TenantFindings, subject: Subject, passable: readonly Transport[]): Check => {
	const id = 'road.graph.probe';
	const standing = standingOf('graph', findings, subject);
	const probe = foundIn(findings.roads.graph)?.probe;
	if (!probe) {
		const better = passable.find(one => one !== 'graph' && one !== 'graph-json');
		return standing === 'unproven'
			? {
				id, verdict: 'unknown', words: `What importMime keeps, the received date above all, only a test message tells.${better ? ` It need not be known: ${roadNames[better]} is open.` : ''}`,
				next: `This puts two test messages, one of 3 MB, into a hidden folder of ${subject.mailbox} and deletes them again:\naw2ms365 doctor --probe`,
			}
			: skippedFor(id, 'road.graph');
	}

	const {isRead, takesStamp, takesLarge, deleted} = probe;
	const words = [
		`A test message was imported${subject.probedAt === undefined ? '' : ` on ${new Date(subject.probedAt).toISOString().slice(0, 10)}`}: ${dates[probe.receivedDate]}`,
		...(isRead ? ['it was read at once'] : []),
		...(takesStamp ? [] : ['our stamp is not kept']),
		takesLarge ? 'messages of more than 3 MB are taken' : 'messages of more than 3 MB are not taken',
		deleted ? 'it is deleted again' : 'it may still lie in the hidden folder aw2ms365 of the mailbox',
	];
	return {id, verdict: probe.receivedDate === 'lost' || !deleted ? 'warning' : 'ok', words: `${words.join('; ')}.`};
};

const judgeMailbox = (findings: TenantFindings, {mailbox, ...subject}: Subject, passable: readonly Transport[]): Check => {
	const [road] = passable;
	if (road) {
		return ok('mailbox', `${mailbox} opens, by ${listed([...new Set(passable.map(one => roadNames[one].split(' ', 1)[0]!))])}.`);
	}

	const wrong = transports.map(transport => failureIn(findings.roads[transport])).find(failure => failure?.code === 'mailbox-not-found' || failure?.code === 'mailbox-refused');
	const next = wrong && roadRemedy('graph', wrong, {...subject, mailbox});
	return wrong ? trouble('mailbox', wrong, {...(next && {next})}) : skipped('mailbox', 'Not looked at: no way to it is open.');
};

/** The roads that are open or may be, the best first. */
export const passableRoads = (findings: TenantFindings, subject: Subject): Transport[] => transports.filter(transport => isPassable(standingOf(transport, findings, subject)));

/** Each road, what a probe has shown, and the mailbox at their end. */
export const judgeRoads = (findings: TenantFindings, subject: Subject): Check[] => {
	const passable = passableRoads(findings, subject);
	return [
		...(['ews', 'imap', 'graph'] as const).map(transport => judgeRoad(transport, findings, subject, passable)),
		judgeProbe(findings, subject, passable),
		judgeRoad('graph-json', findings, subject, passable),
		judgeMailbox(findings, subject, passable),
	];
};
