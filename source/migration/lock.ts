import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {
	mkdir, open, readdir, readFile, rename, stat, unlink,
} from 'node:fs/promises';
import path from 'node:path';
import {type Clock} from '../mailbox/clock.js';
import {FailureError} from '../mailbox/failure.js';
import {systemCode} from './journal-file.js';
import {unwritable} from './journal-failure.js';
import {accountsKey, type Accounts} from './journal-name.js';
import {
	isGone, thisMachine, type Holder, type Machine,
} from './lock-identity.js';

export type LockOptions = {
	/** Made if it is not there, for the owner only. */
	readonly directory: string;
	/** As of `journalName`: one lock for one pair of accounts. */
	readonly name: string;
	readonly accounts: Accounts;
	readonly clock: Clock;
	/** For tests. */
	readonly machine?: Machine;
};

type Claim = Holder & {readonly since: string};

const tries = 8;
const leftOver = 60_000;

/**
Takes the lock of a mailbox pair (design, rule 14), and resolves to the function that gives it back.

Nothing is ever overwritten or taken from a name that another process may use. Everyone who wants the lock first
puts down a claim under a name of its own, whole (written aside, synced, renamed), and only then looks at the claims of
others; those of the dead are removed. Who sees no other living claim holds the lock. Of two, the one that came second
sees the first, so never both do. Of several who begin at once all but the one with the first name withdraw.

@throws FailureError state-locked (its detail names the holder, since when, and how to stop it), journal-unwritable
*/
export const acquireLock = async (options: LockOptions): Promise<() => Promise<void>> => {
	const {directory, name, clock, machine = thisMachine()} = options;
	const own = `${name}.lock-${randomBytes(8).toString('hex')}`;
	const withdraw = async () => remove(path.join(directory, own));
	try {
		await mkdir(directory, {recursive: true, mode: 0o700});
		await removeLeftOvers(directory, name);
		let claimed = false;
		/* eslint-disable no-await-in-loop -- one try after another */
		for (let attempt = 1; ; attempt++) {
			if (!claimed) {
				await putClaim(options, own, machine.self);
				claimed = true;
			}

			let other = await firstOther(directory, name, own, machine);
			if (!other) {
				return withdraw;
			}

			while (other) {
				const last = attempt >= tries || hasStood(other.claim, clock.now());
				if (last || other.file < own) {
					await withdraw();
					claimed = false;
				}

				if (last) {
					throw new FailureError('state-locked', {detail: describe(other.claim, path.join(directory, other.file), machine)});
				}

				await clock.sleep(Math.random() * 20 * attempt++);
				other = claimed ? undefined : await firstOther(directory, name, own, machine);
			}
		}
		/* eslint-enable no-await-in-loop */
	} catch (error) {
		throw unwritable(path.join(directory, `${name}.lock`), error);
	}
};

/** A claim that has stood for a while is held; a younger one may be about to be withdrawn. */
const hasStood = (claim: Claim, now: number): boolean => now - Date.parse(claim.since) > 1000;

const putClaim = async ({directory, accounts, clock}: LockOptions, own: string, self: Holder): Promise<void> => {
	const claim = {...self, since: new Date(clock.now()).toISOString(), accounts: accountsKey(accounts)};
	const aside = path.join(directory, `${own}.tmp`);
	const file = await open(aside, constants.O_WRONLY + constants.O_CREAT + constants.O_EXCL, 0o600);
	try {
		await file.writeFile(`${JSON.stringify(claim)}\n`);
		await file.sync();
	} finally {
		await file.close();
	}

	await rename(aside, path.join(directory, own));
};

/** The claim first by name that is not known to be of a process that is gone. Claims of the dead are removed. */
const firstOther = async (directory: string, name: string, own: string, machine: Machine): Promise<{file: string; claim: Claim} | undefined> => {
	const names = await readdir(directory);
	for (const file of names.filter(other => isClaim(other, name) && other !== own).sort()) {
		// eslint-disable-next-line no-await-in-loop -- the first living one decides
		const claim = await readClaim(path.join(directory, file));
		if (claim && !isGone(claim, machine)) {
			return {file, claim};
		}

		// eslint-disable-next-line no-await-in-loop -- as above
		await remove(path.join(directory, file));
	}

	return undefined;
};

const isClaim = (file: string, name: string): boolean => file.startsWith(`${name}.lock`) && !file.endsWith('.tmp');

/** Undefined for one that is gone, or that a power cut left without content: a living process' claim is always whole. */
const readClaim = async (file: string): Promise<Claim | undefined> => {
	try {
		const claim = (JSON.parse(await readFile(file, 'utf8')) ?? {}) as Partial<Claim>;
		return typeof claim.host === 'string' && typeof claim.boot === 'string' && Number.isSafeInteger(claim.pid)
			? {
				host: claim.host, boot: claim.boot, pid: claim.pid!, start: String(claim.start ?? ''), since: String(claim.since ?? ''),
			}
			: undefined;
	} catch (error) {
		if (error instanceof SyntaxError || systemCode(error) === 'ENOENT') {
			return undefined;
		}

		throw error;
	}
};

const describe = (claim: Claim, file: string, machine: Machine): string => claim.host === machine.self.host
	? `process ${claim.pid} on this machine, since ${claim.since}; to stop it: kill ${claim.pid}`
	: `process ${claim.pid} on ${claim.host}, since ${claim.since}; to stop it, there: kill ${claim.pid}. If that machine is gone for good, remove ${file}`;

const removeLeftOvers = async (directory: string, name: string): Promise<void> => {
	const names = await readdir(directory);
	for (const file of names.filter(other => other.startsWith(`${name}.lock-`) && other.endsWith('.tmp'))) {
		const full = path.join(directory, file);
		try {
			// eslint-disable-next-line no-await-in-loop -- there is hardly ever one
			const {mtimeMs} = await stat(full);
			// The times of files are the machine's, whatever clock the run goes by.
			if (Date.now() - mtimeMs > leftOver) {
				// eslint-disable-next-line no-await-in-loop -- as above
				await remove(full);
			}
		} catch (error) {
			if (systemCode(error) !== 'ENOENT') {
				throw error;
			}
		}
	}
};

const remove = async (file: string): Promise<void> => {
	try {
		await unlink(file);
	} catch (error) {
		if (systemCode(error) !== 'ENOENT') {
			throw error;
		}
	}
};
