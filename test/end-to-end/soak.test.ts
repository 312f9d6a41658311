import process from 'node:process';
import {expect, test} from 'vitest';
import {Control} from '../../source/migration/control.js';
import {type FaultRule} from '../../source/sandbox/imap/faults.js';
import {type MessageSeed} from '../../source/sandbox/imap/message.js';
import {type Random, seededRandom} from '../../source/sandbox/random.js';
import {cutAt, losses, seeded} from '../migration/forgetful-files.js';
import {anyFault} from './any-fault.js';
import {
	contents, type Ends, forEach, message, migrate, plain, smallMailbox, startEnds, without,
} from './sandbox-ends.js';

/** For a longer search: so many rounds, from that seed on. */
const rounds = Number(process.env.AW2MS365_ROUNDS ?? 15);
const first = Number(process.env.AW2MS365_FIRST ?? 1);

let serial = 0;

/** A message that no other is equal to; many have the same date and size. */
const fresh = (random: Random): MessageSeed => message('Subject: new', `Number ${++serial + 1_000_000}`, Date.UTC(2020, 1, 1) + (random.below(4) * 1000));

/** Something that a person or another program does to the source meanwhile. `ever` takes what is new. */
const change = (ends: Ends, random: Random, ever: string[]): string => {
	const mailbox = ends.source.mailbox();
	const folders = mailbox.folders.filter(folder => folder.kind === 'mail');
	const folder = random.pick(folders);
	const {path} = folder;
	const before = plain(contents(ends.source));
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
			const more = kind === 'same' ? [] : Array.from({length: 1 + random.below(8)}, () => fresh(random));
			mailbox.recreateFolder(path, {keepUidValidity: random.next() < 0.6, restartUids: random.next() < 0.7, messages: random.next() < 0.5 ? [...kept, ...more] : [...more, ...kept].reverse()});
			break;
		}

		case 'new': {
			mailbox.createFolder({path: [`New ${++serial}`], messages: Array.from({length: 4}, () => fresh(random))});
		}
	}

	ever.push(...without(plain(contents(ends.source)), before));
	return `${kind} ${path.join('/')}`;
};

test(`${rounds} mailboxes, each changing while runs are stopped, cut off and disturbed at random, lose nothing and double nothing`, async () => {
	await forEach(Array.from({length: rounds}, (_value, index) => index + first), 5, async seed => {
		const random = seededRandom(seed);
		const story: string[] = [`seed ${seed}`];
		const hide = random.next() < 0.3 ? ['UIDPLUS'] : [];
		const numbering = {uidValidity: random.pick(['unique', 'constant'] as const), uids: random.pick(['folder', 'mailbox'] as const)};
		const ends = await startEnds([...smallMailbox(), {path: ['More'], messages: Array.from({length: 90}, () => fresh(random))}], {source: {numbering, seed}, destination: {seed, capabilities: {hide}}});
		story.push(JSON.stringify({hide, numbering}));
		const ever = plain(contents(ends.source));
		try {
			for (let run = 1; run <= 4; run++) {
				const rules = (side: 'source' | 'destination'): FaultRule[] => Array.from({length: random.below(3)}, () => anyFault(random, side)).filter(rule => rule.do.type !== 'vanish');
				ends.source.setFaults({rules: rules('source')});
				ends.destination.setFaults({rules: rules('destination')});
				const control = new Control();
				const [changeAt, stopAt, cutAtLine] = [random.next() < 0.5 ? 1 + random.below(60) : 0, random.next() < 0.4 ? 1 + random.below(60) : 0, random.next() < 0.3 ? 1 + random.below(150) : 0];
				let events = 0;
				let cut: ReturnType<typeof cutAt> | undefined;
				const when = random.pick(['before', 'after'] as const);
				// eslint-disable-next-line no-await-in-loop -- one run after another
				const ran = await migrate(ends, {
					run: `run ${run}`, control,
					onEvent(event) {
						if (event.type !== 'message.delivered' && event.type !== 'message.unsure') {
							return;
						}

						if (++events === changeAt) {
							story.push(`at ${events}: ${change(ends, random, ever)}`);
						}

						if (events === stopAt) {
							control.stop();
						}
					},
					...(cutAtLine > 0 && {
						wrap(journal) {
							cut = cutAt(journal, {at: cutAtLine, when});
							return cut.journal;
						},
					}),
				});
				story.push(`run ${run} ${ran.outcome} ${ran.failure?.code ?? ''} changed at ${changeAt}, stopped at ${stopAt}, cut ${when} ${cutAtLine}: ${JSON.stringify([...ends.source.struck, ...ends.destination.struck].map(({rule}) => rule))}`);
				if (cut?.stopped()) {
					ends.files.crash(random.pick(losses), seeded(seed));
				}

				if (random.next() < 0.6) {
					story.push(change(ends, random, ever));
				}
			}

			ends.source.setFaults({rules: []});
			ends.destination.setFaults({rules: []});
			const last = await migrate(ends, {run: 'last'});
			await ends.destination.settled();
			const [wanted, there] = [plain(contents(ends.source)), plain(contents(ends.destination))];
			const {remaining, unsure, refused} = last.progress.messages;
			expect({
				outcome: last.outcome, failure: last.failure, remaining, unsure, refused, lost: without(wanted, there), doubled: without(there, ever),
			}, story.join('\n')).toEqual({
				outcome: 'complete', failure: undefined, remaining: 0, unsure: 0, refused: 0, lost: [], doubled: [],
			});
			const again = await migrate(ends, {run: 'again'});
			expect({
				outcome: again.outcome, delivered: again.progress.deliveredNow, there: plain(contents(ends.destination)),
			}, story.join('\n')).toEqual({
				outcome: 'complete', delivered: 0, there,
			});
		} finally {
			await ends.close();
		}
	});
});
