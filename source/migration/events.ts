import {type FolderPath, type Role} from '../mailbox/mailbox.js';
import {type Failure, type FailureCode} from '../mailbox/failure.js';
import {type Loss} from '../mailbox/losses.js';
import {type Notice} from '../mailbox/source.js';
import {type Transport} from '../mailbox/destination.js';
import {type Clock} from '../mailbox/clock.js';
import {type ExclusionRule, type Fate} from './facts.js';

/** Messages or bytes by fate. `remaining` has no fate yet; `lossy` lies within delivered, `altered` within already there, `unsure` within remaining. */
export type Tally = Readonly<Record<'delivered' | 'alreadyThere' | 'excluded' | 'refused' | 'vanished' | 'remaining' | 'lossy' | 'altered' | 'unsure', number>>;

export type Phase = 'signing-in' | 'surveying' | 'migrating' | 'settling' | 'verifying' | 'finished';

export type VerdictKind = 'missing' | 'altered' | 'date' | 'flags' | 'extra' | 'moved' | 'unsure';

/** The application that a tenant of Microsoft 365 is opened with. */
export type Registration = {readonly tenantId: string; readonly clientId: string};

/** Where a message is. `folder` is the source path; for `extra` mail the destination's. */
type At = {readonly folder: FolderPath; readonly uid: number};

/** The earlier key of a message that was moved at the source: it gives its place in the sums to the new key. `lossy`: it was counted as lossy or, already there, as altered. */
export type Superseded = {readonly folder: FolderPath; readonly uid: number; readonly state: 'delivered' | 'already-there'; readonly lossy: boolean};

/** Where Microsoft shows a value that cannot be guessed. */
export type DnsPlace = {readonly place: 'portal' | 'graph' | 'powershell'; readonly text: string};

export type DnsVerdict = 'ok' | 'differs' | 'missing' | 'unknown';

/** How a check of `doctor` went. `unknown`: only a probe message would tell. */
export type DoctorVerdict = 'ok' | 'warning' | 'failed' | 'skipped' | 'unknown';

/** How what is published stands to what is wanted, and who said so. */
export type DnsCheck = {
	readonly verdict: DnsVerdict; readonly finding: string; readonly words: string; readonly published: readonly string[]; readonly suggestion?: string; readonly notes: readonly string[];
	readonly servers: ReadonlyArray<{readonly server: string; readonly isZones: boolean; readonly answer: 'found' | 'no-name' | 'no-data' | 'timeout' | 'servfail' | 'refused' | 'unreachable' | 'nonsense'; readonly values: readonly string[]}>;
};

