import {
	bad, no, ok, type Command, type Context,
} from './context.js';
import {type Folder} from './folder.js';
import {pathOf} from './names.js';
import {textOf} from './tokens.js';
import {openView} from './view.js';

/** What SELECT says before its tagged answer, in the flavour's order (lesson 60). */
const introduce = ({law, wire}: Context, folder: Folder, readOnly: boolean): void => {
	const {comments} = law.words;
	const keywords = new Set<string>();
	let firstUnseen = 0;
	for (const [position, message] of folder.messages.entries()) {
		for (const flag of message.flags) {
			if (!flag.startsWith('\\')) {
				keywords.add(flag);
			}
		}

		if (firstUnseen === 0 && !message.flags.includes(String.raw`\Seen`)) {
			firstUnseen = position + 1;
		}
	}

	const flags = [
		`* FLAGS (${[...new Set([...law.words.systemFlags, ...keywords])].join(' ')})`,
		`* OK [PERMANENTFLAGS (${readOnly ? '' : law.permanentFlags.join(' ')})] ${readOnly ? 'Read-only mailbox.' : comments.permanent}`,
	];
	const counts = [`* ${folder.messages.length} EXISTS`, '* 0 RECENT'];
	for (const line of law.words.flagsFirst ? [...flags, ...counts] : [...counts, ...flags]) {
		wire.line(line);
	}

	if (firstUnseen > 0) {
		wire.line(`* OK [UNSEEN ${firstUnseen}] ${comments.unseen}`);
	}

	wire.line(`* OK [UIDVALIDITY ${folder.uidValidity}] ${comments.validity}`);
	wire.line(`* OK [UIDNEXT ${folder.uidNext}] ${comments.next}`);
	if (law.condStore) {
		wire.line(`* OK [HIGHESTMODSEQ ${folder.highestModSeq}] Highest`);
	}
};

const open = (verb: 'SELECT' | 'EXAMINE'): Command => ({
	state: 'after',
	run(context, words) {
		const {law, account} = context;
		const path = pathOf(textOf(words[0]) ?? '', law.form);
		if (!path || words.length > 2) {
			return bad(law.words.badArguments);
		}

		// A failed SELECT leaves nothing selected (RFC 9051 6.3.2).
		context.view = undefined;
		const folder = account!.mailbox.lookUp(path);
		if (!folder) {
			return no(law.words.missing);
		}

		if (folder.kind === 'container' || (folder.kind === 'not-mail' && folder.opens === 'refused')) {
			return no(law.words.notMail);
		}

		const readOnly = verb === 'EXAMINE';
		introduce(context, folder, readOnly);
		context.view = openView(folder, readOnly);
		return ok(`[${readOnly ? 'READ-ONLY' : 'READ-WRITE'}] ${law.words.done(verb)}`);
	},
});

export const selectCommand = open('SELECT');
export const examineCommand = open('EXAMINE');

export const unselectCommand: Command = {
	state: 'selected',
	run(context) {
		context.view = undefined;
		return ok(context.law.words.done('UNSELECT'));
	},
};

/** CLOSE also expunges, without saying so (RFC 9051 6.4.1). */
export const closeCommand: Command = {
	state: 'selected',
	run(context) {
		const {view} = context;
		if (!view!.readOnly) {
			view!.folder.remove(message => message.flags.includes(String.raw`\Deleted`));
		}

		context.view = undefined;
		return ok(context.law.words.done('CLOSE'));
	},
};
