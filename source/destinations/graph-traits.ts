import {type Traits} from '../mailbox/destination.js';
import {ewsNameRules} from './ews-traits.js';
import {type GraphFindings} from './graph-probe.js';

export {GraphGate} from '../protocols/graph-gate.js';

/** Of one request's body; a message goes there in base64 (microsoft-365.md 3.1: assumed, as for all others). */
const requestBytes = 4 * 1024 * 1024;

/** The limits of the Outlook service for one application and mailbox: four requests at once (microsoft-365.md 3.9). */
export const graphTraits = ({lanes, looks, findings}: {
	readonly lanes?: {readonly start: number; readonly max: number} | undefined;
	readonly looks?: readonly [number, number] | undefined;
	/** Of a probe, if there was one. */
	readonly findings?: GraphFindings | undefined;
}): Traits => {
	const max = Math.min(4, Math.max(1, lanes?.max ?? 4));
	return {
		transport: 'graph',
		startLanes: Math.min(max, Math.max(1, lanes?.start ?? 2)),
		maxLanes: max,
		// Each message is two or three requests of its own: a batch saves syncs of the journal only.
		batch: {messages: 5, bytes: 5 * 1024 * 1024},
		// How long the service may be at work on what was lost is not documented; EWS takes up to a minute.
		looks: looks ?? [60_000, 90_000],
		keepsBytes: false,
		tellsId: true,
		maxMessageBytes: findings?.takesLarge ? 0 : requestBytes / 4 * 3,
		names: ewsNameRules,
		loses: [...(findings?.receivedDate === 'lost' ? ['received-date' as const] : []), 'draft'],
		mayLose: findings ? [] : ['received-date'],
	};
};
