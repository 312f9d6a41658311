import {
	bad, no, ok, type Command, type Context, type View,
} from './context.js';
import {type Message} from './message.js';
import {pathOf} from './names.js';
import {formatSet, parseSet} from './sets.js';
import {textOf} from './tokens.js';
import {spansOf, tellChanges} from './view.js';

const messagesIn = (view: View, spans: ReadonlyArray<readonly [number, number]>): Message[] =>
	spans.flatMap(([from, to]) => view.messages.slice(from, to)).filter(message => !message.expunged);

const transfer = (verb: 'COPY' | 'MOVE'): Command => ({
	state: 'selected',
	run(context, words, uid) {
		const {view, law, account, wire} = context;
		const spans = spansOf(view!, textOf(words[0]), uid);
		const path = pathOf(textOf(words[1]) ?? '', law.form);
		if (!spans || !path || words.length !== 2) {
			return bad(law.words.badArguments);
		}

		if (verb === 'MOVE' && view!.readOnly) {
			return no('[READ-ONLY] Mailbox is read-only.');
		}

		const target = account!.mailbox.lookUp(path);
		if (!target || target.kind === 'container') {
			return no(law.words.tryCreate);
		}

		const messages = messagesIn(view!, spans);
		const copies = verb === 'MOVE' ? target.moveHere(messages, view!.folder) : messages.map(message => target.add(message.seed));
		const code = messages.length > 0 && !law.hidden.has('UIDPLUS')
			? `[COPYUID ${target.uidValidity} ${formatSet(messages.map(message => message.uid))} ${formatSet(copies.map(message => message.uid))}] `
			: '';
		if (verb === 'COPY') {
			return ok(`${code}${law.words.done(verb)}`);
		}

		// The code comes before the expunges (RFC 6851 section 4.3).
		if (code !== '') {
			wire.line(`* OK ${code}Moved UIDs.`);
		}

		tellChanges(context, true);
		return ok(law.words.done(verb));
	},
});

export const copyCommand = transfer('COPY');
export const moveCommand = transfer('MOVE');

const expungeWhere = (context: Context, which: (message: Message) => boolean) => {
	const {view, law} = context;
	if (view!.readOnly) {
		return no('[READ-ONLY] Mailbox is read-only.');
	}

	view!.folder.remove(message => message.flags.includes(String.raw`\Deleted`) && which(message));
	tellChanges(context, true);
	return ok(law.words.done('EXPUNGE'));
};

/** EXPUNGE, and UID EXPUNGE (RFC 4315 2.1). */
export const expungeCommand: Command = {
	state: 'selected',
	run(context, words, uid) {
		const {view, law} = context;
		if (!uid) {
			return words.length === 0 ? expungeWhere(context, () => true) : bad(law.words.badArguments);
		}

		const spans = law.hidden.has('UIDPLUS') || !parseSet(textOf(words[0]) ?? '') ? undefined : spansOf(view!, textOf(words[0]), true);
		if (!spans) {
			return bad(law.words.badArguments);
		}

		const named = new Set(messagesIn(view!, spans));
		return expungeWhere(context, message => named.has(message));
	},
};
