/**
The independent checker: what do two mailboxes hold, and how do they differ? It has its own IMAP client and its own rules,
and imports nothing from source/.
*/
export {
	snapshot, type Snapshot, type SnapshotFolder, type SnapshotMessage,
} from './snapshot.js';
export {
	compare, faithful, type CompareOptions, type Comparison, type Found, type Pair,
} from './compare.js';
export {lastLine, problemsOfSummary} from './summary.js';
