import {
	blockHead, sealBlock,
} from './journal-block.js';
import {FactEncoder} from './journal-codec.js';
import {type Files, type OpenFile} from './journal-file.js';
import {readHeader, type Header} from './journal-header.js';
import {createJournal, type Loaded} from './journal-load.js';
import {streamFacts} from './journal-read.js';
import {type Fact} from './facts.js';
import {remembered, type MailboxRecord} from './record.js';

const smallFile = 8 * 1024 * 1024;
const blockSize = 64 * 1024;

/** Whether a journal would shrink to less than half by leaving out what is no longer needed. */
export const worthCompacting = ({size, record}: Loaded): boolean => size > smallFile && record.facts > 2 * record.liveFacts();

/**
Writes what is still needed of a journal into a new file, in its order, and makes that durable. The old file
is only read. Renaming the new one over it is left to the caller.
*/
export const writeCompacted = async (files: Files, path: string, {file, loaded, header}: {
	readonly file: OpenFile; readonly loaded: Loaded; readonly header: Header;
}): Promise<void> => {
	const to = await createJournal(files, path, header);
	try {
		const {seed, end: start} = await headOf(to, header);
		let end = start;
		const encoder = new FactEncoder(blockHead, []);
		const write = async (durable: number) => {
			const bytes = encoder.take();
			sealBlock(bytes, end, durable, seed);
			await to.append(bytes);
			end += bytes.length;
		};

		const needed = stillNeeded(loaded.record);
		for await (const batch of streamFacts(file, path, {from: loaded.from, size: loaded.end, seed: loaded.seed})) {
			for (const {fact, offset} of batch.facts) {
				for (const kept of needed(fact, offset)) {
					encoder.encode(kept);
				}

				if (encoder.length >= blockSize) {
					// eslint-disable-next-line no-await-in-loop -- blocks lie behind each other
					await write(start);
				}
			}
		}

		await write(start);
		// Nobody opens it before it is whole: so it may say so, and damage to any of it can be told from a torn tail.
		await write(end);
		await to.sync();
	} finally {
		await to.close();
	}
};

const headOf = async (file: OpenFile, {accounts}: Header): Promise<{seed: number; end: number}> => {
	const size = await file.size();
	const head = readHeader(await file.read(0, size), accounts);
	if (head.kind !== 'ours') {
		throw new Error('the header written is not the header read');
	}

	return {seed: head.seed, end: size};
};

/** A function that is shown every fact in order and says what is kept in its place. */
const stillNeeded = (record: MailboxRecord): (fact: Fact, offset: number) => readonly Fact[] => {
	const runs = new Set(record.runs.map(run => run.run));
	const folders = new Set<number>();
	let forgottenNotes = record.notes - remembered;
	return (fact, offset) => {
		const keptIf = (needed: boolean) => needed ? [fact] : [];
		switch (fact.type) {
			case 'run':
			case 'end': {
				return keptIf(runs.has(fact.run));
			}

			case 'folder': {
				const first = !folders.has(fact.folder);
				folders.add(fact.folder);
				return first ? [{...fact, destination: record.folders[fact.folder]!.destination}] : [];
			}

			case 'survey': {
				return keptIf(record.folders[fact.folder]!.surveyOffset === offset);
			}

			case 'note': {
				return keptIf(forgottenNotes-- <= 0);
			}

			case 'not-stored': {
				return [];
			}

			case 'intent': {
				return keptIf(record.folders[fact.folder]!.offsets(fact.uid).intent === offset);
			}

			case 'already-there':
			case 'delivered':
			case 'excluded':
			case 'refused':
			case 'vanished':
			case 'reopened': {
				const live = record.folders[fact.folder]!.offsets(fact.uid).fate === offset;
				if (!live && fact.type === 'already-there' && fact.moved && record.folders[fact.moved.folder]?.state(fact.moved.uid) === 'superseded') {
					// No longer the fate of its own message, but of the one it superseded.
					const {folder, uid, at} = fact;
					return [fact, {
						type: 'reopened', folder, uid, at,
					}];
				}

				return keptIf(live);
			}
		}

		// Added by a later version: not ours to drop.
		return [fact];
	};
};
