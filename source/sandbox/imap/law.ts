import {type ImapServerOptions, type Refusal} from './options.js';
import {type NameForm, type NameLaw} from './names.js';
import {type Numbering} from './mailbox.js';
import {wordsOfFlavour, type Words} from './words.js';

/** The options with what a flavour takes for granted filled in: what the sessions go by. */
export type Law = {
	readonly words: Words;
	readonly names: NameLaw;
	readonly form: NameForm;
	readonly numbering: Numbering;
	readonly permanentFlags: readonly string[];
	readonly appendDropsFlagged: boolean;
	readonly showRoles: boolean;
	readonly condStore: boolean;
	readonly zoneMinutes: number;
	readonly wrongPassword: 'refused' | 'temporary';
	readonly refusals: readonly Refusal[];
	/** Names at the top that CREATE does not take, in small letters. */
	readonly reserved: ReadonlySet<string>;
	readonly forbidden: {readonly characters: string; readonly maxBytes: number; readonly maxDepth: number};
	readonly rewrite: ((bytes: Uint8Array) => Uint8Array) | undefined;
	readonly maxLine: number;
	readonly maxErrors: number;
	readonly hidden: ReadonlySet<string>;
	readonly loginDisabled: boolean;
	readonly strangers: (token: string) => boolean;
	readonly added: readonly string[];
};

const equalNames = ({namesIgnoreCase, namesNormalise}: ImapServerOptions, isExchange: boolean): NameLaw =>
	({ignoreCase: namesIgnoreCase ?? isExchange, normalise: namesNormalise ?? isExchange});

const forbiddenNames = ({namesForbidden, namesMaxBytes, namesMaxDepth}: ImapServerOptions): Law['forbidden'] =>
	({characters: namesForbidden ?? '', maxBytes: namesMaxBytes ?? 1000, maxDepth: namesMaxDepth ?? Number.POSITIVE_INFINITY});

/** Exchange loses its way in a longer line, CR included, and takes what follows for commands (lesson 64; its MaxCommandSize). */
const overlong: Refusal = {
	lineOver: 10_240, status: 'BAD', text: wordsOfFlavour.exchange.unknownCommand, alienTag: true,
};

const exactions = ({refusals = []}: ImapServerOptions, isExchange: boolean): Pick<Law, 'refusals' | 'reserved'> => isExchange
	? {refusals: [...refusals, overlong], reserved: new Set(['files'])}
	: {refusals, reserved: new Set()};

const hiddenNames = ({capabilities, loginDisabled}: ImapServerOptions): Set<string> =>
	new Set([...capabilities?.hide ?? [], ...(loginDisabled ? ['AUTH=PLAIN'] : [])].map(name => name.toUpperCase()));

export const lawOf = (options: ImapServerOptions): Law => {
	const flavour = options.flavour ?? 'workmail';
	const words = wordsOfFlavour[flavour];
	const isExchange = flavour === 'exchange';
	return {
		words,
		names: equalNames(options, isExchange),
		form: {delimiter: options.delimiter ?? '/', inbox: words.inbox, rawTabs: isExchange},
		numbering: {uidValidity: 'unique', uids: 'folder', ...options.numbering},
		permanentFlags: options.permanentFlags ?? words.permanentFlags,
		appendDropsFlagged: options.appendDropsFlagged ?? isExchange,
		showRoles: options.showRoles ?? true,
		condStore: options.condStore ?? false,
		zoneMinutes: options.zoneMinutes ?? 0,
		wrongPassword: options.wrongPassword ?? (isExchange ? 'refused' : 'temporary'),
		...exactions(options, isExchange),
		forbidden: forbiddenNames(options),
		rewrite: options.rewrite,
		maxLine: options.maxLine ?? words.maxLine,
		maxErrors: options.maxErrors ?? words.maxErrors,
		hidden: hiddenNames(options),
		loginDisabled: options.loginDisabled ?? false,
		strangers: options.strangers ?? (() => false),
		added: [...(options.condStore ? ['CONDSTORE'] : []), ...(options.capabilities?.add ?? [])],
	};
};

/** What is announced before or after sign-in. */
export const capabilitiesOf = (law: Law, signedIn: boolean, appendLimit: number | undefined): string[] => [
	...(signedIn ? law.words.capabilities.after : law.words.capabilities.before)
		.filter(name => !law.hidden.has(name))
		.flatMap(name => law.loginDisabled && !signedIn && name === 'AUTH=XOAUTH2' ? [name, 'LOGINDISABLED'] : [name]),
	...(signedIn && appendLimit !== undefined ? [`APPENDLIMIT=${appendLimit}`] : []),
	...(signedIn ? law.added : []),
];
