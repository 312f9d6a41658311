import {Buffer} from 'node:buffer';
import {
	bad, no, ok, type Account, type Command, type Context, type Reply,
} from './context.js';
import {Mailbox} from './mailbox.js';
import {textOf} from './tokens.js';

/** `2026-08-03 06:00:06`, as in the recorded answer. */
const stamp = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');

/** Recorded from WorkMail, over its connection limit and for a wrong password alike. */
const temporarily = (now: number): Reply => no(`[UNAVAILABLE] Temporary authentication failure. [${stamp(now)}]`);

const accountOf = (context: Context, name: string): Account | undefined =>
	context.accounts.find(account => account.user.name.toLowerCase() === name.toLowerCase());

const enter = (context: Context, account: Account, verb: 'LOGIN' | 'AUTHENTICATE'): Reply => {
	const {limits, law, clock} = context;
	if (context.connectionsOf(account.user) >= (limits.maxConnections ?? Number.POSITIVE_INFINITY)) {
		return temporarily(clock.now());
	}

	context.account = account;
	return ok(`${law.words.tellsCapabilities ? `[CAPABILITY ${context.capabilities().join(' ')}] ` : ''}${law.words.done(verb)}`);
};

const byPassword = (context: Context, name: string, password: string, verb: 'LOGIN' | 'AUTHENTICATE'): Reply => {
	const {law, clock} = context;
	const account = accountOf(context, name);
	if (account?.user.password !== undefined && account.user.password === password) {
		return enter(context, account, verb);
	}

	return law.wrongPassword === 'temporary' ? temporarily(clock.now()) : no(law.words.refused(verb));
};

export const loginCommand: Command = {
	state: 'before',
	run(context, words) {
		const [name, password] = [textOf(words[0]), textOf(words[1])];
		if (name === undefined || password === undefined || words.length !== 2) {
			return bad(context.law.words.badArguments);
		}

		if (context.law.loginDisabled) {
			return no(context.law.words.refused('LOGIN'));
		}

		const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString();
		return byPassword(context, utf8(name), utf8(password), 'LOGIN');
	},
};

/** Somebody without a mailbox here. */
const strangerOf = ({law, clock}: Context, name: string): Account => ({
	user: {name}, mailbox: new Mailbox(undefined, {names: law.names, numbering: law.numbering, now: () => clock.now()}),
});

const byToken = async (context: Context, response: string): Promise<Reply> => {
	const {law, wire} = context;
	const [user = '', auth = '', ...end] = response.split('\u0001');
	const isWhole = user.startsWith('user=') && end.length === 2;
	const account = isWhole ? accountOf(context, user.slice(5)) : undefined;
	const token = auth.startsWith('auth=Bearer ') ? auth.slice('auth=Bearer '.length) : undefined;
	const isAccepted = token !== undefined && account?.user.accepts?.(token);
	if (account && (isAccepted ?? account.user.tokens?.some(one => one === token))) {
		context.isOver = () => Boolean(isAccepted) && !account.user.accepts!(token!);
		context.isUnconnected = isAccepted === 'not-connected';
		return enter(context, account, 'AUTHENTICATE');
	}

	if (isWhole && !account && token !== undefined && law.strangers(token)) {
		context.isUnconnected = true;
		return enter(context, strangerOf(context, user.slice(5)), 'AUTHENTICATE');
	}

	if (law.words.tellsCapabilities) {
		// Others than Exchange first send the reason, and await an empty line (lesson 65).
		wire.line(`+ ${Buffer.from('{"status":"401","schemes":"bearer"}').toString('base64')}`);
		await wire.flush();
		await context.nextLine();
	}

	return no(law.words.refused('AUTHENTICATE'));
};

/** AUTHENTICATE PLAIN and XOAUTH2, with or without initial response (RFC 4959). */
export const authenticateCommand: Command = {
	state: 'before',
	async run(context, words) {
		const {law, wire} = context;
		const mechanism = textOf(words[0])?.toUpperCase();
		const offered = context.capabilities().includes(`AUTH=${mechanism}`) && (mechanism === 'PLAIN' || mechanism === 'XOAUTH2');
		const initial = textOf(words[1]);
		if (!offered || words.length > 2 || (initial !== undefined && law.hidden.has('SASL-IR'))) {
			return offered ? bad(law.words.badArguments) : no(`[CANNOT] ${law.words.refused('mechanism')}`);
		}

		let response = initial;
		if (response === undefined) {
			wire.line('+ ');
			await wire.flush();
			response = await context.nextLine();
		}

		if (response === undefined || response === '*' || !/^(?:=|[A-Za-z\d+/]*={0,2})$/.test(response)) {
			return bad('AUTHENTICATE cancelled.');
		}

		const decoded = Buffer.from(response, 'base64').toString();
		if (mechanism === 'XOAUTH2') {
			return byToken(context, decoded);
		}

		const [, name = '', password = ''] = decoded.split('\0');
		return byPassword(context, name, password, 'AUTHENTICATE');
	},
};
