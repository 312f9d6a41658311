import {type Traits} from '../mailbox/destination.js';
import {FailureError, type Failure} from '../mailbox/failure.js';
import {type Headline} from '../mailbox/headline.js';
import {type Listing} from '../mailbox/listing.js';
import {type FolderPath, type MessageEntry} from '../mailbox/mailbox.js';
import {type Context} from './context.js';
import {type Reconciliation} from './reconcile.js';

/** A message that will be refused, as things stand. */
export type Prediction = {readonly folder: FolderPath; readonly entry: MessageEntry; /** Bytes. */ readonly limit: number; readonly failure: Failure};

/** Of so many messages of a folder subject and sender are asked for; each costs some hundred bytes. */
const mostHeadlines = 1000;

/**
What a listing tells beforehand: sizes beyond our own limit (`maxMessageSize`, 0 for none), and beyond what this road takes.
That a message holds an over-long line is not asked: BODYSTRUCTURE would tell of a few of them only, and cost the server the taking apart
of every message.
*/
export const predictionsOf = (folder: FolderPath, listing: Listing, {tooLarge, remaining}: Pick<Reconciliation, 'tooLarge' | 'remaining'>, {maxMessageSize, traits}: {readonly maxMessageSize: number; readonly traits: Traits}): Prediction[] => {
	const {maxMessageBytes: most, transport} = traits;
	const predict = (uid: number, limit: number, code: 'message-over-limit' | 'message-too-large', words: string): Prediction => {
		const entry = listing.get(uid)!;
		return {
			folder, entry, limit, failure: new FailureError(code, {detail: `${entry.size} bytes; ${words}`}).failure,
		};
	};

	return [
		...tooLarge.map(uid => predict(uid, maxMessageSize, 'message-over-limit', `the limit is ${maxMessageSize}`)),
		...(most > 0 ? remaining.filter(uid => listing.get(uid)!.size > most) : []).map(uid => predict(uid, most, 'message-too-large', `${transport} takes ${most}`)),
	];
};

const headlinesOf = async ({source, control}: Context, predictions: readonly Prediction[]): Promise<ReadonlyMap<number, Headline>> => {
	try {
		return await source.headlines?.(predictions[0]!.folder, predictions.slice(0, mostHeadlines).map(({entry}) => entry.uid), control.stopping) ?? new Map<number, Headline>();
	} catch {
		control.stopping.throwIfAborted();
		// They are a help to a person, and nothing depends on them.
		return new Map();
	}
};

/** Tells the predictions of one folder, each message by what a person knows it by. */
export const tellPredictions = async (context: Context, predictions: readonly Prediction[]): Promise<void> => {
	if (predictions.length === 0) {
		return;
	}

	const headlines = await headlinesOf(context, predictions);
	for (const {folder, entry: {uid, size, receivedAt}, limit, failure} of predictions) {
		const {subject, from: sender} = headlines.get(uid) ?? {};
		context.tell({
			type: 'message.predicted', folder, uid, bytes: size, limit, receivedAt: timeText(receivedAt), failure, ...(subject && {subject}), ...(sender && {sender}),
		});
	}
};

/** The range of Date; a server may tell anything. */
const timeText = (time: number): string => new Date(Math.min(8.64e15, Math.max(-62_135_596_800_000, time))).toISOString();
