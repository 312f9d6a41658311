import {Buffer} from 'node:buffer';
import {describe, expect, test} from 'vitest';
import {type MailDestination, type Traits} from '../../source/mailbox/destination.js';
import {pathKey} from '../../source/mailbox/mailbox.js';
import {type MailSource} from '../../source/mailbox/source.js';
import {type Event} from '../../source/migration/events.js';
import {verify} from '../../source/migration/verifier.js';
import {
	fakeDestination, fakeSource, folderIn, newStore, put, rebuilding, type Store, type StoredMessage, traits,
} from './fake-ends.js';
import {ForgetfulFiles} from './forgetful-files.js';
import {
	choices, fastClock, openTestJournal, type Ran, runEngine,
} from './run-engine.js';

const draft = String.raw`\Draft`;
const noon = Date.UTC(2020, 0, 1, 12);
const uploaded = Date.UTC(2026, 2, 1);
const never = new AbortController().signal;

const mail = (nth: number, {text = `body ${nth}`, head = `From: Bo <bo@example.org>\r\nDate: Wed, 1 Jan 2020 11:59:00 +0000\r\nSubject: Invoice ${nth}\r\nMessage-ID: <${nth}@example.org>\r\n`} = {}): string => `${head}\r\n${text}\r\n`;

/** A source, and a destination that rebuilds MIME, with what one may do between runs. */
const world = (own: Partial<Traits> = rebuilding) => {
	const [source, destination, clock] = [newStore(), newStore(), fastClock()];
	let files = new ForgetfulFiles();
	let current = own;
	let account = 'ana@old.example';
	let isBlind = false;
	let lost: string | undefined;
	const from = (): MailSource => fakeSource(source, {account: {host: 'source.example', port: 993, user: account}});
	/** As Exchange: an item without a Message-ID has one all the same. */
	const to = (): MailDestination => {
		const ends = fakeDestination(destination, clock, undefined, current);
		return {
			...ends,
			async deliver(folder, batch, report, signal) {
				const moved = lost === undefined ? batch : batch.map(one => ({...one, fingerprint: {...one.fingerprint, receivedAt: Date.UTC(2026, 10, 23)}}));
				await ends.deliver(folder, moved, (position, result) => {
					report(position, result.stored && lost !== undefined ? {...result, lost: lost === '' ? [] : [lost]} : result);
				}, signal);
			},
			async list(path, signal) {
				const listed = await ends.list(path, signal);
				if (isBlind) {
					return listed && [...listed].map(({envelope, stamp, id, ...stored}) => ({...stored, id: id.replace(/^AAMk(?<generation>.+)\/(?<uid>\d+)=$/v, '$<generation>:$<uid>')}));
				}

				return listed && [...listed].map(stored => stored.envelope?.messageId === '' ? {...stored, envelope: {...stored.envelope, messageId: `<${stored.id.replaceAll(/\W/gv, '')}@made.example>`}} : stored);
			},
		};
	};

	return {
		source, destination,
		loseJournal() {
			files = new ForgetfulFiles();
		},
		/** The road from now on. */
		by(road: Partial<Traits>) {
			current = road;
		},
		/** Received dates are not kept; what it says of that. */
		losesDates(words: string) {
			lost = words;
		},
		/** By IMAP: other ids, and a listing without headers and stamps. */
		byImap() {
			current = {...rebuilding, transport: 'imap'};
			isBlind = true;
		},
		/** Another source mailbox, with a journal of its own. */
		as(user: string) {
			account = user;
			files = new ForgetfulFiles();
		},
		migrate: async (): Promise<Ran> => runEngine({
			source: from(), destination: to(), files, directory: '/state', clock,
		}),
		async findings(): Promise<string[]> {
			const {findings} = await this.verify();
			return findings;
		},
		async verify() {
			const journal = await openTestJournal(files, '/state', clock);
			const events: Event[] = [];
			await verify({
				source: from(), destination: to(), traits: {...traits, ...current}, record: journal.record, details: async (folder, uid) => journal.details(folder, uid), choices, signal: never, tell(event) {
					events.push(event);
				},
			});
			await journal.close();
			const folders = events.filter(event => event.type === 'verify.folder');
			return {
				findings: events.filter(event => event.type === 'verify.finding').map(({kind, folder, uid, detail}) => `${kind} ${folder.join('/')} ${kind === 'extra' ? '' : `${uid} `}${detail ?? ''}`.trim()).sort(),
				equal: folders.reduce((sum, folder) => sum + folder.equal, 0),
			};
		},
	};
};

