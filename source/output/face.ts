import {type Told} from '../migration/events.js';
import {type Summary} from './summary.js';

/** A way to show a run. It sees events and the fold, and never the engine's workings. */
export type Face = {
	hear(event: Told): void;
	/** Called about four times a second while the run goes on. */
	tick(now: number): void;
	/** Called once, last. */
	finish(summary: Summary, now: number): void;
};
