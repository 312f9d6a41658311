import {type Terminal} from '../../source/output/terminal.js';

/** A terminal that keeps what it was given. */
export const collectingTerminal = (more: Partial<Pick<Terminal, 'live' | 'congested'>> = {}): Terminal & {readonly results: string[]; readonly said: string[]; congested: boolean} => {
	const [results, said]: [string[], string[]] = [[], []];
	return {
		results, said, congested: false, live: false, columns: 80, ...more,
		result(line) {
			results.push(line);
		},
		say(line) {
			said.push(line);
		},
		replace(line) {
			said.push(`\r${line}`);
		},
		async drained() {
			// Nothing is under way.
		},
	};
};
