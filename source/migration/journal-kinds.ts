import {type Transport} from '../mailbox/destination.js';

/** Of records in a block of the journal; see journal-codec.ts. */
export const kinds = {
	word: 0, intent: 1, delivered: 2, 'already-there': 3, excluded: 4, vanished: 5, 'not-stored': 6, reopened: 7, json: 8,
} as const;

/** Added to a kind. `base64`: the id is in that form, see journal-id.ts; `envelope`: nine bytes of envelope hash; `more`: JSON follows. */
export const marks = {base64: 16, envelope: 32, more: 64} as const;

/** Bytes of a content's hash, and of an envelope's. */
export const hashBytes = 32;
export const envelopeBytes = 9;

/** By number; only ever add at the end. */
export const roads: readonly Transport[] = ['imap', 'ews', 'graph', 'graph-json'];
