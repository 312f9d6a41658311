import {FailureError, nextStep} from '../mailbox/failure.js';
import {
	type Check, ok, skipped, trouble,
} from './check.js';
import {type ClockFinding, type DirectoryFinding, type MachineFindings} from './findings.js';
import {bytesIn, timeIn} from './words.js';

const minute = 60_000;
/** A clock so far off is worth a word; so far off, tokens and certificates are refused (AADSTS700024). */
const skew = {warn: 2 * minute, fail: 5 * minute};

/** A journal takes about 90 bytes a message (docs/decisions/0002): room for a million with its compaction, and the least to begin with. */
const room = {warn: 256 * 1024 * 1024, fail: 16 * 1024 * 1024};

/** The oldest that is tested. */
const oldestNode = [20, 18] as const;

const judgeNode = (version: string): Check => {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const isOld = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
	return isOld
		? {
			id: 'machine.node', verdict: 'warning', words: `Node ${version} is older than ${oldestNode.join('.')}, the oldest that this program is tested with.`, next: 'Install Node 22 or 24 (https://nodejs.org).',
		}
		: ok('machine.node', `Node ${version}.`);
};

const setClock = 'Set it, by NTP for instance:\ntimedatectl set-ntp true';

/** The service that is nearest to this machine's time: one whose own clock is wrong is no reason to change ours. */
export const judgeClock = (clocks: readonly ClockFinding[]): Check => {
	const [nearest] = [...clocks].sort((a, b) => Math.abs(a.ahead) - Math.abs(b.ahead));
	if (!nearest) {
		return skipped('machine.clock', 'Not looked at: no service told the time.');
	}

	const off = Math.abs(nearest.ahead);
	const words = `${timeIn(off)} ${nearest.ahead > 0 ? 'ahead of' : 'behind'} ${nearest.host}.`;
	if (off >= skew.fail) {
		return trouble('machine.clock', new FailureError('clock-wrong', {detail: words}).failure, {words: `This machine's clock is wrong: ${words} Sign-in may be refused for it.`, next: setClock});
	}

	return off >= skew.warn
		? {
			id: 'machine.clock', verdict: 'warning', words: `${words} From five minutes on, sign-in may be refused.`, next: setClock,
		}
		: ok('machine.clock', off < 2000 ? `As that of ${nearest.host}.` : words);
};

const judgeDirectory = ({path, state, free}: DirectoryFinding): Check => {
	const id = 'machine.state-directory';
	const space = free === undefined ? '' : `, ${bytesIn(free)} free`;
	if (state === 'unwritable' || state === 'no directory') {
		const {failure} = new FailureError('journal-unwritable', {detail: path});
		return trouble(id, failure, {
			words: state === 'unwritable' ? `${path}: this user may not write there, and the record of a migration lies there.` : `${path} is no directory.`,
			next: 'Make it writable for this user, or name another directory in options.checkpointDirectory or AW2MS365_HOME.',
		});
	}

	if (free !== undefined && free < room.fail) {
		const {failure} = new FailureError('journal-unwritable', {detail: `${bytesIn(free)} free`});
		return trouble(id, failure, {words: `${path}: only ${bytesIn(free)} free.`, next: nextStep({code: failure.code}, {})});
	}

	return free !== undefined && free < room.warn
		? {
			id, verdict: 'warning', words: `${path}${space}: enough to begin with; the record of a million messages takes about 200 MB.`, next: 'Free some disk space.',
		}
		: ok(id, `${path}: ${state === 'absent' ? 'can be made' : 'writable'}${space}.`);
};

/** What a run needs of this machine. */
export const judgeMachine = ({node, file, announcements, clocks, directory}: MachineFindings): Check[] => [
	announcements.length > 0 ? {id: 'configuration', verdict: 'warning', words: [`${file}.`, ...announcements].join(' ')} : ok('configuration', `${file}.`),
	judgeNode(node),
	judgeClock(clocks),
	judgeDirectory(directory),
];
