import {groupBy} from '../mailbox/group-by.js';
import {cleanText} from '../mailbox/clean.js';
import {failures, nextStep, type FailureCode} from '../mailbox/failure.js';
import {parsePath, pathKey, showPath} from '../mailbox/mailbox.js';
import {type Fact} from '../migration/facts.js';
import {type Journal} from '../migration/journal.js';
import {totalOf} from '../migration/progress.js';
import {type ExitCode} from '../output/exit-code.js';
import {
	bytes, count, left, plural,
} from '../output/figures.js';
import {type Arguments} from './arguments.js';
import {inTreeOrder} from './plan-text.js';
import {tellRecord} from './record-events.js';
import {
	openDryJournal, readSettings, startOf, type World,
} from './session.js';
import {onStage, type Stage} from './stage.js';

type Refused = Extract<Fact, {readonly type: 'refused'}> & {readonly path: readonly string[]};

/** `status` and `failures`: what the journal says, without any network; also while another process migrates. */
export const look = async (asked: Arguments, world: World): Promise<ExitCode> => {
	const settings = await readSettings(asked, world, false);
	return onStage(asked, world.clock, async stage => {
		stage.tell(startOf(settings, asked.command, world));
		const journal = await openDryJournal(settings, world);
		try {
			tellRecord(journal.record, stage.tell);
			if (asked.command === 'failures') {
				await showFailures(asked, journal, stage);
			} else if (!asked.json) {
				showStatus(journal, stage);
			}
		} finally {
			await journal.close();
		}
	}, (progress, code) => progress.failure ? code : 0);
};

const showStatus = (journal: Journal, {terminal, progress}: Stage): void => {
	if (journal.record.folders.length === 0) {
		terminal.result('Nothing was migrated yet: there is no journal of these two mailboxes.');
		return;
	}

	const width = Math.max(...[...progress.folders.values()].map(folder => count(totalOf(folder.messages)).length));
	for (const folder of inTreeOrder(progress.folders.values())) {
		const {messages} = folder;
		const done = totalOf(messages) - messages.remaining;
		const more = [
			messages.refused > 0 ? `${count(messages.refused)} refused` : '',
			messages.unsure > 0 ? `${count(messages.unsure)} unsure` : '',
			messages.excluded > 0 ? `${count(messages.excluded)} excluded` : '',
			messages.vanished > 0 ? `${count(messages.vanished)} vanished` : '',
			messages.alreadyThere > 0 ? `${count(messages.alreadyThere)} already there` : '',
		].filter(Boolean).join(', ');
		terminal.result(`  ${left(count(done), width)} of ${left(count(totalOf(messages)), width)}  ${left(bytes(folder.bytes.delivered), 8)}  ${cleanText(showPath(folder.path), 60)}${more ? `  (${more})` : ''}`);
	}

	const last = journal.record.runs.at(-1);
	if (last) {
		terminal.result(`  Last run that changed something: ${last.command}, begun ${new Date(last.at).toISOString()}, ${last.end ? `${last.end.outcome} ${new Date(last.end.at).toISOString()}` : 'under way or cut off'}`);
	}
};

/** The refused messages that a filter leaves, with all that is known of each. */
const refusedMessages = async (asked: Arguments, journal: Journal): Promise<Refused[]> => {
	const folders = new Set(asked.folder.map(text => pathKey(parsePath(text))));
	const found: Refused[] = [];
	for (const record of journal.record.folders) {
		if (folders.size > 0 && !folders.has(pathKey(record.path))) {
			continue;
		}

		for (const {uid} of record.entries('refused')) {
			// eslint-disable-next-line no-await-in-loop -- In order, from one file.
			const {fate} = await journal.details(record.number, uid);
			if (fate?.type === 'refused' && (asked.code === undefined || asked.code === fate.code) && (asked.uid.length === 0 || asked.uid.includes(uid))) {
				found.push({...fate, path: record.path});
			}
		}
	}

	return found;
};

const showFailures = async (asked: Arguments, journal: Journal, {terminal, teller, progress}: Stage): Promise<void> => {
	const refused = await refusedMessages(asked, journal);
	if (asked.json) {
		for (const {path, uid, code, outcome, detail, size, receivedAt, subject, from, attempts, at, roads} of refused) {
			const {reach, retry, sentence} = failures[code];
			teller.tell({
				type: 'failure', folder: path, uid, failure: {
					code, reach, retry, outcome, ...(detail && {detail}),
				}, sentence, next: nextStep({code}, progress.names), bytes: size, receivedAt: new Date(receivedAt).toISOString(), refusedAt: new Date(at).toISOString(),
				...(subject && {subject}), ...(from && {sender: from}), attempts, ...(roads && {roads}),
				command: `aw2ms365 retry --folder ${JSON.stringify(showPath(path))} --uid ${uid}`,
			});
		}

		return;
	}

	if (refused.length === 0) {
		terminal.result('No message was refused.');
		return;
	}

	for (const [code, group] of groupBy(refused, message => message.code)) {
		const row = failures[code];
		terminal.result(`${plural(group.length, 'message')}: ${row.sentence} (${code})`);
		terminal.result(`  ${nextStep({code}, progress.names)}`);
		for (const message of group) {
			terminal.result(`    ${cleanText(showPath(message.path), 60)}  UID ${message.uid}  ${bytes(message.size)}  ${new Date(message.receivedAt).toISOString().slice(0, 10)}${message.from ? `  ${cleanText(message.from, 40)}` : ''}${message.subject ? `  "${cleanText(message.subject, 60)}"` : ''}`);
			if (message.detail) {
				terminal.result(`      ${cleanText(message.detail)}${message.attempts > 1 ? `  (${count(message.attempts)} attempts)` : ''}${message.roads && message.roads.length > 1 ? `  (by ${message.roads.map(road => road.toUpperCase()).join(', ')})` : ''}`);
			}
		}

		terminal.result(`  Again: aw2ms365 retry --code ${code}`);
		terminal.result('');
	}
};
