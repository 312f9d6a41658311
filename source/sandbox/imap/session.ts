import {Buffer} from 'node:buffer';
import {type Socket} from 'node:net';
import {appendRefusal} from './append.js';
import {commands, needed} from './commands.js';
import {
	no, type Account, type Command, type Context, type Reply,
} from './context.js';
import {type Strike} from './faults.js';
import {type SessionHost} from './host.js';
import {ByteInput, LineTooLong} from './input.js';
import {capabilitiesOf} from './law.js';
import {Refused} from './mailbox.js';
import {
	eventOf, firstWord, parseCommand, shownOf, type Parsed,
} from './parse.js';
import {readCommand, type Announcement, type LiteralVerdict} from './reader.js';
import {befall} from './strike.js';
import {recreate, vanish} from './tamper.js';
import {SyntaxFault, type Segment} from './tokens.js';
import {tellChanges} from './view.js';
import {ConnectionGone, Wire} from './wire.js';

const isAllowed = ({state}: Command, {account, view}: Context): boolean =>
	state === 'any' || (state === 'before' ? !account : account !== undefined && (state === 'after' || view !== undefined));

const farewell = '* BYE Connection closed. 14';

/** What Exchange Online says instead of an answer, or of `+`, once the token of a session has run out (aioimaplib#83, imapsync#250). */
const invalidated = '* BYE Session invalidated - AccessTokenExpired';

/** Longest literal outside of APPEND, in bytes. */
const plainLiteral = 65_536;

/** One connection, from greeting to end. */
export class Session {
	account: Account | undefined;
	readonly #host: SessionHost;
	readonly #input: ByteInput;
	readonly #wire: Wire;
	readonly #context: Context;
	readonly #number: number;
	readonly #abort = new AbortController();
	/** Decided while its literal is awaited. */
	#strikes: readonly Strike[] | undefined;
	#byteLimit = Number.POSITIVE_INFINITY;
	#errors = 0;
	#refusedWhileDisconnected = 0;