/**
What the engine tells, as plain JSON values. Each sentence says when it fires. A message changes its
state by exactly one `message.*` event, so that a fold over events can keep the sums.
*/
export type Event =
	/** Once, first. */
	| {readonly type: 'run.started'; readonly command: string; readonly version: string; readonly source: string; readonly destination: string; readonly transport: Transport | 'auto'; readonly application?: Registration}
	| {readonly type: 'phase'; readonly phase: Phase}
	/** A way in was tried and is not open, or closed while it was used; another one is tried. */
	| {readonly type: 'road.closed'; readonly transport: Transport; readonly failure: Failure}
	/**
	By which way messages go from here on: it is the `only` one there is; the `best` that is open; the next, as the one before `closed`;
	or the next for those `messages` that the one before `refused`. `losses`: what it does not carry; `mayLose`: only a probe would tell.
	*/
	| {readonly type: 'road.chosen'; readonly transport: Transport; readonly reason: 'only' | 'best' | 'closed' | 'refused'; readonly messages?: number; readonly losses: readonly Loss[]; readonly mayLose: readonly Loss[]}
	/** A folder was listed and its way is known; what the record says of it. Again when it had to be listed anew: replaces what was said. */
	| {
		readonly type: 'folder.surveyed'; readonly folder: FolderPath; readonly destination: FolderPath; readonly role?: Role;
		readonly reasons: readonly string[]; readonly explanation?: string; readonly exists: boolean; readonly excluded?: ExclusionRule;
		readonly messages: Tally; readonly bytes: Tally; readonly predicted: number;
	}
	/** The destination holds the wanted name equal to another one: the folder goes elsewhere than was said. */
	| {readonly type: 'folder.renamed'; readonly folder: FolderPath; readonly destination: FolderPath; readonly wanted: FolderPath; readonly reason: string}
	/** Something in the choices that has no effect, most likely a misspelling; or an effect that a person may not expect. */
	| {readonly type: 'warning'; readonly words: string}
	/** A folder the source lists that holds no mail, or a container. */
	| {readonly type: 'folder.ignored'; readonly folder: FolderPath; readonly kind: 'container' | 'not-mail'}
	/** Every folder was listed: totals are complete. `earlier`: messages that had their fate before this run. */
	| {readonly type: 'survey.completed'; readonly earlier: number}
	/** A message got its fate (or another one). `from` is the state it leaves. */
	| {readonly type: 'message.delivered'} & At & {readonly bytes: number; readonly from: 'remaining' | 'unsure'; readonly lost?: readonly string[]}
	/** `altered`: what is not as it should be (`received`, `draft`), as another tool put it there. */
	| {readonly type: 'message.already-there'} & At & {readonly bytes: number; readonly from: 'remaining' | 'unsure'; readonly altered?: readonly string[]; readonly supersedes?: Superseded}
	| {readonly type: 'message.refused'} & At & {readonly bytes: number; readonly from: 'remaining' | 'unsure'; readonly failure: Failure; readonly subject?: string; readonly sender?: string; readonly attempts: number}
	| {readonly type: 'message.vanished'} & At & {readonly bytes: number; readonly from: 'remaining' | 'unsure' | 'refused'}
	/** The answer to a delivery was lost: the message may be there. It will be looked for. */
	| {readonly type: 'message.unsure'} & At & {readonly bytes: number; readonly failure: Failure}
	/** It was looked for, twice, and is not there: it will be sent again. */
	| {readonly type: 'message.not-stored'} & At & {readonly bytes: number}
	/** A refused or excluded message is tried again. `code`: by what it was refused in this run, where another road is tried. */
	| {readonly type: 'message.reopened'} & At & {readonly bytes: number; readonly from: Fate; readonly code?: FailureCode}
	/** A message failed in a way that is worth trying again in this run. */
	| {readonly type: 'message.retrying'} & At & {readonly failure: Failure; readonly attempt: number}
	/**
	As things stand this message will be refused: told by the survey, behind the `folder.surveyed` of its folder, before anything is sent. Changes no sum.
	`limit`: bytes that it exceeds; `receivedAt`: RFC 3339; subject and sender where the source tells them.
	*/
	| {
		readonly type: 'message.predicted'; readonly bytes: number; readonly limit: number; readonly receivedAt: string; readonly failure: Failure; readonly subject?: string; readonly sender?: string;
	} & At
	/** A folder cannot go on in this run; the others do. */
	| {readonly type: 'folder.failed'; readonly folder: FolderPath; readonly failure: Failure}
	/** Nothing of a folder remains. */
	| {readonly type: 'folder.completed'; readonly folder: FolderPath}
	/** How many deliveries at once, and why. `until`: nothing is sent before (milliseconds since 1970). */
	| {readonly type: 'pace'; readonly lanes: number; readonly reason: 'start' | 'calm' | 'throttled' | 'asked'; readonly until?: number}
	| {readonly type: 'paused' | 'resumed'; readonly folder?: FolderPath}
	/** No new work is taken; deliveries under way are finished. */
	| {readonly type: 'stopping'; readonly underWay: number}
	| {readonly type: 'notice'; readonly notice: Notice}
	/** A configuration to fill in was written there. */
	| {readonly type: 'configuration.written'; readonly file: string}
	/** `dns`: the domain it is about, in ASCII and for people; `checked`: what is published was looked at too. */
	| {readonly type: 'dns.domain'; readonly domain: string; readonly shown: string; readonly cloud: string; readonly checked: boolean}
	/** A record to set, in the order of operations. `ttl` in seconds; names and values as DNS has them. */
	| {
		readonly type: 'dns.record'; readonly step: number; readonly record: string; readonly name: string; readonly kind: 'MX' | 'TXT' | 'CNAME'; readonly value?: string; readonly form?: string;
		readonly preference?: number; readonly ttl: number; readonly why: string; readonly where: readonly DnsPlace[]; readonly check?: DnsCheck;
	}
	/** Something to do between two records. */
	| {readonly type: 'dns.action'; readonly step: number; readonly words: string; readonly why: string; readonly commands: readonly string[]}
	/** Something beyond a message or folder ended the run. */
	| {readonly type: 'run.failed'; readonly failure: Failure}
	| {readonly type: 'verify.finding'; readonly kind: VerdictKind; readonly folder: FolderPath; readonly destination: FolderPath; readonly uid: number; readonly detail?: string}
	| {readonly type: 'verify.folder'; readonly folder: FolderPath; readonly destination: FolderPath; readonly compared: number; readonly equal: number; readonly findings: Readonly<Record<VerdictKind, number>>}
	/** One refused message on record, for `failures`; times are RFC 3339. Changes no sum. */
	| {
		readonly type: 'failure'; readonly failure: Failure; readonly sentence: string; readonly next: string; readonly bytes: number; readonly receivedAt: string;
		readonly refusedAt: string; readonly subject?: string; readonly sender?: string; readonly attempts: number; readonly command: string;
		/** By which it was tried. */
		readonly roads?: readonly Transport[];
	} & At
	/** `doctor`: one check, by its name that stays; `next` is the remedy, with the person's own ids and a line for each command. */
	| {readonly type: 'doctor.check'; readonly id: string; readonly verdict: DoctorVerdict; readonly words: string; readonly failure?: Failure; readonly next?: string}
	/** `doctor`, last: the way a migration would take (`otherwise`: the next, where only a probe tells whether it is open), what that loses, and the hours at the services' limits, `documented` or assumed. */
	| {
		readonly type: 'doctor.transport'; readonly transport?: Transport; readonly otherwise?: Transport; readonly why: string; readonly loses: readonly Loss[]; readonly mayLose: readonly Loss[];
		readonly estimate?: {readonly messages: number; readonly bytes: number; readonly hours: number; readonly documented: boolean; readonly words: string};
	}
	/** The work is over, however it ended; the faces add the figures of the fold. */
	| {readonly type: 'run.ended'; readonly outcome: RunOutcome};

