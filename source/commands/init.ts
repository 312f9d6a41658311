import {lstat} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {FailureError} from '../mailbox/failure.js';
import {type ExitCode} from '../output/exit-code.js';
import {
	ensureStateDirectory, stateDirectory, template, writePrivateFile,
} from '../settings.js';
import {type Arguments} from './arguments.js';
import {type World} from './session.js';
import {onStage} from './stage.js';

const exists = async (file: string): Promise<boolean> => {
	try {
		await lstat(file);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return false;
		}

		throw error;
	}
};

/** Writes a commented configuration to fill in. Never over a file that is there. */
export const init = async (asked: Arguments, {environment, clock, version}: World): Promise<ExitCode> => {
	if (!asked.nonInteractive) {
		throw new FailureError('usage-invalid', {detail: 'the guided set-up is not there yet: use "aw2ms365 init --non-interactive", which writes a commented file to fill in'});
	}

	const directory = await stateDirectory(environment);
	const file = path.resolve(asked.file ?? path.join(directory, 'config.yaml'));
	if (!asked.file) {
		await ensureStateDirectory(directory);
	}

	if (await exists(file)) {
		throw new FailureError('usage-invalid', {detail: `${file} is there already and was left as it is; name another file or move it away`});
	}

	await writePrivateFile(file, template());
	if (asked.json) {
		return onStage(asked, clock, async ({tell}) => {
			tell({
				type: 'run.started', command: 'init', version, source: '', destination: '', transport: 'imap',
			});
			tell({type: 'configuration.written', file});
		});
	}

	process.stdout.write(`Wrote ${file}\nFill it in, then: aw2ms365 doctor${asked.file ? ` ${asked.file}` : ''}\n`);
	return 0;
};
