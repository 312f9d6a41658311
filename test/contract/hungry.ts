import {execFile} from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import {promisify} from 'node:util';
import {type FolderPath} from '../../source/mailbox/mailbox.js';

/** Megabytes: `Held` after collecting garbage (heap and what is outside it), `Most` of resident memory; each beyond what was before. */
export type Eaten = {
	readonly listed: number;
	readonly read: number;
	/** With the list in hand. */
	readonly listHeld: number;
	readonly listMost: number;
	/** With one message's content in hand, at the most. */
	readonly readHeld: number;
	/** With none. */
	readonly heldAfter: number;
	readonly readMost: number;
};

/** Lists a folder of many messages and reads one of large ones, in a process of its own. */
export const hungry = async (destination: Record<string, unknown>, task: {readonly many: FolderPath; readonly large: FolderPath}): Promise<Eaten> => {
	const {stdout} = await promisify(execFile)(process.execPath, ['--expose-gc', path.resolve('test/contract/hungry.mjs'), JSON.stringify({destination, task})]);
	return JSON.parse(stdout) as Eaten;
};
