import {Buffer} from 'node:buffer';
import process from 'node:process';
import {expect, test} from 'vitest';
import {Control} from '../../source/migration/control.js';
import {type FolderSeed} from '../../source/sandbox/imap/folder.js';
import {type MessageSeed} from '../../source/sandbox/imap/message.js';
import {type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {type Folder} from '../../source/sandbox/microsoft/folder.js';
import {type Random, seededRandom} from '../../source/sandbox/random.js';
import {
	cutAt, ForgetfulFiles, losses, seeded,
} from '../migration/forgetful-files.js';
import {anyEwsFault} from './any-ews-fault.js';
import {anyFault} from './any-fault.js';
import {
	destinationContents, type MicrosoftEnds, migrateToMicrosoft, sourceContents, startMicrosoftEnds,
} from './microsoft-ends.js';
import {forEach, smallMailbox, without} from './sandbox-ends.js';

/** For a longer search: so many mailboxes, from that seed on, so many at once. */
const rounds = Number(process.env.AW2MS365_ROUNDS ?? 14);
const first = Number(process.env.AW2MS365_FIRST ?? 1);
const atOnce = Number(process.env.AW2MS365_AT_ONCE ?? 6);

let serial = 0;

const flags = [[], [String.raw`\Seen`], [String.raw`\Seen`, String.raw`\Answered`], [String.raw`\Flagged`], [String.raw`\Draft`, String.raw`\Seen`], ['$Forwarded']];

const headers = [
	(number: number) => `From: a@example.org\r\nSubject: Number ${number}\r\nDate: Wed, 01 Jan 2020 10:00:00 +0000\r\nMessage-ID: <${number}@example.org>`,
	// Equal in all that Exchange's listing tells of them.
	() => 'From: a@example.org\r\nSubject: Invoice\r\nDate: Wed, 01 Jan 2020 10:00:00 +0000\r\nMessage-ID: <invoice@example.org>',
	() => 'From: a@example.org\r\nSubject: Note\r\nDate: Wed, 01 Jan 2020 10:00:00 +0000',
	() => 'Subject: new',
	() => String.raw`From: a@example.org
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Disposition-Notification-To: a@example.org
Date: nonsense`.replaceAll('\n', '\r\n'),
] as const;

/** A message that no other is equal to in bytes; many are in all else. */
const fresh = (random: Random): MessageSeed => {
	const number = ++serial + 1_000_000;
	return {
		bytes: Buffer.from(`${random.pick(headers)(number)}\r\n\r\nNumber ${number}\r\n${random.next() < 0.03 ? 'line of text\r\n'.repeat(random.below(9000)) : ''}`),
		internalDate: Date.UTC(2020, 1, 1) + (random.below(4) * 1000), flags: random.pick(flags),
	};
};

const many = (random: Random, most: number): MessageSeed[] => Array.from({length: random.below(most)}, () => fresh(random));

/** A tree of folders with identical and nearly identical messages. */
const anyMailbox = (random: Random): FolderSeed[] => {
	const copies = many(random, 4);
	const folders: FolderSeed[] = random.next() < 0.3 ? smallMailbox() : [{path: ['INBOX'], messages: [...many(random, 50), ...copies, ...copies]}, {path: ['Sent Items'], role: 'sent', messages: many(random, 12)}];
	return [...folders, {path: ['More'], messages: [...many(random, 60), ...copies]}, {path: ['Deep'], messages: many(random, 2)}, {path: ['Deep', 'Deeper'], messages: many(random, 14)}];
};

/** Content, received date and states, whatever folder it lies in. */
const plain = (lines: readonly string[]): string[] => lines.map(line => line.slice(line.indexOf('] ') + 2)).sort();

type Play = {
	readonly ends: MicrosoftEnds; readonly random: Random; readonly story: string[];
	/** All that the source ever had. */
	readonly ever: string[];
	/** What a person, or a fault, deleted at the destination. */
	readonly deleted: string[];
	/** What may be delivered again to where it belongs, as no journal tells that it was delivered elsewhere. */
	readonly excused: string[];
	/** A journal was lost, and the run that finds everything again has not come to its end. */
	isLearning: boolean;
	/** Messages bear no stamps: nobody can tell one again that was filed elsewhere before it was settled. */
	readonly isUnstamped: boolean;
};

/** Something that a person or another program does to the source meanwhile. */
const changeSource = (play: Play): void => {
	const {
		ends, random, ever, story,
	} = play;
	const mailbox = ends.source.mailbox();
	const folders = mailbox.folders.filter(folder => folder.kind === 'mail');
	const folder = random.pick(folders);
	const {path} = folder;
	const before = plain(sourceContents(ends.source));
	const kind = random.pick(['add', 'add', 'delete', 'move', 'rename', 'same', 'other', 'new'] as const);
	switch (kind) {
		case 'add': {
			for (let count = 0; count < 3; count++) {
				mailbox.addMessage(path, fresh(random));
			}

			break;
		}

		case 'delete': {
			mailbox.deleteMessages(path, folder.messages.filter(() => random.next() < 0.2).map(({uid}) => uid));
			break;
		}

		case 'move': {
			const moved = folder.messages.filter(() => random.next() < 0.2);
			mailbox.deleteMessages(path, moved.map(({uid}) => uid));
			const to = random.pick(folders.filter(other => other !== folder));
			for (const {seed} of moved) {
				mailbox.addMessage(to.path, seed);
			}

			break;
		}

		case 'rename': {
			if (path[0] !== 'INBOX' && folder.role === undefined) {
				mailbox.renameFolder(path, [`Renamed ${++serial}`]);
			}

			break;
		}

		case 'same':
		case 'other': {
			const seeds = folder.messages.map(one => one.seed);
			const kept = kind === 'same' ? seeds : seeds.filter(() => random.next() < 0.5);
			const more = kind === 'same' ? [] : many(random, 8);
			mailbox.recreateFolder(path, {keepUidValidity: random.next() < 0.6, restartUids: random.next() < 0.7, messages: random.next() < 0.5 ? [...kept, ...more] : [...more, ...kept].reverse()});
			break;
		}

		case 'new': {
			mailbox.createFolder({path: [`New ${++serial}`], messages: many(random, 5)});
		}
	}

	ever.push(...without(plain(sourceContents(ends.source)), before));
	story.push(`source: ${kind} ${path.join('/')}`);
	if (play.isLearning) {
		excuse(play);
	}
};

/** Something that the owner of the mailbox does at the destination between two runs. */
const changeDestination = (play: Play): void => {
	const {
		ends, random, deleted, story,
	} = play;
	const mailbox = ends.destination.mailbox();
	const isOurs = (folder: Folder): boolean => folder.role === undefined && folder.folderClass === 'IPF.Note' && folder.name !== 'Archive';
	const folders = mailbox.folders.filter(folder => folder.items.size > 0 || isOurs(folder));
	const folder = random.pick([...folders, mailbox.distinguished('inbox')!]);
	const some = [...folder.items.values()].filter(() => random.next() < 0.2);
	const kind = random.pick(['delete', ...(play.isUnstamped ? [] : ['trash', 'move'] as const), 'delete folder', 'rename folder', 'move folder', 'read'] as const);
	story.push(`destination: ${kind} ${folder.path?.join('/')} ${some.length}`);
	const before = plain(destinationContents(ends.destination));
	switch (kind) {
		case 'delete': {
			for (const item of some) {
				mailbox.delete(item);
			}

			break;
		}

		case 'trash':
		case 'move': {
			const to = kind === 'trash' ? mailbox.distinguished('deleteditems')! : random.pick(folders);
			for (const item of some) {
				mailbox.move(item, to);
			}

			break;
		}

		case 'delete folder': {
			if (isOurs(folder)) {
				mailbox.deleteFolder(folder);
			}

			return;
		}

		case 'rename folder': {
			if (isOurs(folder)) {
				Object.assign(folder, {name: `By hand ${++serial}`});
			}

			break;
		}

		case 'move folder': {
			const parent = mailbox.distinguished('deleteditems')!;
			if (isOurs(folder) && folder.parent !== parent && !parent.child(folder.name)) {
				folder.parent!.children.splice(folder.parent!.children.indexOf(folder), 1);
				parent.children.push(folder);
				Object.assign(folder, {parent});
			}

			break;
		}

		case 'read': {
			// States are the owner's from now on; here one that our comparison leaves out.
			for (const item of some) {
				mailbox.touch(item);
			}
		}
	}

	deleted.push(...without(before, plain(destinationContents(ends.destination))));
	if (play.isLearning) {
		excuse(play);
	}
};

/** Notes what goes with a folder, whoever deletes it. */
const watchDeletions = ({destination}: MicrosoftEnds, deleted: string[]): void => {
	const mailbox = destination.mailbox();
	const remove = mailbox.deleteFolder.bind(mailbox);
	mailbox.deleteFolder = folder => {
		const before = plain(destinationContents(destination));
		remove(folder);
		deleted.push(...without(before, plain(destinationContents(destination))));
	};
};

/** Excuses what lies elsewhere than at its place, as far as the source tells. */
const excuse = ({ends: {source, destination}, excused}: Play): void => {
	excused.push(...without(plain(without(destinationContents(destination), sourceContents(source))), excused));
};

test(`${rounds} mailboxes by EWS, with faults on both sides, stops, lost journals and people at work at both ends, lose nothing and double nothing`, async () => {
	const counts = {runs: 0, struck: 0};
	await forEach(Array.from({length: rounds}, (_value, index) => index + first), atOnce, async seed => {
		const random = seededRandom(seed);
		const story: string[] = [`seed ${seed}`];
		const numbering = {uidValidity: random.pick(['unique', 'constant'] as const), uids: random.pick(['folder', 'mailbox'] as const)};
		const ends = await startMicrosoftEnds(anyMailbox(random), {source: {numbering, seed}, destination: {seed, tokenLifetime: random.pick([600, 1800, 86_400])}});
		story.push(JSON.stringify(numbering));
		const ever = plain(sourceContents(ends.source));
		// Once a mailbox has a name for our stamp it keeps it: there is none from the beginning, or never a refusal.
		const noNames: FaultRule[] = random.next() < 0.06 ? [{on: 'CreateItem', do: {type: 'names-used-up'}}] : [];
		const deleted: string[] = [];
		/** Doubled before a journal was lost. */
		const early: string[] = [];
		const play: Play = {
			ends, random, story, ever, deleted, excused: [], isLearning: false, isUnstamped: noNames.length > 0,
		};
		watchDeletions(ends, deleted);
		let files = new ForgetfulFiles();
		const isQuiet = random.next() < 0.3;
		try {
			for (let run = 1; run <= 4; run++) {
				ends.source.setFaults({rules: Array.from({length: random.below(3)}, () => anyFault(random, 'source')).filter(rule => !isQuiet || rule.do.type !== 'vanish')});
				ends.destination.setFaults({rules: [...Array.from({length: 2 + random.below(3)}, () => anyEwsFault(random)), ...noNames]});
				const control = new Control();
				const [changeAt, stopAt, cutAtLine] = [isQuiet || random.next() < 0.5 ? 0 : 1 + random.below(60), random.next() < 0.5 ? 1 + random.below(40) : 0, random.next() < 0.4 ? 1 + random.below(100) : 0];
				const isAbort = random.next() < 0.5;
				let events = 0;
				let cut: ReturnType<typeof cutAt> | undefined;
				const when = random.pick(['before', 'after'] as const);
				// eslint-disable-next-line no-await-in-loop -- one run after another
				const ran = await migrateToMicrosoft(ends, {
					run: `run ${run}`, control, files,
					onEvent(event) {
						if (event.type !== 'message.delivered' && event.type !== 'message.unsure') {
							return;
						}

						if (++events === changeAt) {
							changeSource(play);
						}

						if (events === stopAt) {
							control.stop();
							if (isAbort) {
								control.abort();
							}
						}
					},
					...(cutAtLine > 0 && {
						wrap(journal) {
							cut = cutAt(journal, {at: cutAtLine, when});
							return cut.journal;
						},
					}),
				});
				counts.runs++;
				counts.struck += ends.destination.struck.length;
				story.push(`run ${run} ${ran.outcome} ${JSON.stringify(ran.failure ?? '')} changed at ${changeAt}, ${isAbort ? 'aborted' : 'stopped'} at ${stopAt}, cut ${when} ${cutAtLine}: ${JSON.stringify([...ends.source.struck, ...ends.destination.struck].map(({rule}) => rule))}`);
				ends.destination.mailbox().quotaBytes = 0;
				play.isLearning &&= ran.outcome !== 'complete';
				if (cut?.stopped()) {
					files.crash(random.pick(losses), seeded(seed));
				}

				if (!isQuiet && random.next() < 0.4) {
					changeSource(play);
				}

				if (!isQuiet && random.next() < 0.4) {
					changeDestination(play);
				}

				if (random.next() < 0.15) {
					// Without a journal nobody knows of what is still on its way.
					// eslint-disable-next-line no-await-in-loop -- as above
					await ends.destination.settled();
					early.push(...without(plain(destinationContents(ends.destination)), [...ever, ...play.excused]));
					play.isLearning = true;
					excuse(play);
					files = new ForgetfulFiles();
					story.push('the journal is lost');
				}
			}

			ends.source.setFaults({rules: []});
			ends.destination.setFaults({rules: noNames});
			const last = await migrateToMicrosoft(ends, {run: 'last', files});
			await ends.destination.settled();
			const [wanted, there] = [sourceContents(ends.source), destinationContents(ends.destination)];
			const {remaining, unsure, refused} = last.progress.messages;
			const lost = without(plain(wanted), [...plain(there), ...deleted]);
			const doubled = [...early, ...without(plain(there), [...ever, ...play.excused])];
			// Without a name for stamps some cannot be told apart: they stay unsure, and what is equal to them remains, for a later run.
			const left = noNames.length > 0 ? remaining : 0;
			expect({
				outcome: left > 0 ? 'complete' : last.outcome, failure: last.failure, remaining: remaining - left, unsure: Math.max(0, unsure - left), refused, lost: lost.slice(left), doubled, ...(isQuiet && {misplaced: left > 0 ? [] : without(there, wanted)}),
			}, story.join('\n')).toEqual({
				outcome: 'complete', failure: undefined, remaining: 0, unsure: 0, refused: 0, lost: [], doubled: [], ...(isQuiet && {misplaced: []}),
			});
			const again = await migrateToMicrosoft(ends, {run: 'again', files});
			const after = destinationContents(ends.destination);
			expect({
				outcome: left > 0 ? 'complete' : again.outcome, delivered: left > 0 ? 0 : again.progress.deliveredNow, there: left > 0 ? there : after, doubled: without(plain(after), [...ever, ...play.excused]),
			}, story.join('\n')).toEqual({
				outcome: 'complete', delivered: 0, there, doubled: [],
			});
			counts.runs += 2;
		} finally {
			await ends.close();
		}
	});
	expect(counts.struck).toBeGreaterThan(rounds);
	if (process.env.AW2MS365_ROUNDS) {
		console.log(counts);
	}
});
