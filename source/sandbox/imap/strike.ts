import {Buffer} from 'node:buffer';
import {type Clock} from '../../mailbox/clock.js';
import {type Random} from '../random.js';
import {strayTag} from './append.js';
import {type ContentFault, type Reply} from './context.js';
import {type Fault, type Strike} from './faults.js';
import {type ByteInput} from './input.js';
import {type Wire} from './wire.js';

/** What a strike works on: one command of one connection. */
export type StrikePorts = {
	readonly wire: Wire;
	readonly input: ByteInput;
	readonly clock: Clock;
	readonly random: Random;
	/** Ends with the connection. */
	readonly signal: AbortSignal;
	/** Carries the command out and writes its answer. */
	readonly run: () => Promise<void>;
	/** Writes a tagged answer instead. */
	readonly answer: (reply: Reply) => void;
	/** The last literal of the command, if any. */
	readonly literal: Uint8Array | undefined;
	/** Has the server do it so much later, whatever became of the connection. */
	readonly later: (milliseconds: number, job: () => Promise<void>) => void;
	readonly spoil: (fault: ContentFault) => void;
	/** Takes a message away: that one, or the first asked for. */
	readonly vanish: (uid: number | undefined) => void;
	/** The folder named or selected. */
	readonly recreate: (fault: Extract<Fault, {type: 'recreate'}>) => void;
};

const goodbye = '* BYE Connection closed. 14';

const nonsense = (random: Random, count: number): Uint8Array => {
	const words = ['* OK', '* 12', ')', '{999999999}', 'HTTP/1.1 400 Bad Request', '+', '\0', '* FETCH (((', 'NIL'];
	let text = '';
	while (text.length < count) {
		text += random.next() < 0.4 ? `${random.pick(words)} ` : String.fromCodePoint(random.below(256));
		text += random.next() < 0.1 ? '\r\n' : '';
	}

	return Buffer.from(`${text}\r\n`, 'latin1');
};

/** Carries a command out and throws its answer away. */
const silently = async ({wire, run}: StrikePorts): Promise<void> => {
	wire.hold();
	await run();
	await wire.flush();
	wire.discard();
};

const refusal = ({status, code, text}: Extract<Fault, {type: 'refuse'}>): Reply =>
	({status: status ?? 'NO', text: `${code ? `[${code}] ` : ''}${text ?? 'Server Unavailable. 15'}`});

const strayAnswer = ({tag, text}: Extract<Fault, {type: 'alien-tag'}>, literal: Uint8Array | undefined): Reply =>
	({status: 'BAD', text: text ?? 'Command Error. 10', tag: tag ?? (literal ? strayTag(literal) : '<body')});

/** The faults that decide how a command ends. */
type Ending = Exclude<Fault, {type: 'delay' | 'vanish' | 'recreate' | 'truncate'}>;

const finish = async (fault: Ending, ports: StrikePorts): Promise<void> => {
	const {wire, input, random, run, answer, later, literal} = ports;
	if (fault.type === 'commit-then-drop' || ('commit' in fault && fault.commit)) {
		await silently(ports);
	}

	switch (fault.type) {
		case 'drop':
		case 'drop-mid-literal':
		case 'commit-then-drop': {
			wire.drop();
			return;
		}

		case 'drop-then-commit': {
			wire.drop();
			later(fault.milliseconds, run);
			return;
		}

		case 'stall': {
			wire.mute();
			await input.skip();
			return;
		}

		case 'throttle': {
			answer({status: fault.status ?? 'NO', text: `Request is throttled. Suggested Backoff Time: ${fault.milliseconds} milliseconds`});
			if (fault.bye) {
				wire.line(goodbye);
				wire.end();
			}

			return;
		}

		case 'bye': {
			wire.line(fault.text === undefined ? goodbye : `* BYE ${fault.text}`);
			wire.end();
			return;
		}

		case 'refuse': {
			answer(refusal(fault));
			return;
		}

		case 'alien-tag': {
			answer(strayAnswer(fault, literal));
			return;
		}

		case 'nonsense': {
			await wire.bytes(nonsense(random, fault.bytes ?? 200));
		}
	}
};

/** Lets what struck a command befall it. All changes and delays apply; of those that end it, the first. */
export const befall = async (strikes: readonly Strike[], ports: StrikePorts): Promise<void> => {
	const {wire, clock, signal} = ports;
	let end: Ending | undefined;
	let before = 0;
	let late = 0;
	for (const {fault, rule} of strikes) {
		if (fault.type === 'delay') {
			before += fault.commit ? 0 : fault.milliseconds;
			late += fault.commit ? fault.milliseconds : 0;
		} else if (fault.type === 'truncate') {
			ports.spoil({uid: rule.uid, ...(fault.what === 'literal' ? {shorten: fault.by} : {sizeOff: fault.by})});
		} else if (fault.type === 'drop-mid-literal' && ports.literal === undefined) {
			ports.spoil({uid: rule.uid, cutAfter: fault.bytes});
		} else if (fault.type !== 'vanish' && fault.type !== 'recreate') {
			end ??= fault;
		}
	}

	if (before > 0) {
		await clock.sleep(before, signal);
	}

	for (const {fault, rule} of strikes) {
		if (fault.type === 'vanish') {
			ports.vanish(rule.uid);
		} else if (fault.type === 'recreate') {
			ports.recreate(fault);
		}
	}

	if (end) {
		await finish(end, ports);
	} else if (late === 0) {
		await ports.run();
	} else {
		wire.hold();
		await ports.run();
		await wire.flush();
		await clock.sleep(late, signal);
		wire.release();
	}
};
