import {Buffer} from 'node:buffer';
import {
	bad, no, ok, type Command, type Context, type Reply,
} from './context.js';
import {parseDateTime} from './dates.js';
import {parseFlags, permitted} from './flags.js';
import {type Folder} from './folder.js';
import {pathOf} from './names.js';
import {refusalOf} from './refusals.js';
import {textOf, wordsOf, type Token} from './tokens.js';

const folderFor = (context: Context, token: Token | undefined): Folder | Reply => {
	const {law, account} = context;
	const path = pathOf(textOf(token) ?? '', law.form);
	if (!path) {
		return bad(law.words.badArguments);
	}

	const folder = account!.mailbox.lookUp(path);
	return folder && folder.kind !== 'container' ? folder : no(law.words.tryCreate);
};

/** Whether a message of that size is refused before its literal is read; `words` is what came before it. */
export const appendRefusal = (context: Context, words: readonly Token[], size: number): Reply | undefined => {
	const {law, limits, account} = context;
	const folder = folderFor(context, words[0]);
	if (!('path' in folder)) {
		return folder;
	}

	if (size > (limits.maxMessageBytes ?? 1_073_741_824)) {
		return no(law.words.tooBig);
	}

	return limits.quotaBytes !== undefined && account!.mailbox.size + size > limits.quotaBytes
		? no('[OVERQUOTA] Quota exceeded (mailbox for user is full)')
		: undefined;
};

type Given = {readonly flags: readonly string[]; readonly internalDate: number | undefined; readonly bytes: Uint8Array};

/** Optional flags, optional date, content; undefined where it is not that. */
const givenIn = (words: readonly Token[]): Given | undefined => {
	const content = words.at(-1);
	const middle = words.slice(1, -1);
	const flags = middle[0]?.type === 'list' ? parseFlags(wordsOf(middle.shift())) : [];
	const date = middle.shift();
	const internalDate = date?.type === 'string' ? parseDateTime(textOf(date)!) : undefined;
	const isDated = date === undefined || internalDate !== undefined;
	return content?.type === 'string' && flags && isDated && middle.length === 0 ? {flags, internalDate, bytes: content.bytes} : undefined;
};

/** APPEND (RFC 9051 6.3.12), one message each. */
export const appendCommand: Command = {
	state: 'after',
	run(context, words) {
		const {law, clock} = context;
		const given = givenIn(words);
		if (!given) {
			return bad(law.words.badArguments);
		}

		const folder = folderFor(context, words[0]);
		if (!('path' in folder)) {
			return folder;
		}

		const refusal = refusalOf(law.refusals, folder.path, given.bytes);
		if (refusal) {
			const text = `${refusal.code ? `[${refusal.code}] ` : ''}${refusal.text}`;
			return {status: refusal.status ?? 'NO', text, ...(refusal.alienTag && {tag: strayTag(given.bytes, refusal.lineOver)})};
		}

		if (given.bytes.length === 0) {
			return no('Can\'t save a zero byte message.');
		}

		const flags = permitted(given.flags, law).filter(flag => !(law.appendDropsFlagged && flag === String.raw`\Flagged`));
		// A copy: the bytes may be a view into something larger, which would stay in memory with it.
		const bytes = law.rewrite?.(given.bytes) ?? Uint8Array.from(given.bytes);
		const message = folder.add({bytes, flags, internalDate: given.internalDate ?? clock.now()});
		context.countAppended();
		const code = law.hidden.has('UIDPLUS') ? '' : `[APPENDUID ${folder.uidValidity} ${message.uid}] `;
		return ok(`${code}${law.words.done('APPEND')}`);
	},
};

/** The tag of an answer that has lost its way: the first word of the first line that is too long, or of the message. */
export const strayTag = (bytes: Uint8Array, lineOver = 0): string => {
	const lines = Buffer.from(bytes.subarray(0, 1_000_000)).toString('latin1').split(/\r?\n/);
	const line = lines.find(line => line.length > lineOver) ?? '';
	return /\S{1,60}/.exec(line)?.[0] ?? '*';
};
