import {Buffer} from 'node:buffer';
import {expect, test} from 'vitest';
import {type FailureError} from '../../source/mailbox/failure.js';
import {type Fact} from '../../source/migration/facts.js';
import {ForgetfulFiles, seeded} from './forgetful-files.js';
import {
	file, folderFact, intent, open, readAll, receipt,
} from './journal-samples.js';

type Bytes = ReturnType<ForgetfulFiles['content']>;

/** A journal of some groups, each synced, and where each group ends in the file, the header first. */
const sample = async ({groups = 4, closed = false} = {}): Promise<{bytes: Bytes; ends: number[]; facts: Fact[]; upTo: number[]}> => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	const ends = [files.content(file).length];
	const facts: Fact[] = [];
	const upTo = [0];
	const add = (fact: Fact) => {
		journal.append(fact);
		facts.push(fact);
	};

	add(folderFact(0));
	for (let group = 0; group < groups; group++) {
		add(intent(2 * group));
		add(intent((2 * group) + 1));
		// eslint-disable-next-line no-await-in-loop -- one group after another
		await journal.sync();
		add(receipt(2 * group));
		ends.push(files.content(file).length);
		upTo.push(facts.length - 1);
	}

	if (closed) {
		await journal.close();
		upTo[groups] = facts.length;
	}

	return {
		bytes: files.content(file), ends, facts, upTo,
	};
};

/** Opens content as a journal, and says what became of it. */
const reopen = async (bytes: Uint8Array): Promise<{code?: string; detail?: string; facts?: Fact[]; after: Bytes; synced: number}> => {
	const files = new ForgetfulFiles();
	files.put(file, bytes);
	try {
		const journal = await open(files);
		const facts = await readAll(journal);
		const after = files.content(file);
		// What was found can be built upon.
		if (facts.length > 0) {
			journal.append(intent(99));
			await journal.sync();
			expect(await readAll(await open(files))).toEqual([...facts, intent(99)]);
		}

		return {facts, after, synced: files.counts.sync};
	} catch (error) {
		const {failure} = error as FailureError;
		return {
			code: failure.code, ...(failure.detail && {detail: failure.detail}), after: files.content(file), synced: files.counts.sync,
		};
	}
};

test('a file cut short at any byte of its last group opens with everything before that group', async () => {
	const {bytes, ends, facts, upTo} = await sample();
	for (let length = ends[3]!; length < bytes.length; length++) {
		// eslint-disable-next-line no-await-in-loop -- one case after another
		const result = await reopen(bytes.subarray(0, length));
		expect(result.facts, `cut at ${length}`).toEqual(facts.slice(0, upTo[3]));
		expect(result.after.length).toBe(ends[3]);
		expect(result.synced).toBeGreaterThan(0);
	}
});

test('garbage, zeros and holes in the last group are a torn tail', async () => {
	const {bytes, ends, facts, upTo} = await sample();
	const random = seeded(5);
	for (let at = ends[3]!; at < bytes.length; at++) {
		const flipped = Buffer.from(bytes);
		flipped[at] = (flipped[at]! + 1 + Math.floor(random() * 255)) % 256;
		const zeros = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(5000)]);
		const noise = Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({length: 700}, () => Math.floor(random() * 256)))]);
		const hole = Buffer.from(bytes).fill(0, ends[3], at + 1);
		for (const torn of [flipped, zeros, noise, hole]) {
			// eslint-disable-next-line no-await-in-loop -- one case after another
			const result = await reopen(torn);
			expect(result.facts, `at ${at}`).toEqual(facts.slice(0, upTo[3]));
		}
	}
});

test('zeros behind a whole journal are cut off, and nothing of it', async () => {
	const {bytes, facts} = await sample({closed: true});
	const result = await reopen(Buffer.concat([bytes, Buffer.alloc(70_000)]));
	expect(result.facts).toEqual(facts);
	expect(result.after.equals(bytes)).toBe(true);
});

test('a later block that reached the disk before an earlier unsynced one does not make the tail damaged', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	journal.append(folderFact(0));
	await journal.sync();
	const durable = files.content(file).length;
	journal.append(intent(1));
	await journal.flush();
	const second = files.content(file).length;
	journal.append(intent(2));
	await journal.flush();
	const bytes = files.content(file).fill(0, durable, second);
	const result = await reopen(bytes);
	expect(result.facts).toEqual([folderFact(0)]);
	expect(result.after.length).toBe(durable);
});

test('damage at any byte that was synced before later ones were written is told, with its place, and the file is left as it was', async () => {
	const {bytes, ends} = await sample();
	const random = seeded(7);
	for (let at = 0; at < ends[3]!; at++) {
		const harmed = Buffer.from(bytes);
		harmed[at] = (harmed[at]! + 1 + Math.floor(random() * 255)) % 256;
		// eslint-disable-next-line no-await-in-loop -- one case after another
		const result = await reopen(harmed);
		expect(result.code, `at ${at}`).toBe('journal-damaged');
		expect(result.after.equals(harmed)).toBe(true);
		const start = at < ends[0]! ? 0 : ends.findLast(end => end <= at)!;
		expect(result.detail).toContain(`sample.journal, at byte ${start}: `);
	}
});

test('bytes missing or inserted in the middle are damage too', async () => {
	const {bytes, ends} = await sample();
	for (const at of [ends[0]!, ends[0]! + 1, ends[1]! - 1, ends[1]!, ends[1]! + 30]) {
		const zeroed = Buffer.from(bytes).fill(0, at, at + 40);
		// eslint-disable-next-line no-await-in-loop -- one case after another
		expect(await reopen(zeroed)).toMatchObject({code: 'journal-damaged'});
	}
});

test('after a clean end damage to the last group is told as well', async () => {
	const {bytes, ends} = await sample({closed: true});
	for (let at = ends[3]!; at < bytes.length - 18; at++) {
		const harmed = Buffer.from(bytes);
		harmed[at] = (harmed[at]! + 128) % 256;
		// eslint-disable-next-line no-await-in-loop -- one case after another
		const result = await reopen(harmed);
		expect(result.code, `at ${at}`).toBe('journal-damaged');
		expect(result.after.equals(harmed)).toBe(true);
	}
});

test('the torn start of a brand-new journal is begun again', async () => {
	const {bytes, ends} = await sample();
	for (let length = 0; length < ends[0]!; length += 5) {
		const start = bytes.subarray(0, length);
		for (const torn of [start, Buffer.concat([start, Buffer.alloc(ends[0]! - length)])]) {
			// eslint-disable-next-line no-await-in-loop -- one case after another
			const result = await reopen(torn);
			expect(result.facts).toEqual([]);
			expect(result.after.length).toBe(ends[0]);
		}
	}
});

test('a file that is no journal at all is not touched', async () => {
	for (const content of ['A letter to my aunt\n', 'x'.repeat(9000), '\0'.repeat(9000)]) {
		const bytes = Buffer.from(content);
		// eslint-disable-next-line no-await-in-loop -- one case after another
		const result = await reopen(bytes);
		expect(result.code).toBe('journal-damaged');
		expect(result.after.equals(bytes)).toBe(true);
	}
});

test('a journal of a newer form is told and left alone', async () => {
	const {crc32} = await import('node:zlib');
	const line = 'aw2ms365-journal 2 {}';
	const bytes = Buffer.from(`${line} ${crc32(line).toString(16).padStart(8, '0')}\nwhatever comes`);
	const result = await reopen(bytes);
	expect(result.code).toBe('journal-foreign');
	expect(result.detail).toContain('version 2');
	expect(result.after.equals(bytes)).toBe(true);
});