const count = (store: Store): number => [...store.values()].reduce((sum, folder) => sum + folder.messages.length, 0);
const inFolder = (store: Store, name: string): StoredMessage[] => folderIn(store, [name]).messages;
const withoutStamps = (store: Store): void => {
	for (const message of [...store.values()].flatMap(folder => folder.messages)) {
		delete message.stamp;
	}
};

const moveTo = (store: Store, from: string, to: string, index = 0): void => {
	const [message] = inFolder(store, from).splice(index, 1);
	put(store, [to], '', {...message!, uid: folderIn(store, [to]).nextUid++});
};

const filled = (own?: Partial<Traits>) => {
	const made = world(own);
	for (let nth = 1; nth <= 6; nth++) {
		put(made.source, ['INBOX'], mail(nth), {receivedAt: noon + (nth * 1000)});
	}

	return made;
};

describe.each([['with stamps', false], ['without stamps', true]] as const)('a lost journal, items %s', (_, stampless) => {
	const lose = (made: ReturnType<typeof world>) => {
		made.loseJournal();
		if (stampless) {
			withoutStamps(made.destination);
		}
	};

	test('doubles nothing, and what is verified before it is migrated again is all there', async () => {
		const made = filled();
		await made.migrate();
		lose(made);
		expect(await made.verify()).toEqual({findings: [], equal: 6});
		const {progress} = await made.migrate();
		expect(progress.messages).toMatchObject({alreadyThere: 6, delivered: 0});
		expect(await made.verify()).toEqual({findings: [], equal: 6});
	});

	test('identical copies are several messages: what is there once is delivered twice', async () => {
		const made = world();
		for (let copy = 0; copy < 3; copy++) {
			put(made.source, ['INBOX'], mail(1), {receivedAt: noon});
		}

		await made.migrate();
		lose(made);
		inFolder(made.destination, 'INBOX').splice(0, 2);
		expect(await made.findings()).toHaveLength(2);
		const {progress} = await made.migrate();
		expect(progress.messages).toMatchObject({alreadyThere: 1, delivered: 2});
		expect(await made.verify()).toEqual({findings: [], equal: 3});
	});

	test('a renumbered source folder finds its copies under other keys', async () => {
		const made = filled();
		await made.migrate();
		lose(made);
		const folder = folderIn(made.source, ['INBOX']);
		folder.generation = '2';
		for (const message of folder.messages) {
			message.uid = folder.nextUid++;
		}

		expect(await made.verify()).toEqual({findings: [], equal: 6});
		const {progress} = await made.migrate();
		expect(progress.messages).toMatchObject({alreadyThere: 6, delivered: 0});
	});

	test('messages without Message-ID, Date, From or Subject find their copies', async () => {
		const made = world();
		for (const head of ['', 'Subject: a\r\n', 'From: bo@example.org\r\n', 'Date: Wed, 1 Jan 2020 11:59:00 +0000\r\n', 'Date: yesterday\r\nMessage-ID: broken\r\n']) {
			put(made.source, ['INBOX'], mail(1, {head}), {receivedAt: noon});
			put(made.source, ['INBOX'], mail(2, {head}), {receivedAt: noon});
		}

		await made.migrate();
		lose(made);
		expect(await made.verify()).toEqual({findings: [], equal: 10});
		const {progress} = await made.migrate();
		expect(progress.messages).toMatchObject({alreadyThere: 10, delivered: 0});
		expect(count(made.destination)).toBe(10);
	});
});

test('near-duplicates with one header and second are never taken for each other', async () => {
	const made = world();
	for (const text of ['No. 1001', 'No. 1002', 'No. 1003']) {
		put(made.source, ['INBOX'], mail(1, {text}), {receivedAt: noon});
	}

	for (const text of ['No. 1003', 'No. 1004', 'No. 1001']) {
		put(made.destination, ['INBOX'], mail(1, {text}), {receivedAt: noon});
	}

	expect(await made.findings()).toEqual([expect.stringContaining('extra INBOX'), 'missing INBOX 2']);
	const {progress} = await made.migrate();
	expect(progress.messages).toMatchObject({alreadyThere: 2, delivered: 1});
	expect(inFolder(made.destination, 'INBOX').map(({bytes}) => Buffer.from(bytes).toString().trim().slice(-4)).sort()).toEqual(['1001', '1002', '1003', '1004']);
	expect(await made.findings()).toEqual([expect.stringContaining('extra INBOX')]);
});

