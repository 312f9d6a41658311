import {type Fault, type FaultRule} from '../../source/sandbox/microsoft/faults.js';
import {type Random} from '../../source/sandbox/random.js';

/* Faults of the stand-in for Microsoft 365 that pass, for plans made at random. */

/** The longest that a call whose connection was lost may still be at work, in milliseconds. */
const latest = 59_000;

const anyWait = (random: Random): number | undefined => random.pick([undefined, 0, 1, 700, 5000, 40_000]);

/** Codes for a whole call that pass, and do not say whether something was done. */
const passingCodes = ['ErrorMailboxStoreUnavailable', 'ErrorInternalServerError', 'ErrorInternalServerTransientError', 'ErrorTimeoutExpired', 'ErrorMailboxMoveInProgress', 'ErrorConnectionFailed', 'ErrorSomethingNew'] as const;

/** Codes for an item that may be stored all the same. */
const doubtfulCodes = ['ErrorInternalServerError', 'ErrorInternalServerTransientError', 'ErrorTimeoutExpired', 'ErrorConnectionFailed', 'ErrorMailboxFailover'] as const;

/** Codes for an item that is not stored, that pass. */
const certainCodes = ['ErrorMailboxStoreUnavailable', 'ErrorItemSave', 'ErrorMimeContentConversionFailed', 'ErrorInsufficientResources', 'ErrorIrresolvableConflict'] as const;

/** What may befall any call. */
const anyCall = (random: Random): Fault => random.pick<() => Fault>([
	() => ({type: 'drop'}),
	() => ({type: 'commit-then-drop'}),
	() => ({type: 'drop-then-commit', milliseconds: random.below(latest)}),
	() => ({type: 'drop-mid-answer', bytes: random.below(900)}),
	() => ({type: 'stall', commit: random.next() < 0.5}),
	() => ({type: 'delay', milliseconds: random.below(latest), commit: random.next() < 0.5}),
	() => ({type: 'busy', milliseconds: anyWait(random), hold: random.next() < 0.5}),
	() => ({type: 'busy', code: random.pick(['ErrorExceededConnectionCount', 'ErrorTooManyObjectsOpened']), milliseconds: anyWait(random)}),
	() => ({
		type: 'fault', code: random.pick(passingCodes), status: random.pick([200, 500]), commit: random.next() < 0.4,
	}),
	() => ({type: 'expire'}),
	() => ({
		type: 'http', status: random.pick([500, 502, 503, 504]), ...(random.next() < 0.4 && {headers: {'Retry-After': random.pick(['0', '0.5', '30'])}}), body: random.pick(['', '<html>oops</html>']), commit: random.next() < 0.4, close: random.next() < 0.3,
	}),
	() => ({type: 'http', status: 429, headers: {'Retry-After': '3'}}),
	() => ({type: 'nonsense', commit: random.next() < 0.5}),
	() => ({type: 'forbidden-characters'}),
	() => ({type: 'item', index: 0, code: random.pick(['ErrorMailboxStoreUnavailable', 'ErrorInternalServerTransientError'])}),
])();

/** What may befall a CreateItem beside. */
const anyDelivery = (random: Random): Fault => random.pick<() => Fault>([
	() => ({type: 'busy-item', index: random.below(6), milliseconds: random.below(9000)}),
	() => ({type: 'busy-item', milliseconds: random.below(9000)}),
	() => ({type: 'batch-stop', after: random.below(9), code: random.pick(['ErrorMailboxStoreUnavailable', 'ErrorTimeoutExpired', 'ErrorInternalServerError'])}),
	() => ({
		type: 'item', index: random.below(6), code: random.pick(doubtfulCodes), stored: random.next() < 0.5,
	}),
	() => ({type: 'item', code: random.pick(doubtfulCodes), stored: random.next() < 0.5}),
	() => ({type: 'item', index: random.below(6), code: random.pick(certainCodes)}),
	() => ({type: 'delete-folder'}),
	() => ({type: 'drop-then-commit', milliseconds: latest}),
])();

/** What ends the run: the next one carries on. */
const fatal = (random: Random): Fault => random.pick<Fault>([{type: 'closed'}, {type: 'scope'}, {type: 'no-mailbox'}, {type: 'denied'}, {type: 'fill'}]);

const anyLogin = (random: Random): Fault => random.pick<Fault>([
	{type: 'drop'}, {type: 'stall'}, {type: 'commit-then-drop'}, {type: 'delay', milliseconds: 20_000}, {type: 'nonsense'}, {type: 'http', status: 503, body: ''}, {type: 'drop-mid-answer', bytes: random.below(200)},
]);

/** One fault, of any type on any operation. None is repeated so often that a message is refused for it. */
export const anyEwsFault = (random: Random): FaultRule => {
	const dice = random.next();
	if (dice < 0.55) {
		const nth = 1 + random.below(7);
		const oversized = random.next() < 0.08;
		return oversized
			? {
				on: 'CreateItem', nth, items: 2, do: {type: 'http', status: random.pick([405, 413]), close: random.next() < 0.5},
			}
			: {on: 'CreateItem', nth, do: random.next() < 0.5 ? anyCall(random) : anyDelivery(random)};
	}

	if (dice < 0.62) {
		return {on: 'login', nth: 1 + random.below(2), do: anyLogin(random)};
	}

	if (dice < 0.66) {
		return {on: random.pick(['CreateItem', 'FindItem', 'call']), nth: 1 + random.below(12), do: fatal(random)};
	}

	if (dice < 0.7) {
		return {on: 'request', nth: 1 + random.below(15), do: random.pick<Fault>([{type: 'drop'}, {type: 'stall'}, {type: 'http', status: 503, body: ''}, {type: 'delay', milliseconds: 9000}])};
	}

	const on = random.pick(['FindItem', 'FindItem', 'GetItem', 'CreateFolder', 'FindFolder', 'GetFolder', 'call']);
	return {on, nth: 1 + random.below(on === 'call' ? 15 : 4), do: on === 'FindItem' && random.next() < 0.08 ? {type: 'delete-folder'} : anyCall(random)};
};