	constructor(socket: Socket, host: SessionHost, number: number) {
		this.#host = host;
		this.#number = number;
		this.#wire = new Wire(socket);
		this.#input = new ByteInput(socket, () => {
			this.#countBytes();
		});
		socket.on('close', () => {
			this.#abort.abort();
		});
		const {wire, input, limits} = {wire: this.#wire, input: this.#input, limits: host.limits};
		this.#context = {
			wire,
			law: host.law,
			limits,
			clock: host.clock,
			accounts: host.accounts,
			account: undefined,
			view: undefined,
			contentFault: undefined,
			leaving: false,
			capabilities: () => capabilitiesOf(host.law, this.#context.account !== undefined, host.appendLimit()),
			async nextLine() {
				const line = await input.line(host.law.maxLine);
				return line && Buffer.from(line).toString('latin1');
			},
			connectionsOf: user => host.connectionsOf(user),
			countAppended() {
				host.counters.appended++;
			},
		};
	}

	/** Closes at once. */
	drop(): void {
		this.#wire.drop();
	}

	/** Serves until one side leaves; never throws for what a peer does. */
	async run(): Promise<void> {
		try {
			if (await this.#greet()) {
				while (!this.#wire.gone && !this.#context.leaving) {
					// eslint-disable-next-line no-await-in-loop -- commands come one after the other
					if (!await this.#serve()) {
						break;
					}
				}
			}
		} catch (error) {
			if (!(error instanceof ConnectionGone) && !this.#abort.signal.aborted) {
				this.#host.report(error);
			}
		}

		if (!this.#wire.gone) {
			this.#wire.end();
		}
	}

	#countBytes(): void {
		if (this.#byteLimit < Number.POSITIVE_INFINITY) {
			this.#wire.cutAt = Math.max(0, this.#byteLimit - this.#input.received);
			if (this.#wire.sent > this.#wire.cutAt || this.#input.received >= this.#byteLimit) {
				if (this.#wire.cutsSilently) {
					this.#wire.mute();
				} else {
					this.#wire.drop();
				}
			}
		}
	}

	async #greet(): Promise<boolean> {
		const {law, dice, clock} = this.#host;
		for (const {rule, fault} of dice.decide({names: ['bytes']})) {
			this.#byteLimit = rule.after ?? 0;
			this.#wire.cutsSilently = fault.type === 'stall';
			this.#wire.cutAt = this.#byteLimit;
		}

		let isOpen = false;
		await befall(dice.decide({names: ['connect']}), {
			...this.#strikePorts(clock),
			run: async () => {
				const told = law.words.tellsCapabilities ? `[CAPABILITY ${this.#context.capabilities().join(' ')}] ` : '';
				this.#wire.line(`* OK ${told}${law.words.greeting}`);
				isOpen = true;
			},
			answer: ({text}) => {
				this.#wire.line(`* BYE ${text}`);
			},
			literal: undefined,
		});
		if (!this.#wire.gone) {
			await this.#wire.flush();
		}

		return isOpen;
	}

	/** One command; false when the peer has left. */
	async #serve(): Promise<boolean> {
		const {law} = this.#host;
		this.#strikes = undefined;
		try {
			const received = await readCommand({
				input: this.#input,
				maxLine: law.maxLine,
				nonSynchronising: !law.hidden.has('LITERAL+'),
				judge: announcement => this.#judge(announcement),
				invite: async () => {
					this.#wire.line(`+ ${law.words.invitation}`);
					await this.#wire.flush();
				},
			});
			if ('over' in received) {
				this.#wire.drop();
				return false;
			}

			if ('answer' in received) {
				this.#wire.line(received.answer);
			} else {
				await this.#handle(received.segments);
			}
		} catch (error) {
			if (!(error instanceof LineTooLong)) {
				throw error;
			}

			this.#answer(/^\S*/.exec(error.start)![0], {status: 'BAD', text: law.words.lineTooLong});
		}

		if (!this.#wire.gone) {
			await this.#wire.flush();
		}

		return true;
	}

	/** Whether a literal is taken, from what came before it. */
	#judge({before, size}: Announcement): LiteralVerdict {
		const {words} = this.#host.law;
		if (this.#context.isOver?.()) {
			this.#context.leaving = true;
			return {take: false, answer: invalidated};
		}

		let parsed: Parsed;
		try {
			parsed = parseCommand(before);
		} catch {
			return {take: false, answer: `* BAD ${words.badArguments}`};
		}

		const {tag, name} = parsed;
		if (name !== 'APPEND' || !this.#context.account || parsed.words.length === 0) {
			return size <= plainLiteral ? {take: true} : {take: false, answer: this.#tagged(tag, {status: 'BAD', text: words.badArguments})};
		}

		this.#strikes = this.#host.dice.decide(eventOf(parsed, this.#context));
		const refusal = appendRefusal(this.#context, parsed.words, size);
		if (refusal) {
			this.#note(parsed, refusal);
			return {take: false, answer: this.#tagged(tag, refusal)};
		}

		const cut = this.#strikes.find(({fault}) => fault.type === 'drop-mid-literal')?.fault;
		return cut?.type === 'drop-mid-literal' ? {take: true, cutAfter: cut.bytes} : {take: true};
	}

	async #handle(segments: readonly Segment[]): Promise<void> {
		const {law, clock} = this.#host;
		if (this.#context.isOver?.()) {
			this.#wire.line(invalidated);
			this.#context.leaving = true;
			return;
		}

		let parsed: Parsed;
		try {
			parsed = parseCommand(segments);
		} catch (error) {
			if (!(error instanceof SyntaxFault)) {
				throw error;
			}

			this.#answer(firstWord(segments), {status: 'BAD', text: law.words.unknownCommand});
			return;
		}

		this.#strikes ??= this.#host.dice.decide(eventOf(parsed, this.#context));
		const strikes = this.#strikes;

		const last = segments.at(-2);
		const literal = last && 'literal' in last ? last.literal : undefined;
		await befall(strikes, {
			...this.#strikePorts(clock),
			literal,
			run: async () => {
				const reply = await this.#carryOut(parsed);
				this.#note(parsed, reply);
				this.#answer(reply.tag ?? parsed.tag, reply);
			},
			answer: reply => {
				this.#note(parsed, reply);
				this.#answer(reply.tag ?? parsed.tag, reply);
			},
			vanish: uid => {
				vanish(this.#context, parsed, uid);
			},
			recreate: fault => {
				recreate(this.#context, parsed, fault);
			},
		});
		if (strikes.length > 0 && this.#wire.gone) {
			this.#note(parsed, undefined);
		}

		this.#context.contentFault = undefined;
	}

	/** What every strike needs; the command's own parts are filled in by the caller. */
	#strikePorts(clock: SessionHost['clock']) {
		return {
			wire: this.#wire,
			input: this.#input,
			clock,
			random: this.#host.random,
			signal: this.#abort.signal,
			later: this.#host.later,
			spoil: (fault: NonNullable<Context['contentFault']>) => {
				this.#context.contentFault = {...this.#context.contentFault, ...fault};
			},
			vanish() {/* Only FETCH. */},
			recreate() {/* Only commands. */},
		};
	}

	async #carryOut({name, uid, words}: Parsed): Promise<Reply> {
		const {law, counters} = this.#host;
		const context = this.#context;
		const command = commands.get(name);
		counters.commands[name || '?'] = (counters.commands[name || '?'] ?? 0) + 1;
		if (!command || law.hidden.has(needed.get(name) ?? '')) {
			return {status: 'BAD', text: law.words.unknownCommand};
		}

		const {account, view, isUnconnected} = context;
		if (account && (account.user.connected === false || isUnconnected) && !['CAPABILITY', 'NOOP', 'ID', 'LOGOUT'].includes(name)) {
			this.#refusedWhileDisconnected++;
			if (account.user.hangsUpFirst) {
				this.#wire.line(farewell);
				this.#context.leaving = true;
			}

			return {status: 'BAD', text: 'User is authenticated but not connected.'};
		}

		if (!isAllowed(command, context)) {
			return {status: 'BAD', text: law.words.wrongState};
		}

		if (view?.folder.deleted && (command.state === 'selected' || name === 'NOOP' || name === 'IDLE')) {
			this.#wire.line('* BYE Selected mailbox was deleted, have to disconnect.');
			this.#wire.end();
			throw new ConnectionGone();
		}

		const reply = await this.#attempt(command, words, uid);
		this.account = context.account;
		tellChanges(context, uid || !['FETCH', 'STORE', 'SEARCH'].includes(name));
		return reply;
	}

	async #attempt(command: Command, words: Parsed['words'], uid: boolean): Promise<Reply> {
		try {
			return await command.run(this.#context, words, uid);
		} catch (error) {
			if (error instanceof Refused) {
				return no(error.message);
			}

			throw error;
		}
	}

	#tagged(tag: string, {status, text}: Reply): string {
		return `${tag || '*'} ${status} ${text}`;
	}

	#answer(tag: string, reply: Reply): void {
		this.#wire.line(this.#tagged(tag, reply));
		this.#errors += reply.status === 'BAD' || (reply.status === 'NO' && this.#host.law.words.countsRefusals) ? 1 : 0;
		if (!this.#context.leaving && (this.#errors >= this.#host.law.maxErrors || this.#refusedWhileDisconnected >= 2)) {
			this.#wire.line(farewell);
			this.#wire.end();
		}
	}

	#note(parsed: Parsed, reply: Reply | undefined): void {
		this.#host.log({
			at: this.#host.clock.now(),
			connection: this.#number,
			user: this.#context.account?.user.name,
			command: shownOf(parsed),
			answer: reply ? `${reply.status} ${reply.text}` : 'none',
			faults: (this.#strikes ?? []).map(({fault}) => fault.type),
		});
	}
}