test('what the earlier tool left as drafts is named as altered, before and after; our own deliveries beside it are equal', async () => {
	const made = filled();
	await made.migrate();
	made.loseJournal();
	for (const message of inFolder(made.destination, 'INBOX').slice(0, 3)) {
		Object.assign(message, {flags: [draft], receivedAt: uploaded, stamp: undefined});
	}

	const altered = [1, 2, 3].map(nth => expect.stringMatching(new RegExp(`^altered INBOX ${nth} .*draft`, 'v')) as string);
	expect(await made.verify()).toEqual({findings: altered, equal: 3});
	const {progress} = await made.migrate();
	expect(progress.messages).toMatchObject({
		alreadyThere: 6, altered: 3, delivered: 0,
	});
	expect(await made.verify()).toEqual({findings: altered, equal: 3});
});

test('an edited draft with the Message-ID of its earlier form is delivered, not taken for that', async () => {
	const made = world();
	put(made.source, ['Drafts'], mail(1, {text: 'Dear Bo, second thoughts'}), {receivedAt: noon, flags: [draft]});
	put(made.destination, ['Drafts'], mail(1, {text: 'Dear Bo'}), {receivedAt: uploaded, flags: [draft]});
	const {progress} = await made.migrate();
	expect(progress.messages).toMatchObject({alreadyThere: 0, delivered: 1});
	expect(await made.findings()).toEqual([expect.stringContaining('extra')]);
});

describe('with the journal, nothing is doubled and nothing called missing', () => {
	const again = async (made: ReturnType<typeof world>, expected: Record<string, unknown>, findings: readonly unknown[] = [], there = 6) => {
		const {progress} = await made.migrate();
		expect(progress.messages).toMatchObject({remaining: 0, ...expected});
		expect(count(made.destination)).toBe(there);
		expect(await made.findings()).toEqual(findings);
	};

	test('when UIDVALIDITY changed and every message has another UID', async () => {
		const made = filled();
		await made.migrate();
		const folder = folderIn(made.source, ['INBOX']);
		folder.generation = '2';
		for (const message of folder.messages) {
			message.uid = folder.nextUid++;
		}

		await again(made, {alreadyThere: 6, delivered: 0});
	});

	test('when a folder was renamed at the source', async () => {
		const made = filled();
		await made.migrate();
		made.source.set(pathKey(['Work']), folderIn(made.source, ['INBOX']));
		made.source.set(pathKey(['INBOX']), {generation: '9', nextUid: 1, messages: []});
		await again(made, {alreadyThere: 6, delivered: 0}, Array.from({length: 6}, () => expect.stringContaining('moved Work') as string));
	});

	test('when a folder was renamed at the destination', async () => {
		const made = filled();
		await made.migrate();
		made.destination.set(pathKey(['Kept']), folderIn(made.destination, ['INBOX']));
		made.destination.delete(pathKey(['INBOX']));
		await again(made, {delivered: 6}, Array.from({length: 6}, (_, index) => `moved INBOX ${index + 1} Kept`));
	});

	test('when a message was moved at the source', async () => {
		const made = filled();
		await made.migrate();
		moveTo(made.source, 'INBOX', 'Work');
		await again(made, {delivered: 5, alreadyThere: 1}, ['moved Work 1 INBOX']);
	});

	test('when items were moved, moved back (and so have other ids), deleted and edited at the destination', async () => {
		const made = filled();
		await made.migrate();
		moveTo(made.destination, 'INBOX', 'Done');
		moveTo(made.destination, 'INBOX', 'Done');
		moveTo(made.destination, 'Done', 'INBOX', 1);
		const there = inFolder(made.destination, 'INBOX');
		there.splice(there.findIndex(({bytes}) => Buffer.from(bytes).includes('body 3')), 1);
		there.find(({bytes}) => Buffer.from(bytes).includes('body 4'))!.bytes = Buffer.from(mail(4, {text: 'edited'}).replace('Invoice 4', 'Paid'));
		await again(made, {delivered: 6}, ['altered INBOX 4 subject, text', 'missing INBOX 3', 'moved INBOX 1 Done'], 5);
	});

	test('when an item was copied at the destination, stamp and all', async () => {
		const made = filled();
		await made.migrate();
		const [first] = inFolder(made.destination, 'INBOX');
		put(made.destination, ['INBOX'], '', {bytes: first!.bytes, receivedAt: first!.receivedAt, stamp: first!.stamp!});
		await again(made, {delivered: 6}, [expect.stringContaining('extra')], 7);
	});

	test('when it was delivered by a road that keeps bytes and knows other ids, and what came since is recognised', async () => {
		const made = filled({...rebuilding, transport: 'imap', keepsBytes: true});
		await made.migrate();
		made.by(rebuilding);
		expect(await made.verify()).toEqual({findings: [], equal: 6});
		put(made.source, ['INBOX'], mail(7), {receivedAt: noon + 7000});
		put(made.destination, ['INBOX'], mail(7), {receivedAt: noon + 7000});
		await again(made, {delivered: 6, alreadyThere: 1}, [], 7);
		// Known by its date alone: the source has it no more, and the journal not its header.
		inFolder(made.source, 'INBOX').splice(0, 1);
		expect(await made.verify()).toEqual({findings: [], equal: 7});
		inFolder(made.destination, 'INBOX').splice(0, 2);
		expect(await made.findings()).toEqual(['missing INBOX 1', 'missing INBOX 2']);
	});

	test('when EWS closed and IMAP is what is left: there ids are others, and neither header nor stamp is listed', async () => {
		const made = filled(rebuilding);
		await made.migrate();
		made.byImap();
		expect(await made.verify()).toEqual({findings: [], equal: 6});
		inFolder(made.destination, 'INBOX').splice(0, 1);
		expect(await made.findings()).toEqual(['missing INBOX 1']);
		// Of a message that the source has no more, the date is all that can be compared.
		inFolder(made.source, 'INBOX').splice(1, 1);
		expect(await made.findings()).toEqual(['missing INBOX 1']);
		inFolder(made.destination, 'INBOX').splice(0, 1);
		expect(await made.findings()).toEqual(['missing INBOX 1', 'missing INBOX 2']);
	});
});

