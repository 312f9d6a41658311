import {type Flags} from '../mailbox/mailbox.js';

/** IMAP's flags as Exchange's states, and back (microsoft-365.md 2.2). */
export type ItemStates = {
	readonly read: boolean;
	readonly draft: boolean;
	readonly flagged: boolean;
	/** Exchange keeps only what was done last. */
	readonly verb?: 'answered' | 'forwarded';
	/** What people see of keywords. */
	readonly categories: readonly string[];
};

const system = {
	seen: String.raw`\Seen`, draft: String.raw`\Draft`, flagged: String.raw`\Flagged`, answered: String.raw`\Answered`,
};
const forwarded = '$Forwarded';
const recent = String.raw`\recent`;

/** Keywords by which programs talk to programs; a person would not know them as categories. */
const isForPrograms = (keyword: string): boolean => /^[$\\]|^(?:non-?|not-?)?junk(?:recorded)?$/iv.test(keyword);

/** What Outlook takes for the name of a category: it parts them by these characters. */
const isName = (keyword: string): boolean => keyword.length <= 255 && !/[,;\u{FF0C}\u{FF1B}]/v.test(keyword);

/** `lost` in the words of a delivery: `keyword:$X`, `flag:\X`. */
export const statesOf = (flags: Flags): {states: ItemStates; lost: string[]} => {
	const given = new Map(flags.map(flag => [flag.toLowerCase(), flag]));
	const take = (flag: string): boolean => given.delete(flag.toLowerCase());
	given.delete(recent);
	const [read, draft, isFlagged, isAnswered] = [take(system.seen), take(system.draft), take(system.flagged), take(system.answered)];
	const isForwarded = !isAnswered && take(forwarded);
	const [categories, lost] = [[] as string[], [] as string[]];
	for (const flag of given.values()) {
		(!isForPrograms(flag) && isName(flag) ? categories : lost).push(flag);
	}

	return {
		states: {
			categories, read, draft, flagged: isFlagged, ...(isAnswered && {verb: 'answered'}), ...(isForwarded && {verb: 'forwarded'}),
		},
		lost: lost.map(flag => `${flag.startsWith('\\') ? 'flag' : 'keyword'}:${flag}`),
	};
};

/** What a listing says of an item as IMAP's words. Numbers are PidTagFlagStatus and PidTagLastVerbExecuted. */
export const flagsOf = ({read, draft, flagStatus, lastVerb}: {readonly read: boolean; readonly draft: boolean; readonly flagStatus?: number; readonly lastVerb?: number}): Flags => [
	...(read ? [system.seen] : []),
	...(lastVerb === 102 || lastVerb === 103 ? [system.answered] : []),
	...(flagStatus === 2 ? [system.flagged] : []),
	...(draft ? [system.draft] : []),
	...(lastVerb === 104 ? [forwarded] : []),
];
