import {type Transport} from '../mailbox/destination.js';
import {FailureError} from '../mailbox/failure.js';
import {type Loss, losses} from '../mailbox/losses.js';
import {type FolderPath, parsePath, pathKey} from '../mailbox/mailbox.js';
import {type Journal} from '../migration/journal.js';
import {startMigration} from '../migration/migration.js';
import {type Progress} from '../migration/progress.js';
import {type ExitCode} from '../output/exit-code.js';
import {plural} from '../output/figures.js';
import {type Settings} from '../settings.js';
import {type Arguments} from './arguments.js';
import {askYes, mayAsk} from './ask.js';
import {showPlan} from './plan-text.js';
import {
	choicesOf, openDryJournal, endsOf, openHeldJournal, readSettings, startOf, type World,
} from './session.js';
import {onStage, type Stage} from './stage.js';

/** Tells what the configuration brought along that a person may not expect. */
const announce = (settings: Settings, stage: Stage): void => {
	for (const words of settings.announcements) {
		stage.tell({type: 'warning', words});
	}
};

/** `plan`, `migrate` and `retry`: the same engine, looking only, carrying on, or trying some again. */
export const migrate = async (asked: Arguments, world: World): Promise<ExitCode> => {
	const settings = await readSettings(asked, world);
	const dryRun = asked.command === 'plan' || asked.dryRun;
	return onStage(asked, world.clock, async stage => {
		stage.tell(startOf(settings, dryRun ? 'plan' : asked.command, world));
		announce(settings, stage);
		const held = dryRun ? undefined : await openHeldJournal(settings, world);
		const journal = held?.journal ?? await openDryJournal(settings, world);
		const {source, roads} = await endsOf(settings, world, stage, {record: journal.record, probes: !dryRun});
		try {
			const only = asked.command === 'retry' ? reopen(asked, journal, world) : undefined;
			const migration = startMigration({
				source, roads, journal, clock: world.clock, random: world.random,
				choices: choicesOf(settings, only), control: stage.control, dryRun, consent: async (transport, lost) => consent(stage, transport, lost),
				tell(event) {
					stage.tell(event);
				},
				run: {id: stage.run, version: world.version, command: asked.command},
			});
			await migration.ended;
			if (!dryRun) {
				remedy(stage);
			}
		} finally {
			await source.close();
			await (held ? held.close() : journal.close());
		}

		if (dryRun && !asked.json && stage.progress.surveyed) {
			showPlan(stage);
		}
	}, dryRun ? judgePlan : undefined);
};

const names: Readonly<Record<Transport, string>> = {
	ews: 'EWS', imap: 'IMAP', graph: 'Microsoft Graph (importMime)', 'graph-json': 'that of Microsoft Graph which makes messages anew from their parts (graph-json)',
};

/** Before the first message goes a way that does not carry all of it. */
const consent = async ({terminal, control}: Stage, transport: Transport, lost: readonly Loss[]): Promise<boolean> => {
	if (!mayAsk()) {
		return false;
	}

	terminal.say(`The best way that is open is ${names[transport]}. On this way ${lost.map(loss => losses[loss].words).join('; ')}.`);
	terminal.say('"aw2ms365 doctor" says how to open a better one. Nothing was moved yet.');
	return askYes('Go on all the same?', control.stopping);
};

/** What to do about messages that another tool left there. */
const remedy = ({progress, tell}: Stage): void => {
	const {altered} = progress.messages;
	if (altered > 0) {
		tell({
			type: 'warning', words: `${plural(altered, 'message')} ${altered === 1 ? 'was' : 'were'} there already, left by another tool as a draft or with the day of the upload as received date. Nothing was doubled. `
				+ 'To have them right, delete them in Outlook (they show as drafts, or under that day), then run "aw2ms365 retry --altered": it carries those that are gone and leaves the others.',
		});
	}
};

/** A plan has done what it was asked for, whatever it found to do. */
const judgePlan = (progress: Progress, code: ExitCode): ExitCode => code === 3 && !progress.failure ? 0 : code;

/** Takes back the fate of the refused messages that were asked for; of the altered ones too, which are recognised again where they still lie. @returns which messages the run is about */
const reopen = (asked: Arguments, journal: Journal, {clock}: World): (folder: FolderPath, uid: number) => boolean => {
	const folders = new Set(asked.folder.map(text => pathKey(parsePath(text))));
	const uids = new Set(asked.uid);
	const chosen = new Set<string>();
	const wanted = (path: FolderPath, uid: number, code: string | undefined) => (folders.size === 0 || folders.has(pathKey(path)))
		&& (uids.size === 0 || uids.has(uid)) && (asked.code === undefined || asked.code === code);
	for (const record of journal.record.folders) {
		for (const entry of record.entries()) {
			const refused = entry.state === 'refused' && wanted(record.path, entry.uid, record.refusedBy(entry.uid));
			const unsure = asked.unsure && entry.state === 'unsure' && wanted(record.path, entry.uid, undefined);
			const altered = asked.altered && entry.state === 'already-there' && entry.lossy && wanted(record.path, entry.uid, undefined);
			if (refused || altered) {
				journal.append({
					type: 'reopened', folder: record.number, uid: entry.uid, at: clock.now(),
				});
			} else if (unsure) {
				// A person's word: it is sent again although it may be there (design, rule 2).
				journal.append({type: 'not-stored', folder: record.number, uid: entry.uid});
			}

			if (refused || unsure || altered) {
				chosen.add(`${pathKey(record.path)} ${entry.uid}`);
			}
		}
	}

	if (chosen.size === 0 && (folders.size > 0 || uids.size > 0 || asked.code !== undefined)) {
		throw new FailureError('usage-invalid', {detail: 'no refused message matches; "aw2ms365 failures" lists them'});
	}

	return (path, uid) => chosen.has(`${pathKey(path)} ${uid}`);
};
