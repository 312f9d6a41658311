import {type FolderPath} from '../mailbox/mailbox.js';
import {type Fingerprint, sameSecond} from '../mailbox/identity.js';
import {type FailureCode} from '../mailbox/failure.js';
import {type ExclusionRule, type Fact, type State} from './facts.js';
import {
	idHash, prefixPart, prefixText,
} from './record-hash.js';
import {Rows} from './record-rows.js';

/** Every state that is counted; what has none of them is remaining. */
export type CountedState = Exclude<State, 'remaining' | 'superseded'>;

const states: readonly State[] = ['remaining', 'unsure', 'delivered', 'already-there', 'excluded', 'refused', 'vanished', 'superseded'];
const number = Object.fromEntries(states.map((state, index) => [state, index])) as Record<State, number>;

// Beside the state in its byte.
const lossy = 8;
const hashed = 16;

const isLossyByte = (byte: number): boolean => Math.floor(byte / lossy) % 2 === 1;

/** Messages or bytes by state; two of them by what has not survived. */
type Counts = Record<CountedState | 'lossy' | 'altered', number>;

/** What the record knows of one message. */
export type RecordEntry = {
	readonly uid: number;
	readonly state: State;
	/** As the listing announced it, in bytes. */
	readonly size: number;
	/** Milliseconds since 1970 UTC. */
	readonly receivedAt: number;
	/** The first ten characters of its hash; absent while its content was never read. */
	readonly hashPrefix?: string;
	/** Delivered, but not all of it survived; or found there, but not as it should be. */
	readonly lossy: boolean;
	/** Of its id at the destination (see `idHash` in record-hash.ts), where there is one. */
	readonly idHash?: number;
};

/** The last complete listing of a folder. */
export type Survey = {
	readonly total: number;
	readonly bytes: number;
	readonly at: number;
	readonly highestModSeq?: string;
	readonly excluded?: ExclusionRule;
	readonly gone?: true;
};

/** Facts about one message. */
export type MessageFact = Extract<Fact, {readonly uid: number}>;

/** Where the facts about a message lie in the journal, in bytes; 0 where there is none. */
export type Offsets = {readonly intent: number; readonly fate: number};

/** Told when destination ids come and go. */
export type IdListener = {
	added(folder: FolderRecord, hash: number): void;
	removed(folder: FolderRecord): void;
};

/** What became of the messages of one generation of one source folder: 50 bytes for each, counts kept as they change. */
export class FolderRecord {
	/** As in its facts. */
	readonly number: number;
	readonly path: FolderPath;
	readonly generation: string;
	destination: FolderPath;
	survey: Survey | undefined;
	/** Where the survey lies in the journal, or 0. */
	surveyOffset = 0;

	readonly #rows = new Rows();
	readonly #listener: IdListener;
	readonly #counts = states.map(() => 0);
	readonly #bytes = states.map(() => 0);
	/** Of those, the lossy ones. */
	readonly #lossy = states.map(() => 0);
	readonly #lossyBytes = states.map(() => 0);
	#ids = 0;
	/** Failure codes by the number that rows refer to, from 1. */
	readonly #codes: FailureCode[] = [];
	/** Length of the bytes read, of the few messages where it is not the announced size. */
	readonly #lengths = new Map<number, number>();

	constructor(fact: Extract<Fact, {readonly type: 'folder'}>, listener: IdListener) {
		this.number = fact.folder;
		this.path = fact.path;
		this.generation = fact.generation;
		this.destination = fact.destination;
		this.#listener = listener;
	}

	/** How many messages have each state; `lossy` lies within delivered, `altered` within already-there. O(1). */
	counts(): Counts {
		return this.#byState(this.#counts, this.#lossy);
	}

	/** Their announced sizes together, in bytes. O(1). */
	bytes(): Counts {
		return this.#byState(this.#bytes, this.#lossyBytes);
	}

	state(uid: number): State {
		return this.#rows.goTo(uid) ? states[this.#here() % lossy]! : 'remaining';
	}

	/** The failure for which a message is refused. */
	refusedBy(uid: number): FailureCode | undefined {
		return this.state(uid) === 'refused' ? this.#codes[this.#rows.chunk.codes[this.#rows.index]! - 1] : undefined;
	}

	get(uid: number): RecordEntry | undefined {
		return this.#rows.goTo(uid) ? this.#entry() : undefined;
	}

