import {expect, test} from 'vitest';
import {type Fact} from '../../source/migration/facts.js';
import {type Journal} from '../../source/migration/journal.js';
import {ForgetfulFiles, losses, seeded} from './forgetful-files.js';
import {
	file, folderFact, intent, oddContent, open, randomFact, readAll, receipt,
} from './journal-samples.js';

/** Everything of a record that later features ask for. */
const meaning = async (journal: Journal) => Promise.all(journal.record.folders.map(async folder => ({
	path: folder.path, generation: folder.generation, destination: folder.destination, survey: folder.survey,
	counts: folder.counts(), bytes: folder.bytes(),
	entries: await Promise.all([...folder.entries()].filter(entry => entry.state !== 'remaining').map(async entry => ({
		...entry, code: folder.refusedBy(entry.uid), details: await journal.details(folder.number, entry.uid),
	}))),
})));

/** A fact that may follow what the journal holds: only what was at the destination can have moved, and what moved is no longer spoken of. */
const lawful = (journal: Journal, fact: Fact): Fact => {
	const stateOf = ({folder, uid}: {folder: number; uid: number}) => journal.record.folders[folder]!.state(uid);
	if ('uid' in fact && stateOf(fact) === 'superseded') {
		return {type: 'note', at: 1, text: 'nothing'};
	}

	if (fact.type === 'already-there' && fact.moved && (!['delivered', 'already-there'].includes(stateOf(fact.moved)) || (fact.moved.folder === fact.folder && fact.moved.uid === fact.uid))) {
		const {moved, ...rest} = fact;
		return rest;
	}

	return fact;
};

const filled = async (files: ForgetfulFiles, seed: number, facts = 400) => {
	const random = seeded(seed);
	const journal = await open(files, {compact: 'never'});
	for (let folder = 0; folder < 3; folder++) {
		journal.append(folderFact(folder));
	}

	for (let index = 0; index < facts; index++) {
		const fact = lawful(journal, randomFact(random));
		if (fact.type === 'delivered' && journal.record.folders[fact.folder]!.offsets(fact.uid).intent === 0) {
			const {fingerprint, announced} = oddContent(fact.uid);
			journal.append({...intent(fact.uid, fact.folder), fingerprint, ...(announced !== undefined && {announced})});
		}

		journal.append(random() < 0.01 ? folderFact(1, 'Folder 1', `Elsewhere ${index}`) : fact);
	}

	return journal;
};

test('compacting changes the size and nothing that is asked of the journal, as often as it is done', async () => {
	for (let seed = 1; seed <= 30; seed++) {
		const files = new ForgetfulFiles();
		/* eslint-disable no-await-in-loop -- one journal after another */
		const journal = await filled(files, seed);
		const before = await meaning(journal);
		const {runs} = journal.record;
		await journal.close();
		const {length} = files.content(file);
		const compacted = await open(files, {compact: 'always'});
		expect(await meaning(compacted), `seed ${seed}`).toEqual(before);
		expect(compacted.record.runs.map(run => run.run)).toEqual(runs.map(run => run.run));
		expect(files.content(file).length).toBeLessThan(length * 0.7);
		expect(files.paths()).toEqual([file]);
		await compacted.close();
		const again = await open(files, {compact: 'always'});
		expect(await meaning(again), `seed ${seed}`).toEqual(before);
		again.append(intent(1));
		await again.close();
		const last = await readAll(await open(files));
		expect(last.at(-1)).toEqual(intent(1));
		/* eslint-enable no-await-in-loop */
	}
});

test('a power cut at any moment of a compaction leaves the old journal or the new one, whole', async () => {
	for (let seed = 1; seed <= 12; seed++) {
		for (let cut = 1; ; cut++) {
			/* eslint-disable no-await-in-loop -- one moment after another */
			const random = seeded((seed * 1000) + cut);
			const files = new ForgetfulFiles();
			const journal = await filled(files, seed, 100);
			const before = await meaning(journal);
			await journal.close();
			let moments = 0;
			files.hook = () => {
				if (++moments === cut) {
					files.crash(losses[seed % losses.length]!, random);
				}
			};

			let finished = true;
			try {
				await open(files, {compact: 'always'});
			} catch {
				finished = false;
			}

			files.hook = undefined;
			const after = await open(files);
			expect(await meaning(after), `seed ${seed}, moment ${cut}`).toEqual(before);
			expect(files.paths()).toEqual([file]);
			if (finished && moments < cut) {
				break;
			}
			/* eslint-enable no-await-in-loop */
		}
	}
});

test('a disk without room for a second journal is no reason not to go on with the first', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	journal.append(folderFact(0));
	for (let round = 0; round < 75_000; round++) {
		journal.append(intent(round % 100));
		journal.append({type: 'not-stored', folder: 0, uid: round % 100});
		journal.append({...intent(round % 100), flags: ['x'.repeat(100)]});
		journal.append(receipt(round % 100));
	}

	await journal.close();
	const {length} = files.content(file);
	expect(length).toBeGreaterThan(8 * 1024 * 1024);
	files.failing.set('create', 'ENOSPC');
	const full = await open(files);
	expect(full.record.folders[0]!.counts().delivered).toBe(100);
	await full.close();
	files.failing.clear();
	const roomy = await open(files);
	expect(roomy.record.folders[0]!.counts().delivered).toBe(100);
	await roomy.close();
	expect(files.content(file).length).toBeLessThan(length / 100);
});