export type RunOutcome = 'complete' | 'partial' | 'interrupted' | 'failed';

/** An event with its envelope, as NDJSON carries it. `at` is milliseconds since 1970 UTC. */
export type Told = Event & {readonly seq: number; readonly at: number; readonly run: string};

export type Listener = (event: Told) => void;

/** What a person or a script may ask of a running engine; plain JSON values. */
export type Command =
	| {readonly type: 'pause' | 'resume'; readonly folder?: FolderPath}
	/** Take no new work, finish what is under way. */
	| {readonly type: 'stop'}
	/** At most so many deliveries at once; the road's own limit stays above it. */
	| {readonly type: 'pace'; readonly lanes: number}
	/** Leave a folder for a later run. */
	| {readonly type: 'skip'; readonly folder: FolderPath};

/** Numbers events and hands them to every listener; a listener that throws cannot hurt the engine. */
export class Teller {
	#seq = 0;
	readonly #listeners = new Set<Listener>();
	readonly #clock: Clock;
	readonly #run: string;

	constructor(clock: Clock, run: string) {
		this.#clock = clock;
		this.#run = run;
	}

	/** @returns a function that takes the listener away again */
	listen(listener: Listener): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}

	tell(event: Event): void {
		const told = {
			...event, seq: this.#seq++, at: this.#clock.now(), run: this.#run,
		};
		for (const listener of this.#listeners) {
			try {
				listener(told);
			} catch {
				// A face that fails is its own matter: the migration goes on.
			}
		}
	}
}