	/** Ascending by UID; facts may be applied meanwhile. `remaining` yields those that once had a state. */
	* entries(state?: State): Generator<RecordEntry, void> {
		let uid = 0;
		while (this.#rows.after(uid)) {
			uid = this.#rows.chunk.uids[this.#rows.index]!;
			if (state === undefined || states[this.#here() % lossy] === state) {
				yield this.#entry();
			}
		}
	}

	/** Whether a message's content is the one on record: 60 bits of the hash, length and second of its received date. */
	matches(uid: number, fingerprint: Fingerprint): boolean {
		if (!this.#rows.goTo(uid) || !this.#hasHash()) {
			return false;
		}

		const {chunk, index} = this.#rows;
		return chunk.hashes1[index] === prefixPart(fingerprint.hash, 0)
			&& chunk.hashes2[index] === prefixPart(fingerprint.hash, 1)
			&& this.#length() === fingerprint.size
			&& sameSecond(chunk.receivedAt[index]!, fingerprint.receivedAt);
	}

	offsets(uid: number): Offsets {
		return this.#rows.goTo(uid)
			? {intent: this.#rows.chunk.intents[this.#rows.index]!, fate: this.#rows.chunk.fates[this.#rows.index]!}
			: {intent: 0, fate: 0};
	}

	/**
	The message was moved at the source and counts under its new key only. Its id stays claimed.
	@param offset where the fact lies that says so
	*/
	supersede(uid: number): void {
		if (this.#rows.goTo(uid) && this.state(uid) !== 'superseded') {
			const {chunk, index} = this.#rows;
			const [id, fate] = [chunk.ids[index]!, chunk.fates[index]!];
			this.survey &&= {...this.survey, total: this.survey.total - 1, bytes: this.survey.bytes - chunk.sizes[index]!};

			this.#become('superseded', fate);
			if (id !== 0) {
				this.#putId(id);
			}

			this.#enter();
		}
	}

	/** How many facts about messages are still needed. O(messages). */
	liveFacts(): number {
		let live = 0;
		for (const chunk of this.#rows.chunks) {
			for (let index = 0; index < chunk.length; index++) {
				live += (chunk.intents[index] === 0 ? 0 : 1) + (chunk.fates[index] === 0 ? 0 : 1);
			}
		}

		return live;
	}

	/** How many messages have a destination id. O(1). */
	get ids(): number {
		return this.#ids;
	}

	/** Their hashes. */
	* idHashes(): Generator<number, void> {
		for (const chunk of this.#rows.chunks) {
			for (let index = 0; index < chunk.length; index++) {
				if (chunk.ids[index] !== 0) {
					yield chunk.ids[index]!;
				}
			}
		}
	}

	/** Takes in a fact about a message of this folder, which lies at `offset` in the journal. */
	apply(fact: MessageFact, offset: number): void {
		const rows = this.#rows;
		if (fact.type === 'not-stored' || fact.type === 'reopened') {
			if (rows.goTo(fact.uid)) {
				this.#takeBack(fact.type, offset);
			}

			return;
		}

		rows.need(fact.uid);
		switch (fact.type) {
			case 'intent': {
				this.#become('unsure', 0);
				this.#content(fact.uid, fact.fingerprint, fact.announced);
				rows.chunk.intents[rows.index] = offset;
				this.#enter();
				break;
			}

			case 'delivered': {
				this.#become('delivered', offset, fact.lost !== undefined && fact.lost.length > 0);
				this.#setId(fact.id);
				this.#enter();
				break;
			}

			case 'already-there': {
				this.#become('already-there', offset, fact.altered !== undefined && fact.altered.length > 0);
				this.#content(fact.uid, fact.fingerprint, fact.announced);
				rows.chunk.intents[rows.index] = 0;
				this.#setId(fact.id);
				this.#enter();
				break;
			}

			case 'excluded':
			case 'refused':
			case 'vanished': {
				this.#become(fact.type, offset);
				this.#forgetContent();
				this.#measure(fact.uid, fact.size, fact.receivedAt);
				if (fact.type === 'refused') {
					rows.chunk.codes[rows.index] = this.#codeNumber(fact.code);
				}

				this.#enter();
				break;
			}
		}
	}

	/** The message remains again. What was only refused or never settled keeps its intent: one may have to look for it. */
	#takeBack(type: 'not-stored' | 'reopened', offset: number): void {
		const {chunk, index} = this.#rows;
		const before = states[this.#here() % lossy]!;
		if (type === 'not-stored' || before === 'delivered' || before === 'already-there') {
			chunk.intents[index] = 0;
		}

		this.#become('remaining', chunk.intents[index] === 0 ? 0 : offset);
		this.#forgetContent();

		this.#enter();
	}

	/** Leaves the state the row has, which takes it out of the counts, for another. {@link #enter} counts it again. */
	#become(state: State, fate: number, isLossy = false): void {
		const {chunk, index} = this.#rows;
		const old = this.#here();
		const oldState = old % lossy;
		this.#counts[oldState]! -= 1;
		this.#bytes[oldState]! -= chunk.sizes[index]!;
		if (isLossyByte(old)) {
			this.#lossy[oldState]! -= 1;
			this.#lossyBytes[oldState]! -= chunk.sizes[index]!;
		}

		chunk.states[index] = number[state] + (isLossy ? lossy : 0) + (old >= hashed ? hashed : 0);
		chunk.fates[index] = fate;
		if (chunk.ids[index] !== 0) {
			chunk.ids[index] = 0;
			this.#ids -= 1;
			this.#listener.removed(this);
		}
	}

	#enter(): void {
		const {chunk, index} = this.#rows;
		const state = this.#here() % lossy;
		this.#counts[state]! += 1;
		this.#bytes[state]! += chunk.sizes[index]!;
		if (isLossyByte(this.#here())) {
			this.#lossy[state]! += 1;
			this.#lossyBytes[state]! += chunk.sizes[index]!;
		}
	}

	#content(uid: number, fingerprint: Fingerprint, announced: number | undefined): void {
		const {chunk, index} = this.#rows;
		const size = announced ?? fingerprint.size;
		if (!this.#hasHash()) {
			chunk.states[index]! += hashed;
		}

		chunk.hashes1[index] = prefixPart(fingerprint.hash, 0);
		chunk.hashes2[index] = prefixPart(fingerprint.hash, 1);
		chunk.sizes[index] = size;
		chunk.receivedAt[index] = fingerprint.receivedAt;
		if (size !== fingerprint.size) {
			this.#lengths.set(uid, fingerprint.size);
		} else if (this.#lengths.size > 0) {
			this.#lengths.delete(uid);
		}
	}

