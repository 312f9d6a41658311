import {type Flags, type FolderPath} from '../mailbox/mailbox.js';
import {type Fingerprint} from '../mailbox/identity.js';
import {type FailureCode, type Outcome} from '../mailbox/failure.js';
import {type Transport} from '../mailbox/destination.js';

/** What became of a source message, for good or until someone tries again. */
export type Fate = 'delivered' | 'already-there' | 'excluded' | 'refused' | 'vanished';

export const fates: readonly Fate[] = ['delivered', 'already-there', 'excluded', 'refused', 'vanished'];

/** A fate, or what stands in its place: `unsure` is an intent without a receipt; `superseded` counts under another key. */
export type State = Fate | 'unsure' | 'remaining' | 'superseded';

/** The rule that excluded a message: `marked-deleted`, `by-hand`, `folder-skipped`, `not-mail`. */
export type ExclusionRule = 'marked-deleted' | 'by-hand' | 'folder-skipped' | 'not-mail';

/**
The facts a journal holds, one after another. `folder` is the number that a `folder` fact gave to one
generation of one source folder; `at` is milliseconds since 1970 UTC.
*/
export type Fact =
	/** A run began. */
	| {readonly type: 'run'; readonly run: string; readonly at: number; readonly version: string; readonly command: string}
	/** A run ended, in whatever way it could still tell. */
	| {readonly type: 'end'; readonly run: string; readonly at: number; readonly outcome: string}
	/** A generation of a source folder, under the next number (0, 1, …), and where its messages go. Repeated when the destination changes. */
	| {readonly type: 'folder'; readonly folder: number; readonly path: FolderPath; readonly generation: string; readonly destination: FolderPath}
	/** Messages that have or need a fate, as of the last complete listing; what is above the fates on record remains. `excluded`: the whole folder stays behind by that rule. `gone`: the folder is no longer listed. */
	| {readonly type: 'survey'; readonly folder: number; readonly at: number; readonly total: number; readonly bytes: number; readonly highestModSeq?: string; readonly excluded?: ExclusionRule; readonly gone?: true}
	/** A delivery is about to begin. Synced before its first byte leaves. `generation` and `watermark` are the destination folder's; `announced` is the source's RFC822.SIZE where it is not the length; `envelope` is its envelope hash (see mailbox/envelope.ts). */
	| {readonly type: 'intent'; readonly folder: number; readonly uid: number; readonly at: number; readonly road: Transport; readonly fingerprint: Fingerprint; readonly flags: Flags; readonly generation: string; readonly watermark: string; readonly announced?: number; readonly envelope?: string}
	/** The delivery of the last intent is known not to be at the destination. */
	| {readonly type: 'not-stored'; readonly folder: number; readonly uid: number}
	/** Receipt: the last intent's message is at the destination, all steps done. */
	| {readonly type: 'delivered'; readonly folder: number; readonly uid: number; readonly at: number; readonly id?: string; readonly lost?: readonly string[]}
	/** Found at the destination, or moved at the source after delivery (`moved`: its earlier key, which is superseded and no longer counts). `altered`: what is not there as it should be (`received`, `draft`), as another tool put it there. */
	| {readonly type: 'already-there'; readonly folder: number; readonly uid: number; readonly at: number; readonly road: Transport; readonly fingerprint: Fingerprint; readonly flags: Flags; readonly announced?: number; readonly envelope?: string; readonly altered?: readonly string[]; readonly id?: string; readonly moved?: {readonly folder: number; readonly uid: number}}
	| {readonly type: 'excluded'; readonly folder: number; readonly uid: number; readonly at: number; readonly rule: ExclusionRule; readonly size: number; readonly receivedAt: number}
	/** `subject` and `from` are cleaned and shortened, for people who look at failures later. `roads`: by which it was tried since a person asked for it; absent where none was asked. */
	| {readonly type: 'refused'; readonly folder: number; readonly uid: number; readonly at: number; readonly code: FailureCode; readonly outcome: Outcome; readonly detail?: string; readonly size: number; readonly receivedAt: number; readonly subject?: string; readonly from?: string; readonly attempts: number; readonly roads?: readonly Transport[]}
	| {readonly type: 'vanished'; readonly folder: number; readonly uid: number; readonly at: number; readonly size: number; readonly receivedAt: number}
	/** The fate is taken back: the message remains again (a person asked, or the rule that excluded it no longer applies). */
	| {readonly type: 'reopened'; readonly folder: number; readonly uid: number; readonly at: number}
	/** The destination folder stopped being the one its ids were of (its UIDVALIDITY changed). */
	| {readonly type: 'note'; readonly at: number; readonly text: string};
