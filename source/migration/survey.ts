import {
	type Folder, type FolderPath, pathKey, samePath,
} from '../mailbox/mailbox.js';
import {type FolderMapping, mapFolders} from '../mailbox/folder-map.js';
import {type Listing} from '../mailbox/listing.js';
import {failureOf} from '../mailbox/failure.js';
import {type ExclusionRule} from './facts.js';
import {type Tally} from './events.js';
import {emptyTally} from './progress.js';
import {type Context} from './context.js';
import {type FolderRecord} from './record-folder.js';
import {type FolderWork} from './work.js';
import {generationOf, reconcile} from './reconcile.js';
import {Moves} from './moves.js';
import {type Prediction, predictionsOf, tellPredictions} from './predictions.js';

/** What a run has before it. */
export type Survey = {
	readonly works: FolderWork[];
	readonly moves: Moves;
	/** Unsure messages of earlier runs. */
	readonly unsure: Array<{readonly record: FolderRecord; readonly uid: number; readonly work?: FolderWork}>;
	/** Found in a listing, and not yet told. */
	readonly predictions: Prediction[];
};

const overLimit = new Set(['message-over-limit']);

/** What the record says of a folder, with what remains beside it. */
export const tallyOf = (record: FolderRecord, remaining: {readonly messages: number; readonly bytes: number}): {messages: Tally; bytes: Tally} => {
	const tally = (counts: ReturnType<FolderRecord['bytes']>, more: number): Tally => ({
		...emptyTally(),
		delivered: counts.delivered,
		alreadyThere: counts['already-there'],
		excluded: counts.excluded,
		refused: counts.refused,
		vanished: counts.vanished,
		lossy: counts.lossy,
		altered: counts.altered,
		unsure: counts.unsure,
		remaining: counts.unsure + more,
	});
	return {messages: tally(record.counts(), remaining.messages), bytes: tally(record.bytes(), remaining.bytes)};
};

const totalOf = (tally: Tally): number => tally.delivered + tally.alreadyThere + tally.excluded + tally.refused + tally.vanished + tally.remaining;

/** Finds or opens the record of the generation that a listing belongs to. */
const recordFor = (context: Context, {source: path, destination}: Pick<FolderMapping, 'source' | 'destination'>, listing: Listing, previous?: Listing): {record: FolderRecord; earlier: FolderRecord[]} => {
	const {record, append} = {record: context.journal.record, append: context.journal.append.bind(context.journal)};
	const generations = record.folders.filter(folder => samePath(folder.path, path));
	const {generation, known} = generationOf(listing, generations, previous);
	let number = known ? generations.at(-1)!.number : record.folders.length;
	if (!known || !samePath(generations.at(-1)!.destination, destination)) {
		number = known ? number : record.folders.length;
		append({
			type: 'folder', folder: number, path, generation, destination,
		});
	}

	return {record: record.folders[number]!, earlier: known ? generations.slice(0, -1) : generations};
};

/** Brings the record into line with a listing and says what is to be done. */
const prepareWork = (context: Context, mapping: FolderMapping, {listing, previous}: {readonly listing: Listing; readonly previous?: Listing}, survey: Survey): FolderWork => {
	const {journal, clock, choices} = context;
	const path = mapping.source;
	const {record, earlier} = recordFor(context, mapping, listing, previous);
	const {folder, at} = {folder: record.number, at: clock.now()};
	const limit = choices.maxMessageSize;
	const byLimit = (uid: number) => overLimit.has(record.refusedBy(uid) ?? '');
	const todo = reconcile(listing, record, limit, byLimit);
	for (const uid of todo.reopened) {
		journal.append({
			type: 'reopened', folder, uid, at,
		});
	}

	for (const uid of todo.excluded) {
		const {size, receivedAt} = listing.get(uid)!;
		journal.append({
			type: 'excluded', folder, uid, at, rule: 'marked-deleted', size, receivedAt,
		});
	}

	for (const uid of todo.tooLarge) {
		const {size, receivedAt} = listing.get(uid)!;
		journal.append({
			type: 'refused', folder, uid, at, code: 'message-over-limit', outcome: 'not stored', detail: `${size} bytes, limit ${limit}`, size, receivedAt, attempts: 0,
		});
	}

	const vanish = (from: FolderRecord, uid: number) => {
		const {size, receivedAt} = from.get(uid)!;
		journal.append({
			type: 'vanished', folder: from.number, uid, at, size, receivedAt,
		});
	};

	for (const uid of todo.vanished) {
		vanish(record, uid);
	}

	for (const uid of todo.gone) {
		survey.moves.add(record, uid);
	}

	for (const old of earlier) {
		retire(old, survey, vanish);
	}

	const remaining = choices.only ? todo.remaining.filter(uid => choices.only!(path, uid)) : todo.remaining;
	const predictions = predictionsOf(path, listing, {tooLarge: todo.tooLarge, remaining}, {maxMessageSize: limit, traits: context.traits});
	const bytes = (uids: readonly number[]) => uids.reduce((sum, uid) => sum + listing.get(uid)!.size, 0);
	const work: FolderWork = {
		mapping, path, record, listing,
		pending: remaining.reverse(), pendingBytes: bytes(remaining),
		ready: [], underWay: 0, readers: 0, lanes: 0, looking: false, held: 0, attempts: new Map(), losses: new Map(),
		resurveys: 0, failed: false, completed: remaining.length === 0 && todo.unsure.length === 0,
	};
	for (const uid of todo.unsure) {
		survey.unsure.push({record, uid, work});
	}

	tellSurveyed(context, mapping, record, {messages: todo.remaining.length, bytes: bytes(todo.remaining)}, {
		predicted: predictions.length, ...(listing.highestModSeq && {highestModSeq: listing.highestModSeq}),
	});
	survey.predictions.push(...predictions);
	return work;
};