	/** The hash goes when no fact that is still needed tells it: a compacted journal makes the same record. */
	#forgetContent(): void {
		const {chunk, index} = this.#rows;
		if (this.#hasHash() && chunk.intents[index] === 0) {
			chunk.states[index]! -= hashed;
			this.#lengths.delete(chunk.uids[index]!);
		}
	}

	#measure(uid: number, size: number, receivedAt: number): void {
		const {chunk, index} = this.#rows;
		const length = this.#hasHash() ? this.#length() : size;
		chunk.sizes[index] = size;
		chunk.receivedAt[index] = receivedAt;
		if (length !== size) {
			this.#lengths.set(uid, length);
		}
	}

	#setId(id: string | undefined): void {
		if (id !== undefined) {
			this.#putId(idHash(id));
		}
	}

	#putId(hash: number): void {
		this.#rows.chunk.ids[this.#rows.index] = hash;
		this.#ids += 1;
		this.#listener.added(this, hash);
	}

	#entry(): RecordEntry {
		const {chunk, index} = this.#rows;
		return {
			uid: chunk.uids[index]!,
			state: states[this.#here() % lossy]!,
			size: chunk.sizes[index]!,
			receivedAt: chunk.receivedAt[index]!,
			...(this.#hasHash() && {hashPrefix: prefixText(chunk.hashes1[index]!, chunk.hashes2[index]!)}),
			lossy: isLossyByte(this.#here()),
			...(chunk.ids[index] !== 0 && {idHash: chunk.ids[index]!}),
		};
	}

	#codeNumber(code: FailureCode): number {
		const known = this.#codes.indexOf(code) + 1;
		// The table of failures has far fewer than 255.
		return known > 0 ? known : this.#codes.push(code);
	}

	#length(): number {
		const {chunk, index} = this.#rows;
		return (this.#lengths.size > 0 ? this.#lengths.get(chunk.uids[index]!) : undefined) ?? chunk.sizes[index]!;
	}

	#here(): number {
		return this.#rows.chunk.states[this.#rows.index]!;
	}

	#hasHash(): boolean {
		return this.#here() >= hashed;
	}

	#byState(column: readonly number[], part: readonly number[]): Counts {
		return {
			unsure: column[number.unsure]!,
			delivered: column[number.delivered]!,
			'already-there': column[number['already-there']]!,
			excluded: column[number.excluded]!,
			refused: column[number.refused]!,
			vanished: column[number.vanished]!,
			lossy: part[number.delivered]!,
			altered: part[number['already-there']]!,
		};
	}
}
