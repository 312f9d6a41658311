import {type Stored} from '../mailbox/destination.js';
import {sameMail} from '../mailbox/envelope.js';
import {sameSecond} from '../mailbox/identity.js';
import {hasHeader} from './likeness.js';
import {recordedContent} from './recorded.js';
import {
	type Expected, finding, firstBytes, type VerifyOptions,
} from './verifier-check.js';

const plainFlags = (flags: readonly string[]): string => flags.filter(flag => flag !== String.raw`\Recent`).map(flag => flag.toLowerCase()).sort().join(' ');

/** Compares one message with what left the source, its content apart where that was read. */
export const judge = async (options: VerifyOptions, expected: Expected, stored: Stored): Promise<void> => {
	const {check, record, uid} = expected;
	const {receivedAt} = record.get(uid)!;
	const {keepsBytes} = options.traits;
	check.compared++;
	const differences = keepsBytes ? [] : await headerDifferences(options, expected, stored);
	if (differences.length > 0) {
		finding(options, check, 'altered', uid, differences.join(', '));
		return;
	}

	const isDated = sameSecond(stored.receivedAt, receivedAt);
	const lost = isDated ? [] : await lostBefore(options, expected);
	if (!isDated && !lost.some(what => what.startsWith('received-date:'))) {
		finding(options, check, 'date', uid, `received ${new Date(stored.receivedAt).toISOString()}, ${new Date(receivedAt).toISOString()} at the source`);
		return;
	}

	check.equal++;
	const there = check.current === record ? check.listing?.get(uid)?.flags : undefined;
	const told = (flags: readonly string[]): string => plainFlags(keepsBytes ? flags : flags.filter(flag => flag.startsWith('\\')));
	if (there && told(there) !== told(stored.flags)) {
		const without = await lostBefore(options, expected);
		const kept = there.filter(flag => !without.includes(`flag:${flag}`));
		if (told(kept) !== told(stored.flags)) {
			finding(options, check, 'flags', uid, `${told(stored.flags) || 'none'}; ${told(there) || 'none'} at the source`);
		}
	}
};

/** What the way that it was delivered by could not keep: known, allowed and counted as a loss then. */
const lostBefore = async ({details}: VerifyOptions, {record, uid}: Expected): Promise<readonly string[]> => {
	const {fate} = await details(record.number, uid);
	return fate?.type === 'delivered' ? fate.lost ?? [] : [];
};

/** In what a rebuilt message's header is another one's. Only where the hashes differ are both contents read. */
const headerDifferences = async (options: VerifyOptions, {check, record, uid}: Expected, stored: Stored): Promise<string[]> => {
	const details = await options.details(record.number, uid);
	const delivered = (details.fate?.type === 'already-there' ? details.fate : details.intent)?.flags;
	const draft = delivered && stored.flags.includes(String.raw`\Draft`) && !delivered.includes(String.raw`\Draft`) ? ['it is a draft'] : [];
	const {receivedAt, size} = record.get(uid)!;
	if (hasHeader(stored, recordedContent(details)?.envelope, receivedAt)) {
		return draft;
	}

	const [here, there] = await Promise.all([
		check.current === record && check.listing?.has(uid) ? firstBytes(options.source.read(check.path, check.listing.generation, [{uid, size}], options.signal)) : undefined,
		firstBytes(options.destination.read(check.destination, [stored], options.signal)),
	]);
	if (!there) {
		return [...draft, 'cannot be read at the destination'];
	}

	return [...draft, ...(here ? sameMail(here, there) : ['its header is not the one that was delivered'])];
};
