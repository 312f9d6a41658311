import {type Clock} from '../../mailbox/clock.js';
import {
	closedForEws, refusedByHttp, scopeMissing, unauthorized,
} from './ews-headers.js';
import {CallRefused} from './ews-refusals.js';
import {budgetText} from './ews-trouble.js';
import {type Fault, type Strike} from './faults.js';
import {type Answer, type Outcome} from './http-answer.js';

/** What a strike works on: one request. */
export type StrikePorts = {
	readonly clock: Clock;
	/** Carries it out. */
	readonly run: () => Promise<Outcome>;
	/** The fault as an answer. */
	readonly refuse: (refused: CallRefused) => Answer;
	/** Any other body with the headers of an answer. */
	readonly answer: (status: number, body: string) => Answer;
	readonly expireTokens: () => void;
	/** Has the server do it so much later, whatever became of the connection. */
	readonly later: (milliseconds: number, job: () => Promise<unknown>) => void;
	/** The mailbox and folder that are meant, as far as they are known. */
	readonly fill: () => void;
	readonly deleteFolder: () => void;
	/** The address asked for. */
	readonly address: string;
};

/** The faults that decide how a request ends. */
type Ending = Exclude<Fault, {type: 'delay' | 'item' | 'give-up' | 'busy-item' | 'batch-stop' | 'forbidden-characters' | 'fill' | 'names-used-up' | 'delete-folder'}>;

/** The others change what there is, or parts of the answer, or the time it takes. */
const others = new Set<Fault['type']>(['delay', 'item', 'give-up', 'busy-item', 'batch-stop', 'forbidden-characters', 'fill', 'names-used-up', 'delete-folder']);
const isEnding = (fault: Fault): fault is Ending => !others.has(fault.type);

/* eslint-disable @typescript-eslint/naming-convention -- names that EWS has for values */
const busy = ({milliseconds, code = 'ErrorServerBusy'}: Extract<Fault, {type: 'busy'}>): CallRefused => {
	const connections: Record<string, string> = code === 'ErrorExceededConnectionCount'
		? {Policy: 'MaxConcurrency', MaxConcurrencyLimit: '27', ErrorMessage: budgetText('MaxConcurrency', 27, milliseconds ?? 0)}
		: {};
	return new CallRefused(code, {detail: {values: {...(milliseconds !== undefined && {BackOffMilliseconds: String(milliseconds)}), ...connections}}});
};

export const noMailbox = (address: string): CallRefused => new CallRefused('ErrorNonExistentMailbox', {detail: {values: {SmtpAddress: address}}});
/* eslint-enable @typescript-eslint/naming-convention */

const plain = (answer: Answer): Outcome => ({answer});

const finish = async (fault: Ending, ports: StrikePorts): Promise<Outcome> => {
	const {clock, run, refuse, later} = ports;

	switch (fault.type) {
		case 'drop':
		case 'commit-then-drop': {
			return 'drop';
		}

		case 'drop-then-commit': {
			later(fault.milliseconds, run);
			return 'drop';
		}

		case 'drop-mid-answer': {
			const outcome = await run();
			return typeof outcome === 'string' ? outcome : {...outcome, cutAfter: fault.bytes};
		}

		case 'stall': {
			return 'mute';
		}

		case 'busy': {
			return plain(refuse(busy(fault)));
		}

		case 'fault': {
			return plain(refuse(new CallRefused(fault.code, {text: fault.text, status: fault.status})));
		}

		case 'expire': {
			ports.expireTokens();
			return plain(unauthorized(clock.now(), '2000002;reason="The token has expired.";error_category="invalid_lifetime"'));
		}

		case 'closed': {
			return plain(closedForEws(clock.now()));
		}

		case 'scope': {
			return plain(scopeMissing(clock.now()));
		}

		case 'http': {
			const {status, headers = {}, body = '', close} = fault;
			const answer = refusedByHttp(clock.now(), status, Object.entries(headers), close);
			const length = [['Content-Length', String(new TextEncoder().encode(body).length)] as const];
			return plain({...answer, body, headers: [...length, ...answer.headers.slice(1)]});
		}

		case 'nonsense': {
			return plain(ports.answer(200, fault.body ?? '<html><head><title>Outlook</title></head><body>Something went wrong<p></body></html>'));
		}

		case 'no-mailbox': {
			return plain(refuse(noMailbox(ports.address)));
		}

		case 'denied': {
			return plain(refuse(new CallRefused('ErrorImpersonateUserDenied')));
		}
	}
};

/** Lets what struck a request befall it. All changes and delays apply; of those that end it, the first. */
export const befall = async (strikes: readonly Strike[], ports: StrikePorts): Promise<Outcome> => {
	const end = strikes.map(({fault}) => fault).find(fault => isEnding(fault));
	const delays = strikes.flatMap(({fault}) => fault.type === 'delay' ? [fault] : []);
	const sum = (commit: boolean): number => delays.filter(delay => Boolean(delay.commit) === commit).reduce((total, {milliseconds}) => total + milliseconds, 0);
	const [before, late] = [sum(false), sum(true)];
	if (before > 0) {
		await ports.clock.sleep(before);
	}

	if (strikes.some(({fault}) => fault.type === 'fill')) {
		ports.fill();
	}

	if (strikes.some(({fault}) => fault.type === 'delete-folder')) {
		ports.deleteFolder();
	}

	if (end && (end.type === 'commit-then-drop' || ('commit' in end && end.commit))) {
		await ports.run();
	}

	const outcome = end ? await finish(end, ports) : await ports.run();
	if (late > 0) {
		await ports.clock.sleep(late);
	}

	return outcome;
};
