import {type Clock} from '../../mailbox/clock.js';
import {type GraphReply} from './graph-call.js';
import {GraphRefused} from './graph-errors.js';
import {type Fault, type Strike} from './faults.js';
import {type Answer} from './http-answer.js';

/** What a request to Graph comes to. */
export type Ended =
	| 'drop'
	| 'mute'
	| {readonly reply: GraphReply; readonly cutAfter?: number}
	| {readonly refused: GraphRefused; readonly cutAfter?: number}
	| {readonly raw: Answer};

export type GraphStrikePorts = {
	readonly clock: Clock;
	readonly run: () => Promise<Ended>;
	readonly expireTokens: () => void;
	readonly later: (milliseconds: number, job: () => Promise<unknown>) => void;
	readonly fill: () => void;
	readonly deleteFolder: () => void;
};

type Of<Type extends Fault['type']> = Extract<Fault, {type: Type}>;

const refused = (code: string, more: ConstructorParameters<typeof GraphRefused>[1] = {}): Ended => ({refused: new GraphRefused(code, more)});

const http = ({status, headers = {}, body = '', close}: Of<'http'>): Ended => ({
	raw: {
		status, body, close, headers: [['Content-Length', String(new TextEncoder().encode(body).length)], ...Object.entries(headers)],
	},
});

/** How each fault ends a request; undefined for those that change what there is, or the time it takes. */
// eslint-disable-next-line complexity -- a table of faults
const finish = (fault: Fault, ports: GraphStrikePorts): Ended | Promise<Ended> | undefined => {
	switch (fault.type) {
		case 'drop':
		case 'commit-then-drop':
		case 'give-up': {
			return 'drop';
		}

		case 'drop-then-commit': {
			ports.later(fault.milliseconds, ports.run);
			return 'drop';
		}

		case 'drop-mid-answer': {
			return (async () => {
				const ended = await ports.run();
				return typeof ended === 'string' || 'raw' in ended ? ended : {...ended, cutAfter: fault.bytes};
			})();
		}

		case 'stall': {
			return 'mute';
		}

		case 'busy': {
			const {code = 'ApplicationThrottled', milliseconds} = fault;
			return refused(code, {wait: milliseconds, ...(fault.code === undefined && {text: 'Application is over its MailboxConcurrency limit.'})});
		}

		case 'fault': {
			return refused(fault.code, fault.text === undefined ? {} : {text: fault.text});
		}

		case 'expire': {
			ports.expireTokens();
			return refused('InvalidAuthenticationToken', {text: 'Access token has expired or is not yet valid.'});
		}

		case 'closed': {
			return refused('Forbidden', {status: 403, text: ''});
		}

		case 'scope':
		case 'denied': {
			return refused('ErrorAccessDenied');
		}

		case 'no-mailbox': {
			return refused('MailboxNotEnabledForRESTAPI');
		}

		case 'http': {
			return http(fault);
		}

		case 'nonsense': {
			return http({
				type: 'http', status: 200, headers: {'Content-Type': 'text/html; charset=utf-8'}, body: fault.body ?? '<html><head><title>Outlook</title></head><body>Something went wrong<p></body></html>',
			});
		}

		case 'delay':
		case 'item':
		case 'busy-item':
		case 'batch-stop':
		case 'forbidden-characters':
		case 'fill':
		case 'names-used-up':
		case 'delete-folder': {
			return undefined;
		}
	}
};

const commits = (fault: Fault): boolean => fault.type === 'commit-then-drop' || ('commit' in fault && fault.commit === true);

/** Lets what struck a request to Graph befall it: all changes and delays, and of those that end it the first. */
export const befallGraph = async (strikes: readonly Strike[], ports: GraphStrikePorts): Promise<Ended> => {
	const faults = strikes.map(({fault}) => fault);
	const sleep = async (commit: boolean): Promise<void> => {
		let sum = 0;
		for (const fault of faults) {
			sum += fault.type === 'delay' && Boolean(fault.commit) === commit ? fault.milliseconds : 0;
		}

		if (sum > 0) {
			await ports.clock.sleep(sum);
		}
	};

	await sleep(false);
	if (faults.some(({type}) => type === 'fill')) {
		ports.fill();
	}

	if (faults.some(({type}) => type === 'delete-folder')) {
		ports.deleteFolder();
	}

	const unfinished = new Set<Fault['type']>(['delay', 'item', 'busy-item', 'batch-stop', 'forbidden-characters', 'fill', 'names-used-up', 'delete-folder']);
	const end = faults.find(({type}) => !unfinished.has(type));
	if (end && commits(end)) {
		await ports.run();
	}

	const ended = (end && await finish(end, ports)) ?? await ports.run();
	await sleep(true);
	return ended;
};
