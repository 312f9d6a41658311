import {type Transport} from '../mailbox/destination.js';
import {showPath} from '../mailbox/mailbox.js';
import {
	failures, nextStep, type Failure, type FailureCode,
} from '../mailbox/failure.js';
import {
	type DnsVerdict, type DoctorVerdict, type RunOutcome, type Tally, type VerdictKind,
} from '../migration/events.js';
import {type Progress, totalOf} from '../migration/progress.js';

/** Messages by fate; `total` equals the sum of the six after it. */
export type Messages = {readonly total: number} & Tally;

type Verification = {readonly compared: number; readonly equal: number; readonly findings: Readonly<Record<VerdictKind, number>>};

export type Summary = {
	readonly type: 'summary';
	readonly command: string;
	readonly outcome: RunOutcome;
	readonly exitCode: number;
	readonly source: string;
	readonly destination: string;
	readonly transport: string;
	/** The roads that this run tried, in that order. */
	readonly roads: ReadonlyArray<{readonly transport: Transport; /** By this run. */ readonly delivered: number; /** Why it was not, or no longer, open. */ readonly closed?: FailureCode}>;
	readonly messages: Messages;
	/** Bytes delivered, over all runs. */
	readonly bytes: number;
	/** Bytes by fate. */
	readonly bytesByFate: Messages;
	/** Seconds this run took. */
	readonly seconds: number;
	/** What this run did, and what had its fate before it. */
	readonly thisRun: {readonly delivered: number; readonly bytes: number; readonly earlier: number};
	readonly folders: ReadonlyArray<{
		readonly folder: string; readonly path: readonly string[]; readonly destination: readonly string[]; readonly messages: Messages; readonly bytes: number;
		readonly failure?: Failure; readonly verification?: Verification;
	}>;
	/** Refused by this run, by cause. */
	readonly refused: ReadonlyArray<{readonly code: FailureCode; readonly count: number; readonly sentence: string; readonly next: string}>;
	readonly failure?: Failure & {readonly sentence: string; readonly next: string};
	/** The file that `init` wrote. */
	readonly file?: string;
	readonly verification?: Verification;
	/** Of `dns`: records by verdict, where they were looked up. */
	readonly dns?: Readonly<{domain: string; cloud: string; checked: boolean; records: number} & Record<DnsVerdict, number>>;
	/** Of `doctor`: checks by verdict, and the way that a migration would take. */
	readonly doctor?: Readonly<{transport?: string} & Record<DoctorVerdict, number>>;
};

const withTotal = (tally: Tally): Messages => {
	const {delivered, alreadyThere, excluded, refused, vanished, remaining, lossy, altered, unsure} = tally;
	return {
		total: totalOf(tally), delivered, alreadyThere, excluded, refused, vanished, remaining, lossy, altered, unsure,
	};
};

/** The last line of every run, read from the one fold. */
export const summaryOf = (progress: Progress, outcome: RunOutcome, exitCode: number): Summary => ({
	type: 'summary',
	command: progress.command,
	outcome,
	exitCode,
	source: progress.source,
	destination: progress.destination,
	transport: progress.transport,
	roads: [...progress.roads].map(([transport, {delivered, closed}]) => ({transport, delivered, ...(closed && {closed})})),
	messages: withTotal(progress.messages),
	bytes: progress.bytes.delivered,
	bytesByFate: withTotal(progress.bytes),
	seconds: Math.max(0, Math.round((progress.at - progress.startedAt) / 100) / 10),
	thisRun: {delivered: progress.deliveredNow, bytes: progress.bytesNow, earlier: progress.earlier},
	folders: [...progress.folders.values()].map(folder => ({
		folder: showPath(folder.path),
		path: folder.path,
		destination: folder.destination,
		messages: withTotal(folder.messages),
		bytes: folder.bytes.delivered,
		...(folder.failure && {failure: folder.failure}),
		...(folder.verdict && {verification: folder.verdict}),
	})),
	refused: [...progress.refusedBy].map(([code, count]) => ({
		code, count, sentence: failures[code].sentence, next: nextStep({code}, progress.names),
	})),
	...(progress.failure && {failure: {...progress.failure, sentence: failures[progress.failure.code].sentence, next: nextStep(progress.failure, progress.names)}}),
	...(progress.file !== undefined && {file: progress.file}),
	...(progress.dns && {dns: progress.dns}),
	...(progress.doctor && {doctor: progress.doctor}),
	...(progress.verified && {verification: {compared: progress.compared, equal: progress.equal, findings: progress.findings}}),
});
