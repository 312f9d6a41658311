import {pathKey, type FolderPath} from '../mailbox/mailbox.js';
import {type Fact} from './facts.js';
import {Claims} from './record-claims.js';
import {FolderRecord} from './record-folder.js';

/** A run as the journal tells it; without `end` it is under way or was killed. */
export type RunRecord = {
	readonly run: string;
	/** Milliseconds since 1970 UTC. */
	readonly at: number;
	readonly version: string;
	readonly command: string;
	end?: {readonly at: number; readonly outcome: string};
};

/** How many runs and notes are remembered, the last ones. */
export const remembered = 1000;

/**
The state of a mailbox's migration: the facts of its journal, folded. In memory, at most 64 bytes a
message; what more the facts say is read back from the journal.
*/
export class MailboxRecord {
	/** By number; several generations of one path may stand among them. */
	readonly folders: readonly FolderRecord[];
	/** The last thousand, oldest first. */
	readonly runs: RunRecord[] = [];
	/** How many notes there were. */
	notes = 0;
	/** How many facts there were. */
	facts = 0;

	readonly #folders: FolderRecord[] = [];
	readonly #latest = new Map<string, FolderRecord>();
	readonly #generations = new Map<string, FolderRecord>();
	readonly #claims: Claims;

	constructor() {
		this.folders = this.#folders;
		this.#claims = new Claims(this.#folders);
	}

	/** The newest generation of a source folder. */
	latest(path: FolderPath): FolderRecord | undefined {
		return this.#latest.get(pathKey(path));
	}

	find(path: FolderPath, generation: string): FolderRecord | undefined {
		return this.#generations.get(`${generation} ${pathKey(path)}`);
	}

	/**
	Whether a destination id is that of a message delivered, or found there before, whose folder goes to this
	destination. The function may be kept: it answers from the record as it is when asked.
	*/
	claims(destination: FolderPath): (id: string) => boolean {
		return this.#claims.of(destination);
	}

	/** Takes in the next fact, which lies at `offset` (bytes) in the journal. @throws RangeError if its folder has no number; nothing has changed then */
	apply(fact: Fact, offset: number): void {
		switch (fact.type) {
			case 'run': {
				const {run, at, version, command} = fact;
				this.runs.push({
					run, at, version, command,
				});
				if (this.runs.length > remembered) {
					this.runs.shift();
				}

				break;
			}

			case 'end': {
				const {run, at, outcome} = fact;
				const ended = this.runs.findLast(known => known.run === run);
				if (ended) {
					ended.end = {at, outcome};
				}

				break;
			}

			case 'folder': {
				this.#folder(fact);
				break;
			}

			case 'survey': {
				const {type, folder, ...survey} = fact;
				const surveyed = this.#numbered(folder);
				surveyed.survey = survey;
				surveyed.surveyOffset = offset;
				break;
			}

			case 'note': {
				this.notes++;
				break;
			}

			case 'intent':
			case 'not-stored':
			case 'delivered':
			case 'already-there':
			case 'excluded':
			case 'refused':
			case 'vanished':
			case 'reopened': {
				const folder = this.#numbered(fact.folder);
				const earlier = fact.type === 'already-there' && fact.moved && {folder: this.#numbered(fact.moved.folder), uid: fact.moved.uid};
				folder.apply(fact, offset);
				if (earlier) {
					earlier.folder.supersede(earlier.uid);
				}

				break;
			}
		}

		// Kinds of facts that a later version added are counted and otherwise left alone.
		this.facts++;
	}

	/** How many of the facts are still needed: what a compacted journal would hold. */
	liveFacts(): number {
		let live = Math.min(this.notes, remembered);
		for (const run of this.runs) {
			live += run.end ? 2 : 1;
		}

		for (const folder of this.#folders) {
			live += (folder.survey ? 2 : 1) + folder.liveFacts();
		}

		return live;
	}

	#numbered(number: number): FolderRecord {
		const folder = this.#folders[number];
		if (!folder) {
			throw new RangeError(`no folder has the number ${number}`);
		}

		return folder;
	}

	#folder(fact: Extract<Fact, {readonly type: 'folder'}>): void {
		const known = this.#folders[fact.folder];
		if (known) {
			if (known.generation !== fact.generation || pathKey(known.path) !== pathKey(fact.path)) {
				throw new RangeError(`two folders have the number ${fact.folder}`);
			}

			known.destination = fact.destination;
			this.#claims.clear();
			return;
		}

		if (fact.folder !== this.#folders.length) {
			throw new RangeError(`the next folder is number ${this.#folders.length}, not ${fact.folder}`);
		}

		const folder = new FolderRecord(fact, this.#claims);
		this.#folders.push(folder);
		this.#latest.set(pathKey(fact.path), folder);
		this.#generations.set(`${fact.generation} ${pathKey(fact.path)}`, folder);
		this.#claims.clear();
	}
}
