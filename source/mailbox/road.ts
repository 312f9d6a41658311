import {type MailDestination, type Traits, type Transport} from './destination.js';

/** The roads into Microsoft 365, the most faithful first (microsoft-365.md 8.1): `auto` tries them in this order. */
export const transports = ['ews', 'imap', 'graph', 'graph-json'] as const satisfies readonly Transport[];

/** A way into the destination mailbox that may be tried. */
export type Road = {
	readonly transport: Transport;
	/** A destination of its own each time; nothing connects before its `open`. @throws settings-invalid where something that it needs is not configured */
	readonly destination: () => MailDestination;
};

/** A road whose destination was opened. */
export type OpenRoad = {readonly transport: Transport; readonly destination: MailDestination; readonly traits: Traits};

/** The road that is taken: of those in their order, the first that is open. What loses most stands last. */
export const firstOpen = <One>(roads: readonly One[], isOpen: (road: One) => boolean): One | undefined => roads.find(road => isOpen(road));
