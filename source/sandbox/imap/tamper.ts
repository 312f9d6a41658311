import {type Context} from './context.js';
import {type Fault} from './faults.js';
import {namedFolder, type Parsed} from './parse.js';
import {textOf} from './tokens.js';
import {spansOf} from './view.js';

/** Takes away a message of the selected folder: that one, or the first that the command asks for. */
export const vanish = ({view}: Context, {words, uid: byUid}: Parsed, uid: number | undefined): void => {
	const [first] = view ? spansOf(view, textOf(words[0]), byUid) ?? [] : [];
	const victim = uid ?? (first && view!.messages[first[0]]!.uid);
	view?.folder.remove(message => message.uid === victim);
};

/** Deletes the folder that the command names, or the selected one, and makes it again. */
export const recreate = (context: Context, parsed: Parsed, {uidValidity, restartUids, contents}: Extract<Fault, {type: 'recreate'}>): void => {
	const {view, account} = context;
	const path = namedFolder(parsed, context);
	const folder = (path && account?.mailbox.lookUp(path)) ?? view?.folder;
	if (!folder || folder.deleted) {
		return;
	}

	const seeds = contents === 'empty' ? [] : folder.messages.map(message => message.seed);
	account!.mailbox.recreateFolder(folder.path, {
		keepUidValidity: uidValidity === 'keep',
		restartUids,
		messages: contents === 'reversed' ? seeds.reverse() : seeds,
	});
};
