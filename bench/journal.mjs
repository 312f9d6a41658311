/*
Measures the journal at a million messages: appending intents with their syncs and receipts, size on disk,
opening, compaction, memory. And two text forms that were weighed against its own.

	npm run build && node bench/journal.mjs [messages] [journal|ews|text|json] [directory]

`ews`: the same journal with what EWS adds, an envelope hash and ids of 152 characters.

Figures and what followed from them: docs/decisions/0002-journal-form.md.
*/
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {crc32} from 'node:zlib';

const messages = Number(process.argv[2] ?? 1_000_000);
const form = process.argv[3] ?? 'journal';
const directory = fs.mkdtempSync(path.join(process.argv[4] ?? os.tmpdir(), 'journal-'));
const dist = process.env.DIST ?? new URL('../dist/', import.meta.url).href;

const flagSets = [[String.raw`\Seen`], [String.raw`\Seen`, String.raw`\Answered`], [], [String.raw`\Flagged`, String.raw`\Seen`], [String.raw`\Seen`, '$Forwarded', 'NonJunk']];
const now = Date.UTC(2026, 10, 20);

/** As Exchange makes them: 113 bytes, of which mailbox, folder and database fill all but the last eight. */
const itemId = uid => {
	const bytes = Buffer.alloc(113, 0x5A);
	bytes.writeUIntBE(0x11_F5_CA_00_00 + uid, 105, 6);
	bytes.writeUInt16BE(0, 111);
	return bytes.toString('base64');
};

/** Groups of 8 to 32 messages: their intents, then their receipts. */
function * groups() {
	let uid = 0;
	while (uid < messages) {
		const intents = [];
		const receipts = [];
		for (let left = 8 + ((uid * 7919) % 25); left > 0 && uid < messages; left--) {
			uid++;
			const content = createHash('sha256').update(String(uid)).digest('base64url');
			intents.push({
				type: 'intent', folder: 0, uid, at: now + (uid * 3), road: form === 'ews' ? 'ews' : 'imap', ...(form === 'ews' && {envelope: content.slice(0, 12)}),
				fingerprint: {hash: content, size: 2000 + ((uid * 7919) % 900_000), receivedAt: 1_200_000_000_000 + (uid * 333_000)},
				flags: flagSets[uid % 5], generation: '1700000123', watermark: '100001',
			});
			receipts.push({
				type: 'delivered', folder: 0, uid, at: now + (uid * 3) + 900, id: form === 'ews' ? itemId(uid) : `1700000123:${100_000 + uid}`,
			});
		}

		yield [intents, receipts];
	}
}

const seconds = since => `${((performance.now() - since) / 1000).toFixed(2)} s`;
const resident = () => {
	globalThis.gc?.();
	const {rss, arrayBuffers, heapUsed} = process.memoryUsage();
	return {rss, kept: arrayBuffers + heapUsed};
};

const tell = (what, ...rest) => console.log(what.padEnd(28), ...rest);

