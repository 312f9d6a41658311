import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import os from 'node:os';
import process from 'node:process';

/** Who holds a lock, as far as this machine can tell processes apart. */
export type Holder = {
	readonly host: string;
	/** A name of this start of the machine: Linux's boot id, elsewhere `time:` and the second it started. */
	readonly boot: string;
	readonly pid: number;
	/** When the process started, in the machine's own words; empty where it cannot be told. */
	readonly start: string;
};

/** What is asked of the machine; passed in so that tests can be several machines. */
export type Machine = {
	readonly self: Holder;
	isAlive(pid: number): boolean;
	/** As in {@link Holder}. */
	startOf(pid: number): string;
};

// A clock that is put right moves the boot time that is derived from it.
const bootTolerance = 600;

/** Field 22 of /proc/<pid>/stat, in clock ticks after boot. The name in field 2 may hold blanks and parentheses. */
const linuxStart = (pid: number): string => {
	const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
	const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
	// One that has ended and that its parent has not asked about yet still has a number.
	return ['Z', 'X'].includes(fields[0]!) ? 'ended' : fields[19] ?? '';
};

const startOf = (pid: number): string => {
	try {
		if (process.platform === 'linux') {
			return linuxStart(pid);
		}

		return process.platform === 'win32'
			? ''
			: execFileSync('env', ['LC_ALL=C', 'TZ=UTC', 'ps', '-o', 'lstart=', '-p', String(pid)], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).trim();
	} catch {
		return '';
	}
};

const bootOf = (): string => {
	try {
		return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
	} catch {
		return `time:${Math.round((Date.now() / 1000) - os.uptime())}`;
	}
};

/** This machine and this process. */
export const thisMachine = (): Machine => ({
	self: {
		host: os.hostname(), boot: bootOf(), pid: process.pid, start: startOf(process.pid),
	},
	isAlive(pid) {
		try {
			process.kill(pid, 0);
			return true;
		} catch (error) {
			// EPERM: it is there, and somebody else's.
			return (error as {code?: string}).code !== 'ESRCH';
		}
	},
	startOf,
});

const sameBoot = (a: string, b: string): boolean => {
	const [timeA, timeB] = [a, b].map(boot => /^time:(?<second>\d+)$/v.exec(boot)?.groups?.second);
	return timeA && timeB ? Math.abs(Number(timeA) - Number(timeB)) <= bootTolerance : a === b;
};

/**
Whether a holder is known to be gone. Of another host nothing is known; containers that share a host name
and a state directory but not their processes cannot be told apart, and must not be run side by side.
*/
export const isGone = (holder: Holder, machine: Machine): boolean => {
	if (holder.host !== machine.self.host) {
		return false;
	}

	if (!sameBoot(holder.boot, machine.self.boot) || !machine.isAlive(holder.pid)) {
		return true;
	}

	const start = machine.startOf(holder.pid);
	return start !== '' && holder.start !== '' && start !== holder.start;
};
