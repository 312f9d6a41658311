import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import process from 'node:process';

/** Debian puts it where an ordinary user's PATH does not look. */
const places = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot', '/opt/homebrew/sbin/dovecot'];

const supported = (program: string): boolean => {
	try {
		// 2.4 has another configuration language.
		return execFileSync(program, ['--version'], {encoding: 'utf8'}).startsWith('2.3.');
	} catch {
		return false;
	}
};

/** Where Dovecot 2.3 is installed, if it is. */
export const dovecotProgram = places.find(place => existsSync(place) && supported(place));

/**
True when missing means failing: `AW2MS365_REQUIRE_ALL=1`, or CI on Linux, where `.ci/run` installs Dovecot. (Public forges
set `CI` on macOS and Windows too, where only the unit tests run.)
*/
const required = (environment: Readonly<Record<string, string | undefined>>, platform: string): boolean =>
	environment.AW2MS365_REQUIRE_ALL === '1' || (environment.CI === 'true' && platform === 'linux');

/** @throws where a skipped test would go unnoticed. */
export const decideAvailable = (
	program: string | undefined,
	environment: Readonly<Record<string, string | undefined>>,
	platform: string,
): boolean => {
	if (program === undefined && required(environment, platform)) {
		throw new Error('Dovecot 2.3 is not installed, and these tests must not be skipped here: apt-get install dovecot-imapd');
	}

	return program !== undefined;
};

/** For `describe.skipIf(!dovecotAvailable)`. */
export const dovecotAvailable = decideAvailable(dovecotProgram, process.env, process.platform);
