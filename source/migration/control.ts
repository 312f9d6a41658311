import {setMaxListeners} from 'node:events';
import {type FolderPath, pathKey} from '../mailbox/mailbox.js';
import {Condition} from './condition.js';
import {type Command} from './events.js';

/**
What was asked of a running engine, and the two ways to end it.

`stop`: no new work, what is under way is finished. `abort`: every wait ends now; what was sent and not
answered is unsure, and the next run looks for it.
*/
export class Control {
	/** Fires on stop and on abort. */
	readonly stopping: AbortSignal;
	/** Fires on abort. */
	readonly aborting: AbortSignal;
	/** Notified whenever anything here or in the work changed. */
	readonly changed: Condition;

	paused = false;
	/** Most lanes a person wants, where asked. */
	askedLanes: number | undefined;
	readonly #pausedFolders = new Set<string>();
	readonly #skippedFolders = new Set<string>();
	readonly #stop = new AbortController();
	readonly #abort = new AbortController();

	/** Of which this one is a part: what is asked of it is asked here too, and not the other way round. */
	readonly #whole: Control | undefined;

	constructor(whole?: Control) {
		this.#whole = whole;
		this.changed = whole?.changed ?? new Condition();
		this.stopping = AbortSignal.any([this.#stop.signal, this.#abort.signal, ...(whole ? [whole.stopping] : [])]);
		this.aborting = AbortSignal.any([this.#abort.signal, ...(whole ? [whole.aborting] : [])]);
		// Every wait of every lane listens.
		setMaxListeners(0, this.stopping, this.aborting);
	}

	stop(): void {
		this.#stop.abort(new Error('stopped'));
		this.changed.notify();
	}

	abort(reason: unknown = new Error('aborted')): void {
		this.#abort.abort(reason);
		this.changed.notify();
	}

	/** Carries out what concerns control; pace and events are the engine's. */
	obey(command: Command): void {
		switch (command.type) {
			case 'stop': {
				this.stop();
				break;
			}

			case 'pause':
			case 'resume': {
				const paused = command.type === 'pause';
				if (!command.folder) {
					this.paused = paused;
				} else if (paused) {
					this.#pausedFolders.add(pathKey(command.folder));
				} else {
					this.#pausedFolders.delete(pathKey(command.folder));
				}

				break;
			}

			case 'skip': {
				this.#skippedFolders.add(pathKey(command.folder));
				break;
			}

			case 'pace': {
				this.askedLanes = command.lanes;
				break;
			}
		}

		this.changed.notify();
	}

	isPaused(folder: FolderPath): boolean {
		return this.paused || this.#pausedFolders.has(pathKey(folder)) || (this.#whole?.isPaused(folder) ?? false);
	}

	isSkipped(folder: FolderPath): boolean {
		return this.#skippedFolders.has(pathKey(folder)) || (this.#whole?.isSkipped(folder) ?? false);
	}
}