const measureJournal = async () => {
	const {openJournal} = await import(`${dist}migration/journal.js`);
	const {realFiles} = await import(`${dist}migration/journal-file.js`);
	const {realClock} = await import(`${dist}mailbox/clock.js`);
	let syncs = 0;
	const files = {
		...realFiles,
		async open(...parameters) {
			const file = await realFiles.open(...parameters);
			const sync = file?.sync.bind(file);
			return file && Object.assign(file, {
				async sync() {
					syncs++;
					await sync();
				},
			});
		},
	};
	const account = {host: 'imap.example.org', port: 993, user: 'a@example.org'};
	const options = {
		directory, name: 'bench', files, clock: realClock(), accounts: {source: account, destination: {...account, user: 'b@example.org'}},
	};
	const file = path.join(directory, 'bench.journal');
	const size = () => `${(fs.statSync(file).size / messages).toFixed(1)} bytes a message`;
	const before = resident();

	let start = performance.now();
	let journal = await openJournal(options);
	journal.append({
		type: 'folder', folder: 0, path: ['INBOX'], generation: '1', destination: ['INBOX'],
	});
	let preparing = 0;
	const all = groups();
	for (;;) {
		const made = performance.now();
		const group = all.next().value;
		preparing += performance.now() - made;
		if (!group) {
			break;
		}

		for (const intent of group[0]) {
			journal.append(intent);
		}

		// eslint-disable-next-line no-await-in-loop -- one group after another
		await journal.sync();
		for (const receipt of group[1]) {
			journal.append(receipt);
		}
	}

	await journal.close();
	tell('append, synced in groups', seconds(start + preparing), `${syncs} syncs`, size());
	tell('memory while appending', `${Math.round((resident().kept - before.kept) / messages)} bytes a message`);

	journal = undefined;
	const empty = resident();
	start = performance.now();
	journal = await openJournal(options);
	tell('open', seconds(start), `${journal.record.folders[0].counts().delivered} delivered`, `rss ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
	tell('memory once open', `${Math.round((resident().kept - empty.kept) / messages)} bytes a message`);
	start = performance.now();
	let facts = 0;

	for await (const _ of journal.facts()) {
		facts++;
	}

	tell('all facts, streamed', seconds(start), `${facts} facts`);
	start = performance.now();
	for (let index = 1; index <= 1000; index++) {
		// eslint-disable-next-line no-await-in-loop -- one after another
		await journal.details(0, 1 + Math.floor((messages - 1) * index / 1000));
	}

	tell('details of 1,000 messages', seconds(start));
	start = performance.now();
	const claimed = journal.record.claims(['INBOX']);
	tell('first claim', claimed('1700000123:100001'), claimed('1700000123:1'), seconds(start));
	await journal.close();

	start = performance.now();
	journal = await openJournal({...options, compact: 'always'});
	tell('open and compact', seconds(start), size());
	await journal.close();
	start = performance.now();
	journal = await openJournal(options);
	tell('open compacted', seconds(start), `peak rss ${Math.round(process.resourceUsage().maxRSS / 1000)} MB`);
	await journal.close();
};

/** The same facts as lines with a checksum each, written in the same groups but never synced, and read back into the same columns. */
const measureLines = async (encode, decode) => {
	const {MailboxRecord} = await import(`${dist}migration/record.js`);
	const file = path.join(directory, form);
	const descriptor = fs.openSync(file, 'w');
	let spent = 0;
	for (const group of groups()) {
		const start = performance.now();
		for (const facts of group) {
			fs.writeSync(descriptor, facts.map(fact => {
				const line = encode(fact);
				return `${line} ${crc32(line).toString(36)}\n`;
			}).join(''));
		}

		spent += performance.now() - start;
	}

	tell(`${form}: append, no syncs`, `${(spent / 1000).toFixed(2)} s`, `${(fs.statSync(file).size / messages).toFixed(1)} bytes a message`);
	const start = performance.now();
	const record = new MailboxRecord();
	record.apply({
		type: 'folder', folder: 0, path: ['INBOX'], generation: '1', destination: ['INBOX'],
	}, 0);
	const reader = fs.openSync(file, 'r');
	const chunk = Buffer.allocUnsafe(1024 * 1024);
	let rest = '';
	let position = 0;
	for (let length = fs.readSync(reader, chunk); length > 0; length = fs.readSync(reader, chunk)) {
		const text = rest + chunk.latin1Slice(0, length);
		let at = 0;
		for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', at)) {
			const blank = text.lastIndexOf(' ', end);
			const line = text.slice(at, blank);
			if (crc32(line) !== Number.parseInt(text.slice(blank + 1, end), 36)) {
				throw new Error('checksum');
			}

			record.apply(decode(line), position + at + 1);
			at = end + 1;
		}

		rest = text.slice(at);
		position += at;
	}

	tell(`${form}: open`, seconds(start), `${record.folders[0].counts().delivered} delivered`, `peak rss ${Math.round(process.resourceUsage().maxRSS / 1000)} MB`);
};

const words = new Map();
const texts = [];
const word = text => {
	if (!words.has(text)) {
		words.set(text, words.size);
		texts.push(text);
	}

	return words.get(text).toString(36);
};

const short = value => value.toString(36);
const long = text => Number.parseInt(text, 36);

const forms = {
	journal: measureJournal,
	ews: measureJournal,
	json: () => measureLines(fact => JSON.stringify(fact), line => JSON.parse(line)),
	text: () => measureLines(
		fact => {
			if (fact.type === 'intent') {
				const {hash, size, receivedAt} = fact.fingerprint;
				return `i ${short(fact.folder)} ${short(fact.uid)} ${short(fact.at)} i ${hash} ${short(size)} ${short(receivedAt / 1000)} ${word(fact.flags.join(' '))} ${word(fact.generation)} ${fact.watermark}`;
			}

			const [generation, uid] = fact.id.split(':');
			return `d ${short(fact.folder)} ${short(fact.uid)} ${short(fact.at)} ${word(generation)} ${short(Number(uid))}`;
		},
		line => {
			const part = line.split(' ');
			const key = {folder: long(part[1]), uid: long(part[2]), at: long(part[3])};
			return part[0] === 'i'
				? {
					type: 'intent', ...key, road: 'imap', fingerprint: {hash: part[5], size: long(part[6]), receivedAt: long(part[7]) * 1000},
					flags: texts[long(part[8])].split(' '), generation: texts[long(part[9])], watermark: part[10],
				}
				: {type: 'delivered', ...key, id: `${texts[long(part[4])]}:${long(part[5])}`};
		},
	),
};

try {
	await forms[form]();
} finally {
	fs.rmSync(directory, {recursive: true});
}
