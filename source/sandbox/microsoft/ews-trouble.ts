import {type Trouble} from './ews-call.js';
import {textOf} from './ews-refusals.js';
import {type Strike} from './faults.js';

type Hit = NonNullable<ReturnType<Trouble['of']>>;

/** The words about a budget: where busy comes inside HTTP 200, they alone tell the wait (lesson 34). */
export const budgetText = (policy: string, value: number, milliseconds: number): string =>
	`This operation exceeds the throttling budget for policy part '${policy}', policy value '${value}',  Budget type: 'Ews'.  Suggested backoff time ${milliseconds} ms.`;

const hitOf = ({fault}: Strike, index: number): Hit | undefined => {
	if (fault.type === 'batch-stop') {
		const {after, code = 'ErrorMailboxStoreUnavailable', text = textOf(code)} = fault;
		return after === index ? {refused: {code, text}, stored: false, stops: true} : undefined;
	}

	if ((fault.type !== 'item' && fault.type !== 'busy-item') || (fault.index !== undefined && fault.index !== index)) {
		return undefined;
	}

	if (fault.type === 'busy-item') {
		return {refused: {code: 'ErrorServerBusy', text: `${textOf('ErrorServerBusy')}, ${budgetText('ConcurrentSyncCalls', 5, fault.milliseconds)}`}, stored: false, stops: false};
	}

	const {code, text = textOf(code), stored = false} = fault;
	return {refused: {code, text}, stored, stops: false};
};

/** Of the strikes, what hurts parts of the answer. */
export const troubleOf = (strikes: readonly Strike[]): Trouble => ({
	of(index) {
		for (const strike of strikes) {
			const hit = hitOf(strike, index);
			if (hit) {
				return hit;
			}
		}

		return undefined;
	},
	spoil: strikes.some(({fault}) => fault.type === 'forbidden-characters') ? '&#x1;&#xB;&#xFFFE;' : undefined,
	givesUp: strikes.map(({fault}) => fault).find(fault => fault.type === 'give-up'),
	namesUsedUp: strikes.some(({fault}) => fault.type === 'names-used-up'),
});