describe('in one destination folder', () => {
	test('two source mailboxes have each their own messages; what both have, byte for byte and second for second, is there for both', async () => {
		const made = filled();
		await made.migrate();
		made.as('bo@old.example');
		folderIn(made.source, ['INBOX']).messages.splice(0, 5);
		put(made.source, ['INBOX'], mail(7), {receivedAt: noon});
		const {progress} = await made.migrate();
		expect(progress.messages).toMatchObject({alreadyThere: 1, delivered: 1});
		expect(await made.findings()).toEqual(Array.from({length: 5}, () => expect.stringContaining('extra') as string));
	});

	test('the stamps of another migration claim nothing of other content, and an item under our stamp is ours whatever became of it', async () => {
		const made = filled();
		await made.migrate();
		made.loseJournal();
		const there = inFolder(made.destination, 'INBOX');
		there[0]!.stamp = `${'x'.repeat(16)}.${'y'.repeat(22)}`;
		there[1]!.bytes = Buffer.from(mail(2, {text: 'edited there'}));
		there[2]!.stamp = 'of another program';
		const {progress} = await made.migrate();
		// The first bears a stamp for another content: whose it is cannot be known.
		expect(progress.messages).toMatchObject({alreadyThere: 5, delivered: 1});
		expect(await made.findings()).toEqual([expect.stringContaining('extra')]);
	});
});

test('a received date that the way could not keep, and said so, is no finding; one that was lost without a word is', async () => {
	for (const [words, findings] of [['received-date:2020-01-01T00:00:00.000Z', []], ['', [expect.stringContaining('date INBOX')]]] as const) {
		const made = world();
		put(made.source, ['INBOX'], mail(1));
		made.losesDates(words);
		// eslint-disable-next-line no-await-in-loop -- one after another
		await made.migrate();
		// eslint-disable-next-line no-await-in-loop -- as above
		expect(await made.findings()).toEqual(findings);
	}
});
