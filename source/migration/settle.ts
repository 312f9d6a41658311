import {groupBy} from '../mailbox/group-by.js';
import {type FolderPath, pathKey, showPath} from '../mailbox/mailbox.js';
import {type Unsure} from '../mailbox/destination.js';
import {FailureError, failureOf} from '../mailbox/failure.js';
import {secondOf, type Fingerprint} from '../mailbox/identity.js';
import {idsFromOthers, longestWork, lookAcross} from './across.js';
import {type Context} from './context.js';
import {type Alarm} from './condition.js';
import {type FolderRecord} from './record-folder.js';
import {type Moves} from './moves.js';
import {type FolderWork} from './work.js';
import {stampOf} from './stamp.js';

/** A message whose delivery has an unknown outcome, and when to look for it. */
type Entry = {
	readonly record: FolderRecord;
	readonly uid: number;
	/** Absent where the source has no such message any more. Another one once its folder was listed again. */
	work: FolderWork | undefined;
	/** When the connection was lost, at the latest. */
	readonly lostAt: number;
	looks: number;
	next: number;
	troubles: number;
	/** To be looked for by itself. */
	alone?: true;
	/** That it was sent by, where an earlier run did; read when it is looked for. */
	road?: string;
	/** When it was sent by that road. */
	sentAt?: number;
};

/** A destination that could not be searched so often is left; the message stays unsure. */
const mostTroubles = 5;

/**
Settles unsure messages by looking (design, rules 2, 3 and 5): found means delivered, at any time; not found
counts only twice, and no sooner than the road may still be at work on what we lost.
*/
export class Settler {
	readonly #context: Context;
	readonly #works: readonly FolderWork[];
	readonly #moves: Moves;
	readonly #alarm: Alarm;
	readonly #entries = new Set<Entry>();
	/** Given up for this run. */
	readonly #left = new Set<Entry>();

	constructor(context: Context, works: readonly FolderWork[], moves: Moves, alarm: Alarm) {
		this.#context = context;
		this.#works = works;
		this.#moves = moves;
		this.#alarm = alarm;
	}

	get open(): number {
		return this.#entries.size;
	}

