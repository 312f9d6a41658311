// Loaded before the program (node --import): tells its peak resident memory, in kilobytes, when it ends.
import {readFileSync, writeSync} from 'node:fs';
import process from 'node:process';

/** `maxRSS` of a child begins with its parent's on Linux; the high-water mark of /proc is the program's own. */
const peak = () => {
	try {
		return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
	} catch {
		return process.resourceUsage().maxRSS;
	}
};

process.on('exit', () => {
	writeSync(2, `peak-kilobytes ${peak()}\n`);
});
