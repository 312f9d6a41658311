import {type Progress} from '../migration/progress.js';
import {Roads} from '../migration/roads.js';
import {verify as compare} from '../migration/verifier.js';
import {type ExitCode} from '../output/exit-code.js';
import {tellRecord} from './record-events.js';
import {type Arguments} from './arguments.js';
import {
	choicesOf, openDryJournal, endsOf, readSettings, startOf, type World,
} from './session.js';
import {onStage} from './stage.js';

/** Compares both sides; writes nothing, not even the journal. */
export const verify = async (asked: Arguments, world: World): Promise<ExitCode> => {
	const settings = await readSettings(asked, world);
	return onStage(asked, world.clock, async stage => {
		stage.tell(startOf(settings, 'verify', world));
		const journal = await openDryJournal(settings, world);
		const {source, roads: given} = await endsOf(settings, world, stage, {record: journal.record, probes: false});
		const {control} = stage;
		// It is only read: whatever a road would not carry is no matter.
		const roads = new Roads({
			roads: given, control, choices: choicesOf(settings), dryRun: true, tell: stage.tell,
		});
		try {
			stage.tell({type: 'phase', phase: 'signing-in'});
			const [{destination, traits}] = await Promise.all([roads.best(), source.open(control.stopping)]);
			tellRecord(journal.record, stage.tell);
			await compare({
				source, destination, traits, record: journal.record, details: async (folder, uid) => journal.details(folder, uid), choices: choicesOf(settings), signal: control.stopping, tell: stage.tell,
			});
			stage.tell({type: 'phase', phase: 'finished'});
		} finally {
			await Promise.allSettled([source.close(), roads.close()]);
			await journal.close();
		}
	}, asked.strict ? judgeStrictly : undefined);
};

const judgeStrictly = (progress: Progress, code: ExitCode): ExitCode => code === 0 && progress.findings.extra + progress.findings.flags + progress.findings.moved > 0 ? 3 : code;
