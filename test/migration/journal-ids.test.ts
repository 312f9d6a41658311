import {Buffer} from 'node:buffer';
import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {type Fact} from '../../source/migration/facts.js';
import {ForgetfulFiles} from './forgetful-files.js';
import {
	file, fingerprintOf, folderFact, intent, itemId, open, readAll, receipt,
} from './journal-samples.js';

test('a journal of before there were envelope hashes and packed ids opens, goes on and compacts', async () => {
	const old = JSON.parse(readFileSync(new URL('journal-before-envelopes.json', import.meta.url), 'utf8')) as {bytes: string[]; facts: Fact[]};
	const files = new ForgetfulFiles();
	files.put(file, Buffer.from(old.bytes.join(''), 'base64'));
	const journal = await open(files);
	expect(await readAll(journal)).toEqual(old.facts);
	const more = [{...intent(5000), envelope: 'AbCdEfGh-_09'}, {...receipt(5000), id: itemId(1)}] as const;
	for (const fact of more) {
		journal.append(fact);
	}

	const {lossy, altered, ...counts} = journal.record.folders[0]!.counts();
	expect({altered, delivered: counts.delivered > 0}).toEqual({altered: 0, delivered: true});
	await journal.close();
	const compacted = await open(files, {compact: 'always'});
	expect(compacted.record.folders[0]!.counts()).toEqual({...counts, lossy, altered});
	expect(await compacted.details(0, 5000)).toEqual({intent: more[0], fate: more[1]});
	const facts = await readAll(compacted);
	expect(facts.slice(-2)).toEqual(more);
});

test('a message that went by EWS takes less than 100 bytes, whichever order folders come in', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	const facts: Fact[] = [];
	for (let folder = 0; folder < 10; folder++) {
		facts.push(folderFact(folder));
	}

	for (let uid = 1; uid <= 3000; uid++) {
		const folder = uid % 10;
		facts.push({
			...intent(uid, folder), road: 'ews', envelope: fingerprintOf(uid).hash.slice(0, 12),
		}, {...receipt(uid, folder), id: itemId(uid, folder)});
	}

	for (const fact of facts) {
		journal.append(fact);
	}

	await journal.close();
	expect(files.content(file).length / 3000).toBeLessThan(100);
	const again = await open(files);
	expect(await readAll(again)).toEqual(facts);
	expect(await again.details(7, 7)).toMatchObject({intent: {envelope: fingerprintOf(7).hash.slice(0, 12)}, fate: {id: itemId(7, 7)}});
});

test('ids that begin each in another way, or look like base64, come back as they were', async () => {
	const files = new ForgetfulFiles();
	const journal = await open(files);
	const ids = ['QQ==', 'QR==', 'QUI=', 'AAAA', 'A', '====', 'AA==AA==', '-_-_', 'AAA A', 'AAAAAAAAAAAAAAAA', ...Array.from({length: 1000}, (_, index) => itemId(index, index % 300)), 'x'.repeat(3000), `${'AAAA'.repeat(1000)}`];
	const facts: Fact[] = [folderFact(0), ...ids.map((id, index) => receipt(index + 1, 0, id))];
	for (const fact of facts) {
		journal.append(fact);
	}

	await journal.close();
	const again = await open(files);
	expect(await readAll(again)).toEqual(facts);
	again.append(receipt(4000, 0, itemId(1, 1)));
	expect(await again.details(0, 4000)).toEqual({fate: receipt(4000, 0, itemId(1, 1))});
});
