import {type Progress} from '../migration/progress.js';
import {verify as compare} from '../migration/verifier.js';
import {type ExitCode} from '../output/exit-code.js';
import {tellRecord} from './record-events.js';
import {type Arguments} from './arguments.js';
import {
	choicesOf, openDryJournal, openEnds, readSettings, startOf, type World,
} from './session.js';
import {onStage} from './stage.js';

/** Compares both sides; writes nothing, not even the journal. */
export const verify = async (asked: Arguments, world: World): Promise<ExitCode> => {
	const settings = await readSettings(asked, world);
	return onStage(asked, world.clock, async stage => {
		stage.tell(startOf(settings, 'verify', world));
		const journal = await openDryJournal(settings, world);
		const ends = openEnds(settings, world, stage, journal.record);
		const {stopping} = stage.control;
		try {
			stage.tell({type: 'phase', phase: 'signing-in'});
			const [traits] = await Promise.all([ends.destination.open(stopping), ends.source.open(stopping)]);
			tellRecord(journal.record, stage.tell);
			await compare({
				source: ends.source, destination: ends.destination, traits, record: journal.record, details: async (folder, uid) => journal.details(folder, uid), choices: choicesOf(settings), signal: stopping, tell: stage.tell,
			});
			stage.tell({type: 'phase', phase: 'finished'});
		} finally {
			await ends.close();
			await journal.close();
		}
	}, asked.strict ? judgeStrictly : undefined);
};

const judgeStrictly = (progress: Progress, code: ExitCode): ExitCode => code === 0 && progress.findings.extra + progress.findings.flags + progress.findings.moved > 0 ? 3 : code;