	/** A message that is known already stays as it is, but for its folder's work. */
	add(record: FolderRecord, uid: number, work: FolderWork | undefined): void {
		const now = this.#context.clock.now();
		const isSame = (entry: Entry): boolean => entry.record === record && entry.uid === uid;
		if (work) {
			work.held++;
		}

		const known = [...this.#entries].find(entry => isSame(entry));
		if (known) {
			if (known.work) {
				known.work.held--;
			}

			known.work = work;
			return;
		}

		for (const entry of this.#left) {
			if (isSame(entry)) {
				this.#left.delete(entry);
			}
		}

		this.#entries.add({
			record, uid, work, lostAt: now, looks: 0, next: now + this.#context.traits.looks[0], troubles: 0,
		});
		this.#context.control.changed.notify();
	}

	/** Whether an equal message, gone from the source under its key, may still turn out to be at the destination. */
	doubts(fingerprint: Fingerprint): 'open' | 'left' | undefined {
		const isEqual = (entry: Entry): boolean => !entry.work?.listing.has(entry.uid) && entry.record.matches(entry.uid, fingerprint);
		if ([...this.#entries].some(entry => isEqual(entry))) {
			return 'open';
		}

		return [...this.#left].some(entry => isEqual(entry)) ? 'left' : undefined;
	}

	/** Before anything is sent: what an earlier run delivered is found at once; what is not found waits its time. */
	async lookAtOnce(): Promise<void> {
		for (const entry of this.#entries) {
			// eslint-disable-next-line no-await-in-loop -- Few, and from disk.
			const {intent} = await this.#context.journal.details(entry.record.number, entry.uid);
			entry.road = intent?.road;
			entry.sentAt = intent?.at;
		}

		for (const group of this.#groups([...this.#entries])) {
			// eslint-disable-next-line no-await-in-loop -- One folder after another.
			await this.#look(group, false);
		}
	}

	/** Looks whenever it is time, until nothing is left to do. */
	async run(isDone: () => boolean): Promise<void> {
		const {clock, control} = this.#context;
		while (!control.stopping.aborted && !isDone()) {
			const now = clock.now();
			const due = [...this.#entries].filter(entry => entry.next <= now);
			if (due.length === 0) {
				for (const entry of this.#entries) {
					this.#alarm.at(entry.next);
				}

				// eslint-disable-next-line no-await-in-loop -- Waiting is the purpose.
				await control.changed.wait();
				continue;
			}

			for (const group of this.#groups(due)) {
				// eslint-disable-next-line no-await-in-loop -- One folder after another.
				await this.#look(group, true);
			}
		}
	}

	#groups(entries: readonly Entry[]): Entry[][] {
		return [...groupBy(entries, entry => `${pathKey(entry.record.destination)}${this.#isAcross(entry) ? ' across' : ''}${entry.alone ? ` ${entry.record.number} ${entry.uid}` : ''}`).values()];
	}

	/** Whether it was sent by another road than this run's. */
	#isAcross({road}: Entry): boolean {
		return road !== undefined && road !== this.#context.traits.transport;
	}

	async #look(group: readonly Entry[], counts: boolean): Promise<void> {
		const {journal, destination, source, control, clock} = this.#context;
		const path = group[0]!.record.destination;
		// Asked anew each time: a folder that is listed again gets another work.
		const neighbours = () => this.#works.filter(work => pathKey(work.mapping.destination) === pathKey(path));
		const mark = (looking: boolean) => {
			for (const work of neighbours()) {
				work.looking = looking;
			}
		};

		mark(true);
		try {
			// A copy that is being delivered right now must not be taken for the one that is looked for.
			while (neighbours().some(work => work.lanes > 0)) {
				control.stopping.throwIfAborted();
				// eslint-disable-next-line no-await-in-loop -- Waiting is the purpose.
				await control.changed.wait();
				mark(true);
			}

			if (this.#isAcross(group[0]!)) {
				const ids = await lookAcross(this.#context, path, group);
				for (const [index, entry] of group.entries()) {
					this.#conclude(entry, ids[index], counts);
				}

				await journal.flush();
				return;
			}

			const twins = await this.#twins(group);
			const rivals = await this.#rivals(group);
			const unsure: Unsure[] = [];
			for (const {record, uid} of [...twins, ...group, ...rivals]) {
				// eslint-disable-next-line no-await-in-loop -- Few, and from disk.
				const {intent} = await journal.details(record.number, uid);
				const key = {folder: record.path, generation: record.generation, uid};
				unsure.push({key, stamp: stampOf(source.account, key, intent!.fingerprint.hash), ...intent!});
			}

			const [claimed, others] = [journal.record.claims(path), await idsFromOthers(this.#context, path, group)];
			const found = await destination.look(path, unsure, id => claimed(id) || others.has(id), control.stopping);
			for (const [index, entry] of group.entries()) {
				this.#conclude(entry, found[twins.length + index], counts);
			}

			await journal.flush();
		} catch (error) {
			if (control.stopping.aborted) {
				return;
			}

			const failure = failureOf(error);
			if (failure.reach === 'run' || failure.code === 'journal-unwritable') {
				this.#context.fail(failure);
				return;
			}

			if (failure.code === 'delivery-unknown') {
				this.#doubt(group, counts);
				return;
			}

			for (const entry of group) {
				entry.next = clock.now() + 30_000;
				entry.troubles++;
				if (entry.troubles > mostTroubles) {
					this.#leave(entry);
				}
			}
		} finally {
			mark(false);
			control.changed.notify();
		}
	}

	/**
	Identical copies that were delivered without being told an id: they are looked for as well, the oldest
	first, so that their copies are not taken for the ones in doubt.
	*/
	async #twins(group: readonly Entry[]): Promise<Array<{record: FolderRecord; uid: number}>> {
		const twins = new Map<string, {record: FolderRecord; uid: number; at: number}>();
		for (const {record, uid} of group) {
			// eslint-disable-next-line no-await-in-loop -- Few, and from disk.
			const {intent} = await this.#context.journal.details(record.number, uid);
			for (const entry of record.entries('delivered')) {
				if (entry.idHash === undefined && intent && record.matches(entry.uid, intent.fingerprint)) {
					// eslint-disable-next-line no-await-in-loop -- As above.
					const twin = await this.#context.journal.details(record.number, entry.uid);
					twins.set(`${record.number} ${entry.uid}`, {record, uid: entry.uid, at: twin.intent?.at ?? 0});
				}
			}
		}

		return [...twins.values()].sort((a, b) => a.at - b.at);
	}

	/**
	Others in doubt that have header and received second in common with one of these: where a store rebuilds MIME and a road
	knows no stamps, a copy of one of them must not be taken for another's.
	*/
	async #rivals(group: readonly Entry[]): Promise<Array<{record: FolderRecord; uid: number}>> {
		const {journal, traits} = this.#context;
		const rivals: Array<{record: FolderRecord; uid: number}> = [];
		if (traits.keepsBytes || traits.transport !== 'imap') {
			return rivals;
		}

		const place = pathKey(group[0]!.record.destination);
		const seconds = new Set(group.map(({record, uid}) => secondOf(record.get(uid)!.receivedAt)));
		const own = new Set(group.map(({record, uid}) => `${record.number} ${uid}`));
		for (const record of journal.record.folders.filter(folder => pathKey(folder.destination) === place)) {
			for (const {uid, receivedAt} of record.entries('unsure')) {
				if (seconds.has(secondOf(receivedAt)) && !own.has(`${record.number} ${uid}`)) {
					rivals.push({record, uid});
				}
			}
		}

		return rivals;
	}

	/** One of several may be in doubt and the others not: they are looked for one by one. What is in doubt alone stays unsure. */
	#doubt(group: readonly Entry[], counts: boolean): void {
		for (const entry of group) {
			if (counts && group.length === 1 && this.#isAcross(entry)) {
				this.#context.tell({
					type: 'warning', words: `${showPath(entry.record.path)} UID ${entry.uid} was sent by ${entry.road!.toUpperCase()} and may be there; by ${this.#context.traits.transport.toUpperCase()} it cannot be told from another one. Run once with destination.transport: ${entry.road!} to have it settled.`,
				});
			}

			entry.alone = true;
			if (counts) {
				entry.next = this.#context.clock.now();
			}

			if (counts && group.length === 1) {
				this.#leave(entry);
			}
		}
	}

	#conclude(entry: Entry, id: string | undefined, counts: boolean): void {
		const {journal, clock, tell, traits} = this.#context;
		const {record, uid, work} = entry;
		const [folder, path, at]: [number, FolderPath, number] = [record.number, record.path, clock.now()];
		const known = record.get(uid)!;
		if (id !== undefined) {
			journal.append({
				type: 'delivered', folder, uid, at, id,
			});
			tell({
				type: 'message.delivered', folder: path, uid, bytes: known.size, from: 'unsure',
			});
			if (!work?.listing.has(uid)) {
				this.#moves.add(record, uid);
			}

			this.#leave(entry, true);
			return;
		}

		if (!counts) {
			return;
		}

		if (this.#isAcross(entry) && at < entry.sentAt! + longestWork) {
			// The other road may still be at work on it.
			entry.next = entry.sentAt! + longestWork;
			return;
		}

		entry.looks++;
		if (entry.looks < traits.looks.length) {
			entry.next = Math.max(at, entry.lostAt + traits.looks[1]);
			return;
		}

		journal.append({type: 'not-stored', folder, uid});
		tell({
			type: 'message.not-stored', folder: path, uid, bytes: known.size,
		});
		const listed = work?.failed ? undefined : work?.listing.get(uid);
		const losses = work?.losses.get(uid) ?? 0;
		if (work && listed && losses > this.#context.choices.maxRetries) {
			this.#refuse(entry, losses);
		} else if (work && listed) {
			work.pending.push(uid);
			work.pendingBytes += listed.size;
		} else if (!work?.listing.has(uid)) {
			journal.append({
				type: 'vanished', folder, uid, at, size: known.size, receivedAt: known.receivedAt,
			});
			tell({
				type: 'message.vanished', folder: path, uid, bytes: known.size, from: 'remaining',
			});
		}

		this.#leave(entry, true);
	}

	/** Each time it was sent alone the connection was lost, and it is not there: it is this message's doing. */
	#refuse({record, uid}: Entry, attempts: number): void {
		const {journal, clock, tell, choices, traits} = this.#context;
		const {size, receivedAt} = record.get(uid)!;
		const {failure} = new FailureError('message-refused', {detail: `the connection was lost ${attempts === 1 ? 'once' : `${attempts} times`} while it was sent`});
		journal.append({
			type: 'refused', folder: record.number, uid, at: clock.now(), code: failure.code, outcome: failure.outcome, detail: failure.detail!, size, receivedAt, attempts,
			// It is known not to be there: another road may take it.
			roads: [...choices.refusedBy?.(record.path, uid) ?? [], traits.transport],
		});
		tell({
			type: 'message.refused', folder: record.path, uid, bytes: size, from: 'remaining', failure, attempts,
		});
	}

	#leave(entry: Entry, settled = false): void {
		this.#entries.delete(entry);
		if (!settled) {
			this.#left.add(entry);
		}

		if (entry.work) {
			entry.work.held--;
		}
	}
}