/** A generation that the source no longer has: what was delivered may have moved, what was refused is gone. */
const retire = (record: FolderRecord, survey: Survey, vanish: (record: FolderRecord, uid: number) => void): void => {
	for (const {uid, state} of record.entries()) {
		switch (state) {
			case 'delivered':
			case 'already-there': {
				survey.moves.add(record, uid);
				break;
			}

			case 'refused': {
				vanish(record, uid);
				break;
			}

			case 'unsure': {
				survey.unsure.push({record, uid});
				break;
			}

			case 'excluded':
			case 'remaining':
			case 'superseded':
			case 'vanished': {
				break;
			}
		}
	}
};

/** Writes the survey fact and tells the faces; both carry the same sums, the earlier generations' included. */
const tellSurveyed = (
	context: Context,
	mapping: FolderMapping,
	record: FolderRecord,
	remaining: {messages: number; bytes: number},
	more: {predicted?: number; highestModSeq?: string; excluded?: ExclusionRule; gone?: true},
): void => {
	const own = tallyOf(record, more.excluded ? {messages: 0, bytes: 0} : remaining);
	if (more.excluded) {
		own.messages = {...own.messages, excluded: own.messages.excluded + remaining.messages};
		own.bytes = {...own.bytes, excluded: own.bytes.excluded + remaining.bytes};
	}

	const total = {messages: totalOf(own.messages), bytes: totalOf(own.bytes)};
	const said = record.survey;
	const unchanged = said?.total === total.messages && said.bytes === total.bytes && said.excluded === more.excluded && said.highestModSeq === more.highestModSeq && said.gone === more.gone;
	if (!unchanged) {
		context.journal.append({
			type: 'survey', folder: record.number, at: context.clock.now(), total: total.messages, bytes: total.bytes,
			...(more.highestModSeq && {highestModSeq: more.highestModSeq}), ...(more.excluded && {excluded: more.excluded}), ...(more.gone && {gone: true}),
		});
	}

	const sums = {messages: {...own.messages}, bytes: {...own.bytes}};
	for (const old of context.journal.record.folders) {
		if (old !== record && samePath(old.path, record.path)) {
			const earlier = tallyOf(old, {messages: 0, bytes: 0});
			for (const key of Object.keys(sums.messages) as Array<keyof Tally>) {
				sums.messages[key] += earlier.messages[key];
				sums.bytes[key] += earlier.bytes[key];
			}
		}
	}

	context.tell({
		type: 'folder.surveyed', folder: mapping.source, destination: mapping.destination, ...(mapping.role && {role: mapping.role}),
		reasons: mapping.reasons, ...(mapping.explanation && {explanation: mapping.explanation}), exists: mapping.exists,
		...(more.excluded && {excluded: more.excluded}), messages: sums.messages, bytes: sums.bytes, predicted: more.predicted ?? 0,
	});
};

/** Lists one folder again, because it turned out to have changed its life while it was read. */
export const resurvey = async (context: Context, work: FolderWork, survey: Survey): Promise<FolderWork> => {
	const listing = await context.source.list(work.path, context.control.stopping);
	const fresh = prepareWork(context, work.mapping, {listing, previous: work.listing}, survey);
	await tellPredictions(context, survey.predictions.splice(0));
	fresh.resurveys = work.resurveys + 1;
	return fresh;
};

