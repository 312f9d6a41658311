import {
	bad, no, ok, type Command,
} from './context.js';
import {type Law} from './law.js';
import {textOf, wordsOf} from './tokens.js';
import {spansOf} from './view.js';

const system = [String.raw`\Seen`, String.raw`\Answered`, String.raw`\Flagged`, String.raw`\Deleted`, String.raw`\Draft`];

/** Flags as stored: system flags in their usual case, each once; undefined where one is no flag. */
export const parseFlags = (words: readonly string[] | undefined): string[] | undefined => {
	const flags = new Map<string, string>();
	for (const word of words ?? []) {
		const name = word.toLowerCase();
		const known = system.find(flag => flag.toLowerCase() === name);
		if (!known && (name === '' || /[\\"%*()[\]{}\s]/.test(word.replace(/^\\/, '')))) {
			return undefined;
		}

		// `\Recent` cannot be set; other `\…` are unknown and not kept.
		if (known ?? !name.startsWith('\\')) {
			flags.set(name, known ?? word);
		}
	}

	return words && [...flags.values()];
};

/** Those flags that PERMANENTFLAGS allows; the others are dropped without a word. */
export const permitted = (flags: readonly string[], law: Law): string[] => {
	const allowed = new Set(law.permanentFlags.map(flag => flag.toLowerCase()));
	return flags.filter(flag => allowed.has(flag.toLowerCase()) || (allowed.has(String.raw`\*`) && !flag.startsWith('\\')));
};

/** STORE and UID STORE (RFC 9051 6.4.6). */
export const storeCommand: Command = {
	state: 'selected',
	async run({view, law, wire}, words, uid) {
		const spans = spansOf(view!, textOf(words[0]), uid);
		const match = /^([+-]?)flags(\.silent)?$/i.exec(textOf(words[1]) ?? '');
		const rest = words.slice(2);
		const flags = parseFlags(rest[0]?.type === 'list' ? wordsOf(rest[0]) : wordsOf({type: 'list', items: rest}));
		if (!spans || !match || !flags || rest.length === 0) {
			return bad(law.words.badArguments);
		}

		if (view!.readOnly) {
			return no('[READ-ONLY] Mailbox is read-only.');
		}

		const named = new Set(flags.map(flag => flag.toLowerCase()));
		for (const [from, to] of spans) {
			for (let position = from; position < to; position++) {
				const message = view!.messages[position]!;
				if (message.expunged) {
					continue;
				}

				const others = message.flags.filter(flag => !named.has(flag.toLowerCase()));
				const kept = permitted(flags, law);
				view!.folder.setFlags(message, match[1] === '' ? kept : (match[1] === '-' ? others : [...others, ...kept]));
				if (!match[2]) {
					wire.line(`* ${position + 1} FETCH (${uid ? `UID ${message.uid} ` : ''}FLAGS (${message.flags.join(' ')}))`);
				}

				if (wire.full) {
					// eslint-disable-next-line no-await-in-loop -- as fast as the client reads
					await wire.flush();
				}
			}
		}

		return ok(law.words.done('STORE'));
	},
};
