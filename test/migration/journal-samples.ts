import {Buffer} from 'node:buffer';
import path from 'node:path';
import {hashOf} from '../../source/mailbox/identity.js';
import {type Clock} from '../../source/mailbox/clock.js';
import {type Files} from '../../source/migration/journal-file.js';
import {type Fact} from '../../source/migration/facts.js';
import {openJournal, type Journal, type JournalOptions} from '../../source/migration/journal.js';

export const accounts = {
	source: {host: 'imap.example.org', port: 993, user: 'a@example.org'},
	destination: {host: 'outlook.example.com', port: 993, user: 'a@example.com'},
};

/** Stands still; sleeps end only by abort, so that nothing is written that was not asked for. */
export const stillClock: Clock = {
	now: () => 1_780_000_000_000,
	async sleep(_, signal) {
		await new Promise((_resolve, reject) => {
			signal?.addEventListener('abort', () => {
				reject(signal.reason as Error);
			});
		});
	},
};

export const directory = path.join('state', 'journals');
export const file = path.join(directory, 'sample.journal');

export const open = async (files: Files, more: Partial<JournalOptions> = {}): Promise<Journal> => openJournal({
	directory, name: 'sample', files, clock: stillClock, accounts, ...more,
});

export const readAll = async (journal: Journal): Promise<Fact[]> => {
	const facts: Fact[] = [];
	for await (const fact of journal.facts()) {
		facts.push(fact);
	}

	return facts;
};

export const fingerprintOf = (uid: number, more: {readonly size?: number; readonly receivedAt?: number} = {}) => ({
	hash: hashOf(new TextEncoder().encode(`message ${uid}`)), size: more.size ?? 1000 + uid, receivedAt: more.receivedAt ?? 1_600_000_000_000 + (uid * 1000),
});

export const folderFact = (folder: number, name = `Folder ${folder}`, destination = name): Fact => ({
	type: 'folder', folder, path: [name], generation: '1', destination: [destination],
});

export const intent = (uid: number, folder = 0): Extract<Fact, {type: 'intent'}> => ({
	type: 'intent', folder, uid, at: 1_780_000_000_000 + uid, road: 'imap', fingerprint: fingerprintOf(uid), flags: [String.raw`\Seen`], generation: '77', watermark: '12',
});

export const receipt = (uid: number, folder = 0, id = `77:${uid + 1000}`): Extract<Fact, {type: 'delivered'}> => ({
	type: 'delivered', folder, uid, at: 1_780_000_000_500 + uid, id,
});

/** Of one message always the same. */
export const oddContent = (uid: number) => {
	const size = ((uid ** 5) * 977) % 4_294_967_000;
	const receivedAt = ((uid * 104_729_000) % 4e12) - (uid % 2 * 1e12);
	return {
		size, receivedAt, fingerprint: fingerprintOf(uid, {size: size + (uid % 9 === 0 ? 3 : 0), receivedAt}), ...(uid % 9 === 0 && {announced: size}),
	};
};

const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

/** 152 characters, as Exchange makes them: all but the last bytes are those of mailbox and folder. */
export const itemId = (item: number, folder = 0): string => {
	const bytes = Buffer.alloc(113, folder + 1);
	bytes.writeUInt32BE(item, 107);
	return bytes.toString('base64');
};

/** A fact of any kind about a message of one of `folders` folders, with odd values among the usual. */
export const randomFact = (random: () => number, {folders = 3, uids = 40}: {readonly folders?: number; readonly uids?: number} = {}): Fact => {
	const folder = Math.floor(random() * folders);
	const uid = random() < 0.02 ? 4_294_967_295 : 1 + Math.floor(random() * uids);
	const at = 1_780_000_000_000 + Math.floor(random() * 1e9);
	const {size, receivedAt, fingerprint, ...announced} = oddContent(uid);
	const flags = pick(random, [[], [String.raw`\Seen`], [String.raw`\Seen`, '$Forwarded'], ['Kategorie Grün', '"', '\n'], [`flag${uid}`]]);
	const id = pick(random, [undefined, `77:${uid}`, `77:${Math.floor(random() * 1e6)}`, itemId(uid), itemId(Math.floor(random() * 1e6), 1 + folder), 'QQ==', 'AAMkAGI2T=', 'QR==', '1:02', '', ':5', '5:', '99999999999999999999:1', '1:99999999999999999999']);
	const envelope = random() < 0.5 && {envelope: fingerprint.hash.slice(0, 12)};
	const road = pick(random, ['imap', 'ews', 'graph', 'graph-json'] as const);
	return pick<() => Fact>(random, [
		() => ({
			type: 'intent', folder, uid, at, road, fingerprint, flags, generation: pick(random, ['77', '78', 'a b']), watermark: pick(random, ['0', '12', '4294967296', '18446744073709551615', '007', '']), ...announced, ...envelope,
		}),
		() => ({
			type: 'delivered', folder, uid, at, ...(id !== undefined && {id}), ...(random() < 0.2 && {lost: ['keyword:Kategorie Grün']}),
		}),
		() => ({
			type: 'delivered', folder, uid, at, ...(id !== undefined && {id}),
		}),
		() => ({type: 'not-stored', folder, uid}),
		() => ({
			type: 'already-there', folder, uid, at, road, fingerprint, flags, ...(id !== undefined && {id}), ...(random() < 0.2 && {moved: {folder: Math.floor(random() * folders), uid: 1 + Math.floor(random() * uids)}}), ...announced, ...envelope, ...(random() < 0.2 && {altered: ['received', 'draft']}),
		}),
		() => ({
			type: 'excluded', folder, uid, at, rule: pick(random, ['marked-deleted', 'by-hand'] as const), size, receivedAt,
		}),
		() => ({
			type: 'refused', folder, uid, at, code: pick(random, ['message-refused', 'message-too-large'] as const), outcome: pick(random, ['not stored', 'unknown'] as const), size, receivedAt, attempts: 3, detail: 'nö '.repeat(Math.floor(random() * 30)), subject: '𝕳i',
		}),
		() => ({
			type: 'vanished', folder, uid, at, size, receivedAt,
		}),
		() => ({
			type: 'reopened', folder, uid, at,
		}),
		() => ({
			type: 'survey', folder, at, total: 5, bytes: size, ...(random() < 0.5 && {highestModSeq: '715194045007'}),
		}),
		() => ({type: 'note', at, text: 'words\n\u0000 and more'}),
		() => ({
			type: 'run', run: `r${uid}`, at, version: '0.1.0', command: 'migrate',
		}),
		() => ({
			type: 'end', run: `r${uid}`, at, outcome: 'partial',
		}),
	])();
};