/** Runs tasks, at most so many at once. */
const inParallel = async <T>(items: readonly T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> => {
	const queue = [...items];
	await Promise.all(Array.from({length: Math.max(1, Math.min(atOnce, queue.length))}, async () => {
		for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
			// eslint-disable-next-line no-await-in-loop -- One after another in each of several runners.
			await run(item);
		}
	}));
};

/**
Looks at both sides and at the record, decides where every folder goes and what remains to be done.
Folders that cannot be listed fail alone.
*/
export const surveyAll = async (context: Context): Promise<Survey> => {
	const {source, destination, journal, choices, traits, tell, control} = context;
	const survey: Survey = {
		works: [], moves: new Moves(), unsure: [], predictions: [],
	};
	const earlierFates = journal.record.folders.reduce((sum, folder) => sum + totalOf(tallyOf(folder, {messages: 0, bytes: 0}).messages) - folder.counts().unsure, 0);
	const [folders, existing] = await Promise.all([source.folders(control.stopping), destination.folders(control.stopping)]);
	const rules = new Map<string, ExclusionRule>();
	const mail: Folder[] = [];
	for (const folder of folders) {
		if (folder.kind === 'mail') {
			mail.push(folder);
			const rule = choices.excludes(folder);
			if (rule) {
				rules.set(pathKey(folder.path), rule);
			}
		} else {
			tell({type: 'folder.ignored', folder: folder.path, kind: folder.kind});
		}
	}

	for (const words of choices.unused?.(folders) ?? []) {
		tell({type: 'warning', words});
	}

	const settled = journal.record.folders.map(folder => ({source: folder.path, destination: folder.destination}));
	const mappings = mapFolders(mail, existing, traits.names, choices.folderMap, settled);
	const mappingOf = new Map(mappings.map(mapping => [pathKey(mapping.source), mapping]));
	await inParallel(mail, source.connections, async folder => {
		const rule = rules.get(pathKey(folder.path));
		const mapping = mappingOf.get(pathKey(folder.path)) ?? {
			source: folder.path, destination: folder.path, reasons: [], exists: false, ...(folder.role && {role: folder.role}),
		};
		let listing: Listing;
		try {
			listing = await source.list(folder.path, control.stopping);
		} catch (error) {
			const failure = failureOf(error);
			if (failure.reach !== 'folder') {
				throw error;
			}

			const known = journal.record.latest(folder.path);
			const sums = known ? tallyOf(known, {messages: 0, bytes: 0}) : {messages: emptyTally(), bytes: emptyTally()};
			tell({
				type: 'folder.surveyed', folder: folder.path, destination: mapping.destination, reasons: mapping.reasons, exists: mapping.exists, ...sums, predicted: 0,
			});
			tell({type: 'folder.failed', folder: folder.path, failure});
			return;
		}

		if (rule) {
			const {record} = recordFor(context, mapping, listing);
			let [messages, bytes] = [0, 0];
			for (const entry of listing) {
				if (record.state(entry.uid) === 'remaining') {
					messages++;
					bytes += entry.size;
				}
			}

			tellSurveyed(context, mapping, record, {messages, bytes}, {excluded: rule});
			return;
		}

		survey.works.push(prepareWork(context, mapping, {listing}, survey));
		await tellPredictions(context, survey.predictions.splice(0));
	});
	tellGone(context, survey, new Set(folders.map(folder => pathKey(folder.path))));
	// Prepared in the order the listings came; worked on in the order the source names them.
	const order = new Map(mail.map((folder, index) => [pathKey(folder.path), index]));
	survey.works.sort((a, b) => order.get(pathKey(a.path))! - order.get(pathKey(b.path))!);
	tell({type: 'survey.completed', earlier: earlierFates});
	return survey;
};

/** Folders on record that the source no longer lists: deleted or renamed there. */
const tellGone = (context: Context, survey: Survey, listed: ReadonlySet<string>): void => {
	const {journal, clock} = context;
	const gone = journal.record.folders.filter(record => !listed.has(pathKey(record.path)));
	for (const record of gone) {
		retire(record, survey, (from, uid) => {
			const {size, receivedAt} = from.get(uid)!;
			journal.append({
				type: 'vanished', folder: from.number, uid, at: clock.now(), size, receivedAt,
			});
		});
	}

	const latest = new Map(gone.map(record => [pathKey(record.path), record]));
	for (const record of latest.values()) {
		tellSurveyed(context, {
			source: record.path, destination: record.destination, reasons: ['gone'], exists: true,
		}, record, {messages: 0, bytes: 0}, {gone: true});
	}
};
