import {type Transport} from '../mailbox/destination.js';
import {type Failure, FailureError, failures} from '../mailbox/failure.js';
import {type Loss, losses} from '../mailbox/losses.js';
import {firstOpen, transports} from '../mailbox/road.js';
import {
	type Check, ok, skipped, trouble,
} from './check.js';
import {estimate, type Estimate} from './estimate.js';
import {
	failureIn, foundIn, type FolderCount, type OpenedRoad, type ServerFindings, type Subject, type TenantFindings,
} from './findings.js';
import {isPassable, standingOf} from './roads.js';
import {roadNames} from './words.js';

/** What a migration would do. */
export type Advice = {
	/** The way it would take; absent where none is open. */
	readonly transport?: Transport;
	/** The next one, where only a probe tells whether the first is open. */
	readonly otherwise?: Transport;
	readonly why: string;
	readonly loses: readonly Loss[];
	/** Only a probe tells whether it loses these. */
	readonly mayLose: readonly Loss[];
	readonly estimate?: Estimate;
};

const nothing = {loses: [], mayLose: []} as const;

/** As the adapter says it, and where it does not, as the probe has shown or as the road is known. */
const lossesOf = (transport: Transport, {traits, probe}: OpenedRoad): Pick<Advice, 'loses' | 'mayLose'> => {
	const known: readonly Loss[] = transport === 'graph-json' ? ['mime', 'signatures'] : (probe?.receivedDate === 'lost' ? ['received-date'] : []);
	const loses = traits.loses ?? known;
	const open: readonly Loss[] = transport === 'graph' && !probe ? ['received-date'] : [];
	return {loses, mayLose: (traits.mayLose ?? open).filter(loss => !loses.includes(loss))};
};

const reasons: Readonly<Record<Transport, string>> = {
	ews: 'it keeps most: received date, states and categories', imap: 'it keeps received date and most states, and takes large messages', graph: 'it takes each message as it is', 'graph-json': 'nothing better is open',
};

const whyOf = (transport: Transport, {transport: wanted}: Subject, isProven: boolean): string => wanted === 'auto'
	? `${roadNames[transport]}, the best way ${transport === transports[0] ? 'there is' : (isProven ? 'that is open' : 'that may be open')}: ${reasons[transport]}.`
	: `${roadNames[transport]}, as destination.transport says.`;

/** That no host is reached says nothing of what is allowed there (as migration/roads.ts has it). */
const nothingOpen = ({roads}: TenantFindings): Failure => {
	const reasons = transports.map(transport => failureIn(roads[transport])).filter(failure => failure !== undefined);
	return reasons.every(({code}) => failures[code].exit === 5) ? reasons[0]! : new FailureError('no-road').failure;
};

/** The way that a migration would take, why, what it would lose and how long it would take. */
export const advise = (findings: TenantFindings, subject: Subject, count: FolderCount | undefined): {readonly check: Check; readonly advice: Advice} => {
	const standing = (transport: Transport) => standingOf(transport, findings, subject);
	const chosen = firstOpen(transports, transport => isPassable(standing(transport)));
	if (chosen === undefined) {
		const isShut = transports.some(transport => standing(transport) === 'shut');
		const why = isShut ? 'No way into the mailbox is open.' : 'Nothing can be tried before the sign-in works.';
		return {
			check: isShut ? trouble('transport', nothingOpen(findings), {words: why, next: 'Open one of the ways above; IMAP lasts beyond 2027-04-01 and loses little.'}) : skipped('transport', why), advice: {why, ...nothing},
		};
	}

	const isProven = standing(chosen) === 'open';
	const otherwise = isProven ? undefined : firstOpen(transports, transport => standing(transport) === 'open');
	const lost = lossesOf(chosen, foundIn(findings.roads[chosen])!);
	const why = `${whyOf(chosen, subject, isProven)}${isProven ? '' : ` Whether it takes mail, a test message tells: now with --probe, else when a migration begins${otherwise ? `; if it does not, ${roadNames[otherwise]} is taken` : ''}.`}`;
	const advice: Advice = {
		transport: chosen, ...(otherwise && {otherwise}), why, ...lost,
		...(count && {estimate: estimate(chosen, count, count.counted + count.unopened.length >= count.folders)}),
	};
	const asks = lost.loses.some(loss => losses[loss].needsConsent) && !subject.allowsLoss;
	const words = `A migration would go by ${why}`;
	if (!isProven) {
		return {check: {id: 'transport', verdict: 'unknown', words}, advice};
	}

	return {
		check: asks
			? {
				id: 'transport', verdict: 'warning', words: `${words} It does not carry everything (below), and asks before it begins.`, next: 'Open a better way (above), or allow the loss with options.allowLoss: true or --allow-loss.',
			}
			: ok('transport', words),
		advice,
	};
};

/** The same where the destination is a server with a password: there is one way. */
export const advisePassword = ({folders}: ServerFindings, count: FolderCount | undefined): {readonly check: Check; readonly advice: Advice} => {
	if (!foundIn(folders)) {
		const why = 'Nothing can be said before the destination opens.';
		return {check: skipped('transport', why), advice: {why, ...nothing}};
	}

	const why = 'IMAP, the one way into a server with a password (destination.imap).';
	return {
		check: ok('transport', `A migration would go by ${why}`),
		advice: {
			transport: 'imap', why, ...nothing, ...(count && {estimate: estimate('imap', count, count.counted + count.unopened.length >= count.folders)}),
		},
	};
};
