import process from 'node:process';
import {createInterface} from 'node:readline/promises';

/** Whether somebody is there to be asked. */
export const mayAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Asks a person, on stderr; only a typed "yes" or "y" counts. @returns false where nobody is there to answer, or the run is stopped */
export const askYes = async (question: string, signal: AbortSignal): Promise<boolean> => {
	if (!mayAsk()) {
		return false;
	}

	const asking = createInterface({input: process.stdin, output: process.stderr});
	try {
		const answer = await asking.question(`${question} [y/N] `, {signal});
		return /^y(?:es)?$/iv.test(answer.trim());
	} catch {
		// Ctrl-D, or stopped.
		return false;
	} finally {
		asking.close();
	}
};
