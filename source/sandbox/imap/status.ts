import {
	bad, no, ok, type Command,
} from './context.js';
import {type Folder} from './folder.js';
import {type Law} from './law.js';
import {pathOf, quoteName, wireName} from './names.js';
import {textOf, wordsOf} from './tokens.js';

const items = new Map<string, (folder: Folder) => number>([
	['MESSAGES', folder => folder.messages.length],
	['RECENT', () => 0],
	['UIDNEXT', folder => folder.uidNext],
	['UIDVALIDITY', folder => folder.uidValidity],
	['UNSEEN', folder => folder.messages.filter(message => !message.flags.includes(String.raw`\Seen`)).length],
	['DELETED', folder => folder.messages.filter(message => message.flags.includes(String.raw`\Deleted`)).length],
	['SIZE', folder => folder.messages.reduce((sum, message) => sum + message.size, 0)],
	['HIGHESTMODSEQ', folder => folder.highestModSeq],
]);

/** The untagged STATUS of a folder; undefined where one of the items is not known. */
export const statusLine = (folder: Folder, wanted: readonly string[], law: Law): string | undefined => {
	const values = wanted.map(name => {
		const item = name === 'HIGHESTMODSEQ' && !law.condStore ? undefined : items.get(name);
		return item ? `${name} ${item(folder)}` : undefined;
	});
	return values.length === 0 || values.includes(undefined)
		? undefined
		: `* STATUS ${quoteName(wireName(folder.path, law.form) ?? '', law.words.sparingQuotes)} (${values.join(' ')})`;
};

/** STATUS (RFC 9051 6.3.11, RFC 8438). */
export const statusCommand: Command = {
	state: 'after',
	run({law, wire, account}, words) {
		const path = pathOf(textOf(words[0]) ?? '', law.form);
		const wanted = words[1]?.type === 'list' ? wordsOf(words[1]) : undefined;
		if (!path || !wanted || words.length !== 2) {
			return bad(law.words.badArguments);
		}

		const folder = account!.mailbox.lookUp(path);
		if (!folder || folder.kind === 'container') {
			return no(law.words.missing);
		}

		if (folder.kind === 'not-mail' && folder.opens === 'refused') {
			return no(law.words.notMail);
		}

		const line = statusLine(folder, wanted.map(word => word.toUpperCase()), law);
		if (!line) {
			return bad(law.words.badArguments);
		}

		wire.line(line);
		return ok(law.words.done('STATUS'));
	},
};
