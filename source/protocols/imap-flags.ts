import {type Flags} from '../mailbox/mailbox.js';

const systemFlags = new Map([String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Deleted`, String.raw`\Draft`].map(flag => [flag.toLowerCase(), flag]));

/** Flags as a server spells them, system flags in their usual spelling, without `\Recent` and repetitions. */
export const normalFlags = (flags: readonly string[]): Flags => [...new Set(flags.map(flag => systemFlags.get(flag.toLowerCase()) ?? flag))].filter(flag => flag.toLowerCase() !== String.raw`\recent`);

/** An atom (RFC 9051), with `\` before it for a system flag. */
const isFlag = (flag: string): boolean => /^\\?[^\p{Cc} \u0080-\u{10FFFF}\(\)\{%*"\\\]]+$/v.test(flag);

/**
Splits flags into those a folder keeps and those it does not, by its PERMANENTFLAGS (undefined: the server
told none, then it keeps all). `lost` in the words of a delivery: `keyword:$X`, `flag:\X`.
*/
export const keptFlags = (flags: Flags, permanent: readonly string[] | undefined): {kept: string[]; lost: string[]} => {
	const allowed = permanent && new Set(permanent.map(flag => flag.toLowerCase()));
	const kept: string[] = [];
	const lost: string[] = [];
	for (const flag of normalFlags(flags)) {
		const isSystem = flag.startsWith('\\');
		if (isFlag(flag) && (!allowed || allowed.has(flag.toLowerCase()) || (!isSystem && allowed.has(String.raw`\*`)))) {
			kept.push(flag);
		} else {
			lost.push(`${isSystem ? 'flag' : 'keyword'}:${flag}`);
		}
	}

	return {kept, lost};
};
